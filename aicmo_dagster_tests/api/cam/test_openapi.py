"""What the OpenAPI document says is what the server does: schemathesis, all checks, against the running server."""

import subprocess
import sys
from pathlib import Path

import pytest

from aicmo_dagster.api.cam.application import PATH
from aicmo_dagster.store import database
from aicmo_dagster_tests import outreach
from aicmo_dagster_tests.api.cam.conftest import Clients
from aicmo_dagster_tests.depth import SHORT

# A document may be well-formed and make no sense (422), a cursor be none; no daemon works in a test (503).
_CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "412", "422", "428", "429"]

[[operations]]
include-path = "/health"
[operations.checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "503"]
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "503"]
"""
_KEYS = 50
"""Made before the one that asks, so that it does not revoke itself by the way."""


@pytest.mark.slow
def test_nothing_that_is_sent_has_the_server_fail_or_break_its_word(
    client: Clients, project: Path, tmp_path: Path
) -> None:
    campaign = outreach.add_campaign(outreach.config(key="demo"))
    for lead in range(5):
        outreach.add_send(campaign.id, outreach.add_lead(campaign.id, f"lead{lead}@example.org"))
    for _ in range(_KEYS):
        client("viewer")
    asking = client("admin")
    config = tmp_path / "schemathesis.toml"
    config.write_text(_CONFIG, encoding="utf-8")
    with database.pooled(8):
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"),
                f"{asking.address}{PATH}/openapi.json",
                *("--url", f"{asking.address}{PATH}", "--header", f"Authorization: Bearer {asking.text}"),
                *("--checks", "all", "--max-examples", "1" if SHORT else "10", "--no-color"),
                *("--phases", "coverage" if SHORT else "examples,coverage,fuzzing,stateful"),
            ],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-2_000:]
