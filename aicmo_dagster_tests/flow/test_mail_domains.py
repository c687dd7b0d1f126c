import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy.engine import URL

from aicmo_dagster import settings
from aicmo_dagster.flow import mail_domains, run
from aicmo_dagster.flow.qualify import qualify
from aicmo_dagster.flow.score import score
from aicmo_dagster.store import database
from aicmo_dagster_tests import outreach
from aicmo_dagster_tests.mail.name_server import SERVFAIL, NameServer, serving

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def names(store: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    with serving({"good.zz": ["MX 10 mail.good.zz."]}) as server:
        monkeypatch.setenv(settings.DNS_SERVERS, "{}:{}".format(*server.address))
        yield server


def ask(at: datetime = NOW) -> tuple[int, int]:
    with time_machine.travel(at):
        return mail_domains.ask(run.start("test", uuid.uuid4()))


def known() -> dict[str, bool]:
    return {row["domain"]: row["takes_mail"] for row in database.fetch("SELECT * FROM mail_domains")}


def leads(*emails: str) -> None:
    campaign = outreach.add_campaign()
    for email in emails:
        outreach.add_lead(campaign.id, email, industry="Software", is_decision_maker=True)


def test_each_domain_is_asked_about_once_until_the_answer_is_old(names: NameServer) -> None:
    leads("a@good.zz", "b@good.zz", "c@bad.zz", "d@example.com")
    assert ask() == (2, 2)
    assert known() == {"good.zz": True, "bad.zz": False}
    assert sorted(names.asked) == ["bad.zz MX", "good.zz MX"]
    assert ask(NOW + timedelta(days=29)) == (0, 0)
    names.zone = {}
    assert ask(NOW + timedelta(days=31)) == (2, 2)
    assert known() == {"good.zz": False, "bad.zz": False}


def test_what_cannot_be_known_is_not_kept_and_takes_nothing_back(names: NameServer) -> None:
    leads("a@good.zz", "b@broken.zz")
    names.zone = {**names.zone, "broken.zz": SERVFAIL}
    assert ask() == (2, 1)
    names.zone = {"good.zz": SERVFAIL, "broken.zz": SERVFAIL}
    assert ask(NOW + timedelta(days=31)) == (2, 0)
    assert known() == {"good.zz": True}


def test_nobody_is_asked_where_the_campaign_says_so(names: NameServer) -> None:
    campaign = outreach.add_campaign(outreach.config(verification={"dns": {"enabled": False}}))
    outreach.add_lead(campaign.id, "a@good.zz")
    assert ask() == (0, 0)
    assert names.asked == []


def test_a_lead_at_a_domain_without_mail_service_is_rejected(names: NameServer) -> None:
    leads("a@good.zz", "b@bad.zz", "c@example.com")
    started = run.start("test", uuid.uuid4())
    mail_domains.ask(started)
    score(started)
    qualify(started)
    found = database.fetch("SELECT l.email, v.reason FROM leads l JOIN lead_verdicts v ON v.lead_id = l.id")
    assert {row["email"]: row["reason"] for row in found} == {
        "a@good.zz": "qualified",
        "b@bad.zz": "no_mail_service",
        "c@example.com": "qualified",
    }
