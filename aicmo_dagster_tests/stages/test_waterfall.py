from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from aicmo_dagster.campaign.config import WantedField
from aicmo_dagster.lead import LEAD_COLUMNS
from aicmo_dagster.stages.harvest import clean
from aicmo_dagster.stages.waterfall import best_first, given, outcomes, records, word_on_address

from .lead_frames import campaign, lead_frame

WANTED: list[WantedField] = ["email", "first_name", "revenue_usd"]
EARLY, LATE = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("gives", "fields"),
    [
        ({"email"}, ["email"]),
        ({"full_name"}, ["first_name"]),
        ({"revenue"}, ["revenue_usd"]),
        ({"revenue_usd", "phone"}, ["revenue_usd"]),
        ({"phone"}, []),
    ],
)
def test_a_vendor_is_asked_for_what_its_answers_may_have(gives: set[str], fields: list[str]) -> None:
    assert given(gives, WANTED) == fields


def test_better_fits_have_higher_numbers() -> None:
    leads = lead_frame({"industry": "Farming"}, {"industry": "Software"})[["lead_id", *LEAD_COLUMNS]]
    fits = best_first(leads, campaign(), EARLY)
    assert fits.tolist() == sorted(fits)
    assert fits[0] < fits[1]


def answered(own: dict[str, Any], answer: dict[str, str]) -> dict[str, Any]:
    """The typed lead that an answer becomes."""
    cleaned = clean(records(lead_frame(own), [answer]))
    assert cleaned.rejected.empty
    return dict(cleaned.leads.iloc[0])


def test_an_answer_that_names_nobody_is_about_whom_it_was_asked() -> None:
    lead = answered({"email": "ann@example.org", "email_status": "valid"}, {"phone": "+49 30 1"})
    assert (lead["identity"], lead["phone"]) == ("ann@example.org", "+49 30 1")


def test_what_an_answer_says_goes_before_what_is_known() -> None:
    own = {"first_name": "Ann", "last_name": "Old", "company": "Sample"}
    lead = answered(own, {"email": "ann@example.org", "last_name": "New"})
    assert (lead["first_name"], lead["last_name"], lead["email"]) == ("Ann", "New", "ann@example.org")


def test_a_full_name_in_an_answer_is_not_hidden_by_known_names() -> None:
    own = {"first_name": "A.", "company": "Sample"}
    lead = answered(own, {"full_name": "Ann Sample"})
    assert (lead["first_name"], lead["last_name"]) == ("Ann", "Sample")


@pytest.mark.parametrize(
    ("record", "word"),
    [
        ({"verification": "valid"}, "valid"),
        ({"verification": "Invalid", "email": "ANN@example.org"}, "invalid"),
        ({"verification": "valid", "email": "other@example.org"}, "unknown"),
        ({"email": "ann@example.org"}, "unknown"),
        ({}, "unknown"),
        (None, "unknown"),
    ],
)
def test_a_word_counts_for_the_address_that_it_is_about(record: Any, word: str) -> None:
    assert word_on_address(record, "ann@example.org") == word


def outcome(lacks: list[str], *states: tuple[str, str], out_of_reach: set[str] = frozenset()) -> Any:  # type: ignore[assignment]
    """Outcome, missing and asked of one lead that lacks fields of `email` and `phone`; states of a and b."""
    missing = pd.DataFrame({"lead_id": [7], **{name: [name in lacks] for name in ("email", "phone")}})
    told = pd.DataFrame(
        {
            "lead_id": pd.Series([7] * len(states), dtype="int64"),
            "vendor": pd.Series([vendor for vendor, _ in states], dtype="str"),
            "state": pd.Series([state for _, state in states], dtype="str"),
            "answered_at": pd.Series(
                [EARLY if state == "answered" else None for _, state in states], dtype="datetime64[us, UTC]"
            ),
        }
    )
    found = outcomes(told, missing, ["a", "b"], out_of_reach)
    return tuple(found.loc[0, ["outcome", "missing", "asked"]])


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([("a", "answered"), ("b", "answered")], ("exhausted", '{"email"}', '{"a","b"}')),
        ([("a", "pending")], ("pending", '{"email"}', '{"a"}')),
        ([("a", "waiting"), ("b", "answered")], ("waiting", '{"email"}', '{"b"}')),
        ([("a", "failed"), ("b", "answered")], ("waiting", '{"email"}', '{"b"}')),
        ([("a", "waiting"), ("b", "pending")], ("pending", '{"email"}', '{"b"}')),
        ([("a", "uncertain")], ("exhausted", '{"email"}', "{}")),
        ([], ("exhausted", '{"email"}', "{}")),
    ],
)
def test_the_outcome_follows_from_what_each_vendor_did(states: list[tuple[str, str]], expected: Any) -> None:
    assert outcome(["email"], *states) == expected


def test_a_lead_that_lacks_nothing_is_complete_whatever_is_still_open() -> None:
    assert outcome([], ("a", "answered"), ("b", "pending")) == ("complete", "{}", '{"a","b"}')


def test_a_lead_waits_for_a_vendor_that_could_not_be_asked_at_all() -> None:
    assert outcome(["phone"], ("a", "answered"), out_of_reach={"phone"})[0] == "waiting"
    assert outcome(["phone"], ("a", "answered"), out_of_reach={"email"})[0] == "exhausted"


def test_the_newest_answer_is_told_and_no_answer_as_none() -> None:
    missing = pd.DataFrame({"lead_id": [1, 2], "email": [False, True]})
    states = pd.DataFrame(
        {
            "lead_id": [1, 1],
            "vendor": ["b", "a"],
            "state": ["answered", "answered"],
            "answered_at": pd.Series([LATE, EARLY], dtype="datetime64[us, UTC]"),
        }
    )
    found = outcomes(states, missing, ["a", "b"], set())
    assert found["answered_at"].tolist() == [LATE, pd.NaT]
