import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.stages.places import country_code
from aicmo_dagster.stages.world_regions import _M49, _by_name, nearness, region_countries

CODES = sorted({code for codes in _M49.values() for code in codes.split()})


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("EMEA", "DE ZA AE EG", "US IN"),
        ("emea", "DE", "US"),
        ("DACH", "DE AT CH", "FR LI"),
        ("EU", "DE FR PL", "GB CH NO"),
        ("Europäische Union", "DE", "GB"),
        ("Nordics", "SE NO DK FI IS", "DE EE"),
        ("Scandinavia", "SE NO DK", "FI"),
        ("Benelux", "BE NL LU", "DE"),
        ("UK & Ireland", "GB IE", "FR"),
        ("CEE", "PL CZ RO", "DE AT"),
        ("Europe", "DE GB RO XK", "TR US"),
        ("Westeuropa", "DE FR", "PL"),
        ("MENA", "AE EG", "NG"),
        ("GCC", "SA AE", "EG"),
        ("APAC", "JP AU IN SG", "AE US"),
        ("Asia-Pacific", "JP AU", "DE"),
        ("ASEAN", "SG VN", "JP"),
        ("ANZ", "AU NZ", "FJ"),
        ("LATAM", "BR MX AR CU", "US CA"),
        ("Amérique latine", "BR MX", "US"),
        ("North America", "US CA", "MX"),
        ("Nordamerika", "US CA", "MX"),
        ("Americas", "US BR", "DE"),
        ("Sub-Saharan Africa", "NG ZA KE", "EG"),
        ("Worldwide", "DE US JP", ""),
    ],
)
def test_regions_hold_their_countries(name: str, inside: str, outside: str) -> None:
    countries = region_countries(name)
    assert countries is not None
    assert countries >= set(inside.split())
    assert countries.isdisjoint(outside.split())


def test_the_subregions_part_the_world() -> None:
    assert len(CODES) == sum(len(codes.split()) for codes in _M49.values()) == 249


def test_no_region_but_micronesia_is_called_as_a_country_is() -> None:
    assert [name for name in _by_name() if country_code(name)] == ["micronesia"]


@pytest.mark.parametrize("name", ["", "Berlin", "Germany", "Atlantis"])
def test_other_places_are_no_regions(name: str) -> None:
    assert region_countries(name) is None


@pytest.mark.parametrize(
    ("country", "value"), [("DE", 1.0), ("AT", 0.6), ("ES", 0.4), ("PL", 0.4), ("US", 0.2), ("AQ", 0.2)]
)
def test_nearer_countries_count_more(country: str, value: float) -> None:
    assert nearness(country, frozenset({"DE"})) == value


@given(st.sampled_from(CODES), st.sets(st.sampled_from(CODES), min_size=1), st.sampled_from(CODES))
def test_one_more_country_wanted_never_lowers(country: str, wanted: set[str], more: str) -> None:
    assert nearness(country, frozenset(wanted)) <= nearness(country, frozenset(wanted | {more}))
