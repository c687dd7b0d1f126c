"""Leads as people look for them: by any stage's facts, a page at a time, or all of them in one stream."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.store import database
from aicmo_dagster.store.database import rows

Sort = Literal["-id", "id", "-score", "score"]

COLUMNS = (
    "id", "email", "first_name", "last_name", "title", "company", "city", "state", "country", "status", "score",
    "tier", "verdict", "reason", "owner", "sequence", "source", "source_label", "harvested_at", "updated_at",
)  # fmt: skip
"""What a list shows of a lead."""

_SELECT = """
SELECT l.id, l.email, l.first_name, l.last_name, l.title, l.company, l.city, l.state, l.country, s.status, k.score,
    k.tier, v.verdict, v.reason, r.owner, r.sequence, l.source, l.source_label, l.harvested_at, l.updated_at
FROM leads l JOIN lead_status s ON s.lead_id = l.id LEFT JOIN lead_scores k ON k.lead_id = l.id
LEFT JOIN lead_verdicts v ON v.lead_id = l.id LEFT JOIN lead_routes r ON r.lead_id = l.id
WHERE l.campaign_id = %(campaign)s AND l.merged_into IS NULL
"""
_FILTERS = {
    "q": "strpos(lower(concat_ws(' ', l.first_name, l.last_name, l.email, l.company, l.title)), lower(%(q)s)) > 0",
    "email": "l.identity IN (lower(%(email)s), mailbox(lower(%(email)s)))",
    "domain": "l.email_domain = lower(%(domain)s)",
    "company": "strpos(lower(l.company), lower(%(company)s)) > 0",
    "title": "strpos(lower(l.title), lower(%(title)s)) > 0",
    "country": "lower(l.country) = lower(%(country)s)",
    "source": "l.source = %(source)s",
    "status": "s.status = %(status)s",
    "tier": "k.tier = %(tier)s",
    "min_score": "k.score >= %(min_score)s",
    "max_score": "k.score <= %(max_score)s",
    "verdict": "v.verdict = %(verdict)s",
    "reason": "v.reason = %(reason)s",
    "owner": "r.owner = %(owner)s",
    "sequence": "r.sequence = %(sequence)s",
    "harvested_since": "l.harvested_at >= %(harvested_since)s",
    "updated_since": "l.updated_at >= %(updated_since)s",
}
FILTERS = tuple(_FILTERS)
"""By what leads can be looked for."""

_ORDERS: dict[Sort, tuple[str, str]] = {
    "-id": ("l.id < %(after_id)s", "l.id DESC"),
    "id": ("l.id > %(after_id)s", "l.id"),
    "-score": (
        "(coalesce(k.score, -1), l.id) < (%(after_score)s, %(after_id)s)",
        "coalesce(k.score, -1) DESC, l.id DESC",
    ),
    "score": (
        "(coalesce(k.score, -1), l.id) > (%(after_score)s, %(after_id)s)",
        "coalesce(k.score, -1), l.id",
    ),
}
_PORTION = 5_000


def page(
    cursor: Cursor[TupleRow],
    campaign_id: int,
    wanted: Mapping[str, Any],
    *,
    sort: Sort = "-id",
    after: tuple[float, int] | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Leads of the campaign that fit `wanted` (of `FILTERS`), behind the lead with the score and number `after`."""
    statement, parameters = _statement(campaign_id, wanted)
    behind, order = _ORDERS[sort]
    if after is not None:
        statement += f" AND {behind}"
        parameters |= {"after_score": after[0], "after_id": after[1]}
    return rows(cursor, f"{statement} ORDER BY {order} LIMIT %(limit)s", {**parameters, "limit": limit})


def stream(campaign_id: int, wanted: Mapping[str, Any]) -> Iterator[list[TupleRow]]:
    """All leads that fit, by number, some thousand at a time with the values of `COLUMNS`."""
    statement, parameters = _statement(campaign_id, wanted)
    with database.connect() as connection, connection.cursor("leads") as cursor:
        cursor.execute(f"{statement} ORDER BY l.id".encode(), parameters)
        while portion := cursor.fetchmany(_PORTION):
            yield portion


def _statement(campaign_id: int, wanted: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    asked = {name: value for name, value in wanted.items() if value is not None}
    conditions = "".join(f" AND {_FILTERS[name]}" for name in asked)
    return _SELECT + conditions, {**asked, "campaign": campaign_id}
