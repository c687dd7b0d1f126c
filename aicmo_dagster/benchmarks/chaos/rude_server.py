"""An SMTP server that does at random, by a seed, what servers should not do, and counts the mails it has taken."""

import contextlib
import random
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from aicmo_dagster.benchmarks.chaos.counting import message_id
from aicmo_dagster.benchmarks.chaos.faults import (
    BEHIND,
    CONTENT,
    ENVELOPE,
    FAULTS,
    GONE,
    HARMLESS,
    SET_UP,
    Fault,
)

Security = Literal["none", "starttls", "tls"]
_EXTENSIONS = ("PIPELINING", "SIZE 10000000", "8BITMIME", "SMTPUTF8")
_PATIENCE_S = 30.0
"""How long it waits for a client that says nothing: far longer than the client waits for it."""


@dataclass(frozen=True)
class Done:
    """A fault, and of which `mail`: the connection's number, and how many mails were invited over it."""

    mail: tuple[int, int]
    fault: Fault


@dataclass
class Took:
    """What all servers of one run have taken together."""

    mails: Counter[str] = field(default_factory=Counter)
    recipients: dict[str, str] = field(default_factory=dict)
    in_the_clear: int = 0
    connections: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class RudeServer:
    """One port. `certificates` are the right one and a stranger's; `done` is what it did wrong."""

    def __init__(
        self,
        seed: str,
        security: Security,
        certificates: tuple[ssl.SSLContext, ssl.SSLContext],
        took: Took,
        slow_s: float,
    ) -> None:
        self.security, self.certificates, self.took, self.slow_s = security, certificates, took, slow_s
        self.rudeness = 0.0
        self.gone = False
        self.done: list[Done] = []
        self.numbers: dict[int, int] = {}
        """Port of a client -> number of its last connection: ports are used again."""
        self._chance = random.Random(seed)  # noqa: S311
        self._next = {stage: self._order(stage) for stage in (*SET_UP, *ENVELOPE, *CONTENT, BEHIND)}
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def fault(self, stage: str, mail: tuple[int, int], offered: Sequence[str] = ()) -> Fault | None:
        """What goes wrong at this stage, if anything; it is noted before it happens."""
        with self._lock:
            if self._chance.random() >= self.rudeness:
                return None
            faults = self._next[stage]
            found = next(one for one in faults if one.act != "without" or one.text.decode() in offered)
            faults.remove(found)
            faults.append(found)
            self.done.append(Done(mail, found))
            return found

    def _order(self, stage: str) -> list[Fault]:
        """Each fault as often as any other; what a mail server must never get away with comes first."""
        faults = [fault for fault in FAULTS if fault.stage == stage]
        self._chance.shuffle(faults)
        return sorted(faults, key=lambda fault: fault.text not in (b"STARTTLS", b"AUTH"))

    def _serve(self) -> None:
        while True:
            try:
                connection, address = self._listener.accept()
            except OSError:
                return
            with self.took.lock:
                self.took.connections += 1
                number = self.numbers[address[1]] = self.took.connections
            threading.Thread(target=self._talk, args=[connection, number], daemon=True).start()

    def _talk(self, connection: socket.socket, number: int) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(_PATIENCE_S)
        talk = _Talk(self, connection, number)
        with contextlib.suppress(OSError, _OverError):
            if self.gone:
                with self._lock:
                    self.done.append(Done((number, 0), GONE))
            else:
                talk.run()
        talk.close()


class _OverError(Exception):
    """The connection ends here."""


