import json
from typing import Any

import pytest

from aicmo_dagster.api.cam.campaigns import EXAMPLE
from aicmo_dagster.store import database
from aicmo_dagster_tests import outreach
from aicmo_dagster_tests.api.cam.conftest import Clients

SPRING: dict[str, Any] = {
    "key": "spring",
    "name": "Spring launch",
    "icp": {"titles": ["Head of Marketing"], "locations": ["Germany"]},
    "sources": [{"type": "manual"}],
}


def test_a_campaign_is_created_once(client: Clients) -> None:
    operator = client("operator")
    created = operator.post("/campaigns", json=SPRING)
    assert (created.status_code, created.headers["Location"]) == (201, "/api/v1/cam/campaigns/spring")
    assert created.headers["ETag"] == '"1"'
    again = operator.post("/campaigns", json=SPRING)
    assert (again.status_code, again.json()["type"]) == (409, "urn:aicmo:problem:conflict")
    (audited,) = database.fetch("SELECT action, actor FROM audit_log WHERE subject = 'spring'")
    assert audited["action"] == "campaign.create"
    assert audited["actor"].startswith("key ")


def test_the_example_of_the_documentation_is_a_campaign(client: Clients) -> None:
    assert client("operator").post("/campaigns/validate", json=EXAMPLE).json()["problems"] == []


def test_a_campaign_is_found_by_key_and_by_number(client: Clients) -> None:
    number = outreach.add_campaign().id
    viewer = client("viewer")
    assert viewer.get(f"/campaigns/{number}").json() == viewer.get("/campaigns/test").json()


def test_a_key_that_would_be_taken_for_a_number_is_refused(client: Clients) -> None:
    first = outreach.add_campaign()
    outreach.add_campaign(outreach.config(key=str(first.id)))  # from a time when it was none
    operator = client("operator")
    assert operator.get(f"/campaigns/{first.id}").json()["key"] == "test"
    refused = operator.post("/campaigns", json=EXAMPLE | {"key": "77"})
    assert (refused.status_code, "add a letter" in refused.json()["detail"]) == (422, True)
    checked = operator.post("/campaigns/validate", json=EXAMPLE | {"key": "77"}).json()
    assert "add a letter" in checked["problems"][0]


def test_characters_that_cannot_be_kept_are_told(client: Clients) -> None:
    outreach.add_campaign()
    operator = client("operator")
    for name in ("a\u0000b", "a\ud800b"):
        body = json.dumps({"name": name}).encode()
        headers = {"If-Match": "*", "Content-Type": "application/json"}
        refused = operator.ask("PATCH", "/campaigns/test", data=body, headers=headers)
        assert refused.status_code == 422, name
    assert operator.get("/campaigns?q=%00").status_code == 422
    assert operator.get("/campaigns/test/review?reason=%00").status_code == 422
    assert operator.get("/campaigns/test").json()["version"] == 1


def test_one_of_several_etags_is_enough_and_no_body_comes_for_a_head(client: Clients) -> None:
    outreach.add_campaign()
    operator = client("operator")
    change, headers = {"name": "Another"}, {"If-Match": '"7", W/"1"'}
    assert operator.ask("PATCH", "/campaigns/test", json=change, headers=headers).status_code == 200
    assert operator.ask("PATCH", "/campaigns/test", json=change, headers=headers).status_code == 412
    head = operator.ask("HEAD", "/campaigns/test")
    assert (head.status_code, head.headers["ETag"], head.content) == (200, '"2"', b"")


def test_validation_knows_the_rules_for_documents_from_the_network(client: Clients) -> None:
    document = EXAMPLE | {"sources": [{"type": "csv", "path": "/etc/passwd"}]}
    found = client("operator").post("/campaigns/validate", json=document).json()
    assert "file of this machine" in found["problems"][0]


def test_a_change_on_a_version_that_is_gone_changes_nothing(client: Clients) -> None:
    operator = client("operator")
    operator.post("/campaigns", json=SPRING)
    first = {"headers": {"If-Match": '"1"'}}
    assert operator.ask("PATCH", "/campaigns/spring", json={"name": "Second"}, **first).json()["version"] == 2
    stale = operator.ask("PUT", "/campaigns/spring", json=SPRING, **first)
    assert (stale.status_code, stale.json()["type"]) == (412, "urn:aicmo:problem:stale-version")
    assert operator.get("/campaigns/spring").json()["name"] == "Second"


def test_a_change_says_which_version_it_is_for(client: Clients) -> None:
    operator = client("operator")
    operator.post("/campaigns", json=SPRING)
    assert operator.ask("PUT", "/campaigns/spring", json=SPRING).status_code == 428
    assert operator.ask("PATCH", "/campaigns/spring", json={}).status_code == 428


def test_a_patch_takes_away_what_is_null_and_keeps_what_it_does_not_name(client: Clients) -> None:
    operator = client("operator")
    operator.post("/campaigns", json={**SPRING, "max_leads": 7, "time_zone": "Europe/Berlin"})
    changed = operator.ask(
        "PATCH", "/campaigns/spring", json={"max_leads": None}, headers={"If-Match": '"1"'}
    ).json()["config"]
    assert (changed["max_leads"], changed["time_zone"]) == (100, "Europe/Berlin")


