from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.mailboxes import mailbox_readings, mailboxes
from aicmo_dagster.operations import pipeline
from aicmo_dagster.store import campaigns, database
from aicmo_dagster_tests.outreach import add_campaign, config

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)


def add_live(**imap: Any) -> None:
    """A live campaign whose mailbox nobody can reach."""
    sender = {
        "mailbox": "sender@example.com",
        "postal_address": "1 Test Street, Testtown",
        "smtp": {"host": "127.0.0.1"},
        "imap": {"host": "127.0.0.1", "port": 1, "password_env": "AICMO_TEST_NOT_SET", **imap},
    }
    add_campaign(config(mode="live", sending={"sender": sender}))


def requested(instance: dg.DagsterInstance) -> list[str | None]:
    context = dg.build_schedule_context(instance, scheduled_execution_time=AT)
    result = mailbox_readings(context)
    assert isinstance(result, Iterable)
    return [one.run_key for one in result if isinstance(one, dg.RunRequest)]


def test_mailboxes_are_read_where_a_live_campaign_has_one(project: Path) -> None:
    with pipeline.instance() as instance:
        add_campaign()
        assert requested(instance) == []
        add_live()
        assert requested(instance) == ["mailboxes:2026-03-02T10:00"]


def test_answers_to_a_paused_campaign_are_read_and_those_to_one_that_is_put_away_are_not(
    project: Path,
) -> None:
    with pipeline.instance() as instance:
        add_live()
        for state, number in (("paused", 1), ("archived", 0)):
            with database.transaction() as cursor:
                campaigns.set_state(cursor, "test", state, "test")  # type: ignore[arg-type]
            assert len(requested(instance)) == number


def test_no_reading_is_started_behind_one_that_is_not_finished(project: Path) -> None:
    with pipeline.instance() as instance:
        add_live()
        instance.create_run_for_job(mailboxes, status=dg.DagsterRunStatus.STARTED)
        assert requested(instance) == []


def test_a_mailbox_that_cannot_be_read_fails_the_run_without_an_address(
    store: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AICMO_TEST_NOT_SET", raising=False)
    add_live()
    result = mailboxes.execute_in_process(raise_on_error=False)
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    told = str(failure.step_failure_data.user_failure_data)
    assert "AICMO_TEST_NOT_SET" in told
    assert "sender@example.com" not in told


def test_a_reading_of_no_mailbox_succeeds(store: URL) -> None:
    assert mailboxes.execute_in_process().success
