"""The story that docs/api.md tells, run as it stands there, against `aicmo up` with its real daemon."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from sqlalchemy.engine import URL

from aicmo_dagster.store import api_keys, database

ROOT = Path(__file__).parents[3]
_STARTS_WITHIN_S = 180


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")
def test_the_story_of_the_documentation_goes_as_it_is_told(store: URL, tmp_path: Path) -> None:
    for name in ("dagster.yaml", "workspace.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    story = "\n".join(
        re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "api.md").read_text("utf-8"), re.DOTALL)
    )
    with database.transaction() as cursor:
        _, key = api_keys.create(cursor, "story", "admin", "test")
    pages, port = _free_port(), _free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "KEY": key,
        "API": f"http://127.0.0.1:{port}/api/v1/cam",
    }
    log = tmp_path / "up.log"
    with log.open("wb") as output:
        up = subprocess.Popen(
            [sys.executable, "-m", "aicmo_dagster.cli", "up", "--port", str(pages), "--api-port", str(port)],
            cwd=tmp_path,
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        _wait(environment["API"], up, log)
        told = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", story],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert told.returncode == 0, (
            told.stdout[-3_000:] + told.stderr[-3_000:] + log.read_text("utf-8")[-3_000:]
        )
        answers = {
            path: requests.get(
                f"{environment['API']}{path}", headers={"Authorization": f"Bearer {key}"}, timeout=60
            )
            for path in ("/campaigns/spring/sends", "/campaigns/spring/dashboard", "/campaigns/spring/runs")
        }
    finally:
        up.send_signal(signal.SIGINT)
        up.wait(60)
    runs = answers["/campaigns/spring/runs"].json()["items"]
    assert [run["state"] for run in runs] == ["succeeded", "succeeded"]
    stages = {one["name"]: one["leads"] for one in answers["/campaigns/spring/dashboard"].json()["stages"]}
    assert stages == {"harvested": 2, "scored": 2, "qualified": 2, "routed": 2, "contacted": 2}
    # To each the first mail; the one after it is skipped for Ann alone.
    last = json.loads(told.stdout.strip().splitlines()[-1])["items"]
    assert sorted(one["state"] for one in last) == ["sent", "skipped"]
    others = [one["state"] for one in answers["/campaigns/spring/sends"].json()["items"] if one not in last]
    assert sorted(others) == ["planned", "sent"]


def _wait(api: str, up: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < deadline:
        assert up.poll() is None, log.read_text("utf-8")
        try:
            if requests.get(f"{api}/health/live", timeout=2).ok and "Stop with Ctrl-C" in log.read_text(
                "utf-8"
            ):
                return
        except requests.RequestException:
            pass
        time.sleep(0.3)
    raise AssertionError(log.read_text("utf-8"))
