"""Decisions are explained as they were made, whatever has changed since."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from aicmo_dagster.errors import LeadNotFoundError
from aicmo_dagster.flow import conversion
from aicmo_dagster.flow.score import score
from aicmo_dagster.operations import explanation, reviews
from aicmo_dagster.operations.explanation import Explanation
from aicmo_dagster.operations.explanation.score import Score
from aicmo_dagster.stages import scoring
from aicmo_dagster.stages.qualification import RULES
from aicmo_dagster.stages.scoring import Reason
from aicmo_dagster.stages.standard.model import STANDARD
from aicmo_dagster.store import campaigns, database, sends
from aicmo_dagster_tests import outreach, pipelines
from aicmo_dagster_tests.flow import test_conversion as outcomes
from aicmo_dagster_tests.stages.lead_frames import campaign, lead_frame
from aicmo_dagster_tests.stages.standard.test_model import ICP, leads

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
LATER = datetime(2026, 12, 7, 12, tzinfo=UTC)


def told(who: str | int, key: str | None = None, now: datetime = LATER) -> Explanation:
    with database.transaction() as cursor:
        return explanation.explain(cursor, str(who), key, now)


def address(number: int) -> str:
    return pipelines.ideal(number)["Email"]


def prepared(project: Path, *rows: dict[str, str], **changes: Any) -> None:
    """The campaign with these leads (or an ideal one), run once."""
    pipelines.write_leads(project / "leads.csv", rows or [pipelines.ideal(1)])
    pipelines.apply(project, pipelines.config(**changes))
    pipelines.run(at=NOW)


def changed_by_hand(who: str, **said: str) -> None:
    """A person corrects the lead's facts; it is scored and judged anew, by the campaign as it is."""
    with database.transaction() as cursor:
        campaign_ = campaigns.get(cursor, "test")
    reviews.edit(campaign_, reviews.named(campaign_, [who]), said, "reviewer")


def dimensions(score: Score | None) -> dict[str, Reason]:
    assert score is not None
    return {one.name: one for group in score.groups for one in group.dimensions}


@settings(deadline=None, max_examples=60)
@given(row=leads, weights=st.lists(st.floats(0.01, 10), min_size=5, max_size=len(STANDARD.dimensions)))
def test_contributions_of_stored_values_add_up_to_the_stored_score(
    row: dict[str, Any], weights: list[float]
) -> None:
    own = dict(zip((one.name for one in STANDARD.dimensions), weights, strict=False))
    config = campaign(icp=ICP, scoring={"model": "standard", "weights": own})
    frame = lead_frame(row)
    found = scoring.score(frame, config, STANDARD).iloc[0]
    stored = {one.name: round(float(np.float32(found[one.name])), 6) for one in STANDARD.dimensions}
    reasons = scoring.reasons(frame, stored, config, STANDARD)
    assert abs(sum(one.contribution for one in reasons) - found["score"]) < 1e-9
    assert [one.name for one in reasons] == [one.name for one in STANDARD.dimensions]
    assert all(one.sentence for one in reasons)


def test_the_chain_is_told_from_the_row_to_the_mail(project: Path) -> None:
    prepared(project)
    found = told(address(1))
    assert (found.campaign, found.name, found.status) == ("test", address(1), "contacted")
    assert (found.origin.source, found.origin.label, found.origin.line) == ("csv", "leads.csv", 2)
    assert found.enrichment.sentence == "the campaign asks no vendor"
    assert found.score is not None
    assert found.verdict is not None
    assert found.route is not None
    assert found.verdict.verdict == "qualified"
    assert found.route.sequence == "aggressive_close"
    assert len(found.route.signals) == 6
    assert [(one.step, one.state) for one in found.mails.mails] == [(1, "sent"), (2, "planned")]
    assert found.mails.next.startswith("Step 2")


