"""The leads of a campaign: merging what a source brought, and looking them up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.config import LawfulBasis, Matching
from aicmo_dagster.campaign.scoring import OUTCOMES
from aicmo_dagster.errors import ConfigurationError, ConflictError, LeadNotFoundError
from aicmo_dagster.store import survivorship
from aicmo_dagster.store.bulk import Merge, incoming_table, probing
from aicmo_dagster.store.database import rows
from aicmo_dagster.store.survivorship import FACTS, Word

_CAMPAIGN = "(SELECT %(campaign)s::bigint)"
"""The campaign as the planner must not see it: of one that is new since the last statistics it believes that it has
no leads, and reads them all for every row instead of looking for the identity."""

_INSERT = Merge(
    table="leads",
    key=["identity", "campaign_id"],
    columns={
        "campaign_id": _CAMPAIGN,
        "identity": "i.identity",
        **{fact: f"i.{fact}{'::jsonb' if fact == 'extra' else ''}" for fact in FACTS},
        "source": "%(source)s",
        "source_label": "%(label)s",
        "source_line": "i.line",
        "lawful_basis": "%(lawful_basis)s",
        "first_run_id": "%(run)s",
        "run_id": "%(run)s",
        "harvested_at": "%(now)s",
        "updated_at": "%(now)s",
    },
    order="i.line",
)
_SOURCES_WORD = Word(
    # OFFSET 0 keeps the planner, which has no statistics after a large import, from reading the whole campaign.
    rows="incoming i CROSS JOIN LATERAL (SELECT * FROM leads WHERE identity = i.identity "
    f"AND campaign_id = {_CAMPAIGN} OFFSET 0) t",
    origin=lambda _: "jsonb_build_array(%(source)s::text, %(now)s::timestamptz, %(label)s::text)",
    source="%(source)s",
    label="%(label)s",
    line="i.line",
    request="NULL::bigint",
    lawful_basis="%(lawful_basis)s",
)
_ANSWERS_WORD = Word(
    rows="incoming i CROSS JOIN LATERAL (SELECT * FROM leads WHERE id = i.lead_id OFFSET 0) t",
    origin=lambda _: "jsonb_build_array(%(source)s::text, i.answered_at, %(label)s::text)",
    source="%(source)s",
    label="%(label)s",
    line="i.line",
    request="i.request_id",
    lawful_basis="%(lawful_basis)s",
    moves=True,
)

_EDITORS_WORD = Word(
    rows="incoming i CROSS JOIN LATERAL (SELECT * FROM leads WHERE id = i.lead_id OFFSET 0) t",
    origin=lambda _: "jsonb_build_array(%(source)s::text, %(now)s::timestamptz, %(label)s::text)",
    source="%(source)s",
    label="%(label)s",
    line="0",
    request="NULL::bigint",
    lawful_basis="t.lawful_basis",
    rules=True,
)


@dataclass(frozen=True)
class Origin:
    """Where a chunk of leads comes from, and how much its word weighs."""

    campaign_id: int
    source: str
    label: str
    run_id: UUID
    now: datetime
    lawful_basis: LawfulBasis
    matching: Matching

    def parameters(self) -> dict[str, object]:
        return {
            "campaign": self.campaign_id,
            "source": self.source,
            "label": self.label,
            "run": self.run_id,
            "now": self.now,
            "lawful_basis": self.lawful_basis,
            **survivorship.parameters(self.matching),
        }


@dataclass(frozen=True)
class Taken:
    """What became of a chunk: `beyond` are new leads that the number still wanted left no room for."""

    inserted: int = 0
    updated: int = 0
    beyond: int = 0


def merge(cursor: Cursor[TupleRow], leads: pd.DataFrame, origin: Origin, remaining: int) -> Taken:
    """Bring a chunk (`line` and `LEAD_COLUMNS`, every identity once) into the campaign.

    At most `remaining` leads are new ones, the first of the chunk; known leads are updated in any case, where
    the source's word counts (see `store.survivorship`).
    """
    inserted = _INSERT.write(cursor, leads, origin.parameters(), most=remaining).inserted
    if inserted == len(leads):
        return Taken(inserted)
    updated = _update(cursor, _SOURCES_WORD, origin)
    beyond = 0
    if inserted == remaining:
        cursor.execute(
            "SELECT count(*) FROM incoming i WHERE NOT EXISTS (SELECT FROM leads t "
            f"WHERE t.identity = i.identity AND t.campaign_id = {_CAMPAIGN})".encode(),
            origin.parameters(),
        )
        (beyond,) = cursor.fetchone() or (0,)
    return Taken(inserted, updated, beyond)


@dataclass(frozen=True)
class Enriched:
    """How many leads an answer changed, and (lead, other): the other lead has the address that was found."""

    updated: int = 0
    conflicts: tuple[tuple[int, int], ...] = ()


def enrich(cursor: Cursor[TupleRow], answers: pd.DataFrame, origin: Origin) -> Enriched:
    """Add what a vendor answered to the leads it was asked about.

    `answers` has `lead_id`, `request_id` and `answered_at` (aware), `line` and `LEAD_COLUMNS`, every lead once.
    An address that another lead of the campaign has is not taken: that lead is the same person.
    """
    if answers.empty:
        return Enriched()
    incoming_table(cursor, "incoming", answers)
    with probing(cursor):
        cursor.execute(
            f"""
            SELECT i.lead_id, o.id FROM incoming i JOIN leads o
            ON o.identity = i.identity AND o.campaign_id = {_CAMPAIGN} AND o.id <> i.lead_id
            WHERE i.email IS NOT NULL
            UNION
            SELECT lead_id, first FROM (
                SELECT lead_id, email, min(lead_id) OVER (PARTITION BY identity) AS first FROM incoming
            ) i WHERE email IS NOT NULL AND lead_id <> first
            ORDER BY 1, 2
            """.encode(),
            origin.parameters(),
        )
        conflicts = tuple((int(lead), int(other)) for lead, other in cursor.fetchall())
        if conflicts:
            cursor.execute(
                "UPDATE incoming SET email = NULL, email_status = NULL, email_problem = NULL, "
                "email_domain = NULL, verification = NULL WHERE lead_id = ANY(%s)",
                [[lead for lead, _ in conflicts]],
            )
    return Enriched(_update(cursor, _ANSWERS_WORD, origin), conflicts)


IS_FORMER = "NOT EXISTS (SELECT FROM lead_changes h WHERE h.lead_id = o.id AND h.after ? 'merged_into')"
"""Whether a row `o` that points to another is what that lead once was, and no lead that was merged into it."""

WRITTEN_TO = (
    "(EXISTS (SELECT FROM sends s WHERE s.lead_id = l.id AND s.state NOT IN ('planned', 'held', 'skipped')) "
    "OR EXISTS (SELECT FROM engagement_events e WHERE e.lead_id = l.id "
    f"AND e.kind <> ALL ('{{{', '.join(OUTCOMES)}}}')))"
)
"""Whether a mail to the lead `l` was sent or may be on its way, or something came back from it.

