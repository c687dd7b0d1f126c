"""Answers that no person wrote (RFC 3834), and the day on which the person is back."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32, default

from aicmo_dagster.mail.replies.text import words

_SUBJECT = re.compile(
    r"^(?:re:|aw:|sv:)?\s*\W{0,2}(?:auto(?:matic|matische)?[- ]?(?:reply|response|antwort|antwoord)|autoreply|"
    r"out of (?:the )?office|ooo\b|away from (?:the )?office|abwesenheit|abwesend|automatische antwort|"
    r"automatisch antwoord|afwezig|réponse automatique|absence du bureau|message d'absence|"
    r"respuesta automática|fuera de (?:la )?oficina|risposta automatica|fuori (?:sede|ufficio)|assen(?:te|za)|"
    r"ausente\b|resposta automática|fora do escritório|ausência)",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"out of (?:the )?office|\b(?:am|was|be|be[ei]n) away\b|"
    r"on (?:annual |parental |maternity )?(?:leave|vacation|holiday)|"
    r"away from|"
    r"limited access to (?:my )?e-?mail|nicht im (?:büro|haus)|im urlaub|abwesend|en congés?|absente? (?:du|jusqu)|"
    r"en vacances|de vacaciones|fuera de la oficina|in ferie|fuori ufficio|assente|de férias|ausente|"
    r"met vakantie|op vakantie|afwezig|niet aanwezig",
    re.IGNORECASE,
)
_LEFT = re.compile(
    r"no longer (?:with|works?|working|employed)|has left (?:the company|us)|left the company|nicht mehr (?:für|bei|im)"
    r"|unternehmen verlassen|ne (?:fait|travaille) plus|a quitté|ya no trabaja|non lavora più|não trabalha mais|"
    r"werkt niet (?:meer|langer)",
    re.IGNORECASE,
)

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jän janvier enero gennaio janeiro januari",
            "february feb februar février fevrier febrero febbraio fevereiro februari",
            "march mar märz maerz mars marzo março marco maart",
            "april apr avril abril aprile",
            "may mai mayo maggio maio mei",
            "june jun juni juin junio giugno junho",
            "july jul juli juillet julio luglio julho",
            "august aug août aout agosto augustus",
            "september sep sept septembre septiembre settembre setembro",
            "october oct oktober okt octobre octubre ottobre outubro",
            "november nov novembre noviembre novembro",
            "december dec dezember dez décembre decembre diciembre dicembre dezembro",
        ),
        1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = (
    r"(?:(?P<iso>\d{4}-\d{2}-\d{2})|(?P<d1>\d{1,2})(?:st|nd|rd|th|er|º|\.)?\s*(?:of\s+|de\s+)?"
    rf"(?P<m1>{_MONTH})\b\.?(?:,?\s*(?:de\s+)?(?P<y1>\d{{4}}))?|(?P<m2>{_MONTH})\b\.?\s+(?P<d2>\d{{1,2}})(?!\d)(?:st|nd|rd|th)?"
    r"(?:,?\s+(?P<y2>\d{4}))?|(?P<a>\d{1,2})(?P<sep>[./-])(?P<b>\d{1,2})(?:(?P=sep)(?P<y3>\d{4}|\d{2}))?\.?)"
)
_DAY_NAME = r"(?:[^\W\d_]{2,12},?\s+)?(?:(?:the|den|dem|le|el|il|o|de|dia)\s+)?"
# The last day away: mail is welcome on the day after it.
_UNTIL = re.compile(
    r"(?:until|till|through|bis(?: einschließlich)?(?: zum)?|"
    r"jusqu['’]au|jusqu['’]à|hasta(?: el)?|fino al|até(?: o dia)?|"
    rf"t/m|tot(?: en met)?)\s+{_DAY_NAME}{_DATE}",
    re.IGNORECASE,
)
# The first day back.
_BACK = re.compile(
    r"(?:back(?: in the office)?|return(?:ing)?(?: to (?:the office|work))?|available(?: again)?|ab|"
    r"wieder(?: da| erreichbar)?"
    r"(?: ab)?|zurück|de retour|à partir du|reviens|vuelvo|volveré|regreso|a partir del|rientr\w+|tornerò|dal|volto|"
    rf"retorno|a partir de|terug|weer bereikbaar|vanaf)\s+(?:on|am|ab|le|el|il|em|op|vanaf)?\s*{_DAY_NAME}{_DATE}",
    re.IGNORECASE,
)
_LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class AutoReply:
    """`return_on`: the first day on which the person reads mail again, None where it is not said.

    `why` is away, left (the person does not work there any more) or automatic.
    """

    return_on: date | None
    why: str


def auto_reply(content: bytes, received_at: datetime) -> AutoReply | None:
    """None for what a person may have written. By the headers of RFC 3834 and their forerunners, else the subject."""
    try:
        message = message_from_bytes(content, policy=compat32)
        automatic = _is_automatic(message) or _SUBJECT.match(_subject(content)) is not None
    except (ValueError, LookupError, AttributeError, TypeError):
        return None
    if not automatic:
        return None
    text = words(content)[:20_000]
    if _LEFT.search(text):
        return AutoReply(None, "left")
    return_on = _return_on(text, received_at.date())
    away = return_on is not None or _AWAY.search(text) or _SUBJECT.match(_subject(content))
    return AutoReply(return_on, "away" if away else "automatic")


def _is_automatic(message: "Message[str, str]") -> bool:
    submitted = str(message.get("Auto-Submitted", "no")).split(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return True
    if any(message.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder")):
        return True
    if str(message.get("Precedence", "")).strip().lower() in ("auto_reply", "bulk", "junk"):
        return True
    return str(message.get("Return-Path", "")).strip() == "<>"


def _subject(content: bytes) -> str:
    raw = str(BytesHeaderParser(policy=default).parsebytes(content).get("Subject", ""))
    return raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip()


def _return_on(text: str, today: date) -> date | None:
    for found, extra in ((_BACK.search(text), 0), (_UNTIL.search(text), 1)):
        day = _date(found, today) if found else None
        if day is not None and today <= day + timedelta(days=extra) <= today + _LONGEST:
            return day + timedelta(days=extra)
    return None


def _date(found: "re.Match[str]", today: date) -> date | None:
    part = found.groupdict()
    try:
        if part["iso"]:
            return date.fromisoformat(part["iso"])
        if part["a"]:
            a, b = int(part["a"]), int(part["b"])
            # 03/04 may be either: with dots it is the day first, and so it is where only that can be.
            pairs = [(a, b)] if part["sep"] == "." or a > 12 else [(b, a)] if b > 12 else [(a, b), (b, a)]
            days = [one for day, month in pairs if (one := _in_year(day, month, part["y3"], today))]
            return days[0] if len(days) == 1 else None
        day, month, year = (
            (part["d1"], part["m1"], part["y1"]) if part["d1"] else (part["d2"], part["m2"], part["y2"])
        )
        return _in_year(int(day), _MONTHS[month.lower()], year, today)
    except ValueError:
        return None


def _in_year(day: int, month: int, year: str | None, today: date) -> date | None:
    try:
        if year:
            return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
        this = date(today.year, month, day)
        return this if this >= today - timedelta(days=30) else date(today.year + 1, month, day)
    except ValueError:
        return None
