"""SMTP servers on loopback: a real one that keeps what it receives, and one that misbehaves on purpose."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

USER = "tester"
PASSWORD = "only for tests"


@dataclass
class Received:
    """What the server took: one envelope per mail, and how often somebody connected."""

    mails: list[Envelope] = field(default_factory=list)
    connections: int = 0

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(envelope)
        return "250 2.0.0 queued"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost, signed by itself, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "1",
                "-subj",
                "/CN=localhost",
            ),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-out", str(cert), "-keyout", str(key)),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, login: Any) -> AuthResult:
    good = login.login == USER.encode() and login.password == PASSWORD.encode()
    return AuthResult(success=good, handled=False)


@contextmanager
def smtp_server(
    certificate_of: tuple[Path, Path] | None = None, **options: Any
) -> Iterator[tuple[int, Received]]:
    """A server's port and what it received; with a certificate it wants STARTTLS and a login."""
    received = Received()
    if certificate_of is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate_of)
        options |= {
            "tls_context": context,
            "require_starttls": True,
            "auth_required": True,
            "authenticator": _authenticate,
        }
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    controller = Controller(received, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port, received
    finally:
        controller.stop()


class ScriptedServer:
    """Answers each command by a table and drops the connection where the table says so.

    `answers` maps a verb, `body`, or `RCPT <address>` to a reply; "" drops the connection instead, after the
    body has been read in the case of `body`.
    """

    def __init__(self, answers: dict[str, str], extensions: str = "") -> None:
        self._answers = {"GREETING": "220 ready", "body": "250 ok", **answers}
        self._extensions = extensions.split()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.commands: list[str] = []
        self.bodies: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> "ScriptedServer":
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

            def say(text: str) -> bool:
                stream.write(text.encode() + b"\r\n")
                stream.flush()
                return bool(text)

            try:
                if not say(self._answers["GREETING"]):
                    return
                while line := stream.readline().decode().strip():
                    self.commands.append(line)
                    verb = line.split()[0].upper()
                    rcpt = "RCPT " + line.partition("<")[2].partition(">")[0]
                    default = {"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 ok")
                    if verb == "EHLO" and self._extensions:
                        default = "\r\n".join(
                            ["250-localhost", *(f"250-{one}" for one in self._extensions), "250 HELP"]
                        )
                    answer = self._answers.get(rcpt) if verb == "RCPT" else None
                    answer = answer if answer is not None else self._answers.get(verb, default)
                    if not answer:
                        return
                    say(answer)
                    if answer.startswith("354"):
                        body = b""
                        while not body.endswith(b"\r\n.\r\n"):
                            if not (part := stream.readline()):
                                self.bodies.append(body)
                                return
                            body += part
                        self.bodies.append(body)
                        if not self._answers["body"]:
                            return
                        say(self._answers["body"])
            except OSError:
                return
