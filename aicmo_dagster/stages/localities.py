"""States and cities that are written in more than one way: "CA" is California, Munich is München."""

from functools import cache, lru_cache

from aicmo_dagster.stages.regions import REGIONS
from aicmo_dagster.stages.words import fold

_SAME = (
    "New York, New York City, NYC, Manhattan, Brooklyn; San Francisco, SF; Los Angeles, LA; Washington DC, "
    "Washington D C, District of Columbia; Philadelphia, Philly; Mexico City, Ciudad de México, CDMX; "
    "Montreal, Montréal; London, Londres, Londen, Londra; Edinburgh, Édimbourg; Dublin, Baile Átha Cliath; "
    "Munich, München, Muenchen, Monaco di Baviera; Cologne, Köln, Koeln; Nuremberg, Nürnberg, Nuernberg; "
    "Hanover, Hannover; Düsseldorf, Duesseldorf; Frankfurt, Frankfurt Main, Francfort; Hamburg, Hambourg; "
    "Vienna, Wien, Vienne; Zurich, Zürich, Zuerich, Zurigo; Geneva, Genève, Genf, Ginevra; Basel, Bâle, Basle; "
    "Bern, Berne; Lucerne, Luzern; Brussels, Bruxelles, Brüssel, Brussel; Antwerp, Antwerpen, Anvers; "
    "Ghent, Gent, Gand; Bruges, Brugge; Liège, Lüttich, Luik; The Hague, Den Haag, Hague, s Gravenhage, La Haye; "
    "Lisbon, Lisboa, Lissabon, Lisbonne; Porto, Oporto; Seville, Sevilla; Rome, Roma, Rom; "
    "Milan, Milano, Mailand; Turin, Torino; Naples, Napoli, Neapel; Florence, Firenze, Florenz; "
    "Venice, Venezia, Venedig, Venise; Genoa, Genova, Genua; Marseille, Marseilles; Lyon, Lyons; "
    "Strasbourg, Straßburg; Nice, Nizza; Copenhagen, København, Kobenhavn, Kopenhagen, Copenhague; "
    "Gothenburg, Göteborg; Helsinki, Helsingfors; Warsaw, Warszawa, Warschau, Varsovie; Krakow, Cracow, Kraków; "
    "Wroclaw, Breslau; Prague, Praha, Prag; Bucharest, București, Bukarest; Athens, Athina, Athen; "
    "Belgrade, Beograd, Belgrad; Moscow, Moskva, Moskau, Moscou; Kyiv, Kiev, Kiew; Istanbul, İstanbul; "
    "Mumbai, Bombay; Bangalore, Bengaluru; Chennai, Madras; Kolkata, Calcutta; Delhi, New Delhi; "
    "Beijing, Peking, Pékin; Guangzhou, Canton; Ho Chi Minh City, Saigon; Tel Aviv, Tel Aviv Yafo; "
    "Bavaria, Bayern; Lower Saxony, Niedersachsen; Saxony, Sachsen; Hesse, Hessen; Thuringia, Thüringen; "
    "North Rhine Westphalia, Nordrhein Westfalen, NRW; Rhineland Palatinate, Rheinland Pfalz; "
    "Catalonia, Catalunya, Cataluña; Andalusia, Andalucía; Basque Country, País Vasco, Euskadi; "
    "Lombardy, Lombardia; Piedmont, Piemonte; Tuscany, Toscana; Sicily, Sicilia; Brittany, Bretagne; "
    "Flanders, Vlaanderen, Flandern; Wallonia, Wallonie; North Holland, Noord Holland; "
    "South Holland, Zuid Holland; Île de France, Paris Region; Geneva Canton, Canton de Genève"
)
_AROUND = ("greater ", "metropolitan ", "metro ", "city of ", "grand ", "region of ", "state of ")


@lru_cache(maxsize=1 << 16)
def locality(text: str) -> str:
    """One spelling of a city or state: folded, its name in English where it has one, without "Greater"."""
    key = fold(text)
    for prefix in _AROUND:
        key = key.removeprefix(prefix)
    key = f"saint {key[3:]}" if key.startswith("st ") else key
    return _by_spelling().get(key, key)


@lru_cache(maxsize=1 << 14)
def state(country_code: str | None, text: str) -> str:
    """One spelling of a state or province: as `locality`; "CA" in the US is California."""
    spellings = _states().get(country_code or "", {})
    return spellings.get(fold(text)) or locality(text)


def countries_of_state(text: str) -> frozenset[str]:
    """The countries that have a state of this full name; empty where none is known."""
    name = locality(text)
    if len(name) < 4:
        return frozenset()
    return frozenset(country for country, states in _states().items() if name in states.values())


@cache
def _by_spelling() -> dict[str, str]:
    groups = [[fold(name) for name in group.split(", ")] for group in _SAME.split("; ")]
    return {name: names[0] for names in groups for name in names}


@cache
def _states() -> dict[str, dict[str, str]]:
    """Country -> folded spelling -> the longest spelling's `locality`, the same for all of one state."""
    found: dict[str, dict[str, str]] = {}
    for country, zones in REGIONS.items():
        here = found.setdefault(country, {})
        for states in zones.values():
            for spellings in states.split(", "):
                names = [fold(name) for name in spellings.split("=")]
                full = next((name for name in names if len(name) > 3), names[0])
                here.update(dict.fromkeys(names, locality(full)))
    return found
