from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from aicmo_dagster.campaign.steps import Sequence
from aicmo_dagster.errors import MailError
from aicmo_dagster.mail.writer import Writer
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster_tests.outreach import NOW, config

KEY = b"k" * 32
SEQUENCE = Sequence.model_validate(
    {
        "days": 9,
        "steps": [
            {
                "day": 0,
                "subject": "A question for {{ company }}",
                "text": "Hello {{ first_name }}",
                "variants": [{"name": "short", "subject": "{{ company }}?"}, {"name": "warm", "text": "Hi"}],
            },
            {"day": 1, "thread": True, "text": "Again, {{ first_name }}"},
            {"day": 2, "thread": True, "text": "Third", "variants": [{"name": "own", "subject": "Other"}]},
            {"day": 3, "subject": "New", "text": "Fourth"},
            {"day": 4, "thread": True, "text": "Fifth"},
        ],
    }
)


@dataclass(frozen=True)
class Mail:
    """What the writer reads of `sends.Claimed` and `sends.Earlier`."""

    step: int
    variant: str | None = None
    message_id: str = ""
    earlier: tuple["Mail", ...] = ()
    id: int = 7
    lead_id: int = 2
    sequence: str = "mine"
    sequence_version: int = 1
    owner: str = "Owner"
    first_name: str = "Test"

    @property
    def lead(self) -> dict[str, Any]:
        return {
            "email": "lead@example.org",
            "first_name": self.first_name,
            "last_name": None,
            "company": "Acme",
        }


def sent(step: int, variant: str | None = None) -> Mail:
    return Mail(step, variant, f"<{step}@example.com>")


def written(mail: Mail, sequence: Sequence = SEQUENCE) -> EmailMessage:
    document = config()
    campaign = Campaign(1, "test", 1, "active", document, Path())
    writer = Writer(campaign, {("mine", 1): sequence}, KEY, "https://mail.example.com")
    content = writer.write(mail, document.sending.senders[0], NOW).content  # type: ignore[arg-type]
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def test_a_first_mail_belongs_to_no_thread() -> None:
    message = written(Mail(1))
    assert message["Subject"] == "A question for Acme"
    assert "In-Reply-To" not in message
    assert "References" not in message


def test_a_follow_up_answers_the_mail_before_it_and_refers_to_all() -> None:
    message = written(Mail(3, earlier=(sent(1), sent(2))))
    assert message["Subject"] == "Re: A question for Acme"
    assert message["In-Reply-To"] == "<2@example.com>"
    assert message["References"].split() == ["<1@example.com>", "<2@example.com>"]


@pytest.mark.parametrize(
    ("variant", "subject"), [("short", "Re: Acme?"), ("warm", "Re: A question for Acme")]
)
def test_a_follow_up_has_the_subject_the_lead_got(variant: str, subject: str) -> None:
    assert written(Mail(2, earlier=(sent(1, variant),)))["Subject"] == subject


def test_a_follow_up_goes_as_first_mail_where_nothing_was_sent() -> None:
    message = written(Mail(2))
    assert message["Subject"] == "A question for Acme"
    assert "In-Reply-To" not in message


def test_a_thread_begins_anew_with_a_step_that_is_in_none() -> None:
    message = written(Mail(5, earlier=(sent(1), sent(2), sent(4))))
    assert message["Subject"] == "Re: New"
    assert message["References"] == "<4@example.com>"
    assert "References" not in written(Mail(4, earlier=(sent(1),)))


def test_a_variant_has_its_own_words() -> None:
    assert written(Mail(1, "short"))["Subject"] == "Acme?"
    assert written(Mail(3, "own", earlier=(sent(1),)))["Subject"] == "Other"
    assert written(Mail(1, "base"))["Subject"] == "A question for Acme"


def test_a_step_or_variant_that_is_not_there_is_named() -> None:
    with pytest.raises(MailError, match="has no step 6"):
        written(Mail(6))
    with pytest.raises(MailError, match="no variant 'none'"):
        written(Mail(1, "none"))
