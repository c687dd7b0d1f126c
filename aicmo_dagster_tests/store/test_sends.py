import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.errors import ConflictError, LeadNotFoundError
from aicmo_dagster.store import campaigns, claims, database, enrolments, sends, starts, suppressions
from aicmo_dagster.store.caps import Limits
from aicmo_dagster.store.claims import Claims
from aicmo_dagster_tests.outreach import NOW, add_campaign, add_lead, add_mails, add_send, config, states

pytestmark = pytest.mark.usefixtures("store")

DAY = (NOW.replace(hour=0), NOW.replace(hour=0) + timedelta(days=1))


def limits(**changes: Any) -> Limits:
    return replace(Limits.of(config()), **changes)


def claim(campaign_id: int, worker: int = 1, **changes: Any) -> list[sends.Claimed]:
    known = limits(per_day=changes.pop("cap_per_day", 1000), per_domain=changes.pop("per_domain", 1000))
    asked = Claims(campaign_id, worker, "sender@example.com", known, timedelta(minutes=1))
    arguments: dict[str, Any] = {
        "zones": ["UTC"],
        "opening": lambda _country, _zone: None,
        "limit": 100,
        "day": DAY,
        "now": NOW,
        **changes,
    }
    with database.transaction() as cursor:
        return claims.claim(cursor, asked, **arguments)


def refusal(
    cursor: sends.Cursor,
    send_id: int,
    worker: int = 1,
    recipient: str = "lead@example.org",
    known: Limits | None = None,
    **changes: Any,
) -> starts.Refusal | None:
    starting = starts.Starting(
        send_id,
        "sender@example.com",
        recipient,
        recipient.partition("@")[2],
        f"<{send_id}@example.com>",
        "A question",
        changes.pop("closes_at", DAY[1]),
    )
    arguments: dict[str, Any] = {"limits": known or limits(), "day": DAY, "now": NOW, **changes}
    starts.prepare(cursor)
    campaign = database.rows(cursor, "SELECT campaign_id FROM sends WHERE id = %s", [send_id])[0][
        "campaign_id"
    ]
    written = starts.write(cursor, campaign, worker, [], [starting], **arguments)
    return starts.give_back(cursor, campaign, worker, written, **arguments).get(send_id)


def started(send_id: int, **changes: Any) -> bool:
    with database.transaction() as cursor:
        return refusal(cursor, send_id, **changes) is None


def release(worker: int = 1) -> int:
    with database.transaction() as cursor:
        return claims.release(cursor, worker)


def execute(statement: str, *parameters: object) -> None:
    with database.transaction() as cursor:
        cursor.execute(statement.encode(), parameters)


def finish(send_id: int, state: starts.Ended, **changes: Any) -> str | None:
    with database.transaction() as cursor:
        starts.prepare(cursor)
        ending = starts.Ending(send_id, state, **changes)
        return starts.write(cursor, 0, 1, [ending], [], limits=limits(), day=DAY, now=NOW).states.get(send_id)


def one_claimed() -> tuple[int, int, int]:
    """Campaign, lead and its claimed send."""
    campaign = add_campaign()
    lead = add_lead(campaign.id)
    send = add_send(campaign.id, lead)
    assert [one.id for one in claim(campaign.id)] == [send]
    return campaign.id, lead, send


def test_a_claimed_mail_brings_its_lead_and_owner(store: URL) -> None:
    campaign = add_campaign()
    lead = add_lead(campaign.id, first_name="Test", city="Testtown")
    add_send(campaign.id, lead, step=2)
    (claimed,) = claim(campaign.id)
    assert (claimed.lead_id, claimed.sequence, claimed.sequence_version, claimed.step) == (
        lead,
        "aggressive_close",
        1,
        2,
    )
    assert (claimed.lead["first_name"], claimed.lead["city"]) == ("Test", "Testtown")


def test_only_what_is_due_and_whose_zone_is_open_is_claimed(store: URL) -> None:
    campaign = add_campaign()
    due = add_send(campaign.id, add_lead(campaign.id, "a@example.org"))
    add_send(campaign.id, add_lead(campaign.id, "b@example.org"), due_at=NOW + timedelta(seconds=1))
    add_send(campaign.id, add_lead(campaign.id, "c@example.org"), time_zone="Asia/Tokyo")
    add_send(
        campaign.id,
        add_lead(campaign.id, "d@example.org"),
        state="held",
        next_try_at=NOW + timedelta(seconds=1),
    )
    ready = add_send(campaign.id, add_lead(campaign.id, "e@example.org"), state="held", next_try_at=NOW)
    assert [one.id for one in claim(campaign.id)] == [due, ready]


