"""What is known of a lead by its history, with or without somebody's word."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any


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
