"""An IMAP server that gives messages and misbehaves on purpose; what an honest one does is tested with Dovecot."""

import re
import socket
import threading
from collections.abc import Collection, Mapping
from io import BufferedIOBase


class ScriptedImap:
    """Serves `messages` by UID as INBOX; refuses the text of some and hangs up over that of others.

    `commands` are those it was given, without their tags.
    """

    def __init__(
        self,
        messages: Mapping[int, bytes],
        *,
        refuses: Collection[int] = (),
        hangs_up: Collection[int] = (),
        uid_next: int | None = None,
    ) -> None:
        self._messages, self._refuses, self._hangs_up = messages, refuses, hangs_up
        self._uid_next = uid_next if uid_next is not None else max(messages, default=0) + 1
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.commands: list[str] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> "ScriptedImap":
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone would leave the port open for as long as the thread is in accept.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=[connection], daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream:
            try:
                self._say(stream, b"* OK ready")
                while line := stream.readline().decode().strip():
                    tag, _, command = line.partition(" ")
                    self.commands.append(command)
                    answer = self._answer(stream, command.upper())
                    if answer is None:
                        return
                    self._say(stream, f"{tag} {answer}".encode())
            except OSError:
                return

    def _answer(self, stream: BufferedIOBase, command: str) -> str | None:
        """What ends the command; None to hang up."""
        if command.startswith("CAPABILITY"):
            self._say(stream, b"* CAPABILITY IMAP4rev1")
        elif command.startswith("LOGOUT"):
            self._say(stream, b"* BYE")
        elif command.startswith("EXAMINE"):
            self._say(stream, b"* %d EXISTS" % len(self._messages))
            self._say(stream, b"* OK [UIDVALIDITY 7] valid")
            self._say(stream, b"* OK [UIDNEXT %d] next" % self._uid_next)
        elif command.startswith("UID SEARCH"):
            first = re.search(r"UID (\d+):", command)
            found = [uid for uid in self._messages if first is None or uid >= int(first[1])]
            self._say(stream, b"* SEARCH " + b" ".join(b"%d" % uid for uid in found))
        elif command.startswith("UID FETCH"):
            return self._fetch(stream, command)
        return "OK done"

    def _fetch(self, stream: BufferedIOBase, command: str) -> str | None:
        wanted = [int(uid) for uid in command.split()[2].split(",")]
        texts = "BODY.PEEK" in command
        if texts and any(uid in self._refuses for uid in wanted):
            return "NO some messages cannot be given"
        for number, uid in enumerate(wanted, 1):
            text = self._messages[uid]
            if texts and uid in self._hangs_up:
                return None
            if texts:
                self._say(
                    stream, b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n%s)" % (number, uid, len(text), text)
                )
            else:
                when = b'"01-Jan-2026 10:00:00 +0000"'
                self._say(
                    stream,
                    b"* %d FETCH (UID %d RFC822.SIZE %d INTERNALDATE %s)" % (number, uid, len(text), when),
                )
        return "OK done"

    @staticmethod
    def _say(stream: BufferedIOBase, text: bytes) -> None:
        stream.write(text + b"\r\n")
        stream.flush()
