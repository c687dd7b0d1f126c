import json
from email import message_from_bytes, policy

import pytest

from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.mail import marks
from aicmo_dagster.mail.compose import compose
from aicmo_dagster.mail.providers import PROVIDERS
from aicmo_dagster.mail.templates import Rendered
from aicmo_dagster_tests.outreach import NOW, SENDER


def composed(host: str | None, mailbox: str = "sender@example.com") -> tuple[str, dict[str, str]]:
    """Message-ID and headers of a mail that is handed to the host."""
    sender = Sender.model_validate(
        {**SENDER, "mailbox": mailbox, **({"smtp": {"host": host}} if host else {})}
    )
    mail = compose(
        Rendered("Test", "Test", "<p>Test</p>"),
        sender,
        recipient="lead@example.org",
        recipient_name="",
        send_id=1,
        lead_id=1,
        key=b"invented",
        public_url=None,
        now=NOW,
    )
    parsed = message_from_bytes(mail.content, policy=policy.SMTP)
    return mail.message_id, {name: str(value) for name, value in parsed.items()}


def test_events_of_sendgrid_name_the_mail_by_its_argument() -> None:
    message_id, headers = composed("smtp.sendgrid.net")
    arguments = json.loads(headers["X-SMTPAPI"])["unique_args"]
    assert PROVIDERS["sendgrid"].read({"event": "open", **arguments}).message_id == message_id


def test_events_of_postmark_name_the_mail_by_its_metadata_and_the_message_id_is_kept() -> None:
    message_id, headers = composed("smtp.postmarkapp.com")
    assert headers["X-PM-KeepID"] == "true"
    metadata = {"aicmo_mail": headers["X-PM-Metadata-aicmo_mail"]}
    assert PROVIDERS["postmark"].read({"RecordType": "Open", "Metadata": metadata}).message_id == message_id


def test_metadata_that_postmark_would_not_take_is_left_out() -> None:
    _, headers = composed("smtp.postmarkapp.com", f"sender@{'long-' * 9}name.example.com")
    assert headers["X-PM-KeepID"] == "true"
    assert "X-PM-Metadata-aicmo_mail" not in headers


@pytest.mark.parametrize(
    "host", [None, "localhost", "smtp.example.com", "sendgrid.net.example.com", "notsendgrid.net"]
)
def test_other_servers_get_no_mark(host: str | None) -> None:
    assert marks.headers(host, "<1@example.com>") == ""
    assert not [name for name in composed(host)[1] if name.upper().startswith("X-")]