The ledger must know such a lead, or it would be written to again. What people recorded of its end is not meant.
"""

_FORMER = f"""
DELETE FROM leads o USING incoming i WHERE o.merged_into = i.lead_id AND o.identity = i.identity AND {IS_FORMER}
"""
"""Forget that a lead once was who it becomes again; not so leads that were merged into it."""

_LEFT_BEHIND = (
    "CREATE TEMP TABLE left_behind ON COMMIT DROP AS "
    "SELECT t.* FROM incoming i JOIN leads t ON t.id = i.lead_id WHERE t.identity <> i.identity",
    "UPDATE left_behind SET id = nextval(pg_get_serial_sequence('leads', 'id')), merged_into = id, "
    "first_run_id = NULL",
    "INSERT INTO leads OVERRIDING SYSTEM VALUE SELECT * FROM left_behind",
    "DROP TABLE left_behind",
)


def edit(cursor: Cursor[TupleRow], edited: pd.DataFrame, origin: Origin) -> int:
    """Make leads what a person says they are (`lead_id` and `LEAD_COLUMNS`); returns how many that changed.

    Under the address that one had it stays known, as a lead that is merged into it: the file that is read again
    brings nobody new, and an objection to mail still holds. Raises ConfigurationError where another lead of the
    campaign has one's identity already.
    """
    incoming_table(cursor, "incoming", edited)
    with probing(cursor):
        cursor.execute(_FORMER.encode())
        taken = rows(
            cursor,
            "SELECT i.lead_id, coalesce(o.merged_into, o.id) AS other FROM incoming i JOIN leads o "
            f"ON o.identity = i.identity AND o.campaign_id = {_CAMPAIGN} AND o.id <> i.lead_id "
            "ORDER BY 1 LIMIT 1",
            origin.parameters(),
        )
        for one in taken:
            raise ConfigurationError(
                f"lead {one['lead_id']} would be the same person as lead {one['other']}; if they are one, let them "
                "be merged instead (aicmo matches)"
            )
        copied, *kept = _LEFT_BEHIND
        cursor.execute(copied.encode())
    changed = _update(cursor, _EDITORS_WORD, origin)
    for statement in kept:
        cursor.execute(statement.encode())
    return changed


def _update(cursor: Cursor[TupleRow], word: Word, origin: Origin) -> int:
    with probing(cursor):
        cursor.execute(survivorship.update_statement(word).encode(), origin.parameters())
        return cursor.rowcount


def count(cursor: Cursor[TupleRow], campaign_id: int) -> int:
    """How many leads the campaign has, not counting those that were merged into others."""
    cursor.execute("SELECT count(*) FROM leads WHERE campaign_id = %s AND merged_into IS NULL", [campaign_id])
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def listing(
    cursor: Cursor[TupleRow],
    campaign_id: int,
    status: str | None = None,
    search: str | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Leads with status, score, verdict and owner, newest last."""
    return rows(
        cursor,
        """
        SELECT l.id, l.email, l.first_name, l.last_name, l.title, l.company, s.status, k.score, k.tier,
            v.reason, r.sequence, r.owner
        FROM leads l JOIN lead_status s ON s.lead_id = l.id
        LEFT JOIN lead_scores k ON k.lead_id = l.id
        LEFT JOIN lead_verdicts v ON v.lead_id = l.id
        LEFT JOIN lead_routes r ON r.lead_id = l.id
        WHERE l.campaign_id = %(campaign)s AND (%(status)s::text IS NULL OR s.status = %(status)s)
            AND (%(search)s::text IS NULL OR strpos(lower(concat_ws(' ', l.email, l.first_name, l.last_name,
                l.company, l.title)), lower(%(search)s)) > 0)
        ORDER BY l.id LIMIT %(limit)s
        """,
        {"campaign": campaign_id, "status": status, "search": search, "limit": limit},
    )


