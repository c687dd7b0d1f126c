"""Where a lead is: country names to ISO codes, and places to IANA time zones.

Names come from CLDR (by babel) in the seven languages that exports use, codes and zones from tzdata; what
neither knows is in the tables below and in `regions`. Everything is loaded at the first question, once.
"""

import re
import unicodedata
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

LANGUAGES = ("en", "fr", "de", "es", "it", "pt", "nl")

LONGEST_NAME = 100
"""A longer text is not the name of a place; reading it would only cost time."""

_VARIANTS = {
    "AE": "UAE, Emirates",
    "AX": "Aland, Aland Islands",
    "BA": "Bosnia, Bosnia Herzegovina",
    "BN": "Brunei Darussalam",
    "BO": "Plurinational State of Bolivia",
    "BQ": "Bonaire, Bonaire Sint Eustatius and Saba",
    "BV": "Bouvetoya",
    "CD": "DRC, DR Congo, Democratic Republic of the Congo, Democratic Republic of Congo, "
    "Congo Democratic Republic, Congo Kinshasa, Congo Dem Rep",
    "CG": "Congo, Republic of the Congo, Republic of Congo, Congo Republic, Congo Brazzaville",
    "CI": "Ivory Coast, Cote d'Ivoire, Elfenbeinküste, Costa de Marfil, Costa d'Avorio, "
    "Costa do Marfim, Ivoorkust",
    "CN": "PRC, People's Republic of China, Mainland China",
    "CV": "Cape Verde, Cabo Verde",
    "CZ": "Czech Republic, Czechia, Česko",
    "DE": "BRD, Federal Republic of Germany",
    "DO": "Dominican Rep, Dom Rep",
    "ES": "España, Canary Islands, Canarias",
    "FK": "Falklands",
    "FM": "Micronesia, Federated States of Micronesia",
    "GB": "UK, Great Britain, Britain, England, Scotland, Wales, Northern Ireland, "
    "United Kingdom of Great Britain and Northern Ireland, Großbritannien, Grande-Bretagne, Gran Bretaña, "
    "Gran Bretagna, Grã-Bretanha, Groot-Brittannië, Angleterre, Inglaterra, Inghilterra, Engeland",
    "GR": "EL, Hellas",
    "HK": "Hong Kong, Hongkong, Hong Kong SAR, China Hong Kong, China Hong Kong SAR",
    "HM": "Heard and McDonald Islands, Heard Island and McDonald Islands",
    "IE": "Republic of Ireland, Eire",
    "IM": "Isle of Man",
    "KG": "Kyrgyz Republic",
    "KP": "North Korea, DPRK, Democratic People's Republic of Korea",
    "KR": "South Korea, Korea, Republic of Korea, Korea South, Corée, Corea, Coreia",
    "LA": "Laos, Lao PDR, Lao People's Democratic Republic",
    "LY": "Libyan Arab Jamahiriya",
    "MF": "Saint Martin",
    "MK": "Macedonia, FYROM, Republic of Macedonia, the former Yugoslav Republic of Macedonia",
    "MM": "Burma, Birmanie, Birma",
    "MO": "Macau, Macao, Macau SAR, Macao SAR, China Macau, China Macao",
    "NL": "Holland, The Netherlands, Nederland, Hollande, Olanda, Holanda",
    "PN": "Pitcairn",
    "PS": "Palestine, Palestinian Territory, State of Palestine",
    "RU": "Russia, Russian Federation",
    "SH": "Saint Helena",
    "SJ": "Svalbard and Jan Mayen Islands",
    "SK": "Slovak Republic",
    "ST": "Sao Tome",
    "SY": "Syrian Arab Republic",
    "SZ": "Swaziland",
    "TF": "French Southern and Antarctic Lands",
    "TL": "East Timor",
    "TR": "Turkey, Turkiye",
    "TW": "China Taiwan, Taiwan ROC, Republic of China, Chinese Taipei",
    "TZ": "United Republic of Tanzania",
    "UM": "United States Minor Outlying Islands, US Minor Outlying Islands",
    "US": "America, United States of America, U.S. of A., EE. UU., EEUU, EUA, Estados Unidos de América, "
    "États-Unis d'Amérique, Vereinigte Staaten von Amerika, Stati Uniti d'America, "
    "Verenigde Staten van Amerika, VS",
    "VA": "Vatican, Holy See",
    "VG": "British Virgin Islands",
    "VI": "US Virgin Islands, United States Virgin Islands",
    "VN": "Viet Nam",
}
"""Names that CLDR lacks. England and its neighbours are the United Kingdom, "Korea" alone the South, "Congo"
alone the one that ISO calls so."""

