"""Reading JSON by paths: names and list places with dots between, such as `data.people` or `emails.0.value`."""

import math
import re
from collections.abc import Mapping

from aicmo_dagster.errors import AicmoError

DEEPEST = 8
MOST_NAMES = 200
_SHOWN = 12


class JsonPathError(AicmoError):
    """What a path leads to is not there; the text says what is there instead."""


def find(document: object, path: str) -> object:
    """Returns what the path leads to, the document itself for an empty one.

    None where it passes a null or the end of a list: the answer has the place and nothing in it. Raises
    JsonPathError where the answer has no such place.
    """
    value = document
    for number, part in enumerate(parts := path.split(".") if path else []):
        if value is None:
            return None
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal():
            value = value[int(part)] if len(part) < 9 and int(part) < len(value) else None
        else:
            before = f"'{'.'.join(parts[:number])}'" if number else "the answer"
            raise JsonPathError(f"'{path}' is not there; {before} {described(value)}")
    return value


def described(value: object) -> str:
    """Returns what a value is, with names but without values: `has: data, meta` or `is a list of 3`."""
    if isinstance(value, dict):
        # A name may be somebody's address; what is written like a name of a field is none.
        plain = [name for name in value if re.fullmatch(r"[\w$-]{1,40}", name)]
        more = ", ..." if len(plain) > _SHOWN or len(plain) < len(value) else ""
        return f"has: {', '.join(plain[:_SHOWN])}{more}" if value else "is an empty object"
    if isinstance(value, list):
        return f"is a list of {len(value)}"
    kinds = {str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return f"is {kinds.get(type(value), 'null')}"


def text(value: object) -> str | None:
    """Returns a scalar as text, a list of scalars with commas between; None for what says nothing.

    NUL, which PostgreSQL refuses, is left out, and half a surrogate pair replaced. Objects say nothing by
    themselves.
    """
    if isinstance(value, str):
        if value.isascii() and "\0" not in value:
            return value.strip() or None
        return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8").strip() or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, list) and not any(isinstance(one, (dict, list)) for one in value):
        return ", ".join(filter(None, map(text, value))) or None
    return None


def text_at(document: object, path: str) -> str | None:
    """Returns the text that a path leads to, None where there is none."""
    try:
        return text(find(document, path))
    except JsonPathError:
        return None


def flat(record: Mapping[str, object]) -> dict[str, str]:
    """Returns the paths and texts of everything in an object that says something.

    Raises ValueError with the reason where it is nested more than DEEPEST levels deep or has more than
    MOST_NAMES values.
    """
    found: dict[str, str] = {}
    _gather(record, "", DEEPEST, found)
    return found


def _gather(value: object, path: str, levels: int, found: dict[str, str]) -> None:
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list) and any(isinstance(one, (dict, list)) for one in value):
        inside = list(enumerate(value))
    else:
        said = text(value)
        if said is not None:
            found[text(path) or "value"] = said
        if len(found) > MOST_NAMES:
            raise ValueError(f"The record has more than {MOST_NAMES} values; leave out what is not needed.")
        return
    if not levels:
        raise ValueError(f"The record is nested more than {DEEPEST} levels deep; give it flatter.")
    for name, below in inside:
        _gather(below, f"{path}.{name}" if path else str(name), levels - 1, found)
