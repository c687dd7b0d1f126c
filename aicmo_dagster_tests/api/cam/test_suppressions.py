import csv
import io
import tempfile
import time
from pathlib import Path

import pytest

from aicmo_dagster.store import database
from aicmo_dagster_tests.api.cam.conftest import Client, Clients
from aicmo_dagster_tests.outreach import add_campaign


def suppress(operator: Client, *values: str) -> None:
    answer = operator.post("/suppressions", json={"entries": [{"value": value} for value in values]})
    assert answer.status_code == 200, answer.text


def listed(operator: Client, **parameters: object) -> list[str]:
    answer = operator.get("/suppressions", params=parameters)
    assert answer.status_code == 200, answer.text
    return [one["value"] for one in answer.json()["items"]]


def test_many_are_added_at_once_and_each_counts_once(client: Clients) -> None:
    operator = client("operator")
    body = {"entries": [{"value": "Ann@Example.com", "reason": "asked"}, {"value": "@rival.example"}]}
    assert operator.post("/suppressions", json=body).json() == {"new": 2, "known": 0}
    assert operator.post("/suppressions", json=body).json() == {"new": 0, "known": 2}
    items = operator.get("/suppressions").json()["items"]
    assert [(one["kind"], one["value"], one["reason"]) for one in items] == [
        ("domain", "rival.example", "asked by a person"),
        ("address", "ann@example.com", "asked"),
    ]
    entries = database.fetch(
        "SELECT actor, subject, after FROM audit_log WHERE action = 'suppression.add' ORDER BY id"
    )
    assert entries[0]["after"]["reasons"] == ["asked", "asked by a person"]
    assert operator.key is not None
    assert entries[0]["actor"] == items[0]["added_by"] == f"key {operator.key.id} ({operator.key.name})"


def test_one_that_is_wrong_keeps_all_off_and_each_is_named(client: Clients) -> None:
    operator = client("operator")
    body = {
        "entries": [
            {"value": "ann@example.com"},
            {"value": "nodot"},
            {"value": "rival.example", "kind": "address"},
        ]
    }
    answer = operator.post("/suppressions", json=body)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["entries.1.value", "entries.2.value"]
    assert listed(operator) == []


def test_the_list_is_paged_and_searched_exactly(client: Clients) -> None:
    operator = client("operator")
    suppress(operator, "ann@example.com", "bob@example.com", "example.com", "xn--bcher-kva.example")
    assert listed(operator, kind="domain") == ["xn--bcher-kva.example", "example.com"]
    assert listed(operator, q="ANN@example.com") == ["ann@example.com"]
    assert listed(operator, q="@example.com") == ["example.com"]
    assert listed(operator, q="bücher.example") == ["xn--bcher-kva.example"]
    assert listed(operator, q="ann") == []
    first = operator.get("/suppressions", params={"limit": 3}).json()
    assert listed(operator, after=first["next"]) == ["ann@example.com"]


def test_an_address_or_domain_is_taken_off(client: Clients) -> None:
    admin = client("admin")
    suppress(admin, "ann@example.com", "bob/b@example.com", "example.org")
    assert admin.delete("/suppressions/Ann@Example.com").json() == {"reasons": ["asked by a person"]}
    assert admin.delete("/suppressions/bob%2Fb@example.com").status_code == 200
    assert admin.delete("/suppressions/example.org").status_code == 200
    again = admin.delete("/suppressions/ann@example.com")
    assert again.status_code == 404
    assert again.json()["type"] == "urn:aicmo:problem:suppression-not-found"
    assert admin.delete("/suppressions/nonsense").status_code == 422


def test_who_was_erased_is_found_by_address_and_taken_off_only_when_that_is_said(client: Clients) -> None:
    admin = client("admin")
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO suppressions (kind, value, reason, added_by) "
            "VALUES ('hash', mailbox_hash('ann@example.com'), 'erased', 'test')"
        )
    assert len(listed(admin, q="ann@example.com")) == 1
    assert admin.delete("/suppressions/ann@example.com").status_code == 404
    assert admin.delete("/suppressions/ann@example.com", params={"erased": "true"}).json() == {
        "reasons": ["erased"]
    }


