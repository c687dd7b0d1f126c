"""What a back-test reads beside the facts of leads: when something became known, what stops mails, who decided."""

from datetime import datetime
from typing import Any

import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from aicmo_dagster.store.database import rows

_TIME = "datetime64[us, UTC]"

POINTS = """(
    SELECT lead_id, timestamptz 'epoch' + microseconds * interval '1 microsecond' AS as_of
    FROM unnest(%(points)s::bigint[], %(microseconds)s::bigint[]) AS u(lead_id, microseconds)
)"""
"""Points for `store.facts.select`, from `listed`."""


def listed(points: pd.DataFrame) -> dict[str, str]:
    """The parameters of `POINTS`: two arrays as text, which takes a tenth of the time of a list."""
    microseconds = points["as_of"].astype("int64")
    columns = {"points": points["lead_id"], "microseconds": microseconds}
    return {name: f"{{{','.join(map(str, column.tolist()))}}}" for name, column in columns.items()}


def counted(cursor: Cursor[TupleRow], campaign_id: int) -> int:
    """How many leads the campaign has that are not merged into others."""
    cursor.execute("SELECT count(*) FROM leads WHERE campaign_id = %s AND merged_into IS NULL", [campaign_id])
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def sample(cursor: Cursor[TupleRow], campaign_id: int, most: int | None, seed: int) -> list[int]:
    """The campaign's leads, or `most` of them: the same ones for the same seed."""
    order = "" if most is None else "ORDER BY hashint8extended(id, %(seed)s), id LIMIT %(most)s"
    cursor.execute(
        f"SELECT id FROM leads WHERE campaign_id = %(campaign)s AND merged_into IS NULL {order}".encode(),
        {"campaign": campaign_id, "seed": seed, "most": most},
    )
    return sorted(int(one) for (one,) in cursor.fetchall())


def points(
    cursor: Cursor[TupleRow], leads: list[int], start: datetime, end: datetime, dead: list[str]
) -> pd.DataFrame:
    """When to look at the leads: `lead_id`, `as_of`, `known_at`, ordered by lead and time.

    The start and the end of the window, and the end of every UTC day on which something about the lead was written
    down, the last moment of which is `known_at`. With `harvested_at`, `lawful_basis` and `replied_at`, when the
    first event of the kinds `dead` was written down.
    """
    cursor.execute(
        """
        WITH mine AS (
            SELECT id, harvested_at, lawful_basis FROM leads WHERE id = ANY(%(leads)s::bigint[])
        ), moments AS (
            SELECT id AS lead_id, harvested_at AS at FROM mine
            UNION ALL SELECT lead_id, changed_at FROM lead_changes WHERE lead_id = ANY(%(leads)s::bigint[])
            UNION ALL SELECT lead_id, created_at FROM engagement_events WHERE lead_id = ANY(%(leads)s::bigint[])
            UNION ALL SELECT lead_id, created_at FROM reviews WHERE lead_id = ANY(%(leads)s::bigint[])
        ), days AS (
            SELECT lead_id, max(at) AS known_at,
                least(date_trunc('day', at) + interval '1 day' - interval '1 microsecond', %(end)s) AS as_of
            FROM moments WHERE at > %(start)s AND at <= %(end)s GROUP BY 1, 3
        ), ends AS (
            SELECT id AS lead_id, p.as_of FROM mine
            CROSS JOIN unnest(ARRAY[%(start)s, %(end)s]::timestamptz[]) AS p(as_of) WHERE harvested_at <= p.as_of
        )
        SELECT p.lead_id, p.as_of, coalesce(d.known_at, p.as_of), m.harvested_at, m.lawful_basis, e.replied_at
        FROM (SELECT lead_id, as_of FROM days UNION SELECT lead_id, as_of FROM ends) p
        JOIN mine m ON m.id = p.lead_id LEFT JOIN days d ON d.lead_id = p.lead_id AND d.as_of = p.as_of
        LEFT JOIN (
            SELECT lead_id, min(created_at) AS replied_at FROM engagement_events
            WHERE lead_id = ANY(%(leads)s::bigint[]) AND kind = ANY(%(dead)s) GROUP BY lead_id
        ) e ON e.lead_id = p.lead_id
        ORDER BY 1, 2
        """,
        {"leads": leads, "start": start, "end": end, "dead": dead},
    )
    times = dict.fromkeys(("as_of", "known_at", "harvested_at"), _TIME)
    columns = {"lead_id": "int64", **times, "lawful_basis": "str", "replied_at": _TIME}
    return pd.DataFrame(cursor.fetchall(), columns=list(columns)).astype(columns)


