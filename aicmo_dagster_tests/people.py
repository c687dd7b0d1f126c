"""Leads that may be one person, and runs that compare them."""

import uuid
from datetime import datetime
from typing import Any

import pandas as pd

from aicmo_dagster.flow.match import Matched, match
from aicmo_dagster.flow.run import Run
from aicmo_dagster.lead import LEAD_COLUMNS
from aicmo_dagster.store import campaigns, database, leads
from aicmo_dagster_tests.outreach import NOW, add_campaign, config

PERSON = {
    "first_name": "Test",
    "last_name": "Specimen",
    "company": "Placeholder Works Ltd",
    "account_domain": "placeholder.example",
    "phone": "+4930123456",
    "city": "Berlin",
    "country_code": "DE",
    "linkedin_url": "https://www.linkedin.com/in/test-specimen",
}
"""Enough in common to be one person, whatever the address is."""


def campaign(**changes: Any) -> campaigns.Campaign:
    return add_campaign(config(**changes))


def bring(
    campaign_: campaigns.Campaign,
    *people: dict[str, Any],
    source: str = "csv",
    label: str = "leads.csv",
    at: datetime = NOW,
) -> list[int]:
    """Merge leads as a harvest does, by `identity` (default: the address); returns their numbers."""
    rows = [_lead(number, person) for number, person in enumerate(people, 1)]
    frame = pd.DataFrame(rows).astype({"line": "int64", **LEAD_COLUMNS})
    origin = leads.Origin(
        campaign_.id, source, label, uuid.uuid4(), at, "legitimate_interests", campaign_.config.matching
    )
    with database.transaction() as cursor:
        campaigns.lock(cursor, campaign_.id)
        leads.merge(cursor, frame, origin, len(frame))
        cursor.execute(
            "SELECT array_agg(id ORDER BY array_position(%(who)s, identity)) FROM leads "
            "WHERE campaign_id = %(campaign)s AND identity = ANY(%(who)s)",
            {"who": frame["identity"].tolist(), "campaign": campaign_.id},
        )
        (ids,) = cursor.fetchone() or ([],)
    return list(ids)


def _lead(line: int, person: dict[str, Any]) -> dict[str, Any]:
    email = person.get("email")
    return {
        "line": line,
        **dict.fromkeys(LEAD_COLUMNS),
        "identity": email or f"person:{person.get('first_name')}|{person.get('last_name')}",
        "email_status": "valid" if email else "missing",
        "email_domain": email and email.partition("@")[2],
        **person,
    }


def compare(campaign_: campaigns.Campaign, at: datetime = NOW) -> Matched:
    return match(Run(campaign_, uuid.uuid4(), at))


def lead(lead_id: int) -> dict[str, Any]:
    """The row without what every write changes."""
    (row,) = database.fetch("SELECT * FROM leads WHERE id = %s", [lead_id])
    return {name: row[name] for name in row if name not in ("revision", "run_id", "updated_at")}
