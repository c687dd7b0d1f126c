import json

import pytest

from aicmo_dagster.sources.objects import ObjectReader

PLAIN = ObjectReader({}, {}, "test")


def test_names_that_are_known_are_found_and_the_rest_is_extra() -> None:
    record = PLAIN.read(
        {
            "E-Mail": "ann@example.com",
            "firstName": "Ann",
            "company": {"name": "Example", "domain": "example.com"},
            "employees": 50,
            "plan": {"tier": "gold"},
        }
    )
    assert json.loads(record.pop("extra")) == {"plan.tier": "gold"}
    assert record == {
        "email": "ann@example.com",
        "first_name": "Ann",
        "company": "Example",
        "website": "example.com",
        "employees": "50",
    }


def test_columns_of_the_campaign_win_and_may_be_missing_in_an_object() -> None:
    reader = ObjectReader({}, {"Kontakt": "email", "person.job": "title"}, "test")
    assert reader.read({"kontakt": "ann@example.com", "email": "other@example.com"}) == {
        "email": "ann@example.com",
        "extra": '{"email": "other@example.com"}',
    }
    assert reader.read({"email": "ann@example.com", "person": {"job": "CEO"}}) == {
        "email": "ann@example.com",
        "title": "CEO",
    }


def test_of_two_columns_for_one_field_the_first_that_is_there_counts() -> None:
    reader = ObjectReader({}, {"work": "email", "private": "email"}, "test")
    assert reader.read({"private": "b@example.com"})["email"] == "b@example.com"
    assert reader.read({"private": "b@example.com", "work": "a@example.com"})["email"] == "a@example.com"


def test_paths_win_over_names_and_lose_nothing() -> None:
    reader = ObjectReader({"email": "emails.1.value", "title": "nowhere"}, {}, "test")
    record = reader.read({"emails": [{"value": "a@example.com"}, {"value": "b@example.com"}], "email": "c"})
    assert record["email"] == "b@example.com"
    assert json.loads(record["extra"]) == {"emails.0.value": "a@example.com", "email": "c"}
    assert "title" not in record


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([1], "is a list of 1"),
        ("x", "is a text"),
        (None, "is null"),
        (1, "is a number"),
        (True, "true or false"),
    ],
)
def test_what_is_no_object_is_refused(value: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        PLAIN.read(value)


def test_an_empty_object_says_nothing() -> None:
    assert PLAIN.read({}) == {}
