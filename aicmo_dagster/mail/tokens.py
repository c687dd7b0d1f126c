"""Names that cannot be guessed: the Message-ID of a send and the token of an unsubscribe link.

Both are derived by HMAC-SHA-256 from an id and one secret that the application makes for itself, so nothing
has to be stored per mail, and a retried send keeps its Message-ID.
"""

import base64
import hmac
import secrets

import psycopg
from psycopg.rows import TupleRow

_MAC_BYTES = 16
_ID_BYTES = 8


def secret(cursor: psycopg.Cursor[TupleRow]) -> bytes:
    """The 32 bytes that sign, made on first use; the same for every process on this database."""
    cursor.execute(
        "INSERT INTO secrets (name, value) VALUES ('mail', %s) ON CONFLICT DO NOTHING",
        [secrets.token_bytes(32)],
    )
    cursor.execute("SELECT value FROM secrets WHERE name = 'mail'")
    (value,) = cursor.fetchone() or (b"",)
    return bytes(value)


def message_id(key: bytes, send_id: int, domain: str) -> str:
    """`<32 hex digits@domain>`, the same for the same send."""
    return f"<{_mac(key, b'message-id', send_id).hex()}@{domain}>"


def unsubscribe_token(key: bytes, lead_id: int) -> str:
    """32 characters of A-Z a-z 0-9 - _ that prove we wrote to this lead."""
    raw = lead_id.to_bytes(_ID_BYTES, "big") + _mac(key, b"unsubscribe", lead_id)
    return base64.urlsafe_b64encode(raw).decode()


def lead_of(key: bytes, token: str) -> int | None:
    """The lead's id in a token that `unsubscribe_token` made, None for any other text."""
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except ValueError:
        return None
    if len(raw) != _ID_BYTES + _MAC_BYTES:
        return None
    lead_id = int.from_bytes(raw[:_ID_BYTES], "big")
    return lead_id if hmac.compare_digest(raw[_ID_BYTES:], _mac(key, b"unsubscribe", lead_id)) else None


def _mac(key: bytes, purpose: bytes, number: int) -> bytes:
    return hmac.digest(key, purpose + b":" + number.to_bytes(_ID_BYTES, "big"), "sha256")[:_MAC_BYTES]
