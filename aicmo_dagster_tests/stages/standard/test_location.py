from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicmo_dagster.stages.standard.location import location, sentence
from aicmo_dagster_tests.stages.lead_frames import campaign, lead_frame


def value(*wanted: str, **place: str) -> float:
    config = campaign(icp={"locations": list(wanted)})
    return float(location(lead_frame(place), config)[0])


@pytest.mark.parametrize("wanted", ["Germany", "Deutschland", "DE", "DACH", "EMEA", "Europe", "Worldwide"])
def test_a_country_is_in_itself_and_its_regions(wanted: str) -> None:
    assert value(wanted, country_code="DE") == 1


@pytest.mark.parametrize(("code", "expected"), [("AT", 0.6), ("PL", 0.4), ("US", 0.2)])
def test_other_countries_count_by_their_nearness(code: str, expected: float) -> None:
    assert value("Germany", country_code=code) == expected


def test_the_nearest_target_counts() -> None:
    assert value("Japan", "Austria", "Germany", country_code="DE") == 1


@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        ("Munich", {"city": "München", "country_code": "DE"}),
        ("Munich, Germany", {"city": "Munich", "state": "Bavaria", "country_code": "DE"}),
        ("California", {"city": "Fresno", "state": "CA", "country_code": "US"}),
        ("CA, USA", {"state": "California", "country_code": "US"}),
        ("Austin, Texas, USA", {"city": "Austin", "state": "TX", "country_code": "US"}),
        ("Austin, TX", {"city": "Austin", "state": "Texas", "country_code": "US"}),
        ("San Francisco, CA", {"city": "San Francisco", "state": "CA", "country_code": "US"}),
        ("Toronto, CA", {"city": "Toronto", "country_code": "CA"}),
        ("Frankfurt", {"city": "Frankfurt am Main", "country_code": "DE"}),
        ("San Francisco", {"city": "San Francisco Bay Area"}),
        ("Lyon", {"city": "Lyon"}),
        ("Georgia, US", {"state": "GA", "country_code": "US"}),
    ],
)
def test_a_city_or_state_that_is_wanted_is_found(wanted: str, place: dict[str, str]) -> None:
    assert value(wanted, **place) == 1


def test_a_city_of_another_country_is_not_the_one_that_is_wanted() -> None:
    assert value("Birmingham, UK", city="Birmingham", state="AL", country_code="US") == 0.2


def test_york_is_not_new_york() -> None:
    assert value("York, UK", city="New York", country_code="US") == 0.2


def test_what_is_not_the_wanted_city_counts_by_what_is_around_it() -> None:
    near = [
        value("Austin, Texas, USA", city="Austin", state="TX", country_code="US"),
        value("Austin, Texas, USA", city="Dallas", state="TX", country_code="US"),
        value("Austin, Texas, USA", city="Boston", state="MA", country_code="US"),
        value("Austin, Texas, USA", city="Toronto", state="ON", country_code="CA"),
        value("Austin, Texas, USA", city="Paris", country_code="FR"),
    ]
    assert near == [1.0, 0.8, 0.6, 0.4, 0.2]


def test_a_country_code_is_no_state() -> None:
    assert value("DE", state="DE", country_code="US") == 0.2


def test_an_unknown_place_is_unknown() -> None:
    assert np.isnan(value("Germany"))
    assert np.isnan(value("Germany", city="Bonn"))
    assert np.isnan(value("Lyon", country_code="FR"))


def test_sentences_say_how_far() -> None:
    config = campaign(icp={"locations": ["DACH"]})

    def said(of: float, **facts: Any) -> str:
        return sentence(
            {"city": None, "state": None, "country": None, "country_code": None} | facts, of, config
        )

    assert said(1.0, city="Bonn", country="Germany") == "Bonn, Germany is where the campaign looks (DACH)"
    assert said(0.6, country_code="FR") == "FR is near where the campaign looks (DACH)"
    assert said(0.2, country="Chile") == "Chile is far from where the campaign looks (DACH)"


places = st.sampled_from([None, "Berlin", "Austin", "CA", "Texas", "Bayern", "Paris", "x"])
codes = st.sampled_from([None, "DE", "US", "FR", "CA", "JP"])
targets = st.sampled_from(
    ["Germany", "EMEA", "Austin, TX", "California", "Paris", "Lyon, France", "North America", "?"]
)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(places, places, codes), min_size=1), st.lists(targets, min_size=1))
def test_leads_do_not_depend_on_their_neighbours(rows: list[Any], wanted: list[str]) -> None:
    leads = [dict(zip(("city", "state", "country_code"), row, strict=True)) for row in rows]
    config = campaign(icp={"locations": wanted})
    together = location(lead_frame(*leads), config)
    alone = [location(lead_frame(lead), config)[0] for lead in leads]
    np.testing.assert_array_equal(together, alone)
    known = together[~np.isnan(together)]
    assert ((known >= 0) & (known <= 1)).all()


@settings(deadline=None, max_examples=50)
@given(st.text(), st.text(), st.text())
def test_any_text_may_be_wanted_and_said(wanted: str, city: str, region: str) -> None:
    config = campaign(icp={"locations": [wanted]})
    answer = location(lead_frame({"city": city, "state": region, "country_code": "US"}), config)
    assert pd.isna(answer[0]) or 0 <= answer[0] <= 1
