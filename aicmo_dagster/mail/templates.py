"""Subjects and texts that users write: Liquid, checked before the first mail and bounded in what it can cost.

`linter.check` finds, when a campaign is applied, what could make a mail wrong for some lead; here, `render`
fills one step for one lead. Templates are compiled once per process.

A mail is about one lead, so there is nothing to loop over: tags that repeat, include or format dates are
left out, as are filters that multiply text. What remains costs at most its own length times
`_LONGEST_VALUE`, which is the bound on time; output and variables have hard limits besides.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from functools import lru_cache
from typing import Any

from liquid import BoundTemplate, Environment
from liquid.exceptions import LiquidError, UndefinedError
from liquid.token import TOKEN_TAG, Token
from liquid.undefined import Undefined

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.campaign.steps import Step
from aicmo_dagster.errors import MailError

FALLBACKS = {"first_name": "there", "company": "your company", "title": "professional"}
"""Placeholders that need no default of their own."""

LEAD_FIELDS: tuple[str, ...] = (
    "email", "first_name", "last_name", "title", "company", "website", "industry", "employees",
    "company_size", "city", "state", "country",
)  # fmt: skip
"""Fields of a lead that templates may use; those without a fallback need `| default:`."""

TAGS = ("if", "unless", "case", "assign", "comment", "#")
FILTERS = (
    "default", "capitalize", "upcase", "downcase", "strip", "squish", "append", "prepend", "remove",
    "truncate", "truncatewords", "url_encode",
)  # fmt: skip
_MOST_FILTERS = 10
_LONGEST_VALUE = 1_000
_LONGEST_SUBJECT = 300

_PLACEHOLDER = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
# Control characters end header lines; bidirectional overrides make a text look like another one.
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


@dataclass(frozen=True)
class Rendered:
    """One mail's words: a subject of one line, a text with newlines only."""

    subject: str
    text: str


class _Fallback(Undefined):
    """A missing value that prints as its fallback, but is false in conditions and yields to `default`."""

    force_liquid_default = True

    def __init__(self, text: str) -> None:
        super().__init__(text)

    def __str__(self) -> str:
        return str(self.name)


class _Missing(Undefined):
    """No value and no fallback: false in conditions, yields to `default`, and never printed as nothing."""

    force_liquid_default = True

    def __str__(self) -> str:
        raise UndefinedError(self.hint or f"{self.name!r} is undefined", token=self.token)


class _MailEnvironment(Environment):
    output_stream_limit = 65_536
    local_namespace_limit = 20_000
    loop_iteration_limit = 1
    block_nesting_limit = 20

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        internal = ("content", "output", "illegal")
        self.tags = {name: tag for name, tag in self.tags.items() if name in (*TAGS, *internal)}
        self.filters = {name: self.filters[name] for name in FILTERS}


_environment = _MailEnvironment(undefined=_Missing)


@lru_cache(maxsize=1_000)
def compiled(template: str) -> BoundTemplate:
    """The template's syntax tree, cached; raises LiquidError."""
    for part in _PLACEHOLDER.finditer(template):
        if part[0].count("|") > _MOST_FILTERS:
            where = Token(TOKEN_TAG, part[0], part.start(), template)
            raise LiquidError(f"more than {_MOST_FILTERS} filters in a row", token=where)
    try:
        return _environment.from_string(template)
    except RecursionError:
        raise LiquidError("is nested too deeply; make it simpler", token=None) from None


def values(
    lead: Mapping[str, Any], owner: str, config: CampaignConfig, sender: Sender | None = None
) -> dict[str, Any]:
    """What a template sees of one lead: its fields, `extra.<column>`, `owner`, `sender` and `campaign`."""
    seen: dict[str, Any] = {name: _clean(lead.get(name)) for name in LEAD_FIELDS}
    for name, fallback in FALLBACKS.items():
        seen[name] = seen[name] or _Fallback(fallback)
    seen["extra"] = {str(name): _clean(value) for name, value in (lead.get("extra") or {}).items()}
    seen["owner"] = _clean(owner)
    seen["campaign"] = {**config.sending.variables, "name": config.name}
    if sender is not None:
        name, address = parseaddr(sender.mailbox)
        seen["sender"] = {"name": _clean(name) or address, "email": address}
    return seen


def render(step: Step, seen: Mapping[str, Any]) -> Rendered:
    """The step's subject and text for what `values` returned.

    No value can add a line to the subject or a control character to either. Raises MailError, naming what
    is wrong, when a template cannot be rendered or becomes too long.
    """
    try:
        subject = one_line(_render(step.subject or "", seen))
        text = _CONTROL.sub("", _render(step.text, seen).replace("\r\n", "\n"))
    except LiquidError as error:
        raise MailError(f"the template cannot be rendered: {error.message}") from None
    if not subject:
        raise MailError("the subject is empty")
    if len(subject) > _LONGEST_SUBJECT:
        raise MailError(f"the subject has {len(subject)} characters; at most {_LONGEST_SUBJECT} are sent")
    return Rendered(subject, re.sub(r"\n{3,}", "\n\n", text).strip() + "\n")


def one_line(text: str) -> str:
    """The text without control characters and line ends, fit for a header."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _render(template: str, seen: Mapping[str, Any]) -> str:
    try:
        return compiled(template).render(seen)
    except RecursionError:
        raise LiquidError("is nested too deeply; make it simpler", token=None) from None


def _clean(value: object) -> str | None:
    """One line of printable text, or None for a missing or blank value."""
    if value is None:
        return None
    return one_line(str(value)[:_LONGEST_VALUE]) or None
