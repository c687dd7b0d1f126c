import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest

from aicmo_dagster.operations import pipeline
from aicmo_dagster.sensors import run_requests
from aicmo_dagster.store import database
from aicmo_dagster_tests import outreach, pipelines
from aicmo_dagster_tests.api.cam.conftest import Client, Clients
from aicmo_dagster_tests.test_sensors import launch, tick


@pytest.fixture
def instance(project: Path) -> Iterator[dg.DagsterInstance]:
    pipelines.apply(project, pipelines.config())
    with pipeline.instance() as opened:
        yield opened


@pytest.fixture
def operator(client: Clients, instance: dg.DagsterInstance) -> Client:
    return client("operator")


EXECUTE = "/campaigns/test/execute/full-pipeline"


def test_a_run_that_is_asked_for_becomes_one_of_dagster_and_is_followed_to_its_end(
    operator: Client, instance: dg.DagsterInstance
) -> None:
    asked = operator.post(EXECUTE)
    assert asked.status_code == 202
    run = asked.json()
    assert (run["state"], run["job"], run["dagster_run_id"]) == ("requested", "lead_pipeline", None)
    assert asked.headers["Location"] == run["links"]["self"] == f"/api/v1/cam/runs/{run['id']}"
    waiting = operator.get(f"/runs/{run['id']}").json()
    assert {one["state"] for one in waiting["stages"]} == {"waiting"}
    (wanted,) = tick(run_requests, instance).run_requests or []
    made = launch(instance, wanted, dg.DagsterRunStatus.STARTED)
    shown = operator.get(f"/runs/{run['id']}").json()
    assert (shown["state"], shown["dagster_run_id"]) == ("running", made)
    assert operator.get(f"/runs/{made}").json()["id"] == run["id"]
    at_work = instance.get_run_by_id(made)
    assert at_work is not None
    instance.report_run_failed(at_work)
    ended = operator.get(f"/runs/{run['id']}").json()
    assert (ended["state"], ended["stages_done"]) == ("failed", 0)
    assert {one["state"] for one in ended["stages"]} == {"skipped"}
    assert "process died" in ended["error"]


def test_the_same_idempotency_key_at_once_for_two_campaigns_is_one_run(operator: Client) -> None:
    outreach.add_campaign(outreach.config(key="other"))
    paths = ["/campaigns/test/execute/score", "/campaigns/other/execute/score"] * 3

    def ask(path: str) -> int:
        return operator.post(path, headers={"Idempotency-Key": "race"}).status_code

    with ThreadPoolExecutor(6) as pool:
        answers = Counter(pool.map(ask, paths))
    assert answers == {202: 1, 200: 2, 422: 3}


def test_a_key_names_its_run_also_while_the_campaign_is_paused(operator: Client) -> None:
    same = {"headers": {"Idempotency-Key": "morning"}}
    first = operator.post(EXECUTE, **same).json()
    assert operator.post("/campaigns/test/state", json={"state": "paused"}).status_code == 200
    again = operator.post(EXECUTE, **same)
    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    assert operator.post(EXECUTE).status_code == 409


def test_a_run_that_was_taken_back_stays_in_the_lists(operator: Client) -> None:
    run = operator.post(EXECUTE).json()["id"]
    assert operator.post(f"/runs/{run}/cancel").status_code == 202
    assert operator.post(f"/runs/{run}/cancel").json()["state"] == "canceled"
    for path in ("/runs", "/campaigns/test/runs"):
        assert [(one["id"], one["state"]) for one in operator.get(path).json()["items"]] == [
            (run, "canceled")
        ]


def test_the_same_idempotency_key_is_the_same_run(operator: Client) -> None:
    same = {"headers": {"Idempotency-Key": "morning"}}
    first, again = operator.post(EXECUTE, **same), operator.post(EXECUTE, **same)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["id"] == again.json()["id"]
    assert len(database.fetch("SELECT FROM run_requests")) == 1
    other = operator.post("/campaigns/test/execute/score", **same)
    assert (other.status_code, other.json()["type"]) == (422, "urn:aicmo:problem:idempotency-key-reused")