def test_a_file_is_taken_but_for_its_wrong_rows(client: Clients) -> None:
    operator = client("operator")
    content = "email;reason\nann@example.com;old newsletter\nnot an address@;x\nbob@example.org;\n"
    answer = operator.post(
        "/suppressions/import",
        data=content.encode(),
        params={"reason": "list"},
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["new"], found["known"], found["refused"]) == (2, 0, 1)
    assert [(one["line"], one["field"]) for one in found["listed"]] == [(3, "value")]
    reasons = {one["value"]: one["reason"] for one in operator.get("/suppressions").json()["items"]}
    assert reasons == {"ann@example.com": "old newsletter", "bob@example.org": "list"}


def test_a_file_may_be_larger_than_other_bodies(client: Clients) -> None:
    operator = client("operator")
    rows = "".join(f"{number:060}@example.com\n" for number in range(20_000))
    content = f"email\n{rows}".encode()
    assert len(content) > 1 << 20
    assert operator.post("/suppressions/import", data=content).json()["new"] == 20_000
    assert operator.post("/suppressions", data=content).status_code == 413


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files are made, of this test alone."""
    found = tmp_path / "temporary"
    found.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(found))
    return found


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x00", b"PK\x03\x04 zip", b"name,city\nAnn,Rome\n", b"\xff\xfe"]
)
def test_what_is_no_list_is_refused_and_no_path_is_told(
    client: Clients, content: bytes, folder: Path
) -> None:
    operator = client("operator")
    answer = operator.post("/suppressions/import", data=content)
    assert answer.status_code == 422, answer.text
    assert str(folder) not in answer.text
    assert listed(operator) == []


def test_of_files_nothing_stays(client: Clients, folder: Path) -> None:
    operator = client("operator")
    for content in (b"email\nann@example.com\n", b""):
        operator.post("/suppressions/import", data=content)
    assert "ann@example.com" in operator.get("/suppressions/export").text
    assert client("viewer").post("/suppressions/import", data=b"email\n").status_code == 403
    # An answer may be read to its end a moment before the server has tidied up.
    until = time.monotonic() + 30
    while any(folder.iterdir()) and time.monotonic() < until:
        time.sleep(0.01)
    assert [*folder.iterdir()] == []


def test_the_list_is_exported_and_can_be_brought_again(client: Clients) -> None:
    operator = client("operator")
    suppress(operator, "ann@example.com", "example.org")
    operator.post(
        "/suppressions", json={"entries": [{"value": "eve@example.com", "reason": "=HYPERLINK(1)"}]}
    )
    exported = operator.get("/suppressions/export")
    assert exported.status_code == 200
    assert exported.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(exported.text)))
    assert [row["value"] for row in rows] == ["ann@example.com", "example.org", "eve@example.com"]
    assert rows[2]["reason"] == "'=HYPERLINK(1)"
    again = operator.post("/suppressions/import", data=exported.content).json()
    assert (again["new"], again["known"], again["refused"]) == (0, 3, 0)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/suppressions"),
        ("POST", "/suppressions"),
        ("DELETE", "/suppressions/ann@example.com"),
        ("POST", "/suppressions/import"),
        ("GET", "/suppressions/export"),
    ],
)
def test_the_list_of_all_campaigns_is_not_for_keys_of_some(client: Clients, method: str, path: str) -> None:
    campaign = add_campaign()
    suppress(client("operator"), "ann@example.com")
    answer = client("admin", [campaign.id]).ask(
        method, path, json={"entries": [{"value": "bob@example.com"}]}
    )
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:aicmo:problem:campaigns-limited"
    assert "ann@" not in answer.text
    for role in ("viewer", "reviewer"):
        assert client(role).ask(method, path).status_code == 403
    assert listed(client("operator")) == ["ann@example.com"]


def test_only_an_administrator_takes_anybody_off(client: Clients) -> None:
    operator = client("operator")
    suppress(operator, "ann@example.com")
    assert operator.delete("/suppressions/ann@example.com").status_code == 403
    assert listed(operator) == ["ann@example.com"]
