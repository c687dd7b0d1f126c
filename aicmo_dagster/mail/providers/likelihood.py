"""How likely a person opened or clicked, of opens and clicks that a provider reports.

By the rules for those that we see ourselves (`stages.humanity`), among the others of the same delivery; what the
provider says of the reader's machine is all that is known of it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import pandas as pd

from aicmo_dagster.mail.providers.event import Event
from aicmo_dagster.stages import humanity

_MACHINE = 0.05
"""At most, where the provider itself takes it for a machine's doing."""
_UNSAID = 0.5
"""At most, where the provider does not say what asked."""


def likelihood(acts: Sequence[tuple[Event, int]], left_at: Mapping[int, datetime | None]) -> list[float]:
    """Per open or click (an event with its moment, and the number of the mail) the probability that a person did it.

    `left_at`: when the mails left, None where that is not known.
    """
    if not acts:
        return []
    events = [event for event, _ in acts]
    links, _ = pd.factorize(pd.Series([event.link or "" for event in events]))
    kinds = [event.kind for event in events]
    hits = pd.DataFrame(
        {
            "send_id": [send_id for _, send_id in acts],
            "kind": kinds,
            "link": pd.Series(links, dtype="Int64").mask(pd.Series(kinds) == "opened"),
            "at": pd.to_datetime(pd.Series([event.at for event in events]), utc=True),
            "sent_at": pd.to_datetime(pd.Series([left_at.get(send_id) for _, send_id in acts]), utc=True),
            "agent": [humanity.agent_of(event.agent) if event.agent else "browser" for event in events],
            "headers_only": False,
        }
    )
    most = [_MACHINE if event.by_machine else 1.0 if event.agent else _UNSAID for event in events]
    judged = humanity.judge(hits).human.tolist()
    return [min(one, limit) for one, limit in zip(judged, most, strict=True)]