def test_the_stored_score_is_told_with_every_dimension(project: Path) -> None:
    prepared(project)
    found = told(address(1)).score
    assert found is not None
    of_score = dimensions(found)
    assert [*of_score] == [one.name for one in scoring.MODELS[found.model].dimensions]
    assert abs(sum(one.contribution for one in of_score.values()) - found.score) < 1e-9
    assert abs(sum(one.weight for one in of_score.values()) - 1) < 1e-9
    assert sum(one.contribution for one in found.groups) == pytest.approx(found.score)
    assert found.recomputed.same is True
    assert all(one.sentence for one in of_score.values())


def test_scoring_sees_the_profile_of_the_campaign_and_says_so(project: Path) -> None:
    prepared(project)
    of_score = dimensions(told(address(1)).score)
    assert "Software" in of_score["industry"].sentence
    assert "CEO" in of_score["title"].sentence
    assert of_score["industry"].facts == {"industry": "Software"}


def test_unknown_and_unasked_dimensions_are_told_as_such(project: Path) -> None:
    prepared(project, pipelines.ideal(1, Industry=""))
    of_score = dimensions(told(address(1)).score)
    assert of_score["industry"].value is None
    assert of_score["industry"].sentence == "unknown, so it counts as 0.5"
    assert of_score["industry"].contribution == of_score["industry"].weight * 0.5
    assert of_score["technologies"].sentence == "the campaign does not ask for it, so it does not count"
    assert of_score["technologies"].contribution == 0


def test_a_decision_stays_explained_as_it_was_made_when_configuration_and_facts_have_changed(
    project: Path,
) -> None:
    prepared(project)
    before = told(address(1))
    pipelines.apply(
        project,
        pipelines.config(
            icp={"industries": ["Fishing"], "titles": ["Nurse"]},
            scoring={"weights": {"title": 3.0}},
            qualification={"min_icp_fit": 0.99},
        ),
    )
    pipelines.execute(
        "INSERT INTO lead_changes (campaign_id, lead_id, changed_at, run_id, source, source_label, source_line, "
        "lawful_basis, before, after) SELECT campaign_id, id, %s, run_id, 'csv', 'later.csv', 2, lawful_basis, "
        """'{"title": "CEO", "industry": "Software", "country_code": "DE", "company_hiring": true}', """
        """'{"title": "Nurse", "industry": "Fishing", "country_code": "FR", "company_hiring": false}' FROM leads""",
        LATER,
    )
    pipelines.execute(
        "UPDATE leads SET title = 'Nurse', industry = 'Fishing', country_code = 'FR', company_hiring = false, "
        "revision = revision + 1, updated_at = %s",
        LATER,
    )
    after = told(address(1))
    assert before.score is not None
    assert before.verdict is not None
    assert after.score is not None
    assert after.verdict is not None
    assert after.route is not None
    assert after.score.facts_changed
    assert after.verdict.facts_changed
    assert not before.score.facts_changed
    assert after.score.groups == before.score.groups
    assert after.verdict.rules == before.verdict.rules
    assert after.score.recomputed.same is True
    assert after.verdict.recomputed.same is True
    assert after.route.recomputed.same is True


def test_a_lead_that_was_judged_anew_is_explained_by_the_new_configuration(project: Path) -> None:
    prepared(project)
    pipelines.apply(project, pipelines.config(icp={"industries": ["Fishing"]}))
    changed_by_hand(address(1), title="Nurse")
    found = told(address(1))
    assert found.score is not None
    assert found.verdict is not None
    assert found.route is not None
    assert found.score.recomputed.same is True
    assert found.verdict.recomputed.same is True
    assert found.verdict.campaign_version == 2
    # The route is of the first version, made on a score that has been replaced since.
    assert found.route.campaign_version == 1
    assert found.route.recomputed.same is True
    assert found.route.score is not None
    assert found.route.score > found.score.score
    assert [change.source for change in found.origin.changes] == ["manual"]


