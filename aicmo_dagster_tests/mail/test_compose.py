import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import escape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.errors import MailError
from aicmo_dagster.mail.compose import compose, is_address
from aicmo_dagster.mail.templates import Rendered, one_line
from aicmo_dagster.mail.tokens import unsubscribe_token
from aicmo_dagster_tests.outreach import NOW

KEY = b"k" * 32
SENDER = Sender(mailbox="Tést Sender <sender@example.com>", postal_address="1 Test Street\nTesttown")


def made(sender: Sender = SENDER, subject: str = "Hello", text: str = "Hello\n", **changes: Any) -> bytes:
    arguments: dict[str, Any] = {
        "recipient": "lead@example.org",
        "recipient_name": "Test Lead",
        "send_id": 1,
        "lead_id": 2,
        "key": KEY,
        "public_url": "https://mail.example.com",
        "now": NOW,
        **changes,
    }
    html = f"<p>{escape(text)}</p>\n"
    return compose(Rendered(subject, text, html), sender, **arguments).content


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def part(mail: bytes, kind: str) -> str:
    body = parsed(mail).get_body((kind,))
    assert isinstance(body, EmailMessage)
    assert body.defects == []
    return str(body.get_content()).replace("\r\n", "\n")


def content(mail: bytes) -> str:
    return part(mail, "plain")


def test_a_mail_has_every_header_once() -> None:
    message = parsed(made())
    assert message.keys() == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "MIME-Version",
        "Content-Type",
    ]
    assert message["From"] == "Tést Sender <sender@example.com>"
    assert message["To"] == "Test Lead <lead@example.org>"
    assert message["Date"].datetime == NOW
    assert message["Message-ID"].endswith("@example.com>")


def test_the_words_go_as_text_and_as_html_the_better_one_last() -> None:
    message = parsed(made())
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_the_html_says_its_language_and_sets_no_colours() -> None:
    html = part(made(language="de"), "html")
    assert html.startswith('<!doctype html>\n<html lang="de">')
    assert "<p>Hello\n</p>" in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert not re.search(r"[^-]color:|background|<img|<script|<style", html)


def test_follow_ups_name_the_mails_before_them() -> None:
    message = parsed(made(thread=["<1@example.com>", "<2@example.com>"]))
    assert message["In-Reply-To"] == "<2@example.com>"
    assert message["References"].split() == ["<1@example.com>", "<2@example.com>"]


def test_a_long_thread_keeps_its_lines_short() -> None:
    mail = made(thread=[f"<{number:032x}@{'x' * 60}.example.com>" for number in range(30)])
    assert len(parsed(mail)["References"].split()) == 30
    assert max(map(len, mail.split(b"\r\n"))) <= 998


def test_answers_go_to_reply_to() -> None:
    sender = SENDER.model_copy(update={"reply_to": "Answers <answers@example.com>"})
    assert parsed(made(sender))["Reply-To"] == "Answers <answers@example.com>"


def test_the_text_ends_with_postal_address_and_unsubscribe_link() -> None:
    link = f"https://mail.example.com/u/{unsubscribe_token(KEY, 2)}"
    below = f"-- \n1 Test Street\nTesttown\n\nNo more mails like this: {link}\n"
    assert content(made()) == f"Hello\n\n{below}"
    html = part(made(), "html")
    assert "1 Test Street<br>\nTesttown<br>\n" in html
    assert f'No more mails like this: <a href="{link}">unsubscribe</a>' in html


def test_the_footer_is_in_the_language_of_the_mail() -> None:
    assert "Keine Mails wie diese mehr" in content(made(language="de"))
    assert "Keine Mails wie diese mehr" in part(made(language="de"), "html")


def test_one_click_is_offered_with_a_public_url_only() -> None:
    token = unsubscribe_token(KEY, 2)
    message = parsed(made())
    mailto = f"<mailto:sender@example.com?subject=unsubscribe-{token}>"
    assert message["List-Unsubscribe"] == f"<https://mail.example.com/u/{token}>, {mailto}"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    without = parsed(made(public_url=None))
    assert without["List-Unsubscribe"] == mailto
    assert without["List-Unsubscribe-Post"] is None
    assert f'<a href="{mailto[1:-1]}">' in part(made(public_url=None), "html")
    assert f'write to sender@example.com with the subject "unsubscribe-{token}"' in content(
        made(public_url=None)
    )


@pytest.mark.parametrize(
    "text", ["plain\n", "ü\n", "日本語\n" * 50, "x" * 3000 + "\n", ".\n..\nFrom x\n", "a\tb \n"]
)
def test_any_text_arrives_unchanged_in_short_lines(text: str) -> None:
    mail = made(text=text)
    assert content(mail).startswith(text)
    assert escape(text) in part(mail, "html")
    assert max(map(len, mail.split(b"\r\n"))) <= 998
    assert not {*b"\r\n"} & {*mail.replace(b"\r\n", b"")}


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_subject_and_no_name_can_add_a_header_or_a_recipient(subject: str, name: str) -> None:
    subject = one_line(subject) or "x"
    mail = made(subject=subject, recipient_name=one_line(name))
    message = parsed(mail)
    assert len(message.keys()) == 9
    assert [address.addr_spec for address in message["To"].addresses] == ["lead@example.org"]
    assert message["Subject"].replace("= ?", "=?").split() == subject.replace("= ?", "=?").split()
    assert max(map(len, mail.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("subject", ["Grüße " * 20, "日本語のメール" * 10, "a" * 200 + "ü", "🙂" * 40, "ü"])
def test_a_subject_in_any_letters_arrives_whole_in_short_lines(subject: str) -> None:
    mail = made(subject=subject.strip())
    assert parsed(mail)["Subject"] == subject.strip()
    head = mail.partition(b"\r\nDate:")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    "name", ['O"Test \\', "Test, Lead", "<x@example.com>,", "Tést Lead", "=?utf-8?q?x?="]
)
def test_a_name_is_shown_as_it_is(name: str) -> None:
    (address,) = parsed(made(recipient_name=name))["To"].addresses
    assert address.display_name == name.replace("=?", "= ?")


def test_an_address_with_other_letters_is_not_encoded() -> None:
    assert "To: tést@example.org\r\n".encode() in made(recipient="tést@example.org", recipient_name="")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "lead",
        "@example.org",
        "a@b@c",
        "a b@example.org",
        "a@example.org\r\nRCPT TO:<b@example.org>",
        "<a@example.org>",
        "a@example.org>",
        '"a b"@example.org',
        "a,b@example.org",
        "a@exämple.org",
        "a" * 65 + "@example.org",
    ],
)
def test_what_could_break_a_header_or_command_is_no_address(address: str) -> None:
    assert not is_address(address)
    with pytest.raises(MailError, match="is not an address"):
        made(recipient=address)
