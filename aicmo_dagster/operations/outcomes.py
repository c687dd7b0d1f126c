"""Record how leads ended, one or a file of them; no lead with an outcome gets another mail."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.scoring import OUTCOMES, Outcome
from aicmo_dagster.errors import AicmoError, LeadNotFoundError, SourceError
from aicmo_dagster.sources.delimited import read_delimited
from aicmo_dagster.stages.dates import read_date
from aicmo_dagster.stages.words import fold
from aicmo_dagster.store import outcomes
from aicmo_dagster.store.campaigns import Campaign

_WORDS: dict[Outcome, tuple[str, ...]] = {
    "interested": (
        "interested", "interest", "positive", "positive reply", "replied positive", "replied positively",
        "warm", "wants more", "interessiert", "interesse",
    ),
    "meeting": (
        "meeting", "meeting held", "meeting booked", "meeting scheduled", "met", "demo", "demo held",
        "demo booked", "call booked", "appointment", "termin",
    ),
    "converted": (
        "converted", "won", "closed won", "customer", "client", "sale", "sold", "deal won", "bought", "purchased",
        "signed", "gewonnen", "kunde",
    ),
    "lost": (
        "lost", "closed lost", "deal lost", "not interested", "no interest", "negative", "negative reply",
        "replied negative", "declined", "disqualified", "churned", "verloren", "kein interesse",
    ),
}  # fmt: skip
_MEANING: dict[str, Outcome] = {word: outcome for outcome, words in _WORDS.items() for word in words}
_COLUMNS: dict[str, frozenset[str]] = {
    "who": frozenset(
        {
            "email",
            "e mail",
            "email address",
            "e mail address",
            "address",
            "lead",
            "lead id",
            "lead number",
            "who",
        }
    ),
    "outcome": frozenset({"outcome", "result", "status", "stage", "deal stage", "lead status"}),
    "date": frozenset(
        {"date", "at", "when", "happened at", "outcome date", "close date", "closed", "closed at", "time"}
    ),
    "value": frozenset({"value", "amount", "deal value", "deal amount", "worth", "revenue"}),
}
_OPTIONAL = {"value"}
_NEEDED = "address (or lead number), outcome, date"
_MOST_WORTH = Decimal(10**12)


@dataclass(frozen=True)
class BadOutcome:
    """A row that was not recorded: its line in the file, the column at fault, what is wrong and what to do."""

    line: int
    field: str
    problem: str


@dataclass(frozen=True)
class Imported:
    """What became of the rows of a file."""

    rows: int
    recorded: int
    known: int
    bad: list[BadOutcome]


def outcome_of(text: str) -> Outcome:
    """What a word of people or of their CRM means. Raises AicmoError where nobody can tell."""
    meaning = _MEANING.get(fold(text))
    if meaning is None:
        raise AicmoError(
            f"{text!r} is no outcome; write {', '.join(OUTCOMES)}, or a word that means one: won, customer, "
            "positive reply, not interested"
        )
    return meaning


def moment(text: str, zone: str, now: datetime) -> datetime:
    """When an outcome came: a time with its zone, a time of the zone, or a day, which counts to its end.

    Raises AicmoError where it cannot be read, or is a day that has not come.
    """
    here = ZoneInfo(zone)
    try:
        exact = datetime.fromisoformat(text.strip()) if ":" in text else None
    except ValueError:
        exact = None
    day = None if exact else read_date(text)
    if exact is not None:
        at = exact if exact.tzinfo else exact.replace(tzinfo=here)
    elif day is not None:
        at = datetime.combine(day, time(23, 59, 59), here)
    else:
        raise AicmoError(f"{text!r} is no date that can be read in one way; write it like 2026-03-31")
    if at.astimezone(here).date() > now.astimezone(here).date():
        raise AicmoError(f"{text!r} has not come yet; give the day on which it happened")
    return at.astimezone(UTC)


def worth(text: str) -> Decimal | None:
    """What an outcome is worth, None for an empty text. Raises AicmoError where it is no amount."""
    if not text.strip():
        return None
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        value = _MOST_WORTH
    if value.is_nan() or not 0 <= value < _MOST_WORTH:
        raise AicmoError(
            f"{text!r} is no amount; write it like 1200.50, without a currency and marks of thousands"
        )
    return value.quantize(Decimal("0.01"))


def record(
    cursor: Cursor[TupleRow],
    campaign: Campaign,
    who: str,
    outcome: str,
    at: str | None,
    actor: str,
    value: Decimal | None = None,
    source: str = "command line",
) -> tuple[Outcome, datetime, bool]:
    """Record an outcome of one lead; returns it as it was understood, its time, and whether that is news.

    Raises LeadNotFoundError for an unknown lead and AicmoError for an outcome or a time that cannot be read.
    """
    now = datetime.now(UTC)
    meaning = outcome_of(outcome)
    when = now if at is None else moment(at, campaign.config.time_zone, now)
    lead = _lead(cursor, campaign, who)
    new = outcomes.append(cursor, [(lead, meaning, when)], actor, source, [value])
    return meaning, when, new == 1


def withdraw(cursor: Cursor[TupleRow], campaign: Campaign, who: str, outcome: str, actor: str) -> Outcome:
    """Take back an outcome that was recorded by mistake; returns it as it was understood.

    Raises LeadNotFoundError for an unknown lead and AicmoError for an outcome that it does not have.
    """
    meaning = outcome_of(outcome)
    if not outcomes.withdraw(cursor, _lead(cursor, campaign, who), meaning, actor):
        raise AicmoError(f"{who} has no outcome {meaning}; see: aicmo outcomes list {campaign.key}")
    return meaning


def _lead(cursor: Cursor[TupleRow], campaign: Campaign, who: str) -> int:
    for lead in outcomes.resolve(cursor, campaign.id, [who.strip()]).values():
        return lead
    raise LeadNotFoundError(
        f"no lead '{who}' in this campaign; search with: aicmo leads list {campaign.key} --search TEXT"
    )


def import_file(cursor: Cursor[TupleRow], campaign: Campaign, path: Path, actor: str) -> Imported:
    """Record the outcomes of a file with the columns address or lead number, outcome, date and, if there is one, value.

    Every good row is recorded, every bad one told with its line. The same file again records nothing. Raises
    SourceError where it is no such file.
    """
    now = datetime.now(UTC)
    bad: list[BadOutcome] = []
    good: list[tuple[int, str, Outcome, datetime, Decimal | None]] = []
    count = 0
    for line, cells, extra in _rows(path):
        count += 1
        field = "outcome"
        try:
            if extra:
                field = "row"
                raise AicmoError(
                    "it has more cells than the header; put quotes around what has the delimiter in it"
                )
            if (nul := next((name for name, cell in cells.items() if "\0" in cell), None)) is not None:
                field = nul
                raise AicmoError("it holds a NUL character; leave it out")
            if not cells["who"]:
                field = "who"
                raise AicmoError("it is empty; give the lead's address or number")
            meaning = outcome_of(cells["outcome"])
            field = "date"
            at = moment(cells["date"], campaign.config.time_zone, now)
            field = "value"
            good.append((line, cells["who"], meaning, at, worth(cells.get("value", ""))))
        except AicmoError as error:
            bad.append(BadOutcome(line, field, str(error)))
    leads = outcomes.resolve(cursor, campaign.id, list({who for _, who, *_ in good}))
    known = [(leads[who], meaning, at) for _, who, meaning, at, _ in good if who in leads]
    values = [value for _, who, _, _, value in good if who in leads]
    bad += [
        BadOutcome(line, "who", f"no lead of campaign '{campaign.key}' has the address or number {who!r}")
        for line, who, *_ in good
        if who not in leads
    ]
    recorded = outcomes.append(cursor, known, actor, path.name, values)
    return Imported(count, recorded, len(known) - recorded, sorted(bad, key=lambda one: one.line))


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str], bool]]:
    """Line in the file, the cells of who, outcome and date, and whether there are cells without a column."""
    file = read_delimited(path)
    places = _places(file.header, path.name)
    reader = csv.reader(io.StringIO(file.text, newline=""), delimiter=file.delimiter)
    end = file.lines
    for cells in reader:
        line, end = end + 1, file.lines + reader.line_num
        if any(cell.strip() for cell in cells):
            yield (
                line,
                {name: cells[place].strip() if place < len(cells) else "" for name, place in places.items()},
                any(cell.strip() for cell in cells[len(file.header) :]),
            )


def _places(header: Sequence[str], label: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, spellings in _COLUMNS.items():
        place = next((i for i, column in enumerate(header) if fold(column) in spellings), None)
        if place is None and name in _OPTIONAL:
            continue
        if place is None:
            raise SourceError(
                f"{label} has no column for {name}; its columns are {', '.join(header)}, needed are {_NEEDED}."
            )
        found[name] = place
    return found
