"""Regions of the world: names such as EMEA, DACH, Nordics or Latin America, and the countries in them.

The subregions are those of the UN's standard M49; Taiwan, which it leaves out, is in Eastern Asia, Kosovo in Southern
Europe. Regions that sales people speak of are made of them, the unions of states of their members.
"""

from functools import cache

from aicmo_dagster.stages.words import fold

_M49: dict[str, str] = {
    "Northern Europe": "AX DK EE FI FO GB GG IE IM IS JE LT LV NO SE SJ",
    "Western Europe": "AT BE CH DE FR LI LU MC NL",
    "Southern Europe": "AD AL BA ES GI GR HR IT ME MK MT PT RS SI SM VA XK",
    "Eastern Europe": "BG BY CZ HU MD PL RO RU SK UA",
    "Northern Africa": "DZ EG EH LY MA SD TN",
    "Western Africa": "BF BJ CI CV GH GM GN GW LR ML MR NE NG SH SL SN TG",
    "Middle Africa": "AO CD CF CG CM GA GQ ST TD",
    "Eastern Africa": "BI DJ ER ET IO KE KM MG MU MW MZ RE RW SC SO SS TF TZ UG YT ZM ZW",
    "Southern Africa": "BW LS NA SZ ZA",
    "Western Asia": "AE AM AZ BH CY GE IL IQ JO KW LB OM PS QA SA SY TR YE",
    "Central Asia": "KG KZ TJ TM UZ",
    "Southern Asia": "AF BD BT IN IR LK MV NP PK",
    "South-eastern Asia": "BN ID KH LA MM MY PH SG TH TL VN",
    "Eastern Asia": "CN HK JP KP KR MN MO TW",
    "Australia and New Zealand": "AU CC CX HM NF NZ",
    "Melanesia": "FJ NC PG SB VU",
    "Micronesia": "FM GU KI MH MP NR PW UM",
    "Polynesia": "AS CK NU PF PN TK TO TV WF WS",
    "Northern America": "BM CA GL PM US",
    "Central America": "BZ CR GT HN MX NI PA SV",
    "Caribbean": "AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI",
    "South America": "AR BO BR BV CL CO EC FK GF GS GY PE PY SR UY VE",
}
_CONTINENTS: dict[str, str] = {
    "Europe": "Northern Europe, Western Europe, Southern Europe, Eastern Europe",
    "Africa": "Northern Africa, Western Africa, Middle Africa, Eastern Africa, Southern Africa",
    "Asia": "Western Asia, Central Asia, Southern Asia, South-eastern Asia, Eastern Asia",
    "Oceania": "Australia and New Zealand, Melanesia, Micronesia, Polynesia",
    "Americas": "Northern America, Central America, Caribbean, South America",
}
_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_GULF = "AE BH KW OM QA SA"
_NORTH_AFRICA = "DZ EG LY MA TN"
_MIDDLE_EAST = f"{_GULF} CY EG IL IQ IR JO LB PS SY TR YE"
_REGIONS: dict[str, tuple[str, str]] = {
    "European Union": (_EU, "EU, EU27, Europäische Union, Union européenne, UE, Unión Europea, Unione Europea, "
        "União Europeia, Europese Unie"),
    "European Economic Area": (f"{_EU} IS LI NO", "EEA, EWR"),
    "Eurozone": ("AT BE CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK", "Euro zone, Euroraum, zone euro"),
    "DACH": ("AT CH DE", "D-A-CH, German-speaking countries, DACHLI, DACH-Region, German speaking Europe"),
    "Nordics": ("DK FI IS NO SE", "Nordic countries, the Nordics, Nordic, Nordische Länder, pays nordiques"),
    "Scandinavia": ("DK NO SE", "Skandinavien, Scandinavie, Escandinavia, Scandinavië"),
    "Baltics": ("EE LT LV", "Baltic states, the Baltics, Baltikum, pays baltes"),
    "Benelux": ("BE LU NL", "BeNeLux countries"),
    "UK and Ireland": ("GB IE", "UKI, UK & I, UK&I, British Isles"),
    "Iberia": ("ES PT", "Iberian Peninsula, Península Ibérica"),
    "Alps": ("AT CH LI", "Alpine countries"),
    "France and Benelux": ("BE FR LU NL", "Frabenelux"),
    "Central and Eastern Europe": ("AL BA BG BY CZ EE HR HU LT LV MD ME MK PL RO RS SI SK UA XK",
        "CEE, Eastern and Central Europe, Mittel- und Osteuropa, MOE"),
    "Visegrad": ("CZ HU PL SK", "V4, Visegrád Group"),
    "Balkans": ("AL BA BG GR HR ME MK RO RS SI XK", "Balkan, Southeast Europe, South Eastern Europe, SEE"),
    "CIS": ("AM AZ BY KG KZ MD RU TJ UZ", "GUS, Commonwealth of Independent States"),
    "Middle East": (_MIDDLE_EAST, "Near East, Naher Osten, Moyen-Orient, Oriente Medio, Medio Oriente, "
        "Midden-Oosten, Oriente Médio"),
    "Gulf states": (_GULF, "GCC, Gulf, Gulf Cooperation Council, Golfstaaten"),
    "North Africa": (_NORTH_AFRICA, "Nordafrika, Afrique du Nord, Maghreb, Norte de África"),
    "MENA": (f"{_MIDDLE_EAST} {_NORTH_AFRICA}", "Middle East and North Africa"),
    "ASEAN": ("BN ID KH LA MM MY PH SG TH VN", ""),
    "Greater China": ("CN HK MO TW", "China region"),
    "ANZ": ("AU NZ", "Australasia, Australia & New Zealand"),
    "North America": ("CA US", "NA region, NORAM, Nordamerika, Amérique du Nord, Norteamérica, América del Norte, "
        "Nord America, América do Norte, Noord-Amerika, US and Canada, USA & Canada"),
    "NAFTA": ("CA MX US", "USMCA"),
    "BRICS": ("BR CN IN RU ZA", ""),
    "G7": ("CA DE FR GB IT JP US", ""),
}  # fmt: skip
_UNIONS: dict[str, tuple[str, str]] = {
    "EMEA": ("Europe, Africa, Middle East", "Europe Middle East and Africa"),
    "Sub-Saharan Africa": ("Western Africa, Middle Africa, Eastern Africa, Southern Africa", "SSA"),
    "APAC": (
        "Central Asia, Southern Asia, South-eastern Asia, Eastern Asia, Oceania",
        "Asia Pacific, Asia-Pacific, Asien-Pazifik, JAPAC, APJ, Asia Pacific and Japan, Asie-Pacifique",
    ),
    "Latin America": (
        "Central America, Caribbean, South America",
        "LATAM, Lateinamerika, Amérique latine, América Latina, Latinoamérica, Latijns-Amerika, "
        "Latin America and Caribbean, Latin America & the Caribbean, LAC",
    ),
    "Western and Northern Europe": ("Western Europe, Northern Europe", "Northwestern Europe"),
    "Worldwide": (
        "Europe, Africa, Asia, Oceania, Americas",
        "Global, World, International, weltweit, monde, mundial",
    ),
}
_OTHER_NAMES: dict[str, str] = {
    "Europe": "Europa, Continental Europe",
    "Africa": "Afrika, Afrique, África",
    "Asia": "Asien, Asie, Azië, Ásia",
    "Oceania": "Ozeanien, Océanie, Pacific",
    "Americas": "AMER, the Americas, America region, Amériques, Américas, NALA",
    "Northern Europe": "Nordeuropa, Europe du Nord, Norte de Europa",
    "Western Europe": "Westeuropa, Europe de l'Ouest, Europa Occidental, Central Europe, Mitteleuropa",
    "Southern Europe": "Südeuropa, Europe du Sud, South Europe, Mediterranean",
    "Eastern Europe": "Osteuropa, Europe de l'Est, East Europe, Europa del Este",
    "South-eastern Asia": "Southeast Asia, South East Asia, SEA, Südostasien",
    "Eastern Asia": "East Asia, Ostasien",
    "Southern Asia": "South Asia, Südasien",
    "Southern Africa": "Südliches Afrika",
    "Western Africa": "West Africa, Westafrika",
    "Eastern Africa": "East Africa, Ostafrika",
    "Central America": "Zentralamerika, Mittelamerika, Centroamérica",
    "South America": "Südamerika, Amérique du Sud, Sudamérica, América del Sur, América do Sul, Zuid-Amerika",
    "Caribbean": "Karibik, Caraïbes, Caribe",
}

