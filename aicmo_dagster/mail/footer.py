"""What stands below the words of every mail: who sends it, and how to get no more."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple


class _Words(NamedTuple):
    no_more: str
    unsubscribe: str
    write: str


_WORDS = {
    "en": _Words("No more mails like this", "unsubscribe", 'write to {to} with the subject "{subject}"'),
    "de": _Words(
        "Keine Mails wie diese mehr", "abmelden", "schreiben Sie an {to} mit dem Betreff „{subject}“"
    ),
    "fr": _Words(
        "Ne plus recevoir de tels e-mails", "se désinscrire", "écrivez à {to} avec l’objet « {subject} »"
    ),
    "es": _Words(
        "No recibir más correos como este", "darse de baja", "escriba a {to} con el asunto «{subject}»"
    ),
    "it": _Words(
        "Non ricevere più e-mail come questa", "disiscriversi", "scriva a {to} con l’oggetto «{subject}»"
    ),
    "nl": _Words(
        "Geen e-mails meer zoals deze", "afmelden", "schrijf naar {to} met als onderwerp ‘{subject}’"
    ),
    "pt": _Words(
        "Não receber mais e-mails como este", "cancelar", "escreva para {to} com o assunto “{subject}”"
    ),
}
LANGUAGES = tuple(_WORDS)
"""Others have an English footer."""

_FOOTER = (
    '<div style="margin-top:2em;padding-top:.75em;border-top:1px solid #888;font-size:.8em">\n'
    "{}<br>\n{}\n</div>\n"
)


class Exit(NamedTuple):
    """How to leave: a page, or else an address to write to with that subject."""

    url: str | None
    address: str
    subject: str


def plain(lines: Sequence[str], leave: Exit, language: str) -> str:
    """The footer as text, below the mark that mail programs know a signature by; `lines` say who sends."""
    words = _WORDS.get(language[:2], _WORDS["en"])
    how = leave.url or f"{words.write.format(to=leave.address, subject=leave.subject)}."
    return "-- \n" + "\n".join(lines) + f"\n\n{words.no_more}: {how}\n"


def html(lines: Sequence[str], leave: Exit, language: str) -> str:
    """The same as HTML."""
    words = _WORDS.get(language[:2], _WORDS["en"])
    url = leave.url or f"mailto:{leave.address}?subject={leave.subject}"
    link = f'<a href="{escape(url)}">{words.unsubscribe}</a>'
    return _FOOTER.format("<br>\n".join(map(escape, lines)), f"{words.no_more}: {link}")
