import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.mail.bounces import Complaint, read, read_complaint
from aicmo_dagster_tests.mail.bounces.samples import MESSAGE_ID, RETURNED, parts, report


def complaint(fields: str, returned: str = RETURNED) -> bytes:
    return parts(
        "fbl@example.org",
        "Complaint about message",
        "report; report-type=feedback-report",
        ("text/plain", b"This is an email abuse report."),
        ("message/feedback-report", f"User-Agent: Test/1\nVersion: 1\n{fields}\n".encode()),
        ("message/rfc822", returned.encode()),
    )


def test_a_complaint_names_kind_recipient_and_mail() -> None:
    content = complaint("Feedback-Type: abuse\nOriginal-Rcpt-To: <lead@example.com>")
    assert read_complaint(content) == Complaint("abuse", "lead@example.com", MESSAGE_ID)


def test_without_a_recipient_in_the_report_the_returned_mail_names_it() -> None:
    assert read_complaint(complaint("Feedback-Type: fraud")) == Complaint(
        "fraud", "lead@example.com", MESSAGE_ID
    )


def test_a_blackened_recipient_is_none_and_the_mail_is_still_named() -> None:
    content = complaint("Feedback-Type: Abuse", RETURNED.replace("lead@example.com", "redacted@example.com"))
    assert read_complaint(content) == Complaint("abuse", None, MESSAGE_ID)


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", ""])
def test_reports_that_no_recipient_made_are_no_complaints(kind: str) -> None:
    assert read_complaint(complaint(f"Feedback-Type: {kind}")) is None


def test_outlook_s_reports_are_understood_without_a_report_part() -> None:
    returned = "X-HmXmrOriginalRecipient: lead@example.com\n" + RETURNED
    content = parts("staff@example.org", "complaint", "mixed", ("message/rfc822", returned.encode()))
    assert read_complaint(content) == Complaint("abuse", "lead@example.com", MESSAGE_ID)


def test_a_complaint_is_no_bounce_and_a_bounce_no_complaint() -> None:
    assert read(complaint("Feedback-Type: abuse\nOriginal-Rcpt-To: <lead@example.com>")) is None
    assert (
        read_complaint(report("Final-Recipient: rfc822; lead@example.com\nAction: failed\nStatus: 5.1.1"))
        is None
    )


@given(st.binary(max_size=400))
def test_no_bytes_make_it_fail(content: bytes) -> None:
    read_complaint(content)
    read_complaint(complaint("Feedback-Type: abuse").replace(b"abuse", content))
