"""Whether a message is a mail system speaking, not a person or an absence notice."""

import re

from aicmo_dagster.mail.bounces.notice import FAILURE
from aicmo_dagster.mail.bounces.parts import Part

_SYSTEM = re.compile(
    r"mailer-?daemon|post[-_]?master|mail ?daemon|mail[- .]?deliver|delivery[- .]?(?:sub)?system|"
    r"mail (?:administrator|system|service)|system administrator|smtp|bounce|\bndr\b|mta\b|virus|antispam|"
    r"mail-?server|gateway|daemon|undeliver|microsoft (?:exchange|outlook)|imss|mail[_ ]error",
    re.IGNORECASE,
)
_ABSENCE = re.compile(
    r"out of (?:the )?office|auto(?:matic|mated)?[- ]?(?:reply|response|antwort)|autoreply|vacation|abwesen|"
    r"absen(?:ce|t)|ausencia|assenza|ausência|fuera de|afwezig|自動返信|自动回复|自動回覆|автоответ|away from|"
    r"on (?:leave|holiday)|réponse automatique|respuesta automática|risposta automatica|resposta automática",
    re.IGNORECASE,
)
_PERSONAL = re.compile(
    r"^\s*(?:re|aw|fwd?|wg|sv|vs|antw|rif|tr|res|odp|ynt|rv|enc|doorst|回复|答复|回覆|转发|轉寄)\s*(?:\[\d+\])?\s*[:：]",
    re.IGNORECASE,
)
_HELD = re.compile(
    r"(?:message|mail|e-?mail)(?: \S{1,40}){0,6} (?:(?:is|was|has been|will be) (?:being )?)?held\b|"
    r"(?:to )?(?:release|deliver|approve) (?:your|this|the) (?:message|mail|e-?mail)[^.]{0,80}(?:reply|click|visit|"
    r"send an? (?:empty|blank))|awaiting (?:moderat|approv|confirm)|"
    r"(?:requires?|request\w*|need\w*) (?:\w+ ){0,4}(?:verif|confirm)\w*|(?:confirmation|verification) request|"
    r"(?:please|simply) (?:reply|click|confirm|verify)[^.]{0,80}(?:confirm|verify|deliver|human)|challenge.response",
    re.IGNORECASE,
)


def reports_failure(message: Part, notice: str, ours_came_back: bool = False) -> bool:
    """True where sender, subject and words together speak of a failed delivery.

    `ours_came_back`: the message goes to whoever wrote the mail in it, headers and all.
    """
    subject = message.get("subject")
    kind = message.get("content-type").lower()
    if "feedback-report" in kind or _absent(subject):
        return False
    words = bool(FAILURE.search(notice[:6000]))
    told = bool(FAILURE.search(subject)) and not _PERSONAL.match(subject)
    if message.get("x-failed-recipients"):
        return True
    if "multipart/report" in kind or _is_system(message):
        return words or told
    if _PERSONAL.match(subject) and not _verdict(subject):
        return False
    if message.get("list-unsubscribe"):
        # A newsletter that speaks of bounces; mail systems have no subscribers.
        return False
    if ours_came_back:
        # Who answers by machine to have us confirm that we are human keeps the mail and sends it back, too.
        return words and (told or not _HELD.search(notice[:6000]))
    # An unknown sender: somebody who answers our mail refers to it, a mail system seldom does.
    answers = message.get("in-reply-to") or message.get("references")
    return words and (told or _verdict(subject)) and not answers


def _is_system(message: Part) -> bool:
    """By its name and local part: domains of newsletters have such names as well. No sender at all is a system."""
    return any(
        not sender.strip(" <>") or _SYSTEM.search(sender.rsplit("@", 1)[0])
        for sender in message.all("from")[:1] or [""]
    )


def _absent(subject: str) -> bool:
    """An absence notice; not a failed mail whose own subject speaks of holidays."""
    absence, failure = _ABSENCE.search(subject), FAILURE.search(subject)
    return bool(absence and (failure is None or absence.start() < failure.start()))


def _verdict(subject: str) -> bool:
    """A subject that repeats ours and adds the outcome behind it: 'RE: Your offer : non remis'."""
    head, colon, outcome = _PERSONAL.sub("", subject).rpartition(": ")
    return bool(head and colon and len(outcome) < 40 and FAILURE.search(outcome))