def test_the_oldest_is_claimed_first_and_then_the_highest_priority(store: URL) -> None:
    campaign = add_campaign()
    leads = [add_lead(campaign.id, f"{name}@example.org") for name in "abc"]
    low, high, old = (
        add_send(campaign.id, lead, due_at=NOW - timedelta(hours=hours))
        for lead, hours in zip(leads, (0, 0, 1), strict=True)
    )
    for send, priority in zip((low, high, old), (0.2, 0.9, 0.1), strict=True):
        execute("UPDATE sends SET priority = %s WHERE id = %s", priority, send)
    assert [one.id for one in claim(campaign.id)] == [old, high, low]
    assert states() == dict.fromkeys((low, high, old), "claimed")


def test_a_lead_never_has_two_mails_under_way(store: URL) -> None:
    campaign = add_campaign()
    lead = add_lead(campaign.id)
    first = add_send(campaign.id, lead, step=1)
    add_send(campaign.id, lead, step=2, due_at=NOW - timedelta(days=1))
    assert [one.id for one in claim(campaign.id)] == [first]
    assert claim(campaign.id, 2) == []
    assert started(first)
    assert claim(campaign.id, 2) == []


def test_two_connections_claim_every_row_once(store: URL) -> None:
    campaign = add_campaign()
    ids = add_mails(campaign.id, 60)

    def work(worker: int) -> list[int]:
        found = []
        while batch := claim(campaign.id, worker, limit=7):
            found += [one.id for one in batch]
        return found

    with ThreadPoolExecutor(4) as pool:
        found = [one for ids in pool.map(work, range(1, 5)) for one in ids]
    assert sorted(found) == ids


def test_the_cap_holds_when_several_claim_and_start_at_once(store: URL) -> None:
    campaign = add_campaign()
    add_mails(campaign.id, 40)

    def work(worker: int) -> int:
        count = 0
        while batch := claim(campaign.id, worker, limit=3, cap_per_day=10):
            for one in batch:
                count += started(one.id, worker=worker, recipient=one.lead["email"], known=limits(per_day=10))
        return count

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(1, 5))) == 10


def test_the_cap_counts_the_mails_of_its_day_only(store: URL) -> None:
    campaign = add_campaign()
    add_mails(campaign.id, 5)
    yesterday = (DAY[0] - timedelta(days=1), DAY[0])
    (one,) = claim(campaign.id, limit=1, day=yesterday)
    assert started(one.id, recipient=one.lead["email"], day=yesterday)
    (one,) = claim(campaign.id, limit=1)
    assert started(one.id, recipient=one.lead["email"])
    assert len(claim(campaign.id, cap_per_day=3)) == 2


def test_a_claimed_mail_of_an_active_campaign_starts_once(store: URL) -> None:
    _, _, send = one_claimed()
    assert started(send)
    assert not started(send)
    assert states() == {send: "sending"}


def test_another_worker_cannot_start_it(store: URL) -> None:
    _, _, send = one_claimed()
    assert not started(send, worker=2)


def pause(campaign: int, lead: int) -> None:
    with database.transaction() as cursor:
        campaigns.set_state(cursor, "test", "paused", "test")


def reject(campaign: int, lead: int) -> None:
    execute("UPDATE lead_verdicts SET verdict = 'manual_review' WHERE lead_id = %s", lead)


def change_address(campaign: int, lead: int) -> None:
    execute("UPDATE leads SET email = 'new@example.org' WHERE id = %s", lead)


def event(kind: str) -> Callable[[int, int], None]:
    def happen(campaign: int, lead: int) -> None:
        execute(
            "INSERT INTO engagement_events (lead_id, kind, happened_at) VALUES (%s, %s, %s)", lead, kind, NOW
        )

    return happen


def suppress(kind: suppressions.Kind, value: str) -> Callable[[int, int], None]:
    def happen(campaign: int, lead: int) -> None:
        with database.transaction() as cursor:
            assert suppressions.add(cursor, kind, value, "asked", "test")

    return happen


STOPS = {
    "replied": event("replied"),
    "bounced": event("bounced"),
    "unsubscribed": event("unsubscribed"),
    "complained": event("complained"),
    "converted": event("converted"),
    "lost": event("lost"),
    "suppressed": suppress("address", "Lead@Example.ORG"),
    "suppressed domain": suppress("domain", "example.org"),
    "not_qualified": reject,
}


