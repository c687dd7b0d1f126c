"""Back-tests on demand, and those that are stored when a change is applied."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy.engine import URL

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.errors import CampaignNotFoundError, ConfigurationError
from aicmo_dagster.flow.backtest import SEED
from aicmo_dagster.flow.run import utc_now
from aicmo_dagster.operations import backtest, campaigns
from aicmo_dagster_tests import people, pipelines

STRICTER = {"qualification": {"min_icp_fit": 1.0, "forbidden_countries": ["DE"]}}


def document(folder: Path, **changes: Any) -> Path:
    file = folder / "campaign.yaml"
    file.write_text(yaml.safe_dump(json.loads(pipelines.config(**changes).model_dump_json())))
    return file


@pytest.fixture
def folder(store: URL, tmp_path: Path) -> Path:
    """Where the campaign's file lies; the campaign has two leads."""
    campaign, _ = campaigns.apply_file(document(tmp_path), "test")
    addresses = [f"lead{number}@company{number}.example.org" for number in (1, 2)]
    people.bring(campaign, *({"email": one, "country_code": "DE"} for one in addresses), at=utc_now())
    return tmp_path


def stored() -> list[Any]:
    return pipelines.values("SELECT backtest FROM campaign_versions ORDER BY version")


def changed(**changes: Any) -> CampaignConfig:
    return pipelines.config(**changes)


def test_applying_another_way_to_decide_stores_its_back_test_with_the_version(folder: Path) -> None:
    campaigns.apply_file(document(folder, **STRICTER), "test")
    first, second = stored()
    assert first is None
    assert second["version"] == 1
    assert second["comparison"]["leads"] == 2
    assert second["comparison"]["after"]["reasons"] == {"policy": 2}


def test_what_is_stored_has_no_personal_data(folder: Path) -> None:
    campaigns.apply_file(document(folder, **STRICTER), "test")
    assert "example.org" not in json.dumps(stored()[1])
    assert "@" not in json.dumps(stored()[1])


def test_a_change_of_anything_else_is_not_back_tested(folder: Path) -> None:
    campaigns.apply_file(document(folder, max_leads=7), "test")
    assert stored() == [None, None]


def test_a_campaign_without_leads_is_not_back_tested(store: URL, tmp_path: Path) -> None:
    campaigns.apply_file(document(tmp_path), "test")
    campaigns.apply_file(document(tmp_path, **STRICTER), "test")
    assert stored() == [None, None]


def test_applying_can_do_without(folder: Path) -> None:
    campaigns.apply_file(document(folder, **STRICTER), "test", backtested=False)
    assert stored() == [None, None]


def test_a_back_test_that_fails_does_not_stop_the_change_and_is_told_without_addresses(folder: Path) -> None:
    # A fact that no dimension can read, which the tables let through.
    pipelines.execute("ALTER TABLE leads DROP CONSTRAINT leads_email_status_check")
    pipelines.execute("ALTER TABLE leads ALTER COLUMN employees TYPE text USING 'somebody@example.org'")
    _, outcome = campaigns.apply_file(document(folder, **STRICTER), "test")
    assert outcome == "changed"
    assert set(stored()[1]) == {"error"}
    assert "example.org" not in stored()[1]["error"]


def test_the_sample_of_a_change_that_is_applied_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtest, "APPLIED_LEADS", 1)
    campaigns.apply_file(document(folder, **STRICTER), "test")
    found = stored()[1]
    assert (found["comparison"]["leads"], found["of_leads"], found["seed"]) == (1, 2, SEED)


def test_a_campaign_that_is_not_there_is_told_with_the_nearest(folder: Path) -> None:
    with pytest.raises(CampaignNotFoundError, match="did you mean 'test'"):
        backtest.backtest("tset", changed())


def test_the_document_of_another_campaign_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="the campaign 'other', not 'test'"):
        backtest.backtest("test", changed(key="other"))


@pytest.mark.parametrize("days", [0, -3, 366])
def test_days_out_of_range_are_refused(store: URL, days: int) -> None:
    with pytest.raises(ConfigurationError, match="give 1 to 365 days"):
        backtest.backtest("test", changed(), days)


def test_a_sample_of_nobody_is_refused(store: URL) -> None:
    with pytest.raises(ConfigurationError, match="give a number from 1"):
        backtest.backtest("test", changed(), most_leads=0)
