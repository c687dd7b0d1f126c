import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aicmo_dagster.store import database
from aicmo_dagster_tests import pipelines
from aicmo_dagster_tests.cli.command_line import aicmo

WEAK = dict.fromkeys(list(pipelines.IDEAL)[-6:], "")


@pytest.fixture
def queue(project: Path) -> list[int]:
    """Three leads that wait for a person for their low intent, judged by a run; one that is qualified."""
    rows = [pipelines.ideal(n, **WEAK) for n in range(3)]
    pipelines.write_leads(project / "leads.csv", [*rows, pipelines.ideal(9)])
    pipelines.apply(project, pipelines.config())
    pipelines.run()
    return pipelines.values("SELECT lead_id FROM lead_verdicts WHERE verdict = 'manual_review' ORDER BY 1")


def address(number: int) -> str:
    return pipelines.ideal(number)["Email"]


def verdict(lead_id: int) -> tuple[str, str]:
    (row,) = database.fetch("SELECT verdict, reason FROM lead_verdicts WHERE lead_id = %s", [lead_id])
    return row["verdict"], row["reason"]


def test_the_list_says_who_waits_why_and_how_long(queue: list[int]) -> None:
    output = aicmo("review", "list", "test")
    assert address(0) in output
    assert "shows an intent below 0.20" in output
    assert "intent 0.00 of 0.20 needed: no signal is known" in output
    assert "3 leads waiting, 0 for longer than the campaign allows, 0 snoozed" in output
    told = json.loads(aicmo("review", "list", "test", "--json"))
    assert [one["lead_id"] for one in told["leads"]] == queue
    assert told["queue"]["waiting"] == 3


def test_an_empty_list_says_for_which_reason_it_is_empty(queue: list[int]) -> None:
    output = aicmo("review", "list", "test", "--why", "no_email")
    assert "Nobody waits for a review as no_email." in output
    assert "3 leads waiting" in output


def test_the_list_goes_on_where_the_page_before_ended(queue: list[int]) -> None:
    first = json.loads(aicmo("review", "list", "test", "--limit", "2", "--json"))
    rest = json.loads(aicmo("review", "list", "test", "--after", first["next"], "--json"))
    assert [one["lead_id"] for one in first["leads"] + rest["leads"]] == queue
    assert rest["next"] is None
    assert f"--after {first['next']}" in aicmo("review", "list", "test", "--limit", "2")
    assert "is no place in the queue" in aicmo("review", "list", "test", "--after", "best/1/1", code=1)


def test_several_are_approved_at_once_by_address_and_number(queue: list[int]) -> None:
    output = aicmo("review", "approve", "test", address(0).upper(), str(queue[1]), "--reason", "known")
    assert "Approved 2 leads" in output
    assert f"{address(0)}: qualified, approved" in output
    assert [verdict(one) for one in queue[:2]] == [("qualified", "approved")] * 2
    assert len(database.fetch("SELECT 1 FROM audit_log WHERE action = 'review.approve'")) == 2


def test_one_that_cannot_be_decided_on_keeps_the_others_from_it_too(queue: list[int]) -> None:
    output = aicmo("review", "approve", "test", str(queue[0]), address(9), code=1)
    assert f"{address(9)} is qualified already" in output
    assert database.fetch("SELECT 1 FROM reviews") == []


def test_all_are_decided_on_after_a_look_at_their_number(queue: list[int]) -> None:
    from typer.testing import CliRunner

    from aicmo_dagster.cli import app

    words = ["review", "reject", "test", "--why", "low_intent", "--reason", "an old list"]
    asked = CliRunner().invoke(app, words, input="n\n")
    assert "Reject 3 leads of test?" in asked.output
    assert asked.exit_code != 0
    assert database.fetch("SELECT 1 FROM reviews") == []
    assert "Rejected 3 leads" in aicmo(*words, "--yes")
    assert {verdict(one) for one in queue} == {("rejected", "rejected_by_reviewer")}
    assert "Nobody waits" in aicmo("review", "approve", "test", "--all")


def test_whom_to_decide_on_has_to_be_said_once(queue: list[int]) -> None:
    assert "say whom" in aicmo("review", "approve", "test", code=2)
    assert "say whom" in aicmo("review", "approve", "test", address(0), "--all", code=2)


def test_a_snoozed_lead_is_away_until_its_time(queue: list[int]) -> None:
    assert "Snoozed 1 lead until" in aicmo("review", "snooze", "test", address(0), "--days", "3")
    assert "2 leads waiting, 0 for longer than the campaign allows, 1 snoozed" in aicmo(
        "review", "list", "test"
    )
    day = datetime.now(UTC) + timedelta(days=40)
    aicmo("review", "snooze", "test", "--all", "--until", f"{day:%Y-%m-%d}", "--yes")
    assert "Nobody waits for a review" in aicmo("review", "list", "test")
    assert "is over" in aicmo("review", "snooze", "test", address(0), "--until", "2020-01-01", code=1)
    assert "--days" in aicmo("review", "snooze", "test", address(0), "--days", "100000000", code=2)
    assert "either --days or --until" in aicmo("review", "snooze", "test", address(0), code=2)


def test_an_edited_lead_is_judged_anew_at_once(queue: list[int]) -> None:
    output = aicmo("review", "edit", "test", address(0), "is_decision_maker=yes", "title=Head of Sales")
    assert f"{address(0)}: qualified" in output
    (lead,) = database.fetch("SELECT title, is_decision_maker FROM leads WHERE id = %s", [queue[0]])
    assert lead == {"title": "Head of Sales", "is_decision_maker": True}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["employees=lots"], "employees cannot be read from 'lots'"),
        (["titel=CEO"], "'titel' is no field of a lead"),
        (["email=nobody"], "the address 'nobody' cannot be right"),
        (["title=CEO"], "changes nothing"),
    ],
)
def test_an_edit_that_cannot_be_says_why(queue: list[int], words: list[str], complaint: str) -> None:
    assert complaint in aicmo("review", "edit", "test", address(0), *words, code=1)


def test_an_edit_names_leads_and_facts(queue: list[int]) -> None:
    assert "name leads and facts" in aicmo("review", "edit", "test", address(0), code=2)


def test_somebody_unknown_is_named(queue: list[int]) -> None:
    assert "no lead 'nobody@example.org'" in aicmo("review", "approve", "test", "nobody@example.org", code=1)
