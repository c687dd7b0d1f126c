"""`aicmo chaos send` in its short form."""

import pytest

from aicmo_dagster.benchmarks import chaos


def nobody(_: int) -> None:
    """Progress that nobody follows."""


@pytest.mark.slow
def test_senders_killed_at_random_double_no_mail_and_lose_none_unlisted() -> None:
    found = chaos.kills(1_500, 15, 2, nobody)
    assert (found["duplicates"], found["lost"], found["sent_unlisted"]) == (0, 0, 0)
    assert found["kills"] == 15
    # A connection has at most one mail under way.
    assert found["uncertain"] <= 4 * found["kills"]
    assert set(found["states"]) <= {"sent", "uncertain"}


@pytest.mark.slow
def test_a_sender_that_dies_at_a_named_place_leaves_the_state_of_that_place() -> None:
    *places, doubled = chaos.failpoints(2, nobody)
    assert [(row["place"], row["as_expected"]) for row in places] == [(name, 2) for name in chaos.EXPECTED]
    assert doubled["rounds"] == 0


@pytest.mark.slow
def test_no_mail_starts_after_an_unsubscription_or_a_pause_is_committed() -> None:
    found = chaos.interleavings(600, nobody)
    assert found["before_the_mail"] > 0
    assert (found["started_after"], found["started_while_paused"], found["duplicates"]) == (0, 0, 0)
