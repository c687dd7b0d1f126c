"""How a campaign's CRMs stand: what they took, what they refused and why, and what they have not been told yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.crm import CRMS, CrmName
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.flow import crm as flow
from aicmo_dagster.store import crm as store
from aicmo_dagster.store.campaigns import Campaign


@dataclass(frozen=True)
class Standing:
    """One CRM of a campaign.

    Leads `synced` are known there as they are here, or were when they last changed; of those `failed` something was
    refused; `waiting` are told in the next push. `skipped` says why nothing is pushed, `missing` which environment
    variables are not set here. `errors` as `store.crm.errors` has them.
    """

    crm: CrmName
    synced: int
    failed: int
    waiting: int
    pushed_at: datetime | None
    next_try_at: datetime | None
    errors: Sequence[dict[str, Any]]
    skipped: str
    missing: Sequence[str]


def standings(cursor: Cursor[TupleRow], campaign: Campaign, now: datetime) -> list[Standing]:
    """One for each CRM that the campaign has."""
    found = []
    for name in configured(campaign):
        state = store.state(cursor, campaign.id, name)
        skipped = flow.skipped(campaign.config, name)
        found.append(
            Standing(
                crm=name,
                synced=state.synced,
                failed=state.failed,
                waiting=0 if skipped else flow.told(campaign, name).count_changed(cursor, now),
                pushed_at=state.pushed_at,
                next_try_at=state.next_try_at,
                errors=store.errors(cursor, campaign.id, name),
                skipped=skipped,
                missing=flow.missing_variables(campaign.config, name),
            )
        )
    return found


def configured(campaign: Campaign) -> list[CrmName]:
    """The CRMs of the campaign. Raises ConfigurationError where it has none."""
    names = [name for name in CRMS if campaign.config.crm.account(name)]
    if not names:
        raise ConfigurationError(f"campaign '{campaign.key}' has no crm.hubspot and no crm.salesforce")
    return names


def failed(cursor: Cursor[TupleRow], campaign: Campaign, most: int) -> list[dict[str, Any]]:
    """Leads that a CRM refused: `crm`, and as `store.crm.failed` has them."""
    return [
        {"crm": name, **row}
        for name in configured(campaign)
        for row in store.failed(cursor, campaign.id, name, most)
    ]


def retry(cursor: Cursor[TupleRow], campaign: Campaign) -> int:
    """Have the next push try again whatever was refused; returns how many leads that are."""
    return sum(store.retry(cursor, campaign.id, name) for name in configured(campaign))
