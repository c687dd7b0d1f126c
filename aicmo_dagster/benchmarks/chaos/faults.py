"""What a mail server can do wrong, stage by stage, and what may become of the mail that it happens to.

The second is written down from RFC 5321 and the campaign's rules, not taken from the program: what may come again is
`refused_temporary`, a server that distrusts us is a `sender_fault`, `refused_permanent` is for this mail alone, a
body whose end nobody knows is `uncertain`. `invited` is a mail that goes on, over another connection where this one has
ended; `again` one that a later connection decides.
"""

from dataclasses import dataclass

SET_UP = ("connection", "EHLO", "STARTTLS", "handshake", "AUTH")
ENVELOPE = ("MAIL", "RCPT", "DATA")
CONTENT = ("body", "dot")
BEHIND = "behind the mail"
STAGES = (*SET_UP, *ENVELOPE, *CONTENT, BEHIND)


@dataclass(frozen=True)
class Fault:
    """`act` at a stage, with the bytes `text`; `expected` are the outcomes that are right."""

    stage: str
    name: str
    act: str
    expected: frozenset[str]
    text: bytes = b""


_LATER = frozenset({"refused_temporary"})
_OURS = frozenset({"sender_fault"})
_NEVER = frozenset({"refused_permanent"})
_ANOTHER = frozenset({"refused_temporary", "invited", "again"})
"""The connection is lost before the content: the next one decides, if there was a mail before this on it."""

_DOUBT = frozenset({"uncertain"})
_SENT = frozenset({"sent"})
_CODES_4 = (450, 451, 452, 454)
_CODES_5 = (550, 552, 553, 554, 571)
_GARBAGE = (b"what?\r\n", b"\x00\xff\xfe\r\n", b"2\r\n", b"25O ok\r\n", b"999 ok\r\n", b"\r\n")


def _faults() -> list[Fault]:
    found = []
    for stage in (*SET_UP, *ENVELOPE, "dot"):
        if stage != "handshake":
            found += _refusals(stage) + _disorders(stage)
    return found + _SPECIAL


def _refusals(stage: str) -> list[Fault]:
    """The server says no."""
    lost = _ANOTHER if stage in ENVELOPE else _LATER
    found = [Fault(stage, "answers 421", "refuse", lost, b"421 4.3.2 going down\r\n")]
    found += [Fault(stage, "answers 4xx", "refuse", _LATER, b"%d later\r\n" % code) for code in _CODES_4]
    for code in _CODES_5:
        if stage in SET_UP:
            # Without EHLO there are no extensions, but a mail may leave where none is needed.
            expected = _OURS | {"invited"} if stage == "EHLO" else _OURS
        elif stage == "MAIL":
            expected = _NEVER if code == 552 else _OURS
        elif stage == "RCPT":
            expected = _NEVER if code in (550, 553) else _LATER
        else:
            expected = _NEVER
        name = "answers 5xx: our fault" if expected & _OURS else "answers 5xx: for good"
        name = "answers 5xx: not for good" if expected == _LATER else name
        found.append(Fault(stage, name, "refuse", expected, b"%d no\r\n" % code))
    return found


def _disorders(stage: str) -> list[Fault]:
    """The server says nothing, or nothing that is an answer, or more than one."""
    lost = _LATER if stage in SET_UP else _ANOTHER
    fine = frozenset({"invited", "again"})
    glued = lost
    if stage == "dot":
        lost, fine, glued = _DOUBT, _SENT, _SENT
    return [
        Fault(stage, "stalls", "stall", lost),
        Fault(stage, "drops the connection", "drop", lost),
        *(Fault(stage, "answers garbage", "raw", lost, text) for text in _GARBAGE),
        Fault(
            stage,
            "answers something else",
            "raw",
            lost,
            b"354 go on\r\n" if stage != "DATA" else b"250 ok\r\n",
        ),
        Fault(stage, "answers an endless line", "raw", lost, b"250 " + b"x" * 20_000 + b"\r\n"),
        Fault(stage, "answers endless lines", "raw", lost, b"250-and\r\n" * 20_000),
        Fault(stage, "answers half and stalls", "half", lost),
        Fault(stage, "answers twice at once", "twice", glued),
        Fault(stage, "answers byte by byte", "bytes", fine),
        Fault(stage, "answers over many lines", "lines", fine),
        Fault(stage, "answers slowly", "slow", fine),
    ]


_SPECIAL = [
    *(
        Fault("EHLO", f"offers no {name}", "without", frozenset({"invited", "again"}), name.encode())
        for name in ("PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8")
    ),
    Fault("EHLO", "offers no STARTTLS", "without", _OURS, b"STARTTLS"),
    Fault("EHLO", "offers no AUTH", "without", _OURS, b"AUTH"),
    Fault("EHLO", "forgets what is pipelined", "deaf", _LATER),
    Fault("STARTTLS", "says more in clear text", "raw", _LATER, b"220 go on\r\n250 injected\r\n"),
    Fault("handshake", "wrong certificate", "stranger", _OURS),
    Fault("handshake", "drops the connection", "drop", _LATER),
    Fault("handshake", "stalls", "stall", _LATER),
    Fault("handshake", "goes on in clear text", "raw", _LATER | _OURS, b"250 ok\r\n"),
    Fault("AUTH", "asks for nothing readable", "raw", _LATER, b"334 a\r\n"),
    Fault("AUTH", "wrong password", "refuse", _OURS, b"535 5.7.8 no\r\n"),
    Fault("RCPT", "answers 550 5.1.1", "refuse", _NEVER, b"550 5.1.1 no such user\r\n"),
    Fault("RCPT", "answers 552 5.2.2", "refuse", _LATER, b"552 5.2.2 full\r\n"),
    Fault("RCPT", "answers 550 5.7.1", "refuse", _OURS, b"550 5.7.1 we do not like you\r\n"),
    Fault("dot", "answers 554 5.7.1", "refuse", _OURS, b"554 5.7.1 we do not like this\r\n"),
    Fault("dot", "takes the mail and drops the connection", "taken, drop", _DOUBT),
    Fault("dot", "stalls and takes the mail", "taken, stall", _DOUBT),
    Fault("dot", "takes the mail and answers garbage", "taken, raw", _DOUBT, b"what?\r\n"),
    Fault("body", "drops the connection behind 354", "drop", _DOUBT | _LATER),
    Fault("body", "drops the connection within", "drop within", _DOUBT),
    Fault("body", "stops reading", "stall", _DOUBT),
    Fault("body", "answers 452 within and drops", "early", _DOUBT | _LATER, b"452 4.3.1 full\r\n"),
    Fault(BEHIND, "drops the connection", "drop", _ANOTHER),
    Fault(BEHIND, "says 421 and drops", "refuse", _ANOTHER, b"421 4.3.2 going down\r\n"),
]

FAULTS = _faults()
GONE = Fault("connection", "is gone for a while", "drop", _LATER)
HARMLESS = ("bytes", "lines", "slow")
