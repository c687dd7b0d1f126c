import pytest

from aicmo_dagster.benchmarks import imports


@pytest.mark.slow
def test_the_benchmark_imports_everything_and_a_little_more() -> None:
    figures = imports.run(3_000)
    assert 2_900 < figures["rows"] <= 3_000
    assert figures["ratio"] == pytest.approx(figures["import_s"] / figures["bare_copy_s"])
    assert list(figures["more_s"]) == [30, figures["rows"]]
    assert all(0 < one["import"] < figures["import_s"] for one in figures["more_s"].values())
    assert figures["match_s"] > 0
