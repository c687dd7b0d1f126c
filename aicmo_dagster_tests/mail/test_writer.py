from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.campaign.steps import Sequence
from aicmo_dagster.errors import MailError
from aicmo_dagster.mail.templates import one_line
from aicmo_dagster.mail.writer import Writer
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.sends import Claimed, Earlier
from aicmo_dagster_tests.mail.test_markup import Words
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


LEAD: dict[str, Any] = {
    "email": "lead@example.org",
    "first_name": "Test",
    "last_name": None,
    "company": "Acme",
}


def mail_of(
    step: int, variant: str | None = None, *, earlier: tuple[Earlier, ...] = (), **lead: Any
) -> Claimed:
    return Claimed(7, 2, "mine", 1, step, "Owner", LEAD | lead, variant, earlier)


def sent(step: int, variant: str | None = None) -> Earlier:
    return Earlier(step, variant, f"<{step}@example.com>")


def bytes_of(mail: Claimed, sequence: Sequence = SEQUENCE, **sending: Any) -> bytes:
    document = config(sending=sending)
    campaign = Campaign(1, "test", 1, "active", document, Path())
    writer = Writer(campaign, {("mine", 1): sequence}, KEY, "https://mail.example.com")
    return writer.write(mail, document.sending.senders[0], NOW).content


def written(mail: Claimed, sequence: Sequence = SEQUENCE, **sending: Any) -> EmailMessage:
    message = message_from_bytes(bytes_of(mail, sequence, **sending), policy=default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def test_a_first_mail_belongs_to_no_thread() -> None:
    message = written(mail_of(1))
    assert message["Subject"] == "A question for Acme"
    assert "In-Reply-To" not in message
    assert "References" not in message


def test_a_follow_up_answers_the_mail_before_it_and_refers_to_all() -> None:
    message = written(mail_of(3, earlier=(sent(1), sent(2))))
    assert message["Subject"] == "Re: A question for Acme"
    assert message["In-Reply-To"] == "<2@example.com>"
    assert message["References"].split() == ["<1@example.com>", "<2@example.com>"]


@pytest.mark.parametrize(
    ("variant", "subject"), [("short", "Re: Acme?"), ("warm", "Re: A question for Acme")]
)
def test_a_follow_up_has_the_subject_the_lead_got(variant: str, subject: str) -> None:
    assert written(mail_of(2, earlier=(sent(1, variant),)))["Subject"] == subject


def test_a_follow_up_goes_as_first_mail_where_nothing_was_sent() -> None:
    message = written(mail_of(2))
    assert message["Subject"] == "A question for Acme"
    assert "In-Reply-To" not in message


def test_a_thread_begins_anew_with_a_step_that_is_in_none() -> None:
    message = written(mail_of(5, earlier=(sent(1), sent(2), sent(4))))
    assert message["Subject"] == "Re: New"
    assert message["References"] == "<4@example.com>"
    assert "References" not in written(mail_of(4, earlier=(sent(1),)))


def test_a_variant_has_its_own_words() -> None:
    assert written(mail_of(1, "short"))["Subject"] == "Acme?"
    assert written(mail_of(3, "own", earlier=(sent(1),)))["Subject"] == "Other"
    assert written(mail_of(1, "base"))["Subject"] == "A question for Acme"


def test_a_step_or_variant_that_is_not_there_is_named() -> None:
    with pytest.raises(MailError, match="has no step 6"):
        written(mail_of(6))
    with pytest.raises(MailError, match="no variant 'none'"):
        written(mail_of(1, "none"))


FULL = Sequence.model_validate(
    {
        "days": 1,
        "steps": [
            {
                "day": 0,
                "subject": "{{ first_name }} of {{ company }} in {{ extra.place | default: 'x' }}",
                "text": "Dear {{ first_name }}\n\n- at **{{ company }}**\n- in {{ extra.place | default: 'x' }}\n\n"
                "[Look](https://example.com/?for={{ company }}), {{ title }}\n\nEnd",
            }
        ],
    }
)
ONCE = ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "List-Unsubscribe"]
HOSTILE = (
    *("a\r\nBcc: <x@example.net>", "a\n\n<script>b</script>", "\x00\x1b[2J", "\u202egpj.exe", "\ud800"),
    *("=?utf-8?q?=0D=0ABcc:?=", "--=_7\r\n", "[a](javascript:b)", "*a* _b_ `c` # d", "{{ sender.email }}"),
    *("&lt;b&gt;", "x" * 1_500, "%s %(x)s", "https://example.net/", "-- ", "> a", "1. a"),
)
ANY_TEXT = st.text(max_size=60) | st.sampled_from(HOSTILE)


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_nothing_in_a_lead_can_change_what_a_mail_is(
    first: str, last: str, company: str, title: str, place: str
) -> None:
    lead: dict[str, Any] = {
        "first_name": first,
        "last_name": last,
        "company": company,
        "title": title,
        "extra": {"place": place},
    }
    mail = mail_of(1, **lead)
    name, works_at = shown(first) or "there", shown(company) or "your company"
    is_in, job = shown(place) or "x", shown(title) or "professional"
    subject = f"{name} of {works_at} in {is_in}"
    if len(subject) > 300:
        with pytest.raises(MailError, match="the subject has"):
            bytes_of(mail, FULL)
        return
    content = bytes_of(mail, FULL)
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    assert sorted(message.keys()) == sorted([*ONCE, "List-Unsubscribe-Post"])
    assert [one.addr_spec for one in message["From"].addresses] == ["sender@example.com"]
    assert [one.addr_spec for one in message["To"].addresses] == ["lead@example.org"]
    assert message["Message-ID"].count("@") == 1
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert not {*b"\r\n"} & {*content.replace(b"\r\n", b"")}

    assert message["Subject"].replace("= ?", "=?").split() == subject.replace("= ?", "=?").split()
    kinds = [(part.get_content_type(), part.defects) for part in message.iter_parts()]
    assert kinds == [("text/plain", []), ("text/html", [])]
    link = f"https://example.com/?for={quote(works_at, safe='%+')}"
    text, html = (part.get_content().replace("\r\n", "\n") for part in message.iter_parts())
    expected = f"Dear {name}\n\n- at {works_at}\n- in {is_in}\n\nLook <{link}>, {job}\n\nEnd\n\n-- \n"
    assert text.startswith(expected)
    words = Words(html)
    assert words.seen.lstrip("\n").split("\n")[:6] == [
        f"Dear {name}",
        "",
        f"at {works_at}",
        f"in {is_in}",
        "",
        f"Look, {job}",
    ]
    assert words.links[0] == link
    assert len(words.links) == 2
    assert words.tags.count("p") == 3


