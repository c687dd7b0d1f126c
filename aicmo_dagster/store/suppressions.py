"""Who gets no mail from any campaign: addresses and domains.

An address is kept as its mailbox (see `stages.addresses.mailboxes`), so it counts in every spelling. It also
counts for the lead that its lead was merged into: the same person asked, at whatever address. Except that a
mail came back (`bounced`): that is about the address, and the person may have another one by now.

`add` and the guard of `store.sends.start` take the same advisory lock, `add` alone and every start shared. So
a start that has seen no suppression commits before the suppression does: once `add` is committed, no mail
starts.
"""

from typing import Any, Literal

import idna
import psycopg
from email_validator import EmailNotValidError, validate_email
from psycopg.rows import TupleRow

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.store.database import rows

LOCK = 0x6E_6F_6D_61_69_6C
"""Key of the advisory lock that orders suppressions and starts of mails."""

Cursor = psycopg.Cursor[TupleRow]
Kind = Literal["address", "domain"]


def add(cursor: Cursor, kind: Kind, value: str, reason: str, added_by: str) -> bool:
    """Suppress an address, or a domain with its subdomains; False when it was suppressed already.

    A suppression that only says `bounced` takes the reason of one that says more.

    Takes effect on commit; until then no mail of any campaign starts, so commit soon. Raises
    ConfigurationError when the value is not of its kind.
    """
    if kind == "address":
        return add_mailbox(cursor, _address(value), reason, added_by)
    return _add(cursor, "domain", _domain(value), reason, added_by)


def add_mailbox(cursor: Cursor, address: str, reason: str, added_by: str) -> bool:
    """`add` of an address that need not be checked, such as one that a mail was sent to.

    One that was erased is suppressed by its hash, and is not written down again.
    """
    lock(cursor)
    cursor.execute(
        "SELECT mailbox(%(address)s), EXISTS (SELECT FROM suppressions WHERE kind = 'hash') AND EXISTS ("
        "SELECT FROM suppressions WHERE kind = 'hash' AND value = mailbox_hash(%(address)s))",
        {"address": address.lower()},
    )
    mailbox, erased = cursor.fetchone() or ("", False)
    return not erased and _add(cursor, "address", mailbox, reason, added_by)


def lock(cursor: Cursor) -> None:
    """Wait for the mails that are starting, and let no other start before this transaction ends."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _add(cursor: Cursor, kind: Kind, value: str, reason: str, added_by: str) -> bool:
    lock(cursor)
    cursor.execute(
        "INSERT INTO suppressions AS s (kind, value, reason, added_by) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (kind, value) DO UPDATE SET reason = excluded.reason, added_by = excluded.added_by "
        "WHERE s.reason = 'bounced' AND excluded.reason <> 'bounced' RETURNING xmax = 0",
        [kind, value, reason, added_by],
    )
    return cursor.fetchone() == (True,)


def listing(cursor: Cursor, limit: int = 100) -> list[dict[str, Any]]:
    """The newest suppressions: kind, value, reason, added_by, created_at."""
    return rows(
        cursor,
        "SELECT kind, value, reason, added_by, created_at FROM suppressions ORDER BY id DESC LIMIT %s",
        [limit],
    )


def _address(value: str) -> str:
    try:
        found = validate_email(value.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ConfigurationError(f"{value!r} is not an address: {error}") from None
    return f"{found.local_part}@{found.ascii_domain}".lower()


def _domain(value: str) -> str:
    text = value.strip().lower().removeprefix("@").rstrip(".")
    try:
        domain = idna.encode(text, uts46=True).decode()
    except idna.IDNAError:
        domain = ""
    if "." not in domain:
        raise ConfigurationError(f"{value!r} is not a domain; write it like rival.com")
    return domain
