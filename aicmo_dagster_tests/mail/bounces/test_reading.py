import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicmo_dagster.mail.bounces import Report, read
from aicmo_dagster_tests.mail.bounces.samples import (
    MESSAGE_ID,
    RETURNED,
    SAMPLES,
    Sample,
    parts,
    plain,
    report,
    with_mail,
)

FAILED = "Final-Recipient: rfc822; lead@example.com\nAction: failed\nStatus: 5.1.1\n"


def recipients(answer: Report | None) -> list[str]:
    return [failure.recipient for failure in answer.failures] if answer else []


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_bounce_names_its_failed_recipients_and_whose_fault_it_was(sample: Sample) -> None:
    answer = read(sample.content)
    assert answer is not None
    assert sorted((failure.recipient, failure.kind) for failure in answer.failures) == sorted(sample.failures)
    if MESSAGE_ID.encode() in sample.content:
        assert answer.original_message_id == MESSAGE_ID


@pytest.mark.parametrize("ending", [b"\r\n", b"\r"])
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_the_kind_of_line_ends_does_not_matter(sample: Sample, ending: bytes) -> None:
    assert read(sample.content.replace(b"\n", ending)) == read(sample.content)


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded", "Delivered (to the mailbox)"])
def test_a_mail_that_arrived_has_not_failed(action: str) -> None:
    assert read(report(FAILED.replace("failed", action).replace("5.1.1", "2.1.5"))) is None


def test_only_those_that_failed_are_named() -> None:
    status = f"{FAILED}\nFinal-Recipient: rfc822; other@example.com\nAction: delivered\nStatus: 2.1.5\n"
    assert recipients(read(report(status, "<other@example.com>: delivered"))) == ["lead@example.com"]


@pytest.mark.parametrize(
    "fields",
    [
        "FINAL-RECIPIENT: RFC822;lead@example.com\nACTION: FAILED\nSTATUS: 5.1.1",
        "Final-Recipient: <lead@example.com>\nAction: failed\nStatus: 5.1.1",
        "Final-Recipient: rfc822; lead@example.com (Lee Lead)\nAction: failed (permanently)\nStatus: 5.1.1",
        "Final-Recipient: x-local; lee\nOriginal-Recipient: rfc822; lead@example.com\nAction: failed\nStatus: 5.1.1",
        "Original-Recipient: rfc822;lead@example.com\nAction: failed\nDiagnostic-Code: smtp; 550 User unknown",
        "Final-Recipient: rfc822; lee.lead@internal.example.com\nOriginal-Recipient: rfc822; lead@example.com\n"
        "Action: failed\nStatus: 5.1.1",
        "Final-Recipient: rfc822;\n lead@example.com\nAction: failed\nStatus: 5.1.1",
        "Final-Recipient: utf-8; lead@example.com\nAction: failed\nStatus: 5.1.1",
        "Final-Recipient: rfc822; lead+40example.com\nAction: failed\nStatus: 5.1.1",
        "Action: error\nFinal-Recipient: rfc822; lead@example.com\nStatus: 5.1.1",
    ],
)
def test_loose_forms_of_the_status_are_understood(fields: str) -> None:
    answer = read(report(fields))
    assert answer is not None
    assert [(failure.recipient, failure.kind) for failure in answer.failures] == [
        ("lead@example.com", "hard")
    ]


def test_a_recipient_with_letters_beyond_ascii_is_read() -> None:
    status = r"Final-Recipient: utf-8; j\x{F6}rg@example.com" + "\nAction: failed\nStatus: 5.1.1"
    assert recipients(read(report(status))) == ["jörg@example.com"]


def test_a_status_without_a_recipient_means_the_only_one_we_wrote_to() -> None:
    assert recipients(read(report("Action: failed\nStatus: 5.1.1"))) == ["lead@example.com"]


def test_who_to_turn_to_and_who_we_are_is_not_the_failed_recipient() -> None:
    text = (
        "Your mail from sales@example.net could not be delivered to lead@example.com:\nno such user.\n\n"
        "If you have questions, please contact\nhelpdesk@example.org or write to admin@example.org.\n"
    )
    assert recipients(read(with_mail("postmaster@example.org", "Undeliverable", text))) == [
        "lead@example.com"
    ]


