"""Which owner a lead goes to: territory, then colleagues, then weighted round robin.

1. Territory: the owners who name the lead's country; if they are not free, the owners who name no country.
2. Account: colleagues of one company go to one owner, as long as that owner has capacity.
3. Weighted round robin among the owners who have capacity and are at work now: the k-th lead of an owner
   with weight w has the pointer k / w, and leads take the smallest pointers in turn. As k counts the active
   leads, an owner who has fallen behind catches up first.
4. Nobody free: the fallback owner, without limit.
"""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from aicmo_dagster.campaign.config import CampaignConfig, Owner
from aicmo_dagster.campaign.hours import WEEKDAYS
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages.places import country_code
from aicmo_dagster.stages.signals import BoolArray

IntArray = npt.NDArray[np.int64]

COLLEAGUE = "colleague of the same company"
ROUND_ROBIN = "weighted round robin"
IN_TERRITORY = "weighted round robin in the territory"
OUTSIDE_TERRITORY = "weighted round robin, as nobody of the territory was free"
_REASONS = (COLLEAGUE, ROUND_ROBIN, IN_TERRITORY, OUTSIDE_TERRITORY)

_NOBODY = -1
"""As a position it is the last one, where the fallback owner and the unknown country are."""


@dataclass
class OwnerLoad:
    """What owners have already, carried from one chunk of leads to the next; `assign` brings it up to date.

    `active` counts each owner's leads in a running sequence. `account` is the last company seen and
    `account_owner` its owner: rows come ordered by company, so no other can go on in the next chunk.
    """

    active: dict[str, int] = field(default_factory=dict)
    account: int | None = None
    account_owner: str | None = None


def assign(leads: pd.DataFrame, config: CampaignConfig, load: OwnerLoad, now: datetime) -> pd.DataFrame:
    """`owner` and `owner_reason` (a sentence) of every lead, in the order and with the index of `leads`.

    `leads` has `country_code` (str), `account_id` (Int64, any number of the company) and `account_owner` (str,
    the owner whom a colleague has already in this campaign), each with NA. Raises ConfigurationError where a
    territory is not a country.
    """
    owners = config.routing.owners
    team = _Team(owners, _at_work(config, now), load, len(leads))
    desk = _Desk(leads, team, load)

    countries, codes = pd.factorize(leads["country_code"])
    serves = territories(config)
    open_to_all = np.array([not named for named in serves], dtype=bool)
    by_country = [np.array([code in named for named in serves], dtype=bool) for code in codes]
    by_country.append(np.zeros(len(owners), dtype=bool))

    claimed = np.array([bool(local.any()) for local in by_country])[countries]
    for members in {local.tobytes(): local for local in by_country if local.any()}.values():
        same = np.array([np.array_equal(local, members) for local in by_country])
        desk.place(np.flatnonzero(same[countries]), members, IN_TERRITORY)
    desk.place(np.flatnonzero(~claimed), open_to_all, ROUND_ROBIN)
    desk.place(np.flatnonzero(claimed & (desk.owner == _NOBODY)), open_to_all, OUTSIDE_TERRITORY)

    names = [*(owner.name for owner in owners), config.routing.fallback_owner]
    nobody = [
        _nobody_free(team, local | open_to_all, code)
        for local, code in zip(by_country, [*codes, None], strict=True)
    ]
    left_over = desk.owner == _NOBODY
    # Reasons are `_REASONS` and then one sentence per country for the leads that nobody takes.
    reason = np.where(left_over, len(_REASONS) + countries % len(by_country), desk.reason)
    desk.remember(load, names, int(left_over.sum()))
    return pd.DataFrame(
        {
            "owner": pd.array(names, dtype="str").take(desk.owner),
            "owner_reason": pd.array([*_REASONS, *nobody], dtype="str").take(reason),
        },
        index=leads.index,
    )


class _Team:
    """The owners as arrays: how many leads each has, may still take, and whether they are at work."""

    def __init__(self, owners: list[Owner], at_work: BoolArray, load: OwnerLoad, leads: int) -> None:
        self.owners = owners
        self.position = {owner.name: i for i, owner in enumerate(owners)}
        self.at_work = at_work
        self.weight = np.array([owner.weight for owner in owners], dtype=float)
        self.active = np.array([load.active.get(owner.name, 0) for owner in owners], dtype=np.int64)
        capacity = [
            have + leads if owner.capacity is None else owner.capacity
            for owner, have in zip(owners, self.active.tolist(), strict=True)
        ]
        self.free = np.maximum(np.array(capacity, dtype=np.int64) - self.active, 0)

    def take(self, owner: int, leads: int) -> None:
        self.active[owner] += leads
        self.free[owner] -= leads


