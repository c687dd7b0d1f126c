"""Subjects and texts that users write: Liquid and Markdown, checked before the first mail and bounded in cost.

`linter.check` finds, when a campaign is applied, what could make a mail wrong for some lead; here, `render`
fills one step for one lead. Templates are compiled once per process.

A mail is about one lead, so there is nothing to loop over: tags that repeat, include or format dates are
left out, as are filters that multiply text. Besides, there are limits on the length of a placeholder, the
number of filters and the length of what each gives, on variables and on what is printed; `markup` has its own.

Words of the campaign - the template, what it says in quotes, its variables - are read as Markdown. All other
values are put in afterwards (see `markup`), so they are what they are and nothing else.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from functools import lru_cache, wraps
from typing import Any, TextIO, cast

from liquid import BoundTemplate, Environment, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions import StringLiteral
from liquid.builtin.output import Output, OutputNode
from liquid.exceptions import LiquidError, OutputStreamLimitError, UndefinedError
from liquid.expression import Expression
from liquid.stringify import to_liquid_string
from liquid.token import TOKEN_TAG, Token
from liquid.undefined import Undefined

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.campaign.steps import Step
from aicmo_dagster.errors import MailError
from aicmo_dagster.mail import markup

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
_MOST_FILTERS_IN_ALL = 100
_LONGEST_TAG = 2_000
_LONGEST_VALUE = 1_000
_LONGEST_FILTERED = 5_000
_LONGEST_SUBJECT = 300
_LONGEST_OUTPUT = 65_536

_BRACES = re.compile(r"\{\{|\{%|\}\}|%\}|\|")
_UNREAD = re.compile(r"\{%-?\s{0,100}(raw|doc)\b")
_EMPTY = re.compile(r"\{[{%]-?\s{100}")
# Control characters end header lines; bidirectional overrides make a text look like another one; the private
# letters at the end are those that stand for values.
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
    r"\U00100000-\U0010ffff]"
)


@dataclass(frozen=True)
class Rendered:
    """One mail's words: a subject of one line, and twice the same text, plain and as HTML."""

    subject: str
    text: str
    html: str


class _Authored(str):
    """Words of the campaign itself: Markdown, as if they stood in the template."""

    __slots__ = ()


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


class _Text:
    """Collects what a template prints: the part of a TextIO that templates use."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._room = _LONGEST_OUTPUT

    def write(self, text: str) -> int:
        length = len(text)
        self._room -= length
        if self._room < 0:
            raise OutputStreamLimitError("output stream limit reached", token=None)
        self._parts.append(text)
        return length

    def whole(self) -> str:
        return "".join(self._parts)


class _Skeleton(_Text):
    """Collects a text in which letters stand for the values, and the values."""

    def __init__(self) -> None:
        super().__init__()
        self.values: list[str] = []

    def put(self, value: str) -> int:
        """Write what Markdown shall not read."""
        length = self.write(value)
        if value and not value.isspace():
            if len(self.values) == markup.MOST_PLACES:
                raise OutputStreamLimitError("too many placeholders", token=None)
            self._parts[-1] = chr(markup.FIRST_PLACE + len(self.values))
            self.values.append(" ".join(value.split()) if "\n" in value else value)
        return length


class _PrintNode(OutputNode):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        value = self.expression.evaluate(context)
        text = value if isinstance(value, str) else to_liquid_string(value, autoescape=False)
        if isinstance(buffer, _Skeleton) and type(value) is not _Authored:
            return buffer.put(text)
        return buffer.write(text)


class _Print(Output):
    node_class = _PrintNode


class _MailEnvironment(Environment):
    local_namespace_limit = 10_000
    loop_iteration_limit = 1
    block_nesting_limit = 20

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        internal = ("content", "output", "illegal")
        self.add_tag(_Print)
        self.tags = {name: tag for name, tag in self.tags.items() if name in (*TAGS, *internal)}
        self.filters = {name: _bounded(self.filters[name]) for name in FILTERS}


def _bounded(function: Callable[..., object]) -> Callable[..., object]:
    """The filter, with an error in place of a long result, so that nothing grows from one to the next."""

    @wraps(function)
    def filtered(*arguments: object, **options: object) -> object:
        result = function(*arguments, **options)
        if isinstance(result, str) and len(result) > _LONGEST_FILTERED:
            raise LiquidError(f"a filter gives more than {_LONGEST_FILTERED:,} characters", token=None)
        return result

    return filtered


_environment = _MailEnvironment(undefined=_Missing)


@lru_cache(maxsize=1_000)
def compiled(template: str) -> BoundTemplate:
    """The template's syntax tree, cached; raises LiquidError."""
    template = _CONTROL.sub("", template.replace("\r\n", "\n"))
    _scan(template)
    try:
        tree = _environment.from_string(template)
        for node in tree.nodes:
            _author(node, RenderContext(tree))
    except (LiquidError, RecursionError) as error:
        if RecursionError in (type(error), type(error.__cause__)):
            raise LiquidError("is nested too deeply; make it simpler", token=None) from None
        raise
    return tree


