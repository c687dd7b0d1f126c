from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.operations import health
from aicmo_dagster.operations.health import Rates
from aicmo_dagster.store import campaigns, database
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster_tests import outreach
from aicmo_dagster_tests.outreach import NOW

MAILBOXES = ["one@example.com", "two@example.com"]


def _config(**changes: Any) -> CampaignConfig:
    senders = [{"mailbox": box, "postal_address": "1 Test Street, Testtown"} for box in MAILBOXES]
    sending = {"senders": senders, "holds": {"least_mails": 20}}
    return CampaignConfig.model_validate({**outreach.config().model_dump(), "sending": sending, **changes})


@pytest.fixture
def campaign(store: URL) -> Campaign:
    return outreach.add_campaign(_config())


def _sent(
    campaign: Campaign,
    number: int,
    bounced: int = 0,
    complained: int = 0,
    *,
    mailbox: str = MAILBOXES[0],
    at: datetime = NOW - timedelta(days=1),
    **fields: Any,
) -> None:
    """Mails that were sent `at`, the first of them bounced, the last complained of, an hour later."""
    row = {
        "state": "sent",
        "mode": "simulation",
        "started_at": at,
        "sent_at": at,
        "sender": mailbox,
        **fields,
    }
    with database.transaction() as cursor:
        cursor.execute("SELECT count(*) FROM sends")
        (before,) = cursor.fetchone() or (0,)
    for one in range(number):
        lead = outreach.add_lead(campaign.id, f"lead{before + one}@example.org")
        send = outreach.add_send(campaign.id, lead, **row)
        kinds = ["bounced"] * (one < bounced) + ["complained"] * (one >= number - complained)
        for kind in kinds:
            _event(lead, send, kind, at + timedelta(hours=1))


def _event(lead: int, send: int | None, kind: str, at: datetime) -> None:
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO engagement_events (lead_id, send_id, kind, happened_at) VALUES (%s, %s, %s, %s)",
            [lead, send, kind, at],
        )


def _stop(campaign: Campaign, now: datetime = NOW) -> str | None:
    with database.transaction() as cursor:
        return health.stop_reason(cursor, campaign, now)


def _rates(campaign: Campaign, now: datetime = NOW) -> health.Health:
    with database.transaction() as cursor:
        return health.rates(cursor, campaign, now)


def _campaign() -> Campaign:
    with database.transaction() as cursor:
        return campaigns.get(cursor, "test")


def _held(mailbox: str) -> tuple[datetime, str] | None:
    found = database.fetch(
        "SELECT held_until, held_reason FROM mailboxes WHERE address = %s", [f"simulation {mailbox}"]
    )
    return (found[0]["held_until"], found[0]["held_reason"]) if found and found[0]["held_until"] else None


def test_too_many_bounces_pause_the_campaign_and_say_why(campaign: Campaign) -> None:
    _sent(campaign, 40, bounced=2)
    reason = "2 of 40 mails of the last seven days bounced: 5 %, and 5 % is the limit"
    assert _stop(campaign) == reason
    paused = _campaign()
    assert (paused.state, paused.state_reason) == ("paused", reason)
    (entry,) = database.fetch("SELECT actor, after FROM audit_log WHERE action = 'campaign.state'")
    assert entry == {"actor": "aicmo", "after": {"state": "paused", "reason": reason}}


def test_too_many_complaints_pause_the_campaign(campaign: Campaign) -> None:
    _sent(campaign, 40, complained=1)
    assert _stop(campaign) == (
        "1 of 40 mails of the last seven days were complained of: 2.5 %, and 0.3 % is the limit"
    )


def test_fewer_bounces_than_the_limit_stop_nothing(campaign: Campaign) -> None:
    _sent(campaign, 41, bounced=2)
    assert _stop(campaign) is None
    assert _campaign().state == "active"
    assert _held(MAILBOXES[0]) is None


def test_no_rate_is_judged_on_few_mails(campaign: Campaign) -> None:
    _sent(campaign, 19, bounced=19)
    assert _stop(campaign) is None
    _sent(campaign, 1)
    assert _stop(campaign) is not None


def test_mails_older_than_seven_days_do_not_count_nor_do_their_bounces(campaign: Campaign) -> None:
    _sent(campaign, 40, bounced=40, at=NOW - timedelta(days=7, minutes=1))
    _sent(campaign, 20)
    assert _stop(campaign) is None
    assert _rates(campaign).campaign == Rates(20, 0, 0)


def test_a_late_bounce_of_an_old_mail_does_not_count(campaign: Campaign) -> None:
    _sent(campaign, 30, bounced=10, at=NOW - timedelta(days=7, minutes=30))
    assert _rates(campaign).campaign == Rates(0, 0, 0)


def test_what_the_server_refused_before_the_mail_began_counts(campaign: Campaign) -> None:
    _sent(campaign, 38)
    _sent(campaign, 2, bounced=2, state="failed", started_at=None, sent_at=None, mode=None)
    assert _rates(campaign).campaign == Rates(38, 0, 0)  # a simulation's server refuses nobody
    with database.transaction() as cursor:
        cursor.execute("UPDATE sends SET mode = 'live' WHERE mode IS NOT NULL")
    live = replace(campaign, config=campaign.config.model_copy(update={"mode": "live"}))
    assert _rates(live).campaign == Rates(40, 2, 0)


