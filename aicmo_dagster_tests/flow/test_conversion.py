"""The predictive model on real tables: what it may learn from, when it is used, and when it is not."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.campaign.scoring import OUTCOMES
from aicmo_dagster.flow import conversion
from aicmo_dagster.flow.run import Run
from aicmo_dagster.flow.score import score
from aicmo_dagster.stages.conversion.features import FACTS
from aicmo_dagster.stages.standard import engagement
from aicmo_dagster.store import database
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster_tests import outreach, people

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


def test_a_model_is_learnt_from_outcomes_and_used(store: URL) -> None:
    mine = campaign()
    bring(mine, 1_000)
    trained = conversion.train(run(mine))
    assert trained.problem is None
    assert trained.in_use == trained.stored.number == 1
    assert trained.stored.leads == 1_000
    assert trained.stored.metrics["learnt_from"] + trained.stored.metrics["rows"] == 1_000
    assert trained.stored.metrics["auc"] > 0.7


def test_too_few_leads_are_said_and_nothing_is_learnt(store: URL) -> None:
    mine = campaign(min_leads=1_000, min_conversions=120)
    bring(mine, 999)
    trained = conversion.train(run(mine))
    assert trained.stored.content is None
    assert trained.stored.problem == "999 leads have a known outcome, 1,000 are needed"
    assert trained.problem is None
    assert trained.in_use is None


def test_too_few_conversions_are_said(store: URL) -> None:
    mine = campaign(min_conversions=900)
    bring(mine, 400)
    problem = conversion.train(run(mine)).stored.problem
    assert problem is not None
    assert "of them converted, 900 are needed" in problem


def lead(campaign_: Campaign, name: str, **fields: Any) -> int:
    return outreach.add_lead(
        campaign_.id, f"{name}@example.org", harvested_at=BROUGHT, updated_at=BROUGHT, **fields
    )


def known(campaign_: Campaign, at: datetime = NOW) -> dict[int, bool]:
    """Lead -> label, of the leads that can be learnt from."""
    found = conversion.trials(run(campaign_, at))
    return dict(zip(found.leads["lead_id"].tolist(), found.labels.tolist(), strict=True))


def test_a_lead_counts_when_it_converted_was_lost_or_its_time_is_over(store: URL) -> None:
    mine = campaign(horizon_days=90)
    won, late, lost, silent, unmailed = (lead(mine, name) for name in ("won", "late", "lost", "silent", "un"))
    with database.transaction() as cursor:
        for one in (won, late, lost, silent):
            mail(cursor, mine, one)
        event(cursor, won, "meeting", MAILED + timedelta(days=90))
        event(cursor, late, "converted", MAILED + timedelta(days=91))
        event(cursor, lost, "lost", MAILED + timedelta(days=5))
    assert known(mine, MAILED + timedelta(days=89)) == {won: True, lost: False}
    assert known(mine, MAILED + timedelta(days=92)) == {won: True, late: False, lost: False, silent: False}
    assert unmailed not in known(mine, MAILED + timedelta(days=900))


def test_only_the_outcomes_that_the_campaign_calls_positive_are(store: URL) -> None:
    mine = campaign(positive=["converted"])
    one, two = lead(mine, "one"), lead(mine, "two")
    with database.transaction() as cursor:
        for each in (one, two):
            mail(cursor, mine, each)
        event(cursor, one, "interested", MAILED + timedelta(days=1))
        event(cursor, two, "converted", MAILED + timedelta(days=1))
    assert known(mine) == {one: False, two: True}


def test_a_lead_that_was_brought_after_its_outcome_does_not_count(store: URL) -> None:
    mine = campaign()
    one = lead(mine, "one")
    with database.transaction() as cursor:
        event(cursor, one, "converted", BROUGHT - timedelta(days=1))
    found = conversion.trials(run(mine))
    assert len(found.leads) == 0
    assert found.too_late == 1


def test_an_outcome_of_a_lead_that_nobody_mailed_counts_from_when_it_was_brought(store: URL) -> None:
    mine = campaign()
    one = lead(mine, "one")
    with database.transaction() as cursor:
        event(cursor, one, "converted", BROUGHT + timedelta(days=3))
    found = conversion.trials(run(mine))
    assert found.labels.tolist() == [True]
    assert found.leads["as_of"].tolist() == [BROUGHT]


def test_what_was_learnt_of_a_lead_after_its_first_mail_is_not_seen(store: URL) -> None:
    people_campaign = people.campaign(scoring={"conversion": FEW}, key="learning")
    (one,) = people.bring(
        people_campaign, {"email": "one@example.org", "industry": "Mining", "employees": 10}, at=BROUGHT
    )
    with database.transaction() as cursor:
        mail(cursor, people_campaign, one)
        event(cursor, one, "converted", MAILED + timedelta(days=20))
    told = {"email": "one@example.org", "industry": "Software", "employees": 900, "funding_stage": "seed"}
    people.bring(people_campaign, told, source="manual", label="crm", at=MAILED + timedelta(days=21))
    assert people.lead(one)["industry"] == "Software"
    assert database.fetch("SELECT count(*) AS changes FROM lead_changes")[0]["changes"] == 1
    (seen,) = conversion.trials(run(people_campaign)).leads.to_dict("records")
    assert (seen["industry"], seen["employees"]) == ("Mining", 10)
    assert pd.isna(seen["funding_stage"])
    assert seen["as_of"] == MAILED


def test_the_features_have_nothing_of_what_happened_later(store: URL) -> None:
    later = {*engagement.SUMS, "contacted_at", "conversion", "opted_out_elsewhere", "updated_at", *OUTCOMES}
    assert not FACTS & later


def test_a_worse_model_is_kept_and_not_used(store: URL) -> None:
    mine = campaign()
    bring(mine, 1_200)
    first = conversion.train(run(mine))
    ids = np.array([one["id"] for one in database.fetch("SELECT id FROM leads")])
    learnt_from = ids[~conversion.held_out_leads(ids)].tolist()
    with database.transaction() as cursor:
        # What the next model learns from has nothing to do with what it is judged on.
        cursor.execute(
            "UPDATE leads SET industry = CASE WHEN hashint8(id * 31) %% 2 = 0 THEN 'software' ELSE 'mining' END, "
            "employees = 5 + abs(hashint8(id * 17)) %% 1900 WHERE id = ANY(%s)",
            [learnt_from],
        )
    second = conversion.train(run(mine, NOW + timedelta(days=7)))
    assert first.in_use == second.in_use == 1
    assert second.stored.number == 2
    assert second.stored.content is not None
    assert second.problem == second.stored.problem
    assert second.problem is not None
    assert "worse than the model in use" in second.problem or "hardly" in second.problem
    previous = second.stored.metrics["previous"]
    assert previous["number"] == 1
    assert previous["auc"] > second.stored.metrics["auc"]


def test_a_model_of_other_leads_than_there_are_now_is_not_used(store: URL) -> None:
    mine = campaign()
    bring(mine, 800)
    crowd(mine, 4_000)
    trained = conversion.train(run(mine))
    assert trained.stored.metrics["psi"] > 0.25
    assert trained.problem is not None
    assert "not like those that it learnt from: PSI" in trained.problem
    assert next(iter(trained.stored.metrics["drift"])) == "employees"
    assert trained.in_use is None


def test_the_model_in_use_is_put_out_of_use_when_the_leads_are_others(store: URL) -> None:
    mine = campaign()
    bring(mine, 800)
    assert conversion.train(run(mine)).in_use == 1
    crowd(mine, 4_000)
    again = conversion.train(run(mine, NOW + timedelta(days=7)))
    assert again.in_use is None
    assert again.problem is not None
    assert "model 1 is not used any more" in again.problem


def test_leads_that_the_rules_reject_are_no_drift(store: URL) -> None:
    mine = campaign()
    bring(mine, 800)
    crowd(mine, 4_000)
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO lead_verdicts (lead_id, verdict, reason, failed, intent, rules_version, campaign_version, "
            "run_id, judged_at) SELECT id, 'rejected', 'low_fit', '{low_fit}', 0, 1, 1, run_id, %s FROM leads "
            "WHERE identity LIKE 'crowd%%'",
            [NOW],
        )
    assert conversion.train(run(mine)).in_use == 1


def crowd(campaign_: Campaign, number: int) -> None:
    """Leads unlike those of `bring`, that nobody has written to."""
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO leads (campaign_id, identity, email_status, email_domain, industry, employees, source, "
            "source_label, source_line, run_id, harvested_at, updated_at) "
            "SELECT %s, 'crowd' || n, 'missing', 'example.org', 'software', 50000 + n, 'csv', 'crowd', n, "
            "%s, %s, %s FROM generate_series(1, %s) n",
            [campaign_.id, outreach.RUN, BROUGHT, BROUGHT, number],
        )


def test_the_same_leads_give_the_same_model(store: URL) -> None:
    mine = campaign()
    bring(mine, 600)
    first, second = (conversion.train(run(mine)).stored for _ in range(2))
    assert first.content == second.content


def test_a_stored_model_predicts_what_it_predicted_when_it_was_trained(store: URL) -> None:
    mine = campaign()
    bring(mine, 600)
    conversion.train(run(mine))
    predictor = conversion.in_use(mine)
    assert predictor is not None
    leads = conversion.trials(run(mine)).leads
    predicted = predictor(leads)
    software = leads["industry"] == "software"
    assert predicted[software].mean() > predicted[~software].mean() + 0.2
    assert predictor(leads.iloc[::-1]).loc[predicted.index].tolist() == predicted.tolist()


def test_a_model_counts_only_where_the_campaign_gives_it_a_weight(store: URL) -> None:
    mine = campaign()
    bring(mine, 600)
    conversion.train(run(mine))
    assert conversion.predictor(mine) is None
    standard = {"model": "standard", "weights": {"conversion": 3}, "conversion": FEW}
    weighted = outreach.add_campaign(outreach.config(scoring=standard))
    assert conversion.predictor(weighted) is not None
    score(run(weighted))
    (row,) = database.fetch(
        "SELECT count(*) AS leads, count(DISTINCT dimensions) AS kinds FROM lead_scores WHERE conversion_model = 1"
    )
    assert row["leads"] == 600
    assert row["kinds"] > 10


def test_the_reasons_of_a_lead_are_its_probability_in_words(store: URL) -> None:
    mine = campaign()
    bring(mine, 600)
    conversion.train(run(mine))
    predictor = conversion.numbered(mine, 1)
    assert predictor is not None
    leads = conversion.trials(run(mine)).leads
    lead_ = leads[leads["industry"] == "software"].iloc[:1]
    reasons = predictor.reasons(lead_)
    log_odds = predictor.model.base + sum(one.log_odds for one in reasons)
    assert 1 / (1 + np.exp(-log_odds)) == pytest.approx(predictor(lead_).iloc[0], abs=1e-9)
    assert any(one.sentence.startswith("industry software raises the odds") for one in reasons)
    assert conversion.numbered(mine, 2) is None


def test_a_model_of_features_that_are_read_otherwise_now_is_not_used(store: URL) -> None:
    mine = campaign()
    bring(mine, 600)
    conversion.train(run(mine))
    with database.transaction() as cursor:
        cursor.execute("UPDATE conversion_models SET content = jsonb_set(content, '{features_version}', '0')")
    assert conversion.in_use(mine) is None
    assert conversion.train(run(mine)).in_use == 2
    first = database.fetch("SELECT problem FROM conversion_models WHERE number = 1")
    assert first == [{"problem": "features are read otherwise since the program was updated"}]
