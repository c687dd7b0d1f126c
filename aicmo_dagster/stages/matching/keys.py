"""Under which keys a lead is found, so that new leads meet their candidates by an index.

A key holds what most duplicates keep and few others share. Within a company or a place it is the two initials:
they survive typos, nicknames (taken as their formal name), shortened and swapped names.
"""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.util import hash_array

from aicmo_dagster.stages.matching.traces import traces

MOST_PER_KEY = 40
"""A key that more leads share says nothing and gives too many pairs: it is passed over."""

_TEXT = pa.large_string()
_UNUSED = frozenset({"title", "website", "state", "country_code"})


def match_keys(leads: pd.DataFrame) -> pd.DataFrame:
    """Returns `lead_id` (int64) and `key` (int64, signed): several rows per lead, each once, in no order.

    `leads` has `MATCH_COLUMNS`. A key is a hash of what probable duplicates have in common; it is the same in
    every process and on every machine. A lead of which too little is known has no row.
    """
    trace = traces(leads[[name for name in leads.columns if name not in _UNUSED]])
    ids = trace["lead_id"].to_numpy()
    found: list[tuple[np.ndarray, np.ndarray]] = []
    for rows, texts in _keys(trace):
        known = pc.is_valid(texts).to_numpy(zero_copy_only=False)
        lead = ids if rows is None else ids[rows]
        found.append((lead[known], hashed(texts.drop_null())))
    return pd.DataFrame(
        {
            "lead_id": np.concatenate([lead for lead, _ in found]),
            "key": np.concatenate([key for _, key in found]),
        }
    )


def candidate_pairs(keys: pd.DataFrame, fresh: np.ndarray | None = None) -> pd.DataFrame:
    """Returns `lead_id` < `other_id` (int64) of leads that share a key, each pair once, in order.

    `keys` as `match_keys` returns them. `fresh`: ids of new leads; only pairs with one of them are wanted
    (None: all pairs). Keys which more than `MOST_PER_KEY` of the rows bear are passed over.
    """
    order = np.lexsort((keys["lead_id"].to_numpy(), keys["key"].to_numpy()))
    key, lead = keys["key"].to_numpy()[order], keys["lead_id"].to_numpy()[order]
    new = np.ones(len(lead), dtype=bool) if fresh is None else np.isin(lead, fresh)
    starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]]) if len(key) else np.empty(0, dtype=np.int64)
    sizes = np.diff(np.r_[starts, len(key)])
    kept = np.repeat((sizes > 1) & (sizes <= MOST_PER_KEY), sizes)
    key, lead, new = key[kept], lead[kept], new[kept]
    left: list[np.ndarray] = []
    right: list[np.ndarray] = []
    # Rows of a key lie side by side: row i and row i + distance.
    for distance in range(1, MOST_PER_KEY):
        together = key[distance:] == key[:-distance]
        if not together.any():
            break
        wanted = together & (new[distance:] | new[:-distance])
        left.append(lead[:-distance][wanted])
        right.append(lead[distance:][wanted])
    pairs = pd.DataFrame(
        {
            "lead_id": np.concatenate(left or [np.empty(0, dtype=np.int64)]),
            "other_id": np.concatenate(right or [np.empty(0, dtype=np.int64)]),
        }
    )
    return pairs.drop_duplicates().sort_values(["lead_id", "other_id"], ignore_index=True)


def _keys(trace: pa.Table) -> list[tuple[np.ndarray | None, pa.Array]]:
    """Returns per kind of key the rows of `trace` (None: all in order) and the keys as text, null where none."""
    column = {name: trace[name].combine_chunks() for name in trace.column_names}
    # A nickname has the initials of all that it may be short for.
    rows = pc.list_parent_indices(column["initials"])
    last = pc.utf8_slice_codeunits(column["last"], 0, 1)
    initials = _ordered(pc.list_flatten(column["initials"]), last.take(rows))
    # Mostly the domain is the company's name: one key is enough.
    same = pc.fill_null(pc.equal(column["label"], column["firm"]), False)
    column["label"] = pc.if_else(same, pa.scalar(None, _TEXT), column["label"])
    at = {name: column[name].take(rows) for name in ("firm", "label", "postal", "phone")}
    each = rows.to_numpy()
    # Of a street the beginning: most typos are further back.
    street = pc.utf8_slice_codeunits(column["street"], 0, 4)
    return [
        (None, _joined("name", _ordered(column["first"], column["last"]))),
        (None, _joined("street", street, column["house"])),
        (None, _joined("postal street", street, column["postal"])),
        (None, _joined("town street", street, column["city"])),
        (None, _joined("town house", column["city"], column["house"])),
        (None, _joined("box", column["box"])),
        (None, _joined("profile", column["profile"])),
        (each, _joined("firm", at["firm"], initials)),
        (each, _joined("firm", at["label"], initials)),
        (each, _joined("postal", at["postal"], initials)),
        (each, _joined("phone", at["phone"], initials)),
    ]


def _ordered(a: pa.Array, b: pa.Array) -> pa.Array:
    """Returns both names with a bar between, in alphabetical order, so that swapped names meet."""
    swapped = pc.greater(a, b)
    return _bar(pc.if_else(swapped, b, a), pc.if_else(swapped, a, b))


def _joined(kind: str, *parts: pa.Array) -> pa.Array:
    return _bar(pa.scalar(kind, _TEXT), *parts)


def _bar(*parts: pa.Array | pa.Scalar) -> pa.Array:
    return pc.binary_join_element_wise(*parts, pa.scalar("|", _TEXT))


def hashed(texts: pa.Array) -> np.ndarray:
    """Returns SipHash under the fixed key of pandas; `test_keys` holds its values fast."""
    return hash_array(texts.to_numpy(zero_copy_only=False), categorize=False).view(np.int64)
