"""What a person says of a lead, word by word: read as a source's text is, and stronger than what was known.

The lead is written as the record of a source, cleaned, and cleaned once more with what was said instead. What
differs between the two is what the edit changes, with all that follows from it: another country is another time
zone, another address another identity.
"""

import difflib
import json
from collections.abc import Mapping

import numpy as np
import pandas as pd

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.lead import LEAD_COLUMNS, SOURCE_FIELDS
from aicmo_dagster.stages.harvest import clean
from aicmo_dagster.stages.places import country_code, country_names
from aicmo_dagster.stages.quantities import size_of_words

_COLUMN = {"revenue": "revenue_usd"}
# What is said of one fact makes another one void: it was about the old one, or would speak against it.
_VOIDS = {
    "email": ("verification",),
    "full_name": ("first_name", "last_name"),
    "consent": ("consent_on",),
    "employees": ("company_size",),
}


def edited(leads: pd.DataFrame, said: Mapping[str, str]) -> pd.DataFrame:
    """The leads with what was said of each of them; `lead_id` and `LEAD_COLUMNS` in and out, in their order.

    `said` has `SOURCE_FIELDS` as text; an empty text takes the fact away. Raises ConfigurationError for an unknown
    field, a text that its field cannot be read from, and where nothing would say any more who a lead is.
    """
    for field in said:
        if field not in SOURCE_FIELDS:
            raise ConfigurationError(f"{field!r} is no field of a lead; they are: {', '.join(SOURCE_FIELDS)}")
    leads = leads.reset_index(drop=True)
    before, after = _cleaned(leads, {}), _cleaned(leads, said)
    _refuse_unread(said, after)
    spoken_of = {_COLUMN.get(field, field) for field in said}
    columns = {
        name: leads[name].where(_same(before[name], after[name]) & (name not in spoken_of), after[name])
        for name in LEAD_COLUMNS
        if name != "extra"
    }
    return pd.DataFrame(
        {"lead_id": leads["lead_id"], **columns, "extra": _extra(leads["extra"], after["extra"], said)}
    ).astype(dict(LEAD_COLUMNS))


def _cleaned(leads: pd.DataFrame, said: Mapping[str, str]) -> pd.DataFrame:
    """The leads as `clean` reads them back from text, with what was said; without their `extra`."""
    text = {field: _text(leads, _COLUMN.get(field, field)) for field in SOURCE_FIELDS}
    void = {other for field in said for other in _VOIDS.get(field, ())}
    if "company_size" in said and "employees" not in said:
        sizes = {said["company_size"].strip().casefold(), size_of_words(said["company_size"])}
        text["employees"] = text["employees"].where(leads["company_size"].isin(sizes))
    for field in SOURCE_FIELDS:
        if field in said or field in void:
            text[field] = pd.Series(said.get(field) or None, index=leads.index, dtype="str")
    records = pd.DataFrame(text)
    records.insert(0, "line", np.arange(len(leads), dtype="int64"))
    result = clean(records)
    if len(result.rejected):
        raise ConfigurationError(f"the edit cannot be made: {result.rejected['reason'].iloc[0]}")
    return result.leads.reset_index(drop=True)


def _text(leads: pd.DataFrame, column: str) -> "pd.Series[str]":
    if column not in leads:  # full_name: only ever said
        return pd.Series(None, index=leads.index, dtype="str")
    values = leads[column]
    if LEAD_COLUMNS[column] == "Float64":
        share = column == "headcount_growth"
        texts = [None if pd.isna(one) else f"{one:.6%}" if share else f"{one:.0f}" for one in values]
        return pd.Series(texts, index=leads.index, dtype="str")
    return values.astype("object").where(values.notna(), None).map(str, na_action="ignore").astype("str")


def _same(one: "pd.Series[str]", other: "pd.Series[str]") -> "pd.Series[bool]":
    equal = (one == other).fillna(False).astype(bool)
    return equal | (one.isna() & other.isna())


def _refuse_unread(said: Mapping[str, str], after: pd.DataFrame) -> None:
    problem = after["email_problem"].iloc[0] if "email" in said and len(after) else None
    if isinstance(problem, str):
        raise ConfigurationError(f"the address {said['email']!r} cannot be right: {problem}")
    country = said.get("country", "").strip()
    if country and country_code(country) is None:
        near = difflib.get_close_matches(country.title(), country_names(), 1, 0.75)
        hint = f"did you mean {near[0]!r}?" if near else "write its name or its two letters (ISO 3166)"
        raise ConfigurationError(f"{country!r} is no country; {hint}")
    for field, text in said.items():
        column = "last_name" if field == "full_name" else _COLUMN.get(field, field)
        unread = column != "last_name" and bool(after[column].isna().any())
        if text.strip() and unread and not (field == "consent" and text.strip().casefold() == "no"):
            raise ConfigurationError(
                f"{field} cannot be read from {text!r}; write it as docs/importing-leads.md says, or leave it "
                f"empty to take the fact away: {field}="
            )


def _extra(now: "pd.Series[str]", after: "pd.Series[str]", said: Mapping[str, str]) -> "pd.Series[str]":
    """`extra` with the texts of the fields that were said instead of the old ones."""
    ours = {f"{field}_text" for field in said}
    merged = []
    for old, new in zip(now, after, strict=True):
        known = {} if pd.isna(old) else json.loads(old)
        told = {} if pd.isna(new) else json.loads(new)
        kept = {name: value for name, value in known.items() if name not in ours}
        result = kept | {name: value for name, value in told.items() if name in ours}
        merged.append(old if result == known else json.dumps(result, ensure_ascii=False) if result else None)
    return pd.Series(merged, index=now.index, dtype="str")
