import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicmo_dagster.lead import LEAD_COLUMNS, SOURCE_FIELDS
from aicmo_dagster.sources.csv import CsvFile
from aicmo_dagster.stages.harvest import clean


def records(*rows: Mapping[str, str | None]) -> pd.DataFrame:
    fields = sorted({field for row in rows for field in row})
    columns: dict[str, Any] = {"line": pd.Series(range(2, len(rows) + 2), dtype="int64")}
    return pd.DataFrame(
        columns | {field: pd.Series([row.get(field) for row in rows], dtype="str") for field in fields}
    )


def lead(**fields: str | None) -> dict[str, Any]:
    cleaned = clean(records({"email": "ann@example.com", **fields}))
    assert cleaned.rejected.empty
    row = cleaned.leads.iloc[0].to_dict()
    return {
        str(name): None if pd.isna(value) else json.loads(value) if name == "extra" else value
        for name, value in row.items()
    }


def test_leads_have_exactly_the_columns_and_types_of_a_lead() -> None:
    for frame in (records({"email": "ann@example.com"}), records({"email": "a@example.com"}).head(0)):
        leads = clean(frame).leads
        assert {name: str(dtype) for name, dtype in leads.dtypes.items()} == {"line": "int64"} | LEAD_COLUMNS


def test_an_index_of_the_records_does_not_matter() -> None:
    frame = records({"email": "a@example.com"}, {"email": "b@example.com", "country": "Germany"})
    frame.index = pd.Index([7, 7])
    leads = clean(frame).leads
    assert leads["email"].tolist() == ["a@example.com", "b@example.com"]
    assert leads.loc[1, "country_code"] == "DE"


def test_a_signal_written_false_is_false() -> None:
    row = lead(recent_job_change="False", company_hiring="yes", recent_activity="perhaps")
    assert (row["recent_job_change"], row["company_hiring"], row["recent_activity"]) == (False, True, None)
    assert row["extra"] == {"recent_activity_text": "perhaps"}


def test_what_is_said_of_company_job_and_consent_is_typed() -> None:
    row = lead(
        department="Sales",
        technologies="Example CRM, Example Mail",
        founded_year="1998",
        funding_stage="Series A",
        headcount_growth="12%",
        job_started_on="03/2021",
        technology_change="yes",
        company_in_news="no",
        website_visits="1,234",
        consent="Double opt-in",
        consent_on="15.03.2021",
    )
    assert (row["department"], row["technologies"]) == ("Sales", "Example CRM, Example Mail")
    assert (row["founded_year"], row["funding_stage"], row["headcount_growth"]) == (1998, "series_a", 0.12)
    assert (row["technology_change"], row["company_in_news"], row["website_visits"]) == (True, False, 1234)
    assert (row["job_started_on"], row["consent_on"]) == (date(2021, 3, 1), date(2021, 3, 15))
    assert (row["consent"], row["extra"]) == ("express", None)


def test_what_cannot_be_read_of_company_job_and_consent_is_kept_as_text() -> None:
    said = {
        "founded_year": "long ago",
        "funding_stage": "Grant",
        "headcount_growth": "1.2",
        "job_started_on": "03/04/2021",
        "technology_change": "Example CRM",
        "company_in_news": "perhaps",
        "website_visits": "many",
        "consent": "no",
        "consent_on": "2021",
    }
    row = lead(**said)
    assert all(row[field] is None for field in said)
    assert row["extra"] == {f"{field}_text": text for field, text in said.items()}


def test_a_long_list_of_keywords_does_not_cost_the_lead() -> None:
    keywords = ", ".join(["example machines"] * 1_000)
    assert lead(keywords=keywords)["keywords"] == keywords


def test_a_range_of_employees_gives_its_middle_and_the_size_of_its_lower_end() -> None:
    row = lead(employees="11-50")
    assert (row["employees"], row["company_size"]) == (30, "small")
    assert row["extra"] == {"employees_text": "11-50"}


