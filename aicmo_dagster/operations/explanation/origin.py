"""Where a lead comes from, who was asked about it, and who turned out to be the same person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aicmo_dagster.flow.asked import Asked, Purpose, enrichment_vendors, verification_vendors
from aicmo_dagster.operations.explanation.known import History
from aicmo_dagster.operations.leads import provenance
from aicmo_dagster.store import explanations
from aicmo_dagster.store.rate_limits import RateLimits

_OUTCOMES = {
    "complete": "everything that is wanted is known",
    "pending": "an answer is awaited",
    "exhausted": "nobody else is left to be asked",
    "waiting": "it waits for budget, or for a vendor that could not be reached",
}
_STATES = {
    "sending": "is being asked",
    "pending": "is asked, and the answer is awaited",
    "refused": "refused",
    "uncertain": "was asked, and nobody knows whether it heard it",
}


@dataclass(frozen=True)
class Change:
    """What changed in a lead after it was brought, and by whose word."""

    at: datetime
    source: str
    label: str
    line: int
    request: int | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True)
class Origin:
    """The row that a lead comes from, its facts with whose word each is (as `operations.leads.provenance` has them),
    and what changed since.
    """

    source: str
    label: str
    line: int
    harvested_at: datetime
    lawful_basis: str
    facts: tuple[Mapping[str, Any], ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Answer:
    """A vendor's answer, or that there is none: `said` are the fields it told, `taken` those that the lead took.

    `credits` is the lead's share of what the request cost.
    """

    request: int
    vendor: str
    operation: str
    asked_at: datetime
    answered_at: datetime | None
    credits: float
    said: tuple[str, ...]
    taken: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class SamePerson:
    """A lead that was merged into this one, is a former address of it, or may be the same person."""

    lead_id: int
    name: str
    source: str
    label: str
    line: int
    probability: float | None
    state: str
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True)
class Enrichment:
    """Who was asked about a lead and what is still missing; `sentence` says how far that got."""

    asked: tuple[str, ...]
    missing: tuple[str, ...]
    answers: tuple[Answer, ...]
    same_person: tuple[SamePerson, ...]
    sentence: str


def origin(history: History) -> Origin:
    """The lead's own row, every fact's source, and the changes since."""
    lead = history.lead
    return Origin(
        source=lead["source"],
        label=lead["source_label"],
        line=lead["source_line"],
        harvested_at=lead["harvested_at"],
        lawful_basis=lead["lawful_basis"],
        facts=tuple(provenance(lead, history.changes)),
        changes=tuple(
            Change(
                at=one["changed_at"],
                source=one["source"],
                label=one["source_label"],
                line=one["source_line"],
                request=one["request_id"],
                before={name: one["before"].get(name) for name in one["after"]},
                after=one["after"],
            )
            for one in history.changes
        ),
    )


def enrichment(history: History) -> Enrichment:
    """Every vendor that was asked about the lead under any name it had, and who else is the same person."""
    row = history.row("enrichment")
    config = history.campaign.config
    return Enrichment(
        asked=tuple(row["asked"]) if row else (),
        missing=tuple(row["missing"]) if row else (),
        answers=_answers(history),
        same_person=tuple(
            SamePerson(**one) for one in explanations.matches(history.cursor, history.lead["id"])
        ),
        sentence=_OUTCOMES[row["outcome"]]
        if row
        else "the campaign asks no vendor"
        if not (config.enrichment.vendors or config.verification.vendors)
        else "nobody was asked yet what is missing",
    )


def _answers(history: History) -> tuple[Answer, ...]:
    limits = RateLimits()
    config = history.campaign.config
    asked: list[tuple[Purpose, Asked]] = [("enrich", one) for one in enrichment_vendors(config, limits)]
    asked += [("verify", one) for one in verification_vendors(config, limits)]
    known = history.every()
    questions = {
        (one.vendor.name, one.vendor.operation, str(subject))
        for _, one in asked
        if len(known)
        for subject in one.vendor.subjects(known).dropna().unique()
    }
    taken: dict[int, list[str]] = {}
    for change in history.changes:
        if change["request_id"] is not None:
            taken.setdefault(change["request_id"], []).extend(change["after"])
    return tuple(
        _answer(row, tuple(taken.get(row["request"], ())))
        for row in explanations.answers(history.cursor, sorted(questions), list(taken))
    )


def _answer(row: Mapping[str, Any], taken: tuple[str, ...]) -> Answer:
    said = tuple(name for name, value in (row["record"] or {}).items() if value)
    if row["state"] != "answered":
        sentence = _STATES[row["state"]] + (f": {row['error']}" if row["error"] else "")
    elif taken:
        sentence = f"told {_named(taken)}, which the lead took"
    elif said:
        sentence = f"told {_named(said)}; nothing of it was new, or another's word weighs more"
    else:
        sentence = "knew nothing of the lead"
    own = ("request", "vendor", "operation", "asked_at", "answered_at", "credits")
    return Answer(**{name: row[name] for name in own}, said=said, taken=taken, sentence=sentence)


def _named(fields: tuple[str, ...]) -> str:
    return ", ".join(name.replace("_", " ") for name in fields)
