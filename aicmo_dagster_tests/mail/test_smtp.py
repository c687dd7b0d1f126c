from pathlib import Path
from typing import Any

import pytest

from aicmo_dagster.campaign.sending import Smtp
from aicmo_dagster.errors import MailError
from aicmo_dagster.mail.outcome import Outcome
from aicmo_dagster.mail.smtp import SmtpTransport
from aicmo_dagster_tests.mail.peers import until
from aicmo_dagster_tests.mail.servers import PASSWORD, USER, ScriptedServer, certificate, smtp_server

MAIL = b"Subject: x\r\n\r\n.\r\n..two\r\nend\r\n"


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AICMO_SMTP_PASSWORD", PASSWORD)


def transport(port: int, **changes: Any) -> SmtpTransport:
    settings = {"host": "127.0.0.1", "port": port, "security": "none", "timeout_s": 10, **changes}
    return SmtpTransport(Smtp.model_validate(settings))


def deliver(
    through: SmtpTransport, recipient: str = "lead@example.org", content: bytes = MAIL, start: bool = True
) -> Outcome:
    return through.deliver("sender@example.com", recipient, content, lambda: start)


def outcome(answers: dict[str, str], **changes: Any) -> Outcome:
    with ScriptedServer(answers) as server:
        return deliver(transport(server.port, **changes))


def secured(port: int, cert: Path, **changes: Any) -> SmtpTransport:
    return transport(port, **{"security": "starttls", "username": USER, "ca_file": str(cert), **changes})


def test_a_mail_arrives_unchanged_over_starttls_with_login(signed: tuple[Path, Path]) -> None:
    with smtp_server(signed) as (port, received):
        through = secured(port, signed[0])
        assert deliver(through) == Outcome("sent", "250 2.0.0 queued")
        through.close()
    (mail,) = received.mails
    assert (mail.mail_from, mail.rcpt_tos, mail.content) == ("sender@example.com", ["lead@example.org"], MAIL)


def test_many_mails_share_one_connection() -> None:
    with smtp_server() as (port, received):
        through = transport(port)
        assert [deliver(through).kind for _ in range(5)] == ["sent"] * 5
        through.close()
    assert (len(received.mails), received.connections) == (5, 1)


def test_a_certificate_that_nobody_trusts_blames_the_sender(signed: tuple[Path, Path]) -> None:
    with smtp_server(signed) as (port, received):
        result = deliver(secured(port, signed[0], ca_file=None))
    assert (result.kind, result.session) == ("sender_fault", True)
    assert "certificate" in result.reply.lower()
    assert received.mails == []


