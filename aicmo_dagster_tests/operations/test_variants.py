from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.operations import variants
from aicmo_dagster.store import database, enrolments
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.variants import Counted, Step
from aicmo_dagster_tests import outreach
from aicmo_dagster_tests.outreach import NOW

STEP: Step = ("aggressive_close", 1, 1)
OLD = NOW - timedelta(days=8)


def config(text: str = "Hello, this is a test.", **sequence: Any) -> CampaignConfig:
    """A campaign whose first step has two variants."""
    step = {
        "day": 0,
        "subject": "A test",
        "text": text,
        "variants": [{"name": "short", "subject": "Test"}, {"name": "long", "subject": "A longer test"}],
    }
    content = {"days": 7, "choose_winner": True, "steps": [step], **sequence}
    return outreach.config(sequences={"aggressive_close": content})


@pytest.fixture
def campaign(store: URL) -> Campaign:
    return outreach.add_campaign(config())


def _mails(
    campaign: Campaign,
    variant: str | None,
    number: int,
    replies: int = 0,
    *,
    kind: str = "replied",
    at: datetime = OLD,
    after: timedelta = timedelta(days=1),
    names_mail: bool = True,
) -> list[int]:
    """The leads of mails sent `at`; the first ones replied `after` that."""
    with database.transaction() as cursor:
        cursor.execute(
            """
            INSERT INTO leads (campaign_id, identity, email, email_status, email_domain, source, source_label,
                source_line, run_id, harvested_at, updated_at)
            SELECT %(campaign)s, a, a, 'valid', 'example.org', 'manual', 'test', 1, %(run)s, %(now)s, %(now)s
            FROM (SELECT 'lead' || gen_random_uuid() || '@example.org' FROM generate_series(1, %(number)s)) l (a)
            RETURNING id
            """,
            {"campaign": campaign.id, "run": outreach.RUN, "now": NOW, "number": number},
        )
        leads = [int(lead) for (lead,) in cursor.fetchall()]
        cursor.execute(
            "INSERT INTO sends (campaign_id, lead_id, sequence, sequence_version, step, state, due_at, time_zone, "
            "sent_at, started_at, variant, run_id) SELECT %(campaign)s, lead, %(name)s, %(version)s, %(step)s, 'sent', "
            "%(at)s, 'UTC', %(at)s, %(at)s, %(variant)s, %(run)s FROM unnest(%(leads)s::bigint[]) AS lead",
            {
                "campaign": campaign.id,
                "name": STEP[0],
                "version": STEP[1],
                "step": STEP[2],
                "at": at,
                "variant": variant,
                "run": outreach.RUN,
                "leads": leads,
            },
        )
        cursor.execute(
            "INSERT INTO engagement_events (lead_id, send_id, kind, happened_at) "
            "SELECT lead_id, CASE WHEN %s THEN id END, %s, %s FROM sends WHERE lead_id = ANY(%s)",
            [names_mail, kind, at + after, leads[:replies]],
        )
    return leads


def _trial(campaign: Campaign, now: datetime = NOW) -> variants.Trial:
    with database.transaction() as cursor:
        (trial,) = variants.trials(cursor, campaign, now)
    return trial


def _counted(campaign: Campaign, name: str = "short", now: datetime = NOW) -> Counted:
    return {one.name: one.counted for one in _trial(campaign, now).variants}[name]


def _choose_winners(campaign: Campaign) -> dict[Step, str]:
    with database.transaction() as cursor:
        return variants.choose_winners(cursor, campaign, NOW)


def _winners(campaign: Campaign) -> dict[Step, str]:
    with database.transaction() as cursor:
        return enrolments.winners(cursor, campaign.id)


def test_each_variant_is_counted_beside_the_steps_own_text(campaign: Campaign) -> None:
    _mails(campaign, None, 40, 4)
    _mails(campaign, "short", 30, 6, kind="interested")
    trial = _trial(campaign)
    assert [(one.name, one.counted) for one in trial.variants] == [
        ("base", Counted(40, 0, 4, 0)),
        ("short", Counted(30, 0, 6, 6)),
        ("long", Counted()),
    ]
    assert trial.variants[0].comparison is None
    assert trial.variants[1].comparison is not None
    assert trial.variants[1].comparison.lift == pytest.approx(2)


def test_mails_that_can_still_be_answered_do_not_count_yet(campaign: Campaign) -> None:
    _mails(campaign, "short", 10, 10, at=NOW - timedelta(days=6, hours=23))
    _mails(campaign, "short", 5, 1, at=NOW - timedelta(days=7))
    assert _counted(campaign) == Counted(5, 10, 1, 0)


def test_a_reply_that_comes_too_late_does_not_count(campaign: Campaign) -> None:
    _mails(campaign, "short", 10, 5, at=NOW - timedelta(days=30), after=timedelta(days=7))
    _mails(campaign, "short", 10, 3, at=NOW - timedelta(days=30), after=timedelta(days=6, hours=23))
    assert _counted(campaign) == Counted(20, 0, 3, 0)


def test_a_reply_that_names_no_mail_is_one_to_the_last(campaign: Campaign) -> None:
    _mails(campaign, "short", 10, 5, names_mail=False)
    assert _counted(campaign) == Counted(10, 0, 5, 0)


