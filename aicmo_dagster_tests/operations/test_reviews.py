"""The review queue on the database: who waits, what is decided, and what counts."""

import threading
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aicmo_dagster.errors import AicmoError, ConfigurationError
from aicmo_dagster.operations import reviews
from aicmo_dagster.stages.harvest import clean
from aicmo_dagster.store import campaigns, database, leads, suppressions
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster_tests import pipelines

FITTING = {
    "title": "CEO",
    "company": "Test Company",
    "industry": "Software",
    "employees": "120",
    "revenue": "12000000",
    "country": "Germany",
}


@pytest.fixture
def campaign(store: object, tmp_path: Path) -> Campaign:
    return pipelines.apply(tmp_path, pipelines.config())


def bring(campaign: Campaign, *records: dict[str, str], source: str = "csv") -> list[int]:
    """Leads of a source, scored and judged; their numbers."""
    frame = pd.DataFrame([{**FITTING, **record} for record in records], dtype="str")
    frame.insert(0, "line", np.arange(len(frame), dtype="int64"))
    origin = leads.Origin(
        campaign.id,
        source,
        source,
        uuid.uuid4(),
        datetime.now(UTC),
        "consent",
        campaign.config.matching,
    )
    with database.transaction() as cursor:
        leads.merge(cursor, clean(frame).leads, origin, 1_000_000)
    ids = pipelines.values("SELECT id FROM leads WHERE campaign_id = %s ORDER BY id", campaign.id)
    reviews.rejudge(campaign, ids)
    return ids


def doubtful(campaign: Campaign, count: int) -> list[int]:
    """Leads that wait for a person for their low intent."""
    return bring(campaign, *({"email": f"lead{n}@company{n}.example.org"} for n in range(count)))


def verdict(lead_id: int) -> str:
    (row,) = database.fetch(
        "SELECT verdict || ':' || reason AS said FROM lead_verdicts WHERE lead_id = %s", [lead_id]
    )
    return str(row["said"])


def waiting_since(lead_id: int, days: float) -> None:
    pipelines.execute(
        "UPDATE lead_verdicts SET since = now() - %s * interval '1 day' WHERE lead_id = %s", days, lead_id
    )


def test_the_longest_waiting_come_first_and_those_beyond_the_limit_are_flagged(campaign: Campaign) -> None:
    one, two, three = doubtful(campaign, 3)
    waiting_since(two, 4)
    waiting_since(three, 2)
    page = reviews.page(campaign)
    assert [(lead.lead_id, lead.overdue) for lead in page.leads] == [
        (two, True),
        (three, False),
        (one, False),
    ]
    assert page.leads[0].age_hours == pytest.approx(96, abs=0.1)
    assert (page.queue.waiting, page.queue.overdue, page.queue.snoozed) == (3, 1, 0)
    assert page.queue.oldest == page.leads[0].since


def test_the_best_come_first_where_that_is_asked_for(campaign: Campaign) -> None:
    ids = bring(
        campaign,
        {"email": "a@example.org", "title": "Assistant"},
        {"email": "b@example.org"},
        {"email": "c@example.org", "title": "Sales Manager"},
    )
    scores = dict(zip(ids, pipelines.values("SELECT score FROM lead_scores ORDER BY lead_id"), strict=True))
    page = reviews.page(campaign, order="best")
    assert [lead.lead_id for lead in page.leads] == sorted(ids, key=lambda one: -scores[one])
    assert len(set(scores.values())) == 3


@pytest.mark.parametrize("order", ["oldest", "best"])
def test_pages_together_list_everybody_once(campaign: Campaign, order: Any) -> None:
    ids = doubtful(campaign, 25)
    found: list[int] = []
    after = None
    while True:
        page = reviews.page(campaign, order=order, after=after, limit=10)
        found += [lead.lead_id for lead in page.leads]
        reviews.decide(campaign, [found[0]], "reject", "ann") if after is None else None
        if (after := page.next) is None:
            break
    assert sorted(found) == ids
    assert len(found) == 25


def test_only_those_with_a_reason_are_listed_and_counted(campaign: Campaign) -> None:
    doubtful(campaign, 2)
    bring(campaign, {"email": "", "first_name": "Ann", "last_name": "Example", "phone": "+49 30 1"})
    (lead,) = reviews.page(campaign, reason="no_email").leads
    assert lead.why[0].code == "no_email"
    assert lead.why[0].evidence == "no address; known is phone number"
    assert reviews.waiting(campaign, "no_email") == [lead.lead_id]
    assert len(reviews.waiting(campaign)) == 3


