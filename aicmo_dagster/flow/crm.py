"""`hubspot_contacts` and `salesforce_leads`: routed leads, their owners and their status, where sales people look.

Only what changed is pushed. Every batch is recorded before the next leaves, so a run that was killed is run again
without harm: what was not recorded is told once more, and to be told the same twice changes nothing there.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parseaddr
from typing import NamedTuple

import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.campaign.crm import CRMS, CrmName, HubSpotAccount, SalesforceAccount
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.flow.candidates import scanned
from aicmo_dagster.flow.run import Run, utc_now
from aicmo_dagster.store import crm as store
from aicmo_dagster.store import database
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.rate_limits import RateLimits
from aicmo_dagster.vendors.crm import Crm, Entry, Taken
from aicmo_dagster.vendors.hubspot import HubSpot
from aicmo_dagster.vendors.salesforce import Salesforce

NO_OWNER = "OWNER_NOT_FOUND"
"""All was taken but for the owner: no user of the CRM has their address, or several have."""

_CHUNK_LEADS = 5_000


@dataclass
class Pushed:
    """What a run told a CRM: leads that it took (`created` of them new to it) and refused, by error.

    `told_at_last`: those who want nothing any more, of whom it was told just that. `forgotten`: records of leads that
    are not pushed any more. `skipped` says why nothing was done at all.
    """

    pushed: int = 0
    created: int = 0
    failed: int = 0
    told_at_last: int = 0
    forgotten: int = 0
    requests: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    owners_not_found: list[str] = field(default_factory=list)
    skipped: str = ""


def push(run: Run, name: CrmName) -> Pushed:
    """Tell the CRM of that name what changed. Costs no request where nothing did.

    Raises ConfigurationError where its key is not set, and what a CRM raises that takes nothing; what it took until
    then is recorded.
    """
    why_not = skipped(run.campaign.config, name)
    if why_not:
        return Pushed(skipped=why_not)
    if missing := missing_variables(run.campaign.config, name):
        raise ConfigurationError(
            f"campaign '{run.campaign.key}': {name} has no key; set {' and '.join(missing)}"
        )
    with RateLimits() as limits, closing(_opened(run.campaign.config, name, limits)) as crm:
        return _Pushing(run, crm, told(run.campaign, name)).all()


def _opened(config: CampaignConfig, name: CrmName, limits: RateLimits) -> Crm:
    account = config.crm.account(name)
    if isinstance(account, HubSpotAccount):
        return HubSpot(account, limits)
    if isinstance(account, SalesforceAccount):
        return Salesforce(account, limits)
    raise ConfigurationError(f"campaign '{config.key}' has no crm.{name}")


def skipped(config: CampaignConfig, name: CrmName) -> str:
    """Why nothing of the campaign is pushed to that CRM; empty where it is."""
    if config.crm.account(name) is None:
        return f"the campaign has no crm.{name}"
    if config.mode == "simulation" and not config.crm.in_simulation:
        return "the campaign is a simulation (crm.in_simulation: yes pushes all the same)"
    return ""


def has_work(cursor: Cursor[TupleRow], campaign: Campaign, now: datetime) -> bool:
    """Whether anything of the campaign is to be pushed to a CRM that it has and that can be reached."""
    return any(
        told(campaign, name).any_changed(cursor, now)
        for name in CRMS
        if not skipped(campaign.config, name) and not missing_variables(campaign.config, name)
    )


def missing_variables(config: CampaignConfig, name: CrmName) -> list[str]:
    """The environment variables that the CRM needs and that are not set."""
    account = config.crm.account(name)
    return [variable for variable in account.variables() if not os.environ.get(variable)] if account else []


def told(campaign: Campaign, name: CrmName) -> store.Told:
    """What the CRM of that name, which the campaign must have, is told of its leads."""
    config = campaign.config
    account = config.crm.account(name)
    known = {owner.name: parseaddr(owner.email)[1].lower() for owner in config.routing.owners}
    if isinstance(account, HubSpotAccount):
        target, fields = account.base_url, account.properties
        statuses = {account.status_property: account.statuses, "lifecyclestage": account.lifecycle_stages}
    elif isinstance(account, SalesforceAccount):
        target, fields = f"{account.base_url} {account.external_id_field}", account.fields
        statuses = {account.status_field: account.statuses}
    else:
        raise ConfigurationError(f"campaign '{campaign.key}' has no crm.{name}")
    return store.Told(
        campaign_id=campaign.id,
        key=config.key,
        name=config.name,
        crm=name,
        target=target,
        min_tier=account.min_tier,
        facts={field: fact for field, fact in fields.items() if fact},
        statuses={
            field: {str(status): value for status, value in one.items() if value}
            for field, one in statuses.items()
        },
        constants=account.constants,
        owners=known | account.owners,
    )


class _Changed(NamedTuple):
    """A row of `store.CHANGED_DTYPES`; `owner` is an id, an address or empty."""

    lead_id: int
    email: str
    owner: str
    fields: str
    fingerprint: str
    farewell: bool
    new: bool


class _Pushing:
    """One run of one CRM: what its batches share."""

    def __init__(self, run: Run, crm: Crm, told: store.Told) -> None:
        self._run, self._crm, self._told = run, crm, told
        self._owners: dict[str, str | None] = {}
        self._pushed = Pushed()

    def all(self) -> Pushed:
        """Push all that changed."""
        run, pushed = self._run, self._pushed
        with database.transaction() as cursor:
            self._told.prepare(cursor)
            pushed.forgotten = self._told.forget(cursor, run.now)
        parameters = self._told.parameters(run.now)
        chunk_rows = min(run.chunk_rows, _CHUNK_LEADS)
        for leads in scanned(self._told.changed(), parameters, store.CHANGED_DTYPES, chunk_rows):
            for batch in _batches(leads, self._crm.batch):
                self._push(batch)
                run.progress(len(batch))
        return pushed

    def _push(self, batch: Sequence[_Changed]) -> None:
        """One request, about those of the batch who still may be told about."""
        with database.transaction() as cursor:
            wanted = store.still_wanted(cursor, [row.lead_id for row in batch])
        # Who was silenced while the others were pushed has their turn in the next run.
        batch = [row for row in batch if row.lead_id in wanted and (row.farewell or wanted[row.lead_id])]
        if not batch:
            return
        ids = self._owner_ids(sorted({row.owner for row in batch if row.owner}))
        entries = [
            Entry(row.lead_id, row.email, json.loads(row.fields), ids.get(row.owner), row.new)
            for row in batch
        ]
        taken = self._crm.upsert(entries)
        results = [
            store.Result(row.lead_id, row.fingerprint, one.vendor_id, _error(one, row, entry), row.farewell)
            for row, entry, one in zip(batch, entries, taken, strict=True)
        ]
        with database.transaction() as cursor:
            store.record(cursor, self._told, results, utc_now())
        self._count(results, taken)

    def _owner_ids(self, owners: Sequence[str]) -> dict[str, str | None]:
        """Of ids and addresses: the ids. Each address is looked up once a run."""
        unknown = [owner for owner in owners if "@" in owner and owner not in self._owners]
        if unknown:
            found = self._crm.owners(unknown)
            self._owners.update({address: found.get(address) for address in unknown})
            self._pushed.owners_not_found += [
                name
                for name, address in self._told.owners.items()
                if address in unknown and address not in found
            ]
        return {owner: self._owners.get(owner) if "@" in owner else owner for owner in owners}

    def _count(self, results: Sequence[store.Result], taken: Sequence[Taken]) -> None:
        pushed = self._pushed
        pushed.requests += 1
        pushed.created += sum(one.created for one in taken)
        for result in results:
            if result.error is not None:
                pushed.failed += 1
                pushed.errors[result.error] += 1
            elif result.farewell:
                pushed.told_at_last += 1
            else:
                pushed.pushed += 1


def _error(taken: Taken, row: _Changed, entry: Entry) -> str | None:
    if taken.error is None and row.owner and entry.owner_id is None:
        return NO_OWNER
    return taken.error


def _batches(leads: pd.DataFrame, size: int) -> Iterator[list[_Changed]]:
    """Parts of at most `size` leads with different addresses."""
    leads["owner"] = leads["owner"].fillna("")
    for _, distinct in leads.groupby(leads.groupby("email").cumcount(), sort=True):
        rows = [_Changed(*row) for row in distinct.itertuples(index=False, name=None)]
        for start in range(0, len(rows), size):
            yield rows[start : start + size]
