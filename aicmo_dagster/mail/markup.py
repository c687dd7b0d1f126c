"""Markdown to the two parts of a mail: HTML, and plain text that reads well by itself.

What is parsed is a skeleton: a text in which each value of a lead is one letter that stands for it, and only
afterwards are the values put in, escaped. So no value can become markup, a link or a header, and a skeleton,
of which a template has few, is parsed once.

Written out are paragraphs, line breaks, emphasis, links, lists, quotations, headings and rules. HTML, images,
code and tables are not: their marks stay text.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.tree import SyntaxTreeNode

from aicmo_dagster.errors import MailError

FIRST_PLACE = 0x100000
"""Private letters from here on stand for values; texts and values have none of them."""
MOST_PLACES = 10_000
_PLACES = f"[{chr(FIRST_PLACE)}-{chr(FIRST_PLACE + MOST_PLACES - 1)}]"
_IN_ADDRESS = chr(FIRST_PLACE + MOST_PLACES)
"""Before a place: its value stands in the address of a link."""

_LONGEST = 30_000
_MOST_LINES = 1_000
_MOST_MARKS = 2_000
_MARK = re.compile(r"[\[\]<*_>\\]|^[ \t]*(?:[-+]|\d+[.)])[ \t]", re.MULTILINE)

_SLOT = re.compile(f"{_IN_ADDRESS}?{_PLACES}")
# The host is the template's own: a value may stand in a path or query only. No login, which would hide it.
_LINK = re.compile(rf"https?://(?!{_PLACES})[^\s/?#@\\<>\"{_PLACES[1:]}+(?:[/?#][^\s<>\"]*)?", re.IGNORECASE)
_BARE = re.compile(r"://[^\s<>\"`\\]{1,2000}")
_UNSAFE = re.compile(r"[\s\"'<>\\^`{|}]")


@dataclass(frozen=True)
class Markup:
    """A parsed skeleton. `links` are the addresses in it, as they are written."""

    links: tuple[str, ...]
    _html: "_Form"
    _plain: "_Form"

    def html(self, values: Sequence[str]) -> str:
        """The HTML of the words alone, without `<html>` or `<body>`; lines end with a newline."""
        return self._html.filled(values, escape)

    def plain(self, values: Sequence[str]) -> str:
        """The text, with a newline at its end."""
        return self._plain.filled(values, str)


class _Form:
    """A text with slots, made to be filled fast."""

    def __init__(self, text: str) -> None:
        self._format = _SLOT.sub("%s", text.replace("%", "%%"))
        slots = _SLOT.findall(text)
        self._slots = [(ord(slot[-1]) - FIRST_PLACE, len(slot) == 2) for slot in slots]

    def filled(self, values: Sequence[str], escaped: Callable[[str], str]) -> str:
        return self._format % tuple(
            [
                quote(values[index], safe="%+") if in_address else escaped(values[index])
                for index, in_address in self._slots
            ]
        )


@lru_cache(maxsize=2_000)
def parsed(skeleton: str) -> Markup:
    """The skeleton as Markup, cached. Raises MailError when it is too long or has too many lines or marks."""
    if len(skeleton) > _LONGEST:
        raise MailError(f"the text has {len(skeleton):,} characters; at most {_LONGEST:,} are sent")
    if (lines := skeleton.count("\n")) > _MOST_LINES:
        raise MailError(f"the text has {lines:,} lines; at most {_MOST_LINES:,} are sent")
    # What parsing costs grows with the marks, for some kinds faster than they do.
    if (marks := sum(1 for _ in _MARK.finditer(skeleton))) > _MOST_MARKS:
        raise MailError(f"the text has {marks:,} Markdown marks; at most {_MOST_MARKS:,} are sent")
    tree = SyntaxTreeNode(_markdown.parse(skeleton))
    links = tuple(str(node.attrs["href"]) for node in tree.walk() if node.type == "link")
    return Markup(links, _Form(_html(tree)), _Form(_plain(tree) + "\n"))


def is_link(url: str) -> bool:
    """Whether a text may lead there: http or https, to a host that no value of a lead decides."""
    return _LINK.fullmatch(url) is not None


class _Markdown(MarkdownIt):
    def __init__(self) -> None:
        super().__init__("zero", {"breaks": True, "maxNesting": 20})
        self.enable(
            ["blockquote", "list", "heading", "hr", "newline", "escape", "emphasis", "link", "autolink"]
        )
        self.inline.ruler.after("text", "bare_link", _bare_link)

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        return _UNSAFE.sub(lambda found: quote(found[0]), url)

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        return link

    def validateLink(self, url: str) -> bool:  # noqa: N802
        return is_link(url)


def _bare_link(state: StateInline, silent: bool) -> bool:
    """`https://...` in running text, which would be a link in most mail programs, is one everywhere."""
    scheme = next((one for one in ("https", "http") if state.pending.endswith(one)), None)
    if (
        state.linkLevel
        or scheme is None
        or (found := _BARE.match(state.src, state.pos, state.posMax)) is None
    ):
        return False
    rest = found[0].rstrip(".,;:!?'*_]")
    while rest.endswith(")") and rest.count(")") > rest.count("("):
        rest = rest[:-1].rstrip(".,;:!?'*_]")
    url = state.md.normalizeLink(scheme + rest)
    if not state.md.validateLink(url):
        return False
    if not silent:
        state.pending = state.pending.removesuffix(scheme)
        token = state.push("link_open", "a", 1)
        token.attrs = {"href": url}
        token.info = "auto"
        state.push("text", "", 0).content = url
        state.push("link_close", "a", -1)
    state.pos += len(rest)
    return True


_markdown = _Markdown()

_MARGIN = "margin:0 0 1em"
_HTML = {
    "paragraph": (f'<p style="{_MARGIN}">', "</p>\n"),
    "bullet_list": (f'<ul style="{_MARGIN};padding-left:1.5em">\n', "</ul>\n"),
    "list_item": ("<li>", "</li>\n"),
    "blockquote": (
        '<blockquote style="margin:0 0 1em;padding-left:1em;border-left:3px solid #888">\n',
        "</blockquote>\n",
    ),
    "heading": (f'<h2 style="{_MARGIN};font-size:1.15em">', "</h2>\n"),
    "strong": ("<strong>", "</strong>"),
    "em": ("<em>", "</em>"),
}


def _html(node: SyntaxTreeNode) -> str:
    if node.type == "text":
        return escape(node.content)
    if node.type in ("softbreak", "hardbreak"):
        return "<br>\n"
    if node.type == "hr":
        return '<hr style="border:0;border-top:1px solid #888;margin:0 0 1em">\n'
    if node.type == "link" and node.info == "auto":
        inner = _address(node)
    else:
        inner = "".join(_html(child) for child in node.children)
    if node.type == "link":
        return f'<a href="{_address(node, escape)}">{inner}</a>'
    if node.type == "ordered_list":
        start = f' start="{int(node.attrs["start"])}"' if "start" in node.attrs else ""
        return f'<ol{start} style="{_MARGIN};padding-left:1.5em">\n{inner}</ol>\n'
    if node.type == "paragraph" and node.hidden:
        return inner
    before, after = _HTML.get(node.type, ("", ""))
    return before + inner + after


def _address(node: SyntaxTreeNode, escaped: Callable[[str], str] = escape) -> str:
    return _SLOT.sub(lambda place: _IN_ADDRESS + place[0], escaped(str(node.attrs["href"])))


def _plain(node: SyntaxTreeNode) -> str:
    if node.type == "text":
        return node.content
    if node.type in ("softbreak", "hardbreak"):
        return "\n"
    if node.type == "hr":
        return "----------"
    if node.type == "link":
        return _plain_link(node)
    if node.type in ("bullet_list", "ordered_list"):
        return _plain_list(node)
    if node.type in ("inline", "strong", "em", "paragraph", "heading"):
        return "".join(_plain(child) for child in node.children)
    inner = "\n\n".join(_plain(child) for child in node.children)
    return re.sub("(?m)^", "> ", inner).replace("> \n", ">\n") if node.type == "blockquote" else inner


def _plain_link(node: SyntaxTreeNode) -> str:
    address = _address(node, str)
    label = "".join(_plain(child) for child in node.children)
    written = str(node.attrs["href"])
    return address if label in ("", written) else f"{label} <{address}>"


def _plain_list(node: SyntaxTreeNode) -> str:
    tight = any(block.hidden for item in node.children for block in item.children)
    first = int(node.attrs.get("start", 1))
    items = []
    for number, item in enumerate(node.children, first):
        mark = "- " if node.type == "bullet_list" else f"{number}. "
        inner = ("\n" if tight else "\n\n").join(_plain(child) for child in item.children)
        items.append(mark + re.sub(r"\n(?=[^\n])", "\n" + " " * len(mark), inner))
    return ("\n" if tight else "\n\n").join(items)
