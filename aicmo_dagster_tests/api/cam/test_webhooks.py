from collections.abc import Iterator

import pytest
from standardwebhooks.webhooks import Webhook as Receiver

from aicmo_dagster.operations import webhooks
from aicmo_dagster_tests.api.cam.conftest import Clients
from aicmo_dagster_tests.hook_server import HookServer, serving


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> Iterator[HookServer]:
    monkeypatch.setenv(webhooks.LOCAL, "1")
    with serving() as server:
        yield server


def test_a_webhook_from_its_making_to_its_end(client: Clients, hooks: HookServer) -> None:
    admin = client("admin")
    made = admin.post("/webhooks", json={"url": hooks.url + "/hook", "events": ["run.failed"]})
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    place, secret = made.headers["Location"].removeprefix("/api/v1/cam"), made.json()["secret"]
    shown = admin.get(place).json()
    assert shown == {name: value for name, value in made.json().items() if name != "secret"}
    assert admin.get("/webhooks").json()["items"] == [shown]

    sent = admin.post(f"{place}/test")
    assert (sent.json()["state"], sent.json()["status"]) == ("delivered", 204)
    assert Receiver(secret).verify(hooks.received[0].body, hooks.received[0].headers)

    again = admin.post(f"{place}/deliveries/{sent.json()['id']}/resend")
    assert again.json() == {"deliveries": 1}
    (waiting,) = admin.get(f"{place}/deliveries", params={"state": "waiting"}).json()["items"]
    assert waiting["message_id"] == sent.json()["message_id"]
    assert admin.get(f"{place}/deliveries/{waiting['id']}").json() == waiting
    assert admin.get(f"{place}/deliveries", params={"state": "dead"}).json()["items"] == []
    assert admin.post(f"{place}/resend").json() == {"deliveries": 0}

    other = admin.post(f"{place}/rotate-secret").json()["secret"]
    assert other != secret
    off = admin.ask("PATCH", place, json={"enabled": False, "events": ["lead.replied"]})
    assert (off.json()["enabled"], off.json()["events"]) == (False, ["lead.replied"])
    assert admin.delete(place).status_code == 204
    assert admin.get(place).json()["type"] == "urn:aicmo:problem:webhook-not-found"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"url": "https://169.254.169.254/latest", "events": ["run.failed"]}, "private or special"),
        ({"url": "http://example.com/", "events": ["run.failed"]}, "https://"),
        ({"url": "https://example.com/", "events": []}, "events"),
        ({"url": "https://example.com/", "events": ["lead.lost"]}, "events"),
        ({"url": "https://example.com/", "events": ["run.failed"], "more": 1}, "more"),
    ],
)
def test_what_may_not_be_a_receiver_is_refused(client: Clients, body: dict[str, object], said: str) -> None:
    answer = client("admin").post("/webhooks", json=body)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def test_a_webhook_for_a_campaign_that_is_not_there_is_refused(client: Clients) -> None:
    body = {"url": "https://example.com/", "events": ["run.failed"], "campaign": "none"}
    assert client("admin").post("/webhooks", json=body).status_code == 404


def test_pages_of_deliveries_show_each_once(client: Clients, hooks: HookServer) -> None:
    admin = client("admin")
    admin.post("/webhooks", json={"url": hooks.url, "events": ["run.failed"]})
    for _ in range(5):
        admin.post("/webhooks/1/test")
    seen, after = [], None
    while True:
        page = admin.get("/webhooks/1/deliveries", params={"limit": 2, "after": after}).json()
        seen += [one["id"] for one in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [5, 4, 3, 2, 1]
