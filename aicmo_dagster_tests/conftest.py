"""What every test may use: a real PostgreSQL, a database per test, and files written by others.

The server is the embedded one, or the one named by `AICMO_TEST_DATABASE_URL` (its user must be allowed to
create databases).
"""

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy.engine import URL, make_url

from aicmo_dagster import settings
from aicmo_dagster.store.embedded import ensure_running
from aicmo_dagster_tests.databases import Databases
from aicmo_dagster_tests.depth import SHORT

# No test has a stopwatch.
hypothesis.settings.register_profile("ours", deadline=None, max_examples=25 if SHORT else 100)
hypothesis.settings.load_profile("ours")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow ones, so that no worker is left alone with them at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(autouse=True)
def _no_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test asks the world's DNS; those about it have a server of their own."""
    monkeypatch.setenv(settings.DNS_SERVERS, "none")


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Those of a running server: the embedded one, or the one that is given."""
    given = os.environ.get("AICMO_TEST_DATABASE_URL")
    admin = make_url(given or ensure_running(tmp_path_factory.mktemp("server")))
    made = Databases(admin.set(drivername="postgresql", database=f"aicmo_template_{uuid.uuid4().hex[:12]}"))
    if given is None:
        made.hurry()
    made.make_template()
    yield made
    made.drop()


@pytest.fixture
def store(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[URL]:
    """An empty migrated database of this test's own; `AICMO_DATABASE_URL` and `AICMO_HOME` point to it."""
    mine = databases.lend()
    monkeypatch.setenv(settings.DATABASE_URL, mine.render_as_string(hide_password=False))
    monkeypatch.setenv(settings.HOME, str(tmp_path / "home"))
    yield mine
    databases.take_back(mine)


@pytest.fixture
def project(store: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the repository's `dagster.yaml` and the database of `store`."""
    shutil.copy(Path(__file__).parents[1] / "dagster.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return tmp_path


@pytest.fixture(scope="session")
def thirdparty() -> Path:
    """The folder of files written by others; tests that ask for it are skipped where it is missing."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("AICMO_THIRDPARTY_DATA", default))
    if not folder.is_dir():
        pytest.skip("the folder of third-party files is not here")
    return folder
