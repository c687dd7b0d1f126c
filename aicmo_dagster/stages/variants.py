"""Which variant of a step a lead gets, and which variant is better."""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from aicmo_dagster.campaign.steps import BASE, Variant

IntArray = npt.NDArray[np.int64]
ObjectArray = npt.NDArray[np.object_]


def assign(
    lead_ids: IntArray,
    sequence: str,
    version: int,
    step: int,
    variants: Sequence[Variant],
    winner: str | None,
) -> ObjectArray:
    """The variant's name per lead, None for the step's own text; a `winner` is what all get.

    By a hash of lead and step, so it is the same whenever it is asked for, and the variants of one step say
    nothing about those of another. The step's own text has weight 1.
    """
    if winner is not None or not variants:
        return np.full(len(lead_ids), None if winner == BASE else winner, object)
    names = np.array([None, *(variant.name for variant in variants)], object)
    weights = np.cumsum([1.0, *(variant.weight for variant in variants)])
    seed = hashlib.blake2b(f"{sequence}\n{version}\n{step}".encode(), digest_size=8).digest()
    places = uniform(lead_ids, int.from_bytes(seed, "big")) * weights[-1]
    given: ObjectArray = names[np.searchsorted(weights[:-1], places, "right")]
    return given


def uniform(lead_ids: IntArray, seed: int) -> npt.NDArray[np.float64]:
    """A number from 0 to below 1 per lead: the mixing of SplitMix64, whose bits are independent of the order."""
    mixed = np.asarray(lead_ids).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53