def test_every_problem_of_a_document_is_told(client: Clients) -> None:
    answer = client("operator").post("/campaigns", json={"key": "Spring!", "nme": "x"})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {"key", "nme", "icp", "sources"} <= {
        line.split(": ")[1].split(" ")[0] for line in answer.json()["detail"].splitlines()
    }


@pytest.mark.parametrize("path", ["/etc/passwd", "../leads.csv", "leads.csv"])
def test_a_document_from_the_network_names_no_file_of_this_machine(client: Clients, path: str) -> None:
    answer = client("operator").post(
        "/campaigns", json={**SPRING, "sources": [{"type": "csv", "path": path}]}
    )
    assert (answer.status_code, "manual" in answer.json()["detail"]) == (422, True)
    assert database.fetch("SELECT FROM campaigns") == []


def test_a_file_that_the_command_line_named_stays(client: Clients) -> None:
    sources = [{"type": "csv", "path": "leads.csv"}]
    outreach.add_campaign(outreach.config(sources=sources))
    changed = client("operator").ask(
        "PATCH", "/campaigns/test", json={"name": "New", "sources": sources}, headers={"If-Match": "*"}
    )
    assert changed.status_code == 200


def test_a_key_for_named_campaigns_sees_no_others_and_makes_none(client: Clients) -> None:
    mine = outreach.add_campaign(outreach.config(key="mine"))
    outreach.add_campaign(outreach.config(key="other"))
    limited = client("admin", [mine.id])
    assert [one["key"] for one in limited.get("/campaigns").json()["items"]] == ["mine"]
    assert limited.post("/campaigns", json=SPRING).status_code == 403
    hidden, missing = limited.get("/campaigns/other").json(), limited.get("/campaigns/othex").json()
    assert (hidden["status"], hidden["type"]) == (missing["status"], missing["type"])


@pytest.mark.parametrize("sort", ["key", "-key", "name", "-name", "created_at", "-updated_at"])
def test_pages_hold_every_campaign_once_in_order(client: Clients, sort: str) -> None:
    for number in range(7):
        outreach.add_campaign(outreach.config(key=f"campaign-{number}", name=f"Name {number % 3}"))
    viewer, seen, after = client("viewer"), [], None
    while True:
        page = viewer.get("/campaigns", params={"limit": 2, "sort": sort, "after": after}).json()
        seen += page["items"]
        if (after := page["next"]) is None:
            break
    assert {one["key"] for one in seen} == {f"campaign-{number}" for number in range(7)}
    assert len(seen) == 7
    field = sort.lstrip("-")
    values = [one[field] for one in seen]
    assert values == sorted(values, reverse=sort.startswith("-"))


def test_campaigns_are_found_by_words_state_and_mode(client: Clients) -> None:
    outreach.add_campaign(outreach.config(key="a-1", name="100% of Größe"))
    outreach.add_campaign(outreach.config(key="b_2".replace("_", "-"), name="Other"))
    operator = client("operator")
    operator.post("/campaigns/b-2/state", json={"state": "paused"})

    def found(**asked: str) -> list[str]:
        return [one["key"] for one in operator.get("/campaigns", params=asked).json()["items"]]

    assert found(q="größe") == found(q="0%") == found(state="active") == ["a-1"]
    assert found(state="paused") == ["b-2"]
    assert found(q="%") == ["a-1"]
    assert found(mode="live") == []


def test_a_state_that_the_present_one_does_not_lead_to_is_refused(client: Clients) -> None:
    outreach.add_campaign()
    operator = client("operator")
    assert operator.post("/campaigns/test/state", json={"state": "archived"}).json()["state"] == "archived"
    refused = operator.post("/campaigns/test/state", json={"state": "paused"})
    assert (refused.status_code, "active" in refused.json()["detail"]) == (409, True)


def test_versions_say_who_changed_a_campaign(client: Clients) -> None:
    operator = client("operator")
    operator.post("/campaigns", json=SPRING)
    operator.ask("PATCH", "/campaigns/spring", json={"name": "Second"}, headers={"If-Match": '"1"'})
    listed = operator.get("/campaigns/spring/versions").json()["items"]
    assert [one["version"] for one in listed] == [2, 1]
    assert operator.get("/campaigns/spring/versions/1").json()["name"] == "Spring launch"
    assert operator.get("/campaigns/spring/versions/3").status_code == 404


def test_a_body_beyond_its_limit_is_refused_before_it_is_read(client: Clients) -> None:
    operator = client("operator")
    said = operator.post(
        "/campaigns", data=b"x" * (1 << 20) + b"x", headers={"Content-Type": "application/json"}
    )
    streamed = operator.post(
        "/campaigns", data=iter([b"x" * (1 << 19)] * 3), headers={"Content-Type": "application/json"}
    )
    assert [said.status_code, streamed.status_code] == [413, 413]
    assert said.headers["Content-Type"] == "application/problem+json"
