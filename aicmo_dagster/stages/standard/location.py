"""Where the company is, against where a campaign wants it: countries, regions of the world, states, cities."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.stages.localities import countries_of_state, locality, state
from aicmo_dagster.stages.model import Facts, FloatArray
from aicmo_dagster.stages.places import country_code
from aicmo_dagster.stages.words import fold
from aicmo_dagster.stages.world_regions import FAR, SAME_CONTINENT, SAME_SUBREGION, nearness, region_countries

FACTS = ("city", "state", "country", "country_code")
IN_TARGET, PARTLY, SAME_COUNTRY = 1.0, 0.8, 0.6
_AROUND_PLACE = {IN_TARGET: SAME_COUNTRY, SAME_SUBREGION: 0.4, SAME_CONTINENT: FAR, FAR: FAR}
"""Of a city that is not the one wanted, by how near its country is."""


@dataclass(frozen=True)
class Target:
    """What one of `icp.locations` means: places that all have to fit, in one of the countries (any if empty).

    An `exact` one counts only where everything fits.
    """

    countries: frozenset[str]
    places: tuple[str, ...]
    exact: bool = False


@lru_cache(maxsize=1 << 10)
def targets_of(text: str) -> tuple[Target, ...]:
    """Read "Germany", "EMEA", "California" or "Austin, Texas, USA"; what nothing else is known by is a place.

    "San Francisco, CA" may be in Canada or in California.
    """
    parts = [part.strip() for part in text.split(",") if fold(part)]
    american = state("US", parts[-1]) if len(parts) > 1 and len(parts[-1]) == 2 else ""
    if american and american != locality(parts[-1]):
        places = tuple(locality(part) for part in parts[:-1])
        return (_target_of(text), Target(frozenset({"US"}), (*places, american), exact=True))
    return (_target_of(text),)


def _target_of(text: str) -> Target:
    parts = [part.strip() for part in text.split(",") if fold(part)]
    whole = _countries(text if len(parts) < 2 else " ".join(reversed(parts)))  # "Korea, South"
    if whole or not parts:
        return Target(whole, ())
    countries: frozenset[str] = frozenset()
    places = []
    for part in parts:
        here = _countries(part) if len(parts) > 1 and part is not parts[0] else frozenset()
        if here:
            countries = here
        else:
            places.append(part)
    states = [countries_of_state(place) for place in places]
    countries = countries or next(filter(None, states), frozenset())
    country = next(iter(countries)) if len(countries) == 1 else None
    return Target(countries, tuple(state(country, place) for place in places))


def _countries(text: str) -> frozenset[str]:
    code = country_code(text)
    return frozenset({code}) if code else region_countries(text) or frozenset()


def location(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """How near the lead is to the nearest target; each combination of country, state and city is asked once."""
    targets = [target for text in config.icp.locations for target in targets_of(text)]
    countries, codes = pd.factorize(leads["country_code"])
    if not any(target.places for target in targets):
        by_country = [_best(targets, code, None, None) for code in codes.tolist()]
        return np.array([*by_country, np.nan])[countries]
    states, state_names = pd.factorize(leads["state"])
    cities, city_names = pd.factorize(leads["city"])
    width, height = len(city_names) + 1, len(state_names) + 1
    numbers = (countries.astype(np.int64) * height + states + 1) * width + cities + 1
    rows, distinct = pd.factorize(numbers)
    known_codes, known_states = [*codes.tolist(), None], [*state_names.tolist(), None]
    known_cities = [*city_names.tolist(), None]
    values = []
    for number in distinct.tolist():
        rest, city = divmod(number, width)
        country, region = divmod(rest, height)
        values.append(_best(targets, known_codes[country], known_states[region - 1], known_cities[city - 1]))
    return np.array(values, dtype=float)[rows]


def _best(targets: Sequence[Target], code: str | None, region: str | None, city: str | None) -> float:
    here = tuple(
        name for name in (locality(city) if city else "", state(code, region) if region else "") if name
    )
    values = [value for target in targets if (value := _value(target, code, here)) is not None]
    return max(values, default=np.nan)


def _value(target: Target, code: str | None, here: tuple[str, ...]) -> float | None:
    """How near a place is to one target; None where too little is known of it."""
    if not target.places:
        return nearness(code, target.countries) if code and target.countries else None
    if not target.countries or code is None or code in target.countries:
        matching = sum(any(_is_at(name, place) for name in here) for place in target.places)
        if matching == len(target.places):
            return IN_TARGET
        if matching and not target.exact:
            return PARTLY
    if target.exact:
        return None
    if code and target.countries:
        return _AROUND_PLACE[nearness(code, target.countries)]
    return FAR if here else None


def _is_at(name: str, place: str) -> bool:
    """ "Frankfurt am Main" is at Frankfurt, and New York is not at York."""
    return name == place or name.startswith(f"{place} ")


def sentence(facts: Facts, value: float, config: CampaignConfig) -> str:
    """Where the lead is, and how that fits."""
    told = [str(facts[name]) for name in ("city", "state", "country") if facts[name] is not None]
    if facts["country"] is None and facts["country_code"] is not None:
        told.append(str(facts["country_code"]))
    wanted = "; ".join(config.icp.locations)
    if value == IN_TARGET:
        how = "is where the campaign looks"
    elif value >= PARTLY:
        how = "is partly where the campaign looks"
    elif value > FAR:
        how = "is near where the campaign looks"
    else:
        how = "is far from where the campaign looks"
    return f"{', '.join(told)} {how} ({wanted})"
