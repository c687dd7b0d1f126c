"""What of a lead is compared, in the one spelling in which it is compared.

Accents, case, punctuation, legal forms and the ways to write a telephone number are not evidence against two
leads being one person, so they are taken out here, once per lead rather than once per pair.
"""

import re
import unicodedata
from functools import cache

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from cleanco.clean import prepare_default_terms

from aicmo_dagster.stages.distinct import per_distinct
from aicmo_dagster.stages.mailboxes import AUTOMATED_SENDER, ROLE_ACCOUNT
from aicmo_dagster.stages.matching.nicknames import formal_names

MATCH_COLUMNS: tuple[str, ...] = (
    "lead_id",
    "email",
    "account_domain",
    "first_name",
    "last_name",
    "title",
    "company",
    "website",
    "city",
    "state",
    "country_code",
    "phone",
    "linkedin_url",
    "street",
    "postal_code",
)
"""The columns that the functions of this package read; a column that is absent counts as missing."""

_TEXT = pa.large_string()
_SHORTEST_HANDLE = 5
_PHONE_DIGITS = 8
# Letters that Unicode does not take apart, and Cyrillic and Greek as passports write them, roughly.
_LETTERS = str.maketrans(
    {
        **dict(zip("øłđıħŋæœþðß", ["o", "l", "d", "i", "h", "n", "a", "o", "th", "d", "ss"], strict=True)),
        **dict(zip("абвгдезийклмнопрстуфхцчшщъыьэюяё", [
            "a", "b", "v", "g", "d", "e", "z", "i", "j", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f",
            "h", "c", "ch", "sh", "sch", "", "y", "", "e", "ju", "ja", "e",
        ], strict=True)),
        "’": "", "´": "", "ж": "zh", "і": "i", "ї": "i", "є": "e", "ґ": "g",
        **dict(zip("αβγδεζηθικλμνξοπρσςτυφχψω", [
            "a", "v", "g", "d", "e", "z", "i", "th", "i", "k", "l", "m", "n", "x", "o", "p", "r", "s", "s", "t",
            "y", "f", "ch", "ps", "o",
        ], strict=True)),
    }
)  # fmt: skip
_SOCIAL_HOSTS = ["linkedin.com", "facebook.com", "instagram.com", "twitter.com", "x.com", "youtube.com"]
# Names that more than about one person in 250 bears in a large country: as evidence they are worth little.
_COMMON_FIRST = """
    james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony
    mark paul steven andrew kevin brian mary patricia jennifer linda elizabeth barbara susan jessica sarah
    karen lisa nancy peter hans thomas andreas stefan christian martin wolfgang klaus jurgen anna maria sabine
    petra monika jean pierre michel philippe nicolas marie nathalie isabelle jose antonio juan manuel francisco
    luis carlos carmen ana giuseppe giovanni marco francesco andrea mohamed mohammed muhammad ahmed ali wei li
    jan piotr krzysztof andrzej tomasz aleksandr sergej elena olga tatjana joao rahul amit raj
"""
_COMMON_LAST = """
    smith johnson williams brown jones miller davis wilson anderson thomas taylor moore jackson martin lee
    thompson white harris clark lewis robinson walker young allen king wright scott green hill adams nelson
    garcia rodriguez martinez hernandez lopez gonzalez perez sanchez ramirez fernandez torres flores gomez diaz
    muller schmidt schneider fischer weber meyer wagner becker schulz hoffmann bernard dubois petit durand
    rossi russo ferrari esposito silva santos oliveira souza pereira ferreira costa wang li zhang liu chen yang
    huang zhao wu zhou kim park choi jung nguyen tran le pham singh kumar sharma patel khan ali ahmed hussain
    jansen devries dejong bakker hansen johansen olsen larsen andersen nielsen jensen pedersen johansson
    andersson karlsson nilsson eriksson ivanov smirnov kuznecov nowak kowalski novak tanaka sato suzuki
"""


