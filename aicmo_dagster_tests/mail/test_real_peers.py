"""Whole round trips over Postfix and Dovecot (see `peers`): what a campaign sends, and what comes back.

The next steps are sent by moving the program's clock; the servers keep the machine's.
"""

import http.client
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import make_msgid
from pathlib import Path
from typing import Any

import dkim
import pytest
import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from aicmo_dagster import settings
from aicmo_dagster.flow import mailboxes
from aicmo_dagster.mail import unsubscribe
from aicmo_dagster.store import database
from aicmo_dagster_tests import pipelines
from aicmo_dagster_tests.mail import peers
from aicmo_dagster_tests.mail.peers import Mailboxes, MailServer
from aicmo_dagster_tests.mail.servers import PASSWORD

SENDER = "ann@example.com"
LEADS = [f"lead{number}@example.org" for number in range(8)]
LATER = timedelta(days=3)


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Mailboxes]:
    with peers.dovecot([SENDER, *LEADS]) as running:
        yield running


@pytest.fixture(scope="module")
def postfix(dovecot: Mailboxes) -> Iterator[MailServer]:
    with peers.postfix(dovecot) as running:
        yield running


@pytest.fixture(scope="module")
def _leads() -> Iterator[str]:
    return iter(LEADS)


@pytest.fixture
def lead(_leads: Iterator[str]) -> str:
    """The address of a lead that no other test writes to."""
    return next(_leads)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AICMO_SMTP_PASSWORD", PASSWORD)
    monkeypatch.setenv("AICMO_IMAP_PASSWORD", PASSWORD)
    monkeypatch.setenv(settings.PUBLIC_URL, "https://mail.example.com")


@pytest.fixture
def start(project: Path, dovecot: Mailboxes, postfix: MailServer) -> Any:
    """Applies a live campaign with these leads, and sends each its first mail."""

    def begin(*leads: str, **sender: Any) -> None:
        smtp = {
            "host": "127.0.0.1",
            "port": postfix.port,
            "security": "starttls",
            "username": SENDER,
            "ca_file": str(postfix.certificate),
        }
        imap = {"host": "127.0.0.1", "port": dovecot.imaps, "ca_file": str(dovecot.certificate)}
        sending = {
            "sender": {
                **pipelines.SENDER,
                "mailbox": f"Ann Test <{SENDER}>",
                "smtp": smtp,
                "imap": imap,
                **sender,
            }
        }
        pipelines.apply(project, pipelines.config(mode="live", sending=sending))
        rows = (pipelines.ideal(number, Email=one) for number, one in enumerate(leads))
        pipelines.write_leads(project / "leads.csv", rows)
        pipelines.run()
        assert pipelines.values("SELECT state FROM sends WHERE step = 1") == ["sent"] * len(leads)

    return begin


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def answer(to: EmailMessage, author: str, text: str, **headers: str) -> EmailMessage:
    """What a mail program makes of a mail and an answer to it."""
    message = EmailMessage()
    message["From"] = author
    message["To"] = to["From"]
    message["Subject"] = f"Re: {to['Subject']}"
    message["Message-ID"] = make_msgid(domain="example.org")
    message["In-Reply-To"] = to["Message-ID"]
    message["References"] = to["Message-ID"]
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    quoted = "".join(f"> {line}\n" for line in str(to.get_body(("plain",)).get_content()).splitlines())  # type: ignore[union-attr]
    message.set_content(f"{text}\n\nOn Monday, Ann Test wrote:\n{quoted}")
    return message


def read_until_something_came_back() -> dict[str, int]:
    """Read the mailboxes until there was something in them about our mails: all of it, by kind."""

    def look() -> dict[str, int] | None:
        reading = mailboxes.read_all()
        assert (reading.problems, reading.faults) == ([], [])
        # The pipeline itself may have read it, as its last step.
        kinds = database.fetch("SELECT kind, count(*) AS n FROM received_messages GROUP BY 1")
        return {row["kind"]: row["n"] for row in kinds} or None

    return peers.until(look)


def send_next(at: timedelta = LATER) -> int:
    """Send what is due so much later; returns the number of mails that have left."""
    pipelines.run(job="nurture", at=datetime.now(UTC) + at)
    return int(pipelines.values("SELECT count(*) FROM sends WHERE state = 'sent'")[0])


def kinds() -> list[str]:
    return pipelines.values("SELECT kind FROM engagement_events ORDER BY id")


