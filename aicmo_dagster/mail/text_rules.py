"""What the text of a mail may not hold, whoever it goes to: found in the template, line by line."""

import re
from collections.abc import Iterator, Mapping

from aicmo_dagster.mail import markup
from aicmo_dagster.mail.templates import LEAD_FIELDS

LONGEST_LINE = 998
"""Octets, by RFC 5322 2.1.1."""

_PLACEHOLDER = re.compile(r"\{\{-?\s*([^|}]*?)\s*(?:\|[^}]*)?\}\}")
_TAG = re.compile(r"\{%.*?%\}")
_PLACE = chr(markup.FIRST_PLACE)

_TARGET = re.compile(r"\]\(\s*<?([^)\s>]*)")
_ADDRESS = re.compile(r"\b([a-z][a-z0-9+.-]{0,30})://[^\s<>\"')\]]*", re.IGNORECASE)
_ANGLED = re.compile(r"<([a-z][a-z0-9+.-]{0,30}):[^\s<>]*>", re.IGNORECASE)
_HTML = re.compile(r"</?[a-z][a-z0-9]{0,20}(?:\s[^<>]{0,200})?/?>|<!--", re.IGNORECASE)
_PICTURE = re.compile(r"!\[[^\]\n]{0,200}\]\(")
_OF_OTHERS = (*LEAD_FIELDS, "extra", "owner", "sender")
_BEHIND = ".,;:!?*_"
"""What may stand right behind an address without being part of it."""
_REMEDY = "links must begin with https:// and the name of a host"


def problems(template: str, variables: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """(line, sentence) for long lines, links that are not https, HTML and pictures; lines count from 1.

    `variables` are those of the campaign; `of_variable` says what is wrong with them in themselves.
    """
    for number, line in enumerate(template.split("\n"), 1):
        if (octets := len(_TAG.sub("", line).encode())) > LONGEST_LINE:
            yield number, f"has {octets:,} octets, and a line of a mail at most {LONGEST_LINE}; break it"
        for sentence in _of_line(line, variables):
            yield number, sentence


def of_variable(value: str) -> Iterator[str]:
    """The sentences for words that stand in a variable of the campaign."""
    for line in value.split("\n"):
        yield from _of_line(line, {})


def _of_line(line: str, variables: Mapping[str, str]) -> Iterator[str]:
    names: list[str] = []

    def place(found: re.Match[str]) -> str:
        names.append(found[1])
        return _PLACE

    words = _TAG.sub("", _PLACEHOLDER.sub(place, line))
    seen = set()
    for target in _TARGET.finditer(words):
        address = target[1]
        seen.add(target.start(1))
        if address.startswith(_PLACE):
            path = names[words.count(_PLACE, 0, target.start(1))]
            root, _, name = path.partition(".")
            if root in _OF_OTHERS:
                yield f"links to where {{{{ {path} }}}} says, which comes with the lead; {_REMEDY}"
            elif root == "campaign" and "://" not in variables.get(name, "://"):
                yield f"links to campaign.{name}, which is {variables[name]!r}; {_REMEDY}"
        elif not markup.is_link(address) or not address.lower().startswith("https:"):
            yield f"links to {_shown(address)!r}; {_REMEDY}"
    for found in (*_ADDRESS.finditer(words), *_ANGLED.finditer(words)):
        at = found.start() + found[0].startswith("<")
        address = found[0].strip("<>").rstrip(_BEHIND)
        if at not in seen and not (address.lower().startswith("https:") and markup.is_link(address)):
            seen.add(at)
            yield f"links to {_shown(found[0].strip('<>'))!r}; {_REMEDY}"
    if picture := _PICTURE.search(words):
        yield f"{_shown(picture[0])!r} would be a picture, and mails are sent without; link to it"
    elif tag := _HTML.search(words):
        remedy = "mails are Markdown; write **bold** or [text](https://...)"
        yield f"{_shown(tag[0])!r} would be shown as it is; {remedy}"


def _shown(words: str) -> str:
    return words.replace(_PLACE, "{{ }}")
