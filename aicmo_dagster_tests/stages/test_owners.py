from collections import Counter
from copy import deepcopy
from datetime import UTC, datetime, time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.campaign.config import CampaignConfig, ManualSource, Owner, Routing
from aicmo_dagster.campaign.hours import WorkingHours
from aicmo_dagster.campaign.icp import Icp
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages.owners import (
    COLLEAGUE,
    IN_TERRITORY,
    OUTSIDE_TERRITORY,
    ROUND_ROBIN,
    OwnerLoad,
    assign,
)

MONDAY_NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def owner(name: str, **settings: Any) -> Owner:
    return Owner(name=name, email=f"{name.lower()}@example.com", **settings)


def campaign(*owners: Owner, **settings: Any) -> CampaignConfig:
    return CampaignConfig(
        key="eu-saas",
        name="Test",
        icp=Icp(industries=["Software"]),
        sources=[ManualSource()],
        routing=Routing(owners=list(owners), **settings),
    )


def leads(*rows: tuple[str | None, str | None, str | None]) -> pd.DataFrame:
    """Rows of country, company and the owner whom a colleague has; companies are numbered by their names."""
    frame = pd.DataFrame(list(rows), columns=["country_code", "account_id", "account_owner"], dtype="str")
    frame["account_id"] = (
        frame["account_id"].map(lambda name: ord(name[0]), na_action="ignore").astype("Int64")
    )
    return frame


def lone(count: int, country: str | None = None) -> pd.DataFrame:
    return leads(*[(country, None, None)] * count)


def chosen(
    rows: pd.DataFrame, config: CampaignConfig, load: OwnerLoad | None = None, now: datetime = MONDAY_NOON
) -> list[str]:
    return assign(rows, config, load or OwnerLoad(), now)["owner"].tolist()


@st.composite
def teams(draw: st.DrawFn) -> CampaignConfig:
    owners = [
        owner(
            f"O{i}",
            weight=draw(st.floats(0.1, 10)),
            capacity=draw(st.none() | st.integers(0, 8)),
            territories=draw(st.lists(st.sampled_from(["Germany", "FR"]), unique=True)),
            working_hours=draw(st.none() | st.just(WorkingHours(start=time(13), end=time(14)))),
        )
        for i in range(draw(st.integers(0, 4)))
    ]
    return campaign(*owners)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["DE", "FR", "US", None]),
        st.sampled_from(["a.com", "b.com", "c.com", None]),
        st.none() | st.sampled_from(["O0", "O1", "gone"]),
    ),
    max_size=30,
).map(lambda rows: leads(*rows).sort_values("account_id", ignore_index=True))


@given(teams(), ROWS, st.dictionaries(st.sampled_from(["O0", "O1"]), st.integers(0, 12)))
def test_every_lead_has_an_owner_and_nobody_gets_more_than_the_capacity(
    config: CampaignConfig, rows: pd.DataFrame, active: dict[str, int]
) -> None:
    load = OwnerLoad(active=dict(active))
    found = assign(rows, config, load, MONDAY_NOON)
    assert found.index.equals(rows.index)
    assert found.notna().all(axis=None)
    new = Counter(found["owner"])
    by_name = {one.name: one for one in config.routing.owners}
    assert set(new) <= {*by_name, "unassigned"}
    for name, one in by_name.items():
        before = active.get(name, 0)
        assert load.active[name] == before + new[name]
        assert one.capacity is None or new[name] <= max(0, one.capacity - before)


@given(teams(), ROWS)
def test_an_owner_with_territories_gets_leads_of_these_only(
    config: CampaignConfig, rows: pd.DataFrame
) -> None:
    found = assign(rows, config, OwnerLoad(), MONDAY_NOON)
    codes = {"Germany": "DE", "FR": "FR"}
    served = {one.name: {codes[name] for name in one.territories} for one in config.routing.owners}
    for name, country in zip(found["owner"], rows["country_code"], strict=True):
        assert not served.get(name) or country in served[name]