def test_a_score_of_another_version_of_the_model_says_why_it_cannot_be_recomputed(project: Path) -> None:
    prepared(project)
    pipelines.execute("UPDATE lead_scores SET model_version = 99")
    found = told(address(1)).score
    assert found is not None
    assert found.recomputed.same is None
    assert "version 99 of the model" in found.recomputed.sentence
    assert found.groups == ()


def test_a_prediction_that_had_a_part_in_the_score_is_told_with_its_reasons(store: URL) -> None:
    rules = {"conversion": outcomes.FEW, "model": "standard", "weights": {"conversion": 0.5}}
    mine = outreach.add_campaign(outreach.config(scoring=rules))
    outcomes.bring(mine, 600)
    conversion.train(outcomes.run(mine))
    score(outcomes.run(mine))
    found = told(pipelines.values("SELECT id FROM leads WHERE industry = 'software' ORDER BY id")[0]).score
    assert found is not None
    assert found.prediction is not None
    assert found.prediction.number == 1
    assert dimensions(found)["conversion"].value == pytest.approx(found.prediction.probability, abs=1e-6)
    assert any("industry software raises the odds" in one.sentence for one in found.prediction.reasons)
    assert found.recomputed.same is True
    pipelines.execute("UPDATE conversion_models SET content = jsonb_set(content, '{features_version}', '0')")
    outdated = told(pipelines.values("SELECT min(lead_id) FROM lead_scores")[0]).score
    assert outdated is not None
    assert outdated.recomputed.same is None
    assert "the predictive model 1 reads other features now" in outdated.recomputed.sentence


def test_a_verdict_of_rules_that_are_no_more_says_so(project: Path) -> None:
    prepared(project)
    pipelines.execute("UPDATE lead_verdicts SET rules_version = 1")
    verdict = told(address(1)).verdict
    assert verdict is not None
    assert verdict.recomputed.same is None
    assert "version 1 of the rules" in verdict.recomputed.sentence
    assert {one.code: one.passed for one in verdict.rules}["email_typo"] is None


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("UPDATE lead_scores SET dimensions[1] = 0.123", "industry"),
        ("UPDATE lead_scores SET tier = 'COLD'", "tier"),
    ],
)
def test_a_stored_score_that_does_not_come_out_again_is_told(project: Path, damage: str, what: str) -> None:
    prepared(project)
    first = STANDARD.dimensions[0].name
    pipelines.execute(damage)
    found = told(address(1)).score
    assert found is not None
    assert found.recomputed.same is False
    assert (first if what == "industry" else what) in found.recomputed.sentence


def test_every_rule_is_listed_in_order_with_what_it_saw(project: Path) -> None:
    weak = dict.fromkeys(list(pipelines.IDEAL)[-6:], "")
    prepared(project, pipelines.ideal(1, **weak))
    verdict = told(address(1)).verdict
    assert verdict is not None
    assert [one.code for one in verdict.rules] == [one.code for one in RULES]
    failed = [one for one in verdict.rules if one.passed is False]
    assert [one.code for one in failed] == ["low_intent"]
    assert verdict.reason == "low_intent"
    assert failed[0].severity == "review"
    assert failed[0].evidence == "intent 0.00 of 0.20 needed: no signal is known"
    assert verdict.sentence.startswith("shows an intent below 0.20")


def test_a_reviewers_decision_is_told_and_the_verdict_recomputes_with_it(project: Path) -> None:
    weak = dict.fromkeys(list(pipelines.IDEAL)[-6:], "")
    prepared(project, pipelines.ideal(1, **weak))
    with database.transaction() as cursor:
        campaign_ = campaigns.get(cursor, "test")
    assert told(address(1)).mails.next == "No mail before a person decides: aicmo review list test"
    reviews.decide(campaign_, reviews.named(campaign_, [address(1)]), "approve", "ann", reason="known")
    found = told(address(1))
    assert found.verdict is not None
    assert (found.verdict.verdict, found.verdict.reason) == ("qualified", "approved")
    assert [(one.decision, one.reviewer, one.reason) for one in found.verdict.reviews] == [
        ("approve", "ann", "known")
    ]
    assert found.verdict.reviews[0].on_present_facts
    assert found.verdict.recomputed.same is True
    assert found.mails.next.startswith("The lead gets a sequence")


