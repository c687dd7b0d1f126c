"""From pairs of leads to persons."""

import numpy as np
import pandas as pd


def clusters(pairs: pd.DataFrame, apart: pd.DataFrame | None = None) -> pd.DataFrame:
    """Returns `lead_id` and `cluster` (the smallest lead_id of it) of every lead in `pairs`, in order.

    `pairs` are the accepted ones (`lead_id`, `other_id`, `probability`). `apart` are pairs (`lead_id`,
    `other_id`) that must not end in one cluster: a person said so, or they were compared and found different.
    Pairs are joined from the most probable on; one that would bring two leads of `apart` together is not.
    """
    ids = np.union1d(pairs["lead_id"].to_numpy(), pairs["other_id"].to_numpy())
    members: dict[int, list[int]] = {}
    cluster = dict(zip(ids.tolist(), ids.tolist(), strict=True))
    against: dict[int, set[int]] = {}
    if apart is not None:
        known = apart[apart["lead_id"].isin(ids) & apart["other_id"].isin(ids)]
        for lead, other in zip(known["lead_id"].tolist(), known["other_id"].tolist(), strict=True):
            against.setdefault(lead, set()).add(other)
            against.setdefault(other, set()).add(lead)
    ordered = pairs.sort_values(["probability", "lead_id", "other_id"], ascending=[False, True, True])
    for lead, other in zip(ordered["lead_id"].tolist(), ordered["other_id"].tolist(), strict=True):
        kept, joined = sorted((cluster[lead], cluster[other]))
        if kept == joined:
            continue
        one, two = members.get(kept, [kept]), members.pop(joined, [joined])
        if against and any(against.get(member, _NONE).intersection(one) for member in two):
            members[joined] = two
            continue
        members[kept] = one + two
        for member in two:
            cluster[member] = kept
    return pd.DataFrame(
        {"lead_id": ids, "cluster": np.array([cluster[lead] for lead in ids.tolist()], np.int64)}
    )


_NONE: frozenset[int] = frozenset()