@given(teams(), ROWS)
def test_a_lead_falls_back_only_when_nobody_could_take_it(config: CampaignConfig, rows: pd.DataFrame) -> None:
    load = OwnerLoad()
    found = assign(rows, config, load, MONDAY_NOON)
    codes = {"Germany": "DE", "FR": "FR"}
    for country in rows["country_code"][found["owner"] == "unassigned"]:
        for one in config.routing.owners:
            serves = not one.territories or country in {codes[name] for name in one.territories}
            full = one.capacity is not None and load.active[one.name] >= one.capacity
            assert not serves or full or one.working_hours is not None


@given(teams(), ROWS)
def test_the_same_leads_get_the_same_owners_again(config: CampaignConfig, rows: pd.DataFrame) -> None:
    first, again = (assign(rows, config, OwnerLoad(), MONDAY_NOON) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)


@given(
    st.lists(
        st.tuples(st.floats(0.1, 10), st.none() | st.integers(0, 20), st.integers(0, 5)),
        min_size=1,
        max_size=5,
    ),
    st.lists(st.integers(0, 20), max_size=4),
)
def test_chunks_give_leads_without_a_company_the_owners_of_one_pass(
    team: list[tuple[float, int | None, int]], sizes: list[int]
) -> None:
    config = campaign(*[owner(f"O{i}", weight=w, capacity=c) for i, (w, c, _active) in enumerate(team)])
    load = OwnerLoad(active={f"O{i}": active for i, (_weight, _capacity, active) in enumerate(team)})
    whole = chosen(lone(sum(sizes)), config, deepcopy(load))
    assert [name for size in sizes for name in chosen(lone(size), config, load)] == whole


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=6), st.integers(0, 500))
def test_shares_are_within_one_lead_per_owner_of_the_weights(weights: list[float], count: int) -> None:
    config = campaign(*[owner(f"O{i}", weight=weight) for i, weight in enumerate(weights)])
    found = Counter(chosen(lone(count), config))
    for i, weight in enumerate(weights):
        assert found[f"O{i}"] == pytest.approx(count * weight / sum(weights), abs=len(weights))


def test_weighted_round_robin_interleaves_and_breaks_ties_by_the_owners_order() -> None:
    config = campaign(owner("Ann"), owner("Bo", weight=2))
    assert chosen(lone(6), config) == ["Bo", "Ann", "Bo", "Bo", "Ann", "Bo"]


def test_an_owner_who_has_fallen_behind_catches_up_first() -> None:
    assert chosen(lone(3), campaign(owner("Ann"), owner("Bo")), OwnerLoad(active={"Ann": 2})) == [
        "Bo",
        "Bo",
        "Ann",
    ]


def test_an_owner_of_the_territory_comes_before_owners_of_any() -> None:
    config = campaign(owner("Any", weight=100), owner("Dora", territories=["Deutschland"], capacity=2))
    found = assign(leads(*[("DE", None, None)] * 3, ("US", None, None)), config, OwnerLoad(), MONDAY_NOON)
    assert found["owner"].tolist() == ["Dora", "Dora", "Any", "Any"]
    assert found["owner_reason"].tolist() == [IN_TERRITORY, IN_TERRITORY, OUTSIDE_TERRITORY, ROUND_ROBIN]


def test_colleagues_follow_the_first_of_them() -> None:
    rows = leads(*[(None, "a.com", None)] * 3, *[(None, "b.com", None)] * 2, (None, None, None))
    found = assign(rows, campaign(owner("Ann"), owner("Bo")), OwnerLoad(), MONDAY_NOON)
    assert found["owner"].tolist() == ["Ann"] * 3 + ["Bo"] * 3
    assert found["owner_reason"].tolist() == [
        ROUND_ROBIN,
        *[COLLEAGUE] * 2,
        ROUND_ROBIN,
        COLLEAGUE,
        ROUND_ROBIN,
    ]


def test_colleagues_in_the_next_chunk_follow_too() -> None:
    config = campaign(owner("Ann"), owner("Bo"), owner("Cy"))
    load = OwnerLoad()
    assert chosen(leads((None, "a.com", None), (None, "b.com", None)), config, load) == ["Ann", "Bo"]
    assert chosen(leads((None, "b.com", None), (None, "c.com", None)), config, load) == ["Bo", "Cy"]