class _Desk:
    """The decisions of one chunk. A unit is a company, or one lead without a company."""

    def __init__(self, leads: pd.DataFrame, team: _Team, load: OwnerLoad) -> None:
        self.team = team
        self.owner = np.full(len(leads), _NOBODY, dtype=np.int64)
        self.reason = np.zeros(len(leads), dtype=np.int64)
        accounts, self.accounts = pd.factorize(leads["account_id"])
        self.has_account = accounts >= 0
        self.last_account = int(accounts[self.has_account][-1]) if self.has_account.any() else _NOBODY
        alone = len(self.accounts) + np.cumsum(~self.has_account) - 1
        self.unit = np.where(self.has_account, accounts, alone).astype(np.int64)
        self.unit_owner = np.full(len(self.accounts) + len(leads), _NOBODY, dtype=np.int64)
        if load.account is not None and load.account_owner in team.position:
            goes_on = self.accounts == load.account
            self.unit_owner[np.flatnonzero(goes_on)] = team.position[load.account_owner]
        of_colleague, names = pd.factorize(leads["account_owner"])
        known = np.array([team.position.get(name, _NOBODY) for name in names] + [_NOBODY])[of_colleague]
        told = self.has_account & (known != _NOBODY)
        self.unit_owner[self.unit[told]] = known[told]

    def place(self, rows: IntArray, members: BoolArray, reason: str) -> None:
        """Give the leads at `rows` to `members`, as far as these are free; companies first."""
        for pending in (rows[self.has_account[rows]], rows[~self.has_account[rows]]):
            waiting = pending
            while len(waiting):
                left = self._round(waiting, members, _REASONS.index(reason))
                if len(left) == len(waiting):
                    break
                waiting = left  # somebody is full now, so there are at most as many rounds as owners

    def _round(self, rows: IntArray, members: BoolArray, reason: int) -> IntArray:
        team = self.team
        unit = self.unit[rows]
        owner = self.unit_owner[unit]
        follows = (owner != _NOBODY) & (members & (team.free > 0))[owner] if len(members) else owner > _NOBODY
        new = np.flatnonzero(~follows)
        number, units = pd.factorize(unit[new])
        chosen = _smallest_pointers(team, members & team.at_work, len(units))
        owner[new] = chosen[number]
        follows[new[np.diff(np.maximum.accumulate(number), prepend=-1) == 0]] = True

        placed = np.zeros(len(rows), dtype=bool)
        by_owner = np.argsort(owner, kind="stable")
        counts = np.bincount(owner + 1, minlength=len(members) + 1)
        first = np.cumsum(counts)
        for position in np.flatnonzero(counts[1:]).tolist():
            share = by_owner[first[position] : first[position + 1]][: team.free[position]]
            team.take(position, len(share))
            placed[share] = True
        self.owner[rows[placed]] = owner[placed]
        self.reason[rows[placed]] = np.where(follows[placed], _REASONS.index(COLLEAGUE), reason)
        self.unit_owner[unit[placed]] = owner[placed]
        return rows[~placed]

    def remember(self, load: OwnerLoad, names: list[str], left_over: int) -> None:
        """Write into `load` what the next chunk has to know."""
        load.active.update(zip(names, self.team.active.tolist(), strict=False))
        if left_over:
            load.active[names[-1]] = load.active.get(names[-1], 0) + left_over
        if self.last_account != _NOBODY:
            owner = int(self.unit_owner[self.last_account])
            load.account = int(self.accounts[self.last_account])
            load.account_owner = None if owner == _NOBODY else names[owner]


def _smallest_pointers(team: _Team, available: BoolArray, count: int) -> IntArray:
    """Owners of the `count` smallest pointers, smallest first, ties in the owners' order; then nobody."""
    free = np.where(available, np.minimum(team.free, count), 0)
    wanted = min(count, int(free.sum()))
    turns = free
    if wanted:
        # The level under which there are enough pointers, so that only those few are written out and sorted.
        low, high = 0.0, float(((team.active + free) / team.weight)[free > 0].max())
        for _ in range(60):
            level = (low + high) / 2
            below = np.clip(np.floor(level * team.weight) - team.active, 0, free).sum()
            low, high = (low, level) if below >= wanted else (level, high)
        turns = np.clip(np.floor(high * team.weight).astype(np.int64) - team.active + 1, 0, free)
    owner = np.repeat(np.arange(len(free)), turns)
    turn = np.arange(len(owner)) - np.repeat(np.cumsum(turns) - turns, turns)
    pointer = (team.active[owner] + turn + 1) / team.weight[owner]
    chosen = np.full(count, _NOBODY, dtype=np.int64)
    chosen[:wanted] = owner[np.argsort(pointer, kind="stable")[:wanted]]
    return chosen


def territories(config: CampaignConfig) -> list[frozenset[str]]:
    """Per owner the codes of the countries that the territory names. Raises ConfigurationError for what is none."""
    found = []
    for owner in config.routing.owners:
        codes = {name: country_code(name) for name in owner.territories}
        for name, code in codes.items():
            if code is None:
                raise ConfigurationError(
                    f"campaign {config.key!r}: owner {owner.name!r} has the territory {name!r}, which is not "
                    "a country; write its English name or ISO code, like 'Germany' or 'DE'"
                )
        found.append(frozenset(code for code in codes.values() if code))
    return found


def _at_work(config: CampaignConfig, now: datetime) -> BoolArray:
    return np.array([works(owner, config, now) for owner in config.routing.owners], dtype=bool)


def works(owner: Owner, config: CampaignConfig, now: datetime) -> bool:
    """Whether the owner is at work at `now`, by the clock where they are."""
    if owner.working_hours is None:
        return True
    local = now.astimezone(ZoneInfo(owner.time_zone or config.time_zone))
    hours = owner.working_hours
    return (
        WEEKDAYS[local.weekday()] in config.sending.working_days and hours.start <= local.time() < hours.end
    )


def _nobody_free(team: _Team, candidates: BoolArray, country: str | None) -> str:
    if not team.owners:
        return "nobody free: the campaign has no owners"
    if not candidates.any():
        return f"nobody free: no owner serves {country or 'leads whose country is unknown'}"
    full = candidates & (team.free == 0)
    causes = ((full, "capacity of {} reached"), (candidates & ~full, "{} outside working hours"))
    parts = [text.format(_listed(team, which)) for which, text in causes if which.any()]
    return f"nobody free: {'; '.join(parts)}"


def _listed(team: _Team, which: BoolArray) -> str:
    names = [owner.name for owner, here in zip(team.owners, which, strict=True) if here]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
