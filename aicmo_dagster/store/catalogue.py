"""Campaigns as lists show them: filtered, sorted, a page at a time, without reading their documents."""

from collections.abc import Collection
from typing import Any, Literal

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.config import Mode, State
from aicmo_dagster.store.database import rows

SORTS = {
    "key": "c.key",
    "name": "c.config->>'name'",
    "created_at": "c.created_at",
    "updated_at": "c.updated_at",
}
"""What campaigns may be sorted by -> the expression."""

Sort = Literal["key", "-key", "name", "-name", "created_at", "-created_at", "updated_at", "-updated_at"]

_COLUMNS = (
    "c.id, c.key, c.config->>'name' AS name, c.state, c.state_reason, c.mode, c.version, c.created_at, "
    "c.updated_at"
)


def page(
    cursor: Cursor[TupleRow],
    *,
    state: State | None = None,
    mode: Mode | None = None,
    words: str | None = None,
    only: Collection[int] | None = None,
    sort: Sort = "key",
    after: tuple[str, int] | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Campaigns without their documents; each with `position`, the place behind it.

    `words` are looked for in key and name, `only` are numbers, `after` is the `position` of the one before.
    """
    by = SORTS[sort.lstrip("-")]
    expression = f"to_char({by}, 'YYYYMMDDHH24MISSUS')" if sort.endswith("_at") else f'{by} COLLATE "C"'
    compared, order = ("<", "DESC") if sort.startswith("-") else (">", "ASC")
    statement = (
        f"SELECT {_COLUMNS}, ARRAY[{expression}, c.id::text] AS position FROM campaigns c "
        "WHERE (%(state)s::text IS NULL OR c.state = %(state)s) AND (%(mode)s::text IS NULL OR c.mode = %(mode)s) "
        "AND (%(words)s::text IS NULL OR c.key ILIKE %(words)s OR c.config->>'name' ILIKE %(words)s) "
        "AND (%(only)s::bigint[] IS NULL OR c.id = ANY(%(only)s)) "
        f"AND (%(after)s::text IS NULL OR ({expression}, c.id) {compared} (%(after)s, %(after_id)s::bigint)) "
        f"ORDER BY {expression} {order}, c.id {order} LIMIT %(limit)s"
    )
    parameters = {
        "state": state,
        "mode": mode,
        "words": None if words is None else f"%{_literal(words)}%",
        "only": None if only is None else list(only),
        "after": after[0] if after else None,
        "after_id": after[1] if after else None,
        "limit": limit,
    }
    return rows(cursor, statement, parameters)


def described(cursor: Cursor[TupleRow], campaign_id: int) -> dict[str, Any]:
    """One campaign with its document as it is stored, in JSON."""
    (row,) = rows(
        cursor, f"SELECT {_COLUMNS}, c.config::text AS config FROM campaigns c WHERE c.id = %s", [campaign_id]
    )
    return row


def versions(
    cursor: Cursor[TupleRow], campaign_id: int, before: int | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """Versions of a campaign, the newest first: who made them and when."""
    return rows(
        cursor,
        "SELECT version, created_by, created_at, backtest IS NOT NULL AS backtested FROM campaign_versions "
        "WHERE campaign_id = %s AND (%s::int IS NULL OR version < %s) ORDER BY version DESC LIMIT %s",
        [campaign_id, before, before, limit],
    )


def _literal(text: str) -> str:
    """The text as ILIKE takes it for itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