def test_a_lead_follows_the_owner_whom_a_colleague_has_already_even_after_hours() -> None:
    config = campaign(
        owner("Ann"), owner("Bo", working_hours=WorkingHours(start=time(9), end=time(11)), weight=9)
    )
    assert chosen(leads((None, "a.com", "Bo"), (None, "b.com", None)), config) == ["Bo", "Ann"]


def test_colleagues_beyond_the_capacity_go_on_to_one_other_owner() -> None:
    config = campaign(owner("Ann", capacity=2), owner("Bo"), owner("Cy"))
    assert chosen(leads(*[(None, "a.com", "Ann")] * 5), config) == ["Ann", "Ann", "Bo", "Bo", "Bo"]


def test_an_owner_who_left_the_team_is_not_followed() -> None:
    assert chosen(leads((None, "a.com", "Gone")), campaign(owner("Ann"))) == ["Ann"]


@pytest.mark.parametrize(
    ("now", "name"),
    [
        (datetime(2026, 6, 1, 6, 59, tzinfo=UTC), "unassigned"),
        (datetime(2026, 6, 1, 7, 0, tzinfo=UTC), "Ann"),
        (datetime(2026, 6, 1, 14, 59, tzinfo=UTC), "Ann"),
        (datetime(2026, 6, 1, 15, 0, tzinfo=UTC), "unassigned"),
        (datetime(2026, 6, 7, 12, 0, tzinfo=UTC), "unassigned"),
    ],
)
def test_working_hours_are_judged_in_the_owners_zone_on_working_days(now: datetime, name: str) -> None:
    config = campaign(owner("Ann", working_hours=WorkingHours(), time_zone="Europe/Berlin"))
    assert chosen(lone(1), config, now=now) == [name]


def test_a_lead_that_nobody_takes_says_why() -> None:
    config = campaign(
        owner("Ann", capacity=0),
        owner("Bo", working_hours=WorkingHours(start=time(13), end=time(14))),
        owner("Cy", territories=["France"], capacity=0),
        fallback_owner="Desk",
    )
    found = assign(leads(("US", None, None), ("FR", None, None)), config, OwnerLoad(), MONDAY_NOON)
    assert found["owner"].tolist() == ["Desk", "Desk"]
    assert found["owner_reason"].tolist() == [
        "nobody free: capacity of Ann reached; Bo outside working hours",
        "nobody free: capacity of Ann, Cy reached; Bo outside working hours",
    ]


def test_a_country_that_no_owner_serves_falls_back() -> None:
    config = campaign(owner("Ann", territories=["DE"]))
    found = assign(leads(("US", None, None), (None, None, None)), config, OwnerLoad(), MONDAY_NOON)
    assert found["owner_reason"].tolist() == [
        "nobody free: no owner serves US",
        "nobody free: no owner serves leads whose country is unknown",
    ]


def test_a_campaign_without_owners_uses_the_fallback_and_counts_its_leads() -> None:
    load = OwnerLoad()
    found = assign(leads(("US", "a.com", None)), campaign(), load, MONDAY_NOON)
    assert found.iloc[0].tolist() == ["unassigned", "nobody free: the campaign has no owners"]
    assert load.active == {"unassigned": 1}


def test_no_leads_are_no_routes() -> None:
    assert assign(lone(0), campaign(owner("Ann")), OwnerLoad(), MONDAY_NOON).empty


def test_a_territory_that_is_no_country_is_refused_with_the_owners_name() -> None:
    with pytest.raises(ConfigurationError, match=r"owner 'Ann' has the territory 'Atlantis'"):
        assign(lone(1), campaign(owner("Ann", territories=["Atlantis"])), OwnerLoad(), MONDAY_NOON)


def test_many_companies_of_many_sizes_come_close_to_the_weights() -> None:
    sizes = np.random.default_rng(7).integers(1, 6, 2_000)
    accounts = np.repeat(np.arange(2_000), sizes)
    rows = lone(len(accounts)).assign(account_id=pd.array(accounts, dtype="Int64"))
    found = Counter(chosen(rows, campaign(owner("Ann"), owner("Bo", weight=3))))
    assert found["Bo"] / len(rows) == pytest.approx(0.75, abs=0.02)