_FORM_OF_STATE = re.compile(
    r"^(?:(?:federal|islamic|democratic|socialist|arab|hashemite|bolivarian) )*"
    r"(?:republic|kingdom|state|commonwealth|principality|sultanate|grand duchy|union) of "
)
_KIND_OF_REGION = re.compile(
    r"\b(?:state|province|region|oblast|krai|kray|territory|autonomous|okrug|republic|prefecture|of)\b ?"
)


def country_code(name: str) -> str | None:
    """ISO 3166-1 alpha-2 code of a country that is given by name or code; None where it is not known.

    Takes alpha-2 and alpha-3 codes, names in seven languages and common variants, in any case, with or
    without accents. A state that no longer exists has the first successor that CLDR names. Kosovo is the
    user-assigned XK.
    """
    if len(name) > LONGEST_NAME:
        return None
    known = _country_keys()
    for spelling in _spellings(name):
        if code := known.get(spelling):
            return code
    return None


def country_names() -> list[str]:
    """The countries' names in English."""
    from babel import Locale

    return [name for code, name in Locale("en").territories.items() if country_code(code) == code]


def country_codes(countries: pd.Series) -> pd.Series:
    """`country_code` of every row, as dtype str with NA for unknown; each distinct text is read once."""
    positions, distinct = pd.factorize(countries.astype("str"))
    codes = pd.array([country_code(name) for name in distinct], dtype="str")
    return pd.Series(codes.take(positions, allow_fill=True), index=countries.index, name="country_code")


def time_zones(country_code: pd.Series, state: pd.Series, city: pd.Series) -> pd.Series:
    """IANA time zone of every row, as dtype str with NA where the place leaves it open.

    A country with one zone gives it. Elsewhere the state decides, then the city; with neither, only a
    country whose people nearly all live in one zone has an answer. The state may be a name or abbreviation.
    """
    countries, distinct_countries = pd.factorize(country_code.astype("str"))
    states, distinct_states = pd.factorize(state.astype("str"))
    cities, distinct_cities = pd.factorize(city.astype("str"))

    divided = np.array([c in _zones_by_place() for c in distinct_countries] + [False])[countries]
    states = np.where(divided, states, -1)
    cities = np.where(divided, cities, -1)
    width = len(distinct_cities) + 1
    height = len(distinct_states) + 1
    places, triples = pd.factorize((countries.astype(np.int64) * height + states + 1) * width + cities + 1)

    country_names = [*distinct_countries, None]
    state_keys = [*(_region_key(name) for name in distinct_states), ""]
    city_keys = [*(_key(name[:LONGEST_NAME]) for name in distinct_cities), ""]
    zones = []
    for triple in triples.tolist():
        rest, city_number = divmod(triple, width)
        country_number, state_number = divmod(rest, height)
        zones.append(
            _zone(country_names[country_number], state_keys[state_number - 1], city_keys[city_number - 1])
        )
    found = pd.array(zones, dtype="str").take(places)
    return pd.Series(found, index=country_code.index, name="time_zone")


def _zone(country: str | None, state: str, city: str) -> str | None:
    if country is None:
        return None
    places = _zones_by_place().get(country)
    if places is None:
        return _only_zone().get(country)
    region = places.regions.get(state)
    if region is not None:
        return places.apart.get((region, city)) or places.zones[region]
    return places.cities.get(city) or places.cities.get(state) or places.main


class _Places:
    """One country with several zones: region spelling -> region -> zone, and the cities."""

    def __init__(self, main: str | None) -> None:
        self.main = main
        self.regions: dict[str, str] = {}
        self.zones: dict[str, str] = {}
        self.apart: dict[tuple[str, str], str] = {}
        self.cities: dict[str, str] = {}


