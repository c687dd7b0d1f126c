from pathlib import Path

from aicmo_dagster_tests import outreach
from aicmo_dagster_tests.api.cam.conftest import Client, Clients


def bring(client: Client, label: str, *addresses: str) -> None:
    text = "Email\n" + "".join(f"{address}\n" for address in addresses)
    answer = client.post("/campaigns/test/leads/import", params={"label": label}, data=text)
    assert answer.status_code == 200, answer.text


def test_imports_are_listed_a_page_at_a_time_and_taken_back(client: Clients, project: Path) -> None:
    outreach.add_campaign()
    operator = client("operator")
    bring(operator, "first.csv", "ann@example.org", "bob@example.org")
    bring(operator, "second.csv", "cyd@example.org")
    page = operator.get("/campaigns/test/imports", params={"limit": 1}).json()
    (second,) = page["items"]
    (first,) = operator.get("/campaigns/test/imports", params={"after": page["next"]}).json()["items"]
    assert (first["source_label"], first["inserted"], second["source_label"]) == (
        "first.csv",
        2,
        "second.csv",
    )
    outreach.add_send(1, 1, state="sent", started_at=outreach.NOW, sent_at=outreach.NOW)
    undone = operator.post(f"/campaigns/test/imports/{first['id']}/undo")
    assert undone.json() == {"deleted": 1, "kept": 1, "restored": 0}
    left = operator.get("/campaigns/test/leads", params={"sort": "id"}).json()["items"]
    assert [one["email"] for one in left] == ["ann@example.org", "cyd@example.org"]
    assert operator.post("/campaigns/test/imports/999/undo").status_code == 404
    (entry,) = client("admin").get("/audit-log", params={"action": "import.undo"}).json()["items"]
    assert entry["actor"].startswith("key ")
