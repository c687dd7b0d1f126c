import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.mail.replies import new_text


def plain(text: str) -> bytes:
    return f'Subject: Re: x\r\nContent-Type: text/plain; charset="utf-8"\r\n\r\n{text}'.encode()


@pytest.mark.parametrize(
    "attribution",
    [
        "On Mon, 2 Mar 2026 at 10:00, Test Sender <sender@example.com> wrote:",
        "On Mon, 2 Mar 2026 at 10:00, Test Sender\n<sender@example.com> wrote:",
        "Am 02.03.2026 um 10:00 schrieb Test Sender <sender@example.com>:",
        "Le lun. 2 mars 2026 à 10:00, Test Sender <sender@example.com> a écrit :",
        "El lun, 2 mar 2026 a las 10:00, Test Sender (<sender@example.com>) escribió:",
        "Il giorno lun 2 mar 2026 alle ore 10:00 Test Sender <sender@example.com> ha scritto:",
        "Em seg., 2 de mar. de 2026 às 10:00, Test Sender <sender@example.com> escreveu:",
        "Op ma 2 mrt 2026 om 10:00 schreef Test Sender <sender@example.com>:",
        "-----Original Message-----",
        "From: Test Sender <sender@example.com>\nSent: Monday, 2 March 2026\nTo: Lead\nSubject: x",
        "Von: Test Sender <sender@example.com>\nGesendet: Montag, 2. März 2026\nAn: Lead\nBetreff: x",
    ],
)
def test_the_quoted_tail_is_not_new(attribution: str) -> None:
    assert (
        new_text(plain(f"Yes, gladly.\nSee you.\n\n{attribution}\n\n> Hello\n> there"))
        == "Yes, gladly.\nSee you."
    )


def test_answers_between_quoted_lines_are_kept() -> None:
    text = "On Monday, X wrote:\n> One?\nYes.\n> Two?\nNo."
    assert new_text(plain(text)) == "Yes.\nNo."


def test_a_reply_that_only_quotes_says_nothing() -> None:
    assert new_text(plain("On Monday, X wrote:\n> One?\n> Two?")) == ""


def test_the_signature_is_left_out() -> None:
    assert new_text(plain("Fine.\n-- \nTest Lead\nExample Ltd")) == "Fine."
    assert new_text(plain("Fine.\n\nSent from my iPhone")) == "Fine."


def test_a_sentence_that_begins_like_an_attribution_is_no_quotation() -> None:
    text = "On Monday I am free.\nFrom Berlin I can call."
    assert new_text(plain(text)) == text


def test_html_is_read_without_its_quotation() -> None:
    html = "<html><head><style>p {}</style></head><p>Yes &amp; no.</p><blockquote>Old</blockquote></html>"
    content = f'Content-Type: text/html; charset="utf-8"\r\n\r\n{html}'.encode()
    assert new_text(content) == "Yes & no."


HEADS = [
    b"",
    b"Content-Type: text/html\r\n\r\n",
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
]


@given(st.binary(max_size=500), st.sampled_from(HEADS))
def test_any_bytes_are_a_text(content: bytes, head: bytes) -> None:
    assert isinstance(new_text(head + content), str)
