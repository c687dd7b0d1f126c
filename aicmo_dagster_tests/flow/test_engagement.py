import uuid
from datetime import timedelta

from sqlalchemy.engine import URL

from aicmo_dagster.flow import engagement, run
from aicmo_dagster.mail import effects
from aicmo_dagster.store import database
from aicmo_dagster_tests.outreach import NOW, add_campaign, add_lead, add_send


def test_what_came_back_is_counted_by_event_and_by_lead(store: URL) -> None:
    campaign = add_campaign()
    sent = {"state": "sent", "started_at": NOW, "sent_at": NOW, "mode": "simulation"}
    leads = [add_lead(campaign.id, f"{name}@example.org") for name in "abcd"]
    sends = [add_send(campaign.id, lead, **sent) for lead in leads]
    with database.transaction() as cursor:
        effects.replied(cursor, leads[0], sends[0], NOW + timedelta(hours=1))
        effects.soft_bounced(cursor, leads[1], sends[1], NOW)
        effects.replied(cursor, leads[0], sends[0], NOW + timedelta(hours=2))
    found = engagement.collect(run.start("test", uuid.uuid4()))
    assert (found.contacted, dict(found.events)) == (4, {"replied": 2, "soft_bounced": 1})
    assert found.rates == {"replied": 0.25, "soft_bounced": 0.25}


def test_a_campaign_that_wrote_to_nobody_has_no_rates(store: URL) -> None:
    add_campaign()
    assert engagement.collect(run.start("test", uuid.uuid4())).rates == {}
