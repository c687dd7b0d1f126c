"""Which companies are one account.

Acme GmbH, ACME, acme.de and acme.com are one: the names are the same without legal form, and the domains begin
alike. One of the two is not enough: many companies are called Delta. Scored by splink as persons are, see
`matching.model`; precision goes first.
"""

from functools import cache

import pandas as pd
import pyarrow as pa
from splink import SettingsCreator

from aicmo_dagster.stages.matching import candidate_pairs, clusters
from aicmo_dagster.stages.matching.keys import hashed
from aicmo_dagster.stages.matching.model import Levels, comparison
from aicmo_dagster.stages.matching.pairs import score
from aicmo_dagster.stages.matching.traces import bare_names

LEAST = 0.9
"""Aliases are one account from this probability."""

_PRIOR = 2.0**-16
_LEAST_SHARE = 0.2  # of an alias's leads that say a name, or it is not the alias's name

_MACROS = """
CREATE MACRO same_long(names, names_) AS len(list_filter(list_intersect(names, names_), lambda x: length(x) >= 9)) > 0;
CREATE MACRO begins(names, names_) AS len(list_filter(
    names, lambda x: length(x) >= 4 AND len(list_filter(names_, lambda y: starts_with(y, x))) > 0
)) > 0;
"""
_EVIDENCE: dict[str, tuple[str, Levels, tuple[float, float]]] = {
    "name": (
        "length(names_l) = 0 OR length(names_r) = 0",
        [
            ("same and long", "same_long(names_l, names_r)", 0.8, 0.000001),
            ("same", "list_has_any(names_l, names_r)", 0.8, 0.000005),
            ("one begins the other", "begins(names_l, names_r) OR begins(names_r, names_l)", 0.15, 0.0005),
        ],
        (0.05, 0.999),
    ),
    "domain": (
        "label_l IS NULL AND label_r IS NULL",
        [
            ("same but for the ending", "label_l = label_r", 0.5, 0.00001),
            (
                "is the other's name",
                "label_r IS NULL AND list_contains(names_r, label_l)"
                " OR label_l IS NULL AND list_contains(names_l, label_r)",
                0.6,
                0.1,
            ),
            ("only one has any", "label_l IS NULL OR label_r IS NULL", 0.4, 0.9),
            (
                "one begins the other",
                "least(length(label_l), length(label_r)) >= 4"
                " AND (starts_with(label_l, label_r) OR starts_with(label_r, label_l))",
                0.15,
                0.02,
            ),
        ],
        (0.1, 0.98),
    ),
    "country": (
        "length(countries_l) = 0 OR length(countries_r) = 0",
        [("same", "list_has_any(countries_l, countries_r)", 0.9, 0.25)],
        (0.1, 0.75),
    ),
}


def accounts(companies: pd.DataFrame) -> pd.DataFrame:
    """Returns `alias`, `account`, `probability` and `weights` of companies known under several names.

    `companies`: `company`, `account_domain`, `country_code`, `n` (leads that say so), a row per distinct
    combination. An alias is a domain, or `company:<name without legal form>` where no domain is known; its
    account is the alias of the same company that most leads have. `weights` is JSON text: what was compared ->
    bits. Aliases that are their own account are left out. A name without domain that fits several companies
    stays alone.
    """
    records = _records(companies)
    keys = _keys(records)
    scored = score(pa.Table.from_pandas(records), candidate_pairs(keys), 0.0, _settings(), _MACROS)
    accepted = scored["probability"] >= LEAST
    domains = ~records["named"].to_numpy()[scored[["lead_id", "other_id"]].to_numpy()].any(axis=1)
    together = clusters(scored[accepted], scored[~accepted & (domains | (scored["probability"] < 0.5))])
    sure = scored[accepted]
    number = together["lead_id"].to_numpy()
    found = records.iloc[number].assign(cluster=together["cluster"].to_numpy())
    found = found.sort_values(["cluster", "n", "named", "alias"], ascending=[True, False, True, True])
    found["account"] = found.groupby("cluster")["alias"].transform("first")
    found = found[found["alias"] != found["account"]]
    best = (
        pd.concat([sure, sure.rename(columns={"lead_id": "other_id", "other_id": "lead_id"})])
        .sort_values("probability", ascending=False, kind="stable")
        .drop_duplicates("lead_id")[["lead_id", "probability", "weights"]]
    )
    found = found.merge(best, left_on="number", right_on="lead_id").sort_values("alias", ignore_index=True)
    return found.loc[:, ["alias", "account", "probability", "weights"]]


def aliases(companies: pd.DataFrame) -> "pd.Series[str]":
    """Returns the alias of each row of `company` and `account_domain`, see `accounts`; missing where both are."""
    named = "company:" + _names(companies)
    return companies["account_domain"].astype("str").fillna(named)


def _names(companies: pd.DataFrame) -> "pd.Series[str]":
    names = bare_names(pa.array(companies["company"].astype("str"), pa.large_string()))
    return pd.Series(names.to_pandas(), dtype="str").set_axis(companies.index)


def _records(companies: pd.DataFrame) -> pd.DataFrame:
    """Returns a row per alias: `number`, `alias`, `n`, `named` (no domain), `label`, `names`, `countries`."""
    said = pd.DataFrame(
        {
            "alias": aliases(companies),
            "name": _names(companies).str.replace(" ", ""),
            "country": companies["country_code"].astype("str"),
            "n": companies["n"].astype("int64"),
        }
    ).dropna(subset=["alias"])
    records = said.groupby("alias")["n"].sum().reset_index()
    records["number"] = range(len(records))
    records["named"] = records["alias"].str.startswith("company:")
    label = records["alias"].str.split(".").str[0].str.replace("-", "")
    records["label"] = label.mask(records["named"])
    for column, values in (("names", "name"), ("countries", "country")):
        counted = said.groupby(["alias", values])["n"].sum().reset_index()
        share = counted["n"] / counted.groupby("alias")["n"].transform("sum")
        lists = counted[share >= _LEAST_SHARE].groupby("alias")[values].agg(list)
        listed = records["alias"].map(lists)
        records[column] = listed.where(listed.notna(), pd.Series([[]] * len(records), dtype=object))
    return records


def _keys(records: pd.DataFrame) -> pd.DataFrame:
    names = records[["number", "names"]].explode("names").dropna()
    texts = pd.concat(
        [names.set_index("number")["names"], records.set_index("number")["label"].dropna()]
    ).astype("str")
    keys = pd.DataFrame(
        {
            "lead_id": texts.index.to_numpy(dtype="int64"),
            "key": hashed(pa.array(texts.to_numpy(dtype=object), pa.large_string())),
        }
    )
    return keys.drop_duplicates(ignore_index=True)


@cache
def _settings() -> SettingsCreator:
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="number",
        probability_two_random_records_match=_PRIOR,
        comparisons=[comparison(name, *evidence) for name, evidence in _EVIDENCE.items()],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=True,
    )
