"""Under which keys a lead is found, so that new leads meet their candidates by an index."""

import numpy as np
import pandas as pd

MOST_PER_KEY = 40
"""A key that more leads share says nothing and gives too many pairs: it is passed over."""


def match_keys(leads: pd.DataFrame) -> pd.DataFrame:
    """Returns `lead_id` (int64) and `key` (int64, signed): several rows per lead, each once, in no order.

    `leads` has `MATCH_COLUMNS`. A key is a hash of what probable duplicates have in common; it is the same in
    every process and on every machine. A lead of which too little is known has no row.
    """
    raise NotImplementedError


def candidate_pairs(keys: pd.DataFrame, fresh: np.ndarray | None = None) -> pd.DataFrame:
    """Returns `lead_id` < `other_id` (int64) of leads that share a key, each pair once, in order.

    `keys` as `match_keys` returns them. `fresh`: ids of new leads; only pairs with one of them are wanted
    (None: all pairs). Keys which more than `MOST_PER_KEY` of the rows bear are passed over.
    """
    raise NotImplementedError