@cache
def _legal_forms() -> str:
    forms = {_spell(" ".join(words)).replace(" & ", " ") for _, words in prepare_default_terms()}
    forms = {re.sub(r"[^a-z0-9]+", " ", form).strip() for form in forms} - {"", "group", "and"}
    forms |= {"gmbh co kg", "ug haftungsbeschrankt", "mbh", "ek", "ood", "eood"}  # cleanco lacks them
    return "|".join(sorted(forms, key=lambda form: (-len(form), form)))


def _spell(text: str) -> str:
    """`text` in lower-case Latin letters without accents."""
    text = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return text.translate(_LETTERS)


def traces(leads: pd.DataFrame) -> pa.Table:
    """Returns `lead_id` and what of the leads is compared, null where unknown.

    `first`, `given`, `last`: letters only, `given` the first word of the first name; `formals`: it and what it
    may be short for, `initials` theirs; `common_first`, `common_last`: whether many people bear it. `box`: the
    local part of the address, letters and digits up to a plus; `handle`: the same where it is more than the names
    put together; `mail`: its domain. `firm`: the company without legal form; `site`: the company's domain,
    `label`: its first label; `web`: host of the website. `phone`: the last eight digits, `extension` apart.
    `profile`: the LinkedIn profile. `title`, `street`, `city`, `state`: words; `street_words`: those of the
    street, sorted; `house`: the first number in the street; `postal`, `country`.
    """
    text = {name: _column(leads, name) for name in MATCH_COLUMNS[1:]}
    first_words = pc.replace_substring_regex(
        _words(text["first_name"]), r"^(?:(?:dr|prof|mr|mrs|ms|herr|frau|ing|dipl|sir) )+", ""
    )
    first, given = _name(first_words), _name(pc.replace_substring_regex(first_words, " .*$", ""))
    last = _name(_words(text["last_name"]))
    email = text["email"]
    mail = _part(email, r"@(?P<part>[^@]+)$")
    box = _known(pc.replace_substring_regex(_part(email, r"^(?P<part>[^@+]+)"), "[^a-z0-9]+", ""))
    nobodys = pc.or_(
        pc.fill_null(pc.match_substring_regex(email, ROLE_ACCOUNT), False),
        pc.fill_null(pc.match_substring_regex(email, AUTOMATED_SENDER), False),
    )
    box = pc.if_else(nobodys, pa.scalar(None, _TEXT), box)
    firm_words = bare_names(text["company"])
    site = text["account_domain"]
    host = _part(pc.utf8_lower(text["website"]), r"^(?:[a-z]+:)?(?://)?(?:www\.)?(?P<part>[^/?#:\s]+)")
    phone, extension = _phone(text["phone"])
    street = _words(text["street"])
    bare_street = _known(
        pc.utf8_trim_whitespace(pc.replace_substring_regex(street, r"\b[0-9]+[a-z]?\b ?", ""))
    )
    return pa.table(
        {
            "lead_id": pa.array(leads["lead_id"].to_numpy(dtype="int64")),
            "first": first,
            "given": given,
            "formals": per_distinct(given, formal_names, pa.list_(_TEXT)),
            "initials": per_distinct(given, _initials, pa.list_(_TEXT)),
            "common_first": pc.is_in(first, pa.array(_COMMON_FIRST.split(), _TEXT)),
            "last": last,
            "common_last": pc.is_in(last, pa.array(_COMMON_LAST.split(), _TEXT)),
            "box": box,
            "handle": _handle(box, given, last),
            "mail": mail,
            "firm": _known(pc.replace_substring(firm_words, " ", "")),
            "site": site,
            "label": pc.replace_substring(_part(site, r"^(?P<part>[^.]+)"), "-", ""),
            "web": pc.if_else(pc.is_in(host, pa.array(_SOCIAL_HOSTS, _TEXT)), pa.scalar(None, _TEXT), host),
            "phone": phone,
            "extension": extension,
            "profile": _known(_part(pc.utf8_lower(text["linkedin_url"]), r"/in/(?P<part>[^/?#]+)")),
            "title": _words(text["title"]),
            "street": bare_street,
            "street_words": per_distinct(bare_street, _sorted_words, _TEXT),
            "house": _known(_part(street, r"(?:^|[^0-9])(?P<part>[0-9]+)")),
            "postal": _known(pc.replace_substring_regex(pc.utf8_lower(text["postal_code"]), "[^a-z0-9]", "")),
            "city": _words(text["city"]),
            "state": _words(text["state"]),
            "country": text["country_code"],
        }
    )