def test_a_size_in_words_counts_where_employees_are_unknown() -> None:
    assert lead(company_size="Enterprise")["company_size"] == "enterprise"
    row = lead(company_size="Enterprise", employees="20")
    assert (row["company_size"], row["extra"]) == ("small", {"company_size_text": "Enterprise"})


def test_a_size_given_as_a_range_gives_employees() -> None:
    row = lead(company_size="51-200")
    assert (row["company_size"], row["employees"]) == ("medium", 125)


def test_revenue_is_in_dollars_and_the_text_of_other_currencies_is_kept() -> None:
    assert lead(revenue="$10M-$50M")["revenue_usd"] == 3e7
    row = lead(revenue="€5M")
    assert (row["revenue_usd"], row["extra"]) == (5.4e6, {"revenue_text": "€5M"})


@pytest.mark.parametrize(
    ("full_name", "first", "last"),
    [
        ("Ada Test", "Ada", "Test"),
        ("Ada van der Test", "Ada", "van der Test"),
        ("Test, Ada", "Ada", "Test"),
        ("Ada Test, PhD", "Ada", "Test"),
        ("Ada", "Ada", None),
    ],
)
def test_a_full_name_is_split(full_name: str, first: str, last: str | None) -> None:
    row = lead(full_name=full_name)
    assert (row["first_name"], row["last_name"]) == (first, last)


def test_a_full_name_is_kept_where_the_names_do_not_say_it() -> None:
    assert lead(full_name="Ada Test")["extra"] is None
    row = lead(full_name="Dr. Ada Test", first_name="Ada", last_name="Test")
    assert (row["first_name"], row["extra"]) == ("Ada", {"full_name_text": "Dr. Ada Test"})


def test_extra_of_the_source_is_kept_beside_our_own() -> None:
    row = lead(revenue="much", extra='{"Note": "x"}')
    assert row["extra"] == {"Note": "x", "revenue_text": "much"}


def test_control_and_invisible_characters_are_taken_out() -> None:
    row = lead(email="\u200bann@example.com\0", title="Head\r\nof\x07 Tests ", company="\x00 ")
    assert (row["email"], row["title"], row["company"]) == ("ann@example.com", "Head of Tests", None)


@pytest.mark.parametrize(
    ("fields", "identity"),
    [
        ({"email": "Ann@Example.com", "linkedin_url": "linkedin.com/in/ann-test"}, "ann@example.com"),
        ({"email": "Not An Address"}, "not an address"),
        (
            {"linkedin_url": "http://de.linkedin.com/in/Ann-Test/?trk=x"},
            "linkedin:https://www.linkedin.com/in/ann-test",
        ),
        ({"full_name": "Test, Ann", "company": "Example  Inc"}, "person:ann|test|example inc"),
        ({"last_name": "Test", "company": "A|B"}, "person:|test|a b"),
    ],
)
def test_the_identity_is_address_then_profile_then_person(fields: dict[str, str], identity: str) -> None:
    assert clean(records(fields)).leads["identity"].tolist() == [identity]


def test_spellings_of_one_mailbox_are_one_lead_and_its_address_stays_as_written() -> None:
    row = lead(email="A.Test+List@GoogleMail.com")
    assert (row["identity"], row["email"]) == ("atest@gmail.com", "a.test+list@googlemail.com")


@pytest.mark.parametrize(
    "url",
    [
        "https://www.linkedin.com/in/ann-test",
        "HTTP://LinkedIn.com/in/ann-test/",
        "www.linkedin.com/in/ann-test?trk=x",
        "https://uk.linkedin.com/in/ann-test/#top",
    ],
)
def test_a_profile_has_one_spelling(url: str) -> None:
    assert lead(linkedin_url=url)["linkedin_url"] == "https://www.linkedin.com/in/ann-test"


