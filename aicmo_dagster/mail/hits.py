"""Opens and clicks as they come in: kept, and judged among the others of the same mail."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pandas as pd
import psycopg
from psycopg.rows import TupleRow

from aicmo_dagster.mail import effects
from aicmo_dagster.stages import humanity

_MOST_PER_MAIL = 200
"""Hits of one mail that are kept: a scanner that never stops says nothing new."""


@dataclass(frozen=True)
class Hit:
    """Somebody or something asked for a link of a mail (its place, from 0) or, without one, for its picture."""

    send_id: int
    link: int | None
    at: datetime
    agent: str
    headers_only: bool

    @property
    def kind(self) -> Literal["opened", "clicked"]:
        """The event that it is."""
        return "opened" if self.link is None else "clicked"


def record(cursor: psycopg.Cursor[TupleRow], hit: Hit) -> None:
    """Keep the hit, and tell the effects how likely a person did it, and those before it, now that it is known.

    Nothing where the mail is not there any more, or has too many already.
    """
    # Hits of one mail come together; each is judged with all that were kept before it.
    cursor.execute(
        "SELECT lead_id, coalesce(sent_at, started_at) FROM sends WHERE id = %s FOR NO KEY UPDATE",
        [hit.send_id],
    )
    found = cursor.fetchone()
    if found is None:
        return
    lead_id, sent_at = found
    cursor.execute(
        "INSERT INTO tracking_hits (send_id, link, at, agent, headers_only) SELECT %(send)s, %(link)s, %(at)s, "
        "%(agent)s, %(headers_only)s WHERE (SELECT count(*) FROM tracking_hits WHERE send_id = %(send)s) < %(most)s",
        {
            "send": hit.send_id,
            "link": hit.link,
            "at": hit.at,
            "agent": hit.agent,
            "headers_only": hit.headers_only,
            "most": _MOST_PER_MAIL,
        },
    )
    if cursor.rowcount == 0:
        return
    cursor.execute(
        "SELECT link, at, agent, headers_only FROM tracking_hits WHERE send_id = %s ORDER BY at, id",
        [hit.send_id],
    )
    hits = pd.DataFrame(cursor.fetchall(), columns=["link", "at", "agent", "headers_only"])
    hits = hits.assign(
        send_id=hit.send_id,
        link=hits["link"].astype("Int64"),
        kind=hits["link"].isna().map({True: "opened", False: "clicked"}),
        at=pd.to_datetime(hits["at"], utc=True),
        sent_at=pd.to_datetime(pd.Series([sent_at] * len(hits)), utc=True),
    )
    judged = humanity.judge(hits)
    for kind, at, human in zip(hits["kind"], hits["at"], judged.human.tolist(), strict=True):
        tell = effects.opened if kind == "opened" else effects.clicked
        tell(cursor, lead_id, hit.send_id, at.to_pydatetime(), human)
