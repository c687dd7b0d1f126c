"""From the text of a source to typed leads.

1. Text is tidied: no control characters, no space around it.
2. Addresses, signals, quantities, dates and words of known meaning are read; what they do not say is kept as text
   in `extra`.
3. Each lead gets the identity that makes it one lead in its campaign.
4. Records that cannot identify a lead, or that are too long to be true, are rejected with field and reason.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from aicmo_dagster.campaign.config import SIGNALS, VERIFICATIONS
from aicmo_dagster.json_text import json_objects, merge_objects
from aicmo_dagster.lead import LEAD_COLUMNS, SOURCE_FIELDS
from aicmo_dagster.stages import places
from aicmo_dagster.stages.addresses import account_domains, mailboxes, read_addresses
from aicmo_dagster.stages.company_facts import (
    read_founded_year,
    read_funding_stage,
    read_headcount_growth,
    read_visits,
)
from aicmo_dagster.stages.consent import read_consent, read_consent_date
from aicmo_dagster.stages.dates import read_date
from aicmo_dagster.stages.distinct import per_distinct
from aicmo_dagster.stages.quantities import (
    read_employees,
    read_revenue_usd,
    read_signal,
    size_of,
    size_of_words,
)

_TEXT = pa.large_string()
_LONGEST = {
    "first_name": 200,
    "last_name": 200,
    "full_name": 400,
    "website": 2_000,
    "linkedin_url": 2_000,
    # Lists; Apollo's keywords of a company are thousands of characters.
    **dict.fromkeys(("technologies", "keywords", "open_positions"), 50_000),
}
_LONGEST_OTHER = 500
_RAW_LIMIT = 10_000


def _spellings(words: str) -> pa.Array:
    written = [*words.split(), *words.upper().split(), *words.title().split()]
    return pa.array(sorted({"", *written, "not available", "Not available", "Not Available"}), _TEXT)


# What people and programs write where they know nothing.
_NOTHING = _spellings("- -- --- . ? n/a #n/a (unknown) unknown undefined na nan none null nil (none) (null)")
# Null, Nil and Na are names of real people, NA is Namibia, and `unknown` is a verification.
_NOTHING_OF = {
    **dict.fromkeys(
        ("first_name", "last_name", "full_name", "country"),
        _spellings("- -- --- . ? n/a #n/a (unknown) unknown undefined"),
    ),
    "verification": pa.array([""], _TEXT),
}
_BREAKS = r"[\t\n\v\f\r\x{85}]+"
# Control characters and the invisible ones that make two equal addresses differ.
_INVISIBLE = r"[\p{Cc}\x{200b}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}\x{feff}]+"
_PERSON_URL = r"^https://www\.linkedin\.com/[^?#]*[^?#/]$"
_SUFFIX = r"(?i)^(.*\S)\s*,\s*((?:jr|sr|ph\.? ?d|m\.?d|mba|esq|cpa|ii|iii|iv)\.?)$"
_READERS: dict[str, tuple[Callable[[str], Any], pa.DataType]] = {
    **dict.fromkeys((*SIGNALS, "technology_change", "company_in_news"), (read_signal, pa.bool_())),
    "founded_year": (read_founded_year, pa.int64()),
    "funding_stage": (read_funding_stage, _TEXT),
    "headcount_growth": (read_headcount_growth, pa.float64()),
    "job_started_on": (read_date, pa.date32()),
    "website_visits": (read_visits, pa.int64()),
    "consent": (read_consent, _TEXT),
    "consent_on": (read_consent_date, pa.date32()),
}
"""Fields whose value a text says, or does not: what reads it, and the type of the value."""
_PANDAS_TYPES = {
    pa.int64(): pd.Int64Dtype(),
    pa.float64(): pd.Float64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
    pa.date32(): pd.ArrowDtype(pa.date32()),
}


@dataclass(frozen=True)
class Cleaned:
    """`leads`: `line` and `LEAD_COLUMNS`, typed. `rejected`: `line`, `field`, `reason`, `raw` (JSON text, cut)."""

    leads: pd.DataFrame
    rejected: pd.DataFrame


def clean(records: pd.DataFrame) -> Cleaned:
    """Returns typed leads of a source's records (see `sources.source.Chunk`), in their order.

    Every record comes back once, as a lead or as rejected. Leads of one identity may occur several times.
    """
    rows = len(records)
    line = pa.array(records["line"].to_numpy(dtype=np.int64))
    text = {field: _tidy(records, field) for field in SOURCE_FIELDS}
    unread: dict[str, pa.Array] = {}
    first, last, unread["full_name"] = _names(text["first_name"], text["last_name"], text["full_name"])
    addresses = read_addresses(text["email"])
    unread["email"] = addresses.unread
    profile, unread["linkedin_url"] = _profiles(text["linkedin_url"])
    employees, size, unread["employees"], unread["company_size"] = _sizes(
        text["employees"], text["company_size"]
    )
    revenue, unread["revenue"] = _revenues(text["revenue"])
    read: dict[str, pa.Array] = {
        field: _mapped(text[field], reader, kind) for field, (reader, kind) in _READERS.items()
    }
    for said, value in read.items():
        if text[said].null_count < rows:
            unread[said] = _where(pc.is_null(value), text[said])
    verification = _verifications(text["verification"])
    unread["verification"] = _where(pc.is_null(verification), text["verification"])
    mailbox = mailboxes(addresses.email, addresses.domain)
    identity = _identity(mailbox, profile, first, last, text["company"])
    field, reason = _faults(text, identity)
    country = _series(text["country"])
    country_code = places.country_codes(country)
    columns: dict[str, Any] = {
        "line": line,
        "identity": identity,
        "email": addresses.email,
        "email_status": addresses.status,
        "email_problem": addresses.problem,
        "email_domain": addresses.domain,
        "account_domain": account_domains(addresses.domain, text["website"]),
        "first_name": first,
        "last_name": last,
        "employees": employees,
        "company_size": size,
        "revenue_usd": revenue,
        "country_code": _arrow(country_code),
        "time_zone": _arrow(places.time_zones(country_code, _series(text["state"]), _series(text["city"]))),
        "linkedin_url": profile,
        "verification": verification,
        **read,
        "extra": _extra(records, unread, rows),
    }
    leads = pa.table({name: columns.get(name, text.get(name)) for name in ("line", *LEAD_COLUMNS)})
    good = pc.is_null(reason)
    bad = pc.invert(good)
    raw = json_objects(
        {name: pc.filter(column, bad) for name, column in text.items()}, pc.sum(bad).as_py() or 0
    )
    raw = merge_objects(raw, pc.filter(_given_extra(records), bad))
    rejected = pa.table(
        {
            "line": pc.filter(line, bad),
            "field": pc.filter(field, bad),
            "reason": pc.filter(reason, bad),
            "raw": pc.utf8_slice_codeunits(pc.fill_null(raw, "{}"), 0, _RAW_LIMIT),
        }
    )
    leads = leads.filter(good)
    frame = leads.to_pandas(types_mapper=_PANDAS_TYPES.get)
    frame["line"] = frame["line"].astype("int64")
    return Cleaned(frame, rejected.to_pandas())


def _tidy(records: pd.DataFrame, field: str) -> pa.Array:
    if field not in records:
        return pa.nulls(len(records), _TEXT)
    column = _arrow(records[field])
    if column.null_count == len(column):
        return column
    octets = np.frombuffer(column.buffers()[2] or b"", dtype=np.uint8)
    # Looking at the bytes is a hundred times cheaper than looking for the characters.
    if ((octets < 32) | (octets > 126)).any():
        column = pc.replace_substring_regex(column, _BREAKS, " ")
        column = pc.replace_substring_regex(column, _INVISIBLE, "")
    column = pc.utf8_trim_whitespace(column)
    return _where(pc.invert(pc.is_in(column, _NOTHING_OF.get(field, _NOTHING))), column)


def _names(first: pa.Array, last: pa.Array, full: pa.Array) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Returns first and last names, split from full names where both lack, and the full names not so said."""
    if full.null_count == len(full):
        return first, last, full
    split = pc.and_(pc.is_valid(full), pc.and_(pc.is_null(first), pc.is_null(last)))
    if pc.any(split).as_py():
        whole = pc.replace_substring_regex(pc.filter(full, split), _SUFFIX, r"\1")
        whole = pc.replace_substring_regex(whole, r"^([^,]*[^,\s])\s*,\s*([^,]*[^,\s])$", r"\2 \1")
        parts = pc.extract_regex(whole, r"^(?P<first>\S+)(?:\s+(?P<last>.*))?$")
        given, family = _part(parts, "first"), _part(parts, "last")
        first = pc.replace_with_mask(first, split, given)
        last = pc.replace_with_mask(last, split, _where(pc.not_equal(family, ""), family))
    said = pc.coalesce(pc.binary_join_element_wise(first, last, pa.scalar(" ", _TEXT)), first, last)
    return first, last, _where(pc.not_equal(said, full), full)


