import json
from pathlib import Path

import pytest

from aicmo_dagster_tests import outreach, pipelines
from aicmo_dagster_tests.cli.command_line import aicmo
from aicmo_dagster_tests.flow.test_conversion import FEW, bring, crowd
from aicmo_dagster_tests.stages.conversion.tables import table


@pytest.fixture
def key(project: Path) -> str:
    """A campaign with outcomes to learn from."""
    campaign = outreach.add_campaign(outreach.config(scoring={"conversion": {**FEW, "horizon_days": 30}}))
    bring(campaign, 800)
    return campaign.key


def test_a_model_is_trained_and_shown(key: str) -> None:
    assert "There is no model yet" in aicmo("model", "show", key)
    output = aicmo("model", "train", key)
    assert "logistic" in output
    assert output.rstrip().endswith("yes")
    told = json.loads(aicmo("model", "show", key, "--json"))
    assert told["in_use"] == 1
    assert told["models"][0]["metrics"]["auc"] > 0.7
    assert "content" not in told["models"][0]


def test_a_model_that_is_not_fit_fails_the_run_and_says_why(key: str) -> None:
    (campaign_id,) = pipelines.values("SELECT id FROM campaigns")
    crowd(outreach.add_campaign(outreach.config(scoring={"conversion": {**FEW, "horizon_days": 30}})), 4_000)
    output = aicmo("model", "train", key, code=1)
    assert "conversion_model failed its check conversion_model_is_fit" in output
    assert "not like those that it learnt from" in output
    assert "no: the campaign's leads" in aicmo("model", "show", key)
    assert pipelines.values("SELECT count(*) FROM conversion_models WHERE campaign_id = %s", campaign_id) == [
        1
    ]


def test_a_table_is_evaluated(tmp_path: Path) -> None:
    rows, labels = table(1_200)
    rows.assign(won=labels, duration=1).to_csv(tmp_path / "leads.csv", index=False)
    output = aicmo("model", "evaluate", str(tmp_path / "leads.csv"), "--label", "won")
    for words in ("AUC", "Brier score", "Lift at 10 %", "Calibration", "Left out", "duration", "by logistic"):
        assert words in output
    told = json.loads(aicmo("model", "evaluate", str(tmp_path / "leads.csv"), "--label", "won", "--json"))
    assert told["figures"]["rows"] == 300
    assert set(told["left_out"]) == {"duration", "empty"}
