"""Servers that answer too much, too little, too slowly, or nothing that is an answer."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from aicmo_dagster.campaign.sending import Smtp
from aicmo_dagster.mail.outcome import Letter, Outcome
from aicmo_dagster.mail.smtp import SmtpTransport
from aicmo_dagster_tests.mail.servers import PASSWORD, ScriptedServer

LETTER = Letter("sender@example.com", "lead@example.org", b"Subject: x\r\n\r\nx\r\n")


def transport(port: int, **changes: Any) -> SmtpTransport:
    settings = {"host": "127.0.0.1", "port": port, "security": "none", "timeout_s": 10, **changes}
    return SmtpTransport(Smtp.model_validate(settings))


def deliver(port: int, **changes: Any) -> Outcome:
    through = transport(port, **changes)
    return through.deliver(LETTER.envelope_from, LETTER.recipient, LETTER.content, lambda: True)


@contextmanager
def one_client(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that lets `talk` speak with its first client."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


@pytest.mark.parametrize(
    "answers",
    [
        {"GREETING": "220 ready\r\n220 ready"},
        {"EHLO": "250 ok\r\n250 ok"},
        {"MAIL": "250 ok\r\n250 ok"},
        {"RCPT": "250 ok\r\n250 ok"},
        {"DATA": "354 go on\r\n250 taken"},
        {"DATA": "354 go on\r\n421 closing"},
        {"MAIL": "\r\n".join(["250-and"] * 9_000)},
        {"MAIL": "250 " + "x" * 9_000},
        {"MAIL": "250-ok\r\n550 no"},
        {"MAIL": "354 go on"},
        {"RCPT": "252 cannot say"},
        {"RCPT": "25O ok"},
        {"DATA": "250 ok"},
        {"DATA": "nonsense"},
    ],
)
@pytest.mark.parametrize("extensions", ["", "PIPELINING"])
def test_a_server_that_answers_out_of_turn_gets_not_one_byte_of_the_mail(
    answers: dict[str, str], extensions: str
) -> None:
    if "EHLO" in answers and extensions:
        answers = {"EHLO": "250-localhost\r\n250 PIPELINING\r\n250 ok"}
    with ScriptedServer(answers, extensions) as server:
        result = deliver(server.port)
        assert (result.kind, result.session) == ("refused_temporary", True)
        assert b"Subject" not in b"".join(server.bodies)


@pytest.mark.parametrize("answers", [{"MAIL": "\x00\x1b[2J"}, {"RCPT": "450 \x00\x1b[2J later"}])
def test_what_a_server_says_is_kept_without_what_cannot_be_printed(answers: dict[str, str]) -> None:
    with ScriptedServer(answers) as server:
        assert deliver(server.port).reply.isprintable()


def test_what_is_said_behind_the_answer_to_starttls_ends_the_connection() -> None:
    with ScriptedServer({"STARTTLS": "220 go on\r\n250 injected"}, "STARTTLS") as server:
        result = deliver(server.port, security="starttls")
        assert (result.kind, result.session) == ("refused_temporary", True)
        assert server.commands[-1] == "STARTTLS"


def test_an_answer_too_many_behind_a_mail_leaves_it_sent_and_never_answers_the_next() -> None:
    with ScriptedServer({"body": "250 ok\r\n250 ok"}) as server:
        through = transport(server.port)
        assert through.exchange(None, LETTER) == (None, None)
        ended, refused = through.exchange(LETTER, LETTER)
        assert ended is not None
        assert refused is not None
        assert (ended.kind, refused.kind) == ("sent", "again")


def test_an_answer_may_come_byte_by_byte() -> None:
    def talk(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"554-not\r\n554 you\r\n":
            connection.sendall(bytes([byte]))
            time.sleep(0.001)

    with one_client(talk) as port:
        assert deliver(port) == Outcome("sender_fault", f"127.0.0.1:{port}: 554 not you", session=True)


def test_an_answer_that_takes_too_long_is_not_waited_for_although_its_bytes_keep_coming() -> None:
    over = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220-")
        try:
            while not over.wait(0.05):
                connection.sendall(b"x")
        except OSError:
            over.set()

    with one_client(talk) as port:
        result = deliver(port, timeout_s=0.5)
        assert (result.kind, result.session) == ("refused_temporary", True)
        over.set()


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_connection_lost_while_it_is_secured_is_not_the_senders_fault(security: str) -> None:
    def talk(connection: socket.socket) -> None:
        if security == "starttls":
            connection.sendall(b"220 ready\r\n")
            connection.recv(1000)
            connection.sendall(b"250-localhost\r\n250 STARTTLS\r\n")
            connection.recv(1000)
            connection.sendall(b"220 go on\r\n")
        connection.recv(1000)

    with one_client(talk) as port:
        result = deliver(port, security=security)
        assert (result.kind, result.session) == ("refused_temporary", True)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("334 a", "refused_temporary"), ("454 4.7.0 later", "refused_temporary"), ("535 no", "sender_fault")],
)
def test_each_answer_to_a_login_has_its_class(
    answer: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AICMO_SMTP_PASSWORD", PASSWORD)
    with ScriptedServer({"AUTH": answer}, "AUTH=PLAIN") as server:
        result = deliver(server.port, username="tester")
    assert (result.kind, result.session) == (kind, True)


def test_a_greeting_that_is_refused_for_now_is_not_the_senders_fault() -> None:
    with ScriptedServer({"EHLO": "451 4.3.2 later"}, "STARTTLS") as server:
        result = deliver(server.port, security="starttls")
    assert (result.kind, result.session) == ("refused_temporary", True)


def test_a_server_that_knows_no_ehlo_is_greeted_in_the_old_way() -> None:
    with ScriptedServer({"EHLO": "500 what"}) as server:
        assert deliver(server.port).kind == "sent"
        assert server.commands[1].startswith("helo ")


def test_a_goodbye_behind_an_invitation_is_no_content() -> None:
    with ScriptedServer({}) as server:
        through = transport(server.port)
        assert through.exchange(None, LETTER) == (None, None)
        through.close()
        assert deliver(server.port).kind == "sent"
        assert server.bodies[0] == b""