@pytest.mark.parametrize("reason", [*STOPS, "paused", "other address"])
def test_the_guard_says_no_when_it_happened_after_the_claim(store: URL, reason: str) -> None:
    campaign, lead, send = one_claimed()
    {**STOPS, "paused": pause, "other address": change_address}[reason](campaign, lead)
    assert not started(send)
    left = "skipped" if reason in STOPS else "planned" if reason == "paused" else "held"
    assert states() == {send: left}


def test_the_guard_says_no_to_a_live_mail_of_a_simulated_campaign(store: URL) -> None:
    _, _, send = one_claimed()
    assert not started(send, known=limits(live=True))


@pytest.mark.parametrize("reason", STOPS)
def test_planned_and_held_mails_are_skipped_with_the_reason(store: URL, reason: str) -> None:
    campaign = add_campaign()
    lead = add_lead(campaign.id)
    send = add_send(campaign.id, lead, state="held", next_try_at=NOW)
    other = add_send(campaign.id, add_lead(campaign.id, "other@example.net"))
    STOPS[reason](campaign.id, lead)
    with database.transaction() as cursor:
        assert sends.skip_stopped(cursor, campaign.id) == {reason.partition(" ")[0]: 1}
        assert sends.skip_stopped(cursor, campaign.id) == {}
    assert states() == {send: "skipped", other: "planned"}


def test_a_suppressed_domain_stops_its_subdomains_and_nothing_that_only_ends_alike(store: URL) -> None:
    campaign = add_campaign()
    inside = add_send(campaign.id, add_lead(campaign.id, "a@mail.example.org"))
    outside = add_send(campaign.id, add_lead(campaign.id, "a@notexample.org"))
    suppress("domain", "example.org")(0, 0)
    with database.transaction() as cursor:
        sends.skip_stopped(cursor, campaign.id)
    assert states() == {inside: "skipped", outside: "planned"}


def merge(lead: int, into: int) -> None:
    execute("UPDATE leads SET merged_into = %s WHERE id = %s", into, lead)


MERGED_STOPS = {
    "replied": event("replied"),
    "unsubscribed": event("unsubscribed"),
    "complained": event("complained"),
    "converted": event("converted"),
    "lost": event("lost"),
    "suppressed": suppress("address", "old.address@gmail.com"),
}


@pytest.mark.parametrize("reason", MERGED_STOPS)
def test_what_a_merged_lead_asked_for_stops_the_mails_of_its_survivor(store: URL, reason: str) -> None:
    campaign, lead, send = one_claimed()
    merged = add_lead(campaign, "oldaddress+x@gmail.com")
    merge(merged, lead)
    MERGED_STOPS[reason](campaign, merged)
    assert not started(send)
    assert database.fetch("SELECT state, reason FROM sends") == [{"state": "skipped", "reason": reason}]


@pytest.mark.parametrize("reason", MERGED_STOPS)
def test_what_a_lead_asked_for_stops_no_mail_of_a_lead_merged_elsewhere(store: URL, reason: str) -> None:
    campaign, _, send = one_claimed()
    other, merged = add_lead(campaign, "other@example.org"), add_lead(campaign, "oldaddress@gmail.com")
    merge(merged, other)
    MERGED_STOPS[reason](campaign, merged)
    with database.transaction() as cursor:
        assert sends.skip_stopped(cursor, campaign) == {}
    assert started(send)


def test_that_an_address_of_a_merged_lead_bounced_stops_no_mail_to_another_address(store: URL) -> None:
    campaign, lead, send = one_claimed()
    merged = add_lead(campaign, "old@example.org")
    merge(merged, lead)
    event("bounced")(campaign, merged)
    with database.transaction() as cursor:
        suppressions.add(cursor, "address", "old@example.org", "bounced", "smtp")
        assert sends.skip_stopped(cursor, campaign) == {}
        assert enrolments.suppressed_but_open(cursor, campaign) == 0
    assert started(send)


