"""The campaign reference as Markdown, written from the types: `python -m aicmo_dagster.campaign.reference`."""

from collections.abc import Iterator
from datetime import time
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.campaign.hours import WorkingHours

_HEAD = """\
# The campaign file, field by field

Written by `python -m aicmo_dagster.campaign.reference` from the types in `aicmo_dagster/campaign/config.py`;
edit those. A campaign is one YAML file for `aicmo campaigns apply`. Unknown keys are refused with a suggestion,
and every field has its unit in its name. [Getting started](getting-started.md) shows a whole file.
"""
_PLAIN = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "yes or no",
    object: "anything",
    time: '"HH:MM"',
    NoneType: "nothing",
}
_LIMITS = {"ge": "≥ {}", "gt": "> {}", "le": "≤ {}", "lt": "< {}"}


def markdown() -> str:
    """The whole page: one section per type, in the order in which the file's fields lead to them."""
    return "\n".join([_HEAD, *(_section(kind) for kind in _reachable())])


def _reachable() -> list[type[BaseModel]]:
    found: list[type[BaseModel]] = [CampaignConfig]
    for kind in found:  # grows while it is walked
        for field in kind.model_fields.values():
            found += [one for one in _sections(field.annotation) if one not in found]
    return found


def _section(kind: type[BaseModel]) -> str:
    rows = [_row(name, field) for name, field in kind.model_fields.items()]
    head = [f"## {kind.__name__}", "", " ".join((kind.__doc__ or "").split()), ""]
    return "\n".join([*head, "| field | value | default | meaning |", "| --- | --- | --- | --- |", *rows, ""])


def _row(name: str, field: FieldInfo) -> str:
    default = "**required**" if field.is_required() else _default(field)
    kinds = list(_sections(field.annotation))
    meaning = field.description or (kinds[0].__doc__ or "" if len(kinds) == 1 else "")
    value = _value(field.annotation, ", ".join(_limits(field.metadata)))
    return "| " + " | ".join(_cell(one) for one in (f"`{name}`", value, default, meaning)) + " |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _value(annotation: Any, limits: str = "") -> str:
    """A type in the words of someone who writes YAML."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _value(parts[0], limits or ", ".join(_limits(parts[1:])))
    if origin in (Union, UnionType):
        return " or ".join(_value(part, limits) for part in parts if part is not NoneType)
    if origin is Literal:
        return ", ".join(f"`{part}`" for part in parts)
    if origin is list:
        text = f"list of {_value(parts[0])}"
    elif origin is dict:
        text = f"mapping of {_value(parts[0])} to {_value(parts[1])}"
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        text = f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    else:
        text = _PLAIN[annotation]
    return f"{text}, {limits}" if limits else text


def _limits(metadata: Any) -> Iterator[str]:
    """The bounds that pydantic keeps beside a type; lengths count characters or entries."""
    for one in metadata:
        for name, words in _LIMITS.items():
            if getattr(one, name, None) is not None:
                yield words.format(f"{getattr(one, name):,}")
    lengths = [
        max((getattr(one, end, 0) for one in metadata), default=0) for end in ("min_length", "max_length")
    ]
    if lengths[1]:
        yield f"{lengths[0]} to {lengths[1]:,} long" if lengths[0] < lengths[1] else f"{lengths[0]} long"
    elif lengths[0]:
        yield f"at least {lengths[0]} long"


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None:
        return "none"
    if isinstance(value, BaseModel):
        return (
            f"`{value.start:%H:%M}` to `{value.end:%H:%M}`" if isinstance(value, WorkingHours) else "as below"
        )
    return f"`{_written(value)}`"


def _written(value: Any) -> str:
    """A default as it would stand in YAML."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_written(one) for one in value) + "]"
    return str(value)


def _sections(annotation: Any) -> Iterator[type[BaseModel]]:
    """The types of the document that an annotation (a list, a union, an optional) can hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _sections(part)


if __name__ == "__main__":
    print(markdown(), end="")
