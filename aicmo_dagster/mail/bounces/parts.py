"""The parts of a message, read so that no bytes, however odd, raise or take long.

The standard library's parser nests a generator per level, so a hostile nesting costs it quadratic time or the
recursion limit. A bounce needs little: types, decoded text, boundaries; deep or long tails are left unread.
"""

import base64
import binascii
import codecs
import html
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.header import decode_header, make_header

MOST_BYTES = 1_000_000
"""Of a message. Notice and status stand at its beginning; of the returned mail, headers are enough."""

_DEEPEST = 6
_MOST_PARTS = 60
_MOST_HEADER_BYTES = 100_000

_FIELD = re.compile(r"^>?([!-9;-~]{1,80})[ \t]*:[ \t]*(.*)$")
_TYPE = re.compile(r"\s*([\w.+-]{1,80}/[\w.+-]{1,80})")
_PARAMETER = {
    name: re.compile(rf";\s*{name}\s*=\s*(?:\"([^\"]{{1,200}})\"|([^\s;\"]{{1,200}}))", re.IGNORECASE)
    for name in ("boundary", "charset", "report-type")
}
_LOOSE = re.compile(r"^(?:boundary|charset|report-type)\s*=", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_UNSEEN = re.compile(r"<(style|script|title)\b[^<>]*>", re.IGNORECASE)
_CLOSING = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in ("style", "script", "title")}
_BREAK = re.compile(r"<(?:br|p|/p|div|/div|tr|/tr|li|/li|/?h\d|/?table|/?ul|/?pre|hr|/td)\b", re.IGNORECASE)
_PLAIN_ADDRESS = re.compile(r"<\s*[^\s<>@=\"'/]+@[^\s<>@=\"'/]+\s*>")
_SLOW = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "utf_7", "undefined"})
"""Codecs of Python that are no charsets of mail, or take quadratic time."""