def test_a_sequence_mail_arrives_signed_whole_and_its_follow_up_in_the_same_thread(
    start: Any, dovecot: Mailboxes, lead: str, tmp_path: Path
) -> None:
    key = rsa.generate_private_key(65537, 2048)
    private = tmp_path / "dkim.pem"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    start(lead, dkim={"selector": "test", "key_file": str(private)})
    (content,) = dovecot.wait(lead, 1)
    message = parsed(content)
    (sent,) = database.fetch("SELECT message_id, reply FROM sends WHERE step = 1")
    assert message["Message-ID"] == sent["message_id"]
    assert "queued as" in sent["reply"]
    assert message["From"] == f"Ann Test <{SENDER}>"
    assert message["To"] == f"Test0 Lead <{lead}>"
    assert "ESMTPSA" in str(message["Received"]) or any(
        "ESMTPSA" in value for value in message.get_all("Received", [])
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.search(r"<https://mail\.example\.com/u/[\w=-]+>", message["List-Unsubscribe"])
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    for part in message.iter_parts():
        assert "Hello Test0" in part.get_content()
        assert "1 Test Street" in part.get_content()
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    record = b"v=DKIM1; k=rsa; p=" + b"".join(public.splitlines()[1:-1])
    assert dkim.verify(content, dnsfunc=lambda name, timeout=5: record)
    assert send_next() == 2
    second = parsed(dovecot.wait(lead, 2)[1])
    assert second["In-Reply-To"] == message["Message-ID"]


def test_a_mail_to_nobody_comes_back_and_suppresses_the_address(
    start: Any, dovecot: Mailboxes, lead: str
) -> None:
    start("nobody.there@example.org", lead)
    dovecot.wait(lead, 1)
    assert read_until_something_came_back() == {"bounce": 1}
    assert kinds() == ["bounced"]
    assert pipelines.values("SELECT value FROM suppressions") == ["nobody.there@example.org"]
    assert send_next() == 3, "only the living lead gets a second mail"


def test_a_reply_stops_the_sequence_and_leaves_the_mailbox_as_it_was(
    start: Any, dovecot: Mailboxes, postfix: MailServer, lead: str
) -> None:
    start(lead)
    mail = parsed(dovecot.wait(lead, 1)[0])
    before = len(dovecot.mails(SENDER))
    postfix.send(answer(mail, lead, "Yes, I am interested. Please call me tomorrow."))
    dovecot.wait(SENDER, before + 1)
    assert read_until_something_came_back() == {"reply": 1}
    assert kinds()[0] == "replied"
    (words,) = pipelines.values("SELECT words FROM received_messages")
    assert words == "Yes, I am interested. Please call me tomorrow."
    assert send_next() == 1
    assert len(dovecot.mails(SENDER)) == before + 1
    with dovecot.session(SENDER) as session:
        session.select("INBOX", readonly=True)
        assert session.search(None, "SEEN")[1] == [b""]


def test_the_one_click_of_a_mail_program_stops_the_sequence(
    start: Any, dovecot: Mailboxes, lead: str
) -> None:
    start(lead)
    mail = parsed(dovecot.wait(lead, 1)[0])
    link = re.search(r"<https://mail\.example\.com(/u/[^>]+)>", mail["List-Unsubscribe"])
    assert link is not None
    assert post(link[1], b"List-Unsubscribe=One-Click") == 200
    assert kinds() == ["unsubscribed"]
    assert send_next() == 1


def post(path: str, body: bytes) -> int:
    """The status that the application for unsubscribing answers with."""
    server = uvicorn.Server(uvicorn.Config(unsubscribe.app(), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        return connection.getresponse().status
    finally:
        server.should_exit = True
        thread.join()


def test_a_mail_to_the_unsubscribe_address_stops_the_sequence(
    start: Any, dovecot: Mailboxes, postfix: MailServer, lead: str
) -> None:
    start(lead)
    mail = parsed(dovecot.wait(lead, 1)[0])
    link = re.search(r"<mailto:([^?>]+)\?subject=([^>]+)>", mail["List-Unsubscribe"])
    assert link is not None
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = lead, link[1], link[2]
    postfix.send(message)
    assert read_until_something_came_back() == {"unsubscribe": 1}
    assert kinds() == ["unsubscribed"]
    assert send_next() == 1


def test_somebody_out_of_office_is_written_to_after_the_return(
    start: Any, dovecot: Mailboxes, postfix: MailServer, lead: str
) -> None:
    start(lead)
    mail = parsed(dovecot.wait(lead, 1)[0])
    back = datetime.now(UTC) + timedelta(days=12)
    text = f"I am out of the office and will be back on {back:%d %B %Y}."
    postfix.send(answer(mail, lead, text, Auto_Submitted="auto-replied"), sender="<>")
    assert read_until_something_came_back() == {"auto_reply": 1}
    assert kinds() == ["auto_replied"]
    assert pipelines.values("SELECT return_on FROM received_messages") == [back.date()]
    assert send_next() == 1
    assert send_next(timedelta(days=14)) == 2
