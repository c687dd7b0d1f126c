"""`aicmo chaos send` in its short form."""

import pytest

from aicmo_dagster.benchmarks.chaos import wrong
from aicmo_dagster.benchmarks.chaos.kills import EXPECTED, failpoints, kills
from aicmo_dagster.benchmarks.chaos.restarts import restarts
from aicmo_dagster.benchmarks.chaos.rudeness import misbehaviour
from aicmo_dagster.benchmarks.chaos.wishes import interleavings
from aicmo_dagster_tests.depth import SHORT


def nobody(_: int) -> None:
    """Progress that nobody follows."""


@pytest.mark.slow
def test_senders_killed_at_random_double_no_mail_and_lose_none_unlisted() -> None:
    found = kills(3_000 if SHORT else 6_000, 8 if SHORT else 15, 2, nobody)
    assert (found["duplicates"], found["lost"], found["sent_unlisted"]) == (0, 0, 0)
    assert found["kills"] > 3
    # A connection has at most one mail under way.
    assert found["uncertain"] <= 2 * found["kills"]
    assert set(found["states"]) <= {"sent", "uncertain"}


@pytest.mark.slow
def test_a_sender_that_dies_at_a_named_place_leaves_the_state_of_that_place() -> None:
    found = failpoints(2, nobody)
    assert [(row["place"], row["as_expected"]) for row in found["places"]] == [(name, 2) for name in EXPECTED]
    assert wrong(found) == 0


@pytest.mark.slow
def test_no_mail_starts_after_an_unsubscription_or_a_pause_is_committed() -> None:
    found = interleavings(400, nobody)
    assert found["before_the_mail"] > 0
    assert (found["started_after"], found["started_while_paused"], found["duplicates"]) == (0, 0, 0)


@pytest.mark.slow
def test_a_database_that_goes_away_doubles_no_mail_and_loses_none_unlisted() -> None:
    times = 2 if SHORT else 3
    found = restarts(1_500 * times, times, 2, nobody)
    assert (found["duplicates"], found["lost"], found["sent_unlisted"]) == (0, 0, 0)
    assert found["restarted"] + found["crashed"] + found["stopped"] == times
    # Each of the connections of both senders has at most one mail under way, at a restart as at a session's end.
    assert found["uncertain"] <= 2 * 4 * 2 * times
    assert set(found["states"]) <= {"sent", "uncertain"}


@pytest.mark.slow
def test_whatever_a_mail_server_does_each_mail_has_the_end_that_the_rules_say() -> None:
    found = misbehaviour(40 if SHORT else 120, 1.0, nobody)
    assert wrong(found) == 0, found
    assert set(found["states"]) <= {"sent", "uncertain", "failed"}
    # Four connections: of the five that failed in a row, each but the last may have company.
    assert 5 <= found["connections_until_held"] <= 8
    assert sum(row["times"] > 0 for row in found["faults"]) >= 15