def test_who_replied_twice_counts_once(campaign: Campaign) -> None:
    leads = _mails(campaign, "short", 10, 5)
    outreach_events = [(lead, "interested") for lead in leads[:2]]
    _events(outreach_events)
    assert _counted(campaign) == Counted(10, 0, 5, 2)


def _events(events: list[tuple[int, str]]) -> None:
    with database.transaction() as cursor:
        cursor.executemany(
            "INSERT INTO engagement_events (lead_id, send_id, kind, happened_at) "
            "SELECT lead_id, id, %s, %s FROM sends WHERE lead_id = %s",
            [(kind, OLD + timedelta(days=2), lead) for lead, kind in events],
        )


def test_who_says_no_has_not_replied(campaign: Campaign) -> None:
    leads = _mails(campaign, "short", 10, 5)
    _events([(leads[0], "unsubscribed"), (leads[1], "complained")])
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO received_messages (mailbox, message_id, kind, lead_id, send_id, category, confidence, "
            "received_at, rules_version) SELECT 'sender@example.com', '<1@example.org>', 'reply', lead_id, id, "
            "'not_interested', 0.9, %s, 1 FROM sends WHERE lead_id = %s",
            [OLD, leads[2]],
        )
    assert _counted(campaign) == Counted(10, 0, 2, 0)


def test_mails_that_did_not_arrive_do_not_count(campaign: Campaign) -> None:
    _mails(campaign, "short", 10, 0)
    with database.transaction() as cursor:
        cursor.execute("UPDATE sends SET state = 'uncertain' WHERE id IN (SELECT id FROM sends LIMIT 4)")
    assert _counted(campaign) == Counted(6, 0, 0, 0)


def test_the_winner_is_chosen_once(campaign: Campaign) -> None:
    _mails(campaign, None, 300, 12)
    _mails(campaign, "short", 300, 45)
    _mails(campaign, "long", 300, 12)
    assert _choose_winners(campaign) == {STEP: "short"}
    assert _winners(campaign) == {STEP: "short"}
    assert _choose_winners(campaign) == {}
    chosen = _trial(campaign).chosen
    assert chosen is not None
    assert (chosen.variant, chosen.chosen_by) == ("short", "aicmo")
    (entry,) = database.fetch("SELECT actor, after FROM audit_log WHERE action = 'variant.choose'")
    assert entry == {"actor": "aicmo", "after": {"variant": "short"}}


def test_nobody_is_chosen_while_it_is_open(campaign: Campaign) -> None:
    _mails(campaign, None, 300, 12)
    _mails(campaign, "short", 300, 18)
    _mails(campaign, "long", 300, 12)
    assert _choose_winners(campaign) == {}
    assert _winners(campaign) == {}


def test_nobody_is_chosen_where_a_person_wants_to(store: URL) -> None:
    campaign = outreach.add_campaign(config(choose_winner=False))
    _mails(campaign, None, 300, 12)
    _mails(campaign, "short", 300, 45)
    assert _choose_winners(campaign) == {}
    assert _trial(campaign).winner == "short"


def _choose(campaign: Campaign, variant: str | None, sequence: str = STEP[0], number: int = 1) -> Step:
    with database.transaction() as cursor:
        return variants.choose(cursor, campaign, sequence, number, variant, "tester")


def test_a_person_chooses_another_and_takes_it_back(campaign: Campaign) -> None:
    assert _choose(campaign, "long") == STEP
    assert _winners(campaign) == {STEP: "long"}
    _choose(campaign, "base")
    assert _winners(campaign) == {STEP: "base"}
    _choose(campaign, None)
    assert _winners(campaign) == {}
    actions = database.fetch("SELECT action, actor FROM audit_log WHERE action LIKE 'variant.%%' ORDER BY id")
    assert [tuple(one.values()) for one in actions] == [
        ("variant.choose", "tester"),
        ("variant.choose", "tester"),
        ("variant.reopen", "tester"),
    ]


def test_the_newest_version_is_chosen_for(campaign: Campaign) -> None:
    _mails(campaign, "short", 10, 1)
    changed = outreach.add_campaign(config("Hello, this is another test."))
    with database.transaction() as cursor:
        found = variants.trials(cursor, changed, NOW)
    assert [(trial.step, trial.variants[1].counted.mails) for trial in found] == [
        (("aggressive_close", 2, 1), 0),
        (STEP, 10),
    ]
    assert _choose(changed, "long") == ("aggressive_close", 2, 1)


@pytest.mark.parametrize(
    ("sequence", "number", "variant", "says"),
    [
        ("close", 1, "short", "no sequence 'close'; there are: aggressive_close, "),
        ("aggressive_close", 2, "short", "has no step 2; it has 1"),
        ("aggressive_close", 0, "short", "has no step 0; it has 1"),
        ("aggressive_close", 1, "shorter", "no variant 'shorter'; there are: base, short, long"),
    ],
)
def test_what_does_not_exist_cannot_be_chosen(
    campaign: Campaign, sequence: str, number: int, variant: str, says: str
) -> None:
    with pytest.raises(ConfigurationError, match=says):
        _choose(campaign, variant, sequence, number)


def test_a_campaign_without_variants_has_nothing_to_compare(store: URL) -> None:
    campaign = outreach.add_campaign()
    with database.transaction() as cursor:
        assert variants.trials(cursor, campaign, NOW) == []
