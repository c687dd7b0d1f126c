"""An SMTP session that believes a server only what it was asked, in the form of RFC 5321 4.2, and in time.

`smtplib` by itself waits for ever for a reply that comes byte by byte or has no last line, reads a reply that is no
reply as one, and takes a reply too many for the answer to the next command: from there on every mail would get
the answer to the one before.
"""

import re
import smtplib
import time
from ssl import SSLWantReadError

_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])([^\r\n]*))?\r?\n")
_LONGEST_LINE = 8192
_LONGEST_REPLY = 65536


class Session(smtplib.SMTP):
    """As `smtplib.SMTP`, whose time-out is here one for each whole reply.

    What cannot be a reply, or answers nothing, ends the session by SMTPServerDisconnected.
    """

    _unread = b""

    def getreply(self) -> tuple[int, bytes]:
        """The next reply: its code, and its lines without it."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        timeout = self.sock.gettimeout()
        give_up = None if timeout is None else time.monotonic() + timeout
        try:
            code, lines = self._reply(give_up)
        except smtplib.SMTPServerDisconnected:
            self.close()
            raise
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(str(error) or type(error).__name__) from None
        self.sock.settimeout(timeout)
        return code, b"\n".join(lines)

    def docmd(self, cmd: str, args: str = "") -> tuple[int, bytes]:
        """The reply to a command on which nothing else may follow: behind STARTTLS, it could be anybody's words."""
        self.expect_silence()
        self.putcmd(cmd, args)
        answer = self.getreply()
        self.expect_silence()
        return answer

    def expect_silence(self) -> None:
        """Raise SMTPServerDisconnected where the server has said more than was asked for, as far as was read."""
        if self._unread:
            said, self._unread = self._unread, b""
            self.close()
            raise smtplib.SMTPServerDisconnected(f"the server says unasked: {_shown(said)}")

    def expect_connection(self) -> None:
        """Raise SMTPServerDisconnected where the server has said something unasked by now, or has gone."""
        self.expect_silence()
        sock = self.sock
        if sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        timeout = sock.gettimeout()
        sock.settimeout(0)
        try:
            self._unread = sock.recv(_LONGEST_LINE)
        except (BlockingIOError, SSLWantReadError):
            sock.settimeout(timeout)
            return
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(str(error) or type(error).__name__) from None
        self.expect_silence()
        self.close()
        raise smtplib.SMTPServerDisconnected("the server has closed the connection")

    def _reply(self, give_up: float | None) -> tuple[int, list[bytes]]:
        lines: list[bytes] = []
        codes = set()
        length = 0
        while True:
            line = self._line(give_up)
            length += len(line)
            found = _REPLY_LINE.fullmatch(line)
            if found is None or length > _LONGEST_REPLY:
                raise smtplib.SMTPServerDisconnected(f"the server's answer makes no sense: {_shown(line)}")
            codes.add(found[1])
            lines.append((found[3] or b"").strip())
            if len(codes) > 1:
                raise smtplib.SMTPServerDisconnected(f"the server gives two answers in one: {_shown(line)}")
            if found[2] != b"-":
                return int(found[1]), lines

    def _line(self, give_up: float | None) -> bytes:
        while (end := self._unread.find(b"\n") + 1) == 0:
            if len(self._unread) > _LONGEST_LINE:
                raise smtplib.SMTPServerDisconnected("the server's answer has a line without end")
            if self.sock is None:
                raise smtplib.SMTPServerDisconnected("not connected")
            if give_up is not None:
                left = give_up - time.monotonic()
                if left <= 0:
                    raise TimeoutError("timed out")
                self.sock.settimeout(left)
            received = self.sock.recv(_LONGEST_LINE)
            if not received:
                raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
            self._unread += received
        line, self._unread = self._unread[:end], self._unread[end:]
        if end > _LONGEST_LINE:
            raise smtplib.SMTPServerDisconnected("the server's answer has a line without end")
        return line


class TlsSession(Session, smtplib.SMTP_SSL):
    """The same, encrypted from its first byte."""


def _shown(said: bytes) -> str:
    return said[:100].decode("ascii", "replace").strip()
