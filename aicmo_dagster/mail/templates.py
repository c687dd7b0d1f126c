"""Subjects and texts that users write: Liquid (`dialect`) and Markdown (`markup`), filled in for one lead.

`linter.check` finds, when a campaign is applied, what could make a mail wrong for some lead; here, `render`
fills one step for one lead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from liquid.undefined import Undefined

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.campaign.steps import Step
from aicmo_dagster.errors import MailError
from aicmo_dagster.mail import markup
from aicmo_dagster.mail.dialect import CONTROL, LONGEST_WORDS, Authored, Skeleton, Text, printed

FALLBACKS = {"first_name": "there", "company": "your company", "title": "professional"}
"""Placeholders that need no default of their own."""

LEAD_FIELDS: tuple[str, ...] = (
    "email", "first_name", "last_name", "title", "company", "website", "industry", "employees",
    "company_size", "city", "state", "country",
)  # fmt: skip
"""Fields of a lead that templates may use; those without a fallback need `| default:`."""

_LONGEST_VALUE = 1_000
_LONGEST_SUBJECT = 300


@dataclass(frozen=True)
class Rendered:
    """One mail's words: a subject of one line, and twice the same text, plain and as HTML."""

    subject: str
    text: str
    html: str


class _Fallback(Undefined):
    """A missing value that prints as its fallback, but is false in conditions and yields to `default`."""

    force_liquid_default = True

    def __init__(self, text: str) -> None:
        super().__init__(text)

    def __str__(self) -> str:
        return str(self.name)


class Seen(dict[str, Any]):
    """What a template sees of one lead; a field is cleaned when it is first asked for."""

    def __init__(self, lead: Mapping[str, Any], shared: Mapping[str, Any]) -> None:
        super().__init__(shared)
        self._lead = lead

    def __missing__(self, name: str) -> Any:
        if name == "extra":
            given = self._lead.get("extra") or {}
            value: Any = {str(column): _clean(one) for column, one in given.items()}
        elif name in _KNOWN:
            value = _clean(self._lead.get(name))
            if value is None and name in FALLBACKS:
                value = _Fallback(FALLBACKS[name])
        else:
            raise KeyError(name)
        self[name] = value
        return value


_KNOWN = frozenset(LEAD_FIELDS)


def shared(owner: str, config: CampaignConfig, sender: Sender | None = None) -> dict[str, Any]:
    """What templates see that is the same for all leads of an owner: `owner`, `sender` and `campaign`.

    Raises MailError where a variable of the campaign is too long.
    """
    words = {name: _authored(name, value) for name, value in config.sending.variables.items()}
    seen: dict[str, Any] = {"owner": _clean(owner), "campaign": {**words, "name": _clean(config.name)}}
    if sender is not None:
        name, address = parseaddr(sender.mailbox)
        seen["sender"] = {"name": _clean(name) or address, "email": address}
    return seen


def values(lead: Mapping[str, Any], owner: str, config: CampaignConfig, sender: Sender | None = None) -> Seen:
    """What a template sees of one lead: its fields, `extra.<column>`, `owner`, `sender` and `campaign`."""
    return Seen(lead, shared(owner, config, sender))


def render(step: Step, seen: Mapping[str, Any], *, subject: str | None = None) -> Rendered:
    """The step's subject, if none is given, and text for what `values` returned.

    No value can add a line to the subject, a control character to either, or markup to the text. Raises
    MailError, naming what is wrong, when a template cannot be rendered or becomes too long.
    """
    skeleton, values = filled(step.text, seen)
    words = markup.parsed(skeleton)
    if subject is None:
        subject = one_subject(step.subject or "", seen)
    return Rendered(subject, words.plain(values), words.html(values))


def one_subject(template: str, seen: Mapping[str, Any]) -> str:
    """The subject, not empty, of one line. Raises MailError."""
    text = one_line(printed(template, seen, Text()))
    if not text:
        raise MailError("the subject is empty")
    if len(text) > _LONGEST_SUBJECT:
        raise MailError(f"the subject has {len(text)} characters; at most {_LONGEST_SUBJECT} are sent")
    return text


def filled(template: str, seen: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The text as a skeleton for `markup.parsed`, and the values that belong into it. Raises MailError."""
    skeleton = Skeleton()
    return printed(template, seen, skeleton), skeleton.values


def one_line(text: str) -> str:
    """The text without control characters and line ends, fit for a header."""
    return " ".join(CONTROL.sub(" ", text).split())


def _authored(name: str, text: str) -> Authored:
    if len(text) > LONGEST_WORDS:
        raise MailError(f"sending.variables.{name} has more than {LONGEST_WORDS:,} characters")
    return Authored(CONTROL.sub("", text.replace("\r\n", "\n")).strip())


def _clean(value: object) -> str | None:
    """One line of printable text, or None for a missing or blank value."""
    if value is None:
        return None
    return one_line(str(value)[:_LONGEST_VALUE]) or None
