import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.stages.localities import countries_of_state, locality, state


@pytest.mark.parametrize(
    "names",
    [
        ("Munich", "München", "MUENCHEN"),
        ("Cologne", "Köln"),
        ("Milan", "Milano", "Mailand"),
        ("New York", "NYC", "New York City"),
        ("London", "Greater London", "Londres"),
        ("Saint Louis", "St. Louis"),
        ("Bavaria", "Bayern"),
    ],
)
def test_names_of_one_place_are_one(names: tuple[str, ...]) -> None:
    assert len({locality(name) for name in names}) == 1


def test_different_places_stay_different() -> None:
    assert locality("York") != locality("New York")


def test_a_state_is_known_by_its_abbreviation_in_its_country() -> None:
    assert state("US", "CA") == state("US", "California") == state(None, "california")
    assert state("CA", "BC") == state("CA", "British Columbia") != state("MX", "BC")
    assert state("DE", "CA") == "ca"


def test_the_full_name_of_a_state_tells_its_country() -> None:
    assert countries_of_state("California") == {"US"}
    assert countries_of_state("CA") == countries_of_state("Lyon") == frozenset()


@given(st.text())
def test_one_spelling_is_that_of_itself(text: str) -> None:
    once = locality(text)
    assert locality(once) == locality(locality(once))
