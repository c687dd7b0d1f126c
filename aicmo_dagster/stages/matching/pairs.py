"""How probable it is that two leads are one person."""

import json
from collections.abc import Iterator
from contextlib import closing

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from splink import DuckDBAPI, Linker, SettingsCreator

from aicmo_dagster.stages.matching.model import COMPARISONS, MACROS, settings
from aicmo_dagster.stages.matching.traces import traces

_PAIRS_AT_ONCE = 500_000
_DATABASE: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "memory_limit": "500MB",
    "temp_directory": "",
}


def compare(
    leads: pd.DataFrame, pairs: pd.DataFrame, least: float, model: SettingsCreator | None = None
) -> pd.DataFrame:
    """Returns `lead_id`, `other_id`, `probability` and `weights` of the pairs that reach `least`, in order.

    `leads` has `MATCH_COLUMNS`, a row per lead of `pairs` at least; `pairs` has `lead_id` < `other_id` (see
    `candidate_pairs`). `weights` is JSON text: what was compared -> bits for (positive) or against (negative)
    the two being one person; with `prior` they add up to the logarithm (base 2) of the odds. A pair's
    probability depends on these two leads and on nothing else.
    """
    needed = np.union1d(pairs["lead_id"].to_numpy(), pairs["other_id"].to_numpy())
    trace = traces(leads[np.isin(leads["lead_id"].to_numpy(), needed)])
    found = [_scored(trace, pairs.iloc[at], least, model or settings()) for at in _chunks(len(pairs))]
    scored = (
        pd.concat(found, ignore_index=True) if found else _scored(trace, pairs, least, model or settings())
    )
    return scored.sort_values(["lead_id", "other_id"], ignore_index=True)


def _chunks(rows: int) -> Iterator[slice]:
    return (slice(start, start + _PAIRS_AT_ONCE) for start in range(0, rows, _PAIRS_AT_ONCE))


def _scored(trace: pa.Table, pairs: pd.DataFrame, least: float, model: SettingsCreator) -> pd.DataFrame:
    if pairs.empty:
        return pd.DataFrame({"lead_id": [], "other_id": [], "probability": [], "weights": []}).astype(
            {"lead_id": "int64", "other_id": "int64", "probability": "float64", "weights": "str"}
        )
    blocked = pa.table(
        {
            "match_key": pa.array(["0"] * len(pairs)),
            "join_key_l": pa.array(pairs["lead_id"].to_numpy(dtype=np.int64)),
            "join_key_r": pa.array(pairs["other_id"].to_numpy(dtype=np.int64)),
        }
    )
    with closing(duckdb.connect(":memory:", config=_DATABASE)) as connection:
        connection.execute(MACROS)
        api = DuckDBAPI(connection)
        linker = Linker(api.register(trace), model, log_level=None, validate_settings=False)
        linker.table_management.register_blocked_pairs_for_predict(api.register(blocked))
        predicted = linker.inference.predict(threshold_match_probability=least)
        rows = predicted.as_duckdbpyrelation().to_arrow_table()
    return pd.DataFrame(
        {
            "lead_id": rows["lead_id_l"].to_numpy(),
            "other_id": rows["lead_id_r"].to_numpy(),
            "probability": rows["match_probability"].to_numpy(),
            "weights": _weights(rows, model.probability_two_random_records_match),
        }
    )


def _weights(rows: pa.Table, prior: float) -> "pd.Series[str]":
    bits = pd.DataFrame({name: rows[f"mw_{name}"].to_numpy() for name in COMPARISONS})
    # Few combinations of levels occur, so each is written once.
    kinds = bits.groupby(list(bits), sort=False).ngroup().to_numpy()
    _, first = np.unique(kinds, return_index=True)
    bits_before = round(float(np.log2(prior / (1 - prior))), 2)
    texts = [
        json.dumps({"prior": bits_before, **{name: round(bit, 2) for name, bit in row.items() if bit}})
        for row in bits.iloc[first].to_dict("records")
    ]
    return pd.Series(np.array(texts, dtype=object)[kinds], dtype="str")
