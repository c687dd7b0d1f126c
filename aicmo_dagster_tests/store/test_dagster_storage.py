import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.operations import pipeline
from aicmo_dagster.store import dagster_storage
from aicmo_dagster.store.database import libpq_url
from aicmo_dagster_tests import pipelines


@pytest.fixture(autouse=True)
def engines() -> Iterator[None]:
    """Ends each test's pooled connections, whose database goes away."""
    yield
    dagster_storage._engine.cache_clear()


def most_connections(store: URL) -> int:
    """Connections of Dagster to the test's database at this moment."""
    with psycopg.connect(libpq_url(store)) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'dagster'"
        ).fetchone()
    return int(row[0]) if row else 0


def test_a_run_of_five_assets_uses_a_handful_of_connections(project: Path, store: URL) -> None:
    pipelines.write_leads(project / "leads.csv", [pipelines.ideal(1)])
    pipelines.apply(project, pipelines.config())
    pipelines.run()
    # Those of the pool stay open, so what is open now is the most there ever was.
    assert 1 <= most_connections(store) <= 4


def test_instances_of_one_process_share_its_pool(project: Path, store: URL) -> None:
    for _ in range(5):
        with pipeline.instance() as instance:
            instance.get_runs_count()
    # One for each of what an instance does at once; not one per instance.
    assert most_connections(store) <= 2


def test_dagster_keeps_its_tables_in_a_schema_of_its_own(project: Path) -> None:
    with pipeline.instance() as instance:
        instance.add_dynamic_partitions("campaigns", ["test"])
    schemas = pipelines.values("SELECT DISTINCT schemaname FROM pg_tables WHERE tablename = 'runs'")
    assert schemas == ["dagster"]


def _count_runs(folder: str, environment: dict[str, str], answer: "multiprocessing.Queue[int]") -> None:
    os.environ.update(environment)
    os.chdir(folder)
    with pipeline.instance() as instance:
        answer.put(instance.get_runs_count())


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_two_processes_that_begin_on_an_empty_database_both_work(project: Path, method: str) -> None:
    if method == "fork":
        # A pool that is in use here must not be used by the child.
        with pipeline.instance() as instance:
            instance.get_runs_count()
    context = multiprocessing.get_context(method)
    answers = context.Queue()
    arguments = (str(project), dict(os.environ), answers)
    processes = [context.Process(target=_count_runs, args=arguments) for _ in range(2)]  # type: ignore[attr-defined]
    for process in processes:
        process.start()
    assert [answers.get(timeout=60) for _ in processes] == [0, 0]
    for process in processes:
        process.join()
    with pipeline.instance() as instance:
        assert instance.get_runs_count() == 0
