"""From pairs of leads to persons."""

import pandas as pd


def clusters(pairs: pd.DataFrame, apart: pd.DataFrame | None = None) -> pd.DataFrame:
    """Returns `lead_id` and `cluster` (the smallest lead_id of it) of every lead in `pairs`.

    `pairs` are the accepted ones (`lead_id`, `other_id`, `probability`). `apart` are pairs (`lead_id`,
    `other_id`) that must not end in one cluster: a person said so, or they were compared and found different.
    Pairs are joined from the most probable on; one that would bring two leads of `apart` together is not.
    """
    raise NotImplementedError
