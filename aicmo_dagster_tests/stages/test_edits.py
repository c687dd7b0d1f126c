import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.lead import LEAD_COLUMNS
from aicmo_dagster.stages.edits import edited
from aicmo_dagster.stages.harvest import clean

FULL = {
    "email": "ann@example.org",
    "first_name": "Ann",
    "last_name": "Example",
    "title": "CEO",
    "company": "Example Ltd",
    "industry": "Software",
    "employees": "51-200",
    "revenue": "$10M-$50M",
    "city": "Berlin",
    "country": "Germany",
    "headcount_growth": "12.5%",
    "founded_year": "1998",
    "funding_stage": "Series A",
    "job_started_on": "03/2021",
    "consent": "opt-in",
    "consent_on": "2022-05-01",
    "verification": "valid",
    "recent_activity": "yes",
    "website_visits": "7",
    "extra": '{"Notes": "met in Bonn"}',
}


def lead() -> pd.DataFrame:
    frame = pd.DataFrame([FULL], dtype="str")
    frame.insert(0, "line", pd.Series([1], dtype="int64"))
    return clean(frame).leads.rename(columns={"line": "lead_id"})


def changed(said: Mapping[str, str]) -> dict[str, Any]:
    """The columns that the edit changes, with their new values."""
    before = lead()
    after = edited(before, said)
    return {
        name: None if pd.isna(after[name].iloc[0]) else after[name].iloc[0]
        for name in LEAD_COLUMNS
        if not before[name].equals(after[name])
    }


def test_an_edit_changes_what_is_said_and_what_follows_from_it() -> None:
    assert changed({"title": "Chairman"}) == {"title": "Chairman"}
    assert changed({"country": "Austria", "city": "Graz"}) == {
        "country": "Austria",
        "city": "Graz",
        "country_code": "AT",
        "time_zone": "Europe/Vienna",
    }
    assert changed({"job_started_on": "April 2022"}) == {"job_started_on": date(2022, 4, 1)}


def test_another_address_is_another_identity_without_the_old_ones_verification() -> None:
    assert changed({"email": "Ann@new.example.org"}) == {
        "identity": "ann@new.example.org",
        "email": "ann@new.example.org",
        "email_domain": "new.example.org",
        "account_domain": "new.example.org",
        "verification": None,
    }


def test_another_headcount_is_another_size_and_its_old_text_is_gone() -> None:
    found = changed({"employees": "1200"})
    assert (found["employees"], found["company_size"]) == (1200, "enterprise")
    assert json.loads(found["extra"]).keys() == {"Notes", "revenue_text"}


def test_a_size_that_the_headcount_contradicts_takes_it_away() -> None:
    found = changed({"company_size": "small"})
    assert (found["company_size"], found["employees"]) == ("small", None)
    assert "employees" not in changed({"company_size": "medium"})


def test_an_empty_text_takes_a_fact_away_and_the_day_with_the_consent() -> None:
    assert changed({"title": ""}) == {"title": None}
    assert changed({"consent": ""}) == {"consent": None, "consent_on": None}
    assert changed({"recent_activity": "no"}) == {"recent_activity": False}


def test_a_full_name_is_both_names() -> None:
    assert changed({"full_name": "Bo Sample"}) == {"first_name": "Bo", "last_name": "Sample"}


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"titel": "CEO"}, "'titel' is no field of a lead"),
        ({"country": "Narnia"}, "'Narnia' is no country; write its name"),
        ({"country": "germny"}, "'germny' is no country; did you mean 'Germany'"),
        ({"employees": "lots"}, "employees cannot be read from 'lots'"),
        ({"job_started_on": "03/04/2021"}, "job_started_on cannot be read"),
        ({"recent_activity": "perhaps"}, "recent_activity cannot be read"),
        ({"email": "nobody"}, "the address 'nobody' cannot be right"),
        ({"title": "x" * 501}, "longer than 500 characters"),
        ({"email": "", "company": ""}, "Nothing says who the lead is"),
    ],
)
def test_what_cannot_be_said_is_refused(said: dict[str, str], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        edited(lead(), said)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted(set(FULL) - {"extra", "email"})), st.text("abc1 ", max_size=5), max_size=3
    )
)
def test_an_edit_made_twice_changes_nothing_more(said: dict[str, str]) -> None:
    try:
        once = edited(lead(), said)
    except ConfigurationError:
        return
    pd.testing.assert_frame_equal(edited(once, said), once)


def test_an_edit_of_nothing_changes_nothing() -> None:
    assert changed({}) == {}