class _Talk:
    """One connection."""

    def __init__(self, server: RudeServer, connection: socket.socket, number: int) -> None:
        self._server, self._socket, self._number = server, connection, number
        self._unread = b""
        self._secure = False
        self._deaf = False
        self._rude = False
        """Whether it has been rude in this stage of its life: once is enough, or nobody could say what came of what."""
        self._astray = False
        """Whether the client has lost count of the answers."""
        self._login: Fault | None = None
        self._sender = False
        self._invited = 0
        self._recipient: str | None = None

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.close()

    def run(self) -> None:
        if self._server.security == "tls":
            self._encrypt()
        self._answer("connection", b"220 ready\r\n")
        while line := self._line():
            self._command(line)

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb not in (b"EHLO", b"HELO", b"STAR", b"QUIT", b"RSET") and not (
            self._secure or self._server.security == "none"
        ):
            with self._server.took.lock:
                self._server.took.in_the_clear += 1
        if verb == b"EHLO":
            self._greet()
        elif verb == b"STAR":
            if self._answer("STARTTLS", b"220 go on\r\n"):
                self._encrypt()
        elif verb == b"AUTH":
            self._log_in()
        elif verb == b"MAIL":
            self._rude, self._recipient = False, None
            self._sender = self._answer("MAIL", b"250 2.1.0 ok\r\n")
        elif verb == b"RCPT":
            if not self._sender:
                self._say(b"503 5.5.1 from whom?\r\n")
            elif self._answer("RCPT", b"250 2.1.5 ok\r\n"):
                self._recipient = line.partition(b"<")[2].partition(b">")[0].decode()
        elif verb == b"DATA":
            self._data()
        elif verb == b"QUIT":
            self._say(b"221 bye\r\n")
            raise _OverError
        else:
            self._say(b"250 2.0.0 ok\r\n")

    def _greet(self) -> None:
        offered = list(_EXTENSIONS)
        if self._server.security == "starttls" and not self._secure:
            offered.append("STARTTLS")
        if self._secure:
            offered.append("AUTH PLAIN LOGIN")
        fault = self._fault("EHLO", [one.split()[0] for one in offered])
        if fault is not None and fault.act == "without":
            offered = [one for one in offered if one.split()[0] != fault.text.decode()]
        if fault is not None and fault.act == "deaf":
            self._deaf = self._astray = True
        reply = "".join(f"250-{one}\r\n" for one in ("rude", *offered)) + "250 HELP\r\n"
        self._act(fault, reply.encode())

    def _encrypt(self) -> None:
        fault = self._fault("handshake")
        right, strange = self._server.certificates
        if fault is not None and fault.act != "stranger":
            self._act(fault, b"")
            raise _OverError
        context = strange if fault is not None else right
        self._socket = context.wrap_socket(self._socket, server_side=True)
        self._secure, self._unread = True, b""

    def _log_in(self) -> None:
        if self._login is None:
            self._login = self._fault("AUTH")
        self._act(self._login, b"235 2.7.0 welcome\r\n")

    def _data(self) -> None:
        if self._recipient is None:
            self._say(b"503 5.5.1 to whom?\r\n")
            return
        if not self._answer("DATA", b"354 go on\r\n"):
            return
        self._rude = False
        self._invited += 1
        fault = self._fault("body")
        if fault is not None:
            self._break_off(fault)
        content = self._content()
        fault = self._fault("dot")
        if fault is None or fault.act in ("twice", *HARMLESS):
            self._take(content)
        elif fault.act.startswith("taken"):
            if fault.act == "taken, stall":
                self._wait_for_the_end()
            self._take(content)
        if fault is not None and fault.act.startswith("taken"):
            self._say(fault.text)
            raise _OverError
        self._act(fault, b"250 2.0.0 taken\r\n")
        self._sender = self._rude = False
        self._astray |= fault is not None and fault.act not in ("refuse", *HARMLESS)
        self._act(self._fault(BEHIND), b"")

    def _break_off(self, fault: Fault) -> None:
        if fault.act != "drop":
            if fault.act == "stall":
                self._wait_for_the_end()
            else:
                self._line()
            self._say(fault.text)
        raise _OverError

    def _content(self) -> bytes:
        lines = []
        while (line := self._line()) != b".\r\n":
            lines.append(line)
        return b"".join(lines)

    def _take(self, content: bytes) -> None:
        number, took = message_id(content), self._server.took
        with took.lock:
            took.mails[number] += 1
            took.recipients[number] = self._recipient or ""

    def _fault(self, stage: str, offered: Sequence[str] = ()) -> Fault | None:
        if self._rude or self._astray:
            return None
        fault = self._server.fault(stage, (self._number, self._invited), offered)
        self._rude = fault is not None
        return fault

    def _answer(self, stage: str, good: bytes) -> bool:
        """Whether the command was carried out."""
        return self._act(self._fault(stage), good)

    def _act(self, fault: Fault | None, good: bytes) -> bool:
        act = "" if fault is None else fault.act
        text = b"" if fault is None else fault.text
        acts: dict[str, Callable[[], None]] = {
            "refuse": lambda: self._say(text),
            "raw": lambda: self._say(text),
            "twice": lambda: self._say(good + good),
            "bytes": lambda: self._say_byte_by_byte(good),
            "lines": lambda: self._say(b"".join(good[:3] + b"-and\r\n" for _ in range(20)) + good),
            "slow": lambda: self._say_slowly(good),
            "half": lambda: self._say(good[:2]),
        }
        acts.get(act, lambda: self._say(good) if act in ("", "without", "deaf") else None)()
        if act in ("stall", "half"):
            self._wait_for_the_end()
        if act in ("stall", "half", "drop") or text.startswith(b"421"):
            raise _OverError
        return act != "refuse"

    def _say(self, text: bytes) -> None:
        self._socket.sendall(text)

    def _say_byte_by_byte(self, text: bytes) -> None:
        for byte in text:
            self._say(bytes([byte]))

    def _say_slowly(self, text: bytes) -> None:
        time.sleep(self._server.slow_s)
        self._say(text)

    def _wait_for_the_end(self) -> None:
        """Until the client has gone; what it still says is not heard."""
        with contextlib.suppress(OSError):
            while self._socket.recv(65536):
                pass

    def _line(self) -> bytes:
        while b"\n" not in self._unread:
            received = self._socket.recv(65536)
            if not received:
                raise _OverError
            self._unread += received
        line, _, self._unread = self._unread.partition(b"\n")
        if self._deaf:
            self._unread = b""
        return line + b"\n"