def test_owners_are_told_as_the_run_found_them(project: Path) -> None:
    owners = [
        {"name": "Ann", "email": "ann@example.com"},
        {"name": "Bob", "email": "bob@example.com", "capacity": 1},
        {"name": "Cleo", "email": "cleo@example.com", "territories": ["France"]},
    ]
    rows = [pipelines.ideal(1), pipelines.ideal(2)]
    prepared(project, *rows, routing={"owners": owners})
    route = told(address(1)).route
    assert route is not None
    assert [(one.owner, one.active, one.chosen) for one in route.considered] == [
        ("Ann", 0, True),
        ("Bob", 0, False),
        ("Cleo", 0, False),
    ]
    assert route.considered[2].sentence == "does not serve DE, only France"
    pipelines.write_leads(project / "leads.csv", [*rows, pipelines.ideal(3)])
    pipelines.run(at=LATER)
    later = told(address(3)).route
    assert later is not None
    assert [(one.owner, one.active) for one in later.considered[:2]] == [("Ann", 1), ("Bob", 1)]
    assert later.considered[1].sentence == "was full: 1 leads of at most 1"


@pytest.mark.parametrize(
    ("row", "changes", "sentence"),
    [
        (
            {"Industry": "Fishing", "Country": "Kenya", "# Employees": "9", "Annual Revenue": "$1"},
            {},
            "rejected",
        ),
        ({}, {"sending": {"sender": None}}, "the campaign has no sender"),
    ],
)
def test_why_no_mail_leaves_is_told(
    project: Path, row: dict[str, str], changes: dict[str, Any], sentence: str
) -> None:
    prepared(project, pipelines.ideal(1, **row), **changes)
    assert sentence in told(address(1)).mails.next


def test_a_mail_beyond_the_cap_of_the_day_waits_for_tomorrow(project: Path) -> None:
    prepared(project, pipelines.ideal(1), pipelines.ideal(2), sending={"cap_per_day": 1})
    found = [told(address(number), now=NOW + timedelta(hours=1)) for number in (1, 2)]
    (waiting,) = (one for one in found if one.status == "routed")
    assert waiting.mails.next == "Step 1 is due and waits for tomorrow: the daily cap of 1 is reached."


def test_a_lead_of_a_paused_campaign_waits_for_it(project: Path) -> None:
    prepared(project)
    with database.transaction() as cursor:
        campaigns.set_state(cursor, "test", "paused", "test")
    assert told(address(1)).mails.next == "No mail while the campaign is paused: aicmo campaigns resume test"


def test_a_lead_that_is_new_is_told_to_wait_for_its_run(project: Path) -> None:
    pipelines.write_leads(project / "leads.csv", [pipelines.ideal(1)])
    pipelines.apply(project, pipelines.config())
    pipelines.run(job="harvest", at=NOW)
    found = told(address(1))
    assert (found.score, found.verdict, found.route) == (None, None, None)
    assert found.mails.next == "No mail: the lead is not judged yet. Run the campaign: aicmo run test"


def test_a_route_whose_score_is_gone_and_cannot_be_made_again_is_called_uncertain(project: Path) -> None:
    prepared(project)
    pipelines.execute("UPDATE lead_routes SET tier = 'COLD'")
    damaged = told(address(1)).route
    assert damaged is not None
    assert damaged.recomputed.same is False
    pipelines.apply(project, pipelines.config(icp={"industries": ["Fishing"]}))
    changed_by_hand(address(1), title="Nurse")
    route = told(address(1)).route
    assert route is not None
    assert route.recomputed.same is None
    assert "scored anew since" in route.recomputed.sentence