def find(cursor: Cursor[TupleRow], campaign_id: int, who: str) -> int:
    """The id of a lead by its number or e-mail address, in any spelling. Raises LeadNotFoundError.

    Of one that was merged, the lead that it was merged into.
    """
    return find_all(cursor, campaign_id, [who])[0]


def find_all(cursor: Cursor[TupleRow], campaign_id: int, who: Sequence[str]) -> list[int]:
    """As `find`, for many at once and in their order; a lead that is named twice is there once."""
    found = rows(
        cursor,
        """
        SELECT w.who, coalesce(a.id, n.id) AS id
        FROM unnest(%(who)s::text[]) WITH ORDINALITY w(who, place) LEFT JOIN LATERAL (
            SELECT coalesce(l.merged_into, l.id) AS id FROM leads l
            WHERE l.identity IN (lower(w.who), mailbox(lower(w.who))) AND l.campaign_id = %(campaign)s
            ORDER BY l.identity = lower(w.who) DESC, l.id LIMIT 1
        ) a ON true LEFT JOIN LATERAL (
            SELECT coalesce(l.merged_into, l.id) AS id FROM leads l
            WHERE l.id = CASE WHEN w.who ~ '^[0-9]{1,18}$' THEN w.who::bigint END AND l.campaign_id = %(campaign)s
            LIMIT 1
        ) n ON true
        ORDER BY w.place
        """,
        {"campaign": campaign_id, "who": [one.strip() for one in who]},
    )
    for one in found:
        if one["id"] is None:
            raise LeadNotFoundError(
                f"no lead '{one['who']}' in this campaign; search with: aicmo leads list KEY --search TEXT"
            )
    return list(dict.fromkeys(int(one["id"]) for one in found))