def test_a_decision_takes_effect_at_once(campaign: Campaign) -> None:
    one, two = doubtful(campaign, 2)
    decided = reviews.decide(campaign, [one], "approve", "ann", reason="met her")
    assert [(lead.lead_id, lead.before, lead.verdict) for lead in decided.leads] == [
        (one, "manual_review", "qualified")
    ]
    reviews.decide(campaign, [two], "reject", "ann", reason="a student")
    assert (verdict(one), verdict(two)) == ("qualified:approved", "rejected:rejected_by_reviewer")
    assert reviews.page(campaign).leads == ()


def test_a_decision_says_who_when_and_why(campaign: Campaign) -> None:
    (one,) = doubtful(campaign, 1)
    reviews.decide(campaign, [one], "approve", "ann", reason="met her")
    (review,) = database.fetch("SELECT * FROM reviews")
    assert (review["lead_id"], review["reviewer"], review["reason"]) == (one, "ann", "met her")
    (entry,) = database.fetch("SELECT * FROM audit_log WHERE action LIKE 'review.%'")
    assert (entry["actor"], entry["action"], entry["subject"]) == ("ann", "review.approve", str(one))
    assert entry["before"] == {"verdict": "manual_review", "reason": "low_intent"}
    assert entry["after"] == {"reason": "met her"}


def test_a_second_reviewer_is_told_what_the_first_decided(campaign: Campaign) -> None:
    (one,) = doubtful(campaign, 1)
    reviews.decide(campaign, [one], "approve", "ann")
    for decision in ("approve", "reject"):
        with pytest.raises(AicmoError, match="was approved already, by ann on"):
            reviews.decide(campaign, [one], decision, "bob")
    assert verdict(one) == "qualified:approved"
    reviews.decide(campaign, [one], "reject", "bob", overrule=True)
    assert verdict(one) == "rejected:rejected_by_reviewer"


def test_of_two_reviewers_at_once_one_decides_and_the_other_is_told(campaign: Campaign) -> None:
    ids = doubtful(campaign, 3)
    ends: list[str] = []

    def work(who: str, decision: Any) -> None:
        try:
            reviews.decide(campaign, ids, decision, who)
            ends.append("done")
        except AicmoError as error:
            ends.append(str(error))

    with database.transaction() as cursor:
        campaigns.lock(cursor, campaign.id)
        both = [threading.Thread(target=work, args=one) for one in (("ann", "approve"), ("bob", "reject"))]
        for one in both:
            one.start()
    for one in both:
        one.join(60)
    assert sorted(end == "done" for end in ends) == [False, True]
    assert any("already, by" in end for end in ends)
    assert len(set(map(verdict, ids))) == 1
    assert len(database.fetch("SELECT 1 FROM reviews")) == 3


def test_one_that_cannot_be_decided_on_keeps_all_from_it_unless_left_out(campaign: Campaign) -> None:
    ids = doubtful(campaign, 2)
    (banned,) = set(bring(campaign, {"email": "no address", "linkedin_url": "linkedin.com/in/x"})) - set(ids)
    with pytest.raises(AicmoError, match="cannot be approved, because it has an e-mail address that cannot"):
        reviews.decide(campaign, [*ids, banned], "approve", "ann")
    assert database.fetch("SELECT 1 FROM reviews") == []
    decided = reviews.decide(campaign, [*ids, banned], "approve", "ann", skip=True)
    assert [lead.lead_id for lead in decided.leads] == ids
    assert [lead.lead_id for lead in decided.skipped] == [banned]


