"""Sending by SMTP (RFC 5321), so that a crash at any moment can never cause a second mail.

1. Connect when the first mail comes, secure the connection, log in; keep it for the mails that follow.
2. MAIL, RCPT, DATA. A refusal up to here leaves no trace in the ledger but its reason.
3. The server's 354 is an invitation. Now `commit` writes `sending` into the ledger, every guard re-checked.
   If it says no, the connection is dropped: without the final dot the server has nothing (4.1.1.4).
4. The body and its dot. If the reply is lost, the outcome is `uncertain`, and nobody tries again.
"""

import binascii
import contextlib
import os
import re
import smtplib
import socket
import ssl

from aicmo_dagster.campaign.sending import Smtp
from aicmo_dagster.errors import MailError
from aicmo_dagster.mail import failpoint
from aicmo_dagster.mail.compose import is_address
from aicmo_dagster.mail.outcome import Kind, Letter, Outcome, Transport
from aicmo_dagster.mail.session import Session, TlsSession

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
# Refusals that some servers give as plain 550 although they are about us; field practice.
_ABOUT_US = re.compile(
    r"spf|dkim|dmarc|spam|block|blacklist|deny|denied|reputation|policy|authenticat|relay|rbl\b|spamhaus",
    re.IGNORECASE,
)
_RECIPIENT_CODES = (550, 551, 553)
FINAL_TIMEOUT_S = 600.0
"""RFC 5321 4.5.3.2.6: whoever waits less after the dot makes duplicates or, here, uncertain mails."""

_GOODBYE_TIMEOUT_S = 5.0


