import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from aicmo_dagster.store import campaigns, database
from aicmo_dagster_tests import pipelines
from aicmo_dagster_tests.cli.command_line import COMMAND, DEMO, aicmo


def test_a_run_ends_with_the_funnel_and_the_reason_of_every_drop(project: Path) -> None:
    aicmo("campaigns", "apply", str(DEMO))
    output = aicmo("run", "demo")
    for text in (
        "harvested",
        "1 repeated a lead of the same file",
        "12 rejected, low_icp_fit: fits the ideal customer profile below 0.70",
        "2 wait for a review, low_intent",
        "18 wait for their first mail",
        "daily cap of 20 reached",
    ):
        assert text in output


def test_one_stage_alone_leaves_the_others_undone(project: Path) -> None:
    aicmo("campaigns", "apply", str(DEMO))
    aicmo("run", "demo", "--stage", "harvest")
    assert database.fetch("SELECT count(*) AS n FROM leads")[0]["n"] > 0
    assert database.fetch("SELECT count(*) AS n FROM lead_scores")[0]["n"] == 0


def test_a_run_that_fails_says_why_and_ends_with_1(project: Path) -> None:
    broken = project / "broken.yaml"
    broken.write_text(DEMO.read_text().replace("demo-leads.csv", "gone.csv").replace("{type: manual}", ""))
    broken.write_text("\n".join(line for line in broken.read_text().splitlines() if line.strip() != "-"))
    aicmo("campaigns", "apply", str(broken))
    assert "gone.csv is not there" in aicmo("run", "demo", code=1)


def test_a_paused_or_unknown_campaign_does_not_run(project: Path) -> None:
    aicmo("campaigns", "apply", str(DEMO))
    aicmo("campaigns", "pause", "demo")
    assert "aicmo campaigns resume demo" in aicmo("run", "demo", code=1)
    assert "there is no campaign 'none'" in aicmo("run", "none", code=1)


def test_sigterm_stops_a_run_that_waits_for_the_database_and_the_next_one_works(project: Path) -> None:
    aicmo("campaigns", "apply", str(DEMO))
    with database.transaction() as cursor:
        campaigns.lock(cursor, campaigns.get(cursor, "demo").id)
        # As a script's background job: with SIGINT ignored, which Dagster would copy to SIGTERM.
        with subprocess.Popen(
            [*COMMAND, "run", "demo"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509
        ) as process:
            _wait_for_a_lock()
            os.kill(process.pid, signal.SIGTERM)
            _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "the run was interrupted" in errors
    assert "Traceback" not in errors
    assert "contacted" in aicmo("run", "demo")


def _wait_for_a_lock() -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if database.fetch("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
            return
        time.sleep(0.1)
    raise AssertionError("the run never came to wait")


def test_a_run_that_went_well_tells_what_its_sources_and_vendors_could_not_do(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AICMO_APOLLO_KEY", raising=False)
    pipelines.write_leads(project / "leads.csv", [pipelines.ideal(1, **{"Industry": ""})])
    sources = [{"type": "csv", "path": "gone.csv"}, {"type": "csv", "path": "leads.csv"}]
    enrichment = {"wanted": ["industry"], "vendors": [{"type": "apollo"}]}
    pipelines.apply(project, pipelines.config(sources=sources, enrichment=enrichment))
    said = " ".join(aicmo("run", "test").split())
    assert "csv gone.csv: gone.csv is not there" in said
    assert "apollo, enrichment: its key is not set" in said
