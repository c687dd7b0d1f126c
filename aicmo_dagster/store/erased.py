"""What comes in without the addresses of people who were erased, of whom there is only a hash.

It finds them where `persons.holding` would, so that nothing holds an erased address again.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import idna
from psycopg import Cursor
from psycopg.rows import TupleRow

_AT = re.compile("@|%40")
_DOMAIN = re.compile(r"[^\W_]+(?:[.-]+[^\W_]+)*")
_NO_NAME = frozenset(' \t\r\n\f\v\u00a0@<>()",;:')
_INSIDE = frozenset(".+~'&*-")
"""Between letters, what belongs to a name; a name may begin behind all others."""
_ESCAPED = re.compile(r"\\[bfnrt]|%[0-9a-f]{2}", re.I)
_LONGEST_NAME, _LONGEST_DOMAIN, _MOST_STARTS = 320, 253, 16
_KNOWN = """
SELECT a FROM unnest(%s::text[]) AS a
WHERE mailbox_hash(a) IN (SELECT s.value FROM suppressions s WHERE s.kind = 'hash')
"""


def without_erased(cursor: Cursor[TupleRow], bodies: Sequence[Any]) -> list[Any]:
    """The JSON values with `erased` in the place of each address of somebody who was erased.

    The caller holds `suppressions.LOCK`, at least shared, so that nobody is being erased meanwhile.
    """
    cursor.execute("SELECT EXISTS (SELECT FROM suppressions WHERE kind = 'hash')")
    if cursor.fetchone() != (True,):
        return list(bodies)
    found = {text: list(_addresses(text)) for text in set(_texts(bodies))}
    cursor.execute(_KNOWN, [sorted({address for some in found.values() for *_, address in some})])
    erased = {str(one) for (one,) in cursor.fetchall()}
    changed = {
        text: _without(text, [(start, end) for start, end, address in some if address in erased])
        for text, some in found.items()
        if not erased.isdisjoint(address for *_, address in some)
    }
    return [_changed(body, changed) for body in bodies] if changed else list(bodies)


def _texts(value: Any) -> Iterator[str]:
    """All texts inside that may hold an address."""
    if isinstance(value, str):
        if "@" in value or "%40" in value:
            yield value
    elif isinstance(value, dict | list):
        for one in value:
            yield from _texts(one)
        if isinstance(value, dict):
            yield from _texts(list(value.values()))


def _changed(value: Any, changed: dict[str, str]) -> Any:
    if isinstance(value, str):
        return changed.get(value, value)
    if isinstance(value, dict):
        return {changed.get(name, name): _changed(one, changed) for name, one in value.items()}
    return [_changed(one, changed) for one in value] if isinstance(value, list) else value


def _addresses(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and address, with its domain in ASCII, of all that may be one; several may have the same end."""
    for at in _AT.finditer(text):
        domain = _DOMAIN.match(text, at.end())
        if domain is None or domain.end() - domain.start() > _LONGEST_DOMAIN:
            continue
        host = domain[0].lower()
        if not host.isascii():
            with suppress(idna.IDNAError):
                host = idna.encode(host, uts46=True).decode()
        for start in _starts(text, at.start()):
            name = text[start : at.start()].lower().replace("%2b", "+")
            yield start, domain.end(), f"{name}@{host}"


def _starts(text: str, end: int) -> list[int]:
    """Where the name that ends there may begin: at no letter, digit or _ that another one goes before."""
    first = end
    while first > max(end - _LONGEST_NAME, 0) and text[first - 1] not in _NO_NAME:
        first -= 1
    starts, is_inside = list[int](), False
    for place in range(first, end):
        if (
            not is_inside
            or _ESCAPED.fullmatch(text, place - 2, place)
            or _ESCAPED.fullmatch(text, place - 3, place)
        ):
            starts.append(place)
        is_inside = text[place].isalnum() or text[place] == "_" or (is_inside and text[place] in _INSIDE)
    return starts[-_MOST_STARTS:]


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text without these, of which those that overlap are one."""
    kept, behind = list[str](), 0
    for start, end in sorted(spans):
        if start >= behind:
            kept += [text[behind:start], "erased"]
        behind = max(behind, end)
    return "".join((*kept, text[behind:]))
