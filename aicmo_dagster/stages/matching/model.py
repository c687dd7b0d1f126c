"""What each piece of evidence is worth: the splink model, with its parameters.

Fellegi and Sunter, "A Theory for Record Linkage" (1969): how often two records of one person agree so (m), and
how often two records of different persons do (u); log2(m / u) bits are added up. The parameters ship with the
package, so that the probability of a pair does not change with the rest of the campaign. docs/matching.md says
where they come from.

Evidence of one place counts once: colleagues share company, domain, telephone, street and town, so what comes
after the company tells little more, and all of it tells little where the first names differ.
"""

from functools import cache
from typing import Any

import splink.comparison_level_library as levels
from splink import SettingsCreator
from splink.comparison_library import CustomComparison

PRIOR = 2.0**-20
"""Two leads drawn at random are one person as often as this: about one lead in ten has a double among 100,000."""

_PAIR = "{0}_l, {0}_r"


def _both(macro: str, *columns: str) -> str:
    return f"{macro}({', '.join(_PAIR.format(column) for column in columns)})"


_SAME_FIRM = _both("same_firm", "firm", "site", "web")
_LIKE_FIRM = _both("like_firm", "firm")
_SAME_STREET = _both("same_street", "house", "street", "street_words")
_LIKE_STREET = _both("like_street", "house", "street", "street_words")
_SAME_TOWN = "(city_l = city_r OR postal_l = postal_r)"
_SWAPPED = _both("swapped", "first", "last", "formals")
_SWAPPED_INITIAL = _both("swapped_initial", "first", "last")
_NICKNAME = _both("nickname", "given", "formals")
_PART = _both("part", "last")
_OF_TWO_SEXES = _both("of_two_sexes", "first")
_OTHER_PERSON = _both("other_person", "first", "last", "formals")

# As macros they are parsed once; written out in every condition they cost half a second per call.
MACROS = """
CREATE MACRO same_firm(firm, firm_, site, site_, web, web_) AS firm = firm_ OR site = site_ OR web = web_;
CREATE MACRO like_firm(firm, firm_) AS
    jaro_winkler_similarity(firm, firm_) >= 0.93
    OR least(length(firm), length(firm_)) >= 5 AND (starts_with(firm, firm_) OR starts_with(firm_, firm));
CREATE MACRO same_street(house, house_, street, street_, words, words_) AS
    house IS NOT DISTINCT FROM house_
    AND (jaro_winkler_similarity(street, street_) >= 0.92 OR jaro_winkler_similarity(words, words_) >= 0.95);
CREATE MACRO like_street(house, house_, street, street_, words, words_) AS
    coalesce(house = house_, true)
    AND (jaro_winkler_similarity(street, street_) >= 0.86 OR jaro_winkler_similarity(words, words_) >= 0.86);
CREATE MACRO nickname(given, given_, formals, formals_) AS
    given = given_ OR list_contains(formals, given_) OR list_contains(formals_, given);
CREATE MACRO part(name, name_) AS
    least(length(name), length(name_)) >= 4
    AND (starts_with(name, name_) OR starts_with(name_, name) OR ends_with(name, name_) OR ends_with(name_, name));
CREATE MACRO initial(name, name_) AS least(length(name), length(name_)) = 1 AND name[1] = name_[1];
CREATE MACRO typo(name, name_) AS
    damerau_levenshtein(name, name_) <= 1 AND least(length(name), length(name_)) >= 4
    OR jaro_winkler_similarity(name, name_) >= 0.93;
CREATE MACRO alike(name, name_) AS jaro_winkler_similarity(name, name_) >= 0.9;
-- Martin and Martina, Peter and Petra, Mario and Maria, Simon and Simone: one letter apart, and two persons.
CREATE MACRO feminine(her, his) AS
    her = his || 'a'
    OR NOT regexp_matches(his, '[aeihuy]$') AND (her IN (his || 'e', his || 'ie') OR ends_with(her, 'a'));
CREATE MACRO of_two_sexes(name, name_) AS feminine(name, name_) OR feminine(name_, name);
-- The first name of one is the last name of the other, and what remains goes together.
CREATE MACRO crossed(first, last, first_, last_, formals_) AS
    first = last_ AND length(first) >= 3
    AND (jaro_winkler_similarity(last, first_) >= 0.85 OR list_contains(formals_, last));
CREATE MACRO swapped(first, first_, last, last_, formals, formals_) AS
    crossed(first, last, first_, last_, formals_) OR crossed(first_, last_, first, last, formals)
    OR alike(first, last_) AND alike(last, first_);
CREATE MACRO swapped_initial(first, first_, last, last_) AS
    first = last_ AND length(first) >= 3 AND initial(last, first_)
    OR first_ = last AND length(last) >= 3 AND initial(last_, first);
-- Unknown names fit any: what is missing is no evidence.
CREATE MACRO other_person(first, first_, last, last_, formals, formals_) AS
    NOT coalesce(swapped(first, first_, last, last_, formals, formals_), false)
    AND NOT coalesce(swapped_initial(first, first_, last, last_), false)
    AND NOT (
        coalesce(
            list_has_any(formals, formals_)
            OR initial(first, first_)
            OR (alike(first, first_) OR typo(first, first_)) AND NOT of_two_sexes(first, first_),
            true
        )
        AND coalesce(part(last, last_) OR initial(last, last_) OR alike(last, last_) OR typo(last, last_), true)
    );
"""

