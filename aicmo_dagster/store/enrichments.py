"""How far the waterfall got with each lead, and which leads it, and the verification, have to look at."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.lead import LEAD_COLUMNS
from aicmo_dagster.store.bulk import Merge
from aicmo_dagster.store.database import rows

LEAD_DTYPES: dict[str, str] = {"lead_id": "int64", **LEAD_COLUMNS}
_LEAD = f"l.id, {', '.join(f'l.{column}' for column in LEAD_COLUMNS)}"
_STANDING = "FROM leads l {joins} WHERE l.campaign_id = %(campaign)s AND l.merged_into IS NULL"
# Who wants nothing from us is not told to others either.
_ASKABLE = (
    "AND NOT EXISTS (SELECT FROM suppressions s WHERE s.kind = 'address' AND s.value = l.identity) "
    "AND NOT EXISTS (SELECT FROM leads m JOIN suppressions s ON s.kind = 'address' AND s.value = m.identity "
    "WHERE m.merged_into = l.id AND s.reason <> 'bounced') "
    "AND NOT ((SELECT EXISTS (SELECT FROM suppressions WHERE kind = 'hash')) AND EXISTS ("
    "SELECT FROM suppressions s WHERE s.kind = 'hash' AND s.value = mailbox_hash(l.email)))"
)
_LAST = "LEFT JOIN lead_enrichments e ON e.lead_id = l.id"

BY_ID = (
    f"SELECT {_LEAD} FROM leads l WHERE l.id = ANY(%(ids)s::bigint[]) AND l.merged_into IS NULL ORDER BY l.id"
)
"""Leads by their numbers; columns `LEAD_DTYPES`."""

CANDIDATE_DTYPES: dict[str, str] = {**LEAD_DTYPES, "heard_until": "datetime64[us, UTC]"}
"""`heard_until`: answers of the vendor up to then are in the lead already."""

UNVERIFIED = (
    f"SELECT {_LEAD}, NULL::timestamptz {_STANDING.format(joins='')} {_ASKABLE} AND l.email_status = 'valid' "
    "AND NOT coalesce(l.verification <> 'unknown' AND l.field_origins -> 'verification' ->> 0 = ANY(%(types)s) "
    "AND (l.field_origins -> 'verification' ->> 1)::timestamptz > %(oldest)s, false) ORDER BY l.id"
)
"""Leads with an address on which no vendor of the `types` said anything since `oldest`; `CANDIDATE_DTYPES`."""


def lacking(fields: Iterable[str]) -> str:
    """Leads that lack one of the fields; `CANDIDATE_DTYPES`. Takes %(vendor)s and %(campaign)s."""
    return (
        f"SELECT {_LEAD}, CASE WHEN e.asked @> ARRAY[%(vendor)s::text] THEN e.enriched_at END "
        f"{_STANDING.format(joins=_LAST)} {_ASKABLE} AND ({' OR '.join(map(_lacks, fields))}) ORDER BY l.id"
    )


def looked_at(fields: Iterable[str]) -> str:
    """Leads that lack one of the fields, did so last time, or are among %(heard)s: number, and what they lack."""
    lacks = [_lacks(field) for field in fields]
    return (
        f"SELECT l.id, {', '.join(lacks)} {_STANDING.format(joins=_LAST)} "
        f"AND ({' OR '.join(lacks)} OR e.outcome <> 'complete' OR l.id = ANY(%(heard)s::bigint[])) ORDER BY l.id"
    )


def _lacks(field: str) -> str:
    return "(l.email_status <> 'valid')" if field == "email" else f"(l.{field} IS NULL)"


OUTCOMES = Merge(
    table="lead_enrichments",
    key=["lead_id"],
    columns={
        "lead_id": "i.lead_id",
        "outcome": "i.outcome",
        "missing": "i.missing::text[]",
        "asked": "i.asked::text[]",
        "campaign_version": "%(campaign_version)s",
        "run_id": "%(run)s",
        "enriched_at": "coalesce(i.answered_at, %(now)s)",
    },
    updates={
        "outcome": "i.outcome",
        "missing": "i.missing::text[]",
        # Who was not consulted this time, because it gives nothing that is missing now, was asked all the same.
        "asked": "ARRAY(SELECT one FROM unnest(t.asked) WITH ORDINALITY AS a (one, place) "
        "WHERE one <> ALL (i.consulted::text[]) ORDER BY place) || i.asked::text[]",
        "campaign_version": "%(campaign_version)s",
        "run_id": "%(run)s",
        "enriched_at": "greatest(t.enriched_at, i.answered_at)",
    },
    compared=["outcome", "missing", "asked", "enriched_at"],
)
"""Merge of `stages.waterfall.outcomes`' frame; parameters campaign_version, run, now."""


def due_answers(cursor: Cursor[TupleRow], now: datetime) -> list[dict[str, Any]]:
    """Active campaigns with answers that can be fetched: `key`, and `requests`, which changes with them."""
    return rows(
        cursor,
        "SELECT c.key, md5(string_agg(concat(r.id, ' ', r.next_poll_at), ',' ORDER BY r.id)) AS requests "
        "FROM vendor_requests r JOIN campaigns c ON c.id = r.campaign_id "
        "WHERE r.state = 'pending' AND r.next_poll_at <= %(now)s AND c.state = 'active' "
        "GROUP BY c.key ORDER BY c.key",
        {"now": now},
    )
