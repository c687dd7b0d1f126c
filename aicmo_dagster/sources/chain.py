"""Asking the sources of a campaign one after the other."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from aicmo_dagster.errors import NoSourceError, SourceError
from aicmo_dagster.sources.source import Chunk, Source

Outcome = Literal["succeeded", "empty", "failed", "not_configured"]


@dataclass(frozen=True)
class Merged:
    """What became of the leads of one chunk; `inserted` are new, `duplicates` repeat another of the chunk."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    rejected: int = 0


@dataclass
class Attempt:
    """How one source answered. `discovered` counts the leads it gave, bad ones included; `notes` are for people."""

    source: str
    label: str
    outcome: Outcome
    error: str | None = None
    discovered: int = 0
    duplicates: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    credits: float = 0.0
    duration_s: float = 0.0
    notes: list[str] = field(default_factory=list)


def harvest(
    sources: Sequence[Source], max_leads: int, take: Callable[[Source, Chunk, int], Merged]
) -> list[Attempt]:
    """Asks each source in order for what is still missing up to `max_leads` new leads.

    Returns how each answered.

    `take(source, chunk, limit)` stores a chunk, inserting at most `limit` new leads, and says what it did.
    Sources behind the one that completes the number are not asked and not in the result. A source that fails
    keeps what it gave before. Raises NoSourceError when none is configured, or all that were asked failed before
    they gave anything.
    """
    attempts: list[Attempt] = []
    missing = max_leads
    for source in sources:
        if missing <= 0:
            break
        attempt = _ask(source, missing, take)
        missing -= attempt.inserted
        attempts.append(attempt)
    asked = [attempt for attempt in attempts if attempt.outcome != "not_configured"]
    if not asked and max_leads > 0:
        names = ", ".join(attempt.source for attempt in attempts) or "none is listed"
        raise NoSourceError(
            f"No source of leads is configured ({names}); give the campaign a source with what it needs, "
            "such as `sources: [{type: csv, path: leads.csv}]`."
        )
    if asked and all(attempt.outcome == "failed" and not attempt.discovered for attempt in asked):
        errors = "\n".join(f"- {attempt.source} {attempt.label}: {attempt.error}" for attempt in asked)
        raise NoSourceError(f"Every source of leads failed:\n{errors}")
    return attempts


def _ask(source: Source, missing: int, take: Callable[[Source, Chunk, int], Merged]) -> Attempt:
    attempt = Attempt(source.name, source.label, "empty")
    if not source.is_configured():
        attempt.outcome = "not_configured"
        return attempt
    started = time.monotonic()
    chunks = iter(source.fetch(missing))
    while attempt.inserted < missing:
        # Only the source's own failure lets the next one try; one of `take` ends the run.
        try:
            chunk = next(chunks, None)
        except (SourceError, OSError) as error:
            attempt.outcome, attempt.error = "failed", str(error)
            break
        if chunk is None:
            break
        merged = take(source, chunk, missing - attempt.inserted)
        attempt.discovered += len(chunk.records) + len(chunk.rejected)
        attempt.inserted += merged.inserted
        attempt.updated += merged.updated
        attempt.unchanged += merged.unchanged
        attempt.duplicates += merged.duplicates
        attempt.rejected += merged.rejected
        attempt.credits += chunk.credits
        if attempt.discovered:
            attempt.outcome = "succeeded"
    attempt.duration_s = time.monotonic() - started
    attempt.notes = list(source.notes)
    return attempt
