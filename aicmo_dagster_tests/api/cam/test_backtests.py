import json
from typing import Any

import pytest

from aicmo_dagster.api.cam import backtests
from aicmo_dagster.flow.run import utc_now
from aicmo_dagster.operations import campaigns
from aicmo_dagster.store import database
from aicmo_dagster_tests import people, pipelines
from aicmo_dagster_tests.api.cam.conftest import Client, Clients

STRICTER = {"qualification": {"min_icp_fit": 1.0, "forbidden_countries": ["DE"]}}
PATH = "/campaigns/test/backtests"


def document(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(pipelines.config(**changes).model_dump_json())
    return found


@pytest.fixture
def operator(client: Clients) -> Client:
    """Of a campaign with two leads."""
    campaign, _ = campaigns.apply_document({**document(), "sources": [{"type": "manual"}]}, "test", 0)
    assert campaign.key == "test"
    addresses = [f"lead{number}@company{number}.example.org" for number in (1, 2)]
    people.bring(campaign, *({"email": one, "country_code": "DE"} for one in addresses), at=utc_now())
    return client("operator", [campaign.id])


def versions() -> list[dict[str, Any]]:
    return database.fetch("SELECT version, backtest FROM campaign_versions ORDER BY version")


def test_a_changed_campaign_is_compared_with_the_present_one(operator: Client) -> None:
    before = versions()
    answer = operator.post(PATH, json={"campaign": document(**STRICTER)})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["version"], found["comparison"]["leads"]) == (1, 2)
    assert found["comparison"]["after"]["reasons"] == {"policy": 2}
    assert "example.org" not in answer.text
    assert versions() == before


def test_a_sample_is_as_small_as_it_was_wanted(operator: Client) -> None:
    found = operator.post(PATH, json={"campaign": document(**STRICTER), "sample": 1}).json()
    assert (found["comparison"]["leads"], found["of_leads"]) == (1, 2)


def test_what_was_stored_with_a_version_is_shown(operator: Client) -> None:
    with database.transaction() as cursor:
        cursor.execute(
            "UPDATE campaign_versions SET backtest = %s",
            [json.dumps({"days": 30, "comparison": {"leads": 2, "changed": 1}})],
        )
    campaigns.apply_document({**document(max_leads=7), "sources": [{"type": "manual"}]}, "test", 1)
    (one,) = operator.get(PATH).json()["items"]
    assert (one["version"], one["days"], one["leads"], one["changed"], one["error"]) == (1, 30, 2, 1, None)
    assert operator.get(f"{PATH}/1").json()["comparison"]["changed"] == 1
    assert operator.get(f"{PATH}/2").status_code == 404
    assert operator.get(f"{PATH}/9").status_code == 404


@pytest.mark.parametrize(
    "wanted",
    [
        {"campaign": {}},
        {"campaign": document(key="other")},
        {"campaign": document(), "days": 0},
        {"campaign": document(), "sample": 0},
        {"campaign": document(), "sample": backtests.MOST_LEADS + 1},
        {"campaign": {**document(), "scoring": {"weights": {"luck": 1}}}},
    ],
)
def test_what_is_no_change_of_this_campaign_is_refused(operator: Client, wanted: object) -> None:
    assert operator.post(PATH, json=wanted).status_code == 422


def test_one_that_takes_too_long_is_ended(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtests, "LONGEST_S", 0.0)
    answer = operator.post(PATH, json={"campaign": document(**STRICTER)})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:aicmo:problem:backtest-too-long"


def test_one_runs_at_a_time(operator: Client) -> None:
    with backtests._ONE_AT_A_TIME:
        answer = operator.post(PATH, json={"campaign": document(**STRICTER)})
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0
    assert operator.post(PATH, json={"campaign": document(**STRICTER)}).status_code == 200


def test_a_viewer_reads_and_runs_none(operator: Client, client: Clients) -> None:
    viewer = client("viewer")
    assert viewer.get(PATH).json() == {"items": [], "next": None}
    assert viewer.post(PATH, json={"campaign": document()}).status_code == 403
