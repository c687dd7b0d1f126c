import pytest

from aicmo_dagster.mail.bounces import read
from aicmo_dagster.mail.bounces.dialogue import blamed, is_derived, refused_as_sender
from aicmo_dagster_tests.mail.bounces.samples import plain, report


@pytest.mark.parametrize(
    "text",
    [
        "host mx.example.com said: 550 5.1.0 no such user here (in reply to MAIL FROM command)",
        "SMTP error from remote mail server after MAIL FROM:<us@example.org>:\n550 No such domain",
        "SMTP error from remote mail server after initial connection:\n554 Go away",
        "host mx.example.com[192.0.2.1] refused to talk to me: 554 5.7.1 No",
        "Connected to 192.0.2.1 but sender was rejected.\nRemote host said: 550 unknown",
        "... while talking to mx.example.com:\n>>> MAIL From:<us@example.org>\n<<< 550 Host unknown",
        ">>> EHLO us.example.org\n<<< 250 fine\n>>> MAIL From:<us@example.org>\n<<< 553 Unknown",
    ],
)
def test_a_refusal_before_the_recipient_was_named_is_the_sender_s(text: str) -> None:
    assert refused_as_sender(text)
    assert blamed("hard", text, "") == "sender"


@pytest.mark.parametrize(
    "text",
    [
        "host mx.example.com said: 550 No such user (in reply to RCPT TO command)",
        "SMTP error from remote mail server after RCPT TO:<lead@example.com>:\n550 No such user",
        ">>> RCPT To:<lead@example.com>\n<<< 550 No such user",
        ">>> MAIL From:<us@example.org>\n<<< 550 Refused\n>>> RCPT To:<lead@example.com>\n<<< 550 No such user",
        "550 No such user",
        "",
    ],
)
def test_a_later_or_unknown_step_changes_nothing(text: str) -> None:
    assert not refused_as_sender(text)
    assert blamed("hard", text, "") == "hard"


def test_a_passing_refusal_of_the_sender_stays_soft() -> None:
    text = "host mx.example.com refused to talk to me: 554 temporarily overloaded, try again later"
    assert blamed("soft", text, "") == "soft"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("554 5.7.1 Recipient address rejected: Nonexistent user (in reply to RCPT TO command)", "hard"),
        ("554 5.7.1 user x@example.com does not exist (in reply to RCPT TO command)", "hard"),
        ("554 5.7.1 user x@example.com does not exist (in reply to end of DATA command)", "soft"),
        ("554 5.7.1 user unknown, try again later (in reply to RCPT TO command)", "soft"),
        ("554 5.7.1 no such user, or you are on our blocklist (in reply to RCPT TO command)", "soft"),
        ("550 5.7.1 No mailbox found (in reply to RCPT TO command)", "hard"),
        ("554 5.7.1 rejected (in reply to RCPT TO command)", "soft"),
        ("450 4.7.1 user unknown (in reply to RCPT TO command)", "soft"),
    ],
)
def test_a_general_policy_code_for_a_recipient_who_does_not_exist_is_no_policy(said: str, kind: str) -> None:
    assert blamed("soft", said, "") == kind


def test_exim_s_refusal_of_the_envelope_sender_blames_the_sender() -> None:
    answer = read(
        plain(
            "Mail Delivery System <mailer-daemon@example.net>",
            "Mail delivery failed: returning message to sender",
            "A message that you sent could not be delivered to one or more of its recipients.\n\n"
            "  lead@example.com\n    host mx.example.com [192.0.2.1]\n"
            "    SMTP error from remote mail server after MAIL FROM:<us@example.org>:\n"
            "    550 5.1.7 No such domain example.org.\n",
        )
    )
    assert answer is not None
    assert [(failure.recipient, failure.kind) for failure in answer.failures] == [
        ("lead@example.com", "sender")
    ]


@pytest.mark.parametrize(
    ("status", "diagnostic", "derived"),
    [
        ("5.1.1", "550 Go away", True),
        ("5.1.3", "553 http://blocklist.example.org/?ip=192.0.2.1", True),
        ("5.1.1", "550 5.1.1 Go away", False),
        ("5.1.1", "550", False),
        ("5.7.1", "550 Go away", False),
        (None, "550 Go away", False),
    ],
)
def test_a_status_that_repeats_the_number_of_the_reply_is_derived(
    status: str | None, diagnostic: str, derived: bool
) -> None:
    assert is_derived(status, diagnostic) is derived


@pytest.mark.parametrize(("said", "kind"), [("Go away", "soft"), ("User unknown", "hard")])
def test_of_a_derived_status_only_the_words_count(said: str, kind: str) -> None:
    status = (
        "Final-Recipient: rfc822; lead@example.com\nAction: failed\nStatus: 5.1.1\n"
        f"Diagnostic-Code: SMTP; 550 {said}\n"
    )
    notice = f"<<< 550 {said}\n550 5.1.1 <lead@example.com>... User unknown"
    answer = read(report(status, notice))
    assert answer is not None
    assert [(failure.kind, failure.status) for failure in answer.failures] == [(kind, "5.1.1")]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("550 5.2.0 From: Domain is invalid (in reply to end of DATA command)", "sender"),
        ("550 Unknown user, no such domain (in reply to end of DATA command)", "hard"),
        ("550 User unknown (in reply to end of DATA command)", "hard"),
        ("550 Domain is invalid (in reply to RCPT TO command)", "hard"),
    ],
)
def test_an_unknown_domain_after_the_text_was_taken_is_the_sender_s(said: str, kind: str) -> None:
    assert blamed("hard", said, "") == kind
