from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.mail import effects
from aicmo_dagster.store import database, suppressions
from aicmo_dagster_tests.outreach import NOW, RUN, add_campaign, add_lead, add_send, config, states

LATER = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def _own_database(store: URL) -> None:
    """Every test has one."""


@pytest.fixture
def campaign(_own_database: None) -> int:
    return add_campaign().id


def of(effect: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
    with database.transaction() as cursor:
        return effect(cursor, *arguments, **more)


def enrol(lead_id: int) -> None:
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO lead_routes (lead_id, tier, routing_score, intent_lifted, sequence, sequence_version, "
            "owner, owner_reason, rules_version, campaign_version, run_id, enrolled_at) VALUES "
            "(%s, 'HOT', 1, false, 'aggressive_close', 1, 'ann', 'test', 1, 1, %s, %s)",
            [lead_id, RUN, NOW],
        )


def add_sent(campaign_id: int, lead_id: int, recipient: str = "lead@example.org", **fields: Any) -> int:
    sent: dict[str, Any] = {"state": "sent", "started_at": NOW, "sent_at": NOW, "recipient": recipient}
    return add_send(campaign_id, lead_id, **{**sent, **fields})


def events(lead_id: int) -> list[str]:
    found = database.fetch(
        "SELECT kind FROM engagement_events WHERE lead_id = %s ORDER BY happened_at, id", [lead_id]
    )
    return [row["kind"] for row in found]


def suppressed() -> list[tuple[str, str]]:
    return [
        (row["value"], row["reason"])
        for row in database.fetch("SELECT value, reason FROM suppressions ORDER BY value")
    ]


def left_at(lead_id: int) -> datetime | None:
    (row,) = database.fetch("SELECT left_at FROM lead_routes WHERE lead_id = %s", [lead_id])
    found: datetime | None = row["left_at"]
    return found


def merge(lead_id: int, into: int) -> None:
    with database.transaction() as cursor:
        cursor.execute("UPDATE leads SET merged_into = %s WHERE id = %s", [into, lead_id])


def test_a_reply_ends_the_sequence_and_skips_what_waits_but_suppresses_nobody(campaign: int) -> None:
    lead = add_lead(campaign)
    enrol(lead)
    first = add_sent(campaign, lead)
    second = add_send(campaign, lead, step=2)
    assert of(effects.replied, lead, first, LATER, "question")
    assert states() == {first: "sent", second: "skipped"}
    assert database.fetch("SELECT reason FROM sends WHERE id = %s", [second]) == [{"reason": "replied"}]
    assert left_at(lead) == LATER
    assert events(lead) == ["replied"]
    assert suppressed() == []


def test_what_is_told_twice_has_one_effect(campaign: int) -> None:
    lead = add_lead(campaign)
    send = add_sent(campaign, lead)
    for effect, *more in (
        (effects.replied, send, NOW, "interested"),
        (effects.auto_replied, send, NOW, None),
        (effects.hard_bounced, send, NOW, "test"),
        (effects.complained, send, NOW, "test"),
        (effects.delivered, send, NOW),
        (effects.clicked, send, NOW, 0.5),
    ):
        assert [of(effect, lead, *more) for _ in range(2)] == [True, False], effect.__name__
    assert [of(effects.unsubscribed, lead, NOW, "test") for _ in range(2)] == [True, False]
    assert len(events(lead)) == 8


def test_mails_that_are_on_their_way_or_sent_are_never_changed(campaign: int) -> None:
    expected = {}
    for number, state in enumerate(("planned", "held", "claimed", "sending", "sent", "failed", "uncertain")):
        lead = add_lead(campaign, f"lead{number}@example.org")
        send = add_send(campaign, lead, state=state, sent_at=NOW if state == "sent" else None)
        expected[send] = "skipped" if state in ("planned", "held") else state
        of(effects.unsubscribed, lead, LATER, "test")
    assert states() == expected


def test_an_automatic_answer_makes_the_person_wait_until_the_return_and_stops_nothing(campaign: int) -> None:
    lead = add_lead(campaign)
    waiting = add_send(campaign, lead)
    of(effects.auto_replied, lead, None, NOW, NOW + timedelta(days=20))
    of(effects.auto_replied, lead, None, LATER, None)
    assert states() == {waiting: "planned"}
    (row,) = database.fetch("SELECT lead_id, until FROM lead_waits")
    assert (row["lead_id"], row["until"]) == (lead, NOW + timedelta(days=20))


@pytest.mark.parametrize("until", [None, NOW - timedelta(days=3)])
def test_an_automatic_answer_without_a_return_to_come_makes_wait_some_days(
    campaign: int, until: datetime | None
) -> None:
    of(effects.auto_replied, add_lead(campaign), None, NOW, until)
    assert database.fetch("SELECT until FROM lead_waits") == [{"until": NOW + effects.DEFAULT_WAIT}]


def test_a_hard_bounce_suppresses_the_address_in_all_campaigns_and_a_wish_overrides_it(campaign: int) -> None:
    lead = add_lead(campaign)
    other = add_campaign(config(key="other")).id
    elsewhere = add_send(other, add_lead(other))
    send = add_sent(campaign, lead)
    of(effects.hard_bounced, lead, send, NOW, "dsn")
    assert suppressed() == [("lead@example.org", "bounced")]
    assert states()[elsewhere] == "skipped"
    of(effects.unsubscribed, lead, LATER, "test")
    assert suppressed() == [("lead@example.org", "unsubscribed")]


def test_two_reports_of_one_bounce_count_once(campaign: int) -> None:
    lead = add_lead(campaign)
    send = add_sent(campaign, lead)
    of(effects.hard_bounced, lead, send, NOW, "smtp")
    of(effects.hard_bounced, lead, send, LATER, "dsn")
    assert events(lead) == ["bounced"]


def test_a_person_s_removal_from_the_list_outlasts_the_same_bounce_read_again(campaign: int) -> None:
    lead = add_lead(campaign)
    send = add_sent(campaign, lead)
    of(effects.hard_bounced, lead, send, NOW, "dsn")
    with database.transaction() as cursor:
        cursor.execute("DELETE FROM suppressions")
    of(effects.hard_bounced, lead, send, NOW, "dsn")
    assert suppressed() == []


def test_a_bounce_of_an_old_address_does_not_stop_the_lead_that_has_another_one(campaign: int) -> None:
    lead = add_lead(campaign, "new@example.org")
    send = add_sent(campaign, lead, recipient="old@example.org")
    waiting = add_send(campaign, lead, step=2)
    of(effects.hard_bounced, lead, send, NOW, "dsn")
    assert suppressed() == [("old@example.org", "bounced")]
    assert (states()[waiting], events(lead)) == ("planned", [])


def test_a_bounce_of_a_merged_lead_leaves_the_survivor_and_a_wish_does_not(campaign: int) -> None:
    survivor, merged = add_lead(campaign, "a@example.org"), add_lead(campaign, "b@example.net")
    merge(merged, survivor)
    enrol(survivor)
    waiting = add_send(campaign, survivor)
    send = add_sent(campaign, merged, recipient="b@example.net")
    of(effects.hard_bounced, merged, send, NOW, "dsn")
    assert (states()[waiting], left_at(survivor)) == ("planned", None)
    of(effects.unsubscribed, merged, LATER, "test")
    assert (states()[waiting], left_at(survivor)) == ("skipped", LATER)


def soft_bounce_of_a_new_mail(campaign: int, lead: int, day: int) -> bool:
    at = NOW + timedelta(days=day)
    send = add_sent(campaign, lead, sequence_version=day + 1, started_at=at)
    return bool(of(effects.soft_bounced, lead, send, at + timedelta(hours=1)))


def test_the_third_soft_bounce_in_a_row_suppresses_the_address(campaign: int) -> None:
    lead = add_lead(campaign)
    assert [soft_bounce_of_a_new_mail(campaign, lead, day) for day in range(3)] == [False, False, True]
    assert suppressed() == [("lead@example.org", "bounced")]


def test_several_soft_bounces_of_one_mail_count_once(campaign: int) -> None:
    lead = add_lead(campaign)
    send = add_sent(campaign, lead)
    for hour in range(5):
        of(effects.soft_bounced, lead, send, NOW + timedelta(hours=hour))
    assert (suppressed(), events(lead)) == ([], ["soft_bounced"])


@pytest.mark.parametrize("sign", [effects.delivered, effects.replied, effects.auto_replied, effects.opened])
def test_a_sign_of_delivery_clears_the_count_of_soft_bounces(
    campaign: int, sign: Callable[..., bool]
) -> None:
    lead = add_lead(campaign)
    soft_bounce_of_a_new_mail(campaign, lead, 0)
    soft_bounce_of_a_new_mail(campaign, lead, 1)
    of(sign, lead, None, NOW + timedelta(days=1, hours=2))
    assert not soft_bounce_of_a_new_mail(campaign, lead, 2)
    assert suppressed() == []


def test_a_mail_between_that_did_not_bounce_clears_the_count_where_servers_report_no_delivery(
    campaign: int,
) -> None:
    lead = add_lead(campaign)
    soft_bounce_of_a_new_mail(campaign, lead, 0)
    soft_bounce_of_a_new_mail(campaign, lead, 1)
    add_sent(campaign, lead, sequence_version=9, started_at=NOW + timedelta(days=2))
    assert not soft_bounce_of_a_new_mail(campaign, lead, 3)
    assert suppressed() == []


def test_a_complaint_suppresses_the_address_it_went_to_and_the_one_of_the_lead(campaign: int) -> None:
    lead = add_lead(campaign, "new@example.org")
    of(effects.complained, lead, add_sent(campaign, lead, recipient="old@example.org"), NOW, "arf")
    assert suppressed() == [("new@example.org", "complained"), ("old@example.org", "complained")]


@pytest.mark.parametrize("campaign_only", [False, True])
def test_who_unsubscribes_gets_nothing_more_at_the_address_that_the_mail_went_to_either(
    campaign: int, campaign_only: bool
) -> None:
    lead = add_lead(campaign, "new@example.org")
    add_sent(campaign, lead, recipient="old@example.org", started_at=NOW)
    assert of(effects.unsubscribed, lead, NOW, "test", campaign_only)
    left = [row["mailbox"] for row in database.fetch("SELECT mailbox FROM opt_outs ORDER BY 1")]
    both = ["new@example.org", "old@example.org"]
    assert (left, suppressed()) == (
        (both, []) if campaign_only else ([], [(one, "unsubscribed") for one in both])
    )
    assert of(effects.resubscribed, lead, "test", campaign_only)
    assert (database.fetch("SELECT FROM opt_outs"), suppressed()) == ([], [])


def test_who_leaves_one_campaign_still_gets_mails_of_others(campaign: int) -> None:
    lead = add_lead(campaign)
    mine = add_send(campaign, lead)
    other = add_campaign(config(key="other")).id
    elsewhere = add_send(other, add_lead(other))
    assert of(effects.unsubscribed, lead, NOW, "test", campaign_only=True)
    assert states() == {mine: "skipped", elsewhere: "planned"}
    assert suppressed() == []
    assert of(effects.unsubscribed, lead, LATER, "test")
    assert states()[elsewhere] == "skipped"


def test_a_reply_that_asks_to_be_left_alone_suppresses_everywhere(campaign: int) -> None:
    lead = add_lead(campaign)
    of(effects.replied, lead, None, NOW, "unsubscribe")
    assert suppressed() == [("lead@example.org", "unsubscribed")]
    assert events(lead) == ["replied", "unsubscribed"]


@pytest.mark.parametrize("stops", [True, False])
def test_a_reply_stops_the_company_under_all_its_domains_where_the_campaign_says_so(stops: bool) -> None:
    campaign = add_campaign(config(sending={"reply_stops_colleagues": stops})).id
    lead = add_lead(campaign, account_domain="example.com")
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO account_aliases (campaign_id, alias, account, probability, weights, run_id) "
            "SELECT %s, alias, 'example.org', 1, '{}', %s "
            "FROM unnest(ARRAY['example.com', 'example.net', 'company:example']) AS alias",
            [campaign, RUN],
        )
    of(effects.replied, lead, None, NOW, None)
    found = database.fetch("SELECT account_domain FROM stopped_accounts ORDER BY 1")
    domains = ["example.com", "example.net", "example.org"] if stops else []
    assert [row["account_domain"] for row in found] == domains


