"""What CRMs know of leads: who has to be pushed, and what became of it.

What a CRM is to be told of a lead is put together by the database, and its hash compared with that of what it was
told last: leads of which nothing changed do not leave the database. `Told` says what that is for one CRM.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Cursor, sql
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from aicmo_dagster.campaign.crm import CrmName, Fact
from aicmo_dagster.campaign.tiers import TIERS, Tier
from aicmo_dagster.store.database import rows
from aicmo_dagster.store.sends import wants_nothing

_FACTS: dict[Fact, str] = {
    "email": "lower(l.email)",
    "first_name": "l.first_name",
    "last_name": "l.last_name",
    "title": "l.title",
    "company": "l.company",
    "website": "l.website",
    "industry": "l.industry",
    "employees": "l.employees",
    "revenue_usd": "l.revenue_usd",
    "street": "l.street",
    "postal_code": "l.postal_code",
    "city": "l.city",
    "state": "l.state",
    "country": "l.country",
    "country_code": "l.country_code",
    "phone": "l.phone",
    "linkedin_url": "l.linkedin_url",
    "department": "l.department",
    "technologies": "l.technologies",
    "account_domain": "l.account_domain",
    "source": "l.source",
    "lead_number": "l.id",
    "campaign": "%(key)s::text",
    "campaign_name": "%(name)s::text",
    "tier": "r.tier",
    "score": "round(k.score::numeric, 2)",
    "sequence": "r.sequence",
    "owner": "r.owner",
    "routed_on": "r.enrolled_at::date",
    "status": "r.status",
    "unsubscribed": "nullif(r.status = 'unsubscribed', false)",
}
_MOST_PAIRS = 50
"""A function of the database takes a hundred arguments."""

_FIRST_PAUSE_MINUTES = 15
_LONGEST_PAUSE_MINUTES = 7 * 24 * 60


@dataclass(frozen=True)
class Told:
    """What a CRM is told of the leads of a campaign.

    `facts` are its fields and what they take, `statuses` those that depend on the lead's status, `constants` those that
    do not depend on the lead. `owners` says who our owners are there. `target` is where it is: elsewhere nothing is
    known yet.
    """

    campaign_id: int
    key: str
    name: str
    crm: CrmName
    target: str
    min_tier: Tier
    facts: Mapping[str, Fact]
    statuses: Mapping[str, Mapping[str, str]]
    constants: Mapping[str, str]
    owners: Mapping[str, str]

    def parameters(self, now: datetime) -> dict[str, object]:
        """For the statements of this module."""
        return {
            "campaign": self.campaign_id,
            "key": self.key,
            "name": self.name,
            "crm": self.crm,
            "target": self.target,
            "tiers": list(TIERS[: TIERS.index(self.min_tier) + 1]),
            "constants": Jsonb(dict(self.constants)),
            "owners": Jsonb(dict(self.owners)),
            "now": now,
            **{f"field_{place}": field for place, field in enumerate(self.facts)},
            **{f"status_field_{place}": field for place, field in enumerate(self.statuses)},
            **{f"statuses_{place}": Jsonb(dict(one)) for place, one in enumerate(self.statuses.values())},
        }

    def changed(self) -> str:
        """SELECT of the leads to push (`CHANGED_DTYPES`), those that failed before behind the others.

        `fields` is a JSON object, `owner` an id or an address. `farewell`: the person wants nothing any more; the CRM,
        which knows them, is told that and no more.
        """
        return (
            f"SELECT f.lead_id, f.email, f.owner, f.fields::text, f.fingerprint, f.silenced, c.vendor_id IS NULL "
            f"FROM ({self._told()}) f LEFT JOIN crm_records c ON c.lead_id = f.lead_id AND c.crm = %(crm)s "
            f"WHERE (NOT f.silenced OR {_HAS_FAREWELL}) AND (c.fingerprint IS DISTINCT FROM f.fingerprint "
            "OR c.state = 'failed' AND c.next_try_at <= %(now)s) "
            "ORDER BY coalesce(c.attempts, 0) > 0, f.lead_id"
        )

    def prepare(self, cursor: Cursor[TupleRow]) -> None:
        """Have statistics of tables that were never looked at: without them the search takes leads times mails."""
        cursor.execute(
            "SELECT relname::text FROM pg_class WHERE oid = ANY(ARRAY['leads', 'lead_routes', 'lead_verdicts', "
            "'lead_scores', 'sends', 'engagement_events']::regclass[]) AND reltuples < 0 AND pg_relation_size(oid) > 0"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))

    def forget(self, cursor: Cursor[TupleRow], now: datetime) -> int:
        """Drop the records of leads that are not pushed any more; returns how many."""
        cursor.execute(
            f"DELETE FROM crm_records c WHERE c.campaign_id = %(campaign)s AND c.crm = %(crm)s AND NOT EXISTS ("
            f"SELECT FROM ({self._told()}) f WHERE f.lead_id = c.lead_id "
            f"AND (NOT f.silenced OR {_HAS_FAREWELL}))".encode(),
            self.parameters(now),
        )
        return cursor.rowcount

    def any_changed(self, cursor: Cursor[TupleRow], now: datetime) -> bool:
        """Whether there is a lead to push."""
        self.prepare(cursor)
        cursor.execute(f"SELECT EXISTS ({self.changed()})".encode(), self.parameters(now))
        return cursor.fetchone() == (True,)

    def count_changed(self, cursor: Cursor[TupleRow], now: datetime) -> int:
        """How many leads there are to push."""
        self.prepare(cursor)
        cursor.execute(f"SELECT count(*) FROM ({self.changed()}) x".encode(), self.parameters(now))
        return int((cursor.fetchone() or (0,))[0])

    def _told(self) -> str:
        """Leads that are routed and have an address: what is to be told of them."""
        said = [f"jsonb_build_object(%(status_field_{place})s::text, %(statuses_{place})s::jsonb ->> r.status)"
                for place in range(len(self.statuses))]  # fmt: skip
        pairs = [f"%(field_{place})s::text, {_FACTS[fact]}" for place, fact in enumerate(self.facts.values())]
        facts = [
            f"jsonb_build_object({', '.join(pairs[start : start + _MOST_PAIRS])})"
            for start in range(0, len(pairs), _MOST_PAIRS)
        ]
        wishes = [
            f"jsonb_build_object({pair})"
            for pair, fact in zip(pairs, self.facts.values(), strict=True)
            if fact in ("unsubscribed", "status")
        ]
        everything = " || ".join(["%(constants)s::jsonb", *facts, *said])
        farewell = " || ".join(["'{}'::jsonb", *wishes, *said])
        return f"""
            SELECT t.*,
                md5(concat_ws(E'\\x1f', %(target)s::text, t.email, coalesce(t.owner, ''), t.fields)) AS fingerprint
            FROM (
                SELECT r.lead_id, lower(l.email) AS email, r.status, r.silenced,
                    CASE WHEN NOT r.silenced THEN %(owners)s::jsonb ->> r.owner END AS owner,
                    jsonb_strip_nulls(CASE WHEN r.silenced THEN {farewell} ELSE {everything} END) AS fields
                FROM ({_ROUTED}) r JOIN leads l ON l.id = r.lead_id LEFT JOIN lead_scores k ON k.lead_id = l.id
            ) t
        """


_ROUTED = f"""
SELECT r.lead_id, r.tier, r.sequence, r.owner, r.enrolled_at,
    s.status = 'unsubscribed' OR {wants_nothing("l")} AS silenced,
    CASE WHEN s.status = 'replied' AND EXISTS (
        SELECT FROM engagement_events e WHERE e.kind = 'meeting' AND e.lead_id = l.id
        UNION ALL SELECT FROM engagement_events e JOIN leads m ON m.id = e.lead_id
        WHERE e.kind = 'meeting' AND m.merged_into = l.id
    ) THEN 'meeting' ELSE s.status END AS status
