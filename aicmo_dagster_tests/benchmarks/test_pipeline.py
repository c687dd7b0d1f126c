import os

import pytest

from aicmo_dagster import settings
from aicmo_dagster.benchmarks import pipeline


@pytest.mark.slow
def test_the_benchmark_measures_every_stage_and_leaves_the_environment_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(settings.HOME, "before")
    figures = pipeline.run(3_000)
    assert os.environ[settings.HOME] == "before"
    assert list(figures["stages_s"]) == ["harvest", "score", "qualify", "route"]
    assert 2_900 < figures["rows"]["leads"] <= 3_000
    assert figures["rows"]["lead_scores"] == figures["rows"]["lead_verdicts"] == figures["rows"]["leads"]
    assert 0 < figures["rows"]["lead_routes"] < figures["rows"]["leads"]
    assert figures["ratio"] == pytest.approx(figures["pipeline_s"] / figures["bare_copy_s"])
    assert set(figures["bare_copies_s"]) == {
        "csv in",
        *(f"{table} {way}" for table in pipeline._TABLES for way in ("out", "in")),
    }
    assert figures["peak_rss_bytes"] > 100e6
