import base64
import csv
import inspect
import io
import json
from pathlib import Path

import pandas as pd
import pytest
from fastapi.routing import APIRoute

from aicmo_dagster.api.cam.application import ROUTES
from aicmo_dagster.operations import pipeline
from aicmo_dagster.store import database
from aicmo_dagster_tests import outreach, pipelines
from aicmo_dagster_tests.api.cam.conftest import Client, Clients

LEADS = "/campaigns/test/leads"


@pytest.fixture
def operator(client: Clients, project: Path) -> Client:
    """In a project with a campaign whose seven leads have gone through all stages."""
    rows = [pipelines.ideal(number) for number in range(6)]
    rows.append(pipelines.ideal(6, Title="Intern", Company="=1+1", **{"# Employees": "3"}))
    pipelines.write_leads(project / "leads.csv", rows)
    pipelines.apply(
        project, pipelines.config(sources=[{"type": "csv", "path": "leads.csv"}, {"type": "manual"}])
    )
    pipeline.execute("test", "lead_pipeline")
    return client("operator")


def ids(client: Client, **asked: object) -> list[int]:
    answer = client.get(LEADS, params=asked)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


def test_every_filter_leaves_those_that_fit(operator: Client) -> None:
    every = operator.get(LEADS, params={"sort": "id"}).json()["items"]
    assert len(every) == 7
    last = every[-1]
    for name in ("email", "company", "title", "tier", "verdict", "reason", "status", "country", "source"):
        expected = [one["id"] for one in every if one[name] == last[name]]
        assert ids(operator, sort="id", **{name: last[name]}) == expected, name
    assert ids(operator, q="inTERN") == ids(operator, domain="COMPANY6.example.org") == [last["id"]]
    scores = sorted(one["score"] for one in every)
    assert len(ids(operator, min_score=scores[3])) == sum(score >= scores[3] for score in scores)
    assert len(ids(operator, max_score=scores[0])) == sum(score <= scores[0] for score in scores)
    assert ids(operator, owner=every[0]["owner"], sequence=every[0]["sequence"])
    assert ids(operator, harvested_since="2999-01-01T00:00:00Z") == []


@pytest.mark.parametrize("sort", ["id", "-id", "score", "-score"])
def test_pages_hold_every_lead_once_in_order_while_others_come(operator: Client, sort: str) -> None:
    whole = ids(operator, sort=sort)
    seen, after = [], None
    while True:
        page = operator.get(LEADS, params={"sort": sort, "limit": 2, "after": after}).json()
        seen += [one["id"] for one in page["items"]]
        outreach.add_lead(1, f"new{len(seen)}@example.org")
        if (after := page["next"]) is None or len(seen) > 20:
            break
    assert [one for one in seen if one in whole] == whole


def test_a_file_is_taken_row_by_row(operator: Client) -> None:
    body = "Email,First Name\nann@example.com,Ann\nnot-an-address\nann@example.com,Again\n,\n"
    answer = operator.post(f"{LEADS}/import?label=mine.csv", data=body.encode())
    assert answer.status_code == 200, answer.text
    assert {name: answer.json()[name] for name in ("inserted", "duplicates")} == {
        "inserted": 2,
        "duplicates": 1,
    }
    again = operator.post(f"{LEADS}/import?label=mine.csv", data=body.encode()).json()
    assert (again["inserted"], again["updated"]) == (0, 0)
    assert ids(operator, email="ANN@example.com")


@pytest.mark.parametrize("label", ["../x.csv", "a/b.csv", "..", "\x00"])
def test_the_name_of_a_file_leads_nowhere(operator: Client, label: str, tmp_path: Path) -> None:
    answer = operator.post(f"{LEADS}/import", params={"label": label}, data=b"Email\nann@example.com\n")
    assert answer.status_code in (200, 422)
    assert not list(tmp_path.glob("*x.csv"))


def test_a_file_that_is_none_is_refused_with_the_reason(operator: Client) -> None:
    answer = operator.post(f"{LEADS}/import", data=b"\x00\x01\x02")
    assert 400 <= answer.status_code < 500
    assert answer.json()["detail"]


def test_leads_are_queued_for_the_next_harvest_and_bad_ones_told(operator: Client) -> None:
    answer = operator.post(LEADS, json={"leads": [{"email": "new@example.org"}, {"email": "no"}]})
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 1
    assert [(one["index"], bool(one["reason"])) for one in answer.json()["rejected"]] == [(1, True)]
    pipeline.execute("test", "harvest")
    assert len(ids(operator, email="new@example.org")) == 1


def test_an_export_holds_what_the_list_shows_and_no_formula(operator: Client) -> None:
    exported = list(csv.DictReader(io.StringIO(operator.get(f"{LEADS}/export").text)))
    assert [int(one["id"]) for one in exported] == ids(operator, sort="id")
    assert exported[-1]["company"] == "'=1+1"
    table = pd.read_parquet(io.BytesIO(operator.get(f"{LEADS}/export?format=parquet&q=intern").content))
    assert table["company"].tolist() == ["=1+1"]


