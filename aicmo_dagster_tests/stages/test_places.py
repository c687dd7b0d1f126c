import csv
import os
import re
from pathlib import Path
from zoneinfo import available_timezones

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.stages.places import LANGUAGES, country_code, country_codes, time_zones


def zone(country: str | None, state: str | None = None, city: str | None = None) -> str | None:
    row = [pd.Series([value], dtype="str") for value in (country, state, city)]
    found = time_zones(*row)
    assert found.dtype == "str"
    return None if found.isna()[0] else str(found[0])


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("de", "DE"),
        ("DEU", "DE"),
        ("UK", "GB"),
        ("U.S.", "US"),
        ("u.s.a.", "US"),
        ("The United States of America", "US"),
        ("United States of America (USA)", "US"),
        ("Scotland", "GB"),
        ("Deutschland", "DE"),
        ("Allemagne", "DE"),
        ("Federal Republic of Germany", "DE"),
        ("Holland", "NL"),
        ("Pays-Bas", "NL"),
        ("Czech Republic", "CZ"),
        ("Czechia", "CZ"),
        ("South Korea", "KR"),
        ("Korea, Republic of", "KR"),
        ("Korea, Democratic People's Republic of", "KP"),
        ("Congo, The Democratic Republic of the", "CD"),
        ("Republic of the Congo", "CG"),
        ("Russia", "RU"),
        ("Ivory Coast", "CI"),
        ("Côte d’Ivoire", "CI"),
        ("St. Lucia", "LC"),
        ("Hong Kong, China", "HK"),
        ("Bonn, Germany", "DE"),
        ("Atlanta, Georgia, USA", "US"),
        ("Verenigd Koninkrijk", "GB"),
        ("  ESTADOS   UNIDOS ", "US"),
        ("Svizzera", "CH"),
        ("Kosovo", "XK"),
    ],
)
def test_a_country_is_known_by_code_name_and_variant(name: str, code: str) -> None:
    assert country_code(name) == code


@pytest.mark.parametrize("text", ["", "--", "Mars", "Europe", "CT", "x" * 2_000_000])
def test_what_is_not_a_country_has_no_code(text: str) -> None:
    assert country_code(text) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_that_cldr_has_for_a_country_gives_that_country(language: str) -> None:
    from babel import Locale

    names = {str(code): str(name) for code, name in Locale(language).territories.items()}
    iso = [code for code in names if len(code) == 2 and country_code(code) == code]
    assert len(iso) == 250, "249 of ISO 3166-1, and Kosovo"
    assert {code: country_code(names[code]) for code in iso} == {code: code for code in iso}


def test_a_column_keeps_its_index_and_has_na_for_unknown() -> None:
    codes = country_codes(pd.Series(["UK", None, "Mars", "France", "UK"], index=[7, 3, 5, 1, 9], dtype="str"))
    assert codes.dtype == "str"
    assert codes.index.tolist() == [7, 3, 5, 1, 9]
    assert codes.fillna("?").tolist() == ["GB", "?", "?", "FR", "GB"]


def test_a_column_without_any_country_is_all_na() -> None:
    assert country_codes(pd.Series([None, None], dtype="object")).isna().all()
    assert country_codes(pd.Series([], dtype="str")).empty


@given(st.text())
def test_any_text_is_a_country_or_none(text: str) -> None:
    code = country_code(text)
    assert code is None or (len(code) == 2 and code.isupper())


@pytest.mark.thirdparty
def test_every_country_of_a_published_list_is_recognised() -> None:
    folder = Path(os.environ.get("AICMO_THIRDPARTY_DATA", "../shared/data"))
    if not (folder / "organizations-1000.csv").exists():
        pytest.skip(f"no organizations-1000.csv in {folder}")
    with (folder / "organizations-1000.csv").open(encoding="utf-8") as file:
        names = {row["Country"] for row in csv.DictReader(file)}
    assert len(names) == 240
    assert [name for name in names if country_code(name) is None] == []


@pytest.mark.parametrize(
    ("country", "state", "city", "expected"),
    [
        ("FR", None, None, "Europe/Paris"),
        ("DE", "Bayern", "München", "Europe/Berlin"),
        ("CN", "Xinjiang", None, "Asia/Shanghai"),
        ("ES", None, None, "Europe/Madrid"),
        ("ES", "Las Palmas", None, "Atlantic/Canary"),
        ("ES", None, "Tenerife", "Atlantic/Canary"),
        ("PT", "Azores", None, "Atlantic/Azores"),
        ("US", "CA", "San Francisco", "America/Los_Angeles"),
        ("US", "california", None, "America/Los_Angeles"),
        ("US", "US-NY", None, "America/New_York"),
        ("US", "State of Texas", "Dallas", "America/Chicago"),
        ("US", "Texas", "El Paso", "America/Denver"),
        ("US", None, "Detroit", "America/Detroit"),
        ("US", "OR", "Detroit", "America/Los_Angeles"),
        ("US", "CA", "Ontario", "America/Los_Angeles"),
        ("CA", "Québec", None, "America/Toronto"),
        ("CA", "BC", None, "America/Vancouver"),
        ("AU", "QLD", None, "Australia/Brisbane"),
        ("BR", "Sao Paulo", None, "America/Sao_Paulo"),
        ("MX", "Baja California", "Tijuana", "America/Tijuana"),
        ("RU", "Republic of Tatarstan", None, "Europe/Moscow"),
        ("ID", "Bali", None, "Asia/Makassar"),
    ],
)
def test_a_place_has_its_zone(country: str, state: str | None, city: str | None, expected: str) -> None:
    assert zone(country, state, city) == expected


@pytest.mark.parametrize(
    ("country", "state", "city"),
    [(None, "CA", "Berlin"), ("US", None, None), ("US", None, "Springfield"), ("XX", None, None)],
)
def test_a_place_that_leaves_the_zone_open_has_none(
    country: str | None, state: str | None, city: str | None
) -> None:
    assert zone(country, state, city) is None


def test_all_fifty_states_and_the_district_have_a_zone() -> None:
    states = re.findall(
        r"\w\w",
        "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY "
        "NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY",
    )
    assert len(states) == 51
    assert [state for state in states if zone("US", state) is None] == []


def test_every_zone_in_the_tables_exists() -> None:
    from aicmo_dagster.stages.regions import APART, CITIES, MAIN_ZONE, REGIONS

    named = {*MAIN_ZONE.values(), *APART.values()}
    named.update(zone for country in (*REGIONS.values(), *CITIES.values()) for zone in country)
    assert named <= available_timezones()


@given(st.lists(st.tuples(*[st.sampled_from(["US", "DE", "ID", "TX", "El Paso", "Bali", "", None])] * 3)))
def test_a_row_has_the_same_zone_alone_and_among_others(rows: list[tuple[str | None, ...]]) -> None:
    frame = pd.DataFrame(rows, columns=["country", "state", "city"], dtype="str")
    together = time_zones(frame["country"], frame["state"], frame["city"])
    assert [None if pd.isna(z) else z for z in together] == [zone(*row) for row in rows]
