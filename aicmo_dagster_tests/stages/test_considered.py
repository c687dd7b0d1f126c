from datetime import UTC, datetime, time
from typing import Any

import pytest
from hypothesis import given

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.campaign.hours import WorkingHours
from aicmo_dagster.stages.considered import Considered, considered
from aicmo_dagster.stages.owners import COLLEAGUE, OUTSIDE_TERRITORY, ROUND_ROBIN, OwnerLoad, assign
from aicmo_dagster_tests.stages.test_owners import MONDAY_NOON, campaign, leads, owner, teams


def told(
    config: CampaignConfig,
    country: str | None = "DE",
    active: dict[str, int] | None = None,
    now: datetime = MONDAY_NOON,
) -> dict[str, Considered]:
    """Owner -> what is said of them, for a lead that comes alone."""
    load = OwnerLoad(dict(active or {}))
    got = assign(leads((country, None, None)), config, load, now).iloc[0]
    found = considered(country, config, OwnerLoad(dict(active or {})), now, got["owner"], got["owner_reason"])
    return {one.owner: one for one in found}


def test_the_owner_who_got_the_lead_is_told_with_the_reason() -> None:
    found = told(campaign(owner("Ann"), owner("Bob")))
    assert found["Ann"].chosen
    assert found["Ann"].sentence == f"got the lead: {ROUND_ROBIN}"


def test_who_has_more_leads_for_their_weight_was_not_yet_their_turn() -> None:
    found = told(campaign(owner("Ann", weight=2), owner("Bob")), active={"Ann": 2, "Bob": 2})
    assert (found["Ann"].pointer, found["Bob"].pointer) == (1.5, 3.0)
    assert found["Bob"].sentence == "was not yet their turn: 3.00 against 1.50"


@pytest.mark.parametrize(
    ("settings", "active", "sentence"),
    [
        ({"territories": ["France"]}, 0, "does not serve DE, only France"),
        ({"capacity": 3}, 3, "was full: 3 leads of at most 3"),
        ({"working_hours": WorkingHours(start=time(13), end=time(14))}, 0, "was outside working hours"),
    ],
)
def test_who_could_not_take_it_is_told_why(settings: dict[str, Any], active: int, sentence: str) -> None:
    found = told(campaign(owner("Ann", **settings), owner("Bob")), active={"Ann": active})
    assert found["Ann"].sentence == sentence
    assert found["Bob"].chosen


def test_an_owner_of_every_country_gives_way_to_those_of_the_territory() -> None:
    found = told(campaign(owner("Ann"), owner("Bob", territories=["Germany"])), active={"Bob": 9})
    assert found["Bob"].chosen
    assert found["Ann"].sentence == "serves every country, and DE is the territory of others"


def test_a_colleague_of_the_lead_comes_before_the_round_robin() -> None:
    config = campaign(owner("Ann"), owner("Bob"))
    found = considered("DE", config, OwnerLoad({"Bob": 7}), MONDAY_NOON, "Bob", COLLEAGUE)
    assert found[0].sentence == "was not asked: Bob has a colleague of the lead"


def test_who_was_filled_by_leads_of_the_same_run_is_told_so() -> None:
    config = campaign(owner("Ann", capacity=1), owner("Bob", territories=["Germany"], capacity=1))
    found = considered("DE", config, OwnerLoad(), MONDAY_NOON, "Ann", OUTSIDE_TERRITORY)
    assert found[1].sentence.startswith("was full by then")
    nobody = considered("DE", config, OwnerLoad(), MONDAY_NOON, "unassigned", "nobody free")
    assert all(one.sentence.startswith("was full by then") for one in nobody)


def test_an_unknown_country_is_in_nobodys_territory() -> None:
    found = told(campaign(owner("Ann", territories=["France"])), country=None)
    assert found["Ann"].sentence == "does not serve leads whose country is unknown, only France"


@given(teams())
def test_every_owner_is_told_of_and_who_gets_a_lead_alone_could_take_it(config: CampaignConfig) -> None:
    now = datetime(2026, 6, 1, 13, 30, tzinfo=UTC)
    found = told(config, now=now)
    assert list(found) == [one.name for one in config.routing.owners]
    free = {
        one.owner: one
        for one in found.values()
        if one.serves and one.at_work and (one.capacity is None or one.active < one.capacity)
    }
    chosen = [one for one in found.values() if one.chosen]
    assert all(one.sentence for one in found.values())
    assert bool(chosen) == bool(free)
    named = [one for one in free.values() if one.named]
    assert all(one.pointer >= chosen[0].pointer for one in named or free.values())
