from collections.abc import Iterator
from pathlib import Path

import pytest

from aicmo_dagster.api.cam import kept
from aicmo_dagster.vendors import client as vendor
from aicmo_dagster_tests import outreach, pipelines
from aicmo_dagster_tests.api.cam.conftest import Clients
from aicmo_dagster_tests.flow.test_crm import campaign, route
from aicmo_dagster_tests.vendors.hubspot_server import HubSpotServer


@pytest.fixture
def hubspot(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubSpotServer]:
    monkeypatch.setattr(vendor, "_LONGEST_PAUSE_S", 0.01)
    kept.forget()
    with HubSpotServer() as running:
        running.owners = {"ann.owner@example.com": "71", "bob.owner@example.com": "72"}
        monkeypatch.setenv("AICMO_HUBSPOT_TOKEN", running.token)
        yield running


def test_what_a_crm_took_and_refused_is_shown_and_tried_again(
    client: Clients, hubspot: HubSpotServer
) -> None:
    here = campaign(hubspot)
    hubspot.refused = {"bad@example.org"}
    route(here, "a@example.org", first_name="Elena")
    bad = route(here, "bad@example.org", first_name="Boris")
    operator = client("operator")
    (before,) = operator.get(f"/campaigns/{here.key}/crm").json()["crms"]
    assert (before["crm"], before["synced"], before["waiting"]) == ("hubspot", 0, 2)
    pipelines.run(here.key, "crm")
    kept.forget()
    (after,) = operator.get(f"/campaigns/{here.key}/crm").json()["crms"]
    assert (after["synced"], after["failed"], after["waiting"]) == (1, 1, 0)
    assert after["errors"][0]["leads"] == 1
    (refused,) = operator.get(f"/campaigns/{here.key}/crm/failed").json()
    assert (refused["crm"], refused["lead"]) == ("hubspot", bad)
    assert operator.post(f"/campaigns/{here.key}/crm/retry").json() == {"leads": 1}
    (entry,) = client("admin").get("/audit-log", params={"action": "crm.retry"}).json()["items"]
    assert (entry["subject"], entry["after"]) == (here.key, {"leads": 1})
    hubspot.refused = set()
    pipelines.run(here.key, "crm")
    assert operator.get(f"/campaigns/{here.key}/crm/failed").json() == []


def test_a_campaign_without_a_crm_says_so(client: Clients, project: Path) -> None:
    outreach.add_campaign()
    answer = client("viewer").get("/campaigns/test/crm")
    assert answer.status_code == 422
    assert "no crm.hubspot" in answer.json()["detail"]


def test_a_push_can_be_asked_for(client: Clients, project: Path) -> None:
    outreach.add_campaign()
    asked = client("operator").post("/campaigns/test/execute/crm")
    assert (asked.status_code, asked.json()["job"]) == (202, "crm")
