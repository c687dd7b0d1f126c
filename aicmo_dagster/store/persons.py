"""A person by address: where the database holds it, and erasing it, so that only a keyed hash stays.

The columns are read from the server's catalogue, so that a new table cannot be forgotten.
"""

import secrets
from collections.abc import Iterator
from typing import Any

from psycopg import Cursor, sql
from psycopg.rows import TupleRow

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.store import suppressions
from aicmo_dagster.store.database import DAGSTER_SCHEMA, SCHEMA

_ADDRESS = r"[^\s<>()\[\]{}\"',;:\\/=?&|]+@[^\s<>()\[\]{}\"',;:\\/=?&|]*[^\s<>()\[\]{}\"',;:\\/=?&|.]"
_WHOLE_ROWS = (
    "rejected_rows",
    "queued_leads",
    "vendor_answers",
    "provider_events",
    "suppressions",
    "opt_outs",
)
"""Tables whose rows say nothing without the person; of others the rest of the row stays."""


def mailboxes(cursor: Cursor[TupleRow], address: str) -> tuple[list[int], list[str]]:
    """The leads of the person in all campaigns, merged ones too, and the mailboxes that these have."""
    cursor.execute(
        """
        WITH found AS (
            SELECT coalesce(merged_into, id) AS id FROM leads
            WHERE identity = mailbox(%(address)s) OR mailbox(email) = mailbox(%(address)s)
        )
        SELECT l.id, mailbox(l.email) FROM leads l WHERE l.id IN (SELECT id FROM found)
            OR l.merged_into IN (SELECT id FROM found)
        UNION ALL SELECT NULL, mailbox(%(address)s)
        """,
        {"address": address.strip().lower()},
    )
    found = cursor.fetchall()
    return [lead for lead, _ in found if lead is not None], sorted({box for _, box in found if box})


def holding(cursor: Cursor[TupleRow], boxes: list[str]) -> Iterator[tuple[str, str, str, str, str]]:
    """Schema, table, column, row (ctid) and spelling of every place that holds one of the mailboxes."""
    for schema, table, column, _ in columns(cursor):
        cursor.execute(
            sql.SQL(
                "SELECT DISTINCT t.ctid::text, m[1] FROM {table} t, regexp_matches({column}::text, %(address)s, 'g') m "
                "WHERE {column}::text LIKE '%%@%%' AND mailbox(lower(m[1])) = ANY(%(boxes)s)"
            ).format(
                table=sql.Identifier(schema, table), column=sql.SQL("t.{}").format(sql.Identifier(column))
            ),
            {"address": _ADDRESS, "boxes": boxes},
        )
        for row, spelling in cursor.fetchall():
            yield schema, table, column, row, spelling


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
        "DELETE FROM received_messages WHERE lead_id = ANY(%(leads)s) OR send_id IN "
        "(SELECT id FROM sends WHERE lead_id = ANY(%(leads)s))",
        "DELETE FROM provider_events WHERE send_id IN (SELECT id FROM sends WHERE lead_id = ANY(%(leads)s))",
        "DELETE FROM lead_changes WHERE lead_id = ANY(%(leads)s)",
        "DELETE FROM lead_keys WHERE lead_id = ANY(%(leads)s)",
        "DELETE FROM leads WHERE id = ANY(%(leads)s)",
    ):
        cursor.execute(statement, {"leads": leads})
    _rub_out(cursor, boxes)
    return len(leads)


def _rub_out(cursor: Cursor[TupleRow], boxes: list[str]) -> None:
    types: dict[tuple[Any, ...], str] = {one[:3]: one[3] for one in columns(cursor)}
    # Every change moves its row, so look again until nothing is left. What is unique stays so.
    while place := next(holding(cursor, boxes), None):
        schema, table, column, row, spelling = place
        where = sql.Identifier(schema, table)
        if schema == SCHEMA and table in _WHOLE_ROWS:
            cursor.execute(sql.SQL("DELETE FROM {} WHERE ctid = %s::tid").format(where), [row])
        else:
            cursor.execute(
                sql.SQL("UPDATE {} SET {} = replace({}::text, %s, %s)::{} WHERE ctid = %s::tid").format(
                    where,
                    sql.Identifier(column),
                    sql.Identifier(column),
                    sql.SQL(types[schema, table, column]),
                ),
                [spelling, f"erased-{secrets.token_hex(4)}", row],
            )