def test_a_complaint_that_names_no_mail_is_about_the_last_one_before_it(campaign: Campaign) -> None:
    _sent(campaign, 40)
    (one,) = database.fetch("SELECT lead_id FROM sends ORDER BY id LIMIT 1")
    _event(one["lead_id"], None, "complained", NOW)
    assert _rates(campaign).campaign == Rates(40, 0, 1)


def test_mails_that_did_not_leave_do_not_count(campaign: Campaign) -> None:
    _sent(campaign, 39, bounced=2)
    _sent(campaign, 3, state="held", sent_at=None)
    assert _rates(campaign).campaign == Rates(39, 2, 0)


def test_a_simulation_does_not_count_for_what_is_live(campaign: Campaign) -> None:
    _sent(campaign, 40, bounced=20, mode="live")
    assert _stop(campaign) is None


def test_a_mailbox_that_is_bad_over_all_its_campaigns_is_held_alone(campaign: Campaign) -> None:
    other = outreach.add_campaign(_config(key="other", name="Other"))
    _sent(campaign, 60, mailbox=MAILBOXES[1])
    _sent(campaign, 10, bounced=3, mailbox=MAILBOXES[0])
    _sent(other, 20, bounced=3, mailbox=MAILBOXES[0])
    assert _stop(campaign) is None
    assert _campaign().state == "active"
    assert _held(MAILBOXES[0]) == (
        NOW + timedelta(days=1),
        "6 of 30 mails of the last seven days bounced: 20 %, and 5 % is the limit",
    )
    assert _held(MAILBOXES[1]) is None


def test_a_hold_is_renewed_when_it_ends_and_not_before(campaign: Campaign) -> None:
    _sent(campaign, 300, mailbox=MAILBOXES[1])
    _sent(campaign, 20, bounced=2)
    for hours, until in ((0, 24), (1, 24), (23, 24), (24, 48)):
        assert _stop(campaign, NOW + timedelta(hours=hours)) is None
        held = _held(MAILBOXES[0])
        assert held is not None
        assert held[0] == NOW + timedelta(hours=until)
    assert len(database.fetch("SELECT FROM audit_log WHERE action = 'mailbox.hold'")) == 2


def _resume() -> Campaign:
    """Resume, and say that it was at NOW."""
    with database.transaction() as cursor:
        resumed = campaigns.set_state(cursor, "test", "active", "tester")
        cursor.execute("UPDATE audit_log SET created_at = %s", [NOW])
    return resumed


def test_after_a_resume_only_new_mails_count(campaign: Campaign) -> None:
    _sent(campaign, 40, bounced=10)
    assert _stop(campaign) is not None
    resumed = _resume()
    assert resumed.state_reason is None
    later = NOW + timedelta(hours=2)
    assert _stop(resumed, later) is None
    assert _rates(resumed, later).mailboxes[MAILBOXES[0]] == Rates()
    _sent(campaign, 40, bounced=2, at=NOW + timedelta(hours=1))
    assert _stop(resumed, later) is not None


def test_a_pause_by_a_person_restarts_nothing(campaign: Campaign) -> None:
    _sent(campaign, 40, bounced=10)
    with database.transaction() as cursor:
        campaigns.set_state(cursor, "test", "paused", "tester")
    assert _stop(_resume()) is not None


def test_a_campaign_that_a_person_paused_stays_theirs(campaign: Campaign) -> None:
    _sent(campaign, 40, bounced=10)
    with database.transaction() as cursor:
        campaigns.set_state(cursor, "test", "paused", "tester")
    assert _stop(campaign) is not None
    assert _campaign().state_reason is None


def test_a_released_mailbox_sends_and_its_mails_count_anew(campaign: Campaign) -> None:
    _sent(campaign, 300, mailbox=MAILBOXES[1])
    _sent(campaign, 20, bounced=2)
    _stop(campaign)
    with database.transaction() as cursor:
        assert health.release(cursor, campaign, MAILBOXES[0], "tester")
        assert not health.release(cursor, campaign, MAILBOXES[0], "tester")
        cursor.execute("UPDATE audit_log SET created_at = %s", [NOW])
    _stop(campaign, NOW + timedelta(hours=1))
    assert _held(MAILBOXES[0]) is None


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Rates(999, 40, 0), None),
        (
            Rates(1000, 0, 1),
            "1 of 1,000 mails of the last seven days were complained of: 0.1 %; stay below 0.1 %",
        ),
        (Rates(1001, 0, 1), None),
        (Rates(19, 0, 1), None),
    ],
)
def test_complaints_are_warned_of_before_they_stop(found: Rates, said: str | None) -> None:
    holds = _config().sending.holds
    assert health.warning(health.Health(found), holds) == said


def test_a_mailbox_over_a_limit_is_warned_of() -> None:
    found = health.Health(Rates(1000), {MAILBOXES[0]: Rates(100, 9), MAILBOXES[1]: Rates(900)})
    assert health.warning(found, _config().sending.holds) == (
        "one@example.com: 9 of 100 mails of the last seven days bounced: 9 %, and 5 % is the limit"
    )


def test_a_release_heals_what_a_clock_far_ahead_wrote_down(campaign: Campaign) -> None:
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO mailboxes (address, first_day, next_at) "
            "VALUES (%s, current_date + 40, now() + interval '40 days')",
            [f"simulation {MAILBOXES[0]}"],
        )
        assert health.release(cursor, campaign, MAILBOXES[0], "tester")
        assert not health.release(cursor, campaign, MAILBOXES[0], "tester")
        cursor.execute("SELECT first_day = current_date, next_at FROM mailboxes")
        assert cursor.fetchone() == (True, None)