def shown(value: str) -> str:
    """A lead's value as mails have it: one line of printable text."""
    return one_line(value[:1_000])


def test_follow_ups_of_a_lead_are_the_same_bytes_again() -> None:
    mail = mail_of(2, earlier=(sent(1),))
    assert bytes_of(mail) == bytes_of(mail)


def test_a_mail_is_signed_where_the_mailbox_has_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    monkeypatch.setenv("TEST_DKIM_KEY", pem.decode())
    sender = {"mailbox": "a@example.com", "postal_address": "1 Test Street, Testtown"}
    signed = written(mail_of(1), sender={**sender, "dkim": {"selector": "s", "key_env": "TEST_DKIM_KEY"}})
    assert "d=example.com; s=s;" in signed["DKIM-Signature"]
    assert "DKIM-Signature" not in written(mail_of(1), sender=sender)
    monkeypatch.delenv("TEST_DKIM_KEY")
    with pytest.raises(MailError, match="TEST_DKIM_KEY is not set"):
        written(mail_of(1), sender={**sender, "dkim": {"selector": "s", "key_env": "TEST_DKIM_KEY"}})


def test_links_of_the_words_are_tracked_and_the_way_out_is_not() -> None:
    link = {"days": 1, "steps": [{"day": 0, "subject": "x", "text": "[a](https://example.org/a)"}]}
    message = written(mail_of(1), Sequence.model_validate(link), tracking={"clicks": True})
    text, html = (part.get_content() for part in message.iter_parts())
    first, *_, last = Words(html).links
    assert first.startswith("https://mail.example.com/")
    assert first != "https://example.org/a"
    assert last.startswith("https://mail.example.com/u/")
    assert "a <https://example.org/a>" in text


def test_a_mail_is_in_the_language_of_its_sequence() -> None:
    german = SEQUENCE.model_copy(update={"language": "de"})
    assert '<html lang="de">' in written(mail_of(1), german).get_body(("html",)).get_content()  # type: ignore[union-attr]
