"""A person by address: all that is kept of them, erasing it, and proving that nothing holds the address any more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parseaddr
from itertools import compress
from pathlib import Path
from typing import Any

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster import settings
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.store import campaigns, database, persons

_IN_USE = ("draft", "active", "paused")
_HEADERS_BYTES = 16_384
_FILES_AT_ONCE = 5_000


@dataclass(frozen=True)
class Erased:
    """What was deleted."""

    leads: int
    files: int


def export(address: str) -> dict[str, Any]:
    """All that is kept of the person, in any spelling of the mailbox: table -> rows, and the mails in files."""
    with database.transaction() as cursor:
        leads, boxes = persons.mailboxes(cursor, address)
        tables = persons.rows_of(cursor, leads, boxes)
    return {
        "address": address,
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "tables": tables,
        "files": [str(file) for file in _files(boxes)],
    }


def places(address: str) -> list[str]:
    """Where the address is kept, in any spelling of the mailbox: columns and files."""
    with database.transaction() as cursor:
        _, boxes = persons.mailboxes(cursor, address)
        found = {f"{schema}.{table}.{column}" for schema, table, column, *_ in persons.holding(cursor, boxes)}
    return [*sorted(found), *(str(file) for file in _files(boxes))]


def erase(address: str, by: str) -> Erased:
    """Erase the person from tables and files; only a keyed hash stays, so that nobody writes to the address again.

    May be called again, whatever ended it. Raises ConfigurationError while a mail to the person is on its way, and
    where a campaign names the address as one of ours: its document needs it.
    """
    with database.transaction() as cursor:
        _, boxes = persons.mailboxes(cursor, address)
        _refuse_ours(cursor, boxes)
    files = list(_files(boxes))
    with database.transaction() as cursor:
        leads = persons.erase(cursor, address, by)
        # Before the commit: after it nothing knows the person's other addresses, should this end in between.
        for file in files:
            file.unlink(missing_ok=True)
    return Erased(leads, len(files))


def _refuse_ours(cursor: Cursor[TupleRow], boxes: list[str]) -> None:
    for campaign in campaigns.listing(cursor):
        senders, owners = campaign.config.sending.senders, campaign.config.routing.owners
        named = [text for one in senders for text in (one.mailbox, one.reply_to, one.unsubscribe_mailbox)]
        named += [owner.email for owner in owners]
        ours = [parseaddr(text)[1] for text in named if text]
        if campaign.state in _IN_USE and any(persons.theirs(cursor, [*ours], boxes)):
            raise ConfigurationError(
                f"campaign '{campaign.key}' names this address as a sender's or an owner's; give it another there "
                "first, or archive the campaign"
            )


def _files(boxes: Sequence[str]) -> Iterator[Path]:
    """The mails of simulations to one of the mailboxes, also those that a killed program did not finish."""
    files = sorted((settings.home() / "outbox").glob("*/*/*"))
    for start in range(0, len(files), _FILES_AT_ONCE):
        some = files[start : start + _FILES_AT_ONCE]
        with database.transaction() as cursor:
            mine = persons.theirs(cursor, [_recipient(file) for file in some], list(boxes))
        yield from compress(some, mine)


def _recipient(file: Path) -> str | None:
    try:
        with file.open("rb") as stream:
            to = BytesHeaderParser().parsebytes(stream.read(_HEADERS_BYTES))["To"]
    except (FileNotFoundError, IsADirectoryError):
        return None
    # The name before the address may hold another one.
    return next((address for _, address in getaddresses([str(to)]) if "@" in address), None) if to else None
