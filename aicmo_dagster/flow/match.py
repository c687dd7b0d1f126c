"""Probable duplicates: leads that are new or changed, compared with those of the campaign that share a key.

One transaction under the campaign's lock, with two marks that say how far the last run came: where nothing is
new, nothing is read or written, and what is new is compared with its candidates only, however many leads the
campaign has.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.flow.run import Run, writing
from aicmo_dagster.store import database, match_keys, match_pairs, merges
from aicmo_dagster.store.bulk import frames, prefetched
from aicmo_dagster.store.match_keys import Marks
from aicmo_dagster.store.replay import Merging

_LEADS_AT_ONCE = 1_000_000
_KEYS_AT_ONCE = 2_000_000
_PAIRS_AT_ONCE = 500_000
_SMALL = 20_000
_GROWTH = 0.02
"""Companies are compared again when a campaign has grown by this share, a small one whenever it has."""


@dataclass(frozen=True)
class Matched:
    """Leads compared, leads merged into others, pairs that wait for a person, names of companies that changed."""

    compared: int = 0
    merged: int = 0
    review: int = 0
    accounts: int = 0


def match(run: Run) -> Matched:
    """Find the leads of the campaign that are one person, merge them or ask, and learn the names of companies."""
    if not run.campaign.config.matching.enabled:
        return Matched()
    campaign = run.campaign.id
    with writing(run) as cursor:
        mark = match_keys.marks(cursor, campaign)
        lead, change = match_keys.newest(cursor, campaign)
        if lead <= mark.lead_id and change <= mark.change_id:
            return Matched()
        found = [_empty()]
        changed: list[int] = []
        new = 0
        for fresh in _rounds(run, cursor, mark):
            found.append(_compared(run, cursor, fresh))
            changed += fresh.lead_ids[fresh.lead_ids <= mark.lead_id].tolist()
            new += int((fresh.lead_ids > mark.lead_id).sum())
        merged, review = _conclude(run, cursor, pd.concat(found, ignore_index=True), changed)
        merges.follow(cursor, changed, _merging(run))
        since = mark.since_accounts + new + len(changed)
        leads = mark.leads + new
        accounts = 0
        if since > (0 if leads <= _SMALL else leads * _GROWTH):
            accounts, since = _accounts(run, cursor), 0
        _, change = match_keys.newest(cursor, campaign)
        reached = Marks(max(lead, mark.lead_id), max(change, mark.change_id), leads, since)
        match_keys.keep_marks(cursor, campaign, reached)
    return Matched(new + len(changed), merged, review, accounts)


def unite(run: Run, cursor: Cursor[TupleRow], pairs: pd.DataFrame) -> int:
    """Merge pairs of leads (`lead_id`, `other_id`, `probability`) that are one person; returns the leads merged.

    Unless a person said that they are two, or the facts of leads that came together so say it. For the holder
    of the campaign's lock.
    """
    one, other = pairs["lead_id"], pairs["other_id"]
    found = pairs.assign(lead_id=np.minimum(one, other), other_id=np.maximum(one, other), weights="{}")
    return _conclude(run, cursor, found, [])[0]


def _persons(pairs: pd.DataFrame, merged_into: dict[int, int]) -> pd.DataFrame:
    """The pairs as pairs of survivors, without those of one."""
    one, other = (_survivor(pairs[name], merged_into) for name in ("lead_id", "other_id"))
    return pairs.assign(lead_id=np.minimum(one, other), other_id=np.maximum(one, other))[one != other]


def _survivor(lead_ids: "pd.Series[int]", merged_into: dict[int, int]) -> "pd.Series[int]":
    return lead_ids.map(merged_into).fillna(lead_ids).astype("int64")


@dataclass(frozen=True)
class _Fresh:
    """Leads to compare, their keys, and whether the campaign had no others before."""

    lead_ids: np.ndarray
    keys: pd.DataFrame
    first: bool


def _rounds(run: Run, cursor: Cursor[TupleRow], mark: Marks) -> Iterator[_Fresh]:
    """New and changed leads, as many at once as memory takes; their keys are written."""
    from aicmo_dagster.stages import matching

    campaign = run.campaign.id
    selected, dtypes = match_keys.columns_of(matching.MATCH_COLUMNS)
    parameters = {"campaign": campaign, "lead_id": mark.lead_id, "change_id": mark.change_id}
    with database.connect() as reader:
        # Without statistics of new rows the planner would read all leads for a few.
        reader.execute("SET enable_seqscan = off")
        for which in (match_keys.NEW_LEADS, match_keys.CHANGED_LEADS):
            first = which == match_keys.NEW_LEADS and not match_keys.has_any(cursor, campaign)
            ids: list[np.ndarray] = []
            keys: list[pd.DataFrame] = []
            read = frames(reader, f"SELECT {selected} {which}", parameters, dtypes, run.chunk_rows)
            for found, keyed in prefetched(
                (one["lead_id"].to_numpy(), matching.match_keys(one)) for one in read
            ):
                changed = found if which == match_keys.CHANGED_LEADS else found[:0]
                match_keys.keep(cursor, campaign, keyed, changed)
                run.progress(len(found))
                ids.append(found)
                keys.append(keyed)
                if sum(map(len, ids)) >= _LEADS_AT_ONCE:
                    yield _Fresh(np.concatenate(ids), pd.concat(keys, ignore_index=True), first)
                    first, ids, keys = False, [], []
            if ids:
                yield _Fresh(np.concatenate(ids), pd.concat(keys, ignore_index=True), first)


def _empty() -> pd.DataFrame:
    columns = {"lead_id": "int64", "other_id": "int64", "probability": "float64", "weights": "str"}
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in columns.items()})


def _compared(run: Run, cursor: Cursor[TupleRow], fresh: _Fresh) -> pd.DataFrame:
    """The pairs of fresh leads and their candidates that are to be merged or reviewed."""
    from aicmo_dagster.stages import matching

    keys = fresh.keys
    if not fresh.first:
        keys = match_keys.bearers(cursor, run.campaign.id, keys["key"].to_numpy(), matching.MOST_PER_KEY + 1)
    parts = len(keys) // _KEYS_AT_ONCE + 1
    only = None if fresh.first else fresh.lead_ids
    pairs = pd.concat(
        [
            matching.candidate_pairs(keys[keys["key"] % parts == part] if parts > 1 else keys, only)
            for part in range(parts)
        ],
        ignore_index=True,
    )
    if parts > 1:
        pairs = pairs.drop_duplicates().sort_values(["lead_id", "other_id"], ignore_index=True)
    found = [_empty()]
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        some = pairs.iloc[start : start + _PAIRS_AT_ONCE]
        leads = match_keys.facts(cursor, np.unique(some.to_numpy()), matching.MATCH_COLUMNS)
        found.append(matching.compare(leads, some, run.campaign.config.matching.review))
    return pd.concat(found, ignore_index=True)


def _conclude(run: Run, cursor: Cursor[TupleRow], pairs: pd.DataFrame, changed: list[int]) -> tuple[int, int]:
    """Merge what is sure enough, ask about the rest; returns leads merged and pairs to review."""
    campaign = run.campaign.id
    pairs = pairs.drop_duplicates(["lead_id", "other_id"], ignore_index=True)
    known = match_pairs.states(cursor, pairs)
    if changed:
        match_pairs.forget_reviews(cursor, changed, pairs)
    if pairs.empty:
        return 0, 0
    pairs = pairs.merge(known, "left", ["lead_id", "other_id"])
    pairs = pairs[pairs["state"] != "apart"]
    sure = (pairs["probability"] >= run.campaign.config.matching.accept) | (pairs["state"] == "merged")
    merged = _merge(run, cursor, pairs[sure])
    columns = ["lead_id", "other_id"]
    survivor = merges.persons(cursor, np.unique(pairs[columns].to_numpy()).tolist())
    one, other = (_survivor(pairs[name], survivor) for name in columns)
    together = one == other
    settled = (pairs["state"] == "merged") & together  # what was found when they were merged is kept
    pairs = pairs.assign(
        state=np.where(together, "merged", "review"), survivor_id=one.where(together).astype("Int64")
    )
    # Of the same two persons only the best pair is asked about, and of two that are apart none.
    asked = pd.DataFrame({"one": np.minimum(one, other), "other": np.maximum(one, other)}, index=pairs.index)
    two = np.sort(match_pairs.apart(cursor, campaign).to_numpy(), axis=1)
    apart = pd.MultiIndex.from_arrays([two[:, 0], two[:, 1]])
    best = pairs["probability"].sort_values(ascending=False, kind="stable").index
    again = asked.loc[best].duplicated().reindex(pairs.index) | pd.MultiIndex.from_frame(asked).isin(apart)
    kept = pairs[(together | ~again) & ~settled]
    match_pairs.keep(cursor, campaign, kept, run.stamps())
    return merged, int((kept["state"] == "review").sum())


def _merge(run: Run, cursor: Cursor[TupleRow], pairs: pd.DataFrame) -> int:
    """Merge the leads of `pairs` as far as nothing contradicts; returns how many went."""
    from aicmo_dagster.stages import matching

    if pairs.empty:
        return 0
    columns = ["lead_id", "other_id"]
    ids = np.unique(pairs[columns].to_numpy()).tolist()
    known = pd.concat([pairs[columns], match_pairs.merged(cursor, ids)]).drop_duplicates(ignore_index=True)
    facts = match_keys.facts(cursor, np.unique(known.to_numpy()), matching.MATCH_COLUMNS)
    two = pd.concat(
        [match_pairs.apart(cursor, run.campaign.id), matching.contradictions(facts, known)], ignore_index=True
    )
    merged_into = merges.persons(cursor, np.unique(pd.concat([known, two]).to_numpy()).tolist())
    together = matching.clusters(_persons(pairs, merged_into), _persons(two, merged_into))
    losers = merges.survivors(cursor, together[together.duplicated("cluster", keep=False)])
    merges.merge(cursor, losers, _merging(run))
    match_pairs.settle(cursor, losers["loser_id"].tolist())
    return len(losers)


def _accounts(run: Run, cursor: Cursor[TupleRow]) -> int:
    """Compare the campaign's companies; returns how many of their names changed."""
    from aicmo_dagster.stages.companies import accounts

    campaign = {"campaign": run.campaign.id}
    found = list(
        frames(cursor.connection, match_keys.COMPANIES, campaign, match_keys.COMPANY_DTYPES, 1 << 62)
    )
    if not found:
        return 0
    return match_keys.keep_aliases(cursor, run.campaign.id, accounts(found[0]), run.stamps())


def _merging(run: Run) -> Merging:
    return Merging(run.campaign.id, run.run_id, run.now, run.campaign.config.matching)
