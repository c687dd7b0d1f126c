"""Reading JSON that may hold anything: wrong types, absurd numbers and times, what the database cannot hold."""

import json
import math
import re
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

_DEEPEST = 40
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_LONGEST_ID = 998
_CODE = re.compile(r"(?<!\d)[2-5](?:\d\d|\.\d{1,3}\.\d{1,3})(?!\d)")


def parse(body: bytes) -> Any:
    """The JSON of a body, made storable (see `cleaned`). Raises ValueError when it is none."""
    try:
        return cleaned(json.loads(body.decode("utf-8-sig"), parse_constant=lambda _: None))
    except RecursionError:
        raise ValueError("nested too deep") from None


def cleaned(value: Any, depth: int = 0) -> Any:
    """The value without what JSONB cannot hold: NUL, halves of characters, infinite numbers, absurd depth."""
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict | list) and depth >= _DEEPEST:
        return None
    if isinstance(value, dict):
        return {_storable(name): cleaned(one, depth + 1) for name, one in value.items()}
    if isinstance(value, list):
        return [cleaned(one, depth + 1) for one in value]
    return value


def _storable(text: str) -> str:
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def canonical(value: Any) -> bytes:
    """The same bytes for the same JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def at(value: Any, *path: str) -> Any:
    """What stands at the path of names, None where anything on the way is missing or no object."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def text(value: Any, *path: str) -> str:
    """The text or whole number at the path as text; empty where there is neither."""
    found = at(value, *path)
    if isinstance(found, str):
        return found.strip()
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else ""


def objects(value: Any, *path: str) -> list[dict[str, Any]]:
    """The objects of the list at the path."""
    found = at(value, *path)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def message_id(written: str) -> str | None:
    """A Message-ID in angle brackets, however it was written; None where it is none."""
    bare = written.strip().removeprefix("<").removesuffix(">").strip()
    if not 3 <= len(bare) <= _LONGEST_ID or "@" not in bare or any(one in bare for one in "<> \t\r\n"):
        return None
    return f"<{bare}>"


def address(written: str) -> str | None:
    """The address in `Ann <ann@example.com>` or alone, in lower case."""
    found = parseaddr(written[:1000])[1].lower()
    return found if "@" in found else None


def seconds(value: Any) -> datetime | None:
    """A moment given in seconds since 1970, as number or text."""
    try:
        number = (
            float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
        )
        return None if number is None else _credible(datetime.fromtimestamp(number, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def moment(written: str) -> datetime | None:
    """A moment in ISO 8601; one without a zone is in UTC. Digits beyond microseconds are dropped."""
    try:
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", written.strip()))
        return _credible(found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def _credible(found: datetime) -> datetime | None:
    return found if _EARLIEST <= found <= _LATEST else None


def digits_of(words: str) -> bool:
    """Whether a server's reply or enhanced code stands in the words."""
    return _CODE.search(words) is not None