def _author(node: Node, context: RenderContext) -> None:
    """Mark the words that stand between quotes in the template as what they are."""

    def mark(expression: Expression) -> None:
        if isinstance(expression, StringLiteral):
            expression.value = _Authored(expression.value)
        for child in expression.children():
            mark(child)

    for expression in node.expressions():
        mark(expression)
    for child in node.children(context, include_partials=False):
        _author(child, context)


def _scan(template: str) -> None:
    """Refuse, in one pass, what the parser would spend the square of its length on."""

    def token(at: int) -> Token:
        return Token(TOKEN_TAG, template[at : at + 2], at, template)

    if unread := _UNREAD.search(template):
        raise LiquidError(f"unexpected tag '{unread[1]}'", token=token(unread.start()))
    if empty := _EMPTY.search(template):
        raise LiquidError("a placeholder begins with a hundred spaces", token=token(empty.start()))
    closes = {"{{": "}}", "{%": "%}"}
    opened, filters, filters_in_all = -1, 0, 0
    for brace in _BRACES.finditer(template):
        mark = brace[0]
        if opened < 0:
            opened, filters = (brace.start(), 0) if mark in closes else (-1, 0)
        elif mark == closes[template[opened : opened + 2]]:
            if brace.start() - opened > _LONGEST_TAG:
                message = f"a placeholder has more than {_LONGEST_TAG:,} characters"
                raise LiquidError(message, token=token(opened))
            opened = -1
        elif mark in closes:
            break
        elif mark == "|":
            filters, filters_in_all = filters + 1, filters_in_all + 1
            if filters > _MOST_FILTERS:
                raise LiquidError(f"more than {_MOST_FILTERS} filters in a row", token=token(opened))
    if opened >= 0:
        mark = closes[template[opened : opened + 2]]
        raise LiquidError(f"expected '{mark}', found end of file", token=token(opened))
    if filters_in_all > _MOST_FILTERS_IN_ALL:
        raise LiquidError(f"more than {_MOST_FILTERS_IN_ALL} filters in all", token=None)


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
    text = one_line(_render(template, seen, _Text()))
    if not text:
        raise MailError("the subject is empty")
    if len(text) > _LONGEST_SUBJECT:
        raise MailError(f"the subject has {len(text)} characters; at most {_LONGEST_SUBJECT} are sent")
    return text


def filled(template: str, seen: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The text as a skeleton for `markup.parsed`, and the values that belong into it. Raises MailError."""
    skeleton = _Skeleton()
    return _render(template, seen, skeleton), skeleton.values


def one_line(text: str) -> str:
    """The text without control characters and line ends, fit for a header."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _render(template: str, seen: Mapping[str, Any], buffer: _Text) -> str:
    try:
        tree = compiled(template)
        tree.render_with_context(RenderContext(tree, globals=seen), cast("TextIO", buffer))
    except LiquidError as error:
        at = error.token.start_index if error.token else -1
        line = f"line {template.count(chr(10), 0, at) + 1}: " if at >= 0 else ""
        raise MailError(f"the template cannot be rendered: {line}{error.message}") from None
    except RecursionError:
        raise MailError("the template cannot be rendered: it is nested too deeply") from None
    return buffer.whole()


def _authored(name: str, text: str) -> _Authored:
    if len(text) > _LONGEST_FILTERED:
        raise MailError(f"sending.variables.{name} has more than {_LONGEST_FILTERED:,} characters")
    return _Authored(_CONTROL.sub("", text.replace("\r\n", "\n")).strip())


def _clean(value: object) -> str | None:
    """One line of printable text, or None for a missing or blank value."""
    if value is None:
        return None
    return one_line(str(value)[:_LONGEST_VALUE]) or None
