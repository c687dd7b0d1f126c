import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.stages.words import contains_words, equal_words, fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("DIRECTEUR Général", "directeur general"),
        ("  Sales & Marketing ", "sales and marketing"),
        ("Geschäftsführer:in", "geschaftsfuhrer in"),
        ("Founder's Associate", "founders associate"),
        ("Straße_7", "strasse 7"),
        (" -- ", ""),
    ],
)
def test_text_is_folded_to_words(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_words_are_compared_whole() -> None:
    assert contains_words("Head of Sales, EMEA", "head of sales")
    assert contains_words("sales", "Head of Sales")
    assert not contains_words("Director", "CTO")
    assert not contains_words("Coordinator", "COO")
    assert not contains_words("Head of Pre-Sales", "Head of Sales")


def test_a_text_without_words_matches_nothing() -> None:
    assert not contains_words("--", "Sales")
    assert not contains_words("", "")
    assert not equal_words("?", "!")


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.lists(st.sampled_from(["head", "of", "Sales", "Ünit", "cto"]), min_size=1), st.data())
def test_a_run_of_words_is_contained_in_either_order(words: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(words) - 1))
    stop = data.draw(st.integers(start + 1, len(words)))
    run, whole = "-".join(words[start:stop]), " ".join(words)
    assert contains_words(run, whole)
    assert contains_words(whole, run)
