"""Writing mails, plain text and HTML, without database or network, beside the standard library's `EmailMessage`."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from aicmo_dagster.campaign import sequences
from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.mail.writer import Writer
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.sends import Claimed, Earlier

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_DOCUMENT = {
    "key": "bench",
    "name": "Bench",
    "icp": {"industries": ["Software"]},
    "sources": [{"type": "manual"}],
    "sending": {
        "sender": {
            "mailbox": "Bench Sender <bench@example.com>",
            "postal_address": "1 Bench Street, 10000 Benchtown",
        },
        "variables": {"offer": "an offer", "booking_link": "https://example.com/book"},
    },
}


def run(mails: int) -> dict[str, Any]:
    """Microseconds of the processor per mail of each shipped sequence, of all, and of `EmailMessage`."""
    config = CampaignConfig.model_validate(_DOCUMENT)
    shipped = sequences.shipped()
    writer = Writer(
        Campaign(1, "bench", 1, "active", config, Path()),
        {(name, 1): sequence for name, sequence in shipped.items()},
        bytes(32),
        "https://mail.example.com",
    )
    (sender,) = config.sending.senders
    seconds: dict[str, float] = {}
    octets = 0
    for name, sequence in shipped.items():
        claimed = list(islice(_claimed(name, len(sequence.steps)), mails))
        writer.write(claimed[0], sender, _NOW)
        began = time.process_time()
        for one in claimed:
            octets += len(writer.write(one, sender, _NOW).content)
        seconds[name] = time.process_time() - began
    made = mails * len(shipped)
    return {
        "mails": made,
        "octets": octets / made,
        "us_per_mail": {name: one / mails * 1e6 for name, one in seconds.items()},
        "us_of_all": sum(seconds.values()) / made * 1e6,
        "us_of_email_message": _of_email_message(min(mails, 500)),
    }


def _claimed(sequence: str, steps: int) -> Iterator[Claimed]:
    for number, step in enumerate(cycle(range(1, steps + 1))):
        lead = {
            "email": f"lead{number}@example.org",
            "first_name": "José" if number % 4 == 0 else f"Test{number}",
            "last_name": "Lead",
            "company": f"Bench & Sons {number}" if number % 3 else None,
            "title": "Tester" if number % 2 else None,
            "industry": "Software",
        }
        earlier = tuple(Earlier(one, None, f"<{one}@example.com>") for one in range(1, step))
        yield Claimed(number, number, sequence, 1, step, "Owner", lead, None, earlier)


def _of_email_message(mails: int) -> float:
    text = "Hello Test,\n\n" + "Some words that are not many. " * 20 + "\n"
    began = time.process_time()
    for number in range(mails):
        message = EmailMessage(SMTP)
        message["From"] = "Bench Sender <bench@example.com>"
        message["To"] = f"Test Lead <lead{number}@example.org>"
        message["Subject"] = f"A question for Bench & Sons {number}"
        message["Message-ID"] = f"<{number:032x}@example.com>"
        message["List-Unsubscribe"] = f"<https://mail.example.com/u/{number:032x}>"
        message.set_content(text)
        message.add_alternative(f"<p>{text}</p>", subtype="html")
        bytes(message)
    return (time.process_time() - began) / mails * 1e6