def _initials(name: str) -> list[str]:
    return sorted({formal[0] for formal in formal_names(name)})


def _sorted_words(text: str) -> str:
    return "".join(sorted(text.split()))


def _column(leads: pd.DataFrame, name: str) -> pa.Array:
    if name not in leads:
        return pa.nulls(len(leads), _TEXT)
    column = pa.array(leads[name].astype("str"), _TEXT)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _known(column: pa.Array) -> pa.Array:
    return pc.if_else(pc.not_equal(column, ""), column, pa.scalar(None, column.type))


def _part(column: pa.Array, pattern: str) -> pa.Array:
    return pc.struct_field(pc.extract_regex(column, pattern), "part")


def _latin(column: pa.Array) -> pa.Array:
    foreign = pc.invert(pc.fill_null(pc.string_is_ascii(column), True))
    column = pc.utf8_lower(column)
    if pc.any(foreign).as_py():
        column = pc.replace_with_mask(
            column, foreign, per_distinct(pc.filter(column, foreign), _spell, _TEXT)
        )
    return column


def _words(column: pa.Array) -> pa.Array:
    if column.null_count == len(column):
        return column
    column = pc.replace_substring(_latin(column), "'", "")
    return _known(pc.utf8_trim_whitespace(pc.replace_substring_regex(column, "[^a-z0-9]+", " ")))


def _name(words: pa.Array) -> pa.Array:
    """Returns names as letters only, ä, ae and a alike."""
    return _known(
        pc.replace_substring_regex(pc.replace_substring_regex(words, "[^a-z]+", ""), "([aou])e", r"\1")
    )


def bare_names(company: pa.Array) -> pa.Array:
    """Returns names of companies as lower-case words without legal form; null where nothing is left."""
    # "S.A." and "G.m.b.H." are words; "GmbH & Co." and "GmbH Co" are the same.
    column = pc.replace_substring_regex(_latin(company), r"\b([a-z])\.", r"\1")
    words = _words(pc.replace_substring_regex(column, r"\s(?:&|\+|and|und|et|y|e)\s", " "))
    return _known(pc.replace_substring_regex(words, rf"(?: (?:{_legal_forms()}))+$", ""))


def _handle(box: pa.Array, first: pa.Array, last: pa.Array) -> pa.Array:
    """Returns local parts that say more than the names do: `kb1977`, not `jane.doe` or `jdoe` of Jane Doe."""
    f, n = pc.utf8_slice_codeunits(first, 0, 1), pc.utf8_slice_codeunits(last, 0, 1)
    plain = pc.replace_substring_regex(box, "([aou])e", r"\1")
    made = pc.less(pc.utf8_length(box), _SHORTEST_HANDLE)
    for parts in (
        (first, last),
        (last, first),
        (f, last),
        (last, f),
        (first, n),
        (n, first),
        (first,),
        (last,),
    ):
        joined = pc.binary_join_element_wise(*parts, pa.scalar("", _TEXT)) if len(parts) > 1 else parts[0]
        made = pc.or_(made, pc.fill_null(pc.equal(plain, joined), False))
    return pc.if_else(made, pa.scalar(None, _TEXT), box)


def _phone(text: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Returns the last eight digits, which country and trunk prefixes do not change, and the extension."""
    extension = _part(text, r"(?i)(?:x|ext\.?|extension|durchwahl|dw)\s*(?P<part>[0-9]{1,6})\s*$")
    digits = pc.replace_substring_regex(text, r"(?i)(?:x|ext\.?|extension|durchwahl|dw)\s*[0-9]{1,6}\s*$", "")
    digits = pc.replace_substring_regex(digits, "[^0-9]", "")
    enough = pc.greater_equal(pc.binary_length(digits), _PHONE_DIGITS)
    last = pc.utf8_slice_codeunits(digits, -_PHONE_DIGITS)
    return pc.if_else(enough, last, pa.scalar(None, _TEXT)), extension
