"""A person by address: where the database holds it, and erasing it, so that only a keyed hash stays.

The columns are read from the server's catalogue, so that a new table cannot be forgotten.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import idna
from psycopg import Cursor, sql
from psycopg.rows import TupleRow

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.store import claims, suppressions
from aicmo_dagster.store.database import DAGSTER_SCHEMA, SCHEMA

_BEFORE = r"(?:(?<![[:alnum:]_][.+~'&*-]*)|(?<=\\[bfnrt])|(?<=%[0-9a-f][0-9a-f]))"
_NO_ESCAPE = r"(?<!(?:^|[^\\])(?:\\\\)*\\)"
"""In JSON no name begins with the letter of an escape, such as that of a line end."""
_BEHIND = r"(?![[:alnum:]]|-+[[:alnum:]]|\.[[:alnum:]])"
_REST = r"(?:(?:\+|%2b)[^\s@<>()\",;:]*)?(?:@|%40)[[:alnum:]]+(?:[.-]+[[:alnum:]]+)*"
"""Around a name that is looked for: no part of a longer one, but behind a line end as JSON writes it, or an encoded
character of a URL; then a tag, and any domain."""
_IGNORED = str.maketrans("", "", "._-")
"""What a provider may ignore in a name, see `mailbox`."""
_LIKE_ONE = re.compile(r"[^\s@<>()\",;:*%]+@[^\W_]+(?:[.-]+[^\W_]+)*")
_WHOLE_ROWS = (
    "rejected_rows",
    "queued_leads",
    "vendor_answers",
    "provider_events",
    "suppressions",
    "opt_outs",
)
"""Tables whose rows say nothing without the person; of others the rest of the row stays."""
_DOCUMENTS = ("campaigns", "campaign_versions", "backtests")
"""Hold documents of campaigns, which want a mailbox where there was one."""


_ANSWERS_ABOUT = """t.subject IN (
    SELECT unnest(ARRAY[
        l.identity, lower(l.linkedin_url), 'linkedin:' || lower(l.linkedin_url), 'apollo:' || (l.extra ->> 'apollo_id'),
        'person:' || lower(concat_ws('|', l.first_name, l.last_name, coalesce(l.account_domain, l.company)))
    ]) FROM leads l WHERE l.id = ANY(%(leads)s)
)"""
"""Vendors were asked about people also by other names than their addresses."""


def mailboxes(cursor: Cursor[TupleRow], address: str) -> tuple[list[int], list[str]]:
    """The leads of the person in all campaigns, and their mailboxes.

    A lead that was merged with one of the person's, or got another address after a mail to its first one, is the same
    person: so are all leads that have one of these addresses, and so on. Raises ConfigurationError where the text is
    no address, and is kept nowhere as if it were.
    """
    leads: set[int] = set()
    boxes, known = {_read(cursor, address)}, 0
    while len(boxes) > known:
        known = len(boxes)
        cursor.execute(_SAME_PERSON, {"boxes": list(boxes)})
        for lead, box in cursor.fetchall():
            leads.add(int(lead))
            boxes |= {str(box)} if box else set()
    return sorted(leads), sorted(boxes)


_SAME_PERSON = """
WITH named AS (
    SELECT id, merged_into FROM leads WHERE identity = ANY(%(boxes)s) OR mailbox(email) = ANY(%(boxes)s)
    UNION SELECT l.id, l.merged_into FROM sends s JOIN leads l ON l.id = s.lead_id
    WHERE s.recipient IS NOT NULL AND mailbox(s.recipient) = ANY(%(boxes)s)
), found AS (
    SELECT l.id, l.email FROM leads l JOIN named n ON l.id = coalesce(n.merged_into, n.id)
    UNION SELECT l.id, l.email FROM leads l JOIN named n ON l.merged_into = coalesce(n.merged_into, n.id)
)
SELECT id, mailbox(email) FROM found
UNION SELECT s.lead_id, mailbox(s.recipient) FROM sends s JOIN found f ON f.id = s.lead_id
WHERE strpos(s.recipient, '@') > 0
"""


def _read(cursor: Cursor[TupleRow], address: str) -> str:
    """The mailbox."""
    text = address.strip().lower()
    try:
        text = suppressions.read_address(address)
        is_one = True
    except ConfigurationError:
        # Rows of files are kept with what they have for an address, and their people are erased by it.
        is_one = False
        if not _LIKE_ONE.fullmatch(text):
            raise
    cursor.execute(
        "SELECT mailbox(%(text)s), EXISTS (SELECT FROM suppressions "
        "WHERE kind = 'hash' AND value = mailbox_hash(%(text)s))",
        {"text": text},
    )
    box, was_erased = cursor.fetchone() or ("", False)
    if not is_one and not was_erased and next(holding(cursor, [str(box)]), None) is None:
        suppressions.read_address(address)
    return str(box)


def holding(cursor: Cursor[TupleRow], boxes: list[str]) -> Iterator[tuple[str, str, str, str, str]]:
    """Schema, table, column, row (ctid) and spelling of every place that holds one of the mailboxes."""
    for where in columns(cursor):
        for row, spelling in _held(cursor, where, boxes):
            yield *where[:3], row, spelling


def _held(
    cursor: Cursor[TupleRow], where: tuple[str, str, str, str], boxes: list[str]
) -> list[tuple[str, str]]:
    """Row and spelling of every place in a column; one pass over the table, cheap where a row has no such name."""
    schema, table, column, kind = where
    boxes = [box for box in boxes if box.partition("@")[0]]
    if not boxes:
        return []
    names = sorted({box.rpartition("@")[0].translate(_IGNORED) for box in boxes})
    cursor.execute(
        sql.SQL(
            "SELECT DISTINCT t.ctid::text, m[1] FROM {table} t, regexp_matches({column}::text, %(pattern)s, 'gi') m "
            "WHERE ({column}::text LIKE '%%@%%' OR {column}::text LIKE '%%\\%%40%%') AND ({named}) AND "
            "mailbox(replace(replace(lower(m[1]), '%%40', '@'), '%%2b', '+')) = ANY(%(boxes)s)"
        ).format(
            table=sql.Identifier(schema, table),
            column=(name := sql.SQL("t.{}").format(sql.Identifier(column))),
            # Much cheaper than the pattern.
            named=sql.SQL(" OR ").join(
                sql.SQL("strpos(translate(lower({}::text), '._-', ''), {}) > 0").format(
                    name, sql.Literal(one)
                )
                for one in names
            ),
        ),
        {"pattern": _before(kind) + _pattern(boxes), "boxes": _as_written(boxes)},
    )
    return [(str(row), str(spelling)) for row, spelling in cursor.fetchall()]


def _pattern(boxes: list[str]) -> str:
    """Finds the names of all mailboxes, at whatever domain and with the characters between that a provider ignores."""
    names = {"[._-]*".join(map(re.escape, box.rpartition("@")[0])) for box in boxes}
    return f"((?:{'|'.join(sorted(names))}){_REST})"


def _before(kind: str) -> str:
    """What goes before a name in a column of the type."""
    return f"{_NO_ESCAPE}{_BEFORE}" if kind.startswith("json") else _BEFORE


def _as_written(boxes: list[str]) -> list[str]:
    """The mailboxes, and with domains in letters of their own instead of ASCII."""
    written = set(boxes)
    for box in boxes:
        name, _, domain = box.rpartition("@")
        with suppress(idna.IDNAError):
            written.add(f"{name}@{idna.decode(domain)}")
    return sorted(written)


def columns(cursor: Cursor[TupleRow]) -> list[tuple[str, str, str, str]]:
    """Schema, table, column and type of all that can hold text, of the application and of Dagster."""
    cursor.execute(
        "SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a "
        "JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped "
        "AND format_type(a.atttypid, NULL) ~ '^(text|json|jsonb|character.*|text\\[\\]|character.*\\[\\])$' "
        "ORDER BY 1, 2, 3",
        [[SCHEMA, DAGSTER_SCHEMA]],
    )
    return [(str(one), str(two), str(three), str(four)) for one, two, three, four in cursor.fetchall()]


def rows_of(cursor: Cursor[TupleRow], leads: list[int], boxes: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Table -> all rows about these leads and their mails, and all others that hold one of the mailboxes."""
    held: dict[tuple[str, str], list[str]] = {}
    for schema, table, _, row, _ in holding(cursor, boxes):
        held.setdefault((schema, table), []).append(row)
    found: dict[str, list[dict[str, Any]]] = {}
    for schema, table, of_lead, of_send in _tables(cursor):
        about: list[sql.Composable] = [sql.SQL("t.ctid = ANY(%(held)s::tid[])")]
        about += [sql.SQL("t.{} = ANY(%(leads)s)").format(sql.Identifier(column)) for column in of_lead]
        about += [
            sql.SQL("t.{} IN (SELECT id FROM {} WHERE lead_id = ANY(%(leads)s))").format(
                sql.Identifier(column), sql.Identifier(SCHEMA, "sends")
            )
            for column in of_send
        ]
        if (schema, table) == (SCHEMA, "vendor_answers"):
            about.append(sql.SQL(_ANSWERS_ABOUT))
        cursor.execute(
            sql.SQL("SELECT to_jsonb(t) FROM {} t WHERE {} ORDER BY to_jsonb(t)").format(
                sql.Identifier(schema, table), sql.SQL(" OR ").join(about)
            ),
            {"leads": leads, "held": held.get((schema, table), [])},
        )
        if some := [row for (row,) in cursor.fetchall()]:
            found[table if schema == SCHEMA else f"{schema}.{table}"] = some
    return found


