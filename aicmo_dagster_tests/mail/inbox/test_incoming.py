from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.mail.inbox import incoming
from aicmo_dagster.mail.inbox.incoming import Incoming
from aicmo_dagster.mail.tokens import unsubscribe_token
from aicmo_dagster_tests.mail.inbox.letters import dsn, letter

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
TOKEN = unsubscribe_token(b"key", 7)


def read(content: bytes) -> Incoming:
    return incoming.read(content, AT)


@given(st.binary(max_size=2000))
def test_no_bytes_raise(content: bytes) -> None:
    assert read(content).identity


@given(
    st.lists(
        st.sampled_from([b"From: ", b"Subject: =?utf-8?b?", b"\xff\x00", b"\r\n", b"<a@b>", b"References: "])
    )
)
def test_no_header_raises_and_everything_can_be_stored(parts: list[bytes]) -> None:
    found = read(b"".join(parts))
    kept = "".join([found.identity, found.subject, found.author or "", *found.answered])
    assert "\x00" not in kept
    kept.encode()


def test_the_nearest_mail_that_it_answers_comes_first() -> None:
    found = read(letter(References="<first@x> <second@x>", In_Reply_To="<third@x>"))
    assert found.answered == ("<third@x>", "<second@x>", "<first@x>")


def test_a_message_without_message_id_is_known_by_its_header() -> None:
    one = b"From: a@example.org\r\nSubject: x\r\n\r\n"
    assert read(one + b"one").identity == read(one + b"two").identity
    assert read(one).identity != read(b"X: y\r\n" + one).identity


def test_the_unsubscribe_token_is_found_in_an_encoded_subject() -> None:
    assert read(letter(Subject=f"Unsubscribe: unsubscribe-{TOKEN}")).token == TOKEN
    encoded = b"Subject: =?utf-8?q?unsubscribe-" + TOKEN.replace("_", "=5F").encode() + b"?=\r\n\r\n"
    assert read(encoded).token == TOKEN


def test_a_token_that_is_too_long_or_too_short_is_none() -> None:
    assert read(letter(Subject=f"unsubscribe-{TOKEN}x")).token is None
    assert read(letter(Subject=f"unsubscribe-{TOKEN[:-1]}")).token is None


def test_a_bounce_is_no_automatic_answer() -> None:
    found = read(dsn("lead@example.org"))
    assert found.report is not None
    assert found.auto is None
    assert found.by_machine


def test_a_person_is_no_machine() -> None:
    found = read(letter("Test Lead <Lead@Example.org>"))
    assert (found.author, found.by_machine, found.report, found.complaint) == (
        "lead@example.org",
        False,
        None,
        None,
    )


def test_what_postgresql_cannot_hold_is_left_out() -> None:
    assert incoming.storable("a\x00b\ud800c") == "ab?c"
