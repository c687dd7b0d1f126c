"""The words of a mail: its plain text or what its HTML shows, and of these what is new."""

import html
import re
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser

_MOST_CHARACTERS = 200_000
_NEW_LINE_TAGS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "blockquote", "hr", "table"})

# "On Mon, 1 Jan 2026 at 10:00, Somebody wrote:" in seven languages, over at most three lines.
_ATTRIBUTION = re.compile(
    r"^[ \t]*(?:On|Am|Le|El|Il|Em|No dia|Op|Da:)\b.{3,300}?"
    r"(?:wrote|schrieb|a écrit|écrit|escribió|ha scritto|scrisse|escreveu|schreef|heeft .{0,120}geschreven)"
    r"[^\n]{0,120}:[ \t]*$",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTION_END = re.compile(
    r"(?:wrote|schrieb|a écrit|escribió|ha scritto|escreveu|schreef)[^\n]{0,120}:[ \t]*$", re.IGNORECASE
)
_BEGINNING = re.compile(r"^[ \t]*(?:On|Am|Le|El|Il|Em|No dia|Op)\b", re.IGNORECASE)
_SEPARATOR = re.compile(
    r"^[ \t>*]*(?:-{2,}[ \t]*(?:Original Message|Original-Nachricht|Ursprüngliche Nachricht|Message d'origine|"
    r"Mensaje original|Messaggio originale|Mensagem original|Oorspronkelijk bericht|Forwarded message|"
    r"Weitergeleitete Nachricht|Message transféré|Mensaje reenviado|Messaggio inoltrato)[ \t]*-{2,}|_{20,})[ \t]*$",
    re.IGNORECASE,
)
_FROM = re.compile(r"^[ \t>*]*(?:From|Von|De|Da|Van)[ \t]*\*?[ \t]*:\*?[ \t]*\S", re.IGNORECASE)
_OTHER_HEADER = re.compile(
    r"^[ \t>*]*(?:Sent|Date|To|Subject|Gesendet|Datum|An|Betreff|Envoyé|À|Objet|Enviado|Fecha|Para|Asunto|"
    r"Inviato|Data|A|Oggetto|Assunto|Verzonden|Aan|Onderwerp)[ \t]*\*?[ \t]*:",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"^[ \t]*(?:--[ \t]?|(?:Sent|Get) (?:from|Outlook for) .{0,40}|Von meinem .{0,40} gesendet|"
    r"Envoyé (?:de|depuis) mon .{0,40}|Enviado desde mi .{0,40}|Inviato (?:da|dal) .{0,40}|"
    r"Enviado do meu .{0,40}|Verzonden vanaf mijn .{0,40})[ \t]*$",
    re.IGNORECASE,
)


class _Shown(HTMLParser):
    """What a reader of an HTML mail sees outside of quotations."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0
        self._quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script", "head", "title"):
            self._hidden += 1
        elif tag == "blockquote":
            self._quoted += 1
        if tag in _NEW_LINE_TAGS:
            self.parts.append("\n")
        if tag == "div" and any(
            name in ("class", "id") and value and ("gmail_quote" in value or "divRplyFwdMsg" in value)
            for name, value in attrs
        ):
            self.parts.append("\n____________________\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "head", "title"):
            self._hidden = max(0, self._hidden - 1)
        elif tag == "blockquote":
            self._quoted = max(0, self._quoted - 1)
        if tag in _NEW_LINE_TAGS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden and not self._quoted:
            self.parts.append(re.sub(r"\s+", " ", data))


def words(content: bytes) -> str:
    """The whole text of a mail, quotations included where it is plain; empty where none can be read."""
    try:
        message = message_from_bytes(content, policy=default)
        part = message.get_body(("plain", "html"))
    except (ValueError, LookupError, AttributeError, TypeError, IndexError):
        return ""
    if part is None:
        return ""
    try:
        text = str(part.get_content())
    except (LookupError, ValueError, AttributeError, KeyError):
        payload = part.get_payload(decode=True)
        text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    text = text[:_MOST_CHARACTERS]
    if part.get_content_type() != "text/html":
        return text
    shown = _Shown()
    try:
        shown.feed(text)
        shown.close()
    except (AssertionError, ValueError):
        return html.unescape(re.sub(r"<[^<>]{0,2000}>", " ", text))
    return "".join(shown.parts)


def new_text(content: bytes) -> str:
    """What a person newly wrote: no quoted tail, no quoted lines, no signature; empty where that is nothing.

    Lines between quoted ones are kept: an answer may stand below each question.
    """
    lines = words(content).replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").split("\n")
    kept: list[str] = []
    for number, line in enumerate(lines):
        if _ends_here(lines, number):
            # Behind an attribution follow quoted lines, and between these perhaps answers.
            kept += _answers_between(lines[number:])
            break
        if not line.lstrip().startswith(">"):
            kept.append(line.rstrip())
    for number, line in enumerate(kept):
        if _SIGNATURE.match(line) and any(one.strip() for one in kept[:number]):
            kept = kept[:number]
            break
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _ends_here(lines: list[str], number: int) -> bool:
    line = lines[number]
    if _SEPARATOR.match(line):
        return True
    if _FROM.match(line):
        return any(_OTHER_HEADER.match(one) for one in lines[number + 1 : number + 4])
    if not _BEGINNING.match(line):
        return False
    together = ""
    for one in lines[number : number + 3]:
        together += one[:300] + "\n"
        if _ATTRIBUTION_END.search(one.rstrip()[-300:]):
            return bool(_ATTRIBUTION.match(together.rstrip("\n")))
    return False


def _answers_between(tail: list[str]) -> list[str]:
    """Lines that stand below quoted ones, where the quotation is marked with '>'."""
    marked = [number for number, line in enumerate(tail) if line.lstrip().startswith(">")]
    if not marked:
        return []
    return [line.rstrip() for line in tail[marked[0] :] if not line.lstrip().startswith(">")]
