"""Read a campaign document and say precisely what is wrong with it.

Beyond types, everything that would fail later is found here: scoring weights, sequences, templates.
"""

import difflib
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.errors import ConfigurationError


def load(path: Path) -> CampaignConfig:
    """The campaign in a YAML file. Raises ConfigurationError naming the file, the field and the remedy."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path}: there is no such file (looked in {path.parent.resolve()})"
        ) from None
    except IsADirectoryError:
        raise ConfigurationError(f"{path} is a folder; name the campaign file in it") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is not YAML: {error}") from None
    return parse(content, str(path))


def parse(content: object, where: str) -> CampaignConfig:
    """The campaign in a decoded document; `where` begins every error message.

    Raises ConfigurationError with one line per problem.
    """
    if not isinstance(content, Mapping):
        raise ConfigurationError(f"{where}: a campaign is a mapping that begins with key: and name:")
    try:
        return CampaignConfig.model_validate(content)
    except ValidationError as error:
        lines = [_sentence(problem) for problem in error.errors()]
        raise ConfigurationError("\n".join(f"{where}: {line}" for line in lines)) from None


def _sentence(problem: Any) -> str:
    place = _place(problem["loc"])
    if problem["type"] == "extra_forbidden":
        name = str(problem["loc"][-1])
        allowed = _fields_at(problem["loc"][:-1])
        close = difflib.get_close_matches(name, allowed, 1, 0.6)
        hint = f"did you mean {close[0]}?" if close else f"known here: {', '.join(sorted(allowed))}"
        return f"{place} is not known; {hint}"
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "missing":
        return f"{place} is missing"
    if place == "key":
        return (
            f"key {problem['input']!r} will not do; use 1-64 of a-z, 0-9 and hyphens, no hyphen at the ends"
        )
    shown = f", not {problem['input']!r}" if isinstance(problem["input"], str | int | float) else ""
    detail = message[0].lower() + message[1:] if message.startswith("Input") else message
    return f"{place or 'the campaign'}: {detail}{shown if message.startswith('Input') else ''}"


def _place(path: tuple[int | str, ...]) -> str:
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")


def _fields_at(path: tuple[int | str, ...]) -> list[str]:
    """Names of the fields of the section that a path of pydantic leads to."""
    kinds: list[Any] = [CampaignConfig]
    for part in path:
        following: list[Any] = []
        for kind in kinds:
            if isinstance(part, str) and part in kind.model_fields:
                following += _sections(kind.model_fields[part].annotation)
            elif isinstance(part, int) or part not in kind.model_fields:
                following.append(kind)
        kinds = following
    return sorted({name for kind in kinds for name in kind.model_fields})


def _sections(annotation: Any) -> list[type[BaseModel]]:
    """The sections that an annotation (a list, a union, an optional …) can hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (list, dict, Union, UnionType, Annotated):
        return [section for part in get_args(annotation) for section in _sections(part)]
    return []