@pytest.mark.parametrize(
    "spelling", ["jane.doe@gmail.com", "janedoe+x@gmail.com", "jane.d.oe@googlemail.com"]
)
def test_a_suppressed_address_stops_every_spelling_of_its_mailbox(store: URL, spelling: str) -> None:
    campaign = add_campaign()
    send = add_send(campaign.id, add_lead(campaign.id, spelling))
    suppress("address", "jane.doe@gmail.com")(0, 0)
    with database.transaction() as cursor:
        assert enrolments.suppressed_but_open(cursor, campaign.id) == 1
    claim(campaign.id)
    assert not started(send, recipient=spelling)
    assert database.fetch("SELECT state, reason FROM sends") == [{"state": "skipped", "reason": "suppressed"}]


def test_an_open_mail_to_whom_a_merged_lead_was_suppressed_is_found(store: URL) -> None:
    campaign = add_campaign()
    lead, merged = add_lead(campaign.id), add_lead(campaign.id, "old@example.org")
    add_send(campaign.id, lead)
    merge(merged, lead)
    suppress("address", "old@example.org")(0, 0)
    with database.transaction() as cursor:
        assert enrolments.suppressed_but_open(cursor, campaign.id) == 1


def test_an_approved_lead_without_address_is_skipped(store: URL) -> None:
    campaign = add_campaign()
    add_send(campaign.id, add_lead(campaign.id, None))
    with database.transaction() as cursor:
        assert sends.skip_stopped(cursor, campaign.id) == {"no_email": 1}


def test_a_start_waits_for_a_suppression_that_is_not_committed_yet_and_obeys_it(store: URL) -> None:
    _, _, send = one_claimed()
    result: list[bool] = []
    with database.connect() as first:
        with first.cursor() as cursor:
            suppressions.add(cursor, "address", "lead@example.org", "asked", "test")
        starter = threading.Thread(target=lambda: result.append(started(send)))
        starter.start()
        starter.join(0.5)
        assert starter.is_alive(), "the start must wait for the suppression's commit"
        first.commit()
        starter.join(10)
    assert result == [False]


def test_a_suppression_waits_for_a_start_that_is_not_committed_yet(store: URL) -> None:
    _, _, send = one_claimed()
    with database.connect() as first:
        with first.cursor() as cursor:
            assert refusal(cursor, send) is None
        adder = threading.Thread(target=lambda: suppress("address", "lead@example.org")(0, 0))
        adder.start()
        adder.join(0.5)
        assert adder.is_alive(), "or a mail would start after the suppression's commit"
        first.commit()
        adder.join(10)
    assert not adder.is_alive()


def test_after_a_pause_is_committed_no_mail_starts(store: URL) -> None:
    _, _, send = one_claimed()
    result: list[bool] = []
    with database.connect() as first:
        with first.cursor() as cursor:
            campaigns.set_state(cursor, "test", "paused", "test")
        starter = threading.Thread(target=lambda: result.append(started(send)))
        starter.start()
        starter.join(0.5)
        assert starter.is_alive()
        first.commit()
        starter.join(10)
    assert result == [False]


def test_after_a_crash_claimed_mails_are_planned_and_started_ones_uncertain(store: URL) -> None:
    campaign = add_campaign()
    first, second, third = add_mails(campaign.id, 3)
    claim(campaign.id, limit=2)
    assert started(first, recipient="lead0@example.org")
    with database.transaction() as cursor:
        assert claims.orphans(cursor, campaign.id, NOW) == (1, 1)
    assert states() == {first: "uncertain", second: "planned", third: "planned"}
    assert [one.id for one in claim(campaign.id)] == [second, third], "an uncertain mail is not sent again"


def test_an_answer_is_recorded_with_the_time_and_the_servers_words(store: URL) -> None:
    _, _, send = one_claimed()
    started(send)
    assert finish(send, "sent", reply="250 queued") == "sent"
    (row,) = database.fetch("SELECT sent_at, reply, reason FROM sends")
    assert row == {"sent_at": NOW, "reply": "250 queued", "reason": None}


def test_a_held_mail_waits_longer_each_time_and_fails_at_the_fifth_attempt(store: URL) -> None:
    campaign, _, send = one_claimed()
    waits = []
    for _ in range(4):
        assert finish(send, "held", reason="busy") == "held"
        (row,) = database.fetch("SELECT next_try_at FROM sends")
        waits.append((row["next_try_at"] - NOW) / timedelta(minutes=1))
        claim(campaign, now=row["next_try_at"])
    assert waits == [15, 60, 240, 960]
    assert finish(send, "held", reason="busy") == "failed"


def test_trouble_that_is_not_about_the_mail_does_not_count_against_it(store: URL) -> None:
    campaign, _, send = one_claimed()
    for _ in range(7):
        assert finish(send, "held", reason="no network", counted=False) == "held"
        assert len(claim(campaign, now=NOW + timedelta(minutes=15))) == 1


