from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicmo_dagster.lead import FIELDS_THAT_MATTER
from aicmo_dagster.stages.standard import quality
from aicmo_dagster_tests.stages.lead_frames import AS_OF, campaign, lead_frame

from . import frames

ALL = (1 << len(FIELDS_THAT_MATTER)) - 1


def values(name: str, *leads: dict[str, Any], **sections: Any) -> list[float | None]:
    return frames.values(quality.DIMENSIONS, name, *leads, config=campaign(**sections))


def test_the_group_data_quality_is_described() -> None:
    frames.check_description(quality.DIMENSIONS, "data_quality", 6)


@given(st.lists(frames.any_lead, max_size=4))
@settings(max_examples=20, deadline=None)
def test_every_rule_keeps_to_its_facts_and_the_order_of_leads_is_nothing(leads: list[dict[str, Any]]) -> None:
    frames.check_rules(quality.DIMENSIONS, leads)


def test_a_verified_address_counts_by_what_the_vendor_found() -> None:
    leads = [{"verification": said} for said in ("valid", "risky", "invalid", "unknown", None)]
    assert values("address_verified", *leads) == [1.0, 0.4, 0.0, None, None]


@pytest.mark.parametrize(
    ("email", "value"),
    [
        ("ann@example.com", 1.0),
        ("ann@mail.example.com", 1.0),
        ("ann@gmail.com", 0.6),
        ("info@example.com", 0.2),
        ("Sales.europe@example.com", 0.2),
        ("noreply@example.com", 0.2),
        ("sales@gmail.com", 0.2),
        ("abbott@example.com", 1.0),
        ("ann@mailinator.com", 0.0),
        ("info@mailinator.com", 0.0),
        ("ann@x.mailinator.com", 0.0),
    ],
)
def test_an_address_counts_by_whose_it_is(email: str, value: float) -> None:
    lead = {"email": email, "email_status": "valid", "email_domain": email.partition("@")[2]}
    assert values("address_kind", lead) == [value]


def test_an_address_that_cannot_be_right_or_is_missing_is_of_no_use() -> None:
    invalid = {"email": "ann@@example", "email_status": "invalid"}
    odd = {"email": "ann@example.com", "email_domain": "example.com", "email_status": None}
    assert values("address_kind", invalid, {"email_status": "missing"}, {}, odd) == [0.0, 0.0, 0.0, 0.0]


def test_completeness_is_the_share_of_fields_that_are_known() -> None:
    leads = [{"known_fields": bits} for bits in (ALL, 0b1010101010, 1, 0)]
    assert values("completeness", *leads) == [1.0, 0.5, 0.1, 0.0]


@given(st.integers(0, ALL), st.lists(st.integers(0, ALL), max_size=10))
@settings(max_examples=20, deadline=None)
def test_knowing_more_never_makes_a_lead_less_complete(bits: int, more: list[int]) -> None:
    leads = [{"known_fields": bits}, *({"known_fields": bits | one} for one in more)]
    found = [value or 0 for value in values("completeness", *leads)]
    assert min(found) == found[0]


def test_freshness_is_halved_with_every_half_life() -> None:
    leads = [{"updated_on": (AS_OF - timedelta(days=days)).date()} for days in (0, 10, 20)]
    found = values("freshness", *leads, {}, scoring={"freshness_half_life_days": 10})
    assert found == [1.0, 0.5, 0.25, None]


def test_facts_that_changed_after_the_time_of_the_score_are_fresh() -> None:
    assert values("freshness", {"updated_on": (AS_OF + timedelta(days=400)).date()}) == [1.0]


@given(st.lists(st.integers(0, 5_000), max_size=20))
@settings(max_examples=20, deadline=None)
def test_older_facts_are_never_fresher(days: list[int]) -> None:
    leads = [{"updated_on": (AS_OF - timedelta(days=one)).date()} for one in sorted(days)]
    found = [value or 0 for value in values("freshness", *leads)]
    assert found == sorted(found, reverse=True)


def test_a_source_is_as_reliable_as_the_campaign_trusts_it() -> None:
    leads = [{"source": source} for source in ("manual", "csv", "somebody", None)]
    assert values("source_reliability", *leads, matching={"trust": {"csv": 0.25}}) == [1.0, 0.25, None, None]


def test_an_identity_is_the_surer_the_more_it_is_ones_own() -> None:
    leads = [{"identity_kind": one} for one in ("mailbox", "linkedin", "person", None)]
    assert values("identity_confidence", *leads) == [1.0, 0.9, 0.6, None]


def test_a_likely_double_makes_an_identity_less_sure() -> None:
    leads = [{"identity_kind": "mailbox", "match_probability": one} for one in (None, 0.0, 0.8, 1.0)]
    assert values("identity_confidence", *leads) == [1.0, 1.0, 0.6, 0.5]


def test_a_rule_takes_leads_whose_rows_have_any_index() -> None:
    leads = lead_frame({"email": "ann@example.com"}, {}).set_index(np.array([7, 7]))
    for one in quality.DIMENSIONS:
        assert len(one.rule(leads, campaign())) == 2


@pytest.mark.parametrize(
    ("name", "lead", "said"),
    [
        (
            "address_verified",
            {"verification": "risky"},
            "a vendor could not make sure that the address takes mail",
        ),
        ("address_kind", {}, "has no address"),
        ("address_kind", {"email": "x", "email_status": "invalid"}, "has an address that cannot be right"),
        (
            "address_kind",
            {"email": "hr@example.com", "email_status": "valid", "email_domain": "example.com"},
            "has an address of no person, such as info@",
        ),
        ("completeness", {"known_fields": ALL}, "10 of 10 fields that matter are known"),
        (
            "completeness",
            {"known_fields": ALL - 0b10000100},
            "8 of 10 fields that matter are known; missing: title, phone or linkedin url",
        ),
        (
            "freshness",
            {"updated_on": AS_OF.date()},
            "its facts last changed on 2026-06-01; they are half fresh after 365 days",
        ),
        (
            "source_reliability",
            {"source": "csv"},
            "comes from the source csv, which the campaign trusts at 0.7",
        ),
        (
            "identity_confidence",
            {"identity_kind": "person", "match_probability": 0.9},
            "told apart by its name and company; with a probability of 90% it is the double of another lead",
        ),
    ],
)
def test_a_sentence_says_how_the_value_came_about(name: str, lead: dict[str, Any], said: str) -> None:
    assert frames.sentence(quality.DIMENSIONS, name, lead) == said