def _profiles(text: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Returns LinkedIn profiles in one spelling, and the texts that are none."""
    if text.null_count == len(text):
        return text, text
    url = pc.replace_substring_regex(
        text, r"(?i)^(?:https?://)?(?:www\.)?linkedin\.com/", "https://www.linkedin.com/"
    )
    url = pc.replace_substring_regex(url, r"/*(?:[?#].*)?$", "", max_replacements=1)
    odd = pc.invert(pc.fill_null(pc.match_substring_regex(url, _PERSON_URL), True))
    if pc.any(odd).as_py():
        url = pc.replace_with_mask(url, odd, per_distinct(pc.filter(url, odd), _profile, _TEXT))
    return url, _where(pc.is_null(url), text)


def _profile(url: str) -> str | None:
    found = re.fullmatch(r"(?:https?://)?(?:[a-z0-9-]+\.)?linkedin\.com(/[^?#]*[^?#/])", url, re.IGNORECASE)
    return "https://www.linkedin.com" + found[1] if found else None


def _sizes(employees: pa.Array, size: pa.Array) -> tuple[pa.Array, pa.Array, pa.Array, pa.Array]:
    """Returns employees, company size, and the texts of both that these do not say."""
    kind = pa.struct([("employees", pa.int64()), ("size", _TEXT), ("exact", pa.bool_())])
    counted, sized = _mapped(employees, _employees, kind), _mapped(size, _employees, kind)
    words = pc.coalesce(_part(sized, "size"), _mapped(size, size_of_words, _TEXT))
    result = pc.coalesce(_part(counted, "size"), words)
    same = pc.fill_null(pc.equal(pc.utf8_lower(size), result), False)
    return (
        pc.coalesce(_part(counted, "employees"), _part(sized, "employees")),
        result,
        _where(pc.invert(_part(counted, "exact")), employees),
        _where(pc.invert(same), size),
    )


def _employees(text: str) -> dict[str, object]:
    quantity = read_employees(text)
    if quantity is None:
        return {"employees": None, "size": None, "exact": False}
    return {"employees": int(quantity.middle), "size": size_of(quantity.low), "exact": quantity.exact}


def _verifications(text: pa.Array) -> pa.Array:
    known = pc.utf8_lower(text)
    return _where(pc.is_in(known, pa.array(VERIFICATIONS, _TEXT)), known)


def _revenues(text: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Returns the revenue in US dollars, and the texts that are more than a number."""
    if text.null_count == len(text):
        return pa.nulls(len(text), pa.float64()), text
    plain = pc.match_substring_regex(text, r"^[0-9]{1,13}$")  # mostly distinct: too many to read one by one
    worded = _where(pc.invert(plain), text)
    read = _mapped(worded, _revenue, pa.float64())
    return pc.coalesce(pc.cast(_where(plain, text), pa.float64()), read), worded


def _revenue(text: str) -> float | None:
    quantity = read_revenue_usd(text)
    return quantity.middle if quantity else None


def _identity(
    mailbox: pa.Array, profile: pa.Array, first: pa.Array, last: pa.Array, company: pa.Array
) -> pa.Array:
    linkedin = pc.binary_join_element_wise(
        pa.scalar("linkedin:", _TEXT), pc.utf8_lower(profile), pa.scalar("", _TEXT)
    )
    identity = pc.coalesce(mailbox, linkedin)
    open_ = pc.is_null(identity)
    if not pc.any(open_).as_py():
        return identity
    parts = [pc.filter(part, open_) for part in (first, last, company)]
    enough = pc.and_(pc.or_(pc.is_valid(parts[0]), pc.is_valid(parts[1])), pc.is_valid(parts[2]))
    keys = [
        pc.replace_substring_regex(pc.utf8_lower(pc.fill_null(part, "")), r"[\s|]+", " ") for part in parts
    ]
    person = pc.binary_join_element_wise(*keys, pa.scalar("|", _TEXT))
    person = pc.binary_join_element_wise(pa.scalar("person:", _TEXT), person, pa.scalar("", _TEXT))
    return pc.replace_with_mask(identity, open_, _where(enough, person))


def _faults(text: dict[str, pa.Array], identity: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Returns per row the field and the reason why it is rejected; null where it is not."""
    nobody = pc.is_null(identity)
    field = pc.if_else(nobody, pa.scalar("email", _TEXT), pa.scalar(None, _TEXT))
    reason = pc.if_else(
        nobody,
        pa.scalar(
            "Nothing says who the lead is: no e-mail, no LinkedIn profile, no name with a company; "
            "add one of them.",
            _TEXT,
        ),
        pa.scalar(None, _TEXT),
    )
    for name, column in text.items():
        longest = _LONGEST.get(name, _LONGEST_OTHER)
        if (pc.max(pc.binary_length(column)).as_py() or 0) <= longest:
            continue
        too_long = pc.fill_null(pc.greater(pc.utf8_length(column), longest), False)
        sentence = f"Field {name!r} is longer than {longest:,} characters; shorten it."
        field = pc.if_else(too_long, pa.scalar(name, _TEXT), field)
        reason = pc.if_else(too_long, pa.scalar(sentence, _TEXT), reason)
    return field, reason


def _extra(records: pd.DataFrame, unread: dict[str, pa.Array], rows: int) -> pa.Array:
    """Returns the source's extra columns and, as `<field>_text`, the texts that no typed column says."""
    ours = json_objects({f"{field}_text": column for field, column in unread.items()}, rows)
    return merge_objects(_given_extra(records), ours)


def _given_extra(records: pd.DataFrame) -> pa.Array:
    return _arrow(records["extra"]) if "extra" in records else pa.nulls(len(records), _TEXT)


def _mapped(column: pa.Array, function: Any, kind: pa.DataType) -> pa.Array:
    return (
        pa.nulls(len(column), kind)
        if column.null_count == len(column)
        else per_distinct(column, function, kind)
    )


def _part(column: pa.Array, name: str) -> pa.Array:
    return pc.struct_field(column, name)


def _where(mask: pa.Array, column: pa.Array) -> pa.Array:
    """Returns the column where the mask holds, null elsewhere."""
    return pc.if_else(mask, column, pa.scalar(None, column.type))


def _arrow(series: "pd.Series[Any]") -> pa.Array:
    column = pa.array(series.astype("str"), _TEXT)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _series(column: pa.Array) -> "pd.Series[str]":
    series: pd.Series[str] = column.to_pandas()
    return series