def test_a_worker_that_lost_its_claim_records_nothing(store: URL) -> None:
    campaign, _, send = one_claimed()
    with database.transaction() as cursor:
        claims.orphans(cursor, campaign, NOW)
    claim(campaign, 2)
    assert finish(send, "held", reason="late") is None
    assert states() == {send: "claimed"}


def test_released_mails_can_be_claimed_again(store: URL) -> None:
    campaign, _, send = one_claimed()
    assert release() == 1
    assert [one.id for one in claim(campaign, 2)] == [send]


def test_an_uncertain_mail_is_resolved_once_and_the_audit_log_knows_by_whom(store: URL) -> None:
    _, _, send = one_claimed()
    started(send)
    finish(send, "uncertain", reason="lost")
    with database.transaction() as cursor:
        sends.resolve(cursor, send, "sent", "tester")
    assert states() == {send: "sent"}
    assert database.fetch("SELECT actor, subject FROM audit_log WHERE action = 'send.resolve'") == [
        {"actor": "tester", "subject": str(send)}
    ]
    with pytest.raises(LeadNotFoundError, match="no uncertain send"), database.transaction() as cursor:
        sends.resolve(cursor, send, "failed", "tester")


def test_sends_are_listed_by_campaign_and_state(store: URL) -> None:
    campaign = add_campaign()
    other = add_campaign(config(key="other"))
    first, second = add_mails(campaign.id, 2)
    add_send(other.id, add_lead(other.id))
    execute("UPDATE sends SET state = 'skipped', reason = 'replied' WHERE id = %s", first)
    with database.transaction() as cursor:
        assert [row["id"] for row in sends.listing(cursor, campaign.id)] == [second, first]
        (row,) = sends.listing(cursor, state="skipped")
    assert (row["campaign"], row["email"], row["reason"]) == ("test", "lead0@example.org", "replied")


def hold(send: int, why: str | None = None, campaign: int | None = None) -> bool:
    with database.transaction() as cursor:
        return sends.hold(cursor, campaign or campaigns.get(cursor, "test").id, send, "ann", why)


def resume(send: int) -> None:
    with database.transaction() as cursor:
        sends.resume(cursor, campaigns.get(cursor, "test").id, send, "bob")


def test_a_mail_that_a_person_holds_is_not_claimed_before_it_is_resumed(store: URL) -> None:
    campaign = add_campaign()
    lead = add_lead(campaign.id)
    first, second = (add_send(campaign.id, lead, step=step) for step in (1, 2))
    other = add_send(campaign.id, add_lead(campaign.id, "other@example.org"))
    assert hold(first, "we talk to her")
    in_a_century = NOW + timedelta(days=36_525)
    assert [one.id for one in claim(campaign.id, now=in_a_century)] == [other]
    resume(first)
    assert [one.id for one in claim(campaign.id)] == [first]
    assert states()[second] == "planned"


def test_who_held_and_resumed_a_mail_is_in_the_audit_log(store: URL) -> None:
    campaign = add_campaign()
    (send,) = add_mails(campaign.id, 1)
    assert hold(send, "why not")
    assert not hold(send, "again")
    resume(send)
    found = database.fetch(
        "SELECT actor, action, before, after FROM audit_log WHERE action LIKE 'send.%%' ORDER BY id"
    )
    assert [tuple(row.values()) for row in found] == [
        ("ann", "send.hold", {"state": "planned"}, {"state": "held", "reason": "held by ann: why not"}),
        ("bob", "send.resume", {"state": "held", "reason": "held by ann: why not"}, {"state": "planned"}),
    ]


def test_a_worker_that_claimed_a_mail_before_it_was_held_does_not_send_it(store: URL) -> None:
    _, _, send = one_claimed()
    assert hold(send)
    with database.transaction() as cursor:
        assert refusal(cursor, send) == "again"
    assert release() == 0
    assert states() == {send: "held"}


def test_a_hold_waits_for_a_start_that_is_not_committed_yet_and_then_comes_too_late(store: URL) -> None:
    _, _, send = one_claimed()
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as cursor:
            assert refusal(cursor, send) is None
            late = pool.submit(hold, send)
        with pytest.raises(ConflictError, match="is sending"):
            late.result(30)
    assert states() == {send: "sending"}