def test_evidence_turns_an_uncertain_mail_into_a_sent_one_and_nothing_else(campaign: int) -> None:
    numbers = {}
    for number, state in enumerate(("uncertain", "failed", "planned")):
        lead = add_lead(campaign, f"lead{number}@example.org")
        numbers[state] = add_send(campaign, lead, state=state, message_id=f"<{number}@x>", started_at=NOW)
    ids = ["<0@x>", "<1@x>", "<2@x>", "<9@x>"]
    assert [of(effects.settle_uncertain, ids) for _ in range(2)] == [1, 0]
    assert states() == {
        numbers["uncertain"]: "sent",
        numbers["failed"]: "failed",
        numbers["planned"]: "planned",
    }


def test_evidence_counts_for_a_mail_whose_sender_died_while_nobody_has_noticed(campaign: int) -> None:
    send = add_send(
        campaign, add_lead(campaign), state="sending", claimed_by=77, message_id="<1@x>", started_at=NOW
    )
    assert of(effects.settle_uncertain, ["<1@x>"]) == 1
    assert states() == {send: "sent"}


def test_a_bounce_of_an_uncertain_mail_proves_that_it_left(campaign: int) -> None:
    lead = add_lead(campaign)
    send = add_send(campaign, lead, state="uncertain", recipient="lead@example.org", started_at=NOW)
    of(effects.hard_bounced, lead, send, LATER, "dsn")
    assert states() == {send: "sent"}


