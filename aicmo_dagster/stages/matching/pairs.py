"""How probable it is that two leads are one person."""

import pandas as pd


def compare(leads: pd.DataFrame, pairs: pd.DataFrame, least: float) -> pd.DataFrame:
    """Returns `lead_id`, `other_id`, `probability` and `weights` of the pairs that reach `least`, in order.

    `leads` has `MATCH_COLUMNS`, a row per lead of `pairs` at least; `pairs` has `lead_id` < `other_id` (see
    `candidate_pairs`). `weights` is JSON text: what was compared -> bits for (positive) or against (negative)
    the two being one person. A pair's probability depends on these two leads and on nothing else.
    """
    raise NotImplementedError
