"""One run's frame: who may start, who waits, and that a stage is all or nothing."""

import threading
import time
import uuid
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from aicmo_dagster.errors import CampaignNotFoundError, CampaignNotRunnableError
from aicmo_dagster.flow import run as flow
from aicmo_dagster.flow.harvest import harvest
from aicmo_dagster.flow.score import score
from aicmo_dagster.store import campaigns, database
from aicmo_dagster.store.bulk import Merge, Written
from aicmo_dagster_tests import pipelines


@pytest.fixture
def started(store: object, tmp_path: Path) -> flow.Run:
    """A run, two leads a chunk, over five leads."""
    pipelines.write_leads(tmp_path / "leads.csv", map(pipelines.ideal, range(5)))
    pipelines.apply(tmp_path, pipelines.config())
    run = replace(flow.start("test", uuid.uuid4()), chunk_rows=2)
    harvest(run)
    return run


def test_an_unknown_campaign_does_not_start_and_the_nearest_is_named(started: flow.Run) -> None:
    with pytest.raises(CampaignNotFoundError, match="did you mean 'test'"):
        flow.start("tests", uuid.uuid4())


def test_a_paused_campaign_does_not_start(started: flow.Run) -> None:
    with database.transaction() as cursor:
        campaigns.set_state(cursor, "test", "paused", "test")
    with pytest.raises(CampaignNotRunnableError, match="aicmo campaigns resume test"):
        flow.start("test", uuid.uuid4())


def test_every_lead_goes_through_in_chunks(started: flow.Run) -> None:
    seen: list[int] = []
    streamed = score(replace(started, progress=seen.append))
    assert (streamed.leads, streamed.written.inserted, seen) == (5, 5, [2, 2, 1])
    assert score(started).written == Written()


def test_a_stage_that_fails_halfway_leaves_nothing(started: flow.Run) -> None:
    def broken(frame: pd.DataFrame) -> pd.DataFrame:
        if frame["lead_id"].max() > 4:
            raise ValueError("no decision on this one")
        return frame.assign(verdict="rejected")

    columns = {
        "lead_id": "i.lead_id",
        "verdict": "i.verdict",
        "reason": "'test'",
        "failed": "'{}'::text[]",
        "intent": "0",
        "rules_version": "1",
        "campaign_version": "%(campaign_version)s",
        "run_id": "%(run)s",
        "judged_at": "%(now)s",
    }
    merge = Merge("lead_verdicts", ["lead_id"], columns)
    select = "SELECT id FROM leads WHERE campaign_id = %(campaign)s ORDER BY id"
    with pytest.raises(ValueError, match="no decision"), flow.writing(started) as cursor:
        flow.stream(started, cursor, select, {"lead_id": "int64"}, broken, merge, {})
    assert pipelines.values("SELECT count(*) FROM lead_verdicts") == [0]


def test_stages_of_one_campaign_take_turns_and_those_of_another_do_not_wait(
    started: flow.Run, tmp_path: Path
) -> None:
    other = replace(started, campaign=pipelines.apply(tmp_path, pipelines.config(key="other")))
    entered: list[str] = []

    def enter(run: flow.Run, name: str) -> None:
        with flow.writing(run):
            entered.append(name)

    with flow.writing(started):
        waiting = threading.Thread(target=enter, args=(started, "same"))
        waiting.start()
        enter(other, "other")
        time.sleep(0.2)
        assert entered == ["other"]
    waiting.join()
    assert entered == ["other", "same"]
