"""An SMTP server that counts the mails it took responsibility for."""

import contextlib
import re
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

_MESSAGE_ID = re.compile(rb"(?mi)^Message-ID: (<[^>]+>)")


def message_id(content: bytes) -> str:
    """The mail's Message-ID; "none" where it has none, which no mail of ours is without."""
    found = _MESSAGE_ID.search(content)
    return found[1].decode("ascii", "replace") if found else "none"


class CountingServer(socketserver.ThreadingTCPServer):
    """An SMTP server with PIPELINING that counts the Message-IDs that it took responsibility for."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.taken: Counter[str] = Counter()
        self.lock = threading.Lock()

    @property
    def port(self) -> int:
        """Where it listens, on loopback."""
        return int(self.server_address[1])


class _Session(socketserver.StreamRequestHandler):
    server: CountingServer
    disable_nagle_algorithm = True  # or each answer but the first waits 40 ms for the sender's ACK

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # the sender died
            self._converse()

    def _converse(self) -> None:
        self.wfile.write(b"220 counting\r\n")
        while line := self.rfile.readline():
            command = line[:4].upper()
            if command == b"EHLO":
                self.wfile.write(b"250-counting\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n")
            elif command == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                if not self._content():
                    return
                self.wfile.write(b"250 2.0.0 taken\r\n")
            elif command == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 2.1.0 ok\r\n")

    def _content(self) -> bool:
        content = b""
        while (line := self.rfile.readline()) != b".\r\n":
            if not line.endswith(b"\r\n"):
                return False
            content += line
        with self.server.lock:
            self.server.taken[message_id(content)] += 1
        return True


@contextmanager
def counting_server() -> Iterator[CountingServer]:
    """A running server."""
    server = CountingServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
