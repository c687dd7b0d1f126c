"""Who gets no mail from any campaign: addresses and domains.

An address is kept as its mailbox (see `stages.addresses.mailboxes`), so it counts in every spelling. It also
counts for the lead that its lead was merged into: the same person asked, at whatever address. Except that a
mail came back (`bounced`): that is about the address, and the person may have another one by now.

`add` and the guard of `store.sends.start` take the same advisory lock, `add` alone and every start shared. So
a start that has seen no suppression commits before the suppression does: once `add` is committed, no mail
starts.
"""

from typing import Any, BinaryIO, Literal

import idna
import pandas as pd
import psycopg
from email_validator import EmailNotValidError, validate_email
from psycopg.rows import TupleRow

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.store.audit import record
from aicmo_dagster.store.bulk import incoming_table
from aicmo_dagster.store.database import rows

LOCK = 0x6E_6F_6D_61_69_6C
"""Key of the advisory lock that orders suppressions and starts of mails."""

Cursor = psycopg.Cursor[TupleRow]
Kind = Literal["address", "domain"]
KINDS = ("address", "domain", "hash")
"""Of entries: the hash is that of an address that was erased, see `mailbox_hash`."""
EVERYBODY = ("*", "%")
"""Names that other programs write for all addresses of a domain; by the letter they are addresses, of nobody."""


def add(cursor: Cursor, kind: Kind, value: str, reason: str, added_by: str) -> bool:
    """Suppress an address, or a domain with its subdomains; False when it was suppressed already.

    A suppression that only says `bounced` takes the reason of one that says more.

    Takes effect on commit; until then no mail of any campaign starts, so commit soon. Raises
    ConfigurationError when the value is not of its kind.
    """
    if kind == "address":
        return add_mailbox(cursor, read_address(value), reason, added_by)
    return _add(cursor, "domain", read_domain(value), reason, added_by)


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


def add_all(cursor: Cursor, entries: pd.DataFrame, added_by: str) -> int:
    """Suppress many at once; returns how many are new. `kind`, `value` as `read_address` and others give it, `reason`.

    As with `add`, nobody who was erased is written down again, and no mail starts until the commit.
    """
    incoming_table(cursor, "incoming", entries)
    lock(cursor)
    cursor.execute(_ADD_ALL, [added_by])
    return sum(new for (new,) in cursor.fetchall())


_ADD_ALL = """
WITH incoming AS (
    SELECT kind, CASE WHEN kind = 'address' THEN mailbox(value) ELSE value END AS value, reason FROM pg_temp.incoming
)
INSERT INTO suppressions AS s (kind, value, reason, added_by)
SELECT DISTINCT ON (kind, value) kind, value, reason, %s FROM incoming
WHERE NOT (
    kind = 'address' AND (SELECT EXISTS (SELECT FROM suppressions WHERE kind = 'hash'))
    AND mailbox_hash(value) IN (SELECT x.value FROM suppressions x WHERE x.kind = 'hash')
)
ORDER BY kind, value, reason = 'bounced'
ON CONFLICT (kind, value) DO UPDATE SET reason = excluded.reason, added_by = excluded.added_by
WHERE s.reason = 'bounced' AND excluded.reason <> 'bounced' RETURNING xmax = 0
"""


def remove(cursor: Cursor, value: str, by: str, *, erased: bool = False) -> list[str]:
    """Take an address or a domain off the list: the reasons that it was there for, none where it was not.

    With `erased` also the hash that erasing the person left. The wishes of leads (`opt_outs`, events) stay.
    """
    lock(cursor)
    text = value.strip().lower()
    cursor.execute(
        "DELETE FROM suppressions WHERE kind = 'address' AND value = mailbox(%(value)s) "
        "OR kind = 'domain' AND value = %(domain)s OR %(erased)s AND kind = 'hash' AND value = mailbox_hash(%(value)s) "
        "RETURNING kind, reason",
        {"value": text, "domain": "" if "@" in text[1:] else read_domain(text), "erased": erased},
    )
    reasons = []
    for kind, reason in cursor.fetchall():
        reasons.append(str(reason))
        record(
            cursor,
            by,
            "suppression.remove",
            text if kind != "hash" else "an erased person",
            {"reason": reason},
        )
    return reasons


