import pytest

from aicmo_dagster.mail.footer import LANGUAGES, Exit, html, plain
from aicmo_dagster_tests.mail.test_markup import Words

PAGE = Exit("https://mail.example.com/u/abc", "out@example.com", "unsubscribe-abc")
ADDRESS = PAGE._replace(url=None)
WHO = ["A & B", "1 Test Street"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_who_writes_and_how_to_leave(language: str) -> None:
    assert plain(WHO, PAGE, language).startswith("-- \nA & B\n1 Test Street\n\n")
    assert plain(WHO, PAGE, language).endswith(": https://mail.example.com/u/abc\n")
    written = plain(WHO, ADDRESS, language)
    assert "out@example.com" in written
    assert "unsubscribe-abc" in written


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_html_says_the_same(language: str) -> None:
    words = Words(html(WHO, PAGE, language))
    assert "A & B\n1 Test Street\n" in words.seen
    assert words.links == ["https://mail.example.com/u/abc"]
    assert Words(html(WHO, ADDRESS, language)).links == ["mailto:out@example.com?subject=unsubscribe-abc"]


def test_each_language_has_its_own_words_and_others_have_english_ones() -> None:
    assert len({plain(WHO, PAGE, language) for language in LANGUAGES}) == len(LANGUAGES)
    assert plain(WHO, PAGE, "ja") == plain(WHO, PAGE, "en")
    assert plain(WHO, PAGE, "de-AT") == plain(WHO, PAGE, "de")