FROM leads l JOIN lead_routes r ON r.lead_id = l.id JOIN lead_status s ON s.lead_id = l.id
WHERE l.campaign_id = %(campaign)s AND s.campaign_id = %(campaign)s AND l.merged_into IS NULL
    AND l.email_status = 'valid' AND r.tier = ANY(%(tiers)s)
OFFSET 0
"""
_HAS_FAREWELL = "f.status = 'unsubscribed' AND f.fields <> '{}' AND c.vendor_id IS NOT NULL"

CHANGED_DTYPES: dict[str, str] = {
    "lead_id": "int64",
    "email": "str",
    "owner": "str",
    "fields": "str",
    "fingerprint": "str",
    "farewell": "bool",
    "new": "bool",
}


def still_wanted(cursor: Cursor[TupleRow], leads: Sequence[int]) -> dict[int, bool]:
    """Those of the leads that are still there -> whether the person may be told about."""
    cursor.execute(
        f"SELECT l.id, NOT {wants_nothing('l')} FROM leads l WHERE l.id = ANY(%s) "
        "AND l.merged_into IS NULL".encode(),
        [list(leads)],
    )
    return {int(lead): bool(wanted) for lead, wanted in cursor.fetchall()}


@dataclass(frozen=True)
class Result:
    """What became of one lead: `error` is None where the CRM took all that it was told."""

    lead_id: int
    fingerprint: str
    vendor_id: str | None
    error: str | None
    farewell: bool = False


def record(cursor: Cursor[TupleRow], told: Told, results: Sequence[Result], now: datetime) -> None:
    """Keep what became of leads; of one that was said farewell to nothing is kept. Erased ones stay away."""
    gone = [one.lead_id for one in results if one.farewell and one.error is None]
    cursor.execute("DELETE FROM crm_records WHERE lead_id = ANY(%s) AND crm = %s", [gone, told.crm])
    kept = [one for one in results if not (one.farewell and one.error is None)]
    cursor.execute(
        _RECORD,
        {
            "campaign": told.campaign_id,
            "crm": told.crm,
            "now": now,
            "first": _FIRST_PAUSE_MINUTES,
            "longest": _LONGEST_PAUSE_MINUTES,
            "leads": [one.lead_id for one in kept],
            "fingerprints": [one.fingerprint for one in kept],
            "vendor_ids": [one.vendor_id for one in kept],
            "errors": [one.error for one in kept],
        },
    )


# A pause doubles with every attempt.
_RECORD = """
INSERT INTO crm_records AS c
    (campaign_id, lead_id, crm, fingerprint, vendor_id, state, error, attempts, next_try_at, pushed_at)