@pytest.mark.parametrize(
    "content",
    [
        plain("Lee Lead <lead@example.com>", "Re: A question about your stock", "Mail to info@example.com "
              "failed, user unknown. Use lead@example.com.\n\n" + RETURNED, "In-Reply-To: <k7f3a.21@example.net>\n"),
        plain("Lee Lead <lead@example.com>", "Out of office", "I cannot read mails. Turn to\njane@example.com\n",
              "Auto-Submitted: auto-replied\nReturn-Path: <>\n"),
        plain("Lee Lead <lead@example.com>", "Thank you", "Mail will not be forwarded, I left.\n\njane@example.com\n",
              "Auto-Submitted: auto-replied\nReturn-Path: <>\n"),
        plain("News <news@bounce.example.org>", "Ten tips", "Your mails are not delivered?\n\nhelp@example.org\n"),
        plain("Lee <lead@example.com>", "FW: Undeliverable", "Look: <x@example.org>: user unknown\n"),
        parts("Lee <lead@example.com>", "Read: A question", "report; report-type=disposition-notification",
              ("text/plain", b"Your message to lead@example.com was displayed."),
              ("message/disposition-notification", b"Final-Recipient: rfc822;lead@example.com\nDisposition: manual-"
               b"action/MDN-sent-manually; displayed\n")),
        plain("Weekly <weekly@example.org>", "Why mails bounce: 550 user unknown", "It was rejected:\n\n  550 5.1.1 "
              "<someone@example.com>: User unknown\n", "List-Unsubscribe: <https://example.org/u>\n"),
        with_mail("lead@example.com", "Please confirm your message", "Your message is being held because you are not "
                  "known here.\n\nPlease reply to confirm, or it will not be delivered.\n"),
        b"",
        b"\n\n",
    ],
)  # fmt: skip
def test_what_people_write_is_no_bounce(content: bytes) -> None:
    assert read(content) is None


def test_a_subject_about_holidays_does_not_hide_a_bounce() -> None:
    text = "<lead@example.com>: user unknown\n"
    assert recipients(read(plain("MAILER-DAEMON@example.org", "Undeliverable: Your summer vacation", text)))


def test_of_two_answers_about_one_recipient_hard_gives_way() -> None:
    status = f"{FAILED}\nFinal-Recipient: rfc822; LEAD@example.com\nAction: failed\nStatus: 4.4.1\n"
    answer = read(report(status))
    assert answer is not None
    assert [failure.kind for failure in answer.failures] == ["soft"]


@given(st.binary(max_size=400))
def test_no_bytes_make_it_fail(content: bytes) -> None:
    read(content)


@given(st.sampled_from(SAMPLES), st.data())
@settings(max_examples=200)
def test_no_damage_to_a_bounce_makes_it_fail(sample: Sample, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(sample.content)))
    damage = data.draw(st.binary(max_size=30))
    read(sample.content[:at] + damage + sample.content[at + data.draw(st.integers(0, 200)) :])


@pytest.mark.parametrize(
    "filling", [b"<a@b.example>:\n", b"<style>", b"a.", b"@", b"\n", b"user is was ", b"<"]
)
def test_ten_megabytes_of_anything_are_read_to_a_bound(filling: bytes) -> None:
    head = b"From: MAILER-DAEMON@example.org\nSubject: failure notice\nContent-Type: text/html\n\n"
    answer = read(head + filling * (10_000_000 // len(filling)))
    assert answer is None or len(answer.failures) <= 500


def test_deep_nesting_ends() -> None:
    assert (
        read(
            b"".join(
                b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(5000)
            )
        )
        is None
    )


class Written(logging.Handler):
    """Every record that reaches the root's handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def test_the_library_writes_nothing_to_our_logs() -> None:
    library, written = logging.getLogger("flufl.bounce"), Written()
    before = library.level
    logging.getLogger().addHandler(written)
    library.setLevel(logging.DEBUG)
    try:
        read(plain("MAILER-DAEMON@example.org", "Undelivered Mail", "Your mail could not be delivered."))
    finally:
        library.setLevel(before)
        logging.getLogger().removeHandler(written)
    assert [record for record in written.records if record.name.startswith("flufl")] == []


def test_to_be_asked_to_send_again_is_no_word_of_a_mail_still_on_its_way() -> None:
    told = "宛先を確認の上、再送信してください。\n\n<lead@example.com>: 550 User unknown\n"
    answer = read(plain("Postmaster@example.org", "Mail System Error - Returned Mail", told))
    assert answer is not None
    assert [(one.recipient, one.kind) for one in answer.failures] == [("lead@example.com", "hard")]
