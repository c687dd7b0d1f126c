"""Back-test a changed configuration: on demand, and for every change of decisions that is applied."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.errors import CampaignNotFoundError, ConfigurationError
from aicmo_dagster.flow import backtest as flow
from aicmo_dagster.flow.backtest import SEED, Replay
from aicmo_dagster.flow.run import utc_now
from aicmo_dagster.privacy import sentence
from aicmo_dagster.stages.backtest.comparison import Comparison
from aicmo_dagster.store import backtests, campaigns, database, migrate
from aicmo_dagster.store.campaigns import Campaign

DAYS, MOST_DAYS = 30, 365
APPLIED_LEADS = 20_000
"""At most so many leads are judged while a change is applied: a few seconds."""

DECIDING = ("icp", "scoring", "qualification", "routing")
"""Sections of a campaign whose change is back-tested when it is applied."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Report:
    """A back-test: numbers of leads, no names and no addresses. `of_leads` is how many the campaign has."""

    campaign: str
    version: int
    days: int
    start: datetime
    end: datetime
    of_leads: int
    points: int
    seed: int | None
    comparison: Comparison

    def as_json(self) -> dict[str, Any]:
        """As it is stored and printed."""
        plain = asdict(self)
        return {**plain, "start": self.start.isoformat(), "end": self.end.isoformat()}


def backtest(
    key: str,
    changed: CampaignConfig,
    days: int = DAYS,
    most_leads: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Compare the campaign's present configuration with `changed`, which was checked, over the last `days`.

    Changes nothing. Raises ConfigurationError where `changed` is another campaign or a number is out of range,
    and CampaignNotFoundError.
    """
    if not 1 <= days <= MOST_DAYS:
        raise ConfigurationError(f"cannot look {days} days back; give 1 to {MOST_DAYS} days")
    if most_leads is not None and most_leads < 1:
        raise ConfigurationError(f"cannot judge {most_leads} leads; give a number from 1")
    migrate.ensure_current()
    with database.transaction() as cursor:
        campaign = campaigns.get(cursor, key)
    if changed.key != key:
        raise ConfigurationError(
            f"the document is the campaign {changed.key!r}, not {key!r}; a back-test compares two versions of "
            f"one campaign: write key: {key}"
        )
    return compared(campaign, changed, utc_now(), days, most_leads, progress)


def compared(
    campaign: Campaign,
    changed: CampaignConfig,
    now: datetime,
    days: int = DAYS,
    most_leads: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """The campaign as it is beside `changed`, over the days until `now`."""
    start = now - timedelta(days=days)
    wanted = Replay(campaign.id, campaign.config, changed, start, now, most_leads)
    found = flow.replay(wanted, progress or _silent)
    sampled = found.comparison.leads < found.of_leads
    return Report(
        campaign.key,
        campaign.version,
        days,
        start,
        now,
        found.of_leads,
        found.points,
        SEED if sampled else None,
        found.comparison,
    )


def of_change(changed: CampaignConfig) -> dict[str, Any] | None:
    """What is stored with a new version: its back-test, or a sentence about why it failed; None without need.

    There is need where the campaign has leads and the change touches `DECIDING`.
    """
    with database.transaction() as cursor:
        try:
            campaign = campaigns.get(cursor, changed.key)
        except CampaignNotFoundError:
            return None
        if not _decides_otherwise(campaign.config, changed):
            return None
        if backtests.counted(cursor, campaign.id) == 0:
            return None
    try:
        return compared(campaign, changed, utc_now(), most_leads=APPLIED_LEADS).as_json()
    except Exception as error:  # Whatever it is, it must not stand in the way of the change.
        return {"error": sentence(error)}


def _decides_otherwise(before: CampaignConfig, after: CampaignConfig) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in DECIDING)


def _silent(done: int, leads: int) -> None:
    """Progress that nobody follows."""