SELECT %(campaign)s, l.id, %(crm)s, i.fingerprint, i.vendor_id,
    CASE WHEN i.error IS NULL THEN 'synced' ELSE 'failed' END, i.error, (i.error IS NOT NULL)::int,
    CASE WHEN i.error IS NOT NULL THEN %(now)s + make_interval(mins => %(first)s) END,
    CASE WHEN i.error IS NULL THEN %(now)s END
FROM unnest(%(leads)s::bigint[], %(fingerprints)s::text[], %(vendor_ids)s::text[], %(errors)s::text[])
    AS i (lead_id, fingerprint, vendor_id, error)
JOIN leads l ON l.id = i.lead_id ORDER BY l.id FOR KEY SHARE OF l
ON CONFLICT (lead_id, crm) DO UPDATE SET
    fingerprint = excluded.fingerprint, vendor_id = coalesce(excluded.vendor_id, c.vendor_id),
    state = excluded.state, error = excluded.error,
    attempts = CASE WHEN excluded.error IS NULL THEN 0 WHEN c.fingerprint = excluded.fingerprint THEN c.attempts + 1
        ELSE 1 END,
    next_try_at = CASE WHEN excluded.error IS NOT NULL THEN %(now)s + make_interval(mins => least(
        %(longest)s,
        %(first)s * 2 ^ CASE WHEN c.fingerprint = excluded.fingerprint THEN least(c.attempts, 20) ELSE 0 END
    )::int) END,
    pushed_at = coalesce(excluded.pushed_at, c.pushed_at)
"""


@dataclass(frozen=True)
class State:
    """How a CRM stands: leads whose every word it took, and others; when it last took one, when the next is tried."""

    synced: int
    failed: int
    pushed_at: datetime | None
    next_try_at: datetime | None


def state(cursor: Cursor[TupleRow], campaign_id: int, crm: CrmName) -> State:
    """How the CRM stands with the campaign's leads."""
    (found,) = rows(
        cursor,
        "SELECT count(*) FILTER (WHERE state = 'synced') AS synced, "
        "count(*) FILTER (WHERE state = 'failed') AS failed, max(pushed_at) AS pushed_at, "
        "min(next_try_at) AS next_try_at FROM crm_records WHERE campaign_id = %s AND crm = %s",
        [campaign_id, crm],
    )
    return State(**found)


def errors(cursor: Cursor[TupleRow], campaign_id: int, crm: CrmName) -> list[dict[str, Any]]:
    """Per error: `error`, `leads`, the number of one of them (`example`), when the first of them is tried again."""
    return rows(
        cursor,
        "SELECT error, count(*) AS leads, min(lead_id) AS example, min(next_try_at) AS next_try_at "
        "FROM crm_records WHERE campaign_id = %s AND crm = %s AND state = 'failed' "
        "GROUP BY error ORDER BY leads DESC, error",
        [campaign_id, crm],
    )


def failed(cursor: Cursor[TupleRow], campaign_id: int, crm: CrmName, most: int) -> list[dict[str, Any]]:
    """Leads that failed, oldest first: `lead`, `error`, `attempts`, `next_try_at`."""
    return rows(
        cursor,
        "SELECT lead_id AS lead, error, attempts, next_try_at FROM crm_records "
        "WHERE campaign_id = %s AND crm = %s AND state = 'failed' ORDER BY lead_id LIMIT %s",
        [campaign_id, crm, most],
    )


def retry(cursor: Cursor[TupleRow], campaign_id: int, crm: CrmName) -> int:
    """Have the next run try all that failed, whatever their pauses; returns how many."""
    cursor.execute(
        "UPDATE crm_records SET next_try_at = now() WHERE campaign_id = %s AND crm = %s AND state = 'failed'",
        [campaign_id, crm],
    )
    return cursor.rowcount
