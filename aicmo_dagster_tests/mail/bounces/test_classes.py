import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.mail.bounces import Kind
from aicmo_dagster.mail.bounces.classes import classify, enhanced

CASES: list[tuple[Kind, str | None, str]] = [
    (
        "hard",
        "5.1.1",
        "550 5.1.1 <lead@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
    ),
    ("hard", "5.1.1", ""),
    (
        "hard",
        "5.1.10",
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    ),
    ("hard", "5.0.0", "550 No such user here"),
    ("hard", "5.1.0", "550 5.1.0 Address rejected: user unknown"),
    ("hard", "5.1.2", "5.1.2 - Bad destination host 'DNS Hard Error looking up example.com (MX): NXDomain'"),
    ("hard", "5.2.1", "550 5.2.1 The email account that you tried to reach is disabled."),
    (
        "hard",
        "5.4.4",
        "Host or domain name not found. Name service error for name=example.com type=MX: Host not found",
    ),
    ("hard", "5.4.1", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)"),
    ("hard", None, "550 Requested action not taken: mailbox unavailable"),
    (
        "hard",
        None,
        "554 delivery error: dd This user doesn't have a yahoo.example account (lead@example.com) [0]",
    ),
    ("hard", None, "Empfänger unbekannt"),
    ("hard", None, "User not listed in the public address book"),
    ("soft", "5.1.1", "550 5.1.1 Message refused owing to the recipient's preferences"),
    ("soft", None, "550 Usuario desconocido o mailbox lleno"),
    ("hard", None, "550 该用户不存在"),
    ("soft", "5.2.2", "552 5.2.2 mailbox full"),
    ("soft", "5.1.1", "550 5.1.1 The recipient's mailbox is full"),
    ("soft", None, "452 4.2.2 The email account that you tried to reach is over quota"),
    ("soft", "4.4.7", "Delivery time expired"),
    (
        "soft",
        "4.1.1",
        "450 4.1.1 <lead@example.com>: Recipient address rejected: User unknown in local recipient table",
    ),
    ("soft", "4.7.1", "450 4.7.1 Greylisted, please try again later"),
    ("soft", "5.4.6", "Too many hops"),
    ("soft", "5.7.1", "550 5.7.1 User unknown"),
    ("soft", "5.1.1", "554 5.7.1 Service unavailable"),
    ("soft", "5.0.0", "550 Something else"),
    ("soft", None, ""),
    ("soft", None, "an undisclosed address"),
    ("sender", "5.7.26", "550-5.7.26 Your email has been blocked because the sender is unauthenticated."),
    (
        "sender",
        "5.7.515",
        "550 5.7.515 Access denied, sending domain doesn't meet the required authentication level",
    ),
    ("sender", "5.7.1", "554 5.7.1 <lead@example.com>: Relay access denied"),
    ("sender", "5.7.1", "550 5.7.1 Client host [192.0.2.7] blocked using zen.spamhaus.example"),
    ("sender", "5.7.23", "550 5.7.23 The message was rejected because of Sender Policy Framework violation"),
    ("sender", "5.1.8", "553 5.1.8 <sales@example.net>... Domain of sender address does not exist"),
    ("sender", "5.7.25", "550 5.7.25 The sending IP does not have a PTR record"),
    ("sender", None, "554 Too many connections from your IP"),
    ("hard", None, '550 unrouteable mail domain "example.com"'),
    ("sender", None, "550 Your domain does not exist in DNS"),
    ("sender", None, "550 Rule imposed mailbox access for lead@example.com refused: user invalid"),
    ("soft", None, "521 5.2.1 (CON:B1)"),
    ("soft", None, "account temporarily disabled"),
    ("sender", None, "550 Verification failed for <sales@example.net>: No such person. Sender verify failed"),
    ("hard", None, "ERROR_CODE :550, 5.1.1 nobody here: user unknown"),
    ("hard", None, "550 mailbox lead@example.com unavailable"),
    ("hard", None, "550 That address is not present on our system"),
    ("sender", None, "550 Your daily relay quota was exceeded"),
    ("sender", None, "550 OU-002 Mail refused from this network"),
    ("soft", "5.1.3", "553 https://www.spamhaus.example/query?ip=192.0.2.7"),
    ("sender", None, "550 example.net is not a registered sender here"),
    ("soft", None, "550 invalid domain, see the manual"),
    ("soft", "5.4.4", "Name service error: malformed or unexpected name server reply"),
    ("content", None, "554 No spamming here"),
    ("content", "5.3.4", "552 5.3.4 Message size exceeds fixed limit"),
    ("content", "5.7.1", "550 5.7.1 Message rejected as spam by Content Filtering."),
    (
        "content",
        "5.7.0",
        "552 5.7.0 This message was blocked because its content presents a potential security issue",
    ),
    ("content", "5.6.0", "554 5.6.0 Message contains a virus"),
    ("content", "5.2.3", "552 5.2.3 Message is too large"),
]


@pytest.mark.parametrize(("kind", "status", "diagnostic"), CASES)
def test_status_and_words_together_say_whose_fault_it_is(
    kind: Kind, status: str | None, diagnostic: str
) -> None:
    assert classify(status, diagnostic) == kind


@pytest.mark.parametrize(
    "words", ["blocked using an RBL", "mailbox full", "rejected as spam", "try again later", "SPF fail"]
)
def test_a_second_reason_keeps_a_failure_from_being_hard(words: str) -> None:
    assert classify("5.0.0", "550 user unknown") == "hard"
    assert classify("5.0.0", f"550 user unknown; {words}") != "hard"


def test_the_notice_is_asked_only_where_the_diagnosis_says_nothing() -> None:
    assert classify(None, "Unable to transfer", "Your mail failed: user unknown") == "hard"
    assert classify("5.2.2", "mailbox full", "Your mail failed: user unknown") == "soft"


def test_a_status_that_says_something_beats_one_that_does_not() -> None:
    assert enhanced("5.0.0", "550 5.1.1 User unknown") == "5.1.1"
    assert enhanced("5.2.1", "550 5.0.0 no") == "5.2.1"
    assert enhanced(None, "host mx.example.com[192.5.1.1] said: no") is None


@given(st.text(max_size=200))
def test_without_a_status_and_without_known_words_nothing_is_hard(words: str) -> None:
    kind = classify(None, words)
    assert kind != "transient"


@given(
    st.sampled_from(["4.1.1", "4.2.1", "4.4.7", "4.7.1", "5.7.1", "5.7.26", "5.2.2", "5.3.4"]),
    st.text(max_size=100),
)
def test_codes_that_blame_nobody_s_mailbox_are_never_hard(status: str, words: str) -> None:
    assert classify(status, words) != "hard"
