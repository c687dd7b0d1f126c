"""What people do with single leads: look at one, add one, import a file."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.flow.harvest import harvest
from aicmo_dagster.flow.run import Progress, Run
from aicmo_dagster.operations.rejected_rows import columns_of
from aicmo_dagster.sources.chain import Attempt
from aicmo_dagster.sources.files import source_of
from aicmo_dagster.stages.harvest import clean
from aicmo_dagster.store import audit, campaigns, database, leads, queue
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.survivorship import FACTS

_MOST_LEADS = 1_000_000


def story(cursor: Cursor[TupleRow], campaign: Campaign, who: str) -> dict[str, Any]:
    """A lead's rows by stage, as `store.leads.show` has them, and `provenance`; for why it is so, see `explanation`."""
    parts = dict(leads.show(cursor, leads.find(cursor, campaign.id, who)))
    parts["provenance"] = provenance(parts["lead"], parts["changes"])
    return parts


def provenance(lead: Mapping[str, Any], changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By whose word each known fact is as it is: the lead's own origin, or the one that came with a later change.

    Per fact `field`, `value`, `source`, `label`, `line`, `request`, `at` and `lawful_basis`.
    """
    found = []
    own = {**lead, "request_id": None, "changed_at": lead["harvested_at"]}
    for fact in FACTS:
        if lead[fact] is None:
            continue
        by = own
        if origin := (lead["field_origins"] or {}).get(fact):
            source, at, label = origin
            of_fact = [one for one in changes if fact in one["after"] and one["source"] != "undo"]
            same = [one for one in of_fact if (one["source"], one["source_label"]) == (source, label)]
            # What came with a merge was said by a source of the lead that was merged.
            by = (same or [{**one, "source": source, "source_label": label} for one in of_fact] or [own])[-1]
            by = {**by, "changed_at": datetime.fromisoformat(at)}
        found.append(
            {
                "field": fact,
                "value": lead[fact],
                "source": by["source"],
                "label": by["source_label"],
                "line": by["source_line"],
                "request": by["request_id"],
                "at": by["changed_at"],
                "lawful_basis": by["lawful_basis"],
            }
        )
    return found


def add(cursor: Cursor[TupleRow], campaign: Campaign, record: Mapping[str, str], actor: str) -> None:
    """Queue a lead, given as `lead.SOURCE_FIELDS` in text, for the next harvest.

    Raises ConfigurationError where that harvest would refuse it, or nobody would take it.
    """
    _refuse_bad(record)
    if not any(source.type == "manual" for source in campaign.config.sources):
        raise ConfigurationError(
            f"campaign '{campaign.key}' takes no leads added by hand; "
            "add {type: manual} to its sources and apply it again"
        )
    queue.add(cursor, campaign.id, [record], actor)


def _refuse_bad(record: Mapping[str, str]) -> None:
    frame = pd.DataFrame([dict(record)], dtype="str")
    frame.insert(0, "line", np.array([1], dtype="int64"))
    cleaned = clean(frame)
    if len(cleaned.rejected):
        raise ConfigurationError(f"this lead cannot be taken: {cleaned.rejected['reason'].iloc[0]}")
    problem = cleaned.leads["email_problem"].iloc[0]
    if isinstance(problem, str):
        raise ConfigurationError(f"the address {record['email']!r} cannot be right: {problem}")


def delete(cursor: Cursor[TupleRow], campaign: Campaign, who: str, actor: str) -> int:
    """Delete a lead, named by number or address, with those merged into it; returns its number.

    It comes back when a source names it again: who shall get no mail belongs on the suppression list. Raises
    LeadNotFoundError, and ConflictError where it was written to.
    """
    campaigns.lock(cursor, campaign.id)
    number = leads.find(cursor, campaign.id, who)
    gone = leads.delete(cursor, number)
    audit.record(cursor, actor, "lead.delete", str(number), {"campaign": campaign.key, "leads": gone})
    return number


def import_file(campaign: Campaign, path: Path, progress: Progress, actor: str) -> Attempt:
    """Bring the leads of a file into the campaign, whatever its own sources are; returns what became of them.

    Header names of the campaign's file sources hold for this file too. Raises SourceError or NoSourceError
    where the file cannot be read at all.
    """
    source = source_of(path, columns_of(campaign.config))
    run = Run(campaign, uuid4(), datetime.now(UTC), progress)
    (attempt,) = harvest(run, sources=[source], max_leads=_MOST_LEADS)
    counts = {name: getattr(attempt, name) for name in ("inserted", "updated", "unchanged", "rejected")}
    with database.transaction() as cursor:
        audit.record(cursor, actor, "lead.import", campaign.key, None, {"file": attempt.label, **counts})
    return attempt
