"""Harvesting on the database: what a file, and the same file again, makes of the table `leads`."""

import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.errors import NoSourceError
from aicmo_dagster.flow.harvest import SeenIdentities, harvest
from aicmo_dagster.flow.run import start
from aicmo_dagster.sources.chain import Attempt
from aicmo_dagster.store import database, queue
from aicmo_dagster_tests import pipelines


@pytest.fixture
def folder(store: object, tmp_path: Path) -> Path:
    """Of the file leads.csv."""
    return tmp_path


def run(folder: Path, *rows: dict[str, str], **changes: Any) -> list[Attempt]:
    pipelines.write_leads(folder / "leads.csv", rows)
    pipelines.apply(folder, pipelines.config(**changes))
    return harvest(start("test", uuid.uuid4()))


def counts(attempt: Attempt) -> dict[str, int]:
    names = ("inserted", "updated", "unchanged", "duplicates", "rejected")
    return {name: getattr(attempt, name) for name in names if getattr(attempt, name)}


def leads() -> list[dict[str, Any]]:
    return database.fetch("SELECT * FROM leads ORDER BY id")


def names() -> list[str]:
    return [lead["first_name"] for lead in leads()]


def test_a_cap_takes_the_first_new_leads_of_the_file_and_the_next_run_the_next(folder: Path) -> None:
    rows = [pipelines.ideal(number) for number in range(7)]
    assert counts(run(folder, *rows, max_leads=3)[0]) == {"inserted": 3}
    assert names() == ["Test0", "Test1", "Test2"]
    run(folder, *rows, max_leads=3)
    assert names() == [f"Test{number}" for number in range(6)]
    run(folder, *rows, max_leads=3)
    assert names() == [f"Test{number}" for number in range(7)]


def test_leads_that_are_known_do_not_count_against_the_cap_and_are_updated(folder: Path) -> None:
    run(folder, pipelines.ideal(1), pipelines.ideal(2))
    changed = [pipelines.ideal(1, Title="CFO"), pipelines.ideal(2), pipelines.ideal(3), pipelines.ideal(4)]
    (attempt,) = run(folder, *changed, max_leads=1)
    assert (attempt.inserted, attempt.updated) == (1, 1)
    assert [lead["title"] for lead in leads()] == ["CFO", "CEO", "CEO"]


def test_of_rows_with_one_address_the_first_wins_and_a_second_run_changes_nothing(folder: Path) -> None:
    first, again = pipelines.ideal(1), pipelines.ideal(1, Title="CFO")
    again["Email"] = again["Email"].upper()
    assert counts(run(folder, first, again)[0]) == {"inserted": 1, "duplicates": 1}
    before = pipelines.row_versions()
    assert counts(run(folder, first, again)[0]) == {"unchanged": 1, "duplicates": 1}
    assert pipelines.row_versions() == before
    assert [lead["title"] for lead in leads()] == ["CEO"]


def test_rows_with_one_address_are_one_lead_across_chunks(folder: Path) -> None:
    rows = [pipelines.ideal(number % 3, Title=f"Title {number}") for number in range(9)]
    pipelines.write_leads(folder / "leads.csv", rows)
    pipelines.apply(folder, pipelines.config())
    harvest(replace(start("test", uuid.uuid4()), chunk_rows=2))
    assert [lead["title"] for lead in leads()] == ["Title 0", "Title 1", "Title 2"]


def test_a_new_lead_is_found_without_reading_the_known_ones(folder: Path) -> None:
    run(folder, *map(pipelines.ideal, range(3000)))
    pipelines.execute("ANALYZE leads")
    before = scans()
    assert counts(run(folder, pipelines.ideal(5000))[0]) == {"inserted": 1}
    assert scans() == before


def scans() -> int:
    """How often the table of leads was read from one end to the other."""
    pipelines.execute("SELECT pg_stat_force_next_flush()")
    (count,) = pipelines.values("SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'leads'")
    return int(count)


def test_a_missing_value_never_erases_a_known_one(folder: Path) -> None:
    run(folder, pipelines.ideal(1))
    (before,) = leads()
    empty = dict.fromkeys(pipelines.IDEAL, "") | {"Email": pipelines.ideal(1)["Email"]}
    assert counts(run(folder, empty)[0]) == {"unchanged": 1}
    assert leads() == [before]


def test_a_changed_value_updates_the_lead_and_raises_its_revision(folder: Path) -> None:
    run(folder, pipelines.ideal(1))
    (before,) = leads()
    assert counts(run(folder, pipelines.ideal(1, Title="CFO"))[0]) == {"updated": 1}
    (after,) = leads()
    assert (before["revision"], after["revision"]) == (1, 2)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"title", "field_origins", "revision", "run_id", "updated_at"}


def test_rejected_rows_are_kept_once_however_often_the_file_is_read(folder: Path) -> None:
    nobody = {**dict.fromkeys(pipelines.IDEAL, ""), "Title": "CEO"}
    for _ in range(2):
        assert counts(run(folder, nobody, pipelines.ideal(1))[0])["rejected"] == 1
    (row,) = database.fetch("SELECT line, raw FROM rejected_rows")
    assert row["line"] == 2


def test_queued_leads_are_taken_once_and_only_if_the_run_commits(folder: Path) -> None:
    campaign = pipelines.apply(folder, pipelines.config(sources=[{"type": "manual"}]))
    with database.transaction() as cursor:
        queue.add(cursor, campaign.id, [{"email": "new@example.org", "first_name": "New"}], "test")
    run_of_campaign = start("test", uuid.uuid4())

    class DiedError(Exception):
        pass

    def die(_: int) -> None:
        raise DiedError

    with pytest.raises(DiedError):
        harvest(replace(run_of_campaign, progress=die))
    assert leads() == []
    assert counts(harvest(run_of_campaign)[0]) == {"inserted": 1}
    assert harvest(run_of_campaign)[0].outcome == "empty"
    assert names() == ["New"]


def test_a_source_that_fails_lets_the_next_one_answer(folder: Path) -> None:
    sources = [{"type": "csv", "path": "missing.csv"}, {"type": "csv", "path": "leads.csv"}]
    outcomes = [attempt.outcome for attempt in run(folder, pipelines.ideal(1), sources=sources)]
    assert outcomes == ["failed", "succeeded"]
    assert names() == ["Test1"]


def test_when_every_source_fails_the_run_does_and_nothing_is_written(folder: Path) -> None:
    with pytest.raises(NoSourceError, match=r"missing\.csv"):
        run(folder, sources=[{"type": "csv", "path": "missing.csv"}])
    assert database.fetch("SELECT * FROM source_attempts") == []


def test_an_attempt_is_kept_when_it_brought_something_or_ended_otherwise_than_the_last(folder: Path) -> None:
    for rows in ([pipelines.ideal(1)], [pipelines.ideal(1)], [pipelines.ideal(2)], [], []):
        run(folder, *rows)
    kept = pipelines.values("SELECT outcome || inserted FROM source_attempts ORDER BY id")
    assert kept == ["succeeded1", "succeeded1", "empty0"]


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=12), max_size=6))
def test_an_identity_is_new_exactly_the_first_time(chunks: list[list[str]]) -> None:
    seen, known = SeenIdentities(), set()
    for chunk in chunks:
        expected = []
        for one in chunk:
            expected.append(one not in known)
            known.add(one)
        assert seen.add(pd.Series(chunk, dtype="str")).tolist() == expected