def copy_out(cursor: Cursor, to: BinaryIO) -> int:
    """Write the list as CSV with a header, oldest first; returns the rows.

    Cells that a spreadsheet would run begin with an apostrophe, as `sources.neutral` has it.
    """
    with cursor.copy(_EXPORT.encode()) as copy:
        for block in copy:
            to.write(block)
    return cursor.rowcount


_NEUTRAL = r"CASE WHEN {0} ~ E'^[ \t\r\n\x27]*[=+@\t\r\n＝＋－＠-]' THEN E'\x27' || {0} ELSE {0} END AS {0}"
_EXPORT = f"""
COPY (
    SELECT kind, {_NEUTRAL.format("value")}, {_NEUTRAL.format("reason")}, {_NEUTRAL.format("added_by")},
        to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SSOF') AS created_at
    FROM suppressions ORDER BY id
) TO STDOUT (FORMAT csv, HEADER)
"""


def listing(
    cursor: Cursor, limit: int = 100, kind: str | None = None, search: str | None = None
) -> list[dict[str, Any]]:
    """The newest suppressions: kind, value, reason, added_by, created_at; of a kind, or with a text in the value."""
    return rows(
        cursor,
        "SELECT kind, value, reason, added_by, created_at FROM suppressions "
        "WHERE (%(kind)s::text IS NULL OR kind = %(kind)s) "
        "AND (%(search)s::text IS NULL OR strpos(value, lower(%(search)s)) > 0 OR value = mailbox(lower(%(search)s))) "
        "ORDER BY id DESC LIMIT %(limit)s",
        {"limit": limit, "kind": kind, "search": search},
    )


def page(
    cursor: Cursor,
    *,
    kind: str | None = None,
    exact: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Suppressions, the newest first: id, kind, value, reason, added_by, created_at.

    `exact` finds an address in every spelling, also where it was erased, or a domain; `before` is the number of the
    last one seen.
    """
    parameters = {"kind": kind, "before": before, "limit": limit, "address": None, "domain": None}
    narrowed = ""
    if exact is not None:
        parameters["address"] = exact.strip().lower()
        try:
            parameters["domain"] = read_domain(exact)
        except ConfigurationError:
            parameters["domain"] = ""
        narrowed = (
            "AND (kind, value) IN (('address', mailbox(%(address)s)), ('domain', %(domain)s), "
            "('hash', mailbox_hash(%(address)s))) "
        )
    return rows(
        cursor,
        "SELECT id, kind, value, reason, added_by, created_at FROM suppressions "
        "WHERE (%(kind)s::text IS NULL OR kind = %(kind)s) AND (%(before)s::bigint IS NULL OR id < %(before)s) "
        f"{narrowed}ORDER BY id DESC LIMIT %(limit)s",
        parameters,
    )


def kind_of(value: str) -> Kind:
    """What a person means who writes it: an address, or a domain with or without @ before it."""
    return "address" if "@" in value.strip().lstrip("@") else "domain"


def read_address(value: str) -> str:
    """The address as it is kept; raises ConfigurationError where it is none."""
    name, _, domain = value.strip().rpartition("@")
    if name in EVERYBODY:
        raise ConfigurationError(f"{value!r} is not an address; write {domain} for the whole domain")
    try:
        found = validate_email(value.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ConfigurationError(f"{value!r} is not an address: {error}") from None
    return f"{found.local_part}@{found.ascii_domain}".lower()


def read_domain(value: str) -> str:
    """The domain as it is kept; raises ConfigurationError where it is none."""
    text = value.strip().lower().removeprefix("@").rstrip(".")
    try:
        domain = idna.encode(text, uts46=True).decode()
    except idna.IDNAError:
        domain = ""
    if "." not in domain:
        raise ConfigurationError(f"{value!r} is not a domain; write it like rival.com")
    return domain