@cache
def _zones_by_place() -> dict[str, _Places]:
    from aicmo_dagster.stages.regions import APART, CITIES, MAIN_ZONE, REGIONS

    places = {}
    for country, zones in _zone_table().items():
        if len(zones) == 1:
            continue
        here = places[country] = _Places(MAIN_ZONE.get(country))
        for zone, names in REGIONS.get(country, {}).items():
            for spellings in names.split(", "):
                region, *others = (_region_key(spelling) for spelling in spellings.split("="))
                here.zones[region] = zone
                here.regions.update(dict.fromkeys([region, *others], region))
        for zone in zones:
            # The towns of Indiana, Kentucky and North Dakota share their names with larger ones elsewhere.
            if not (country == "US" and zone.count("/") == 2):
                here.cities[_key(zone.rpartition("/")[2])] = zone
        for zone, names in {**CITIES.get(country, {}), **_outlying(country, REGIONS)}.items():
            here.cities.update(dict.fromkeys(map(_key, names.replace("=", ", ").split(", ")), zone))
    for (country, state, city), zone in APART.items():
        places[country].apart[_region_key(state), _key(city)] = zone
    return places


def _outlying(country: str, regions: dict[str, dict[str, str]]) -> dict[str, str]:
    """Islands are written into the city column as often as into the state's."""
    return regions.get(country, {}) if country in ("ES", "PT", "CL", "EC", "NZ") else {}


@cache
def _only_zone() -> dict[str, str]:
    from aicmo_dagster.stages.regions import MAIN_ZONE

    return {**MAIN_ZONE, **{code: zones[0] for code, zones in _zone_table().items() if len(zones) == 1}}


@cache
def _zone_table() -> dict[str, list[str]]:
    """tzdata's `zone.tab`: country code -> its zones."""
    zones: dict[str, list[str]] = {}
    for country, _coordinates, zone in (line[:3] for line in _tzdata_lines("zone.tab")):
        zones.setdefault(country, []).append(zone)
    return zones


def _tzdata_lines(name: str) -> list[list[str]]:
    text = (files("tzdata") / "zoneinfo" / name).read_text("utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]


@cache
def _country_keys() -> dict[str, str]:
    """Normalised spelling -> code. Earlier entries win: codes, variants, then CLDR in `LANGUAGES`' order."""
    from babel import Locale
    from babel.core import get_global

    codes = {code for code, _name in _tzdata_lines("iso3166.tab")} | {"XK"}
    keys = {code.lower(): code for code in codes}
    for alias, successors in get_global("territory_aliases").items():
        # Withdrawn two-letter codes read today like American states (CT, MI, NH) and are left out.
        if len(alias) == 3 and alias.isalpha() and successors[0] in codes:
            keys[alias.lower()] = successors[0]
    for code, names in _VARIANTS.items():
        keys.update(dict.fromkeys(map(_key, names.split(", ")), code))
    former = {k: v[0] for k, v in get_global("territory_aliases").items() if k in ("AN", "CS", "SU", "YU")}
    in_languages = [Locale(language).territories for language in LANGUAGES]
    for names_by_code in in_languages:
        for code, name in names_by_code.items():
            if code in codes:
                keys.setdefault(_key(name), code)
    for names_by_code in in_languages:
        for code, name in names_by_code.items():
            if code in codes:
                keys.setdefault(_key(_without_parentheses(name)), code)
    for name, code in (("Netherlands Antilles", "AN"), ("Soviet Union", "SU"), ("Yugoslavia", "YU")):
        keys.setdefault(_key(name), former[code])
    return keys


def _spellings(name: str) -> list[str]:
    """The ways to read a name, most literal first; `Korea, South` is turned, `Bonn, Germany` taken apart."""
    plain = _without_parentheses(name)
    readings = [_key(name), _key(plain)]
    if "," in plain:
        parts = plain.split(",")
        readings += [_key(" ".join(reversed(parts))), _key(parts[-1]), _key(parts[0])]
    return readings + [_FORM_OF_STATE.sub("", reading) for reading in readings]


def _without_parentheses(name: str) -> str:
    return re.sub(r"[(\[][^)\]]*[)\]]", " ", name)


def _key(name: str) -> str:
    """Lower case without accents, dots, apostrophes and articles; `&` is and, `St` is Saint."""
    text = unicodedata.normalize("NFKD", name).casefold()
    text = "".join(c for c in text if not unicodedata.combining(c) and c not in ".'’‘`´")
    words = re.findall(r"[^\W_]+", text)
    if len(words) > 1:
        words = ["saint" if w == "st" else w for w in words]
    return " ".join(w for w in words if w not in ("the", "and"))


def _region_key(name: str) -> str:
    """A key without `State of` and the like; `US-CA` (ISO 3166-2) is CA."""
    key = _key(re.sub(r"^[A-Z]{2}-(?=[A-Z]{2,3}$)", "", name[:LONGEST_NAME]))
    return _KIND_OF_REGION.sub("", key).strip() or key