def test_a_second_run_is_refused_with_the_name_of_the_first_unless_it_may_queue(operator: Client) -> None:
    first = operator.post(EXECUTE).json()
    second = operator.post("/campaigns/test/execute/score")
    assert (second.status_code, second.json()["run_id"]) == (409, first["id"])
    assert operator.post("/campaigns/test/execute/score?queue=true").status_code == 202
    assert len(database.fetch("SELECT FROM run_requests")) == 2


def test_a_run_that_was_started_elsewhere_is_in_the_way_too(
    operator: Client, instance: dg.DagsterInstance
) -> None:
    wanted = dg.RunRequest(run_key="by-hand", job_name="score", partition_key="test")
    made = launch(instance, wanted, dg.DagsterRunStatus.STARTED)
    refused = operator.post(EXECUTE)
    assert (refused.status_code, refused.json()["run_id"]) == (409, made)
    (listed,) = operator.get("/campaigns/test/runs").json()["items"]
    assert (listed["id"], listed["requested_by"]) == (made, None)


def test_after_a_run_has_ended_the_next_one_may_begin_though_no_sensor_has_looked(
    operator: Client, instance: dg.DagsterInstance
) -> None:
    operator.post(EXECUTE)
    (wanted,) = tick(run_requests, instance).run_requests or []
    launch(instance, wanted, dg.DagsterRunStatus.SUCCESS)
    assert operator.post(EXECUTE).status_code == 202


def test_a_run_is_taken_back_before_it_begins(operator: Client, instance: dg.DagsterInstance) -> None:
    run = operator.post(EXECUTE).json()
    assert operator.post(f"/runs/{run['id']}/cancel").json()["state"] == "canceled"
    assert operator.post(f"/runs/{run['id']}/cancel").json()["state"] == "canceled"
    assert not tick(run_requests, instance).run_requests
    assert operator.post(EXECUTE).status_code == 202


def test_a_run_in_a_process_that_takes_no_orders_is_left_alone(
    operator: Client, instance: dg.DagsterInstance
) -> None:
    wanted = dg.RunRequest(run_key="by-hand", job_name="score", partition_key="test")
    made = launch(instance, wanted, dg.DagsterRunStatus.STARTED)
    assert operator.post(f"/runs/{made}/cancel").status_code == 409
    assert operator.get(f"/runs/{made}").json()["state"] == "running"


def test_batch_size_and_timeout_reach_the_run(operator: Client, instance: dg.DagsterInstance) -> None:
    operator.post(f"{EXECUTE}?batch_size=5&timeout_minutes=2")
    (wanted,) = tick(run_requests, instance).run_requests or []
    assert wanted.tags["aicmo/batch_size"] == "5"
    assert wanted.tags["dagster/max_runtime"] == "120"


def test_a_paused_campaign_does_not_run(operator: Client) -> None:
    operator.post("/campaigns/test/state", json={"state": "paused"})
    refused = operator.post(EXECUTE)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:aicmo:problem:campaign-not-active")


def test_a_run_of_another_campaign_is_none_to_a_key_that_does_not_see_it(
    operator: Client, client: Clients
) -> None:
    run = operator.post(EXECUTE).json()
    other = client("admin", [outreach.add_campaign(outreach.config(key="other")).id])
    assert other.get(f"/runs/{run['id']}").status_code == 404
    assert other.post(f"/runs/{run['id']}/cancel").status_code == 404
    assert other.get("/runs").json()["items"] == []
    assert operator.get(f"/runs/{uuid.uuid4()}").status_code == 404


def test_pages_of_runs_hold_each_once(operator: Client, instance: dg.DagsterInstance) -> None:
    for number in range(5):
        wanted = dg.RunRequest(run_key=f"by-hand-{number}", job_name="score", partition_key="test")
        launch(instance, wanted, dg.DagsterRunStatus.SUCCESS)
    seen, after = [], None
    while True:
        page = operator.get("/runs", params={"limit": 2, "after": after}).json()
        seen += [one["id"] for one in page["items"]]
        if (after := page["next"]) is None:
            break
    assert len(seen) == len(set(seen)) == 5
