from datetime import timedelta

from sqlalchemy.engine import URL

from aicmo_dagster.operations.funnel import Funnel, funnel
from aicmo_dagster.store import campaigns, database, sends
from aicmo_dagster_tests.outreach import NOW, add_campaign, add_lead, add_mails, add_send, config, count_mails


def _funnel() -> Funnel:
    with database.transaction() as cursor:
        return funnel(cursor, campaigns.get(cursor, "test"), NOW)


def test_mails_that_are_due_inside_the_window_wait_for_the_next_run(store: URL) -> None:
    add_mails(add_campaign().id, 2)
    assert _funnel().mails == [(2, "planned", "due: the next run sends them")]


def test_a_reached_cap_is_named_with_its_number(store: URL) -> None:
    campaign = add_campaign(config(sending={"cap_per_day": 1}))
    add_send(campaign.id, add_lead(campaign.id), state="sent", started_at=NOW, sent_at=NOW, mode="simulation")
    count_mails(1)
    add_mails(campaign.id, 3)
    assert _funnel().mails == [
        (3, "planned", "daily cap of 1 reached"),
        (1, "sent", "written to files, as a simulation does"),
    ]


def test_a_closed_window_is_named_with_its_zone(store: URL) -> None:
    campaign = add_campaign()
    add_send(campaign.id, add_lead(campaign.id), time_zone="America/Los_Angeles")
    assert _funnel().mails == [(1, "planned", "the sending window is closed in America/Los_Angeles")]


def test_later_steps_tell_when_the_first_is_due_in_the_campaigns_zone(store: URL) -> None:
    campaign = add_campaign(config(time_zone="Europe/Berlin"))
    add_send(campaign.id, add_lead(campaign.id), due_at=NOW + timedelta(days=2))
    assert _funnel().mails == [(1, "planned", "the first is due Wed 04 Mar 11:00 Europe/Berlin")]


def test_a_held_mail_keeps_its_reason_even_with_braces_in_it(store: URL) -> None:
    campaign = add_campaign()
    add_send(
        campaign.id,
        add_lead(campaign.id),
        state="held",
        reason="the template wants {{ city }}",
        next_try_at=NOW + timedelta(hours=1),
    )
    assert _funnel().mails == [
        (1, "held", "the template wants {{ city }}; tried again from Mon 02 Mar 11:00 UTC")
    ]


def test_a_mail_that_a_person_holds_is_tried_at_no_time(store: URL) -> None:
    campaign = add_campaign()
    send = add_send(campaign.id, add_lead(campaign.id))
    with database.transaction() as cursor:
        sends.hold(cursor, campaign.id, send, "ann", "why {not}")
    assert _funnel().mails == [(1, "held", "held by ann: why {not}")]


def test_the_last_harvest_tells_of_duplicates_and_of_sources_that_failed(store: URL) -> None:
    campaign = add_campaign()
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO source_attempts (campaign_id, run_id, source, source_label, outcome, error, "
            "discovered, duplicates, inserted, updated, unchanged, rejected, credits, duration_s) "
            "SELECT %s, gen_random_uuid(), 'csv', 'a.csv', outcome, error, 0, twice, 0, 0, 0, 0, 0, 0 "
            "FROM (VALUES ('failed', 'is gone', 7), ('succeeded', NULL, 2)) v(outcome, error, twice)",
            [campaign.id],
        )
    harvested = _funnel().stages[0]
    assert (harvested.name, harvested.notes) == ("harvested", ["2 repeated a lead of the same file"])


def test_leads_that_wait_for_a_vendor_are_not_enriched_yet(store: URL) -> None:
    campaign = add_campaign()
    leads = [add_lead(campaign.id, f"{number}@example.org") for number in range(4)]
    assert "enriched" not in {stage.name for stage in _funnel().stages}
    with database.transaction() as cursor:
        cursor.executemany(
            "INSERT INTO lead_enrichments VALUES (%s, %s, '{}', '{}', 1, gen_random_uuid(), now())",
            zip(leads, ("complete", "exhausted", "pending"), strict=False),
        )
    harvested, enriched, *_ = _funnel().stages
    assert (harvested.leads, enriched.name, enriched.leads) == (4, "enriched", 3)
    assert enriched.notes == ["1 complete, 1 exhausted, 1 pending"]


def test_a_merged_lead_is_told_and_counted_no_more(store: URL) -> None:
    campaign = add_campaign()
    first, second = (add_lead(campaign.id, f"{number}@example.org") for number in range(2))
    with database.transaction() as cursor:
        cursor.execute("UPDATE leads SET merged_into = %s WHERE id = %s", [first, second])
    harvested = _funnel().stages[0]
    assert (harvested.leads, harvested.notes) == (1, ["1 merged into others, being the same person"])
