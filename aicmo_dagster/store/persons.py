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
_BEHIND = r"(?![[:alnum:]]|-+[[:alnum:]]|\.[[:alnum:]])"
_REST = r"(?:(?:\+|%2b)[^\s@<>()\",;:]*)?(?:@|%40)[[:alnum:]]+(?:[.-]+[[:alnum:]]+)*"
"""Around a name that is looked for: no part of a longer one, but behind a line end as JSON writes it, or an encoded
character of a URL; then a tag, and any domain."""
_IGNORED = str.maketrans("", "", "._-")
"""What a provider may ignore in a name, see `mailbox`."""
_WHOLE_ROWS = (
    "rejected_rows",
    "queued_leads",
    "vendor_answers",
    "provider_events",
    "suppressions",
    "opt_outs",
)
"""Tables whose rows say nothing without the person; of others the rest of the row stays."""


_ANSWERS_ABOUT = """t.subject IN (
    SELECT unnest(ARRAY[
        l.identity, lower(l.linkedin_url), 'linkedin:' || lower(l.linkedin_url), 'apollo:' || (l.extra ->> 'apollo_id'),
        'person:' || lower(concat_ws('|', l.first_name, l.last_name, coalesce(l.account_domain, l.company)))
    ]) FROM leads l WHERE l.id = ANY(%(leads)s)
)"""
"""Vendors were asked about people also by other names than their addresses."""


def mailboxes(cursor: Cursor[TupleRow], address: str) -> tuple[list[int], list[str]]:
    """The leads of the person in all campaigns, and their mailboxes.

    A lead that was merged with one of the person's, or got another address, is the same person: so are all leads that
    have one of these addresses, and so on.
    """
    cursor.execute("SELECT mailbox(%s)", [suppressions.read_address(address)])
    (first,) = cursor.fetchone() or ("",)
    leads: set[int] = set()
    boxes, known = {str(first)}, 0
    while len(boxes) > known:
        known = len(boxes)
        cursor.execute(
            """
            WITH found AS (
                SELECT coalesce(merged_into, id) AS id FROM leads
                WHERE identity = ANY(%(boxes)s) OR mailbox(email) = ANY(%(boxes)s)
            )
            SELECT l.id, mailbox(l.email) FROM leads l WHERE l.id IN (SELECT id FROM found)
                OR l.merged_into IN (SELECT id FROM found)
            """,
            {"boxes": list(boxes)},
        )
        for lead, box in cursor.fetchall():
            leads.add(int(lead))
            boxes |= {str(box)} if box else set()
    return sorted(leads), sorted(boxes)


def holding(cursor: Cursor[TupleRow], boxes: list[str]) -> Iterator[tuple[str, str, str, str, str]]:
    """Schema, table, column, row (ctid) and spelling of every place that holds one of the mailboxes."""
    for schema, table, column, _ in columns(cursor):
        for row, spelling in _held(cursor, schema, table, column, boxes):
            yield schema, table, column, row, spelling


def _held(
    cursor: Cursor[TupleRow], schema: str, table: str, column: str, boxes: list[str]
) -> list[tuple[str, str]]:
    """Row and spelling of every place in a column; one pass over the table, cheap where a row has no such name."""
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
        {"pattern": _pattern(boxes), "boxes": _as_written(boxes)},
    )
    return [(str(row), str(spelling)) for row, spelling in cursor.fetchall()]


def _pattern(boxes: list[str]) -> str:
    """Finds the names of all mailboxes, at whatever domain and with the characters between that a provider ignores."""
    names = {"[._-]*".join(map(re.escape, box.rpartition("@")[0])) for box in boxes}
    return f"{_BEFORE}((?:{'|'.join(sorted(names))}){_REST})"


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
        for row, spelling in _held(cursor, *where[:3], boxes):
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
        # What is unique stays so.
        values += [f"{_BEFORE}{re.escape(spelling)}{_BEHIND}", f"erased-{secrets.token_hex(4)}"]
    cursor.execute(
        sql.SQL("UPDATE {} SET {} = {}::{} WHERE ctid = %s::tid").format(
            name, sql.Identifier(column), text, sql.SQL(kind)
        ),
        [*values, row],
    )