SAME_SUBREGION, SAME_CONTINENT, FAR = 0.6, 0.4, 0.2
"""How near two different countries are."""


def region_countries(name: str) -> frozenset[str] | None:
    """ISO 3166-1 alpha-2 codes of the countries in a region of the world; None where no such region is known."""
    return _by_name().get(fold(name))


def nearness(country: str, wanted: frozenset[str]) -> float:
    """1 in one of the wanted countries, 0.6 in the same subregion as one, 0.4 on the same continent, else 0.2."""
    if country in wanted:
        return 1.0
    for value, parts in ((SAME_SUBREGION, _subregions()), (SAME_CONTINENT, _continents())):
        if any(country in part and not part.isdisjoint(wanted) for part in parts):
            return value
    return FAR


@cache
def _subregions() -> list[frozenset[str]]:
    return [frozenset(codes.split()) for codes in _M49.values()]


@cache
def _continents() -> list[frozenset[str]]:
    return [_joined(parts) for parts in _CONTINENTS.values()]


def _joined(parts: str) -> frozenset[str]:
    joined: frozenset[str] = frozenset()
    for part in parts.split(", "):
        if part in _CONTINENTS:
            joined |= _joined(_CONTINENTS[part])
        else:
            joined |= frozenset((_M49[part] if part in _M49 else _REGIONS[part][0]).split())
    return joined


@cache
def _by_name() -> dict[str, frozenset[str]]:
    found = {name: frozenset(codes.split()) for name, codes in _M49.items()}
    found |= {name: _joined(parts) for name, parts in _CONTINENTS.items()}
    written = {name: name for name in found}
    for name, (codes, others) in _REGIONS.items():
        found[name] = frozenset(codes.split())
        written |= dict.fromkeys([name, *filter(None, others.split(", "))], name)
    for name, (parts, others) in _UNIONS.items():
        found[name] = _joined(parts)
        written |= dict.fromkeys([name, *others.split(", ")], name)
    for name, others in _OTHER_NAMES.items():
        written |= dict.fromkeys(others.split(", "), name)
    return {fold(spelling): found[name] for spelling, name in written.items()}
