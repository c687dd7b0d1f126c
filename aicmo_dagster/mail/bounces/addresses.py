"""E-mail addresses in the prose and in the fields of a bounce."""

import re
from collections.abc import Collection, Iterable, Iterator
from email.utils import getaddresses

_LOCAL = r"[\w!#$%&*+/=?^`{|}~.'-]{1,64}"
_DOMAIN = r"(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.){1,10}(?:[a-z]{2,24}|xn--[a-z0-9-]{2,59})"
IN_TEXT = re.compile(rf"{_LOCAL}@{_DOMAIN}(?![\w@])", re.IGNORECASE | re.ASCII)
"""An address in running text: ASCII only, as words of other scripts stand beside it without a blank."""

_PREFIX = re.compile(r"^(?:(?:dda:)?smtp|mailto|rfc822|to|utf-8)[=/]|^(?:3d)(?=[a-z])", re.IGNORECASE)
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_UNICODE = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_TYPE = re.compile(r"^\s*([\w-]{1,30})\s*;\s*(.*)$", re.DOTALL)

ROLES = re.compile(r"^(?:mailer-?daemon|post-?master|abuse|no-?reply|bounces?)(?:[@+=._-]|$)", re.IGNORECASE)
"""Local parts that answer for a mail system; prose names them as people to turn to."""


def in_text(line: str) -> Iterator[tuple[str, int, int]]:
    """Addresses of a line with where each begins and ends, quotes and prefixes around them cut off."""
    if "@" not in line:
        return
    for match in IN_TEXT.finditer(line):
        address = match[0]
        cut = address.lstrip("'`*.-=?|{}~!#$%&/^+")
        cut = _PREFIX.sub("", cut)
        if "@" in cut[1:]:
            yield cut, match.end() - len(cut), match.end()


def of_headers(values: Iterable[str]) -> set[str]:
    """Addresses of header fields, in lower case."""
    found = {address.strip().lower() for _, address in getaddresses([value[:20_000] for value in values])}
    return {address for address in found if "@" in address}


def of_field(value: str) -> str | None:
    """The address in a recipient field of a delivery status; None where it holds none.

    RFC 3464 2.3.2 gives a type and an address; some write no type, an angle address or a comment. xtext (RFC 3461)
    and the escapes of RFC 6533 3 are undone where they cannot be part of an ordinary address.
    """
    typed = _TYPE.match(value[:1000])
    kind, address = (typed[1].lower(), typed[2]) if typed else ("", value[:1000])
    address = address.strip()
    inner = re.search(r"<([^<>]*)>", address)
    if inner:
        address = inner[1].strip()
    elif not address.startswith('"'):
        address = re.sub(r"\s*\([^()]*\)\s*$", "", address).strip()
        address = address.split()[0] if address.split() else ""
    address = re.sub(r"^(?:smtp|rfc822|mailto):", "", address.strip().strip(";,"), flags=re.IGNORECASE)
    if kind == "utf-8" or "\\x{" in address:
        address = _UNICODE.sub(lambda code: _character(code[1]), address)
    if "@" not in address and kind in ("rfc822", "utf-8"):
        # xtext writes '@' as +40 only where somebody encoded too much.
        address = _XTEXT.sub(lambda code: chr(int(code[1], 16)), address)
    elif "+2B" in address or "+3D" in address:
        address = address.replace("+2B", "+").replace("+3D", "=")
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain or re.search(r"[\x00-\x1f<>]", address) or len(address) > 320:
        return None
    if kind in ("x400", "x500"):
        return None
    if any(blank.isspace() for blank in address) and not address.startswith('"'):
        return None
    return address.rstrip(".")


def as_written(address: str, written_to: Collection[str]) -> str:
    """The address of ours that a server has rewritten into this one, in its own spelling if there is none.

    Within an organisation mail goes on to `name@host.example.com` or, by the old percent hack (RFC 1123 5.2.16), to
    `name%example.com@relay.example.com`. `written_to` is in lower case.
    """
    low = address.lower()
    if low in written_to:
        return address
    local, _, domain = low.rpartition("@")
    inner, percent, behind = local.rpartition("%")
    if percent and f"{inner}@{behind}" in written_to:
        return f"{inner}@{behind}"
    above = [
        one
        for one in written_to
        if one.rpartition("@")[0] == local and domain.endswith("." + one.rpartition("@")[2])
    ]
    return above[0] if len(above) == 1 else address


def _character(code: str) -> str:
    number = int(code, 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
