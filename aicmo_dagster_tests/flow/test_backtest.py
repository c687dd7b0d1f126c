"""A changed campaign beside the present one, on leads as they were known."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.flow import backtest, run
from aicmo_dagster.flow.backtest import Replay, Replayed, replay
from aicmo_dagster.flow.score import score
from aicmo_dagster.stages.backtest.comparison import Comparison
from aicmo_dagster.store import campaigns, database, suppressions
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster_tests import outreach, people, pipelines
from aicmo_dagster_tests.outreach import NOW
from aicmo_dagster_tests.people import bring

DAY = timedelta(days=1)
END = NOW + 10 * DAY
IDEAL = {
    "title": "CEO",
    "company": "Placeholder Ltd",
    "industry": "Software",
    "employees": 120,
    "company_size": "medium",
    "revenue_usd": 12_000_000.0,
    "country": "Germany",
    "country_code": "DE",
    "recent_job_change": True,
    "company_hiring": True,
    "is_decision_maker": True,
}


def config(**changes: Any) -> CampaignConfig:
    return pipelines.config(**{"scoring": {"model": "classic"}, **changes})


def person(number: int, **facts: Any) -> dict[str, Any]:
    domain = f"company{number}.example.org"
    return {**IDEAL, "email": f"lead{number}@{domain}", "account_domain": domain, **facts}


@pytest.fixture
def campaign(store: URL, tmp_path: Any) -> Campaign:
    return pipelines.apply(tmp_path, config())


def silent(done: int, leads: int) -> None:
    pass


def look(campaign: Campaign, changed: CampaignConfig, days: int = 5, most: int | None = None) -> Replayed:
    wanted = Replay(campaign.id, campaign.config, changed, END - days * DAY, END, most)
    return replay(wanted, silent)


def compared(campaign: Campaign, changed: CampaignConfig, days: int = 5) -> Comparison:
    return look(campaign, changed, days).comparison


def test_the_same_configuration_changes_nothing(campaign: Campaign) -> None:
    bring(campaign, *(person(number, employees=number) for number in range(1, 6)))
    found = compared(campaign, campaign.config)
    assert (found.leads, found.changed, found.ever_changed, found.flips) == (5, 0, 0, [])
    assert found.before == found.after


def test_the_present_side_is_what_the_stages_say(campaign: Campaign) -> None:
    bring(
        campaign, *(person(number, industry=name) for number, name in enumerate(["Software", "Retail", None]))
    )
    score(run.Run(campaign, outreach.RUN, END))
    stored = pipelines.values("SELECT tier FROM lead_scores")
    found = compared(campaign, campaign.config)
    assert {name: count for name, count in found.before.tiers.items() if count} == {
        tier: stored.count(tier) for tier in stored
    }


def test_a_raised_threshold_flips_exactly_the_leads_between_the_old_one_and_the_new(
    campaign: Campaign,
) -> None:
    titles = ["CEO", "Director", "Engineer", None]
    industries = ["Software", "Retail", None]
    bring(
        campaign,
        *(person(number, title=titles[number % 4], industry=industries[number % 3]) for number in range(12)),
    )
    score(run.Run(campaign, outreach.RUN, END))
    scores = {
        row["lead_id"]: row["score"] for row in database.fetch("SELECT lead_id, score FROM lead_scores")
    }
    warm = sorted(scores.values())[8]
    expected = {lead for lead, one in scores.items() if 0.70 <= one < warm}
    assert expected
    found = compared(
        campaign, config(scoring={"model": "classic", "tiers": {"hot": 0.999, "warm": warm, "cool": 0.5}})
    )
    shown = [one for one in found.flips if one.kind == "tier" and one.after == "COOL"]
    assert sum(one.leads for one in shown) == len(expected)
    assert {one.lead_id for one in found.examples if one.flips.get("tier", ("", ""))[1] == "COOL"} <= expected
    assert set(found.causes) == {"thresholds"}


def test_a_lead_is_judged_on_earlier_days_by_what_was_known_then(campaign: Campaign) -> None:
    (lead,) = bring(campaign, person(1, country="Germany"))
    bring(campaign, person(1, country="France", country_code="FR"), source="manual", at=END - DAY)
    forbids = config(qualification={"forbidden_countries": ["DE"]})
    found = compared(campaign, forbids)
    assert (found.changed, found.ever_changed) == (0, 1)
    forbids = config(qualification={"forbidden_countries": ["FR"]})
    found = compared(campaign, forbids)
    assert (found.changed, found.ever_changed) == (1, 1)
    (example,) = found.examples
    assert example.lead_id == lead
    assert example.why == ["qualified becomes policy"]
    # Before the window began it was in France already, so nothing of Germany is looked at.
    found = backtest.replay(
        Replay(
            campaign.id, campaign.config, config(qualification={"forbidden_countries": ["DE"]}),
            END - DAY / 2, END,
        ),
        silent,
    ).comparison  # fmt: skip
    assert found.ever_changed == 0


def test_a_lead_of_the_window_is_not_judged_before_it_was_there(campaign: Campaign) -> None:
    bring(campaign, person(1), at=END - DAY)
    assert look(campaign, campaign.config).points == 2  # the evening it came, and the end


def test_a_suppression_counts_from_the_moment_it_was_made(campaign: Campaign) -> None:
    bring(campaign, person(1), person(2))
    with database.transaction() as cursor:
        suppressions.add(cursor, "address", person(1)["email"], "unsubscribed", "test")
        suppressions.add(cursor, "domain", "company2.example.org", "asked for it", "test")
    pipelines.execute("UPDATE suppressions SET created_at = %s", END + DAY)
    assert compared(campaign, campaign.config).before.verdicts == {"qualified": 2}
    pipelines.execute("UPDATE suppressions SET created_at = %s", END - DAY)
    assert compared(campaign, campaign.config).before.reasons == {"suppressed": 2}


def test_a_decision_of_a_reviewer_counts_for_the_facts_it_was_made_on(campaign: Campaign) -> None:
    one, two = bring(campaign, person(1), person(2))
    for lead in (one, two):
        pipelines.execute(
            "INSERT INTO reviews (lead_id, lead_revision, decision, reviewer, created_at) "
            "VALUES (%s, 1, 'reject', 'ann', %s)",
            lead,
            END - 3 * DAY,
        )
    bring(campaign, person(2, title="CTO"), source="manual", at=END - DAY)
    found = compared(campaign, campaign.config)
    assert found.before.reasons == {"rejected_by_reviewer": 1, "qualified": 1}


def test_mails_and_owners_are_those_that_would_have_been(campaign: Campaign) -> None:
    owners = [{"name": name, "email": f"{name}@example.com"} for name in ("ann", "bo")]
    bring(campaign, *(person(number) for number in range(4)), at=END - 3 * DAY)
    changed = config(
        routing={"owners": owners},
        sequences={"aggressive_close": {"days": 1, "steps": [{"day": 0, "subject": "One", "text": "Mail"}]}},
    )
    found = compared(campaign, changed)
    assert found.before.owners == {"unassigned": 4}
    assert found.after.owners == {"ann": 2, "bo": 2}
    assert sum(found.before.mails_due.values()) == 8  # of day 0 and day 2
    assert found.after.mails_due == {f"{END - 3 * DAY:%Y-%m-%d}": 4}


def test_a_reply_stops_the_mails_of_both_sides(campaign: Campaign) -> None:
    (lead,) = bring(campaign, person(1), at=END - 3 * DAY)
    at = END - 2 * DAY
    pipelines.execute(
        "INSERT INTO engagement_events (lead_id, kind, happened_at, created_at) VALUES (%s, 'replied', %s, %s)",
        lead,
        at,
        at,
    )
    assert sum(compared(campaign, campaign.config).before.mails_due.values()) == 1


def outcome(campaign: Campaign, lead: int, kind: str, mailed: datetime, ended: datetime) -> None:
    outreach.add_send(campaign.id, lead, started_at=mailed)
    pipelines.execute(
        "INSERT INTO engagement_events (lead_id, kind, happened_at, created_at) VALUES (%s, %s, %s, %s)",
        lead,
        kind,
        ended,
        ended,
    )


def test_outcomes_are_measured_by_the_score_before_the_first_mail(campaign: Campaign) -> None:
    good, poor = person(1), person(2, industry="Retail", employees=5, company_size="startup", title="Student")
    won, lost = bring(campaign, good, poor)
    outcome(campaign, won, "meeting", NOW + DAY, NOW + 2 * DAY)
    outcome(campaign, lost, "lost", NOW + DAY, NOW + 2 * DAY)
    # Found out afterwards, it must not count.
    bring(campaign, {**good, **poor, "email": good["email"]}, source="manual", at=NOW + 3 * DAY)
    bring(campaign, {**poor, **good, "email": poor["email"]}, source="manual", at=NOW + 3 * DAY)
    found = compared(campaign, campaign.config, days=30)
    assert found.before.outcomes is not None
    assert found.before.outcomes.auc == 1.0
    (tier_of_won,) = [tier for tier, one in found.before.outcomes.tiers.items() if one.positive]
    assert tier_of_won in ("HOT", "WARM")


def test_without_known_outcomes_there_are_none(campaign: Campaign) -> None:
    bring(campaign, person(1))
    assert compared(campaign, campaign.config).before.outcomes is None


def test_of_a_campaign_without_leads_there_is_nothing_to_tell(campaign: Campaign) -> None:
    found = look(campaign, config(qualification={"min_icp_fit": 0.9}))
    assert (found.points, found.comparison.leads, found.comparison.before.mails_due) == (0, 0, {})


def test_it_writes_nothing_at_all(campaign: Campaign) -> None:
    (lead,) = bring(campaign, person(1), person(2))[:1]
    outcome(campaign, lead, "meeting", NOW + DAY, NOW + 2 * DAY)
    before = pipelines.row_versions()
    with database.connect(autocommit=True) as connection:
        # From now on no connection can write.
        connection.execute(
            "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || quote_ident(current_database()) "
            "|| ' SET default_transaction_read_only = on'; END $$"
        )
    found = compared(campaign, config(qualification={"forbidden_countries": ["DE"]}), days=30)
    assert found.changed == 2
    assert pipelines.row_versions() == before


def test_a_sample_is_the_same_every_time(campaign: Campaign) -> None:
    bring(campaign, *(person(number, employees=number) for number in range(30)))
    changed = config(qualification={"min_icp_fit": 0.95})
    first, again = (look(campaign, changed, most=10) for _ in range(2))
    assert first == again
    assert (first.comparison.leads, first.of_leads) == (10, 30)


def test_chunks_change_nothing(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(campaign, *(person(number, employees=number * 20) for number in range(12)))
    changed = config(qualification={"min_icp_fit": 0.95})
    whole = look(campaign, changed)
    monkeypatch.setattr(backtest, "CHUNK_LEADS", 5)
    assert look(campaign, changed) == whole


def test_progress_is_told_up_to_the_last_lead(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(campaign, *(person(number) for number in range(5)))
    monkeypatch.setattr(backtest, "CHUNK_LEADS", 2)
    told: list[tuple[int, int]] = []
    replay(
        Replay(campaign.id, campaign.config, campaign.config, END - DAY, END),
        lambda done, leads: told.append((done, leads)),
    )
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_a_lead_that_was_merged_is_not_counted(store: URL) -> None:
    own = people.campaign()
    alike = {**people.PERSON, "title": "CEO"}
    bring(own, {**alike, "email": "a@placeholder.example"}, {**alike, "email": "b@placeholder.example"})
    with database.transaction() as cursor:
        own = campaigns.get(cursor, own.key)
    assert people.compare(own).merged == 1
    assert compared(own, own.config).leads == 1
