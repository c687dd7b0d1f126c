from datetime import UTC, datetime

import pytest

from aicmo_dagster.mail.inbox.reading import Reading
from aicmo_dagster.store import database
from aicmo_dagster_tests.mail.inbox.imap_server import ScriptedImap
from aicmo_dagster_tests.mail.inbox.letters import PASSWORD_ENV, add_written, letter, reading
from aicmo_dagster_tests.outreach import add_campaign, config

pytestmark = pytest.mark.usefixtures("store")

# The scripted server's messages came on New Year's Day.
BEFORE = datetime(2025, 12, 31, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_ENV, "only-for-tests")


def read_from(server: ScriptedImap, **imap: object) -> Reading:
    """Read three leads' mailbox, of whom the server has a reply each: UIDs 1 to 3."""
    sender = {
        "mailbox": "sender@example.com",
        "postal_address": "1 Test Street, Testtown",
        "smtp": {"host": "127.0.0.1", "port": 1},
        "imap": {
            "host": "127.0.0.1",
            "port": server.port,
            "security": "none",
            "password_env": PASSWORD_ENV,
            **imap,
        },
    }
    campaign = add_campaign(config(mode="live", sending={"sender": sender}))
    if not database.fetch("SELECT FROM leads"):
        for uid in ANSWERS:
            add_written(campaign, f"lead{uid}@example.org", started_at=BEFORE, sent_at=BEFORE)
    return reading(campaign)


ANSWERS = {uid: letter(f"lead{uid}@example.org") for uid in (1, 2, 3)}


def test_a_message_that_the_server_refuses_is_named_and_the_others_are_read() -> None:
    with ScriptedImap(ANSWERS, refuses={2}) as server:
        found = read_from(server)
        assert found.kinds == {"reply": 2}
        assert len(found.faults) == 1
        assert found.faults[0].startswith("sender@example.com INBOX UID 2: ")
        assert read_from(server).messages == 0


def test_a_message_that_loses_the_connection_each_time_is_passed_over_and_named() -> None:
    with ScriptedImap(ANSWERS, hangs_up={2}) as server:
        found = read_from(server)
    assert found.kinds == {"reply": 2}
    assert found.faults == ["sender@example.com INBOX UID 2: the connection is lost over it"]
    assert found.problems == []


def test_only_commands_that_change_nothing_are_given() -> None:
    with ScriptedImap(ANSWERS) as server:
        read_from(server)
    verbs = {
        " ".join(command.split()[: 2 if command.startswith("UID") else 1]) for command in server.commands
    }
    assert verbs == {"CAPABILITY", "LOGIN", "EXAMINE", "UID SEARCH", "UID FETCH", "LOGOUT"}
    assert not any("BODY[" in command for command in server.commands)


def test_a_folder_whose_numbers_went_back_is_read_again() -> None:
    with ScriptedImap({9: ANSWERS[1]}) as server:
        assert read_from(server).kinds == {"reply": 1}
    with ScriptedImap(ANSWERS) as server:
        assert read_from(server).kinds == {"reply": 2}


def test_a_connection_without_encryption_is_refused_before_the_login() -> None:
    with ScriptedImap(ANSWERS) as server:
        found = read_from(server, security="starttls")
    assert "cannot be secured" in found.problems[0]
    assert not any(command.startswith("LOGIN") for command in server.commands)