def suppressed_since(cursor: Cursor[TupleRow], identities: list[str], leads: list[int]) -> pd.DataFrame:
    """Since when an `identity`, or through a lead that was merged into it a `lead_id`, is suppressed: `since`."""
    cursor.execute(
        """
        SELECT value, NULL::bigint, created_at FROM suppressions
        WHERE kind = 'address' AND value = ANY(%(identities)s)
        UNION ALL
        SELECT NULL, g.merged_into, min(x.created_at) FROM leads g
        JOIN suppressions x ON x.kind = 'address' AND x.value = g.identity AND x.reason <> 'bounced'
        WHERE g.merged_into = ANY(%(leads)s::bigint[]) GROUP BY g.merged_into
        """,
        {"identities": identities, "leads": leads},
    )
    columns = {"identity": "str", "lead_id": "Int64", "since": _TIME}
    return pd.DataFrame(cursor.fetchall(), columns=list(columns)).astype(columns)


def suppressed_domains(cursor: Cursor[TupleRow]) -> dict[str, datetime]:
    """Domain -> since when it gets no mail, subdomains included."""
    cursor.execute("SELECT value, created_at FROM suppressions WHERE kind = 'domain'")
    return {str(domain): since for domain, since in cursor.fetchall()}


def mail_domains(cursor: Cursor[TupleRow], domains: list[str]) -> dict[str, bool]:
    """Whether those of the domains take mail that DNS was asked about."""
    cursor.execute("SELECT domain, takes_mail FROM mail_domains WHERE domain = ANY(%s)", [domains])
    return {str(domain): bool(takes) for domain, takes in cursor.fetchall()}


def decisions(cursor: Cursor[TupleRow], leads: list[int]) -> pd.DataFrame:
    """What reviewers decided on the leads, in time: `lead_id, lead_revision, decision, decided_at`."""
    cursor.execute(
        "SELECT lead_id, lead_revision, decision, created_at FROM reviews "
        "WHERE lead_id = ANY(%s::bigint[]) AND decision <> 'snooze' ORDER BY created_at, id",
        [leads],
    )
    columns = {"lead_id": "int64", "lead_revision": "int64", "decision": "str", "decided_at": _TIME}
    return pd.DataFrame(cursor.fetchall(), columns=list(columns)).astype(columns)


def accounts(cursor: Cursor[TupleRow], campaign_id: int) -> dict[str, str]:
    """Domain -> the one that stands for the company, where it is another one."""
    cursor.execute("SELECT alias, account FROM account_aliases WHERE campaign_id = %s", [campaign_id])
    return {str(alias): str(account) for alias, account in cursor.fetchall()}


def keep(cursor: Cursor[TupleRow], campaign_id: int, version: int, backtest: dict[str, Any]) -> None:
    """Store the back-test with the version of the campaign that it was made for."""
    cursor.execute(
        "UPDATE campaign_versions SET backtest = %s WHERE campaign_id = %s AND version = %s",
        [Jsonb(backtest), campaign_id, version],
    )


def kept(cursor: Cursor[TupleRow], campaign_id: int, version: int) -> dict[str, Any] | None:
    """The back-test that was stored with the version, or {"error": a sentence}; None where there is none."""
    cursor.execute(
        "SELECT backtest FROM campaign_versions WHERE campaign_id = %s AND version = %s",
        [campaign_id, version],
    )
    row = cursor.fetchone()
    return row[0] if row else None


def listing(
    cursor: Cursor[TupleRow], campaign_id: int, before: int | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """The versions that were back-tested, the newest first: who made them, when, and what would have changed."""
    return rows(
        cursor,
        "SELECT version, created_by, created_at, backtest ->> 'error' AS error, (backtest -> 'days')::int AS days, "
        "(backtest #> '{comparison,leads}')::int AS leads, (backtest #> '{comparison,changed}')::int AS changed "
        "FROM campaign_versions WHERE campaign_id = %(campaign)s AND backtest IS NOT NULL "
        "AND (%(before)s::bigint IS NULL OR version < %(before)s) ORDER BY version DESC LIMIT %(limit)s",
        {"campaign": campaign_id, "before": before, "limit": limit},
    )
