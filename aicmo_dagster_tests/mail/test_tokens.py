from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from aicmo_dagster.mail import tokens
from aicmo_dagster.store import database

KEY = b"k" * 32
IDS = st.integers(0, 2**63 - 1)


def test_the_secret_is_made_once_for_all_processes(store: URL) -> None:
    def ask(_: int) -> bytes:
        with database.transaction() as cursor:
            return tokens.secret(cursor)

    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(ask, range(8)))
    assert len(made) == 1
    assert len(made.pop()) == 32


@given(IDS)
def test_a_token_leads_back_to_its_lead(lead_id: int) -> None:
    token = tokens.unsubscribe_token(KEY, lead_id)
    assert len(token) == 32
    assert tokens.lead_of(KEY, token) == lead_id


@given(IDS, st.integers(0, 31), st.characters())
def test_a_token_with_one_other_character_leads_nowhere(lead_id: int, place: int, other: str) -> None:
    token = tokens.unsubscribe_token(KEY, lead_id)
    forged = token[:place] + other + token[place + 1 :]
    assert forged == token or tokens.lead_of(KEY, forged) is None


@given(st.text(max_size=100))
def test_any_other_text_leads_nowhere(token: str) -> None:
    assert tokens.lead_of(KEY, token) is None


def test_another_secret_accepts_nothing() -> None:
    assert tokens.lead_of(b"x" * 32, tokens.unsubscribe_token(KEY, 7)) is None


def test_a_message_id_belongs_to_its_send() -> None:
    assert tokens.message_id(KEY, 1, "example.com") == tokens.message_id(KEY, 1, "example.com")
    assert tokens.message_id(KEY, 1, "example.com") != tokens.message_id(KEY, 2, "example.com")
