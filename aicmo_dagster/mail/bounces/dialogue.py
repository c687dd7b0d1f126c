"""What the SMTP dialogue (RFC 5321) behind a failure tells beyond its words.

Who is refused before any recipient has been named (4.1.4: greeting, EHLO, MAIL, then RCPT) is refused as a sender,
whatever words and codes the refusal uses: 'No such domain' after MAIL FROM is about our own domain.
"""

import re

from aicmo_dagster.mail.bounces import words
from aicmo_dagster.mail.bounces.classes import ENHANCED
from aicmo_dagster.mail.bounces.report import Kind

_MOST_CHARACTERS = 6000

_EARLY = re.compile(
    # Postfix, Exim, GMX, DragonFly, qmail, Exchange
    r"in reply to (?:mail from|helo|ehlo|lhlo|starttls|auth)\b|"
    r"(?:error|reply|response) from (?:the )?(?:remote )?(?:mail )?(?:server|mailer) (?:after|in reply to|for) "
    r"(?:pipelined )?(?:mail from|helo|ehlo|initial connection|sending connection|starttls)\b|"
    r"refused to talk to me|did not like our (?:mail from|helo|ehlo)|"
    r"but (?:sender was rejected|greeting failed|my name was rejected)",
    re.IGNORECASE,
)
_COMMAND = re.compile(
    r"^[ \t]*>>>[ \t]*([a-z]{4})\b.*\n(?:[ \t]*<<<[ \t]*[23]\d\d.*\n){0,20}[ \t]*<<<[ \t]*5\d\d",
    re.IGNORECASE | re.MULTILINE,
)
"""A command of Sendmail's transcript and the refusal that answers it."""
_AT_RECIPIENT = re.compile(
    r"in reply to rcpt to|(?:after|for) (?:pipelined )?rcpt(?: to)?\b|does not like recipient|"
    r"did not like our rcpt to|\bin rcpt to\b",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"in reply to (?:data|end of data)|after (?:pipelined )?(?:data|end of data)|failed after i sent the message",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"user unknown|unknown user|no such (?:user|recipient|mailbox|address|person|account)|"
    r"\bnon-?existent (?:user|recipient|mailbox|account)|"
    r"(?:user|recipient|mailbox|account|address)(?: \S{1,80})? (?:does not|doesn't) exist|"
    r"(?:user|recipient|mail-?box|account)(?: \S{1,80})? (?:was |is )?not found|"
    r"no (?:such )?mail-?box (?:found|here|exists)"
)
_REPLY = re.compile(r"^\s*(?:\S{1,20};\s*)?([45]\d\d)(?=[ \-:]|$)")
_DERIVED = {"550": "5.1.1", "551": "5.1.6", "552": "5.2.2", "553": "5.1.3"}
"""What Sendmail writes as the status of a reply that had none (its default of EX_NOUSER and its kin)."""


def refused_as_sender(text: str) -> bool:
    """Whether the server refused for good before it was told the recipient."""
    text = text[:_MOST_CHARACTERS]
    joined = " ".join(text.split())
    if _AT_RECIPIENT.search(joined) or _AFTER.search(joined):
        return False
    commands = {match[1].lower() for match in _COMMAND.finditer(text)}
    if commands:
        return not commands - {"mail", "helo", "ehlo", "lhlo"}
    return bool(_EARLY.search(joined))


def blamed(kind: Kind, said: str, notice: str) -> Kind:
    """The class of a failure, corrected by the step of the dialogue at which it came.

    `said` is what was said of this recipient, `notice` the text around it, empty if it speaks of others as well.
    """
    text = f"{said}\n{notice}"
    if kind == "soft" and _AT_RECIPIENT.search(" ".join(text[:_MOST_CHARACTERS].split())):
        return "hard" if _unknown_by_policy(said or notice) else kind
    plain = " ".join(text[:_MOST_CHARACTERS].lower().split())
    if kind == "hard" and _AFTER.search(plain):
        # Whoever took the mail's whole text for the recipient does not say of his own domain that there is none.
        about_us = words.NO_DOMAIN.search(plain) and not (
            words.UNKNOWN.search(plain) or words.DISABLED.search(plain)
        )
        return "sender" if about_us else kind
    if kind not in ("hard", "soft") or not refused_as_sender(text):
        return kind
    passing = words.PASSING.search(plain) or words.FULL.search(plain)
    lasting = re.search(r"(?<![\d.])(?:5\d\d|5\.\d{1,3}\.\d{1,3})(?![\d.])", plain)
    return "sender" if kind == "hard" or (lasting and not passing) else kind


def _unknown_by_policy(said: str) -> bool:
    """'554 5.7.1 <...>: Recipient address rejected: no such user' in answer to RCPT.

    Postfix and its kin say 5.7.1 for whatever a table refuses; at this step, and with words that leave no doubt, it is
    the recipient.
    """
    plain = " ".join(said[:_MOST_CHARACTERS].lower().split())
    codes = {match[0] for match in ENHANCED.finditer(plain)}
    if codes != {"5.7.1"} or not re.search(r"(?<!\d)55[0134][ \-]", plain) or not _NOBODY.search(plain):
        return False
    others = (words.SENDER, words.CONTENT, words.FULL, words.PASSING, words.DISABLED)
    return not any(one.search(plain) for one in others)


def is_derived(status: str | None, diagnostic: str) -> bool:
    """Whether a status repeats but the number of the reply, so that only the reply's words say what it meant.

    'Diagnostic-Code: smtp; 550 Go away' becomes 5.1.1 at such a server: no word of a dead mailbox was ever said.
    """
    reply = _REPLY.match(diagnostic)
    worded = reply is not None and re.search(r"[^\W\d_]{3}", diagnostic[reply.end() :])
    return bool(worded and reply and _DERIVED.get(reply[1]) == status and not ENHANCED.search(diagnostic))
