"""How probable it is that two leads are one person."""

import json
from contextlib import closing

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from splink import DuckDBAPI, Linker, SettingsCreator

from aicmo_dagster.stages.matching.model import HOPELESS, LEAST_SURE, MACROS, settings
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
    probability depends on these two leads and on nothing else, unless another `model` is given.
    """
    needed = np.union1d(pairs["lead_id"].to_numpy(), pairs["other_id"].to_numpy())
    trace = traces(leads[np.isin(leads["lead_id"].to_numpy(), needed)])
    if model is None and least >= LEAST_SURE:
        pairs = _hopeful(trace, pairs)
    return score(trace, pairs, least, model or settings(), MACROS)


def score(
    records: pa.Table, pairs: pd.DataFrame, least: float, model: SettingsCreator, macros: str
) -> pd.DataFrame:
    """Returns as `compare` does the pairs of `records`, whatever `model` compares with DuckDB's `macros`."""
    found = [
        _scored(records, pairs.iloc[start : start + _PAIRS_AT_ONCE], least, model, macros)
        for start in range(0, len(pairs), _PAIRS_AT_ONCE)
    ]
    if not found:
        columns = {"lead_id": "int64", "other_id": "int64", "probability": "float64", "weights": "str"}
        return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in columns.items()})
    return pd.concat(found, ignore_index=True).sort_values(["lead_id", "other_id"], ignore_index=True)


def _hopeful(trace: pa.Table, pairs: pd.DataFrame) -> pd.DataFrame:
    """Returns the pairs that are worth the full comparison; this look takes a fraction of its time."""
    names = ("first", "last", "formals", "profile", "handle")
    sides = [f"{side}.{name} AS {name}_{end}" for side, end in (("a", "l"), ("b", "r")) for name in names]
    query = (
        f"SELECT lead_id, other_id FROM (SELECT p.lead_id, p.other_id, {', '.join(sides)} FROM pairs p"
        " JOIN trace a ON a.lead_id = p.lead_id JOIN trace b ON b.lead_id = p.other_id)"
        f" WHERE NOT ({HOPELESS}) ORDER BY lead_id, other_id"
    )
    kept = [pairs.iloc[:0][["lead_id", "other_id"]]]
    with closing(duckdb.connect(":memory:", config=_DATABASE)) as connection:
        connection.execute(MACROS)
        connection.register("trace", trace)
        for start in range(0, len(pairs), _PAIRS_AT_ONCE):
            some = pairs.iloc[start : start + _PAIRS_AT_ONCE][["lead_id", "other_id"]]
            connection.register("pairs", pa.Table.from_pandas(some, preserve_index=False))
            kept.append(connection.sql(query).to_arrow_table().to_pandas())
    return pd.concat(kept, ignore_index=True)


def _scored(
    records: pa.Table, pairs: pd.DataFrame, least: float, model: SettingsCreator, macros: str
) -> pd.DataFrame:
    blocked = pa.table(
        {
            "match_key": pa.array(["0"] * len(pairs)),
            "join_key_l": pa.array(pairs["lead_id"].to_numpy(dtype=np.int64)),
            "join_key_r": pa.array(pairs["other_id"].to_numpy(dtype=np.int64)),
        }
    )
    with closing(duckdb.connect(":memory:", config=_DATABASE)) as connection:
        connection.execute(macros)
        api = DuckDBAPI(connection)
        linker = Linker(api.register(records), model, log_level=None, validate_settings=False)
        linker.table_management.register_blocked_pairs_for_predict(api.register(blocked))
        predicted = linker.inference.predict(threshold_match_probability=least)
        rows = predicted.as_duckdbpyrelation().to_arrow_table()
    number = model.unique_id_column_name
    return pd.DataFrame(
        {
            "lead_id": rows[f"{number}_l"].to_numpy(),
            "other_id": rows[f"{number}_r"].to_numpy(),
            "probability": rows["match_probability"].to_numpy(),
            "weights": _weights(rows, model),
        }
    )


def _weights(rows: pa.Table, model: SettingsCreator) -> "pd.Series[str]":
    prefix = model.match_weight_column_prefix
    bits = pd.DataFrame(
        {
            name.removeprefix(prefix): rows[name].to_numpy()
            for name in rows.column_names
            if name.startswith(prefix)
        }
    )
    # Few combinations of levels occur, so each is written once.
    kinds = bits.groupby(list(bits), sort=False).ngroup().to_numpy()
    _, first = np.unique(kinds, return_index=True)
    prior = model.probability_two_random_records_match
    before = round(float(np.log2(prior / (1 - prior))), 2)
    texts = [
        json.dumps({"prior": before, **{name: round(bit, 2) for name, bit in row.items() if bit}})
        for row in bits.iloc[first].to_dict("records")
    ]
    return pd.Series(np.array(texts, dtype=object)[kinds], dtype="str")
