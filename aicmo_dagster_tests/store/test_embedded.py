"""The embedded server under starts, ends and kills; always a real one, whatever the other tests use."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from aicmo_dagster.errors import StoreError
from aicmo_dagster.store.embedded import ensure_running

_SCRIPT = """
import sys, psycopg
from pathlib import Path
from aicmo_dagster.store.embedded import ensure_running
with psycopg.connect(ensure_running(Path(sys.argv[1])), autocommit=True) as connection:
    connection.execute("SELECT pg_advisory_lock(1)")  # IF NOT EXISTS is not safe from two at once
    connection.execute("CREATE TABLE IF NOT EXISTS visits (n int)")
    connection.execute("INSERT INTO visits VALUES (1)")
    print(connection.execute("SELECT count(*) FROM visits").fetchone()[0], flush=True)
sys.stdin.readline()
"""


class Visitor:
    """A process of its own that has the server of a folder running until it is told to leave."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", _SCRIPT, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def visits(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def leave(self) -> None:
        self._process.communicate("go\n", timeout=60)
        assert self._process.returncode == 0

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    server = postmaster(tmp_path / "home")
    if server is not None:
        server.send_signal(signal.SIGQUIT)
        gone(server)


def postmaster(folder: Path) -> psutil.Process | None:
    """The server's process, None when there is none."""
    try:
        pid = int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        process = psutil.Process(pid)
        return process if "postgres" in process.name() else None
    except (OSError, IndexError, psutil.NoSuchProcess):
        return None


def running(folder: Path) -> psutil.Process:
    process = postmaster(folder)
    assert process is not None
    return process


def gone(process: psutil.Process) -> bool:
    for _ in range(200):
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def kill_server(folder: Path) -> None:
    """SIGKILL to the server and its children, as when the machine runs out of memory."""
    server = running(folder)
    for process in [server, *server.children(recursive=True)]:
        process.kill()
    assert gone(server)


def ask(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM visits").fetchone()
    return int(row[0]) if row else 0


def test_it_stops_with_the_last_process_that_uses_it(folder: Path) -> None:
    first = Visitor(folder)
    assert first.visits() == 1
    second = Visitor(folder)
    assert second.visits() == 2
    server = running(folder)
    first.leave()
    assert server.is_running()
    second.leave()
    assert gone(server)


def test_two_processes_that_start_it_at_once_share_one(folder: Path) -> None:
    visitors = [Visitor(folder) for _ in range(2)]
    assert sorted(visitor.visits() for visitor in visitors) == [1, 2]
    for visitor in visitors:
        visitor.leave()


def test_after_a_kill_of_the_server_a_fresh_process_finds_everything_again(folder: Path) -> None:
    visitor = Visitor(folder)
    visitor.visits()
    kill_server(folder)
    visitor.kill()
    again = Visitor(folder)
    assert again.visits() == 2
    again.leave()


def test_after_a_kill_of_the_server_the_same_process_starts_it_again(folder: Path) -> None:
    visitor = Visitor(folder)
    visitor.visits()
    assert ask(ensure_running(folder)) == 1
    kill_server(folder)
    assert ask(ensure_running(folder)) == 1
    visitor.kill()


def test_a_pid_file_whose_number_is_another_programs_now_is_not_believed(folder: Path) -> None:
    visitor = Visitor(folder)
    visitor.visits()
    pid_file = folder / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    kill_server(folder)
    visitor.kill()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    again = Visitor(folder)
    assert again.visits() == 2
    again.leave()


def test_a_killed_user_does_not_keep_the_server_running(folder: Path) -> None:
    killed = Visitor(folder)
    killed.visits()
    last = Visitor(folder)
    last.visits()
    server = running(folder)
    killed.kill()
    last.leave()
    gone(server)
    assert postmaster(folder) is None


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="AICMO_HOME"):
        ensure_running(tmp_path / "file" / "home")