def test_a_mail_that_was_tried_before_goes_on_as_one_to_be_tried_again(store: URL) -> None:
    campaign = add_campaign()
    lead = add_lead(campaign.id)
    send = add_send(campaign.id, lead, state="held", attempts=2, reason="greylisted", next_try_at=NOW)
    hold(send)
    resume(send)
    (row,) = database.fetch("SELECT state, reason, next_try_at IS NULL AS never FROM sends")
    assert row == {"state": "held", "reason": "the server asked to try later", "never": False}


@pytest.mark.parametrize("state", ["sending", "sent", "failed", "uncertain", "skipped"])
def test_a_mail_that_has_left_or_never_will_is_not_held(store: URL, state: str) -> None:
    campaign = add_campaign()
    send = add_send(campaign.id, add_lead(campaign.id), state=state, started_at=NOW, sent_at=NOW)
    with pytest.raises(ConflictError, match=f"is {state}"):
        hold(send)
    assert states() == {send: state}


def test_only_a_mail_that_a_person_holds_is_resumed(store: URL) -> None:
    campaign = add_campaign()
    for state, reason in (("planned", None), ("held", "it is a holiday there")):
        send = add_send(
            campaign.id, add_lead(campaign.id, f"{state}@example.org"), state=state, reason=reason
        )
        with pytest.raises(ConflictError, match="nothing to resume"):
            resume(send)


def test_a_mail_is_not_held_in_the_name_of_another_campaign(store: URL) -> None:
    campaign, other = add_campaign(), add_campaign(config(key="other"))
    (send,) = add_mails(campaign.id, 1)
    with pytest.raises(LeadNotFoundError, match="has no mail"):
        hold(send, campaign=other.id)
    assert states() == {send: "planned"}


def test_a_wish_for_no_mails_ends_a_mail_that_a_person_holds(store: URL) -> None:
    campaign = add_campaign()
    lead = add_lead(campaign.id)
    send = add_send(campaign.id, lead)
    hold(send)
    event("unsubscribed")(campaign.id, lead)
    with database.transaction() as cursor:
        assert sends.skip_stopped(cursor, campaign.id) == {"unsubscribed": 1}
    with pytest.raises(ConflictError):
        resume(send)


def test_pages_of_mails_are_filtered(store: URL) -> None:
    campaign = add_campaign()
    lead = add_lead(campaign.id)
    first = add_send(campaign.id, lead)
    second = add_send(campaign.id, lead, step=2, due_at=NOW + timedelta(days=2), sender="b@example.com")
    hold(second)
    filters: list[tuple[dict[str, Any], list[int]]] = [
        ({}, [second, first]),
        ({"state": "held"}, [second]),
        ({"sender": "b@example.com"}, [second]),
        ({"lead_id": lead, "step": 1}, [first]),
        ({"due_from": NOW + timedelta(days=1)}, [second]),
        ({"due_before": NOW + timedelta(days=2)}, [first]),
        ({"before": second}, [first]),
        ({"limit": 1}, [second]),
        ({"lead_id": lead + 1}, []),
    ]
    with database.transaction() as cursor:
        for wanted, found in filters:
            assert [row["id"] for row in sends.page(cursor, campaign.id, **wanted)] == found, wanted
        shown = sends.get(cursor, campaign.id, second)
    assert (shown["next_try_at"], shown["held_by_a_person"]) == (None, True)


def test_an_attempt_that_failed_does_not_count_as_another_mail_to_the_person(store: URL) -> None:
    _, _, send = one_claimed()
    assert started(send, known=limits(per_person=1))
    assert finish(send, "held", reason="the server said: later") == "held"
    execute("UPDATE sends SET state = 'claimed', claimed_by = 1 WHERE id = %s", send)
    assert started(send, known=limits(per_person=1))


def test_what_is_claimed_of_people_who_left_since_is_no_reason_to_send_nothing(store: URL) -> None:
    campaign, _, _ = one_claimed()
    execute(
        "INSERT INTO suppressions (kind, value, reason, added_by) VALUES "
        "('address', 'lead@example.org', 'unsubscribed', 'test')"
    )
    with database.transaction() as cursor:
        assert enrolments.suppressed_but_open(cursor, campaign) == 0
        claims.orphans(cursor, None, NOW)
        assert enrolments.suppressed_but_open(cursor, campaign) == 1
        sends.skip_stopped(cursor, campaign)
        assert enrolments.suppressed_but_open(cursor, campaign) == 0
