from datetime import UTC, datetime, timedelta

import pytest

from aicmo_dagster.store import database
from aicmo_dagster_tests.api.cam.conftest import Clients
from aicmo_dagster_tests.outreach import add_campaign


def test_a_key_is_shown_once_and_works(client: Clients) -> None:
    admin = client("admin")
    made = admin.post("/keys", json={"name": "dashboards", "role": "viewer", "requests_per_minute": 100_000})
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    text = made.json()["key"]
    admin.text, admins = text, admin.text
    assert admin.get("/campaigns").status_code == 200
    admin.text = admins
    path = made.headers["Location"].removeprefix("/api/v1/cam")
    for seen in (admin.get(path), admin.get("/keys"), admin.get("/audit-log")):
        assert seen.status_code == 200
        assert text not in seen.text
        assert "hash" not in seen.text
    assert admin.get(path).json()["role"] == "viewer"
    assert admin.get(path).json()["created_by"].startswith("key ")


def test_a_key_for_named_campaigns_sees_those_alone(client: Clients) -> None:
    campaign = add_campaign()
    admin = client("admin")
    made = admin.post("/keys", json={"name": "one campaign", "campaigns": ["test"]}).json()
    assert made["campaign_ids"] == [campaign.id]
    assert admin.post("/keys", json={"name": "none", "campaigns": ["nothing"]}).status_code == 404
    assert admin.post("/keys", json={"name": "none", "campaigns": []}).status_code == 422
    assert len(admin.get("/keys").json()["items"]) == 2


def test_a_key_that_is_revoked_is_refused_at_once_and_stays_in_the_list(client: Clients) -> None:
    admin, other = client("admin"), client("viewer")
    assert other.key is not None
    assert other.get("/campaigns").status_code == 200
    revoked = admin.delete(f"/keys/{other.key.id}")
    assert revoked.status_code == 200
    assert revoked.json()["revoked_at"] is not None
    assert other.get("/campaigns").status_code == 401
    assert admin.delete(f"/keys/{other.key.id}").json() == revoked.json()
    assert [one["id"] for one in admin.get("/keys").json()["items"]] == [other.key.id, other.key.id - 1]
    (entry,) = database.fetch("SELECT actor, subject FROM audit_log WHERE action = 'api_key.revoke'")
    assert admin.key is not None
    assert entry["actor"] == f"key {admin.key.id} ({admin.key.name})"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "a\u0000b"},
        {"name": "a\nb"},
        {"name": "a", "role": "owner"},
        {"name": "a", "requests_per_minute": 0},
        {"name": "a", "expires_at": (datetime.now(UTC) - timedelta(minutes=1)).isoformat()},
        {"name": "a", "expires_at": 4_000_000_000},
        {"name": "a", "hash": "x"},
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(client: Clients, body: dict[str, object]) -> None:
    admin = client("admin")
    answer = admin.post("/keys", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"]
    assert len(admin.get("/keys").json()["items"]) == 1


def test_keys_are_listed_a_page_at_a_time(client: Clients) -> None:
    admin = client("admin")
    for _ in range(4):
        client("viewer")
    seen: list[int] = []
    after = None
    while True:
        page = admin.get("/keys", params={"limit": 2, "after": after}).json()
        seen += [one["id"] for one in page["items"]]
        if (after := page["next"]) is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5


def test_a_number_that_no_key_has_is_not_found(client: Clients) -> None:
    admin = client("admin")
    for number in (0, 999, 2**63 - 1):
        assert admin.get(f"/keys/{number}").status_code == (404 if number else 422)
        assert admin.delete(f"/keys/{number}").status_code == (404 if number else 422)
    assert admin.get(f"/keys/{2**63}").status_code == 422


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_administrator_of_named_campaigns_makes_and_sees_no_keys(client: Clients, method: str) -> None:
    campaign = add_campaign()
    limited = client("admin", [campaign.id])
    answer = limited.ask(
        method, "/keys", **({"json": {"name": "more", "role": "admin"}} if method == "POST" else {})
    )
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:aicmo:problem:campaigns-limited"
    assert limited.key is not None
    assert limited.get(f"/keys/{limited.key.id}").status_code == 403
    assert limited.delete(f"/keys/{limited.key.id}").status_code == 403
    assert limited.get("/campaigns").status_code == 200
