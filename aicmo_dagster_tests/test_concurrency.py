"""Several runs at once, each in its own process: every lead once in every table, every mail once."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from aicmo_dagster import settings
from aicmo_dagster.store import database, suppressions
from aicmo_dagster_tests import pipelines
from aicmo_dagster_tests.mail.servers import Received, smtp_server

LEADS = 300
STAGES = ("lead_scores", "lead_verdicts", "lead_routes")
ADDRESSES = [str(pipelines.ideal(number)["Email"]) for number in range(LEADS)]


@pytest.fixture
def server(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, Received]]:
    monkeypatch.setenv(settings.PUBLIC_URL, "https://mail.example.com")
    pipelines.write_leads(project / "leads.csv", map(pipelines.ideal, range(LEADS)))
    with smtp_server() as (port, received):
        yield port, received


def recipients(received: Received) -> Counter[str]:
    return Counter(address for mail in received.mails for address in mail.rcpt_tos)


def counts(table: str) -> list[int]:
    return pipelines.values(f"SELECT count(*) FROM {table}")


def both_succeed(*keys: str) -> None:
    processes = [pipelines.spawn(key) for key in keys]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * len(keys)


def test_two_runs_of_one_campaign_do_everything_once(server: tuple[int, Received]) -> None:
    port, received = server
    pipelines.apply(Path(), pipelines.config(**pipelines.live(port)))
    both_succeed("test", "test")
    assert counts("leads") == [LEADS]
    for table in STAGES:
        assert counts(table) == [LEADS], table
    assert recipients(received) == Counter(ADDRESSES)
    assert pipelines.values("SELECT step FROM sends WHERE state = 'sent'") == [1] * LEADS


def test_two_campaigns_with_the_same_contacts_do_not_disturb_each_other(
    server: tuple[int, Received],
) -> None:
    port, received = server
    for key in ("one", "two"):
        pipelines.apply(Path(), pipelines.config(key=key, **pipelines.live(port)))
    both_succeed("one", "two")
    assert counts("leads") == [2 * LEADS]
    for table in STAGES:
        assert counts(table) == [2 * LEADS], table
    assert recipients(received) == Counter(ADDRESSES * 2)
    assert (
        pipelines.values(
            "SELECT count(*) FROM sends WHERE state = 'sent' GROUP BY campaign_id, lead_id HAVING count(*) > 1"
        )
        == []
    )


def test_a_suppression_added_while_a_run_sends_holds_from_that_moment(server: tuple[int, Received]) -> None:
    port, received = server
    pipelines.apply(Path(), pipelines.config(**pipelines.live(port)))
    process = pipelines.spawn()
    while len(received.mails) < 20:
        assert process.exitcode is None
        time.sleep(0.005)
    with database.transaction() as cursor:
        for address in ADDRESSES:
            suppressions.add(cursor, "address", address, "asked by phone", "test")
    before = set(
        pipelines.values("SELECT recipient FROM sends WHERE state IN ('sending', 'sent', 'uncertain')")
    )
    process.join()
    assert process.exitcode == 0
    assert 20 <= len(before) < LEADS
    assert set(recipients(received)) == before
    assert set(pipelines.values("SELECT reason FROM sends WHERE step = 1 AND state = 'skipped'")) == {
        "suppressed"
    }