def test_many_leads_are_decided_on_in_a_few_statements(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = doubtful(campaign, 300)
    executed: list[str] = []
    execute: Any = psycopg.Cursor.execute

    def counting(self: Any, query: Any, *rest: Any, **more: Any) -> Any:
        executed.append(str(query))
        return execute(self, query, *rest, **more)

    monkeypatch.setattr(psycopg.Cursor, "execute", counting)
    reviews.decide(campaign, ids[:3], "approve", "ann")
    few = len(executed)
    executed.clear()
    reviews.decide(campaign, ids[3:], "approve", "ann")
    assert len(executed) <= few + 2


def test_a_snoozed_lead_is_neither_listed_nor_late_until_its_time(campaign: Campaign) -> None:
    one, two = doubtful(campaign, 2)
    waiting_since(one, 10)
    wakes = datetime.now(UTC) + timedelta(days=7)
    reviews.decide(campaign, [one], "snooze", "ann", until=wakes, reason="on leave")
    page = reviews.page(campaign)
    assert [lead.lead_id for lead in page.leads] == [two]
    assert (page.queue.waiting, page.queue.overdue, page.queue.snoozed) == (1, 0, 1)
    reviews.rejudge(campaign, [one, two])
    assert verdict(one) == "manual_review:low_intent"
    with time_machine.travel(wakes + timedelta(hours=1), tick=False):
        woken = reviews.page(campaign).leads[1]
    assert (woken.lead_id, woken.since, woken.overdue, woken.age_hours) == (one, wakes, False, 1.0)


def test_a_snoozed_lead_can_be_decided_on_and_one_that_does_not_wait_cannot_be_snoozed(
    campaign: Campaign,
) -> None:
    one, two = doubtful(campaign, 2)
    later = datetime.now(UTC) + timedelta(days=7)
    reviews.decide(campaign, [one], "snooze", "ann", until=later)
    reviews.decide(campaign, [one], "approve", "bob")
    assert verdict(one) == "qualified:approved"
    with pytest.raises(AicmoError, match="was approved already"):
        reviews.decide(campaign, [one], "snooze", "ann", until=later)
    pipelines.execute("UPDATE lead_verdicts SET verdict = 'rejected' WHERE lead_id = %s", two)
    with pytest.raises(AicmoError, match="does not wait for a review"):
        reviews.decide(campaign, [two], "snooze", "ann", until=later)


def test_new_facts_wake_a_snoozed_lead(campaign: Campaign) -> None:
    (one,) = doubtful(campaign, 1)
    reviews.decide(campaign, [one], "snooze", "ann", until=datetime.now(UTC) + timedelta(days=7))
    reviews.edit(campaign, [one], {"city": "Bonn"}, "bob")
    assert [lead.lead_id for lead in reviews.page(campaign).leads] == [one]


def test_a_snooze_needs_a_time_to_come(campaign: Campaign) -> None:
    (one,) = doubtful(campaign, 1)
    for decision, until in (("snooze", None), ("snooze", datetime.now(UTC)), ("approve", datetime.now(UTC))):
        with pytest.raises(AicmoError):
            reviews.decide(campaign, [one], decision, "ann", until=until)  # type: ignore[arg-type]
    assert database.fetch("SELECT 1 FROM reviews") == []


def test_an_edit_is_a_persons_word_and_counts_at_once(campaign: Campaign) -> None:
    (one,) = bring(campaign, {"email": "ann@example.org", "city": "Bonn"}, source="api")
    decided = reviews.edit(campaign, [one], {"is_decision_maker": "yes", "country": "Austria"}, "bob")
    assert [(lead.before, lead.verdict) for lead in decided.leads] == [("manual_review", "qualified")]
    (lead,) = database.fetch("SELECT * FROM leads")
    assert (lead["country"], lead["country_code"], lead["time_zone"]) == ("Austria", "AT", "Europe/Vienna")
    (change,) = database.fetch("SELECT * FROM lead_changes")
    assert (change["source"], change["source_label"], change["lead_id"]) == ("manual", "bob", one)
    assert set(change["before"]) == {"is_decision_maker", "country", "country_code", "time_zone"}
    assert lead["field_origins"]["country"][0] == "manual"
    (entry,) = database.fetch("SELECT * FROM audit_log WHERE action = 'review.edit'")
    assert (entry["actor"], entry["after"]) == ("bob", {"fields": ["is_decision_maker", "country"]})


def test_an_edit_stands_against_the_file_that_is_read_again(campaign: Campaign) -> None:
    (one,) = bring(campaign, {"email": "ann@example.org", "title": "CEO"})
    reviews.edit(campaign, [one], {"title": "Chairman", "company": ""}, "bob")
    bring(campaign, {"email": "ann@example.org", "title": "CEO", "company": ""})
    (lead,) = database.fetch("SELECT title, company FROM leads")
    assert lead == {"title": "Chairman", "company": None}


def test_what_an_edit_takes_away_does_not_come_back_with_the_file(campaign: Campaign) -> None:
    row = {
        "email": "ann@example.org",
        "city": "Bonn",
        "country": "Germany",
        "company_size": "51-200",
        "consent": "express",
        "consent_on": "2026-01-05",
    }
    (one,) = bring(campaign, row)
    said = {"city": "Narnium", "country": "", "employees": "", "title": "", "consent": ""}
    reviews.edit(campaign, [one], said, "bob")
    taken = "title, country, country_code, time_zone, employees, company_size, consent, consent_on, revision"
    (before,) = database.fetch(f"SELECT {taken} FROM leads")
    assert before.pop("revision") == 2
    assert set(before.values()) == {None}
    bring(campaign, {**row, "phone": "+49 228 5550100"})
    (lead,) = database.fetch(f"SELECT {taken}, phone FROM leads")
    assert lead.pop("phone") == "+49 228 5550100"
    assert lead.pop("revision") == 3
    assert lead == before
    bring(campaign, {**row, "title": "Chairwoman"}, source="manual")
    assert database.fetch("SELECT title, consent FROM leads") == [{"title": "Chairwoman", "consent": None}]


def test_a_missing_address_can_be_added_and_a_mistyped_one_mended(campaign: Campaign) -> None:
    (one,) = bring(
        campaign,
        {"email": "", "first_name": "Ann", "last_name": "Example", "recent_job_change": "yes"},
    )
    assert verdict(one) == "manual_review:no_email"
    reviews.edit(campaign, [one], {"email": "Ann@Example.org"}, "bob")
    assert verdict(one) == "qualified:qualified"
    reviews.edit(campaign, [one], {"email": "ann.example@example.org"}, "bob")
    (lead,) = database.fetch("SELECT identity, email, email_domain FROM leads WHERE id = %s", [one])
    assert lead["identity"] == lead["email"] == "ann.example@example.org"


def test_under_its_old_address_a_lead_stays_known(campaign: Campaign) -> None:
    mistyped = {"email": "ann@exampel.org", "recent_job_change": "yes"}
    (one,) = bring(campaign, mistyped)
    reviews.edit(campaign, [one], {"email": "ann@example.org"}, "bob")
    with database.transaction() as cursor:
        suppressions.add(cursor, "address", "ann@exampel.org", "unsubscribed", "test")
    bring(campaign, {**mistyped, "title": "Chairman"})
    assert pipelines.values("SELECT email FROM leads WHERE merged_into IS NULL") == ["ann@example.org"]
    assert reviews.named(campaign, ["ann@exampel.org"]) == [one]
    assert verdict(one) == "rejected:suppressed"
    reviews.edit(campaign, [one], {"email": "ann@exampel.org"}, "bob")
    reviews.edit(campaign, [one], {"email": "ann@example.org"}, "bob")
    assert sorted(pipelines.values("SELECT email FROM leads")) == ["ann@exampel.org", "ann@example.org"]


def test_a_lead_is_not_edited_into_another_one(campaign: Campaign) -> None:
    one, two = doubtful(campaign, 2)
    with pytest.raises(ConfigurationError, match=f"lead {one} would be the same person as lead {two}"):
        reviews.edit(campaign, [one], {"email": "lead1@company1.example.org"}, "bob")
    with pytest.raises(ConfigurationError, match="can be said of one lead only"):
        reviews.edit(campaign, [one, two], {"email": "both@example.org"}, "bob")
    assert database.fetch("SELECT 1 FROM lead_changes") == []


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["approve", "reject", "snooze", "edit"]), min_size=1, max_size=6))
def test_the_latest_decision_counts_and_an_edit_voids_it(campaign: Campaign, words: list[Any]) -> None:
    name = f"p{uuid.uuid4().hex[:12]}@example.org"
    known = set(pipelines.values("SELECT id FROM leads"))
    (one,) = set(bring(campaign, {"email": name})) - known
    expected = "manual_review:low_intent"
    decided = None
    for number, word in enumerate(words):
        if word == "edit":
            reviews.edit(campaign, [one], {"city": f"Town {number}"}, "ann")
            decided, expected = None, "manual_review:low_intent"
            assert verdict(one) == expected
            continue
        until = datetime.now(UTC) + timedelta(days=1) if word == "snooze" else None
        if decided and word in (decided, "snooze"):
            with pytest.raises(AicmoError, match="already"):
                reviews.decide(campaign, [one], word, "ann", until=until)
        else:
            reviews.decide(campaign, [one], word, "ann", until=until)
            decided = decided if until else word
            expected = {"approve": "qualified:approved", "reject": "rejected:rejected_by_reviewer"}.get(
                word, expected
            )
        assert verdict(one) == expected
        reviews.rejudge(campaign, [one])
        assert verdict(one) == expected


def test_leads_that_wait_for_a_person_delay_nobody_and_are_all_listed(campaign: Campaign) -> None:
    waiting = doubtful(campaign, 150)
    signals = dict.fromkeys(("recent_job_change", "company_hiring"), "yes")
    bring(campaign, *({"email": f"keen{n}@firm{n}.example.org", **signals} for n in range(20)))
    counts = database.fetch("SELECT verdict, count(*) AS leads FROM lead_verdicts GROUP BY 1")
    assert {row["verdict"]: row["leads"] for row in counts} == {"manual_review": 150, "qualified": 20}
    found: list[int] = []
    after = None
    for _ in range(8):
        page = reviews.page(campaign, after=after, limit=20)
        found += [lead.lead_id for lead in page.leads]
        after = page.next
    assert (found, after) == (waiting, None)