def test_a_lead_tells_why_it_is_where_it_is_and_can_be_corrected(operator: Client, client: Clients) -> None:
    lead = ids(operator, q="intern")[0]
    assert operator.get(f"{LEADS}/{lead}").json()["lead"]["title"] == "Intern"
    why = operator.get(f"{LEADS}/{lead}/why").json()
    assert why["score"]["groups"]
    assert why["verdict"]["rules"]
    corrected = client("reviewer").ask("PATCH", f"{LEADS}/{lead}", json={"title": "CEO", "employees": "120"})
    assert corrected.status_code == 200, corrected.text
    assert corrected.json()["lead_id"] == lead
    assert operator.get(f"{LEADS}/{lead}").json()["lead"]["title"] == "CEO"
    (audited,) = database.fetch("SELECT DISTINCT actor FROM audit_log WHERE action = 'review.edit'")
    assert audited["actor"].startswith("key ")


def test_a_lead_of_another_campaign_is_none_in_this_one(operator: Client) -> None:
    other = outreach.add_lead(outreach.add_campaign(outreach.config(key="other")).id)
    for path in (f"{LEADS}/{other}", f"{LEADS}/{other}/why"):
        assert operator.get(path).status_code == 404
    assert operator.ask("PATCH", f"{LEADS}/{other}", json={"title": "CEO"}).status_code == 404


def test_a_lead_is_deleted_but_none_that_was_written_to(operator: Client, client: Clients) -> None:
    new = outreach.add_lead(1, "new@example.org", title="Novice")
    written_to = ids(operator, status="contacted")[0]
    assert operator.delete(f"{LEADS}/{new}").status_code == 204
    assert operator.delete(f"{LEADS}/{new}").status_code == 404
    assert ids(operator, title="Novice") == []
    refused = operator.delete(f"{LEADS}/{written_to}")
    assert (refused.status_code, "suppression list" in refused.json()["detail"]) == (409, True)
    assert written_to in ids(operator)
    (entry,) = client("admin").get("/audit-log", params={"action": "lead.delete"}).json()["items"]
    assert (entry["subject"], entry["before"]) == (str(new), {"campaign": "test", "leads": 1})


@pytest.mark.parametrize("place", [[None], [10**30], ["x"], [1, 2], ["a\0", 1]])
def test_a_place_that_no_page_ended_at_is_told_by_every_list(
    client: Clients, project: Path, place: list[object]
) -> None:
    outreach.add_campaign()
    admin = client("admin")
    after = base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
    lists = [
        path.replace("{id}", "test")
        for router in ROUTES
        for route in router.routes
        if isinstance(route, APIRoute) and "after" in inspect.signature(route.endpoint).parameters
        for path in [route.path.replace("{number}", "1")]
    ]
    assert len(lists) > 15
    for path in lists:
        assert admin.get(path, params={"after": after}).status_code < 500, path


def test_what_is_brought_in_is_in_the_audit_log(client: Clients, project: Path) -> None:
    outreach.add_campaign(outreach.config(sources=[{"type": "manual"}]))
    operator = client("operator")
    body = b"Email\nann@example.org\n"
    assert operator.post(f"{LEADS}/import", params={"label": "a.csv"}, data=body).status_code == 200
    assert operator.post(LEADS, json={"leads": [{"email": "bob@example.org"}]}).status_code == 202
    entries = client("admin").get("/audit-log", params={"action": "lead."}).json()["items"]
    assert [(one["action"], one["subject"]) for one in entries] == [
        ("lead.add", "test"),
        ("lead.import", "test"),
    ]
    assert entries[1]["after"]["inserted"] == 1
    assert all(one["actor"].startswith("key ") for one in entries)


@pytest.mark.parametrize("body", [b"", b"%PDF-1.7 nothing", b'{"a":' * 5000 + b"1" + b"}" * 5000])
def test_a_file_that_is_none_is_told(client: Clients, project: Path, body: bytes) -> None:
    outreach.add_campaign()
    assert client("operator").post(f"{LEADS}/import", data=body).status_code == 422


def test_a_label_is_no_longer_than_a_file_system_takes(client: Clients, project: Path) -> None:
    outreach.add_campaign()
    label = {"label": 200 * "\u00e9"}
    assert client("operator").post(f"{LEADS}/import", params=label, data=b"x").status_code == 422


def test_a_lead_with_an_outcome_that_nobody_wrote_to_can_be_deleted(client: Clients, project: Path) -> None:
    lead = outreach.add_lead(outreach.add_campaign().id)
    operator = client("operator")
    assert operator.post(f"{LEADS}/{lead}/outcomes", json={"outcome": "meeting"}).status_code == 201
    assert operator.delete(f"{LEADS}/{lead}").status_code == 204
