"""Decide whether two leads are one person."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.errors import AicmoError
from aicmo_dagster.store import audit, campaigns, match_pairs, matches, merges
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.replay import Merging

COMPARED = [
    *["first_name", "last_name", "title", "company", "email", "phone", "linkedin_url", "website"],
    *["street", "postal_code", "city", "state", "country", "source", "source_label"],
]
"""The facts of two leads to look at before a decision."""


def reasons(weights: Mapping[str, float]) -> str:
    """What spoke for one person and what against it, the weightiest first, in words."""
    told = {name.replace("_", " "): bits for name, bits in weights.items() if name != "prior"}
    ordered = sorted(told, key=lambda name: -abs(told[name]))
    parts = {
        "for": [name for name in ordered if told[name] >= 1],
        "against": [name for name in ordered if told[name] <= -1],
    }
    return "; ".join(f"{side}: {', '.join(names)}" for side, names in parts.items() if names)


def same(cursor: Cursor[TupleRow], campaign: Campaign, number: int, actor: str) -> tuple[int, int]:
    """Merge the two leads of a pair; returns the one that stays and the one that went.

    Raises LeadNotFoundError for an unknown pair, AicmoError where the two are one already, or where one of them
    was said to be another person than a lead that is merged into the other one.
    """
    campaigns.lock(cursor, campaign.id)
    pair = match_pairs.get(cursor, campaign.id, number)
    one, other = _persons(pair)
    if one == other:
        raise AicmoError(f"the leads of pair {number} are one person already: lead {one}")
    now, run_id = datetime.now(UTC), uuid4()
    # To take back that a lead is another person takes back all that was decided of it in that moment.
    again = match_pairs.decided_with(cursor, number, [one, other]) if pair["state"] == "apart" else [number]
    for each in again:
        match_pairs.decided(cursor, each, "merged", None, actor, now, run_id)
    if (min(one, other), max(one, other)) in {
        (min(pair), max(pair)) for pair in match_pairs.apart(cursor, campaign.id).to_numpy().tolist()
    }:
        raise AicmoError(
            f"lead {one} and lead {other} cannot be merged: of leads merged into them it was said that they are "
            f"two persons; see: aicmo matches list {campaign.key} --state apart"
        )
    losers = merges.survivors(cursor, pd.DataFrame({"lead_id": [one, other], "cluster": [one, one]}))
    survivor, loser = (int(losers[name].iloc[0]) for name in ("survivor_id", "loser_id"))
    merges.merge(cursor, losers, Merging(campaign.id, run_id, now, campaign.config.matching))
    match_pairs.settle(cursor, [loser])
    for each in again:
        match_pairs.decided(cursor, each, "merged", survivor, actor, now, run_id)
    audit.record(cursor, actor, "lead.merge", str(loser), {"merged_into": None}, {"merged_into": survivor})
    return survivor, loser


def apart(cursor: Cursor[TupleRow], campaign: Campaign, number: int, actor: str) -> int | None:
    """Keep the two leads of a pair apart for good; returns the lead that came back, if they were merged.

    Raises LeadNotFoundError for an unknown pair, AicmoError where they are kept apart already.
    """
    campaigns.lock(cursor, campaign.id)
    pair = match_pairs.get(cursor, campaign.id, number)
    if pair["state"] == "apart":
        raise AicmoError(f"the leads of pair {number} are kept apart already, by {pair['decided_by']}")
    one, other = _persons(pair)
    now, run_id = datetime.now(UTC), uuid4()
    back = None
    if one == other:
        # Where both were merged into a third lead, the newer one leaves.
        back = pair["lead"]["id"] if pair["other"]["id"] == one else pair["other"]["id"]
        matches.undo(cursor, campaign.id, back, run_id, now, actor)
    match_pairs.decided(cursor, number, "apart", None, actor, now, run_id)
    audit.record(cursor, actor, "match.apart", str(number), {"state": pair["state"]}, {"state": "apart"})
    return back


def _persons(pair: Mapping[str, Mapping[str, int | None]]) -> tuple[int, int]:
    one, other = (int(pair[side]["merged_into"] or pair[side]["id"] or 0) for side in ("lead", "other"))
    return one, other
