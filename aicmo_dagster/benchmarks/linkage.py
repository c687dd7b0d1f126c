"""How well and how fast probable duplicates are found, on leads whose truth is known."""

import logging
import resource
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from aicmo_dagster.benchmarks.doubles import leads_with_doubles
from aicmo_dagster.campaign.config import Matching
from aicmo_dagster.sources.csv import CsvFile
from aicmo_dagster.stages.harvest import clean
from aicmo_dagster.stages.matching import candidate_pairs, clusters, compare, contradictions, match_keys
from aicmo_dagster.stages.matching.model import MACROS, settings
from aicmo_dagster.stages.matching.traces import traces

_SECOND_LIST = 1_000_000
_SURE = 0.5  # where the parameters fit the set, more probable than not is enough
_FEBRL = {
    "given_name": "first_name",
    "surname": "last_name",
    "suburb": "city",
    "postcode": "postal_code",
    "state": "state",
}


def run(people: int, seed: int, accounts: Path | None, febrl: Path | None) -> dict[str, Any]:
    """Returns `sets` (per set the figures of `measure` or `linked`), `fresh_s` and `peak_rss_bytes`.

    `people` are invented with `seed`; `fresh_s` are the seconds in which a hundred of their leads are compared
    as new ones. `accounts` is a CSV with the column `Account Id`, `febrl` a folder with febrl1.csv to
    febrl3.csv, febrl4a.csv and febrl4b.csv: docs/matching.md says where they come from.
    """
    leads, truth = leads_with_doubles(people, seed)
    sets = {"invented": measure(leads, truth)}
    fresh_s = _fresh_s(leads)
    if accounts is not None:
        sets[accounts.name] = measure(*accounts_file(accounts))
    if febrl is not None:
        first, second = febrl_file(febrl / "febrl4a.csv"), febrl_file(febrl / "febrl4b.csv", _SECOND_LIST)
        leads = pd.concat([first[0], second[0]], ignore_index=True)
        truth = pd.concat([first[1], second[1]], ignore_index=True)
        trained = _trained(leads)
        sets["febrl4, one to one"] = linked(leads, truth, trained)
        for number in (1, 2, 3):
            doubles = febrl_file(febrl / f"febrl{number}.csv")
            sets[f"febrl{number}"] = measure(*doubles, _SURE, trained)
        sets["febrl4, parameters as shipped"] = measure(leads, truth)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"sets": sets, "fresh_s": fresh_s, "peak_rss_bytes": peak}


def measure(
    leads: pd.DataFrame,
    truth: "pd.Series[Any]",
    least: float | None = None,
    model: SettingsCreator | None = None,
) -> dict[str, Any]:
    """Returns pairs, precision, recall, F and seconds of the persons found among `leads`.

    `truth` says per lead who it is. Counted are pairs of leads in one cluster, against pairs of one person;
    leads of one identity are one from the start.
    """
    least = Matching().accept if least is None else least
    ids = leads["lead_id"]
    same = ids.groupby(leads["identity"]).transform("min") if "identity" in leads else ids
    one = leads[ids == same]
    started = perf_counter()
    keys = match_keys(one)
    keyed = perf_counter()
    candidates = candidate_pairs(keys)
    paired = perf_counter()
    found = compare(one, candidates, least, model)
    compared = perf_counter()
    person = clusters(found, contradictions(one, found, model)).set_index("lead_id")["cluster"]
    ended = perf_counter()
    return {
        "leads": len(leads),
        "keys": len(keys),
        "candidates": len(candidates),
        **agreement(same.map(person).fillna(same).to_numpy(), truth.to_numpy()),
        "keys_s": keyed - started,
        "pairs_s": paired - keyed,
        "compare_s": compared - paired,
        "clusters_s": ended - compared,
        "seconds": ended - started,
    }


def linked(
    leads: pd.DataFrame, truth: "pd.Series[Any]", model: SettingsCreator | None = None
) -> dict[str, Any]:
    """Returns the same figures for two lists without doubles; lead_ids of the second start at `_SECOND_LIST`.

    Each lead is linked to the most probable of the other list that is free.
    """
    started = perf_counter()
    pairs = candidate_pairs(match_keys(leads))
    pairs = pairs[(pairs["lead_id"] < _SECOND_LIST) & (pairs["other_id"] >= _SECOND_LIST)]
    found = compare(leads, pairs, _SURE, model).sort_values("probability", ascending=False, kind="stable")
    person: dict[int, int] = {}
    for lead, other in zip(found["lead_id"].tolist(), found["other_id"].tolist(), strict=True):
        if lead not in person and other not in person:
            person[lead] = person[other] = lead
    ids = leads["lead_id"]
    return {
        "leads": len(leads),
        "candidates": len(pairs),
        **agreement(ids.map(person).fillna(ids).to_numpy(), truth.to_numpy()),
        "seconds": perf_counter() - started,
    }


