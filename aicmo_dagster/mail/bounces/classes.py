"""Who or what is to blame for a failure: from the enhanced status (RFC 3463) and the words beside it.

A wrong "hard" silences a living lead for good, so hard needs evidence of a dead mailbox or domain, no evidence of
anything else, and no word of coming again. Where status and words disagree, it is not hard.
"""

import re
from dataclasses import dataclass

from aicmo_dagster.mail.bounces import words
from aicmo_dagster.mail.bounces.report import Kind

_MOST_CHARACTERS = 3000

ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_REPLY = re.compile(
    r"(?:(?<![\d.:-])|(?<= :))([45]\d\d)(?=[ \-:,)\]\"]|$)(?! ?(?:kb|mb|bytes|byte|seconds|hours|days|minutes|times))"
)
_NOISE = re.compile(
    r"https?://([^\s/?#:@]{1,100})\S*|\b\S{1,100}@\S{1,200}|\[[\d.:a-f]{3,45}\]|\b(?:\d{1,3}\.){3}\d{1,3}\b"
)

_STATUS: dict[str, Kind] = {
    "1.1": "hard", "1.2": "hard", "1.3": "hard", "1.6": "hard", "1.10": "hard",
    "1.7": "sender", "1.8": "sender",
    "2.1": "hard", "2.2": "soft", "2.3": "content", "2.4": "soft",
    "3.4": "content",
    "6.0": "content", "6.1": "content", "6.2": "content", "6.3": "content", "6.5": "content", "6.6": "content",
    "6.7": "content", "6.8": "content", "6.9": "content",
}  # fmt: skip
"""X.<subject>.<detail> of a permanent failure -> class; 7.x is the sender's, all others leave it to the words."""


@dataclass(frozen=True)
class _Evidence:
    dead: bool
    full: bool
    sender: bool
    content: bool
    passing: bool


def classify(status: str | None, diagnostic: str, notice: str = "") -> Kind:
    """The class of a failure that the server gave up on.

    `diagnostic` is what was said of this recipient; `notice`, the whole text around it, is asked only where that and
    the status say nothing. Never "transient": that is for mails still on their way.
    """
    kind = _judged(status, diagnostic)
    if kind is None and notice:
        kind = _judged(status, notice)
    return kind or "soft"


def enhanced(status: str | None, diagnostic: str) -> str | None:
    """The status that says most: a specific one in the words beats a general one of the field (5.0.0)."""
    given = ENHANCED.search(status or "")
    said = [match for match in ENHANCED.finditer(_plain(diagnostic)) if match[1] in "45"]
    if given and not _vague(given):
        return given[0]
    best = next((match for match in said if not _vague(match)), None)
    best = best or given or next(iter(said), None)
    return best[0] if best else None


def _judged(status: str | None, text: str) -> Kind | None:
    plain = _plain(text)
    code = enhanced(status, text)
    by_status = _of_status(code)
    reply = _REPLY.search(plain)
    lasting = code[0] == "5" if code else reply[1][0] == "5" if reply else None
    seen = _evidence(plain)
    said = {match[0] for match in ENHANCED.finditer(plain) if not _vague(match)}
    disagreed = (
        len({_of_status(one) for one in said | ({code} if code and by_status else set())} - {None}) > 1
    )

    if seen.full:
        return "soft"
    if seen.dead and not (seen.sender or seen.content or seen.passing):
        if lasting is False or (reply and reply[1][0] == "4") or disagreed:
            return "soft"
        return "hard" if by_status in ("hard", None) else "soft"
    if seen.dead and by_status == "hard" and not disagreed:
        # A server's refusal with the code for a dead address often says more: whom to ask, how to try again.
        return (
            "hard"
            if _DEAD_BEYOND_DOUBT.search(plain) and lasting and not (seen.sender or seen.content)
            else "soft"
        )
    if seen.content and by_status != "hard":
        return "content" if not seen.sender or by_status == "content" else "sender"
    if seen.sender:
        return "sender" if by_status != "hard" else "soft"
    if by_status == "hard":
        # 521 and 571 refuse the server or the message, whatever enhanced code stands beside them.
        refused = reply is not None and reply[1] in ("521", "571")
        return "hard" if lasting and not (seen.passing or seen.content or disagreed or refused) else "soft"
    if by_status:
        return by_status if lasting or by_status == "soft" else "soft"
    if seen.passing or lasting is False:
        return "soft"
    if reply and reply[1] in ("550", "551", "553") and _UNAVAILABLE.search(plain):
        return "hard"
    return "soft" if code and not _vague_code(code) else None


_DEAD_BEYOND_DOUBT = re.compile(
    r"user unknown|unknown user|no such (?:user|recipient|mailbox|person)|does not exist|doesn't exist|"
    r"recipient not found|recipnotfound|not found by smtp address lookup"
)
_UNAVAILABLE = re.compile(
    r"mailbox (?:\S{1,80} )?(?:is )?(?:unavailable|not available)|not (?:a )?local|invalid recipient|no mailbox"
)


def _of_status(code: str | None) -> Kind | None:
    if code is None or code[0] == "2":
        return None
    if code[0] == "4":
        return "soft"
    subject = code[2:]
    if subject.startswith("7."):
        return "sender"
    if subject.startswith("4."):
        # 5.4.4: no route, dead if the words say that there is no such domain. 5.4.1 with "Recipient address rejected:
        # Access denied" is how Exchange Online refuses an unknown mailbox at its edge.
        return None if subject in ("4.4", "4.1") else "soft"
    return _STATUS.get(subject)


def _vague(match: re.Match[str]) -> bool:
    return _vague_code(match[0])


def _vague_code(code: str) -> bool:
    """Codes that servers give where they know no better; the words decide."""
    return code[2:] in ("0.0", "1.0", "2.0", "3.0", "5.0", "5.1", "5.2", "5.4", "4.0", "4.4", "1.5")


def _evidence(plain: str) -> _Evidence:
    return _Evidence(
        dead=bool(
            words.UNKNOWN.search(plain) or words.NO_DOMAIN.search(plain) or words.DISABLED.search(plain)
        ),
        full=bool(words.FULL.search(words.SENDING_QUOTA.sub("x", plain))),
        sender=bool(words.SENDER.search(plain)),
        content=bool(words.CONTENT.search(plain)),
        passing=bool(words.PASSING.search(plain)),
    )


def _plain(text: str) -> str:
    """Lower case, single blanks, without addresses and IP numbers, whose letters mean nothing; of a link its host."""
    text = " ".join(text[: 2 * _MOST_CHARACTERS].lower().replace("’", "'").split())[:_MOST_CHARACTERS]
    return " ".join(_NOISE.sub(lambda match: f" {match[1] or 'x'} ", text).split())
