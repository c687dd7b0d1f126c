"""Keys of the REST API: made, found by what a caller shows, revoked. A key itself is never kept."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.errors import KeyNotFoundError
from aicmo_dagster.store.audit import record
from aicmo_dagster.store.database import rows

Role = Literal["viewer", "reviewer", "operator", "admin"]
"""From the least to the most: each may do what those before it may."""

PREFIX = "aicmo_"
_SHOWN = len(PREFIX) + 6
_COLUMNS = (
    "id, name, shown, role, campaign_ids, requests_per_minute, created_by, created_at, expires_at, revoked_at, "
    "last_used_at"
)


@dataclass(frozen=True)
class ApiKey:
    """A key as it may be shown: everything but itself."""

    id: int
    name: str
    shown: str
    role: Role
    campaign_ids: tuple[int, ...] | None
    """Those that it may see; None = all."""
    requests_per_minute: int
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


def create(
    cursor: Cursor[TupleRow],
    name: str,
    role: Role,
    actor: str,
    *,
    campaign_ids: Iterable[int] | None = None,
    expires_at: datetime | None = None,
    requests_per_minute: int = 600,
) -> tuple[ApiKey, str]:
    """Make a key; returns it and, this one time, its text."""
    text = PREFIX + secrets.token_urlsafe(32)
    (row,) = rows(
        cursor,
        "INSERT INTO api_keys (name, shown, hash, role, campaign_ids, requests_per_minute, created_by, expires_at) "
        f"VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}",
        [
            name,
            text[:_SHOWN],
            _hash(text),
            role,
            None if campaign_ids is None else sorted(set(campaign_ids)),
            requests_per_minute,
            actor,
            expires_at,
        ],
    )
    key = _key(row)
    made = {
        "role": role,
        "id": key.id,
        "campaign_ids": None if key.campaign_ids is None else list(key.campaign_ids),
        "expires_at": None if expires_at is None else expires_at.isoformat(),
    }
    record(cursor, actor, "api_key.create", f"{key.shown} {name}", None, made)
    return key, text


def first(cursor: Cursor[TupleRow]) -> str | None:
    """The text of an administrator's key where there has never been any key; None where there has."""
    cursor.execute("LOCK TABLE api_keys IN SHARE ROW EXCLUSIVE MODE")
    if rows(cursor, "SELECT FROM api_keys LIMIT 1"):
        return None
    return create(cursor, "first", "admin", "aicmo")[1]


def shown_by(cursor: Cursor[TupleRow], text: str) -> ApiKey | None:
    """The key with that text, unless it is revoked or its time is over; that it was used is kept by the minute."""
    found = rows(
        cursor,
        f"SELECT {_COLUMNS}, last_used_at IS NULL OR last_used_at < now() - interval '1 minute' AS unseen "
        "FROM api_keys WHERE hash = %s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())",
        [_hash(text)],
    )
    if not found:
        return None
    if found[0].pop("unseen"):
        cursor.execute("UPDATE api_keys SET last_used_at = now() WHERE id = %s", [found[0]["id"]])
    return _key(found[0])


def listing(cursor: Cursor[TupleRow]) -> list[ApiKey]:
    """All keys that were ever made, the newest first."""
    return [_key(row) for row in rows(cursor, f"SELECT {_COLUMNS} FROM api_keys ORDER BY id DESC")]


def get(cursor: Cursor[TupleRow], number: int) -> ApiKey:
    """The key with that number. Raises KeyNotFoundError."""
    found = rows(cursor, f"SELECT {_COLUMNS} FROM api_keys WHERE id = %s", [number])
    if not found:
        raise KeyNotFoundError(f"there is no API key {number}; aicmo keys list shows all")
    return _key(found[0])


def revoke(cursor: Cursor[TupleRow], number: int, actor: str) -> ApiKey:
    """Take a key's rights for good, from the next request on; again changes nothing. Raises KeyNotFoundError."""
    before = get(cursor, number)
    if before.revoked_at is None:
        cursor.execute("UPDATE api_keys SET revoked_at = now() WHERE id = %s", [number])
        record(cursor, actor, "api_key.revoke", f"{before.shown} {before.name}", {"role": before.role}, None)
    return get(cursor, number)


def _hash(text: str) -> bytes:
    """256 random bits need no slow hash and no salt: nobody can guess them."""
    return hashlib.sha256(text.encode()).digest()


def _key(row: dict[str, Any]) -> ApiKey:
    campaigns = row["campaign_ids"]
    return ApiKey(**{**row, "campaign_ids": None if campaigns is None else tuple(campaigns)})
