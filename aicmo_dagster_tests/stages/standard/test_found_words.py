import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.stages.standard.found_words import found, found_in


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Java, Salesforce", "salesforce"),
        ("C++, C#", "C#"),
        ("Node.js; .NET Core", ".NET"),
        ("nodejs, Node JS", "Node.js"),
        ("Café culture", "CAFE"),
        ("cafe", "Café"),
        ("R&D and sales", "R & D"),
        ("Marketing and Sales", "marketing & sales"),
        ("machine-learning", "Machine Learning"),
        ("SAP S/4HANA", "SAP"),
    ],
)
def test_whole_words_are_found(text: str, wanted: str) -> None:
    assert found_in(text, [wanted]) == [wanted]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("JavaScript", "Java"),
        ("C++, C#", "C"),
        ("internet", "net"),
        ("learning machine", "machine learning"),
        ("anything", "+"),
        (None, "Java"),
    ],
)
def test_parts_of_words_are_not(text: str | None, wanted: str) -> None:
    assert found_in(text, [wanted]) == []


def test_each_row_and_each_word_has_its_answer() -> None:
    column = pd.Series(["Java, Go", None, "Go", "Java, Go"], dtype="str")
    assert found(column, ["Java", "Go"]).tolist() == [
        [True, True],
        [False, False],
        [False, True],
        [True, True],
    ]


@given(st.text(), st.lists(st.text(), max_size=3))
def test_any_text_is_searched_for_any_words(text: str, wanted: list[str]) -> None:
    assert set(found_in(text, wanted)) <= set(wanted)


@given(st.from_regex(r"\A[a-z]{1,8}( [a-z]{1,8}){0,2}\Z"), st.text(), st.text())
def test_words_are_found_in_whatever_company(wanted: str, before: str, after: str) -> None:
    assert found_in(f"{before}, {wanted}, {after}", [wanted]) == [wanted]
