"""Messages that come back, and the mails they are about."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any

from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.mail.inbox.reading import Reading, mailboxes, read
from aicmo_dagster.store import database
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster_tests.mail.peers import Mailboxes
from aicmo_dagster_tests.outreach import add_campaign, add_lead, add_send, config

SENT_AT = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
PASSWORD_ENV = "AICMO_TEST_IMAP_PASSWORD"


def sender(address: str, server: Mailboxes, **imap: Any) -> dict[str, Any]:
    """A sender's part of a campaign document, with its mailbox at the server."""
    return {
        "mailbox": f"Test Sender <{address}>",
        "postal_address": "1 Test Street, Testtown",
        "smtp": {"host": "127.0.0.1", "port": 1},
        "imap": {
            "host": "127.0.0.1",
            "port": server.imaps,
            "ca_file": str(server.certificate),
            "password_env": PASSWORD_ENV,
            **imap,
        },
    }


def live_campaign(address: str, server: Mailboxes, **imap: Any) -> Campaign:
    return add_campaign(config(mode="live", sending={"sender": sender(address, server, **imap)}))


def add_written(campaign: Campaign, email: str = "lead@example.org", **fields: Any) -> tuple[int, int, str]:
    """A lead that got a mail two days ago, with its next one planned: lead, send, Message-ID."""
    lead = add_lead(campaign.id, email)
    address = campaign.config.sending.senders[0].address
    identity = f"<{lead:032x}@example.com>"
    row = {
        "state": "sent",
        "mode": "live",
        "sender": address,
        "recipient": email,
        "message_id": identity,
        "started_at": SENT_AT,
        "sent_at": SENT_AT,
        **fields,
    }
    if row["state"] != "sent":
        row["sent_at"] = None
    send = add_send(campaign.id, lead, **row)
    add_send(campaign.id, lead, step=2, sender=address)
    return lead, send, identity


def letter(author: str = "lead@example.org", text: str = "Thank you.\n", **headers: str) -> bytes:
    """A message to the mailbox; keys of `headers` are names of fields with _ for -."""
    message = EmailMessage()
    message["From"] = author
    message["To"] = "sender@example.com"
    message["Subject"] = headers.pop("Subject", "Re: A question")
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = headers.pop("Message_ID", make_msgid(domain="example.org"))
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def dsn(
    recipient: str, original: str | None = None, status: str = "5.1.1", diagnostic: str = "unknown"
) -> bytes:
    """A delivery report (RFC 3464) on a mail to the recipient."""
    returned = f"Message-ID: {original}\r\n" if original else ""
    return (
        f"""Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: sender@example.com
Subject: Undelivered Mail Returned to Sender
Message-ID: {make_msgid(domain="mx.example.net")}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

The mail system could not deliver your message to <{recipient}>: {diagnostic}

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {recipient}
Action: failed
Status: {status}
Diagnostic-Code: smtp; 550 {status} {diagnostic}

--b
Content-Type: text/rfc822-headers

From: sender@example.com
To: {recipient}
Subject: A question
{returned}
--b--
""".replace("\r\n", "\n")
        .replace("\n", "\r\n")
        .encode()
    )


def reading(campaign: Campaign) -> Reading:
    """Read the campaign's mailboxes now, without waiting between connections."""
    return read(senders(campaign), database.connect, lambda: datetime.now(UTC), lambda _: None)


def senders(campaign: Campaign) -> list[Sender]:
    return mailboxes([campaign])


def events() -> list[tuple[int, str]]:
    """Lead and kind of everything that happened."""
    found = database.fetch("SELECT lead_id, kind FROM engagement_events ORDER BY id")
    return [(row["lead_id"], row["kind"]) for row in found]


def kept() -> list[dict[str, Any]]:
    """What was kept of messages."""
    return database.fetch("SELECT * FROM received_messages ORDER BY id")