def test_vendors_that_were_asked_are_told_with_answer_and_cost(project: Path) -> None:
    prepared(project)
    pipelines.apply(project, pipelines.config(verification={"vendors": [{"type": "hunter"}]}))
    pipelines.execute(
        "WITH request AS (INSERT INTO vendor_requests (campaign_id, run_id, vendor, operation, state, subjects, found, "
        "credits) SELECT campaign_id, run_id, 'hunter', 'verify', 'answered', 2, 2, 1.0 FROM leads RETURNING id) "
        "INSERT INTO vendor_answers (vendor, operation, subject, request_id, place, record, answered_at) "
        """SELECT 'hunter', 'verify', %s, id, 0, '{"verification": "valid"}', %s FROM request""",
        address(1),
        NOW,
    )
    (answer,) = told(address(1)).enrichment.answers
    assert (answer.vendor, answer.credits, answer.said, answer.taken) == (
        "hunter",
        0.5,
        ("verification",),
        (),
    )
    assert answer.sentence == "told verification; nothing of it was new, or another's word weighs more"


def test_leads_that_were_merged_are_told_with_the_probability(project: Path) -> None:
    prepared(project, pipelines.ideal(1), pipelines.ideal(2))
    one, two = sorted(pipelines.values("SELECT id FROM leads"))
    pipelines.execute("UPDATE leads SET merged_into = %s WHERE id = %s", one, two)
    pipelines.execute(
        "INSERT INTO lead_matches (campaign_id, lead_id, other_id, probability, weights, state, survivor_id, run_id) "
        "SELECT campaign_id, %s, %s, 0.97, '{}', 'merged', %s, run_id FROM leads WHERE id = %s",
        one,
        two,
        one,
        one,
    )
    (same,) = told(two).enrichment.same_person
    assert (same.lead_id, same.state, same.probability, same.label) == (two, "merged", 0.97, "leads.csv")


def test_an_address_in_several_campaigns_has_to_be_told_apart(project: Path) -> None:
    prepared(project)
    pipelines.apply(project, pipelines.config(key="other"))
    pipelines.run("other", at=NOW)
    with pytest.raises(LeadNotFoundError, match="2 campaigns: other, test; say which with: --campaign other"):
        told(address(1))
    assert told(address(1), "other").campaign == "other"
    number = told(address(1), "test").lead_id
    assert told(number).campaign == "test"


def test_nobody_is_told_with_how_to_search(store: URL) -> None:
    with pytest.raises(LeadNotFoundError, match="no campaign has a lead 'nobody@example"):
        told("nobody@example.org")


def test_the_same_state_gives_the_same_json(project: Path) -> None:
    prepared(project)
    first, second = (json.dumps(asdict(told(address(1))), default=str) for _ in range(2))
    assert first == second
    assert [*json.loads(first)] == [
        "campaign", "lead_id", "name", "status", "revision",
        "origin", "enrichment", "score", "verdict", "route", "mails",
    ]  # fmt: skip


def test_a_mail_that_a_person_holds_waits_for_a_person(project: Path) -> None:
    prepared(project, pipelines.ideal(1), pipelines.ideal(2), sending={"cap_per_day": 1})
    (waiting,) = database.fetch("SELECT id, campaign_id FROM sends WHERE state = 'planned' AND step = 1")
    with database.transaction() as cursor:
        sends.hold(cursor, waiting["campaign_id"], waiting["id"], "ann", "we talk to her")
    said = [told(address(number), now=NOW + timedelta(hours=1)).mails.next for number in (1, 2)]
    resume = f"let it go on with: aicmo sends resume test {waiting['id']}"
    assert f"Step 1 is held by ann: we talk to her; {resume}" in said
