"""Whose word counts, on the database: sources that differ about a lead, and what is remembered of it."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from aicmo_dagster.campaign.config import Matching
from aicmo_dagster.stages.harvest import clean
from aicmo_dagster.store import database, leads
from aicmo_dagster.store.leads import Origin
from aicmo_dagster_tests import pipelines

START = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture
def campaign_id(store: object, tmp_path: Any) -> int:
    return pipelines.apply(tmp_path, pipelines.config()).id


def said(campaign_id: int, source: str, days: float = 0, label: str = "", **fields: str) -> leads.Taken:
    """A source's word about ann@example.org, so many days after the start."""
    records = pd.DataFrame([{"email": "ann@example.org", **fields}], dtype="str")
    records.insert(0, "line", np.array([2], dtype="int64"))
    origin = Origin(
        campaign_id,
        source,
        label or source,
        uuid.uuid4(),
        START + timedelta(days=days),
        "consent",
        Matching(),
    )
    with database.transaction() as cursor:
        return leads.merge(cursor, clean(records).leads, origin, 10)


def answered(campaign_id: int, vendor: str, days: float = 0, **fields: str) -> leads.Enriched:
    lead_id = database.fetch("SELECT min(id) AS id FROM leads")[0]["id"]
    own = {"email": "ann@example.org"} if "email" not in fields else {}
    records = pd.DataFrame([{**own, **fields}], dtype="str")
    records.insert(0, "line", np.array([0], dtype="int64"))
    at = START + timedelta(days=days)
    frame = clean(records).leads.assign(lead_id=lead_id, request_id=7, answered_at=at)
    origin = Origin(campaign_id, vendor, vendor, uuid.uuid4(), at, "legitimate_interests", Matching())
    with database.transaction() as cursor:
        return leads.enrich(cursor, frame, origin)


def lead() -> dict[str, Any]:
    return database.fetch("SELECT * FROM leads ORDER BY id")[0]


def changes() -> list[dict[str, Any]]:
    return database.fetch("SELECT * FROM lead_changes ORDER BY id")


def test_the_more_trusted_source_wins_while_both_are_fresh(campaign_id: int) -> None:
    said(campaign_id, "manual", title="CEO")
    said(campaign_id, "csv", days=1, title="Consultant")
    assert lead()["title"] == "CEO"
    said(campaign_id, "csv", label="other.csv", days=1, city="Bonn")
    said(campaign_id, "manual", days=2, city="Berlin")
    assert lead()["city"] == "Berlin"


def test_age_makes_a_trusted_word_give_way_to_a_new_one(campaign_id: int) -> None:
    said(campaign_id, "manual", title="CEO")
    said(campaign_id, "csv", days=180, title="Chairman")
    assert lead()["title"] == "CEO"
    said(campaign_id, "csv", days=190, title="Chairman")  # 0.5 ** (190 / 365) < 0.7
    assert lead()["title"] == "Chairman"


def test_the_daily_reading_of_an_old_file_does_not_bring_back_what_was_replaced(campaign_id: int) -> None:
    said(campaign_id, "csv", title="CEO")
    said(campaign_id, "apollo", days=1, title="Chairman")
    assert lead()["title"] == "Chairman"
    for days in (2, 400, 800):
        assert said(campaign_id, "csv", days=days, title="CEO").updated == 0
    assert said(campaign_id, "csv", days=801, title="Founder").updated == 1


def test_two_files_that_differ_do_not_overwrite_each_other_day_by_day(campaign_id: int) -> None:
    said(campaign_id, "csv", label="a.csv", title="CEO")
    said(campaign_id, "csv", label="b.csv", title="CIO", days=1)
    assert lead()["title"] == "CIO"
    written = [
        said(campaign_id, "csv", label=label, title=title, days=days).updated
        for days in (2, 3)
        for label, title in (("a.csv", "CEO"), ("b.csv", "CIO"))
    ]
    assert written == [0, 0, 0, 0]


def test_a_file_may_take_its_own_correction_back(campaign_id: int) -> None:
    for days, title in enumerate(("CEO", "CIO", "CEO")):
        said(campaign_id, "csv", title=title, days=days)
    assert lead()["title"] == "CEO"


def test_every_change_says_what_was_before_and_who_said_so(campaign_id: int) -> None:
    said(campaign_id, "csv", label="a.csv", title="CEO", city="Bonn")
    answered(campaign_id, "apollo", days=1, title="Chairman", city="Bonn", phone="+49 30 1234567")
    (change,) = changes()
    assert change["before"] == {"title": "CEO", "phone": None}
    assert set(change["after"]) == {"title", "phone"}
    assert (change["source"], change["request_id"]) == ("apollo", 7)
    assert change["lawful_basis"] == "legitimate_interests"
    assert lead()["lawful_basis"] == "consent"
    assert set(lead()["field_origins"]) == {"title", "phone"}