@dataclass(frozen=True)
class Part:
    """One part: its header fields in order with lower-case names, its raw body, its parts if it is a multipart.

    The mail inside a message/rfc822 is not opened: see `opened`.
    """

    fields: tuple[tuple[str, str], ...]
    body: bytes
    kind: str
    parts: tuple["Part", ...] = field(default=())

    def all(self, name: str) -> list[str]:
        """Every value of a header field, encoded words decoded."""
        return [_words(value) for key, value in self.fields if key == name]

    def get(self, name: str) -> str:
        """The first value of a header field, or an empty string."""
        return next(iter(self.all(name)), "")

    def walk(self) -> Iterator["Part"]:
        """Itself and every part in it that is part of this message, not of one in it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def decoded(self) -> bytes:
        """The body without its transfer encoding; what cannot be decoded stays as it is."""
        encoding = self.get("content-transfer-encoding").strip().lower()
        if encoding.startswith("quoted"):
            return quopri.decodestring(self.body)
        if encoding.startswith("base64"):
            packed = re.sub(rb"[^A-Za-z0-9+/]", b"", self.body)
            try:
                return base64.b64decode(packed[: len(packed) // 4 * 4] + _missing(packed))
            except binascii.Error:
                return self.body
        return self.body

    def text(self) -> str:
        """The body as text with \\n between lines; HTML without its tags."""
        text = _characters(self.decoded(), _parameter(self.get("content-type"), "charset"))
        if self.kind == "text/html":
            text = _without_tags(text)
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def opened(self) -> "Part":
        """The message in a message/rfc822 or the headers in a text/rfc822-headers."""
        return read_part(self.decoded().lstrip(b"\r\n \t"))


def read_part(content: bytes, depth: int = 0, count: list[int] | None = None) -> Part:
    """The parts of a message; what lies beyond the limits above is left out. Never raises."""
    count = count if count is not None else [0]
    fields, body = _split(content[:MOST_BYTES])
    given = next((value for name, value in fields if name == "content-type"), "")
    match = _TYPE.match(given)
    kind = match[1].lower() if match else "text/plain"
    boundary = _parameter(given, "boundary")
    if not kind.startswith("multipart/") or not boundary or depth >= _DEEPEST:
        return Part(fields, body, kind)
    parts = []
    for piece in _pieces(body, boundary):
        if count[0] >= _MOST_PARTS:
            break
        count[0] += 1
        parts.append(read_part(piece, depth + 1, count))
    return Part(fields, body, kind, tuple(parts))


def read_fields(text: str) -> tuple[tuple[str, str], ...]:
    """Header fields of a block of text, unfolded, names in lower case; lines that are none are left out."""
    fields: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        match = _FIELD.match(line)
        # Some mailers forget to indent a parameter on a line of its own.
        if fields and (line[:1] in (" ", "\t") or (not match and _LOOSE.match(line))):
            fields[-1][1].append(line.strip())
        elif match:
            fields.append((match[1].lower(), [match[2].strip()]))
    return tuple((name, " ".join(value)) for name, value in fields)


def _split(content: bytes) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """Header fields and body. A part that begins with a line that is no field has no header."""
    end = re.search(rb"\r?\n[ \t]*\r?\n|\r[ \t]*\r", content)
    if content.startswith((b"\n", b"\r")):
        return (), content.lstrip(b"\r\n")
    head, body = (content[: end.start()], content[end.end() :]) if end else (content, b"")
    text = _characters(head[:_MOST_HEADER_BYTES], "").replace("\r\n", "\n").replace("\r", "\n")
    first = text.split("\n", 1)[0]
    if not _FIELD.match(first) and not first.startswith(("From ", ">From ")):
        return (), content
    return read_fields(text), body


def _pieces(body: bytes, boundary: str) -> list[bytes]:
    """What stands between the delimiter lines; preamble and epilogue left out, a missing last one forgiven."""
    mark = re.escape(b"--" + boundary.rstrip().encode("latin-1", "replace"))
    pieces = re.split(rb"(?:\A|(?<=\n)|(?<=\r))" + mark + rb"(--)?[ \t]*(?:\r\n|\n|\r|\Z)", body)
    found = []
    # re.split gives text, (closing mark or None), text, ...
    for at in range(1, len(pieces) - 1, 2):
        if pieces[at]:
            break
        found.append(pieces[at + 1])
    return found


def _parameter(value: str, name: str) -> str:
    match = _PARAMETER[name].search(value[:2000])
    return (match[1] or match[2]) if match else ""


def _characters(raw: bytes, charset: str) -> str:
    try:
        name = codecs.lookup(charset or "utf-8").name.replace("-", "_")
        if name in _SLOW:
            name = "latin-1"
        return raw.decode(name, "strict" if not charset else "replace")
    except (LookupError, ValueError, AssertionError):
        return raw.decode("utf-8", "replace") if charset else raw.decode("latin-1")


def _without_tags(text: str) -> str:
    text = _without_unseen(text)
    text = _BREAK.sub("\n<", text)
    text = _TAG.sub(lambda tag: tag[0] if _PLAIN_ADDRESS.fullmatch(tag[0]) else "", text)
    return html.unescape(text).replace("\xa0", " ")


def _without_unseen(text: str) -> str:
    """Without the insides of style sheets and scripts; one that never ends hides nothing."""
    kept, at, endless = [], 0, set()
    while opening := _UNSEEN.search(text, at):
        name = opening[1].lower()
        closing = None if name in endless else _CLOSING[name].search(text, opening.end())
        if closing is None:
            endless.add(name)
        kept.append(text[at : opening.start()])
        at = closing.end() if closing else opening.end()
    return "".join([*kept, text[at:]])


def _words(value: str) -> str:
    """A header value with its encoded words (RFC 2047) decoded, where that is possible."""
    if "=?" not in value or len(value) > 5000:
        return value
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, ValueError, AssertionError, binascii.Error):
        return value


def _missing(packed: bytes) -> bytes:
    rest = packed[len(packed) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""
