"""The failed recipients in the prose of a bounce that has no machine-readable part.

Servers differ in their words, not in their habits: the address stands at the beginning of a line, or after a label,
or in the sentence that says what failed, or in the SMTP reply that is quoted. The rules go by these habits, in this
order; the first that finds an address decides.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from aicmo_dagster.mail.bounces.addresses import IN_TEXT, ROLES, in_text

_MOST_RECIPIENTS = 500
_BLOCK_LINES = 14

FAILURE = re.compile(
    r"undeliver|not (?:be )?deliver|non-?deliver|delivery (?:has |to .{0,80})?(?:fail|problem|status|error|"
    r"was aborted)|deliver\w* .{0,80}fail|fail\w* .{0,60}deliver|"
    r"failure (?:notice|delivery)|(?:mail|message|e-?mail) .{0,80}(?:fail|return|bounce|reject|not .{0,20}(?:sent|"
    r"deliver|reach|accept|receive))|"
    r"(?:could|can|was|were|has|have|did|is) ?(?:not|n't) .{0,60}(?:deliver|reach|receive|sent|send|route|process|"
    r"accept|found|complete|forward)|"
    r"\bfailed\b|unable to (?:\w+ ){0,2}(?:deliver|send|relay|process|route|forward|find)|(?:fatal|"
    r"permanent) error|returned (?:mail|to|message|e-?mail)|rejected|bounced?\b|"
    r"(?:wasn't|isn't|weren't|couldn't|didn't|can't|cannot) .{0,60}(?:deliver|find|found|reach|send|sent|receive|"
    r"accept)|"
    r"delivery (?:failure|delayed|incomplete|attempt)|mail (?:delivery|error|system error)|unknown (?:user|"
    r"recipient|address|host)|(?:user|recipient) unknown|no such user|"
    r"mail ?box .{0,60}(?:full|unavailable|exceed)|quota|did not exactly match|encountered .{0,20}problem|"
    r"unzustellbar|nicht (?:\w+ ){0,3}(?:zugestellt|zustell|ausgeliefert|übermittelt|gesendet)|"
    r"konnte(?:n)? .{0,80}nicht|fehlgeschlagen|zustell\w*fehler|nicht zustellbar|"
    r"n['’ ](?:a|ont) pas (?:pu|été)|non (?:remis|distribu|délivr)|échec|echec|impossible (?:de|d')|impossibilité|"
    r"no (?:se )?(?:ha |han )?(?:podido|pudo|pudieron|puede|fue|entregad)|no entregad|devuelto|error (?:de|en|"
    r"al) (?:la )?(?:entrega|envi)|"
    r"impossibile|non (?:è|e'|sono) stat\w|non (?:può|recapitat|consegnat)|mancat\w (?:recapito|consegna)|"
    r"não (?:pôde|foi|pode|entregue)|nao (?:pode|foi)|falha|devolvid|"
    r"niet (?:\w+ ){0,3}(?:bezorgd|afgeleverd|worden)|onbestelbaar|kunde inte|kunne ikke|ei voitu|nie (?:mógł|"
    r"można|został|dostarcz)|nedoručit|не (?:может|удалось|был|доставлен)|недоставлен|"
    r"配信(?:でき|不能|され|エラー|に失敗)|届き?ませ|届かな|送信(?:でき|エラー|に失敗)|送れません|エラーメール|エラー通知|メールエラー|お届けできません|戻り|"
    r"退信|投递失败|投遞失敗|无法投递|無法投遞|无法送达|無法送達|发送失败|未能送达|无法发送|系统退信|"
    r"被退回|전달(?:되지|할 수)|발송.{0,6}실패|반송",
    re.IGNORECASE,
)
"""That something was not delivered, in the languages of the common servers."""

_ARRIVED = re.compile(
    r"success|(?:has|have|was|were) (?:been )?(?:successfully )?(?:delivered|relayed|forwarded) (?:to|for)|"
    r"message received by|"
    r"erfolgreich|remis avec succès|entregado correctamente",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"contact|assist|question|help\b|report|(?:send|write|forward) (?:\w+ ){0,3}to:?\s*$|(?:please|"
    r"to) (?:re)?send|please (?:reply|send|mail|e-?mail|write|forward)|"
    r"reply to|notify|for (?:further|more|additional)|support|problem report|if you (?:feel|believe|think|have)|"
    r"try (?:e-?mail|send)ing|instead|"
    r"kontakt|wenden|rückfragen|fragen|nous contacter|contactez|adressez-vous|póngase|contacte|contattare|rivolg|"
    r"entre em contato|neem .{0,20}contact|обратитесь|"
    r"お問い?合わせ|連絡|联系|聯繫|聯絡|administrator",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"(?:^|[\s(<])(?:mail )?from[:=]?\s*:?\s*[\"'<(]*$|(?:sender|absender|from|expéditeur|remitente|mittente|"
    r"remetente|afzender|reply-to|return-path|von|de|envelope-from|"
    r"差出人|送信者|发件人|寄件者|寄件人|отправитель)\s?(?:address|adresse)?[\"']?\s*[:=：]\s*[\"'<(\[]*(?:smtp:)?$|(?:mails?|"
    r"messages?|e-?mails?|sent|received|connection) (?:\w+ )?(?:from|by)\s+[\"'<(]*$|"
    r"on behalf of\s*[\"'<(]*$|message-id:?\s*<?$|references:\s*<?$|\bid[:=\s]+<?$",
    re.IGNORECASE,
)
_TO = re.compile(r"^[\s>*|-]*(?:to|an|à|a|para|aan|кому|宛先|收件人|cc)\s?[:：]\s*", re.IGNORECASE)
_BULLET = r"[\s>*•·–—|#\"'(\[«-]{0,12}"
_FIRST = re.compile(
    rf"^{_BULLET}(?:\d{{1,2}}[.)]\s+)?(<)?(?:smtp:|mailto:|rfc822;\s?|RFC822:)?$", re.IGNORECASE
)
_LABEL = re.compile(
    r"^[^@:]{0,60}?\b(?:recipients?|rcpt|addressees?|addresse?(?:es)?|user(?:'s mailbox is full| ?name)?|"
    r"mailbox(?: is full)?|userid|error-for|undeliverable(?: to)?|"
    r"unknown user|no such user|attempts|failed|failure|delivered to|sent to|intended for|addressed to|receiver|"
    r"account|to the following|original to|delivery (?:to|for)|"
    r"empfänger\w*|empfaenger\w*|e-?mail-?adress\w*|adressat\w*|destinataires?|destinatari[oa]s?|"
    r"destinatári[oa]s?|dirección|indirizzo|endereço|ontvanger\w*|"
    r"geadresseerde\w*|mottagare|modtager|mottaker|odbiorc\w+|adresat\w*|получател\w+|адресат\w*|"
    r"адрес\w*)(?: (?:address|is|was|email|name|the))?(?:\(s\)|\(es\))?\s*"
    r"[:：=>]+[\s\"'<(\[]*(?:smtp:|rfc822;\s?|mailto:)?$|(?:收件人|收信人|收件地址|收件者|邮件地址|邮箱地址|宛先|送信先|受信者|宛てのメール|メールアドレス|"
    r"수신자|받는 사람)[^@]{0,20}$|"
    r"\boriginally addressed to\s+[\"'<(]*$|^\W*(?:undeliverable to|recipient|user|invalid address|bad address|"
    r"unknown (?:user|recipient|address)|mailbox)\s+[\"'<(]*$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"^>?[\"')\]]{0,2}(?:\s*$|[\s>]*[:;,.(\[=]|\s*\.\.\.|\s+-+\s|\s+on\s+\w{3},?\s|\s{2,}|\t)"
)
_ALIAS = re.compile(r"(?:expanded|generated|forwarded|aliased) from:?\s*[\"'<(]*$", re.IGNORECASE)
_REPLY_LINE = re.compile(
    r"(?:^|[\s<>:\"'(])[45]\d\d[ \-](?:[45]\.\d{1,3}\.\d{1,3})?|^\W*(?:>>>|<<<)?\s*rcpt to|rcpt to:",
    re.IGNORECASE,
)
_NEXT = re.compile(r"^\s*(?:>>>|(?:\.\.\. ?)?while (?:talking|connected) to\b)", re.IGNORECASE)


@dataclass
class Found:
    """A recipient and what the notice says of it."""

    recipient: str
    said: str


def read_notice(text: str, ours: Collection[str], written_to: Collection[str]) -> list[Found]:
    """The failed recipients in the order of the text, each once.

    `ours` are the sender's own addresses and the server's, `written_to` the recipients of the returned mail, all in
    lower case. An address we wrote to is a recipient even where it looks like the server's own.
    """
    lines = text.split("\n")
    rules: dict[str, list[tuple[int, str]]] = {
        "begins": [],
        "labelled": [],
        "sentence": [],
        "reply": [],
        "to": [],
        "own": [],
    }
    arrived = False
    earlier = ""
    for at, line in enumerate(lines):
        bare = line.strip()
        if not bare:
            continue
        if "@" not in bare:
            if bare.endswith((":", "-", "=", "*")) or bare[0] in "-=*":
                arrived = bool(_ARRIVED.search(bare)) and not FAILURE.search(bare)
            earlier = bare
            continue
        for address, start, end in in_text(line):
            rule = _rule(lines, at, line[:start], line[end:], earlier)
            known = address.lower() in written_to
            if arrived or rule is None:
                continue
            if not known and (address.lower() in ours or ROLES.match(address)):
                # Whoever writes to himself is told so only in this unmistakable form.
                if not line[end:].startswith(">:") or line[:start].strip() != "<":
                    continue
                rule = "own"
            rules[rule].append((at, address))
        earlier = bare
    chosen = next((found for found in _joined(rules) if found), [])
    first = _each_once(chosen)[:_MOST_RECIPIENTS]
    if not first:
        return []
    ends = [at for at, _ in first[1:]] + [len(lines)]
    return [
        Found(address, "\n".join(lines[at : _block_end(lines, at, min(end, at + _BLOCK_LINES))]))
        for (at, address), end in zip(first, ends, strict=True)
    ]


def _block_end(lines: list[str], at: int, most: int) -> int:
    """Where what is said of the address in a line ends: a transcript goes on with the next command or server."""
    for below in range(at + 1, most):
        if _NEXT.match(lines[below]):
            return below
    return max(at + 1, most)


def _joined(rules: dict[str, list[tuple[int, str]]]) -> list[list[tuple[int, str]]]:
    sentences = rules["sentence"]
    # Prose may name others further on, so only the first sentence with an address is believed.
    nearest = [(at, address) for at, address in sentences if at - sentences[0][0] <= 1]
    return [
        sorted(rules["begins"] + rules["labelled"]),
        sorted(nearest + rules["reply"]),
        rules["to"],
        rules["own"],
    ]


def _rule(lines: list[str], at: int, before: str, after: str, earlier: str) -> str | None:
    """By which habit this address is a recipient; None if it is somebody else."""
    if _ALIAS.search(before[-60:]):
        return "begins"
    if _FROM.search(before[-80:]) or after.startswith(("@", "/")):
        return None
    first = _FIRST.match(before)
    if first and first[1] and after.startswith(">:"):
        return "begins"
    wrapped = first and at > 0 and (lines[at - 1].strip() or earlier.endswith(":"))
    if _CONTACT.search(before[-160:]) or (
        wrapped and _CONTACT.search(earlier[-160:]) and not FAILURE.search(earlier)
    ):
        return None
    if first:
        blank = at == 0 or not lines[at - 1].strip() or bool(IN_TEXT.search(lines[at - 1]))
        if first[1] or _AFTER.match(after) or blank or earlier.endswith((":", "-", "=", "*")):
            return "begins"
    if _TO.match(before) and len(before) < 60:
        return "to"
    if _REPLY_LINE.search(before[-200:]):
        return "reply"
    if len(before) < 120 and _LABEL.search(before):
        return "labelled"
    around = " ".join((earlier[-200:], before[-200:], after[:200]))
    if FAILURE.search(around):
        return "sentence"
    following = lines[at + 1].strip()[:200] if at + 1 < len(lines) else ""
    return "sentence" if FAILURE.search(following) else None


def _each_once(found: list[tuple[int, str]]) -> list[tuple[int, str]]:
    seen: dict[str, tuple[int, str]] = {}
    for at, address in found:
        seen.setdefault(address.lower(), (at, address))
    return sorted(seen.values())
