"""From a CSV to mails in a real SMTP server (STARTTLS, login), by the real job, on a clock of the test's own."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn

from aicmo_dagster.errors import CampaignNotRunnableError
from aicmo_dagster.mail import unsubscribe
from aicmo_dagster.store import campaigns, database, suppressions
from aicmo_dagster_tests import pipelines
from aicmo_dagster_tests.mail.servers import PASSWORD, Received, certificate, smtp_server

LEADS = 20
NIGHT = datetime(2026, 3, 3, 2, tzinfo=UTC)  # Tuesday, 03:00 in Berlin
MORNING = NIGHT + timedelta(hours=7)
# A gap counts from the moment a mail was really sent, a little after the run began.
STEP_2 = timedelta(days=2, minutes=5)
OFFICE_HOURS = {
    "window": {"start": "09:00", "end": "17:00"},
    "working_days": ["mon", "tue", "wed", "thu", "fri"],
}


@pytest.fixture(scope="module")
def certificate_of(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def received(
    project: Path, certificate_of: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Received]:
    """What arrives at the server of a live campaign with twenty ideal leads in Berlin."""
    monkeypatch.setenv("AICMO_SMTP_PASSWORD", PASSWORD)
    monkeypatch.setenv("AICMO_PUBLIC_URL", "https://mail.example.com")
    pipelines.write_leads(project / "leads.csv", map(pipelines.ideal, range(LEADS)))
    with smtp_server(certificate_of) as (port, arrived):
        document = pipelines.config(**pipelines.live(port, certificate_of[0], sending=OFFICE_HOURS))
        pipelines.apply(project, document)
        yield arrived


def recipients(received: Received) -> Counter[str]:
    return Counter(address for mail in received.mails for address in mail.rcpt_tos)


def unsubscribed(path: str) -> int:
    """The status of the unsubscribe page's answer to a mail program that posts there."""
    server = uvicorn.Server(uvicorn.Config(unsubscribe.app(), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", path, b"List-Unsubscribe=One-Click")
    status = connection.getresponse().status
    server.should_exit = True
    thread.join()
    return status


EVERY_LEAD = [str(pipelines.ideal(number)["Email"]) for number in range(LEADS)]


def test_every_lead_gets_exactly_one_mail(received: Received) -> None:
    pipelines.run(at=MORNING)
    assert recipients(received) == Counter(EVERY_LEAD)


def test_the_same_run_again_sends_nothing_and_writes_no_row(received: Received) -> None:
    pipelines.run(at=MORNING)
    before = pipelines.row_versions()
    pipelines.run(at=MORNING + timedelta(hours=1))
    assert recipients(received).total() == LEADS
    assert pipelines.row_versions() == before


def test_each_step_goes_out_on_its_day_and_only_it(received: Received) -> None:
    pipelines.run(at=MORNING)
    pipelines.run(at=MORNING + timedelta(days=1))
    assert recipients(received).total() == LEADS
    pipelines.run(at=MORNING + STEP_2)
    assert recipients(received) == Counter(dict.fromkeys(EVERY_LEAD, 2))
    pipelines.run(at=MORNING + STEP_2)
    assert recipients(received).total() == 2 * LEADS
    assert pipelines.values("SELECT DISTINCT step FROM sends WHERE state = 'sent' ORDER BY 1") == [1, 2]


def test_a_lead_that_is_long_overdue_gets_one_mail_and_then_waits_for_the_gap(received: Received) -> None:
    pipelines.run(at=MORNING)
    late = MORNING + timedelta(days=28)
    pipelines.run(at=late)
    pipelines.run(at=late + timedelta(hours=1))
    assert recipients(received) == Counter(dict.fromkeys(EVERY_LEAD, 2))


def test_after_the_last_step_the_lead_leaves_its_sequence(received: Received) -> None:
    for days in (0, 3, 7, 8, 56):
        pipelines.run(at=MORNING + timedelta(days=days, minutes=days))
    assert recipients(received) == Counter(dict.fromkeys(EVERY_LEAD, 3))
    assert pipelines.values("SELECT count(*) FROM lead_routes WHERE left_at IS NULL") == [0]


def test_who_unsubscribes_by_the_link_of_a_mail_gets_nothing_more(received: Received) -> None:
    pipelines.run(at=MORNING)
    mail = received.mails[0]
    (recipient,) = mail.rcpt_tos
    content = mail.content if isinstance(mail.content, bytes) else str(mail.content).encode()
    headers = message_from_bytes(content, policy=default)
    link = next(part for part in headers["List-Unsubscribe"].split("<") if part.startswith("https"))
    assert unsubscribed(urlsplit(link.partition(">")[0]).path) == 200
    pipelines.run(at=MORNING + STEP_2)
    assert recipients(received) == Counter({lead: 1 if lead == recipient else 2 for lead in EVERY_LEAD})


def test_a_suppressed_address_and_domain_get_nothing_more(received: Received) -> None:
    pipelines.run(at=MORNING)
    with database.transaction() as cursor:
        suppressions.add(cursor, "address", EVERY_LEAD[3], "asked by phone", "test")
        suppressions.add(cursor, "domain", "company4.example.org", "asked by phone", "test")
    pipelines.run(at=MORNING + STEP_2)
    silent = {EVERY_LEAD[3], EVERY_LEAD[4]}
    assert recipients(received) == Counter({lead: 1 if lead in silent else 2 for lead in EVERY_LEAD})


def test_nothing_is_sent_at_three_in_the_morning_of_the_lead(received: Received) -> None:
    pipelines.run(at=NIGHT)
    assert not received.mails
    assert pipelines.values("SELECT state FROM sends") == ["planned"] * LEADS
    pipelines.run(at=MORNING)
    assert recipients(received) == Counter(EVERY_LEAD)


def test_a_paused_campaign_sends_nothing_and_goes_on_where_it_was(received: Received) -> None:
    pipelines.run(at=NIGHT)
    with database.transaction() as cursor:
        campaigns.set_state(cursor, "test", "paused", "test")
    with pytest.raises(CampaignNotRunnableError, match="aicmo campaigns resume test"):
        pipelines.run(at=MORNING)
    assert not received.mails
    with database.transaction() as cursor:
        campaigns.set_state(cursor, "test", "active", "test")
    pipelines.run(at=MORNING)
    assert recipients(received) == Counter(EVERY_LEAD)


def test_the_cap_of_a_day_holds_and_the_rest_goes_out_the_next_day(received: Received, project: Path) -> None:
    with database.transaction() as cursor:
        found = campaigns.get(cursor, "test").config
    capped = found.model_copy(update={"sending": found.sending.model_copy(update={"cap_per_day": 8})})
    pipelines.apply(project, capped)
    for days, total in ((0, 8), (0, 8), (1, 16)):
        pipelines.run(at=MORNING + timedelta(days=days))
        assert recipients(received).total() == total
    assert max(recipients(received).values()) == 1