class SmtpTransport(Transport):
    """Mails over one connection, which is opened when needed and again after it was lost."""

    def __init__(self, smtp: Smtp, final_timeout_s: float = FINAL_TIMEOUT_S) -> None:
        """Raises MailError when the environment lacks the password or `ca_file` cannot be read."""
        self._smtp = smtp
        self._final_timeout_s = max(smtp.timeout_s, final_timeout_s)
        self._session: Session | None = None
        self._invited = False
        self._password = os.environ.get(smtp.password_env, "")
        if smtp.username is not None and not self._password:
            raise MailError(
                f"no password for {smtp.username} at {smtp.host}: set the environment variable "
                f"{smtp.password_env}"
            )
        try:
            self._context = ssl.create_default_context(cafile=smtp.ca_file)
        except OSError as error:
            raise MailError(f"sending.senders: smtp.ca_file {smtp.ca_file}: {_reason(error)}") from None

    def exchange(
        self, started: Letter | None, following: Letter | None
    ) -> tuple[Outcome | None, Outcome | None]:
        """As `Transport.exchange`; where the server offers PIPELINING (RFC 2920), one round trip a mail."""
        for address in (following.envelope_from, following.recipient) if following else ():
            if not is_address(address):
                raise MailError(f"{address!r} is not an address that mail can be sent to")
        if started is None:
            refused = self._invite(following) if following else None
            self._invited = following is not None and refused is None
            return None, refused
        return self._body(started, following)

    def abandon(self) -> None:
        """Drop the connection: without the final dot the server has nothing (RFC 5321 4.1.1.4)."""
        self._drop()

    def close(self) -> None:
        """End the session politely, if there is one."""
        if self._session is not None:
            # Behind a 354 QUIT would be content, and nobody would answer it.
            if self._session.sock is not None and not self._invited:
                self._session.sock.settimeout(min(self._smtp.timeout_s, _GOODBYE_TIMEOUT_S))
                with contextlib.suppress(OSError):
                    self._session.quit()
            self._drop()

    def _open(self) -> Outcome | None:
        """Connect, secure, log in; an Outcome says why that failed."""
        smtp = self._smtp
        where = f"{smtp.host}:{smtp.port}"
        session: Session | None = None
        try:
            if smtp.security == "tls":
                session = TlsSession(smtp.host, smtp.port, timeout=smtp.timeout_s, context=self._context)
            else:
                session = Session(smtp.host, smtp.port, timeout=smtp.timeout_s)
            _greet(session)
            if smtp.security == "starttls":
                session.starttls(context=self._context)
                _greet(session)
            if smtp.username is not None:
                session.login(smtp.username, self._password)
        except smtplib.SMTPResponseException as error:
            refusal = _text(error.smtp_code, error.smtp_error)
            failed = _about_session(error.smtp_code, f"{where}: {refusal}")
        except (
            smtplib.SMTPServerDisconnected,
            ssl.SSLEOFError,
            ssl.SSLZeroReturnError,
            binascii.Error,
        ) as error:
            # The last one is a challenge that is none.
            failed = Outcome("refused_temporary", f"{where}: {_reason(error)}", session=True)
        except (smtplib.SMTPException, ssl.SSLError, UnicodeEncodeError) as error:
            # STARTTLS or AUTH is not offered, a certificate nobody trusts, a password outside ASCII.
            reason = "login needs ASCII" if isinstance(error, UnicodeEncodeError) else _reason(error)
            failed = Outcome("sender_fault", f"{where}: {reason}", session=True)
        except OSError as error:
            failed = Outcome("refused_temporary", f"cannot reach {where}: {_reason(error)}", session=True)
        else:
            self._session = session
            return None
        if session is not None:
            session.close()
        return failed

    def _invite(self, letter: Letter) -> Outcome | None:
        """The envelope alone, over a fresh connection where the one in use has ended."""
        reused = self._session is not None
        refused = None if reused else self._open()
        if refused is None:
            refused = self._envelope(letter)
        if refused is not None and reused and self._session is None:
            # Servers close a connection that was idle or has carried enough; a fresh one decides.
            return self._invite(letter)
        return refused

    def _envelope(self, letter: Letter) -> Outcome | None:
        """MAIL, RCPT and DATA up to the 354; an Outcome says who was refused."""
        commands = self._commands(letter)
        if isinstance(commands, Outcome):
            return commands
        try:
            if not self._pipelines:
                return self._one_by_one(commands)
            self._send(b"".join(commands))
            return self._answers()
        except OSError as error:  # which every error of smtplib is, too
            self._drop()
            return Outcome("refused_temporary", f"connection lost: {_reason(error)}", session=True)

    @property
    def _pipelines(self) -> bool:
        return bool(self._connected().has_extn("pipelining"))

    def _commands(self, letter: Letter) -> list[bytes] | Outcome:
        session = self._connected()
        options = f" SIZE={len(letter.content)}" if session.has_extn("size") else ""
        if not (letter.envelope_from + letter.recipient).isascii():
            if not session.has_extn("smtputf8"):
                return Outcome(
                    "refused_permanent",
                    f"{self._smtp.host} does not offer SMTPUTF8, which non-ASCII addresses need (RFC 6531)",
                )
            options += " SMTPUTF8"
        # Session.mail() and rcpt() would pass the addresses through quoteaddr, which can change them.
        return [
            f"MAIL FROM:<{letter.envelope_from}>{options}\r\n".encode(),
            f"RCPT TO:<{letter.recipient}>\r\n".encode(),
            b"DATA\r\n",
        ]

    def _one_by_one(self, commands: list[bytes]) -> Outcome | None:
        for command, good, refusal in zip(commands, _GOOD, _REFUSALS, strict=True):
            self._connected().expect_silence()
            self._send(command)
            code, reply = self._answer(good)
            if code not in good:
                return self._refused(refusal(code, _text(code, reply)))
        return None

    def _answer(self, good: tuple[int, ...]) -> tuple[int, bytes]:
        """The answer to a command: one of the good codes or a refusal; anything else answers something else."""
        code, reply = self._connected().getreply()
        if code not in good and code < 400:
            raise smtplib.SMTPServerDisconnected(
                f"the server's answer makes no sense here: {_text(code, reply)}"
            )
        return code, reply

    def _answers(self) -> Outcome | None:
        """The answers to a whole envelope: each command has one, also behind a refusal (RFC 2920 3.1)."""
        refused: Outcome | None = None
        code = 0
        for good, refusal in zip(_GOOD, _REFUSALS, strict=True):
            code, reply = self._answer(good)
            if code not in good and refused is None:
                refused = refusal(code, _text(code, reply))
            if code == 421:
                break
        self._connected().expect_silence()
        if refused is None:
            return None
        if code == 354:
            # The server wants a mail although it refused the recipient: it gets one without content.
            self._send(b".\r\n")
            self._connected().getreply()
        return self._refused(refused)

    def _refused(self, outcome: Outcome) -> Outcome:
        """Make the connection ready for the next mail."""
        ready = False
        with contextlib.suppress(OSError):
            if not outcome.reply.startswith("421"):
                self._connected().expect_silence()
                ready = self._connected().docmd("RSET")[0] == 250
        if not ready:
            self._drop()
        return outcome

    def _body(self, started: Letter, following: Letter | None) -> tuple[Outcome, Outcome | None]:
        session, self._invited = self._connected(), False
        try:
            session.expect_connection()
        except OSError as error:
            self._drop()
            lost = f"connection lost before the mail was sent: {_reason(error)}"
            ended = Outcome("refused_temporary", lost, session=True)
            return ended, _AGAIN if following else None
        # RFC 5321 4.5.2: a line that starts with a dot gets another one.
        stuffed = re.sub(rb"(?m)^\.", b"..", started.content)
        if not stuffed.endswith(b"\r\n"):
            stuffed += b"\r\n"
        commands = self._commands(following) if following is not None else []
        together = b"".join(commands) if not isinstance(commands, Outcome) and self._pipelines else b""
        if session.sock is not None:
            session.sock.settimeout(self._final_timeout_s)
        failpoint.reached("body")
        try:
            self._send(stuffed + b".\r\n" + together)
            failpoint.reached("dot")
            code, reply = session.getreply()
        except OSError as error:
            self._drop()
            ended = Outcome("uncertain", f"no answer after the mail was sent: {_reason(error)}")
            return ended, _AGAIN if following else None
        failpoint.reached("answer")
        if session.sock is not None:
            session.sock.settimeout(self._smtp.timeout_s)
        text = _text(code, reply)
        if 200 <= code < 300:
            ended = Outcome("sent", text)
        elif 400 <= code < 600:
            ended = _after_data(code, text)
        else:
            self._drop()
            ended = Outcome("uncertain", f"the server's answer makes no sense: {text}")
            return ended, _AGAIN if following else None
        if code == 421:
            self._drop()
            return ended, _AGAIN if following else None
        if following is None:
            return ended, None
        try:
            # A refused body ends its mail like an accepted one, so the next envelope needs no RSET (4.1.1.4).
            refused = self._answers() if together else self._envelope(following)
        except OSError:
            self._drop()
            refused = None
        self._invited = self._session is not None and refused is None
        return ended, _AGAIN if self._session is None else refused

    def _send(self, data: bytes) -> None:
        session = self._connected()
        if session.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        session.sock.sendall(data)

    def _connected(self) -> Session:
        if self._session is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        return self._session

    def _drop(self) -> None:
        session, self._session, self._invited = self._session, None, False
        if session is not None:
            if session.sock is not None:
                # Wakes up a thread that waits for an answer.
                with contextlib.suppress(OSError):
                    session.sock.shutdown(socket.SHUT_RDWR)
            session.close()


