"""From pairs of leads to persons."""

import numpy as np
import pandas as pd
from splink import SettingsCreator

from aicmo_dagster.stages.matching.pairs import compare

_AGAINST = 0.01
_CLEARLY_BETTER = 4.0  # bits
_NONE: frozenset[int] = frozenset()


def clusters(pairs: pd.DataFrame, apart: pd.DataFrame | None = None) -> pd.DataFrame:
    """Returns `lead_id` and `cluster` (the smallest lead_id of it) of every lead in `pairs`, in order.

    `pairs` are the accepted ones (`lead_id`, `other_id`, `probability`). `apart` are pairs (`lead_id`,
    `other_id`) that must not end in one cluster: a person said so, or `contradictions` found them different.
    Pairs are joined from the most probable on; one that would bring two leads of `apart` together is not. A
    lead that fits two leads of `apart` about equally well, as J. Smith fits John and Jane, joins neither.
    """
    ids = np.union1d(pairs["lead_id"].to_numpy(), pairs["other_id"].to_numpy())
    against: dict[int, set[int]] = {}
    if apart is not None:
        known = apart[apart["lead_id"].isin(ids) & apart["other_id"].isin(ids)]
        for lead, other in zip(known["lead_id"].tolist(), known["other_id"].tolist(), strict=True):
            against.setdefault(lead, set()).add(other)
            against.setdefault(other, set()).add(lead)
        if against:
            pairs = pairs[~_undecided(pairs, known)]
    members: dict[int, list[int]] = {}
    cluster = dict(zip(ids.tolist(), ids.tolist(), strict=True))
    ordered = pairs.sort_values(["probability", "lead_id", "other_id"], ascending=[False, True, True])
    for lead, other in zip(ordered["lead_id"].tolist(), ordered["other_id"].tolist(), strict=True):
        kept, joined = sorted((cluster[lead], cluster[other]))
        if kept == joined:
            continue
        one, two = members.get(kept, [kept]), members.get(joined, [joined])
        if any(not against.get(member, _NONE).isdisjoint(one) for member in two):
            continue
        members[kept] = one + two
        for member in two:
            cluster[member] = kept
    return pd.DataFrame(
        {"lead_id": ids, "cluster": np.array([cluster[lead] for lead in ids.tolist()], dtype=np.int64)}
    )


def contradictions(
    leads: pd.DataFrame, pairs: pd.DataFrame, model: SettingsCreator | None = None
) -> pd.DataFrame:
    """Returns `lead_id` < `other_id` of leads which accepted `pairs` connect and which are clearly two persons.

    `leads` as for `compare`. Only leads that a common neighbour connects are compared.
    """
    edges = _both_ways(pairs)
    through = edges.merge(edges, on="lead_id", suffixes=("", "_too"))
    through = through[through["other_id"] < through["other_id_too"]]
    chained = pd.DataFrame(
        {"lead_id": through["other_id"], "other_id": through["other_id_too"]}
    ).drop_duplicates(ignore_index=True)
    accepted = pd.MultiIndex.from_frame(pairs[["lead_id", "other_id"]])
    chained = chained[~pd.MultiIndex.from_frame(chained).isin(accepted)]
    compared = compare(leads, chained, 0.0, model)
    return compared.loc[compared["probability"] < _AGAINST, ["lead_id", "other_id"]].reset_index(drop=True)


def _both_ways(pairs: pd.DataFrame) -> pd.DataFrame:
    there = pairs[["lead_id", "other_id"]]
    back = there.rename(columns={"lead_id": "other_id", "other_id": "lead_id"})
    return pd.concat([there, back], ignore_index=True)


def _undecided(pairs: pd.DataFrame, apart: pd.DataFrame) -> np.ndarray:
    """Returns which pairs have a lead that fits one of `apart` no clearly better than the other."""
    probability = pairs["probability"].to_numpy().clip(1e-300, 1 - 1e-16)
    bits = np.log2(probability / (1 - probability))
    number = np.arange(len(pairs))
    edges = _both_ways(pairs).assign(bits=np.r_[bits, bits], pair=np.r_[number, number])
    sides = _both_ways(apart).rename(columns={"lead_id": "other_id", "other_id": "other_id_too"})
    through = edges.merge(sides, on="other_id").merge(
        edges.rename(columns={"other_id": "other_id_too"}),
        on=["lead_id", "other_id_too"],
        suffixes=("", "_too"),
    )
    worse = through["bits"] < through["bits_too"] + _CLEARLY_BETTER
    return np.isin(number, through.loc[worse, "pair"].to_numpy())
