"""What is known of a lead by its history, with or without the leads that were merged into it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from aicmo_dagster.campaign.config import Matching
from aicmo_dagster.store import survivorship
from aicmo_dagster.store.database import rows
from aicmo_dagster.store.survivorship import FACTS

OWN_SOURCES = "('merge', 'undo')"
"""Sources of `lead_changes` that tell nothing new about a person."""


@dataclass(frozen=True)
class Said:
    """A fact and who said it: [source, time, label], None for the row's own origin."""

    value: Any
    origin: list[Any] | None = None


def flat(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with each key of `extra` as one of its own: `extra/<key>`."""
    extra = facts.get("extra") or {}
    return {name: value for name, value in facts.items() if name != "extra"} | {
        f"extra/{key}": value for key, value in extra.items()
    }


def folded(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The opposite of `flat`; keys of `extra` without a value are left out."""
    extra = {
        name.removeprefix("extra/"): value
        for name, value in facts.items()
        if name.startswith("extra/") and value is not None
    }
    return {name: value for name, value in facts.items() if not name.startswith("extra/")} | {
        "extra": extra or None
    }


def replayed(history: Iterable[Mapping[str, Any]], without: Collection[int]) -> dict[str, Said]:
    """The facts that ever changed, as they would be without the merged leads `without`; `flat`.

    `history` are rows of `lead_changes`, oldest first: `before`, `after`, `origin`, and where a merged lead said
    it, its number `lead` and `lent`, the origins of its facts. What is `void` counts for nothing. Under `extra`
    is only who said its latest part.
    """
    known: dict[str, Said] = {}
    for row in history:
        counts = not row["void"] and row["lead"] not in without
        before, after = flat(row["before"]), flat(row["after"])
        for name in {**before, **after}:
            if before.get(name) == after.get(name):
                continue
            field = name.partition("/")[0]
            known.setdefault(name, Said(before.get(name)))
            known.setdefault(field, Said(None))
            # Who says again what is known already is not remembered, here as in `survivorship`.
            if counts and known[name].value != after.get(name):
                origin = (row["lent"] or {}).get(field, row["origin"])
                known[name] = Said(after.get(name), origin)
                if field == "extra":
                    known[field] = Said(None, origin)
    return known


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


def give_back(cursor: Cursor[TupleRow], survivor: int, gone: list[int], merging: Merging) -> list[str]:
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
    log(
        cursor,
        survivor,
        ", ".join(f"lead {one}" for one in gone),
        {name: lead["facts"][name] for name in changed},
        {name: after[name] for name in changed},
        merging,
    )
    return touched


def log(
    cursor: Cursor[TupleRow],
    lead_id: int,
    label: str,
    before: dict[str, Any],
    after: dict[str, Any],
    merging: Merging,
) -> None:
    """Keep in the lead's history what an undo changed."""
    cursor.execute(
        "INSERT INTO lead_changes (campaign_id, lead_id, changed_at, run_id, source, source_label, source_line, "
        "lawful_basis, before, after) SELECT campaign_id, id, %s, %s, 'undo', %s, source_line, lawful_basis, %s, %s "
        "FROM leads WHERE id = %s",
        [merging.now, merging.run_id, label, Jsonb(before), Jsonb(after), lead_id],
    )