def test_a_click_judged_anew_keeps_one_event_with_the_newer_judgement(campaign: int) -> None:
    lead = add_lead(campaign)
    of(effects.clicked, lead, None, NOW, 0.9)
    of(effects.clicked, lead, None, NOW, 0.1)
    assert database.fetch("SELECT round(human::numeric, 2)::float AS human FROM engagement_events") == [
        {"human": 0.1}
    ]


def test_an_unsubscription_by_mistake_is_taken_back_but_a_complaint_stays(campaign: int) -> None:
    lead, angry = add_lead(campaign), add_lead(campaign, "angry@example.org")
    of(effects.unsubscribed, lead, NOW, "test")
    of(effects.complained, angry, None, NOW, "arf")
    of(effects.unsubscribed, angry, NOW, "test")
    assert of(effects.resubscribed, lead, "recipient")
    assert not of(effects.resubscribed, angry, "recipient")
    assert suppressed() == [("angry@example.org", "complained")]
    assert events(lead) == []
    of(effects.unsubscribed, lead, LATER, "test")
    assert ("lead@example.org", "unsubscribed") in suppressed()


def test_taking_back_one_unsubscription_leaves_the_other(campaign: int) -> None:
    lead = add_lead(campaign)
    of(effects.unsubscribed, lead, NOW, "test", campaign_only=True)
    of(effects.unsubscribed, lead, LATER, "test")
    assert of(effects.resubscribed, lead, "recipient")
    assert suppressed() == []
    assert events(lead) == ["unsubscribed", "unsubscribed"]
    assert of(effects.resubscribed, lead, "recipient", campaign_only=True)
    assert events(lead) == []


def test_a_lead_that_was_erased_is_passed_over(campaign: int) -> None:
    for effect, *more in (
        (effects.replied, None, NOW, None),
        (effects.auto_replied, None, NOW, None),
        (effects.hard_bounced, None, NOW, "test"),
        (effects.soft_bounced, None, NOW),
        (effects.delivered, None, NOW),
        (effects.complained, None, NOW, "test"),
        (effects.unsubscribed, NOW, "test"),
    ):
        assert not of(effect, 999, *more), effect.__name__


def test_an_address_that_was_erased_is_not_written_down_again(campaign: int) -> None:
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO suppressions (kind, value, reason, added_by) "
            "VALUES ('hash', mailbox_hash('lead@example.org'), 'erased', 'test')"
        )
        assert not suppressions.add(cursor, "address", "Lead@Example.org", "asked", "test")
    assert [reason for _, reason in suppressed()] == ["erased"]
