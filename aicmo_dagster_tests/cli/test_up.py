import json
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

from aicmo_dagster_tests.cli.command_line import COMMAND, DEMO, aicmo


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_up_serves_the_ui_and_the_unsubscribe_pages_and_leaves_no_process(project: Path) -> None:
    aicmo("campaigns", "apply", str(DEMO))
    port, api_port = _free_port(), _free_port()
    with subprocess.Popen(
        [*COMMAND, "up", "--port", str(port), "--api-port", str(api_port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Stop with Ctrl-C" in line:
                break
        assert any(f"http://localhost:{port}" in line for line in lines), process.communicate()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=20) as answer:
            assert "dagster_webserver_version" in json.load(answer)
        assert _status(f"http://127.0.0.1:{api_port}/u/unknown") == 404
        inbox = f"http://127.0.0.1:{api_port}/campaigns/CAMPAIGN/leads"
        assert any(inbox in line for line in lines)
        assert _status(inbox, b"{}") == 401
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 2
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "Everything has stopped" in rest
    assert [child for child in family if _lives(child)] == []


def _status(url: str, body: bytes | None = None) -> int:
    try:
        with urllib.request.urlopen(url, body, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def _lives(process: psutil.Process) -> bool:
    deadline = time.monotonic() + 5
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return True
        time.sleep(0.1)
    return False


def test_up_says_when_a_port_is_taken(project: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"port {port} is taken" in aicmo("up", "--port", port, code=1)


def test_up_says_where_to_go_without_a_project_folder(project: Path) -> None:
    (project / "dagster.yaml").unlink()
    assert "there is no dagster.yaml in" in aicmo("up", code=1)
