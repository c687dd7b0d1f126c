"""Merging leads that are one person; `store.matches` takes a merge back.

Of the leads of a person one survives; the others point to it with `merged_into` and leave the stages. They keep
their own facts, sends and events: so their addresses are still known, what they asked for still holds, and a
merge can be undone. Merged leads always point to the survivor itself, never to another merged lead.

What the survivor takes from a lead is decided like any other word (`store.survivorship`), and kept in
`lead_changes` with the source `merge`; what was set aside of the stages of the other lead is kept with its own
row there. An undo replays the survivor's history without merged leads, and lets it hear those that stay again.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.lead import DATE, LEAD_COLUMNS
from aicmo_dagster.store import survivorship
from aicmo_dagster.store.bulk import incoming_table, probing
from aicmo_dagster.store.replay import Merging, give_back
from aicmo_dagster.store.survivorship import FACTS, Word, own_origin

_TYPES = {"Int64": "bigint", "Float64": "float8", "boolean": "boolean", DATE: "date"}
STAGES = ("lead_enrichments", "lead_scores", "lead_verdicts", "lead_routes")


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
        give_back(cursor, loser, ones, merging)
        survivor |= dict.fromkeys(ones, survivor[loser])
    _set_merging(cursor, dict(sorted(survivor.items())))
    with probing(cursor):
        rejections = _rejections(cursor)
        cursor.execute(_LEAVE.encode(), merging.parameters())
        for table in STAGES:
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
    ", ".join(f"'{table}', to_jsonb({table})" for table in STAGES)
})), '{{}}'))),
        jsonb_build_object('merged_into', m.survivor_id)
    FROM merging m JOIN leads l ON l.id = m.loser_id {
    " ".join(f"LEFT JOIN {table} ON {table}.lead_id = l.id" for table in STAGES)
} ORDER BY l.id
)
UPDATE leads l SET merged_into = m.survivor_id FROM merging m WHERE l.id = m.loser_id
"""


def follow(
    cursor: Cursor[TupleRow], lead_ids: Iterable[int], merging: Merging, facts: Sequence[str] = FACTS
) -> None:
    """Let the survivors hear of the `facts` of the merged ones among `lead_ids`, in this order."""
    lead_ids = list(lead_ids)
    merged = persons(cursor, lead_ids)
    if merged:
        _set_merging(cursor, {one: merged[one] for one in lead_ids if one in merged})
        _absorb(cursor, merging, facts)


def _set_merging(cursor: Cursor[TupleRow], survivor: dict[int, int]) -> None:
    """The temporary table `merging`: who goes into whom, in this order, numbered per survivor."""
    frame = pd.DataFrame({"loser_id": list(survivor), "survivor_id": list(survivor.values())}, dtype="int64")
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
            SELECT decision, reason, reviewer, lead_revision FROM reviews
            WHERE lead_id = l.id AND decision <> 'snooze' ORDER BY id DESC LIMIT 1
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
        "(SELECT FROM reviews r WHERE r.lead_id = l.id AND r.lead_revision = l.revision AND r.decision <> 'snooze')",
        [{"lead": lead, "reason": reason, "reviewer": reviewer} for lead, reason, reviewer in rejections],
    )
