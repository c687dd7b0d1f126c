"""The predictive model on real tables: what it may learn from, when it is used, and when it is not."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.flow import conversion
from aicmo_dagster.flow.run import Run
from aicmo_dagster.store import campaigns, conversion_models, database
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster_tests import outreach

MAILED = datetime(2026, 1, 5, 9, tzinfo=UTC)
NOW = MAILED + timedelta(days=100)
BROUGHT = MAILED - timedelta(days=30)
FEW = {"min_leads": 300, "min_conversions": 40}


def campaign(**changes: Any) -> Campaign:
    return outreach.add_campaign(outreach.config(scoring={"conversion": {**FEW, **changes}}))


def bring(
    campaign_: Campaign, number: int, seed: int = 1, industries: Sequence[str] = ("software", "mining")
) -> None:
    """Leads that were mailed; those in software with many employees often converted three weeks later."""
    random = np.random.default_rng(seed)
    with database.transaction() as cursor:
        for one in range(number):
            industry, employees = str(random.choice(industries)), int(random.integers(5, 2_000))
            chance = 0.03 + 0.42 * (industry == "software") + 0.4 * (employees > 1_000)
            name = f"{industry}-{seed}-{one}@example.org"
            cursor.execute(
                "INSERT INTO leads (campaign_id, identity, email, email_status, email_domain, industry, employees, "
                "source, source_label, source_line, run_id, harvested_at, updated_at) VALUES "
                "(%s, %s, %s, 'valid', 'example.org', %s, %s, 'csv', 'test', 1, %s, %s, %s) RETURNING id",
                [campaign_.id, name, name, industry, employees, outreach.RUN, BROUGHT, BROUGHT],
            )
            (lead_id,) = cursor.fetchone() or (0,)
            mail(cursor, campaign_, lead_id)
            if random.random() < chance:
                event(cursor, lead_id, "converted", MAILED + timedelta(days=21))


def mail(cursor: Any, campaign_: Campaign, lead_id: int, at: datetime = MAILED) -> None:
    cursor.execute(
        "INSERT INTO sends (campaign_id, lead_id, sequence, sequence_version, step, due_at, time_zone, run_id, "
        "state, started_at, sent_at) VALUES (%s, %s, 'aggressive_close', 1, 1, %s, 'UTC', %s, 'sent', %s, %s)",
        [campaign_.id, lead_id, at, outreach.RUN, at, at],
    )


def event(cursor: Any, lead_id: int, kind: str, at: datetime) -> None:
    cursor.execute(
        "INSERT INTO engagement_events (lead_id, kind, happened_at) VALUES (%s, %s, %s)", [lead_id, kind, at]
    )


def run(campaign_: Campaign, at: datetime = NOW) -> Run:
    return Run(campaign_, uuid.uuid4(), at)


@pytest.mark.usefixtures("store")
def test_a_model_is_learnt_from_outcomes_and_used() -> None:
    mine = campaign()
    bring(mine, 1_000)
    trained = conversion.train(run(mine))
    assert trained.problem is None
    assert trained.in_use == trained.stored.number == 1
    assert trained.stored.leads == 1_000
    assert trained.stored.metrics["auc"] > 0.7