def test_a_found_address_becomes_the_identity(campaign_id: int) -> None:
    said(campaign_id, "csv", email="", linkedin_url="linkedin.com/in/ann", first_name="Ann")
    assert answered(campaign_id, "apollo", email="ann.x@example.org").updated == 1
    found = lead()
    assert (found["identity"], found["email"], found["email_status"]) == (
        "ann.x@example.org",
        "ann.x@example.org",
        "valid",
    )


def test_an_address_that_another_lead_has_is_told_and_not_taken(campaign_id: int) -> None:
    said(campaign_id, "csv", email="", linkedin_url="linkedin.com/in/ann", first_name="Ann")
    said(campaign_id, "csv", email="ann.x@example.org")
    first, second = database.fetch("SELECT id FROM leads ORDER BY id")
    enriched = answered(campaign_id, "apollo", email="ann.x@example.org", title="CEO")
    assert enriched.conflicts == ((first["id"], second["id"]),)
    assert (lead()["email"], lead()["title"]) == (None, "CEO")


def test_a_valid_address_is_kept_and_the_other_one_noted(campaign_id: int) -> None:
    said(campaign_id, "csv", title="CEO")
    answered(campaign_id, "apollo", days=1, email="ann@elsewhere.example.org", verification="valid")
    found = lead()
    assert (found["email"], found["identity"]) == ("ann@example.org", "ann@example.org")
    assert found["extra"]["other_email"] == "ann@elsewhere.example.org"
    assert found["verification"] is None


def test_an_address_that_is_dead_gives_way_with_its_verification(campaign_id: int) -> None:
    said(campaign_id, "csv", title="CEO")
    answered(campaign_id, "hunter", verification="invalid")
    assert lead()["verification"] == "invalid"
    answered(campaign_id, "apollo", days=1, email="ann.new@example.org")
    assert (lead()["email"], lead()["verification"]) == ("ann.new@example.org", None)


def test_not_knowing_does_not_replace_a_known_verification(campaign_id: int) -> None:
    said(campaign_id, "csv", title="CEO")
    answered(campaign_id, "hunter", verification="unknown")
    assert lead()["verification"] == "unknown"
    answered(campaign_id, "hunter", days=1, verification="valid")
    answered(campaign_id, "dropcontact", days=2, verification="unknown")
    assert lead()["verification"] == "valid"


def test_a_vendor_that_tried_the_address_overrules_whoever_typed_valid(campaign_id: int) -> None:
    said(campaign_id, "manual", verification="valid")
    answered(campaign_id, "hunter", days=1, verification="invalid")
    assert lead()["verification"] == "invalid"


def test_extra_facts_of_several_sources_are_kept_side_by_side(campaign_id: int) -> None:
    said(campaign_id, "csv", extra='{"Notes": "met in Bonn"}')
    answered(campaign_id, "apollo", extra='{"apollo_id": "a1"}')
    assert lead()["extra"] == {"Notes": "met in Bonn", "apollo_id": "a1"}


def test_the_same_answer_again_writes_nothing(campaign_id: int) -> None:
    said(campaign_id, "csv", title="CEO")
    answered(campaign_id, "apollo", title="Chairman", extra='{"apollo_id": "a1"}')
    before = pipelines.row_versions()
    assert answered(campaign_id, "apollo", title="Chairman", extra='{"apollo_id": "a1"}').updated == 0
    assert pipelines.row_versions() == before


def consent() -> tuple[Any, Any]:
    found = lead()
    return found["consent"], found["consent_on"] and f"{found['consent_on']:%Y-%m-%d}"


def test_the_day_of_a_consent_comes_and_goes_with_it(campaign_id: int) -> None:
    said(campaign_id, "csv", consent="customer", consent_on="2021-03-15")
    said(campaign_id, "csv", days=1, label="b.csv", consent_on="2022-01-01", title="CEO")
    said(campaign_id, "csv", days=2, label="c.csv", consent="inquiry")
    assert consent() == ("inquiry", None)
    said(campaign_id, "csv", days=3, label="c.csv", consent="inquiry", consent_on="2022-05-01")
    assert consent() == ("inquiry", "2022-05-01")


def test_a_weaker_word_changes_neither_consent_nor_its_day(campaign_id: int) -> None:
    said(campaign_id, "manual", consent="yes", consent_on="2021-03-15")
    said(campaign_id, "csv", days=1, consent="customer", consent_on="2022-01-01")
    assert consent() == ("express", "2021-03-15")


def test_a_first_consent_brings_its_day(campaign_id: int) -> None:
    said(campaign_id, "csv", title="CEO")
    said(campaign_id, "csv", days=1, consent="yes", consent_on="2021-03-15")
    assert consent() == ("express", "2021-03-15")
