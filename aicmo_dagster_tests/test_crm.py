"""The assets, the schedule and the command line of CRMs, and a push that is killed."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from aicmo_dagster.definitions import defs
from aicmo_dagster.errors import AicmoError
from aicmo_dagster.operations import pipeline
from aicmo_dagster.schedules import crm_changes
from aicmo_dagster.vendors import client
from aicmo_dagster_tests import outreach, pipelines
from aicmo_dagster_tests.cli.command_line import aicmo
from aicmo_dagster_tests.flow.test_crm import OWNERS, campaign, records, route, route_many
from aicmo_dagster_tests.vendors.hubspot_server import HubSpotServer
from aicmo_dagster_tests.vendors.vendor_server import says

AT = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)


@pytest.fixture
def hubspot(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubSpotServer]:
    monkeypatch.setattr(client, "_LONGEST_PAUSE_S", 0.01)
    with HubSpotServer() as running:
        running.owners = {"ann.owner@example.com": "71", "bob.owner@example.com": "72"}
        monkeypatch.setenv("AICMO_HUBSPOT_TOKEN", running.token)
        yield running


def metadata(asset: str = "hubspot_contacts") -> dict[str, Any]:
    with pipeline.instance() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(asset))
    assert event is not None
    assert event.asset_materialization is not None
    found = event.asset_materialization.metadata
    return {
        name: [dict(row.data) for row in one.records] if isinstance(one, dg.TableMetadataValue) else one.value
        for name, one in found.items()
    }


def test_the_metadata_counts_and_has_no_person_and_no_secret(hubspot: HubSpotServer) -> None:
    here = campaign(hubspot)
    hubspot.refused = {"bad@example.org"}
    route(here, "a@example.org", first_name="Elena")
    route(here, "bad@example.org", first_name="Boris")
    pipelines.run(job="crm")
    told = metadata()
    assert (told["pushed"], told["created"], told["unchanged"], told["failed"]) == (1, 1, 0, 1)
    assert told["errors"] == [{"error": "VALIDATION_ERROR INVALID_EMAIL (email)", "leads": 1}]
    assert "no crm.salesforce" in metadata("salesforce_leads")["skipped"]
    shown = repr(told)
    assert not [word for word in ("Elena", "Boris", "example.org", hubspot.token) if word in shown]
    pipelines.run(job="crm")
    again = metadata()
    assert (again["pushed"], again["unchanged"], again["failed_in_all"]) == (0, 1, 1)


def test_a_crm_that_refuses_everything_fails_the_run_with_the_reason(hubspot: HubSpotServer) -> None:
    route(campaign(hubspot), "a@example.org", "unassigned")
    hubspot.faults.append(says(401, {"message": f"{hubspot.token} is wrong"}))
    with pytest.raises(AicmoError, match="check the key in AICMO_HUBSPOT_TOKEN") as caught:
        pipelines.run(job="crm")
    assert hubspot.token not in str(caught.value)


def requested() -> list[str | None]:
    with pipeline.instance() as instance:
        context = dg.build_schedule_context(
            instance, scheduled_execution_time=AT, repository_def=defs.get_repository_def()
        )
        return [one.run_key for one in crm_changes.evaluate_tick(context).run_requests or []]


def test_a_run_is_started_only_where_something_changed(hubspot: HubSpotServer) -> None:
    outreach.add_campaign(outreach.config(key="without"))
    here = campaign(hubspot)
    assert requested() == []
    route(here, "a@example.org")
    assert requested() == ["crm:test:2026-03-02T10:15"]
    pipelines.run(job="crm")
    assert requested() == []


def test_a_killed_push_goes_on_where_it_was(hubspot: HubSpotServer) -> None:
    route_many(campaign(hubspot), 250)
    reached, killed = threading.Event(), threading.Event()

    def usual(handler: BaseHTTPRequestHandler) -> None:
        says(*hubspot.answer(hubspot.requests[-1]))(handler)

    def carried_out_and_killed(handler: BaseHTTPRequestHandler) -> None:
        hubspot.answer(hubspot.requests[-1])
        reached.set()
        killed.wait(60)
        handler.close_connection = True

    hubspot.faults.extend([usual, carried_out_and_killed])
    process = pipelines.spawn(job="crm")
    try:
        assert reached.wait(60)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
    finally:
        killed.set()
        process.join()
    assert (records(), len(hubspot.contacts)) == (["synced"] * 100, 200)
    hubspot.requests.clear()
    pipelines.run(job="crm")
    assert [len(batch) for batch in hubspot.upserts()] == [100, 50]
    assert (records(), len(hubspot.contacts)) == (["synced"] * 250, 250)


def test_the_status_says_what_is_known_there_what_was_refused_and_what_waits(hubspot: HubSpotServer) -> None:
    hubspot.refused = {"bad@example.org"}
    here = campaign(hubspot)
    bad = route(here, "bad@example.org")
    route(here, "a@example.org")
    output = aicmo("crm", "push", "test")
    assert "VALIDATION_ERROR INVALID_EMAIL (email)" in output
    (standing,) = json.loads(aicmo("crm", "status", "test", "--json"))
    assert [standing[name] for name in ("crm", "synced", "failed", "waiting")] == ["hubspot", 1, 1, 0]
    (refused,) = json.loads(aicmo("crm", "failed", "test", "--json"))
    assert (refused["lead"], refused["attempts"]) == (bad, 1)
    pipelines.execute("UPDATE leads SET title = 'CEO' WHERE email = 'a@example.org'")
    assert json.loads(aicmo("crm", "status", "test", "--json"))[0]["waiting"] == 1
    hubspot.refused.clear()
    assert "1 lead that was refused: tried again" in aicmo("crm", "push", "test", "--retry")
    assert records() == ["synced", "synced"]
    assert "Nothing was refused" in aicmo("crm", "failed", "test")


def test_a_campaign_without_a_crm_says_so(project: Path) -> None:
    outreach.add_campaign(outreach.config(routing={"owners": OWNERS}))
    assert "has no crm.hubspot and no crm.salesforce" in " ".join(
        aicmo("crm", "status", "test", code=1).split()
    )


def test_the_doctor_asks_for_the_keys(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AICMO_SALESFORCE_CLIENT_ID", raising=False)
    outreach.add_campaign(
        outreach.config(crm={"salesforce": {"base_url": "https://example.my.salesforce.com"}})
    )
    assert "AICMO_SALESFORCE_CLIENT_ID, the key of salesforce, is not set" in " ".join(
        aicmo("doctor").split()
    )
