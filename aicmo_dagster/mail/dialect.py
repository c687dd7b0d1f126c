"""The Liquid that mails may use, bounded in what it can cost, and printing to a skeleton for `markup`.

A mail is about one lead, so there is nothing to loop over: tags that repeat, include or format dates are
left out, as are filters that multiply text. Besides, there are limits on the length of a placeholder, the
number of filters and the length of what each gives, on variables and on what is printed. Templates are
compiled once per process.

Words of the campaign - the template, what it says in quotes, its variables - are written as they are, for
Markdown to read. For every other value a letter is written that stands for it.
"""

import re
from collections.abc import Callable, Mapping
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

from aicmo_dagster.errors import MailError
from aicmo_dagster.mail import markup

TAGS = ("if", "unless", "case", "assign", "comment", "#")
FILTERS = (
    "default", "capitalize", "upcase", "downcase", "strip", "squish", "append", "prepend", "remove",
    "truncate", "truncatewords", "url_encode",
)  # fmt: skip
LONGEST_WORDS = 5_000
"""Characters that a variable of the campaign, or what a filter gives, may have."""
_MOST_FILTERS = 10
_MOST_FILTERS_IN_ALL = 100
_LONGEST_TAG = 2_000
_LONGEST_OUTPUT = 65_536

_BRACES = re.compile(r"\{\{|\{%|\}\}|%\}|\|")
_UNREAD = re.compile(r"\{%-?\s{0,100}(raw|doc)\b")
_EMPTY = re.compile(r"\{[{%]-?\s{100}")
CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
    r"\U00100000-\U0010ffff]"
)
"""What no mail has in its words: control characters, which end header lines; bidirectional overrides, which
make a text look like another one; the private letters that stand for values."""


class Authored(str):
    """Words of the campaign itself: Markdown, as if they stood in the template."""

    __slots__ = ()


class _Missing(Undefined):
    """No value and no fallback: false in conditions, yields to `default`, and never printed as nothing."""

    force_liquid_default = True

    def __str__(self) -> str:
        raise UndefinedError(self.hint or f"{self.name!r} is undefined", token=self.token)


class Text:
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


class Skeleton(Text):
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
        if isinstance(buffer, Skeleton) and type(value) is not Authored:
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
        if isinstance(result, str) and len(result) > LONGEST_WORDS:
            raise LiquidError(f"a filter gives more than {LONGEST_WORDS:,} characters", token=None)
        return result

    return filtered


_environment = _MailEnvironment(undefined=_Missing)


@lru_cache(maxsize=1_000)
def compiled(template: str) -> BoundTemplate:
    """The template's syntax tree, cached; raises LiquidError."""
    template = CONTROL.sub("", template.replace("\r\n", "\n"))
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
            expression.value = Authored(expression.value)
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


def printed(template: str, seen: Mapping[str, Any], buffer: Text) -> str:
    """What the template prints, where `seen` is what it sees. Raises MailError with what is wrong, and its line."""
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
