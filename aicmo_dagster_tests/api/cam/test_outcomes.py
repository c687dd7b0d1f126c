from pathlib import Path

from aicmo_dagster.store import database
from aicmo_dagster_tests import outreach
from aicmo_dagster_tests.api.cam.conftest import Clients


def test_an_outcome_is_recorded_listed_and_withdrawn(client: Clients) -> None:
    lead = outreach.add_lead(outreach.add_campaign().id)
    reviewer, path = client("reviewer"), f"/campaigns/test/leads/{lead}/outcomes"
    at = "2026-03-02T10:00:00Z"
    first = reviewer.post(path, json={"outcome": "meeting", "at": at})
    assert first.status_code == 201
    assert first.json() == {"outcome": "meeting", "at": at, "new": True}
    assert reviewer.post(path, json={"outcome": "meeting", "at": at}).json()["new"] is False
    (listed,) = reviewer.get("/campaigns/test/outcomes").json()["items"]
    assert (listed["lead_id"], listed["outcome"]) == (lead, "meeting")
    assert listed["recorded_by"].startswith("key ")
    assert reviewer.delete(f"{path}/meeting").status_code == 204
    assert reviewer.get("/campaigns/test/outcomes").json()["items"] == []


def test_what_an_outcome_is_worth_is_kept_and_added_up(client: Clients, project: Path) -> None:
    campaign = outreach.add_campaign()
    leads = [outreach.add_lead(campaign.id, f"lead{number}@example.org") for number in range(3)]
    operator = client("operator")
    for lead, value in zip(leads, ("1200.50", "800", None), strict=True):
        said = {"outcome": "won", "at": "2026-03-02T10:00:00Z", "value": value}
        assert operator.post(f"/campaigns/test/leads/{lead}/outcomes", json=said).json()["new"] is True
    said = {"outcome": "won", "at": "2026-03-02T10:00:00Z", "value": "1000"}
    assert operator.post(f"/campaigns/test/leads/{leads[0]}/outcomes", json=said).json()["new"] is True
    assert operator.post(f"/campaigns/test/leads/{leads[0]}/outcomes", json=said).json()["new"] is False
    first = operator.get("/campaigns/test/outcomes", params={"limit": 2}).json()
    rest = operator.get("/campaigns/test/outcomes", params={"after": first["next"]}).json()
    assert [one["value"] for one in first["items"] + rest["items"]] == [None, 800.0, 1000.0]
    dashboard = operator.get("/campaigns/test/dashboard").json()
    assert (dashboard["outcomes"], dashboard["values"]) == ({"converted": 3}, {"converted": 1800.0})
    for wrong in ({"value": -1}, {"value": "1e15"}, {"at": "0001-01-01T00:00:00+14:00"}):
        refused = operator.post(f"/campaigns/test/leads/{leads[0]}/outcomes", json={"outcome": "won"} | wrong)
        assert refused.status_code == 422, wrong


def test_outcomes_of_a_file_are_taken_row_by_row(client: Clients) -> None:
    outreach.add_lead(outreach.add_campaign().id)
    body = (
        "address,outcome,date,amount\nlead@example.org,won,2026-03-02,99.90\nnobody@example.org,won,2026-03-02,\n"
        "lead@example.org,lost,2026-03-03,a lot\nlead\0@example.org,lost,2026-03-03,\n"
    )
    done = client("operator").post("/campaigns/test/outcomes/import", data=body.encode())
    assert done.status_code == 200, done.text
    assert (done.json()["recorded"], [bad["line"] for bad in done.json()["bad"]]) == (1, [3, 4, 5])
    assert [bad["field"] for bad in done.json()["bad"]] == ["who", "value", "who"]
    assert database.fetch("SELECT value::float8 FROM engagement_events") == [{"value": 99.9}]


def test_what_came_back_is_listed_by_kind_and_lead_a_page_at_a_time(client: Clients) -> None:
    campaign = outreach.add_campaign()
    leads = [outreach.add_lead(campaign.id, f"lead{number}@example.org") for number in range(2)]
    with database.transaction() as cursor:
        for lead in leads:
            for kind in ("opened", "replied"):
                cursor.execute(
                    "INSERT INTO engagement_events (lead_id, kind, happened_at) VALUES (%s, %s, %s)",
                    [lead, kind, outreach.NOW],
                )
    viewer, path = client("viewer"), "/campaigns/test/engagement"
    first = viewer.get(path, params={"limit": 3}).json()
    second = viewer.get(path, params={"limit": 3, "after": first["next"]}).json()
    assert len({one["id"] for one in first["items"] + second["items"]}) == 4
    assert [
        one["lead_id"]
        for one in viewer.get(path, params={"kind": "replied", "lead": leads[0]}).json()["items"]
    ] == [leads[0]]
    summary = {one["kind"]: one["leads"] for one in viewer.get(f"{path}/summary").json()}
    assert summary == {"opened": 2, "replied": 2}


def test_a_person_is_exported_and_erased_by_an_administrator_of_all(client: Clients) -> None:
    campaign = outreach.add_campaign()
    outreach.add_lead(campaign.id, "ann@example.org", first_name="Ann")
    admin, person = client("admin"), {"address": "Ann@Example.org"}
    assert client("admin", [campaign.id]).post("/persons/erase", json=person).status_code == 403
    assert admin.post("/persons/export", json=person).json()["tables"]["leads"][0]["first_name"] == "Ann"
    assert admin.post("/persons/erase", json=person).json() == {"leads": 1, "files": 0, "left": []}
    assert admin.post("/persons/erase", json={"address": "ann"}).status_code == 422
