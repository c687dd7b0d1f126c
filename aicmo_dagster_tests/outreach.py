"""Rows that tests of mail need: a campaign, qualified leads, planned sends."""

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.store import campaigns, database

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
RUN = uuid.UUID(int=1)
UNPACED = {"per_day": 1_000_000, "ramp_days": 0, "per_week": 10_000_000, "gap_minutes": 0}
"""A mailbox that may write as fast as it can."""

SENDER = {
    "mailbox": "Test Sender <sender@example.com>",
    "postal_address": "1 Test Street, Testtown",
    "pace": UNPACED,
}


def config(**changes: Any) -> CampaignConfig:
    """A campaign that can compose; `sending` is merged into its own."""
    sending = {"cap_per_day": 1000, "per_domain_a_day": 1000, "sender": SENDER, **changes.pop("sending", {})}
    return CampaignConfig.model_validate(
        {
            "key": "test",
            "name": "Test",
            "icp": {"industries": ["Software"]},
            "sources": [{"type": "manual"}],
            "sending": sending,
            # Its leads have no country.
            "qualification": {"policy": {"unknown_country": "allow"}},
            **changes,
        }
    )


def add_campaign(document: CampaignConfig | None = None) -> campaigns.Campaign:
    with database.transaction() as cursor:
        return campaigns.apply(cursor, document or config(), Path(), "test")[0]


def add_lead(campaign_id: int, email: str | None = "lead@example.org", **fields: Any) -> int:
    """The id of a qualified, routed lead."""
    row = {
        "campaign_id": campaign_id,
        "identity": email or f"person:{uuid.uuid4()}",
        "email": email,
        "email_status": "valid" if email else "missing",
        "email_domain": email.partition("@")[2] if email else None,
        "source": "manual",
        "source_label": "test",
        "source_line": 1,
        "run_id": RUN,
        "harvested_at": NOW,
        "updated_at": NOW,
        **fields,
    }
    with database.transaction() as cursor:
        columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
        cursor.execute(
            f"INSERT INTO leads ({columns}) VALUES ({places}) RETURNING id".encode(), list(row.values())
        )
        (lead_id,) = cursor.fetchone() or (0,)
        cursor.execute(
            "INSERT INTO lead_verdicts (lead_id, verdict, reason, failed, intent, rules_version, "
            "campaign_version, run_id, judged_at) VALUES (%s, 'qualified', 'qualified', '{}', 1, 1, 1, %s, %s)",
            [lead_id, RUN, NOW],
        )
    return int(lead_id)


def add_send(campaign_id: int, lead_id: int, **fields: Any) -> int:
    """The id of a planned first mail of `aggressive_close`, due now in UTC."""
    row = {
        "campaign_id": campaign_id,
        "lead_id": lead_id,
        "sequence": "aggressive_close",
        "sequence_version": 1,
        "step": 1,
        "due_at": NOW,
        "time_zone": "UTC",
        "sender": "sender@example.com",
        "run_id": RUN,
        **fields,
    }
    with database.transaction() as cursor:
        columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
        cursor.execute(
            f"INSERT INTO sends ({columns}) VALUES ({places}) RETURNING id".encode(), list(row.values())
        )
        (send_id,) = cursor.fetchone() or (0,)
    return int(send_id)


def count_mails(number: int) -> None:
    """Have the campaign's simulation as many mails started on the day of `NOW`."""
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO send_counts (scope, key, day, started) VALUES ('campaign', 'simulation test', %s, %s)",
            [NOW.date(), number],
        )


def add_mails(campaign_id: int, number: int) -> list[int]:
    """The ids of first mails to `number` different leads."""
    return [
        add_send(campaign_id, add_lead(campaign_id, f"lead{one}@example.org", first_name=f"Test{one}"))
        for one in range(number)
    ]


def states() -> dict[int, str]:
    """Send -> state, of all sends."""
    return {row["id"]: row["state"] for row in database.fetch("SELECT id, state FROM sends ORDER BY id")}