def _fresh_s(leads: pd.DataFrame) -> float:
    """Returns the seconds in which a hundred new leads are compared with those that share a key."""
    keys = match_keys(leads)
    new = leads["lead_id"].to_numpy()[-100:]
    shared = keys[keys["key"].isin(keys["key"][keys["lead_id"].isin(new)])]
    near = leads[leads["lead_id"].isin(shared["lead_id"])].reset_index(drop=True)
    started = perf_counter()
    match_keys(near[near["lead_id"].isin(new)])
    compare(near, candidate_pairs(shared, new), Matching().review)
    return perf_counter() - started


def _trained(leads: pd.DataFrame) -> SettingsCreator:
    """Returns the model with parameters estimated from these leads, without knowing who is who.

    Splink estimates u from pairs at random and m by expectation maximisation, first among those of one name,
    then among those of one house and postal code. Febrl's records are no business contacts: its generator gives
    one in twelve doubles another first name, and knows no families.
    """
    table = traces(leads)
    column = {name: table[name].combine_chunks() for name in ("first", "last", "house", "postal")}
    for name, parts in {"by_name": ("first", "last"), "by_house": ("house", "postal")}.items():
        table = table.append_column(
            name,
            pc.binary_join_element_wise(*(column[part] for part in parts), pa.scalar("|", pa.large_string())),
        )
    with closing(duckdb.connect(":memory:", config={"threads": 2})) as connection:
        connection.execute(MACROS)
        start = replace(settings(), probability_two_random_records_match=1 / len(leads))
        linker = Linker(
            DuckDBAPI(connection).register(table), start, log_level=logging.ERROR, validate_settings=False
        )
        linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
        for block in ("by_name", "by_house"):
            linker.training.estimate_parameters_using_expectation_maximisation(block_on(block))
        model = SettingsCreator.from_path_or_dict(linker.misc.save_model_to_json())
    return replace(model, retain_intermediate_calculation_columns=True)


def agreement(found: np.ndarray, truth: np.ndarray) -> Mapping[str, Any]:
    """Returns precision, recall and F over pairs of rows that `found` and `truth` put together."""
    both = _pairs(pd.DataFrame({"found": found, "truth": truth}))
    said, true = _pairs(pd.DataFrame({"found": found})), _pairs(pd.DataFrame({"truth": truth}))
    precision, recall = both / max(said, 1), both / max(true, 1)
    return {
        "pairs_found": said,
        "pairs_true": true,
        "precision": precision,
        "recall": recall,
        "f": 2 * both / max(said + true, 1),
    }


def _pairs(groups: pd.DataFrame) -> int:
    sizes = groups.value_counts().to_numpy()
    return int((sizes * (sizes - 1) // 2).sum())


def accounts_file(path: Path) -> tuple[pd.DataFrame, "pd.Series[Any]"]:
    """Returns the leads of a CSV with `Account Id` as the pipeline reads them, and the ids as the truth."""
    chunks = [clean(chunk.records).leads for chunk in CsvFile(path).fetch(1_000_000)]
    frame = pd.concat(chunks, ignore_index=True)
    frame["lead_id"] = np.arange(1, len(frame) + 1)
    return frame, frame["extra"].str.extract(r'"Account Id": ?"([^"]*)"')[0]


def febrl_file(path: Path, after: int = 0) -> tuple[pd.DataFrame, "pd.Series[Any]"]:
    """Returns Febrl records (Christen 2008) as leads with name and address, numbered after `after`; who is who."""
    records = pd.read_csv(path, dtype="str", skipinitialspace=True).rename(columns=_FEBRL)
    parts = records[["street_number", "address_1", "address_2"]].fillna("")
    street = parts["street_number"] + " " + parts["address_1"] + " " + parts["address_2"]
    leads = records[list(_FEBRL.values())].assign(
        street=street.str.split().str.join(" "), lead_id=np.arange(1, len(records) + 1) + after
    )
    return leads, records["rec_id"].str.extract(r"rec-(\d+)-")[0]
