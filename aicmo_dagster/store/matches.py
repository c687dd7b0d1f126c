"""Leads that are one person: merging them, and taking a merge back.

Of the leads of a person one survives; the others point to it with `merged_into` and leave the stages. They keep
their own facts, sends and events: so their addresses are still known, what they asked for still holds, and a
merge can be undone. Merged leads always point to the survivor itself, never to another merged lead.

What the survivor takes from a lead is decided like any other word (`store.survivorship`), and kept in
`lead_changes` with the source `merge`; what was set aside of the stages of the other lead is kept with its own
row there. An undo replays the survivor's history without the lead that goes.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from aicmo_dagster.campaign.config import Matching
from aicmo_dagster.errors import AicmoError
from aicmo_dagster.lead import LEAD_COLUMNS
from aicmo_dagster.store import audit, survivorship
from aicmo_dagster.store.bulk import incoming_table, probing
from aicmo_dagster.store.database import rows
from aicmo_dagster.store.replay import flat, folded, replayed
from aicmo_dagster.store.survivorship import FACTS, Word, own_origin

OWN_SOURCES = "('merge', 'undo')"
"""Sources of `lead_changes` that tell nothing new about a person."""

_TYPES = {"Int64": "bigint", "Float64": "float8", "boolean": "boolean"}
_STAGES = ("lead_enrichments", "lead_scores", "lead_verdicts", "lead_routes")


@dataclass(frozen=True)
class Merging:
    """Of which campaign, by which run, when, and whose word counts."""

    campaign_id: int
    run_id: UUID
    now: datetime
    matching: Matching

    def parameters(self) -> dict[str, object]:
        return {
            "campaign": self.campaign_id,
            "run": self.run_id,
            "now": self.now,
            **survivorship.parameters(self.matching),
        }


def persons(cursor: Cursor[TupleRow], lead_ids: Iterable[int]) -> dict[int, int]:
    """Merged lead -> survivor, of those among `lead_ids` that are merged."""
    cursor.execute(
        "SELECT id, merged_into FROM leads WHERE id = ANY(%s::bigint[]) AND merged_into IS NOT NULL",
        [list(lead_ids)],
    )
    return {int(lead): int(survivor) for lead, survivor in cursor.fetchall()}


def survivors(cursor: Cursor[TupleRow], clusters: pd.DataFrame) -> pd.DataFrame:
    """Which lead stays: `survivor_id` and `loser_id` of the leads (`lead_id`, `cluster`) of each person.

    The one that most mails were sent to, else one that is routed, else one with a valid address, and of these
    one whose address is not known to be dead, else the oldest.
    """
    incoming_table(cursor, "incoming_clusters", clusters[["lead_id", "cluster"]])
    with probing(cursor):
        cursor.execute(
            """
            SELECT survivor_id, lead_id FROM (
                SELECT l.id AS lead_id, first_value(l.id) OVER (PARTITION BY i.cluster ORDER BY
                    (SELECT count(*) FROM sends s WHERE s.lead_id = l.id
                        AND s.state IN ('sending', 'sent', 'uncertain')) DESC,
                    EXISTS (SELECT FROM lead_routes r WHERE r.lead_id = l.id) DESC,
                    (l.email_status = 'valid') DESC, (l.verification IS DISTINCT FROM 'invalid') DESC, l.id
                ) AS survivor_id
                FROM incoming_clusters i JOIN leads l ON l.id = i.lead_id
            ) ranked WHERE lead_id <> survivor_id ORDER BY 1, 2
            """
        )
        found = cursor.fetchall()
    return pd.DataFrame(found, columns=["survivor_id", "loser_id"], dtype="int64")


def merge(cursor: Cursor[TupleRow], pairs: pd.DataFrame, merging: Merging) -> None:
    """Merge each `loser_id` into its `survivor_id`; neither is merged yet, and no survivor is a loser too.

    The caller holds the campaign's lock.
    """
    if pairs.empty:
        return
    survivor = dict(zip(pairs["loser_id"].tolist(), pairs["survivor_id"].tolist(), strict=True))
    cursor.execute(
        "SELECT merged_into, id FROM leads WHERE merged_into = ANY(%s::bigint[]) ORDER BY 1, 2",
        [list(survivor)],
    )
    own = defaultdict(list)
    for loser, one in cursor.fetchall():
        own[int(loser)].append(int(one))
    for loser, ones in own.items():
        # They go along by themselves, so that each can be undone without the other.
        _give_back(cursor, loser, ones, merging)
        survivor |= dict.fromkeys(ones, survivor[loser])
    _set_merging(cursor, survivor)
    with probing(cursor):
        rejections = _rejections(cursor)
        cursor.execute(_LEAVE.encode(), merging.parameters())
        for table in _STAGES:
            cursor.execute(f"DELETE FROM {table} t USING merging m WHERE t.lead_id = m.loser_id".encode())
        cursor.execute(
            "UPDATE sends s SET state = 'skipped', reason = 'merged into lead ' || m.survivor_id, "
            "next_try_at = NULL FROM merging m "
            "WHERE s.lead_id = m.loser_id AND s.state IN ('planned', 'claimed', 'held')"
        )
    _absorb(cursor, merging)
    _keep_rejections(cursor, rejections)


# The row of a lead that goes, with what the stages say of it.
_LEAVE = f"""
WITH gone AS (
    INSERT INTO lead_changes (campaign_id, lead_id, changed_at, run_id, source, source_label, source_line,
        lawful_basis, before, after)
    SELECT %(campaign)s, l.id, %(now)s, %(run)s, 'merge', 'into lead ' || m.survivor_id, l.source_line,
        l.lawful_basis, jsonb_build_object('merged_into', l.merged_into) || jsonb_strip_nulls(
            jsonb_build_object('stages', nullif(jsonb_strip_nulls(jsonb_build_object({
    ", ".join(f"'{table}', to_jsonb({table})" for table in _STAGES)
})), '{{}}'))),
        jsonb_build_object('merged_into', m.survivor_id)
    FROM merging m JOIN leads l ON l.id = m.loser_id {
    " ".join(f"LEFT JOIN {table} ON {table}.lead_id = l.id" for table in _STAGES)
} ORDER BY l.id
)
UPDATE leads l SET merged_into = m.survivor_id FROM merging m WHERE l.id = m.loser_id
"""


def follow(
    cursor: Cursor[TupleRow], lead_ids: Iterable[int], merging: Merging, facts: Sequence[str] = FACTS
) -> None:
    """Let the survivors hear of the `facts` of the merged ones among `lead_ids`."""
    merged = persons(cursor, lead_ids)
    if merged:
        _set_merging(cursor, merged)
        _absorb(cursor, merging, facts)


def _set_merging(cursor: Cursor[TupleRow], survivor: dict[int, int]) -> None:
    """The temporary table `merging`: who goes into whom, numbered per survivor."""
    frame = pd.DataFrame({"loser_id": list(survivor), "survivor_id": list(survivor.values())}, dtype="int64")
    frame = frame.sort_values(["survivor_id", "loser_id"], ignore_index=True)
    frame["round"] = frame.groupby("survivor_id").cumcount()
    incoming_table(cursor, "merging", frame)


def _absorb(cursor: Cursor[TupleRow], merging: Merging, facts: Sequence[str] = FACTS) -> None:
    told = ", ".join(
        f"o.{fact}" if fact in facts else f"NULL::{_TYPES.get(LEAD_COLUMNS[fact], 'text')} AS {fact}"
        for fact in FACTS
    )
    word = Word(
        rows="merging m JOIN leads t ON t.id = m.survivor_id AND m.round = %(round)s CROSS JOIN LATERAL ("
        "SELECT o.id, o.identity, o.source, o.source_label, o.source_line, o.harvested_at, o.lawful_basis, "
        f"o.field_origins, {told} FROM leads o WHERE o.id = m.loser_id) i",
        origin=lambda fact: own_origin("i", fact),
        source="'merge'",
        label="'lead ' || i.id",
        line="i.source_line",
        request="NULL::bigint",
        lawful_basis="i.lawful_basis",
        yields=True,
    )
    cursor.execute("SELECT max(round) FROM merging")
    (last,) = cursor.fetchone() or (None,)
    # One lead after the other: a statement updates a row only once.
    for number in range(last + 1):
        with probing(cursor):
            statement = survivorship.update_statement(word).encode()
            cursor.execute(statement, {**merging.parameters(), "round": number})


def _rejections(cursor: Cursor[TupleRow]) -> list[tuple[Any, ...]]:
    """Who said no to one of the leads of a person, on the facts that it has: survivor, reason, reviewer."""
    cursor.execute(
        """
        SELECT DISTINCT ON (p.survivor_id) p.survivor_id, r.reason, r.reviewer
        FROM (SELECT survivor_id, loser_id AS lead_id FROM merging UNION SELECT survivor_id, survivor_id FROM merging) p
        JOIN leads l ON l.id = p.lead_id CROSS JOIN LATERAL (
            SELECT decision, reason, reviewer, lead_revision FROM reviews WHERE lead_id = l.id ORDER BY id DESC LIMIT 1
        ) r
        WHERE r.decision = 'reject' AND r.lead_revision = l.revision ORDER BY p.survivor_id, p.lead_id
        """
    )
    return cursor.fetchall()


def _keep_rejections(cursor: Cursor[TupleRow], rejections: list[tuple[Any, ...]]) -> None:
    """A no stays one: being merged is no new fact about the person."""
    cursor.executemany(
        "INSERT INTO reviews (lead_id, lead_revision, decision, reason, reviewer) "
        "SELECT id, revision, 'reject', %(reason)s, %(reviewer)s FROM leads l WHERE id = %(lead)s AND NOT EXISTS "
        "(SELECT FROM reviews r WHERE r.lead_id = l.id AND r.lead_revision = l.revision)",
        [{"lead": lead, "reason": reason, "reviewer": reviewer} for lead, reason, reviewer in rejections],
    )


def undo(
    cursor: Cursor[TupleRow], campaign_id: int, lead_id: int, run_id: UUID, now: datetime, actor: str
) -> int:
    """Take a merged lead out of its survivor again; returns the survivor.

    The lead is as it was, with its place in the stages and its open sends; the survivor has no fact of it any
    more, unless somebody else said the same since. The two are never merged again by themselves. The caller
    holds the campaign's lock. Raises AicmoError when the lead is not merged.
    """
    survivor = persons(cursor, [lead_id]).get(lead_id)
    if survivor is None:
        raise AicmoError(f"lead {lead_id} is not merged; there is nothing to undo")
    cursor.execute("SELECT config -> 'matching' FROM campaigns WHERE id = %s", [campaign_id])
    (matching,) = cursor.fetchone() or ({},)
    merging = Merging(campaign_id, run_id, now, Matching.model_validate_json(json.dumps(matching)))
    touched = _give_back(cursor, survivor, [lead_id], merging)
    _come_back(cursor, lead_id, survivor, merging)
    cursor.execute("SELECT id FROM leads WHERE merged_into = %s", [survivor])
    others = [int(one) for (one,) in cursor.fetchall()]
    follow(cursor, others, merging, touched)
    _keep_apart(cursor, lead_id, [survivor, *others], merging, actor)
    audit.record(
        cursor, actor, "lead.unmerge", str(lead_id), {"merged_into": survivor}, {"merged_into": None}
    )
    return survivor


def _come_back(cursor: Cursor[TupleRow], lead_id: int, survivor: int, merging: Merging) -> None:
    """The lead itself, with what the stages said of it when it left."""
    found = rows(
        cursor,
        "SELECT before -> 'stages' AS stages FROM lead_changes WHERE lead_id = %(lead)s AND source = 'merge' "
        "AND before ? 'stages' AND id > coalesce((SELECT max(id) FROM lead_changes WHERE lead_id = %(lead)s "
        "AND source = 'undo' AND before ? 'merged_into'), 0) ORDER BY id DESC LIMIT 1",
        {"lead": lead_id},
    )
    for table, row in found[0]["stages"].items() if found else ():
        assert table in _STAGES
        cursor.execute(
            f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, %s)".encode(),
            [Jsonb(row)],
        )
    cursor.execute(
        "UPDATE sends SET state = CASE WHEN started_at IS NULL AND attempts = 0 THEN 'planned' ELSE 'held' END, "
        "next_try_at = CASE WHEN started_at IS NULL AND attempts = 0 THEN NULL ELSE %(now)s::timestamptz END, "
        "reason = NULL, claimed_by = NULL, lease_until = NULL "
        "WHERE lead_id = %(lead)s AND state = 'skipped' AND reason LIKE 'merged into lead %%'",
        {"lead": lead_id, "now": merging.now},
    )
    cursor.execute("UPDATE leads SET merged_into = NULL WHERE id = %s", [lead_id])
    _log(
        cursor,
        lead_id,
        f"from lead {survivor}",
        {"merged_into": survivor},
        {"merged_into": None},
        merging,
    )


def _log(
    cursor: Cursor[TupleRow],
    lead_id: int,
    label: str,
    before: dict[str, Any],
    after: dict[str, Any],
    merging: Merging,
) -> None:
    cursor.execute(
        "INSERT INTO lead_changes (campaign_id, lead_id, changed_at, run_id, source, source_label, source_line, "
        "lawful_basis, before, after) SELECT campaign_id, id, %s, %s, 'undo', %s, source_line, lawful_basis, %s, %s "
        "FROM leads WHERE id = %s",
        [merging.now, merging.run_id, label, Jsonb(before), Jsonb(after), lead_id],
    )


def _give_back(cursor: Cursor[TupleRow], survivor: int, gone: list[int], merging: Merging) -> list[str]:
    """Take out of the survivor's facts what came with the leads `gone`: by its history without them.

    Returns the facts that they ever had a part in.
    """
    history = rows(
        cursor,
        """
        SELECT h.before, h.after, o.id AS lead, o.field_origins AS lent,
            h.source = 'merge' AND o.id IS NULL OR h.source = 'undo' AND h.source_label LIKE 'lead %%' AS void,
            CASE WHEN o.id IS NOT NULL THEN jsonb_build_array(o.source, o.harvested_at, o.source_label)
                ELSE jsonb_build_array(h.source, coalesce((SELECT max(answered_at) FROM vendor_answers a
                    WHERE a.request_id = h.request_id), h.changed_at), h.source_label) END AS origin
        FROM lead_changes h LEFT JOIN leads o
            ON h.source = 'merge' AND h.source_label = 'lead ' || o.id AND o.merged_into = h.lead_id
        WHERE h.lead_id = %s AND NOT h.after ? 'merged_into' ORDER BY h.id
        """,
        [survivor],
    )
    with_them, without = replayed(history, ()), replayed(history, gone)
    (lead,) = rows(
        cursor, "SELECT to_jsonb(l) AS facts, field_origins FROM leads l WHERE id = %s", [survivor]
    )
    facts = flat(lead["facts"])
    restored = {
        name: said.value
        for name, said in without.items()
        if said.value != with_them[name].value == facts.get(name)
    }
    touched = [name for name in FACTS if any(row["lead"] in gone and name in row["after"] for row in history)]
    if not restored:
        return touched
    changed = [name for name in FACTS if name in {one.partition("/")[0] for one in restored}]
    after = {**lead["facts"], **folded({**facts, **restored})}
    origins = {name: origin for name, origin in (lead["field_origins"] or {}).items() if name not in changed}
    origins |= {name: without[name].origin for name in changed if without[name].origin is not None}
    columns = ", ".join(changed)
    cursor.execute(
        f"UPDATE leads SET ({columns}) = (SELECT {columns} FROM jsonb_populate_record(NULL::leads, %s)), "
        "field_origins = %s, revision = revision + 1, run_id = %s, updated_at = %s WHERE id = %s".encode(),
        [Jsonb(after), Jsonb(origins) if origins else None, merging.run_id, merging.now, survivor],
    )
    _log(
        cursor,
        survivor,
        ", ".join(f"lead {one}" for one in gone),
        {name: lead["facts"][name] for name in changed},
        {name: after[name] for name in changed},
        merging,
    )
    return touched


def _keep_apart(
    cursor: Cursor[TupleRow], lead_id: int, others: list[int], merging: Merging, actor: str
) -> None:
    """A person says that the lead is none of `others`, the first of which is who it was taken for."""
    decided = {"by": actor, "now": merging.now, "lead": lead_id, "others": others}
    cursor.execute(
        "UPDATE lead_matches SET state = 'apart', survivor_id = NULL, decided_by = %(by)s, decided_at = %(now)s "
        "WHERE state <> 'apart' AND (lead_id = %(lead)s AND other_id = ANY(%(others)s::bigint[]) "
        "OR other_id = %(lead)s AND lead_id = ANY(%(others)s::bigint[]))",
        decided,
    )
    cursor.execute(
        "INSERT INTO lead_matches (campaign_id, lead_id, other_id, probability, weights, state, decided_by, "
        "decided_at, run_id) VALUES (%(campaign)s, %(one)s, %(other)s, 0, '{}', 'apart', %(by)s, %(now)s, %(run)s) "
        "ON CONFLICT (lead_id, other_id) DO NOTHING",
        {
            **decided,
            "campaign": merging.campaign_id,
            "run": merging.run_id,
            "one": min(lead_id, others[0]),
            "other": max(lead_id, others[0]),
        },
    )