@pytest.mark.parametrize("text", ["ann-test", "https://example.com/in/ann", "https://www.linkedin.com/"])
def test_what_is_no_profile_is_no_identity_but_kept(text: str) -> None:
    row = lead(linkedin_url=text)
    assert (row["linkedin_url"], row["extra"]) == (None, {"linkedin_url_text": text})


def test_an_invalid_address_stays_a_lead() -> None:
    row = lead(email="ann@@example.com")
    assert row["email_status"] == "invalid"
    assert row["email_problem"]


def test_a_record_that_says_nobody_is_rejected_with_its_text() -> None:
    nobody = {"first_name": "Ann", "extra": '{"Note": "x"}'}
    cleaned = clean(records(nobody, {"email": "b@example.com"}))
    assert cleaned.leads["line"].tolist() == [3]
    row = cleaned.rejected.iloc[0]
    assert (row["line"], row["field"], json.loads(row["raw"])) == (
        2,
        "email",
        {"first_name": "Ann", "Note": "x"},
    )
    assert row["reason"].startswith("Nothing says who the lead is")


def test_a_field_too_long_to_be_true_is_rejected_by_name() -> None:
    cleaned = clean(records({"email": "a@example.com", "first_name": "x" * 201}, {"email": "b@example.com"}))
    assert cleaned.leads["line"].tolist() == [3]
    assert cleaned.rejected[["line", "field"]].values.tolist() == [[2, "first_name"]]


def test_places_are_read() -> None:
    row = lead(country="Deutschland", city="Berlin")
    assert (row["country_code"], row["time_zone"]) == ("DE", "Europe/Berlin")


@settings(deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries({}, optional={field: st.text(max_size=20) for field in SOURCE_FIELDS}),
        min_size=1,
        max_size=5,
    )
)
def test_every_record_is_a_lead_or_rejected(rows: list[dict[str, str | None]]) -> None:
    cleaned = clean(records(*rows))
    assert sorted([*cleaned.leads["line"], *cleaned.rejected["line"]]) == list(range(2, len(rows) + 2))
    assert cleaned.leads["identity"].notna().all()
    assert (
        not cleaned.leads.select_dtypes("str")
        .map(lambda cell: "\0" in cell if isinstance(cell, str) else False)
        .any()
        .any()
    )
    for text in [*cleaned.leads["extra"].dropna(), *cleaned.rejected["raw"]]:
        json.loads(text)


@pytest.mark.thirdparty
@pytest.mark.parametrize(
    ("name", "rows", "known"),
    [
        ("leads-1000.csv", 1000, {"email", "first_name", "last_name", "company", "phone", "website"}),
        ("enterprise-customers-100.csv", 100, {"email", "first_name", "company", "employees", "country"}),
        ("people-1000.csv", 1000, {"email", "first_name", "last_name", "phone", "title"}),
    ],
)
def test_files_of_others_become_leads(thirdparty: Path, name: str, rows: int, known: set[str]) -> None:
    chunks = list(CsvFile(thirdparty / name).fetch(10_000))
    cleaned = [clean(chunk.records) for chunk in chunks]
    leads = pd.concat([part.leads for part in cleaned])
    assert len(leads) == rows
    assert not any(len(chunk.rejected) for chunk in chunks)
    assert all(part.rejected.empty for part in cleaned)
    assert (leads["email_status"] == "valid").all()
    for field in known:
        assert leads[field].notna().all()


@pytest.mark.parametrize("nothing", ["N/A", "unknown", "-", "None", "NULL", "Not available"])
def test_words_for_nothing_are_nothing(nothing: str) -> None:
    row = lead(company=nothing, title=nothing, city=nothing)
    assert (row["company"], row["title"], row["city"], row["extra"]) == (None, None, None, None)


def test_names_and_countries_that_look_like_nothing_are_kept() -> None:
    row = lead(first_name="Na", last_name="Null", country="NA")
    assert (row["first_name"], row["last_name"], row["country_code"]) == ("Na", "Null", "NA")