def delete(cursor: Cursor[TupleRow], lead_id: int) -> int:
    """Delete a lead and those that were merged into it; returns how many. The caller holds the campaign's lock.

    Raises ConflictError, and deletes nothing, where one of them was written to.
    """
    cursor.execute("SELECT id FROM leads WHERE id = %(id)s OR merged_into = %(id)s", {"id": lead_id})
    going = {"ids": [one for (one,) in cursor.fetchall()]}
    # Nobody sends one of these mails from here on; what is being sent has begun before the next look.
    cursor.execute("SELECT FROM sends WHERE lead_id = ANY(%(ids)s) FOR UPDATE", going)
    cursor.execute(f"SELECT FROM leads l WHERE l.id = ANY(%(ids)s) AND {WRITTEN_TO} LIMIT 1".encode(), going)
    if cursor.fetchone() is not None:
        raise ConflictError(
            f"lead {lead_id} has been written to and stays, so that nobody writes to it again; to stop its mails "
            "put the address on the suppression list, to delete all that is known of the person erase the person"
        )
    cursor.execute("DELETE FROM leads WHERE id = ANY(%(ids)s)", going)
    return cursor.rowcount


def show(cursor: Cursor[TupleRow], lead_id: int) -> Mapping[str, Any]:
    """Everything the tables say of a lead, by stage."""
    (lead,) = rows(
        cursor,
        "SELECT l.*, s.status FROM leads l JOIN lead_status s ON s.lead_id = l.id WHERE l.id = %s",
        [lead_id],
    )
    parts = {
        "changes": "SELECT * FROM lead_changes WHERE lead_id = %s ORDER BY id",
        "merged": "SELECT id, email, identity, source, source_label FROM leads WHERE merged_into = %s ORDER BY id",
        "enrichment": "SELECT * FROM lead_enrichments WHERE lead_id = %s",
        "score": "SELECT * FROM lead_scores WHERE lead_id = %s",
        "verdict": "SELECT * FROM lead_verdicts WHERE lead_id = %s",
        "route": "SELECT * FROM lead_routes WHERE lead_id = %s",
        "reviews": "SELECT * FROM reviews WHERE lead_id = %s ORDER BY id",
        "sends": "SELECT * FROM sends WHERE lead_id = %s ORDER BY id",
        "events": "SELECT * FROM engagement_events WHERE lead_id = %s ORDER BY happened_at",
    }
    return {"lead": lead, **{name: rows(cursor, statement, [lead_id]) for name, statement in parts.items()}}


def keep_attempts(
    cursor: Cursor[TupleRow], attempts: Iterable[object], campaign_id: int, run_id: UUID
) -> None:
    """Keep how each source answered; an attempt has the columns of `source_attempts` as attributes.

    One that brought nothing and ended as the source's last one did is not kept again: over unchanged input
    a run writes nothing. Every run's own figures are in Dagster.
    """
    columns = [
        "outcome", "error", "discovered", "duplicates", "inserted", "updated", "unchanged", "rejected",
        "credits", "duration_s",
    ]  # fmt: skip
    cursor.executemany(
        f"""
        INSERT INTO source_attempts (campaign_id, run_id, source, source_label, {", ".join(columns)})
        SELECT %(campaign)s, %(run)s, %(source)s, %(label)s, {", ".join(f"%({name})s" for name in columns)}
        WHERE %(inserted)s + %(updated)s > 0 OR NOT EXISTS (
            SELECT FROM (
                SELECT outcome, error FROM source_attempts
                WHERE campaign_id = %(campaign)s AND source = %(source)s AND source_label = %(label)s
                ORDER BY id DESC LIMIT 1
            ) last WHERE last.outcome = %(outcome)s AND last.error IS NOT DISTINCT FROM %(error)s::text
        )
        """.encode(),
        [
            {
                "campaign": campaign_id,
                "run": run_id,
                "source": one.source,  # type: ignore[attr-defined]
                "label": one.label,  # type: ignore[attr-defined]
                **{name: getattr(one, name) for name in columns},
            }
            for one in attempts
        ],
    )
