"""`aicmo up`: the Dagster UI and daemon, the REST API and what the world may reach, on the data of this project."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from aicmo_dagster.cli.api import first_key, served
from aicmo_dagster.cli.opened import opened
from aicmo_dagster.cli.output import console, say
from aicmo_dagster.errors import AicmoError

_STARTS_WITHIN_S = 120.0
_ENDS_WITHIN_S = 20.0
_HOST = "127.0.0.1"

Port = Annotated[int, typer.Option(min=1, max=65535, help="Port of the Dagster UI.")]
ApiPort = Annotated[
    int, typer.Option(min=1, max=65535, help="Port of the REST API and of what the world may reach.")
]


def up(port: Port = 3000, api_port: ApiPort = 3001) -> None:
    """Serve the Dagster UI, the daemon that runs schedules, the REST API, and what the world may reach, until Ctrl-C.

    The last is the unsubscribe pages, tracked links, the inbox for leads and what mail providers report.
    """
    from aicmo_dagster import settings
    from aicmo_dagster.operations import pipeline

    folder = pipeline.project_folder()
    os.environ.setdefault(settings.DAGSTER_URL, f"http://localhost:{port}")
    for wanted, option in ((port, "--port"), (api_port, "--api-port")):
        _must_be_free(wanted, option)
    # Whatever the launcher has left in place, Ctrl-C and a service manager's SIGTERM end this in order.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with ExitStack() as running:
        with console().status("Starting…"):
            _prepare()
            running.enter_context(_http(api_port))
            children = running.enter_context(_dagster(folder, port))
            _wait_for_ui(port, children)
        say(f"Dagster UI:         http://localhost:{port}", "bold")
        say(f"REST API:           http://{_HOST}:{api_port}/docs", "bold")
        say(f"Unsubscribe pages:  http://{_HOST}:{api_port}/u/…  (put an https proxy before them)")
        say(f"Tracked links:      http://{_HOST}:{api_port}/c/…")
        say(f"Providers' events:  http://{_HOST}:{api_port}/events/PROVIDER")
        say(f"Inbox for leads:    http://{_HOST}:{api_port}/campaigns/CAMPAIGN/leads")
        first_key()
        say(f"Logs:               {children[0].log.parent}")
        say("Stop with Ctrl-C.")
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                _all_alive(children)
                time.sleep(0.5)
        say("Stopping…")
    say("Everything has stopped.")


def _must_be_free(port: int, option: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            raise AicmoError(f"port {port} is taken by another program; choose one with {option}") from None


def _prepare() -> None:
    """Tables, the embedded server (kept up by this process), and a partition for each campaign."""
    from aicmo_dagster.operations import pipeline
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        keys = [campaign.key for campaign in campaigns.listing(cursor)]
    with pipeline.instance() as dagster:
        pipeline.register_partitions(dagster, keys)


@contextmanager
def _http(port: int) -> Iterator[None]:
    """Serve them in a thread of this process."""
    with served(_HOST, port) as server:
        thread = threading.Thread(target=server.run, name="HTTP", daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join(_ENDS_WITHIN_S)


@dataclass
class _Child:
    name: str
    process: "subprocess.Popen[bytes]"
    log: Path


@contextmanager
def _dagster(folder: Path, port: int) -> Iterator[list[_Child]]:
    """The web server and the daemon, each in a process group of its own that ends as a whole."""
    from aicmo_dagster import settings

    workspace = folder / "workspace.yaml"
    code = ["-w", str(workspace)] if workspace.is_file() else ["-m", "aicmo_dagster.definitions"]
    logs = settings.home() / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    commands = {
        "webserver": ["-m", "dagster_webserver", "--host", "127.0.0.1", "--port", str(port), *code],
        "daemon": ["-m", "dagster._daemon", "run", *code],
    }
    children: list[_Child] = []
    try:
        for name, command in commands.items():
            log = logs / f"{name}.log"
            with log.open("wb") as output:
                process = subprocess.Popen(
                    [sys.executable, *command],
                    cwd=folder,
                    env={**os.environ, "DAGSTER_HOME": str(folder), settings.HOME: str(settings.home())},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=_end_with_parent,  # noqa: PLW1509 - no thread of ours holds a lock here
                )
            children.append(_Child(name, process, log))
        yield children
    finally:
        with _undisturbed():
            _stop(children)


def _end_with_parent() -> None:
    """In the child: be interrupted when the parent dies, even when it was killed (Linux)."""
    if sys.platform == "linux":
        import ctypes

        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGINT)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A second Ctrl-C does not leave half of the processes behind."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(children: list[_Child]) -> None:
    for child in children:
        _signal_group(child, signal.SIGINT)
    deadline = time.monotonic() + _ENDS_WITHIN_S
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(max(0.1, deadline - time.monotonic()))
    while any(_group_lives(child) for child in children) and time.monotonic() < deadline:
        time.sleep(0.1)
    for child in children:
        _signal_group(child, signal.SIGKILL)
        child.process.wait()


def _signal_group(child: _Child, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, number)


def _group_lives(child: _Child) -> bool:
    """Whether a process of the child's group is left; one that nobody has waited for yet does not count."""
    import psutil

    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getpgid(process.pid) == child.process.pid and process.status() != psutil.STATUS_ZOMBIE:
                return True
    return False


def _all_alive(children: list[_Child]) -> None:
    for child in children:
        code = child.process.poll()
        if code is not None:
            last = child.log.read_text(errors="replace").strip().splitlines()[-8:]
            raise AicmoError(
                f"the Dagster {child.name} ended by itself (exit code {code}). The end of {child.log}:\n"
                + "\n".join(last)
            )


def _wait_for_ui(port: int, children: list[_Child]) -> None:
    import requests

    deadline = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < deadline:
        _all_alive(children)
        with contextlib.suppress(requests.RequestException):
            requests.get(f"http://127.0.0.1:{port}/server_info", timeout=2).raise_for_status()
            return
        time.sleep(0.2)
    raise AicmoError(f"the Dagster UI did not answer within {_STARTS_WITHIN_S:g} s; see {children[0].log}")