LEAST_SURE = 0.5
HOPELESS = f"{_OTHER_PERSON} AND NOT coalesce(profile_l = profile_r OR handle_l = handle_r, false)"
"""Pairs of which this holds cannot reach `LEAST_SURE`, whatever else agrees; most candidates are such."""

# Comparison -> (null condition, [(name of the level, condition, m, u)], (m, u) of the rest).
Levels = list[tuple[str, str, float, float]]
_EVIDENCE: dict[str, tuple[str, Levels, tuple[float, float]]] = {
    "first_name": (
        "first_l IS NULL OR first_r IS NULL",
        [
            ("initial", _both("initial", "first"), 0.03, 0.0024),
            ("same, a common name", "first_l = first_r AND common_first_l", 0.75, 0.015),
            ("same", "first_l = first_r", 0.75, 0.003),
            ("swapped with the last name", f"({_SWAPPED} OR {_SWAPPED_INITIAL})", 0.02, 0.0002),
            ("nickname or part", _NICKNAME, 0.06, 0.003),
            ("typo", f"{_both('typo', 'first')} AND NOT {_OF_TWO_SEXES}", 0.08, 0.002),
            ("similar", f"{_both('alike', 'first')} AND NOT {_OF_TWO_SEXES}", 0.02, 0.005),
            ("nicknames of one name", _both("list_has_any", "formals"), 0.005, 0.004),
        ],
        (0.02, 0.96),
    ),
    "last_name": (
        "last_l IS NULL OR last_r IS NULL",
        [
            ("initial", _both("initial", "last"), 0.03, 0.002),
            ("same, a common name", "last_l = last_r AND common_last_l", 0.8, 0.006),
            ("same", "last_l = last_r", 0.8, 0.0005),
            ("swapped with the first name", _SWAPPED, 0.02, 0.00002),
            ("swapped, one an initial", _SWAPPED_INITIAL, 0.004, 0.0002),
            ("typo", _both("typo", "last"), 0.08, 0.001),
            ("one of two names", _PART, 0.02, 0.0005),
            ("similar", _both("alike", "last"), 0.02, 0.005),
        ],
        (0.03, 0.98),
    ),
    "company": (
        "coalesce(firm_l, site_l, web_l) IS NULL OR coalesce(firm_r, site_r, web_r) IS NULL",
        [
            ("same, another name", f"{_SAME_FIRM} AND {_OTHER_PERSON}", 0.1, 0.01),
            ("same name and domain", "firm_l = firm_r AND (site_l = site_r OR web_l = web_r)", 0.6, 0.00002),
            (
                "same domain, another company",
                f"{_SAME_FIRM} AND firm_l <> firm_r AND NOT {_LIKE_FIRM}",
                0.05,
                0.001,
            ),
            ("same name or domain", _SAME_FIRM, 0.3, 0.00005),
            (
                "similar name or domain",
                f"({_LIKE_FIRM} OR label_l = firm_r OR firm_l = label_r"
                f" OR label_l = label_r AND (firm_l IS NULL OR firm_r IS NULL)) AND NOT {_OTHER_PERSON}",
                0.1,
                0.0003,
            ),
        ],
        (0.2, 0.99),
    ),
    "street": (
        "street_l IS NULL OR street_r IS NULL",
        [
            (
                "same, another name or company known",
                f"{_SAME_STREET} AND coalesce({_SAME_FIRM}, false)"
                f" OR ({_SAME_STREET} OR {_LIKE_STREET}) AND {_OTHER_PERSON}",
                0.6,
                0.4,
            ),
            ("same with number", f"house_l = house_r AND {_SAME_STREET}", 0.6, 0.00001),
            ("same", _SAME_STREET, 0.1, 0.0003),
            ("similar", _LIKE_STREET, 0.1, 0.001),
            ("another number", "jaro_winkler_similarity(street_l, street_r) >= 0.92", 0.05, 0.025),
        ],
        (0.2, 0.98),
    ),
    "town": (
        "(city_l IS NULL OR city_r IS NULL) AND (postal_l IS NULL OR postal_r IS NULL)",
        [
            ("same, as is the company", f"{_SAME_TOWN} AND {_SAME_FIRM}", 0.8, 0.6),
            ("same, as is the street", f"{_SAME_TOWN} AND {_SAME_STREET}", 0.8, 0.1),
            ("same postal code and town", "city_l = city_r AND postal_l = postal_r", 0.4, 0.002),
            ("same postal code", "postal_l = postal_r", 0.2, 0.001),
            ("same town", "city_l = city_r", 0.5, 0.015),
            ("similar town", "jaro_winkler_similarity(city_l, city_r) >= 0.9", 0.05, 0.01),
        ],
        (0.2, 0.95),
    ),
    "country": (
        "country_l IS NULL OR country_r IS NULL",
        [("same", "country_l = country_r", 0.95, 0.8)],
        (0.05, 0.2),
    ),
    "phone": (
        "phone_l IS NULL OR phone_r IS NULL",
        [
            ("same, another name", f"phone_l = phone_r AND {_OTHER_PERSON}", 0.1, 0.1),
            ("same with extension", "phone_l = phone_r AND extension_l = extension_r", 0.3, 0.000003),
            ("same, as is the company", f"phone_l = phone_r AND coalesce({_SAME_FIRM}, false)", 0.3, 0.12),
            ("same", "phone_l = phone_r", 0.3, 0.00003),
        ],
        (0.75, 0.99),
    ),
    "profile": (
        "profile_l IS NULL OR profile_r IS NULL",
        [("same", "profile_l = profile_r", 0.9, 0.0000001)],
        (0.004, 0.99),
    ),
    "email": (
        "box_l IS NULL OR box_r IS NULL",
        [
            (
                "numbered at one domain",
                "mail_l = mail_r AND box_l <> box_r"
                " AND regexp_replace(box_l, '[0-9]+$', '') = regexp_replace(box_r, '[0-9]+$', '')",
                0.0002,
                0.8,
            ),
            ("same and more than the name", "handle_l = handle_r", 0.2, 0.00003),
            ("same", "box_l = box_r", 0.2, 0.05),
            (
                "typo at one domain",
                "mail_l = mail_r AND least(length(box_l), length(box_r)) >= 5"
                " AND box_l[1] = box_r[1] AND damerau_levenshtein(box_l, box_r) <= 1",
                0.05,
                0.015,
            ),
        ],
        (0.7, 0.75),
    ),
    "title": (
        "title_l IS NULL OR title_r IS NULL",
        [
            ("same", "title_l = title_r", 0.5, 0.1),
            ("similar", "jaro_winkler_similarity(title_l, title_r) >= 0.88", 0.1, 0.04),
        ],
        (0.4, 0.85),
    ),
}


@cache
def settings() -> SettingsCreator:
    """The model as splink wants it; columns as `traces` returns them."""
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="lead_id",
        probability_two_random_records_match=PRIOR,
        comparisons=[comparison(name, *evidence) for name, evidence in _EVIDENCE.items()],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=True,
    )


def comparison(name: str, unknown: str, known: Levels, rest: tuple[float, float]) -> CustomComparison:
    """What splink needs for one comparison: when it is unknown, its levels, and m and u of all the rest."""
    made: list[Any] = [levels.CustomLevel(unknown, "unknown").configure(is_null_level=True)]
    for label, condition, m, u in known:
        level = levels.CustomLevel(condition, label)
        made.append(level.configure(m_probability=m, u_probability=u))
    made.append(levels.ElseLevel().configure(m_probability=rest[0], u_probability=rest[1]))
    return CustomComparison(comparison_levels=made, output_column_name=name)
