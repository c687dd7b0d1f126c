import uuid

import pandas as pd
import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.flow import run
from aicmo_dagster.flow.qualify import in_domains, qualify
from aicmo_dagster.flow.score import score
from aicmo_dagster.store import database, persons, suppressions
from aicmo_dagster_tests import outreach


@pytest.mark.parametrize(
    ("domain", "inside"),
    [("rival.com", True), ("mail.rival.com", True), ("notrival.com", False), ("com", False), (None, False)],
)
def test_a_suppressed_domain_covers_what_is_below_it(domain: str | None, inside: bool) -> None:
    found = in_domains(pd.Series([domain, "other.org"], dtype="str"), frozenset({"rival.com"}))
    assert found.tolist() == [inside, False]


def _verdicts() -> dict[str, str]:
    found = database.fetch(
        "SELECT l.identity, v.reason FROM leads l JOIN lead_verdicts v ON v.lead_id = l.id"
    )
    return {row["identity"]: row["reason"] for row in found}


def _judge() -> run.Streamed:
    started = run.start("test", uuid.uuid4())
    score(started)
    return qualify(started)


def _lead(campaign_id: int, email: str) -> int:
    return outreach.add_lead(campaign_id, email, industry="Software", is_decision_maker=True)


def test_suppressed_addresses_and_domains_are_rejected_first(store: URL) -> None:
    campaign = outreach.add_campaign()
    for email in ("free@a.example.org", "gone@b.example.org", "any@mail.c.example.org"):
        _lead(campaign.id, email)
    with database.transaction() as cursor:
        suppressions.add(cursor, "address", "gone@b.example.org", "unsubscribed", "test")
        suppressions.add(cursor, "domain", "c.example.org", "asked", "test")
    _judge()
    assert _verdicts() == {
        "free@a.example.org": "qualified",
        "gone@b.example.org": "suppressed",
        "any@mail.c.example.org": "suppressed",
    }


def test_a_lead_is_rejected_where_a_lead_merged_into_it_is_suppressed_for_more_than_a_bounce(
    store: URL,
) -> None:
    campaign = outreach.add_campaign()
    for reason in ("unsubscribed", "bounced"):
        lead = _lead(campaign.id, f"{reason}@example.org")
        old = outreach.add_lead(campaign.id, f"old-{reason}@example.org", merged_into=lead)
        with database.transaction() as cursor:
            suppressions.add(cursor, "address", f"old-{reason}@example.org", reason, "test")
            cursor.execute("DELETE FROM lead_verdicts WHERE lead_id = %s", [old])
    _judge()
    verdicts = _verdicts()
    assert verdicts["unsubscribed@example.org"] == "suppressed"
    assert verdicts["bounced@example.org"] == "qualified"


def test_who_was_erased_is_rejected_when_a_source_brings_the_address_again(store: URL) -> None:
    campaign = outreach.add_campaign()
    _lead(campaign.id, "tester@gmail.com")
    with database.transaction() as cursor:
        persons.erase(cursor, "tester@gmail.com", "test")
    for email in ("test.er+again@gmail.com", "free@a.example.org"):
        _lead(campaign.id, email)
    _judge()
    assert _verdicts() == {"test.er+again@gmail.com": "suppressed", "free@a.example.org": "qualified"}


def test_a_review_holds_until_the_facts_of_the_lead_change(store: URL) -> None:
    campaign = outreach.add_campaign()
    lead = _lead(campaign.id, "reviewed@a.example.org")
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO reviews (lead_id, lead_revision, decision, reason, reviewer) "
            "VALUES (%s, 1, 'reject', 'not a fit', 'test')",
            [lead],
        )
    _judge()
    assert _verdicts() == {"reviewed@a.example.org": "rejected_by_reviewer"}
    with database.transaction() as cursor:
        cursor.execute("UPDATE leads SET revision = 2 WHERE id = %s", [lead])
    _judge()
    assert _verdicts() == {"reviewed@a.example.org": "qualified"}


def test_judging_again_writes_nothing(store: URL) -> None:
    campaign = outreach.add_campaign()
    _lead(campaign.id, "same@a.example.org")
    _judge()
    written = _judge().written
    assert (written.inserted, written.updated) == (0, 0)
