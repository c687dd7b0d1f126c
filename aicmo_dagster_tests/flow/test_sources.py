"""A source behind HTTP, from what the campaign says to the table `leads`."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from aicmo_dagster.errors import NoSourceError
from aicmo_dagster.flow.harvest import harvest
from aicmo_dagster.flow.run import start
from aicmo_dagster_tests import pipelines
from aicmo_dagster_tests.vendors.json_server import AUTHORIZATION, JsonServer, serving

PEOPLE = [{"email": f"p{number}@example.com", "name": f"Test{number} Lead"} for number in range(7)]


@pytest.fixture
def crm(store: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[JsonServer]:
    monkeypatch.setenv("AICMO_CRM_KEY", AUTHORIZATION)
    with serving(PEOPLE) as answers:
        yield answers


def apply_api(crm: JsonServer, folder: Path, max_leads: int) -> None:
    source = {
        "type": "http",
        "name": "crm",
        "request": {"url": crm.url + "/pages", "secret_headers": {"Authorization": "AICMO_CRM_KEY"}},
        "records": "data.people",
        "paging": {"type": "page"},
    }
    pipelines.apply(folder, pipelines.config(sources=[source], max_leads=max_leads))


def run() -> tuple[str, int]:
    (attempt,) = harvest(start("test", uuid.uuid4()))
    return attempt.outcome, attempt.inserted


def names() -> list[object]:
    return pipelines.values("SELECT first_name FROM leads ORDER BY id")


def test_runs_go_on_where_the_list_of_an_api_is_new(crm: JsonServer, tmp_path: Path) -> None:
    apply_api(crm, tmp_path, max_leads=2)
    assert [run() for _ in range(5)] == [("succeeded", 2)] * 3 + [("succeeded", 1), ("succeeded", 0)]
    assert names() == [f"Test{number}" for number in range(7)]


def test_a_key_that_is_wrong_is_told_and_leads_stay_out(
    crm: JsonServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AICMO_CRM_KEY", "Bearer wrong-key-of-this-test")
    apply_api(crm, tmp_path, max_leads=2)
    with pytest.raises(NoSourceError, match="HTTP 401") as told:
        run()
    assert "wrong-key" not in str(told.value)
    assert names() == []
