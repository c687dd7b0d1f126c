"""Two harvests of a campaign at once, killed at random points: every lead once, nobody paid for twice."""

import random
import time
import uuid
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from aicmo_dagster.flow.harvest import harvest
from aicmo_dagster.flow.run import start
from aicmo_dagster_tests import pipelines
from aicmo_dagster_tests.depth import SHORT
from aicmo_dagster_tests.vendors import apollo_server

CAMPAIGNS, KILLS_EACH = (2, 10) if SHORT else (10, 20)
PEOPLE = 300
BUDGET = {"credits_per_run": 1_000, "credits_per_day": 1_000}


def spawn(key: str) -> BaseProcess:
    return pipelines.spawned(_harvest, key)


def _harvest(key: str) -> None:
    harvest(start(key, uuid.uuid4()))


def killed_of_two(key: str, longest_s: float) -> int:
    """Two harvests at once, each given a random time; returns how many were killed before their end."""
    processes = [spawn(key), spawn(key)]
    started = time.monotonic()
    killed = 0
    for process, after_s in zip(
        processes, sorted(random.uniform(0, longest_s) for _ in processes), strict=True
    ):
        process.join(max(0.0, after_s - (time.monotonic() - started)))
        if process.exitcode is None:
            process.kill()
            process.join()
            killed += 1
        else:
            assert process.exitcode == 0
    return killed


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_harvests_killed_many_times_bring_every_lead_once_and_pay_for_nobody_twice(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AICMO_APOLLO_KEY", apollo_server.KEY)
    killed = paid = 0
    for number in range(CAMPAIGNS):
        key = f"season-{number}"
        with apollo_server.serving(PEOPLE) as server:
            # Answers are shared by campaigns: without this only the first one would have to pay.
            pipelines.execute("DELETE FROM vendor_answers")
            source = {"type": "apollo", "base_url": server.url, "budget": BUDGET, "candidates": PEOPLE}
            document = {"key": key, "icp": {"locations": ["Germany"]}, "sources": [source]}
            pipelines.apply(project, pipelines.config(**document, max_leads=10))
            undisturbed_s(key)
            longest_s = 1.5 * undisturbed_s(key)
            of_campaign = 0
            while of_campaign < KILLS_EACH:
                of_campaign += killed_of_two(key, longest_s)
            killed += of_campaign
            pipelines.apply(project, pipelines.config(**document, max_leads=PEOPLE))
            undisturbed_s(key)
            addresses = {one["id"]: one["email"] for one in server.people if one["email"]}
            leads = pipelines.values(
                "SELECT email FROM leads JOIN campaigns c ON c.id = campaign_id WHERE c.key = %s", key
            )
            in_doubt = {
                subject.removeprefix("apollo:")
                for subject in pipelines.values(
                    "SELECT subject FROM vendor_answers WHERE answered_at IS NULL"
                )
            }
            assert len(leads) == len(set(leads))
            assert set(leads) == {address for one, address in addresses.items() if one not in in_doubt}
            assert set(server.credits.values()) == {1}
            # What the ledger knows to be paid was paid, and what else was paid is in doubt there.
            answered = pipelines.values(
                "SELECT r.credits FROM vendor_requests r JOIN campaigns c ON c.id = r.campaign_id "
                "WHERE c.key = %s AND r.state = 'answered'",
                key,
            )
            assert sum(answered) == len(server.credits.keys() - in_doubt)
            assert len(in_doubt) <= 10 * of_campaign
            paid += server.credits.total()
    assert killed >= CAMPAIGNS * KILLS_EACH
    assert paid > PEOPLE


def undisturbed_s(key: str) -> float:
    """Seconds of one harvest that nobody disturbs."""
    started = time.monotonic()
    process = spawn(key)
    process.join(60)
    assert process.exitcode == 0
    return time.monotonic() - started
