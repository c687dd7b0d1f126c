"""What is known of a lead by its history, with and without the leads that were merged into it."""

from collections.abc import Iterable, Mapping
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
_CONSENT = {"consent", "consent_on"}


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


@dataclass(frozen=True)
class Told:
    """A fact after a history: with all that was said, and without what merged leads said."""

    known: Said
    own: Said


def replayed(history: Iterable[Mapping[str, Any]]) -> dict[str, Told]:
    """The facts that ever changed; `flat`.

    `history` are rows of `lead_changes`, oldest first: `before`, `after`, `source`, `origin`, where a merged lead
    said it `lent`, the origins of its facts, and whether the row `unmerges`: takes back what all merged leads said
    of the facts in it. Under `extra` is only who said its latest part.
    """
    known: dict[str, Said] = {}
    own: dict[str, Said] = {}
    for row in history:
        before, after = flat(row["before"]), flat(row["after"])
        for name in {**before, **after}:
            field = name.partition("/")[0]
            for one in (known, own):
                one.setdefault(name, Said(before.get(name)))
                one.setdefault(field, Said(None))
            if row["unmerges"]:
                known[name], known[field] = own[name], own[field]
                continue
            for one in (known,) if row["source"] == "merge" else (known, own):
                # Who says again what is known already is not remembered, here as in `survivorship`; a person who
                # takes away what a merged lead said means it without that lead, too.
                taken_away = row["source"] == "manual" and after.get(name) is None
                if before.get(name) != after.get(name) and (taken_away or after.get(name) != one[name].value):
                    origin = (row["lent"] or {}).get(field, row["origin"])
                    one[name] = Said(after.get(name), origin)
                    if field == "extra":
                        one[field] = Said(None, origin)
    return {name: Told(known[name], own[name]) for name in known}


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
    """Take out of the survivor the facts that the merged leads `gone` had a part in, whichever of them said them.

    Each becomes what it is by the survivor's history without any merged lead. Returns the facts: of these the
    leads that stay merged are to be heard again, because a word of theirs may have counted only before or after
    that of one that goes.
    """
    history = rows(
        cursor,
        """
        SELECT h.source, h.before, h.after, o.id AS lead, o.field_origins AS lent,
            h.source = 'undo' AND h.source_label LIKE 'lead %%' AS unmerges,
            CASE WHEN o.id IS NOT NULL THEN jsonb_build_array(o.source, o.harvested_at, o.source_label)
                ELSE jsonb_build_array(h.source, coalesce((SELECT max(answered_at) FROM vendor_answers a
                    WHERE a.request_id = h.request_id), h.changed_at), h.source_label) END AS origin
        FROM lead_changes h LEFT JOIN leads o
            ON h.source = 'merge' AND h.source_label = 'lead ' || o.id AND o.merged_into = h.lead_id
        WHERE h.lead_id = %s AND NOT h.after ? 'merged_into' ORDER BY h.id
        """,
        [survivor],
    )
    touched = {name for row in history if row["lead"] in gone for name in row["after"]}
    if not touched.isdisjoint(_CONSENT):
        touched |= _CONSENT
    (lead,) = rows(
        cursor, "SELECT to_jsonb(l) AS facts, field_origins FROM leads l WHERE id = %s", [survivor]
    )
    facts = flat(lead["facts"])
    restored = {
        name: told.own
        for name, told in replayed(history).items()
        if name.partition("/")[0] in touched
        and told.own != told.known
        and told.known.value == facts.get(name)
    }
    if restored:
        _restore(cursor, lead, restored, gone, merging)
    return [name for name in FACTS if name in touched]


def _restore(
    cursor: Cursor[TupleRow],
    lead: Mapping[str, Any],
    restored: Mapping[str, Said],
    gone: list[int],
    merging: Merging,
) -> None:
    """Write the facts and who said them, and keep in the history that the leads `gone` made this necessary."""
    known, survivor = lead["facts"], lead["facts"]["id"]
    changed = [name for name in FACTS if name in {one.partition("/")[0] for one in restored}]
    after = {**known, **folded({**flat(known), **{name: said.value for name, said in restored.items()}})}
    origins = dict(lead["field_origins"] or {})
    for name in changed:
        origins.pop(name, None)
        if name in restored and restored[name].origin is not None:
            origins[name] = restored[name].origin
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
        {name: known[name] for name in changed},
        {name: after[name] for name in changed},
        merging,
    )


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
