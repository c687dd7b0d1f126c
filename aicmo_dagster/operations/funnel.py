"""Where a campaign's leads are, and why the others are not there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.stages.qualification import describe
from aicmo_dagster.stages.sending_window import closing_times
from aicmo_dagster.store import caps, figures
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.sends import UNTIL_RESUMED


@dataclass
class Stage:
    """Leads that reached a stage; `notes` say what became of the others, or of these."""

    name: str
    leads: int
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Funnel:
    """The stages of a campaign, widest first, and its mails: (number, state, why)."""

    stages: list[Stage]
    mails: list[tuple[int, str, str]]


def funnel(cursor: Cursor[TupleRow], campaign: Campaign, now: datetime) -> Funnel:
    """The campaign's funnel with a reason for every drop."""
    stages = {name: Stage(name, leads) for name, leads in figures.funnel(cursor, campaign.id).items()}
    stages["harvested"].notes = _harvest_notes(cursor, campaign.id)
    if "enriched" in stages:
        stages["enriched"].notes = _listed(figures.enrichments(cursor, campaign.id))
    stages["scored"].notes = _listed(figures.scored(cursor, campaign.id).tiers)
    stages["qualified"].notes = _verdict_notes(cursor, campaign)
    stages["routed"].notes = _listed(figures.sequences(cursor, campaign.id))
    waiting = stages["routed"].leads - stages["contacted"].leads
    if waiting > 0:
        stages["contacted"].notes = [f"{waiting:,} wait for their first mail, see below"]
    return Funnel(list(stages.values()), _mails(cursor, campaign, now))


def _listed(counts: dict[str, int]) -> list[str]:
    return [", ".join(f"{count:,} {name}" for name, count in counts.items())] if counts else []


def _harvest_notes(cursor: Cursor[TupleRow], campaign_id: int) -> list[str]:
    notes = [
        f"{row['rows']:,} not imported, {row['field']}: {row['reason']}"
        + (f" (first in line {row['line']:,})" if row["rows"] > 1 else f" (line {row['line']:,})")
        for row in figures.rejected_by_field(cursor, campaign_id)
    ]
    attempts = figures.last_harvest(cursor, campaign_id)
    duplicates = sum(row["duplicates"] for row in attempts)
    if duplicates:
        notes.append(f"{duplicates:,} repeated a lead of the same file")
    merged = figures.merged(cursor, campaign_id)
    if merged:
        notes.append(f"{merged:,} merged into others, being the same person")
    notes += [
        f"source {row['source']} {row['source_label']} failed: {row['error']}"
        for row in attempts
        if row["outcome"] == "failed"
    ]
    return notes


def _verdict_notes(cursor: Cursor[TupleRow], campaign: Campaign) -> list[str]:
    notes = []
    for verdict, count in figures.verdicts(cursor, campaign.id).items():
        state, _, reason = verdict.partition(": ")
        if state != "qualified":
            label = "wait for a review" if state == "manual_review" else "rejected"
            notes.append(f"{count:,} {label}, {reason}: {describe(reason, campaign.config)}")
    return notes


def _mails(cursor: Cursor[TupleRow], campaign: Campaign, now: datetime) -> list[tuple[int, str, str]]:
    """Mails with the same state and explanation are one line."""
    config = campaign.config
    full = _full(cursor, config, now)
    lines: dict[tuple[str, str], int] = {}
    first: dict[tuple[str, str], datetime] = {}
    for row in figures.mails(cursor, campaign.id, now):
        line = (row["state"], _why(row, config, full, now))
        lines[line] = lines.get(line, 0) + row["mails"]
        first[line] = min(first.get(line, row["first_at"]), row["first_at"])
    zone = ZoneInfo(config.time_zone)
    return [
        (
            count,
            state,
            why.format(at=f"{first[state, why].astimezone(zone):%a %d %b %H:%M} {config.time_zone}"),
        )
        for (state, why), count in lines.items()
    ]


def _full(cursor: Cursor[TupleRow], config: CampaignConfig, now: datetime) -> dict[str, str]:
    """Mailbox -> why it writes nothing more today; absent where it may."""
    limits, today = caps.Limits.of(config), config.day_of(now)[0].date()
    if caps.of_campaign(cursor, config, now) >= limits.per_day:
        return dict.fromkeys(limits.paces, f"daily cap of {limits.per_day:,} reached")
    reasons = {}
    for address in limits.paces:
        known = caps.mailbox(cursor, limits, address)
        if known.held_until is not None and known.held_until > now:
            reasons[address] = f"{address} is held: {known.held_reason}"
        elif caps.left(cursor, limits, address, today, now) == 0:
            reasons[address] = f"{address} has written its mails of the day"
    return reasons


def _why(row: dict[str, Any], config: CampaignConfig, full: Mapping[str, str], now: datetime) -> str:
    """The explanation of a mail's state; `{at}` stands for the first time of those waiting."""
    said = str(row["reason"] or "").replace("{", "{{").replace("}", "}}")
    if row["state"] == "held":
        if row["first_at"] == UNTIL_RESUMED:
            return said
        return f"{said or 'held back'}; tried again from {{at}}"
    if row["state"] == "sent":
        return "written to files, as a simulation does" if row["mode"] == "simulation" else ""
    if row["state"] != "planned":
        return said
    if not row["due"]:
        return "the first is due {at}"
    if not config.sending.senders:
        return "the campaign has no sender; give sending.senders"
    if not closing_times([row["time_zone"]], config.sending, now):
        return f"the sending window is closed in {row['time_zone']}"
    if reason := full.get(row["sender"]):
        return reason
    return "due: the next run sends them"
