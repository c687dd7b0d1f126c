import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.vendors.json_paths import DEEPEST, MOST_NAMES, JsonPathError, find, flat, text, text_at

ANSWER = {
    "data": {"people": [{"emails": [{"value": "a@example.com"}, {"value": "b@example.com"}]}]},
    "meta": {},
}
NAMES = st.text(st.characters(categories=["L", "Nd", "Pc"]), min_size=1, max_size=8)
PARTS = st.sampled_from(["a", "b", "0", "1", "", "²"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
DOCUMENTS = st.recursive(
    SCALARS, lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(), inside, max_size=4)
)
NESTED = st.recursive(
    st.integers() | st.text(min_size=1).filter(str.strip),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(NAMES, inside, max_size=3),
)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", ANSWER),
        ("meta", {}),
        ("data.people.0.emails.1.value", "b@example.com"),
        ("data.people.7.emails", None),
        ("data.people.99999999999999999999", None),
    ],
)
def test_a_path_leads_through_names_and_places(path: str, found: object) -> None:
    assert find(ANSWER, path) == found


def test_nothing_lies_behind_a_null() -> None:
    assert find({"data": None}, "data.people.0") is None


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("data.items", "'data.items' is not there; 'data' has: people"),
        ("items", "'items' is not there; the answer has: data, meta"),
        ("data.people.name", "'data.people.name' is not there; 'data.people' is a list of 1"),
        ("meta.next", "'meta.next' is not there; 'meta' is an empty object"),
        ("data.people.0.emails.0.value.x", "'data.people.0.emails.0.value' is a text"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(path: str, message: str) -> None:
    with pytest.raises(JsonPathError, match=message):
        find(ANSWER, path)


def test_a_message_shows_no_values_and_no_names_that_are_addresses() -> None:
    with pytest.raises(JsonPathError) as told:
        find({"ann@example.com": 1, "total": "a secret"}, "people")
    assert str(told.value) == "'people' is not there; the answer has: total, ..."


@given(
    st.recursive(SCALARS, lambda inside: st.lists(inside) | st.dictionaries(PARTS, inside)), st.lists(PARTS)
)
def test_any_path_in_any_document_finds_something_or_nothing(document: Any, parts: list[str]) -> None:
    path = ".".join(parts)
    try:
        found = find(document, path)
    except JsonPathError:
        found = None
    assert text_at(document, path) == text(found)


@given(DOCUMENTS)
def test_every_text_can_be_stored(document: Any) -> None:
    try:
        found = flat({"all": document})
    except ValueError:
        return
    for name, value in found.items():
        assert value == value.strip() != ""
        assert "\0" not in name + value
        (name + value).encode()


@given(st.dictionaries(NAMES, NESTED, min_size=1, max_size=4))
def test_the_names_of_a_flat_record_are_paths_to_its_values(record: dict[str, Any]) -> None:
    try:
        found = flat(record)
    except ValueError:
        return
    for path, value in found.items():
        assert text_at(record, path) == value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (" x ", "x"),
        ("", None),
        (None, None),
        (True, "true"),
        (12, "12"),
        (50.0, "50"),
        (0.25, "0.25"),
        (float("inf"), None),
        (["a", None, 2], "a, 2"),
        ([{}], None),
        ({}, None),
        ("a\0b", "ab"),
        ("\ud800x", "?x"),
    ],
)
def test_values_are_said_as_text(value: object, said: str | None) -> None:
    assert text(value) == said


def test_lists_of_values_are_one_value_and_lists_of_objects_are_many() -> None:
    record = {"tags": ["a", "b"], "emails": [{"value": "x"}, {"value": "y"}], "none": [], "empty": ""}
    assert flat(record) == {"tags": "a, b", "emails.0.value": "x", "emails.1.value": "y"}


def test_a_record_that_is_too_deep_is_refused() -> None:
    deep: Any = "x"
    for _ in range(DEEPEST):
        deep = {"a": deep}
    assert flat(deep) == {".".join("a" * DEEPEST): "x"}
    with pytest.raises(ValueError, match="levels deep"):
        flat({"a": deep})
    with pytest.raises(ValueError, match="levels deep"):
        flat(json.loads('{"a":' * 900 + "1" + "}" * 900))


def test_a_record_with_too_many_values_is_refused() -> None:
    assert len(flat({f"v{number}": 1 for number in range(MOST_NAMES)})) == MOST_NAMES
    with pytest.raises(ValueError, match="more than 200 values"):
        flat({f"v{number}": 1 for number in range(MOST_NAMES + 1)})