def _greet(session: Session) -> None:
    """EHLO, or HELO where the server knows no EHLO; raises SMTPHeloError."""
    session.expect_silence()
    code, reply = session.ehlo()
    if code >= 500:
        code, reply = session.helo()
    if code != 250:
        raise smtplib.SMTPHeloError(code, reply)
    session.expect_silence()


def _after_mail(code: int, text: str) -> Outcome:
    """A refusal of the sender, or of a mail that is too big."""
    return Outcome("refused_permanent", text) if code == 552 else _about_session(code, text)


def _about_session(code: int, text: str) -> Outcome:
    kind: Kind = "sender_fault" if 500 <= code < 600 else "refused_temporary"
    return Outcome(kind, text, session=True)


def _after_rcpt(code: int, text: str) -> Outcome:
    """A refusal of the recipient, unless its enhanced code (RFC 3463) or its words blame us."""
    if not 500 <= code < 600:
        return Outcome("refused_temporary", text, session=code == 421)
    enhanced = _ENHANCED.search(text)
    if enhanced is None:
        if _ABOUT_US.search(text):
            return Outcome("sender_fault", text)
        if code in _RECIPIENT_CODES:
            return Outcome("refused_permanent", text, recipient_caused=True)
        return Outcome("refused_temporary", text)
    return _by_enhanced_code(enhanced[2], enhanced[3], text) or Outcome("refused_temporary", text)


def _after_data(code: int, text: str) -> Outcome:
    """A refusal of the content, unless its enhanced code says that it is about the address or about us."""
    if not 500 <= code < 600:
        return Outcome("refused_temporary", text, session=code == 421)
    enhanced = _ENHANCED.search(text)
    if enhanced is None:
        return Outcome("sender_fault" if _ABOUT_US.search(text) else "refused_permanent", text)
    return _by_enhanced_code(enhanced[2], enhanced[3], text) or Outcome("refused_permanent", text)


def _by_enhanced_code(subject: str, detail: str, text: str) -> Outcome | None:
    if subject == "7" or (subject == "1" and detail in ("7", "8")):
        # X.7.x is security and policy, X.1.7 and X.1.8 are about the sender's own address.
        return Outcome("sender_fault", text)
    if subject == "1":
        return Outcome("refused_permanent", text, recipient_caused=True)
    return None


def _text(code: int, reply: bytes | str) -> str:
    words = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return _printable(f"{code} {words}")


def _reason(error: BaseException) -> str:
    return _printable(str(error)) or type(error).__name__


def _printable(words: str) -> str:
    """In one line, and without what no database takes as text."""
    return " ".join("".join(one if one.isprintable() else " " for one in words[:2000]).split())[:500]


_AGAIN = Outcome("again", "")
_GOOD = ((250,), (250, 251), (354,))
_REFUSALS = (_after_mail, _after_rcpt, _after_data)
"""Of MAIL, RCPT and DATA: the codes that mean yes, and what any other one means."""