def test_a_wrong_password_blames_the_sender_and_is_not_repeated_in_the_message(
    signed: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AICMO_SMTP_PASSWORD", "wrong-secret")
    with smtp_server(signed) as (port, _):
        result = deliver(secured(port, signed[0]))
    assert (result.kind, result.session) == ("sender_fault", True)
    assert "wrong-secret" not in result.reply


def test_a_missing_password_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AICMO_SMTP_PASSWORD")
    with pytest.raises(MailError, match="set the environment variable AICMO_SMTP_PASSWORD"):
        transport(25, username=USER)


def test_a_missing_ca_file_is_named() -> None:
    with pytest.raises(MailError, match=r"ca_file missing\.pem"):
        transport(25, ca_file="missing.pem")


@pytest.mark.parametrize("changes", [{"security": "starttls"}, {"username": USER}])
def test_a_server_without_starttls_or_login_gets_no_mail(changes: dict[str, Any]) -> None:
    with ScriptedServer({}, extensions="SIZE") as server:
        result = deliver(transport(server.port, **changes))
        assert not [command for command in server.commands if command.startswith("MAIL")]
    assert (result.kind, result.session) == ("sender_fault", True)


def test_a_server_that_is_not_there_is_a_temporary_trouble_of_the_session() -> None:
    with ScriptedServer({}) as server:
        port = server.port
    result = deliver(transport(port))
    assert (result.kind, result.session) == ("refused_temporary", True)


@pytest.mark.parametrize(
    ("answers", "kind", "recipient_caused", "session"),
    [
        ({"GREETING": "421 busy"}, "refused_temporary", False, True),
        ({"GREETING": "554 go away"}, "sender_fault", False, True),
        ({"GREETING": ""}, "refused_temporary", False, True),
        ({"MAIL": "451 later"}, "refused_temporary", False, True),
        ({"MAIL": "550 5.1.8 bad sender"}, "sender_fault", False, True),
        ({"MAIL": "552 5.3.4 too big"}, "refused_permanent", False, False),
        ({"MAIL": ""}, "refused_temporary", False, True),
        ({"RCPT": "450 4.2.1 greylisted"}, "refused_temporary", False, False),
        ({"RCPT": "550 5.1.1 no such user"}, "refused_permanent", True, False),
        ({"RCPT": "550 5.1.10 no such user"}, "refused_permanent", True, False),
        ({"RCPT": "550 no such user"}, "refused_permanent", True, False),
        ({"RCPT": "553 mailbox name not allowed"}, "refused_permanent", True, False),
        ({"RCPT": "552 5.2.2 mailbox full"}, "refused_temporary", False, False),
        ({"RCPT": "550 5.7.1 rejected by policy"}, "sender_fault", False, False),
        ({"RCPT": "550 5.7.515 access denied"}, "sender_fault", False, False),
        ({"RCPT": "550 5.1.8 sender address rejected"}, "sender_fault", False, False),
        ({"RCPT": "550 blocked using spamhaus"}, "sender_fault", False, False),
        ({"RCPT": "554 relay access denied"}, "sender_fault", False, False),
        ({"RCPT": ""}, "refused_temporary", False, True),
        ({"DATA": "451 later"}, "refused_temporary", False, False),
        ({"DATA": "554 no"}, "refused_permanent", False, False),
        ({"DATA": ""}, "refused_temporary", False, True),
        ({"body": "451 4.3.0 try again"}, "refused_temporary", False, False),
        ({"body": "554 5.6.0 bad content"}, "refused_permanent", False, False),
        ({"body": "554 no thanks"}, "refused_permanent", False, False),
        ({"body": "550 5.7.1 looks like spam"}, "sender_fault", False, False),
        ({"body": "550 5.1.1 unknown after all"}, "refused_permanent", True, False),
        ({"body": ""}, "uncertain", False, False),
        ({"body": "nonsense"}, "uncertain", False, False),
        ({}, "sent", False, False),
    ],
)
def test_each_answer_has_its_class(
    answers: dict[str, str], kind: str, recipient_caused: bool, session: bool
) -> None:
    result = outcome(answers)
    assert (result.kind, result.recipient_caused, result.session) == (kind, recipient_caused, session)


def test_a_no_from_the_ledger_sends_not_one_byte_of_the_mail() -> None:
    with ScriptedServer({}) as server:
        through = transport(server.port)
        assert deliver(through, start=False).kind == "not_started"
        until(lambda: server.bodies or None)
        assert deliver(through).kind == "sent"
        assert server.commands.count("DATA") == 2
        assert server.bodies == [b"", MAIL.replace(b"\r\n.", b"\r\n..") + b".\r\n"]


def test_the_ledger_is_asked_after_the_354_and_never_for_a_refused_mail() -> None:
    asked: list[list[str]] = []
    with ScriptedServer({"RCPT refused@example.org": "550 5.1.1 no"}) as server:

        def commit() -> bool:
            asked.append(list(server.commands))
            return True

        through = transport(server.port)
        through.deliver("sender@example.com", "refused@example.org", MAIL, commit)
        assert asked == []
        through.deliver("sender@example.com", "lead@example.org", MAIL, commit)
    assert [commands[-1] for commands in asked] == ["DATA"]


def test_an_error_of_the_ledger_sends_nothing_and_is_passed_on() -> None:
    def commit() -> bool:
        raise RuntimeError("no database")

    with ScriptedServer({}) as server:
        through = transport(server.port)
        with pytest.raises(RuntimeError):
            through.deliver("sender@example.com", "lead@example.org", MAIL, commit)
        assert deliver(through).kind == "sent"
        assert [body for body in server.bodies if body.endswith(b".\r\n")] == server.bodies[-1:]


def test_a_connection_that_the_server_closed_meanwhile_is_opened_again() -> None:
    with ScriptedServer({"RSET": "", "RCPT refused@example.org": "450 later"}) as server:
        through = transport(server.port)
        assert deliver(through, "refused@example.org").kind == "refused_temporary"
        assert deliver(through).kind == "sent"


def test_a_refused_recipient_does_not_cost_the_next_one_the_connection() -> None:
    with ScriptedServer({"RCPT refused@example.org": "550 5.1.1 no"}) as server:
        through = transport(server.port)
        assert deliver(through, "refused@example.org").recipient_caused
        assert deliver(through).kind == "sent"
        assert len([command for command in server.commands if command.startswith("ehlo")]) == 1


@pytest.mark.parametrize(
    "recipient",
    ["lead@example.org>\r\nRCPT TO:<other@example.org", "lead@example.org\n", "a <lead@example.org>", "lead"],
)
def test_an_address_that_could_become_another_command_is_refused(recipient: str) -> None:
    with ScriptedServer({}) as server:
        with pytest.raises(MailError, match="is not an address"):
            deliver(transport(server.port), recipient)
        assert server.commands == []


def test_a_non_ascii_address_needs_smtputf8() -> None:
    with ScriptedServer({}) as server:
        result = deliver(transport(server.port), "lèad@example.org")
        assert (result.kind, result.recipient_caused) == ("refused_permanent", False)
        assert "SMTPUTF8" in result.reply
    with ScriptedServer({}, extensions="SMTPUTF8") as server:
        assert deliver(transport(server.port), "lèad@example.org").kind == "sent"
        assert "RCPT TO:<lèad@example.org>" in server.commands