def _tables(cursor: Cursor[TupleRow]) -> list[tuple[str, str, list[str], list[str]]]:
    """Schema and table, and its columns that name a lead and a mail."""
    cursor.execute(
        """
        SELECT n.nspname, c.relname,
            array_agg(a.attname::text) FILTER (WHERE a.attname = 'lead_id' OR f.confrelid = to_regclass('leads')
                OR c.oid = to_regclass('leads') AND a.attname = 'id'),
            array_agg(a.attname::text) FILTER (WHERE f.confrelid = to_regclass('sends'))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
        LEFT JOIN pg_constraint f ON f.conrelid = c.oid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum]
        WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
        [[SCHEMA, DAGSTER_SCHEMA]],
    )
    return [
        (str(schema), str(table), of_lead or [], of_send or [])
        for schema, table, of_lead, of_send in cursor.fetchall()
    ]


def theirs(cursor: Cursor[TupleRow], addresses: list[str | None], boxes: list[str]) -> list[bool]:
    """Whether each address is one of the mailboxes, in any spelling."""
    cursor.execute(
        "SELECT coalesce(mailbox(lower(one)) = ANY(%s), false) FROM unnest(%s::text[]) WITH ORDINALITY AS a (one, n) "
        "ORDER BY n",
        [boxes, addresses],
    )
    return [bool(one) for (one,) in cursor.fetchall()]


def erase(cursor: Cursor[TupleRow], address: str, by: str) -> int:
    """Erase the person in the caller's transaction, and suppress the address by its hash; returns leads erased.

    Raises ConfigurationError while a mail to the person is on its way: its end must be recorded first.
    """
    claims.orphans(cursor, None, datetime.now(UTC))
    suppressions.lock(cursor)
    leads, boxes = mailboxes(cursor, address)
    cursor.execute("SELECT FROM sends WHERE lead_id = ANY(%s) AND state = 'sending' LIMIT 1", [leads])
    if cursor.fetchone() is not None:
        raise ConfigurationError("a mail to this person is on its way; erase again when it has ended")
    cursor.execute(
        "INSERT INTO suppressions (kind, value, reason, added_by) SELECT 'hash', mailbox_hash(one), 'erased', %s "
        "FROM unnest(%s::text[]) AS one ON CONFLICT DO NOTHING",
        [by, boxes],
    )
    for statement in (
        f"DELETE FROM vendor_answers t WHERE {_ANSWERS_ABOUT}",
        "DELETE FROM received_messages WHERE lead_id = ANY(%(leads)s) OR send_id IN "
        "(SELECT id FROM sends WHERE lead_id = ANY(%(leads)s))",
        "DELETE FROM provider_events WHERE send_id IN (SELECT id FROM sends WHERE lead_id = ANY(%(leads)s))",
        "DELETE FROM lead_changes WHERE lead_id = ANY(%(leads)s)",
        "DELETE FROM lead_keys WHERE lead_id = ANY(%(leads)s)",
        "DELETE FROM leads WHERE id = ANY(%(leads)s)",
    ):
        cursor.execute(statement.encode(), {"leads": leads})
    _rub_out(cursor, boxes)
    return len(leads)


def _rub_out(cursor: Cursor[TupleRow], boxes: list[str]) -> None:
    for where in columns(cursor):
        spellings: dict[str, list[str]] = {}
        for row, spelling in _held(cursor, where, boxes):
            spellings.setdefault(row, []).append(spelling)
        for row, some in spellings.items():
            _rub_out_of(cursor, where, row, some)


def _rub_out_of(
    cursor: Cursor[TupleRow], where: tuple[str, str, str, str], row: str, spellings: list[str]
) -> None:
    schema, table, column, kind = where
    name = sql.Identifier(schema, table)
    if schema == SCHEMA and table in _WHOLE_ROWS:
        # What a provider reports of somebody else's mail stays theirs.
        only = sql.SQL(" AND send_id IS NULL" if table == "provider_events" else "")
        cursor.execute(sql.SQL("DELETE FROM {} WHERE ctid = %s::tid{}").format(name, only), [row])
        if cursor.rowcount:
            return
    text: sql.Composable = sql.SQL("{}::text").format(sql.Identifier(column))
    values: list[str] = []
    for spelling in spellings:
        text = sql.SQL("regexp_replace({}, %s, %s, 'gi')").format(text)
        # What is unique stays so, and a document of a campaign one.
        instead = f"erased-{secrets.token_hex(4)}" + ("@erased.invalid" if table in _DOCUMENTS else "")
        values += [f"{_before(kind)}{re.escape(spelling)}{_BEHIND}", instead]
    cursor.execute(
        sql.SQL("UPDATE {} SET {} = {}::{} WHERE ctid = %s::tid").format(
            name, sql.Identifier(column), text, sql.SQL(kind)
        ),
        [*values, row],
    )
