"""The asset `conversion_model` in Dagster: what a person sees there, and when it runs by itself."""

import base64
import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from PIL import Image

from aicmo_dagster.definitions import defs
from aicmo_dagster.errors import AicmoError
from aicmo_dagster.operations import pipeline
from aicmo_dagster.schedules import weekly_training
from aicmo_dagster_tests import outreach, pipelines
from aicmo_dagster_tests.flow.test_conversion import FEW, NOW, bring

FIGURES = {"auc", "auc_error", "brier", "lift", "calibration_error", "psi"}


def scoring(**changes: Any) -> dict[str, Any]:
    return {"scoring": {"conversion": {**FEW, **changes}}}


def metadata() -> dict[str, Any]:
    with pipeline.instance() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("conversion_model"))
        assert event is not None
        assert event.asset_materialization is not None
        return {name: one.value for name, one in event.asset_materialization.metadata.items()}


def test_the_metadata_has_the_figures_the_plot_and_those_of_the_previous_model(project: Path) -> None:
    bring(outreach.add_campaign(outreach.config(**scoring())), 800)
    pipelines.run(job="train", at=NOW)
    first = metadata()
    assert set(first) >= FIGURES | {
        "number",
        "in_use",
        "leads",
        "conversions",
        "what_moves_the_odds",
        "what_drifted",
    }
    assert "previous" not in first
    pipelines.run(job="train", at=NOW)
    second = metadata()
    assert (second["number"], second["in_use"], second["previous"]["number"]) == (2, 2, 1)
    assert set(second["previous"]) >= {"auc", "brier", "lift", "gain"}
    found = re.search(r"data:image/png;base64,([^)]+)", str(second["picture"]))
    assert found is not None
    with Image.open(io.BytesIO(base64.b64decode(found[1]))) as picture:
        assert (picture.format, picture.width) == ("PNG", 640)


def test_too_little_to_learn_from_is_said_and_is_no_failure(project: Path) -> None:
    bring(outreach.add_campaign(outreach.config(**scoring(min_leads=1_000))), 50)
    pipelines.run(job="train", at=NOW)
    told = metadata()
    assert "50 leads have a known outcome, 1,000 are needed" in told["problem"]
    assert told["in_use"] == "none"


def test_a_model_that_is_not_fit_fails_a_blocking_check(project: Path) -> None:
    bring(outreach.add_campaign(outreach.config(**scoring(max_psi=1e-9))), 800)
    with pytest.raises(AicmoError, match="conversion_model_is_fit: the campaign's leads are not like those"):
        pipelines.run(job="train", at=NOW)
    assert metadata()["in_use"] == "none"


def test_scores_name_the_model_that_had_a_part_in_them(project: Path) -> None:
    weighted = {"model": "standard", "weights": {"conversion": 0.5}, "conversion": FEW}
    bring(outreach.add_campaign(outreach.config(scoring=weighted)), 800)
    pipelines.run(job="score", at=NOW)
    assert pipelines.values("SELECT DISTINCT conversion_model FROM lead_scores") == [None]
    pipelines.run(job="train", at=NOW)
    pipelines.run(job="score", at=NOW)
    assert pipelines.values("SELECT DISTINCT conversion_model FROM lead_scores") == [1]


def test_campaigns_with_an_outcome_are_trained_weekly(project: Path) -> None:
    learning = outreach.add_campaign(outreach.config())
    outreach.add_campaign(outreach.config(key="silent"))
    lead = outreach.add_lead(learning.id)
    pipelines.execute(
        "INSERT INTO engagement_events (lead_id, kind, happened_at) VALUES (%s, 'converted', %s)", lead, NOW
    )
    with pipeline.instance() as instance:
        context = dg.build_schedule_context(
            instance,
            scheduled_execution_time=datetime(2026, 3, 2, 3, 20, tzinfo=UTC),
            repository_def=defs.get_repository_def(),
        )
        requests = weekly_training.evaluate_tick(context).run_requests or []
    assert [(one.partition_key, one.run_key) for one in requests] == [("test", "train:test:2026-03-02")]
