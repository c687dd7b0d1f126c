import pytest

from aicmo_dagster.benchmarks import api


@pytest.mark.slow
def test_the_benchmark_asks_every_kind_of_request_and_reads_the_export() -> None:
    measured = api.run(200, 2, 20, lambda _: None)
    assert {"nothing looked up", "campaign", "dashboard", "status"} < measured["kinds"].keys()
    assert all(row["failed"] == 0 for row in measured["kinds"].values())
    assert all(row["requests"] > 1 and row["p95_ms"] > 0 for row in measured["kinds"].values())
    assert measured["export"]["bytes"] > 200
