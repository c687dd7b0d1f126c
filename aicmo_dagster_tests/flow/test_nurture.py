import contextlib
import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy.engine import URL

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.flow import run
from aicmo_dagster.flow.nurture import deliver, plan
from aicmo_dagster.flow.run import Run
from aicmo_dagster.store import database
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster_tests import outreach
from aicmo_dagster_tests.outreach import NOW


@pytest.fixture
def campaign(store: URL) -> Campaign:
    return outreach.add_campaign()


def _enrol(campaign: Campaign, email: str, sequence: str = "aggressive_close") -> int:
    lead = outreach.add_lead(campaign.id, email)
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO lead_routes (lead_id, tier, routing_score, intent_lifted, sequence, sequence_version, "
            "owner, owner_reason, rules_version, campaign_version, run_id, enrolled_at) "
            "VALUES (%s, 'HOT', 1, false, %s, 1, 'unassigned', '', 1, 1, %s, %s)",
            [lead, sequence, outreach.RUN, NOW],
        )
    return lead


def _run() -> Run:
    return run.start("test", uuid.uuid4())


def _nurture() -> int:
    started = _run()
    plan(started)
    return deliver(started).sent


def _left() -> list[bool]:
    return [
        row["left_at"] is not None
        for row in database.fetch("SELECT left_at FROM lead_routes ORDER BY lead_id")
    ]


def test_each_step_goes_out_on_its_day_and_the_lead_leaves_after_the_last(campaign: Campaign) -> None:
    _enrol(campaign, "lead@example.org")
    sent = []
    for day in range(9):
        with time_machine.travel(NOW + timedelta(days=day), tick=False):
            sent.append(_nurture())
    # Monday, Wednesday, and day 5 after the actual second mail's gap: Saturday moves to Monday.
    assert sent == [1, 0, 1, 0, 0, 0, 0, 1, 0]
    assert _left() == [True]


def test_a_sequence_that_ends_in_a_skip_frees_its_owner(campaign: Campaign) -> None:
    lead = _enrol(campaign, "gone@example.org")
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO engagement_events (lead_id, kind, happened_at) VALUES (%s, 'replied', %s)",
            [lead, NOW],
        )
    with time_machine.travel(NOW, tick=False):
        assert _nurture() == 0
        assert database.fetch("SELECT state, reason FROM sends") == [
            {"state": "skipped", "reason": "replied"}
        ]
        _nurture()
    assert _left() == [True]


def test_what_a_dead_process_left_is_planned_again_or_uncertain(campaign: Campaign) -> None:
    claimed = outreach.add_send(campaign.id, _enrol(campaign, "a@example.org"), state="claimed", claimed_by=7)
    sending = outreach.add_send(
        campaign.id, _enrol(campaign, "b@example.org"), state="sending", started_at=NOW
    )
    with time_machine.travel(NOW, tick=False):
        assert _nurture() == 1
    states = outreach.states()
    assert (states[claimed], states[sending]) == ("sent", "uncertain")


def test_a_planned_mail_keeps_to_the_clock_of_where_its_lead_is_by_now(campaign: Campaign) -> None:
    lead = _enrol(campaign, "lead@example.org")
    with time_machine.travel(NOW, tick=False):
        plan(_run())
        assert database.fetch("SELECT time_zone FROM sends") == [{"time_zone": campaign.config.time_zone}]
        with database.transaction() as cursor:
            cursor.execute("UPDATE leads SET time_zone = 'Asia/Tokyo' WHERE id = %s", [lead])
        assert _nurture() == 0  # it is evening there
        assert database.fetch("SELECT state, time_zone FROM sends") == [
            {"state": "planned", "time_zone": "Asia/Tokyo"}
        ]


@pytest.mark.parametrize(
    "lacking",
    [
        {"tracking": {"clicks": True}},
        {"senders": [{**outreach.SENDER, "dkim": {"selector": "s", "key_env": "AICMO_TEST_NO_KEY"}}]},
    ],
    ids=["address for tracked links", "key to sign with"],
)
def test_what_this_machine_lacks_is_no_fault_of_a_mail(store: URL, lacking: dict[str, Any]) -> None:
    document = outreach.config().model_dump(mode="json")
    document["sending"] |= lacking
    campaign = outreach.add_campaign(CampaignConfig.model_validate(document))
    _enrol(campaign, "lead@example.org")
    for day in range(7):
        with time_machine.travel(NOW + timedelta(days=day), tick=False):
            with contextlib.suppress(ConfigurationError):
                _nurture()
            assert database.fetch("SELECT state, attempts FROM sends") == [
                {"state": "planned", "attempts": 0}
            ]
