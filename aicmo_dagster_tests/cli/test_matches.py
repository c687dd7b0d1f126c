import json

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.store import database
from aicmo_dagster_tests import people
from aicmo_dagster_tests.cli.command_line import aicmo
from aicmo_dagster_tests.people import PERSON, bring, compare

ONE = {**PERSON, "email": "one@placeholder.example"}
TWO = {**PERSON, "email": "two@placeholder.example", "title": "CEO"}
THREE = {**PERSON, "email": "three@placeholder.example", "phone": "+4940999"}


def merged() -> dict[int, int]:
    found = database.fetch("SELECT id, merged_into FROM leads WHERE merged_into IS NOT NULL")
    return {row["id"]: row["merged_into"] for row in found}


def found(state: str = "review") -> list[int]:
    return [pair["id"] for pair in json.loads(aicmo("matches", "list", "test", "--state", state, "--json"))]


@pytest.fixture
def doubtful(store: URL) -> list[int]:
    """Two leads that a person has to decide on."""
    campaign = people.campaign(matching={"accept": 1.0, "review": 0.5})
    ids = bring(campaign, ONE, TWO)
    compare(campaign)
    return ids


def test_the_list_shows_both_leads_and_why(doubtful: list[int]) -> None:
    output = aicmo("matches", "list", "test")
    assert "one@placeholder.example" in output
    assert "two@placeholder.example" in output
    assert "for: profile" in output
    assert "There are no such pairs." in aicmo("matches", "list", "test", "--state", "merged")


def test_a_pair_is_shown_with_the_weight_of_each_comparison(doubtful: list[int]) -> None:
    (pair,) = found()
    output = aicmo("matches", "show", "test", str(pair))
    assert "waits for a decision" in output
    assert "profile" in output
    assert "together" in output
    assert "there is no pair 99" in aicmo("matches", "show", "test", "99", code=1)


def test_a_pair_is_merged_and_taken_apart_again(doubtful: list[int]) -> None:
    one, two = doubtful
    (pair,) = found()
    assert f"Lead {two} is merged into lead {one}" in aicmo("matches", "merge", "test", str(pair))
    assert merged() == {two: one}
    assert "one person already" in aicmo("matches", "merge", "test", str(pair), code=1)
    assert f"Lead {two} is a lead of its own again" in aicmo("matches", "apart", "test", str(pair))
    assert merged() == {}
    assert found("apart") == [pair]
    assert "kept apart already" in aicmo("matches", "apart", "test", str(pair), code=1)
    actions = [row["action"] for row in database.fetch("SELECT action FROM audit_log ORDER BY id")]
    assert actions[1:] == ["lead.merge", "lead.unmerge", "match.apart"]


def test_what_was_kept_apart_can_be_merged_by_a_person(doubtful: list[int]) -> None:
    (pair,) = found()
    aicmo("matches", "apart", "test", str(pair))
    aicmo("matches", "merge", "test", str(pair))
    assert len(merged()) == 1
    assert found("merged") == [pair]


def test_a_pair_that_contradicts_another_decision_is_not_merged(store: URL) -> None:
    campaign = people.campaign(matching={"accept": 1.0, "review": 0.5})
    bring(campaign, ONE, TWO, THREE)
    compare(campaign)
    first, second, third = found()
    aicmo("matches", "apart", "test", str(first))
    aicmo("matches", "merge", "test", str(second))
    assert "cannot be merged" in aicmo("matches", "merge", "test", str(third), code=1)
    assert len(merged()) == 1


def test_a_merged_address_finds_the_lead_it_was_merged_into(doubtful: list[int]) -> None:
    one, two = doubtful
    (pair,) = found()
    aicmo("matches", "merge", "test", str(pair))
    output = aicmo("leads", "show", "test", "two@placeholder.example")
    assert output.startswith("one@placeholder.example")
    assert "also known as two@placeholder.example" in output
    assert f"Lead {one} of test" in aicmo("leads", "show", "test", str(two))


def test_what_was_kept_apart_in_a_chain_can_be_merged_again(store: URL) -> None:
    campaign = people.campaign(matching={"accept": 0.5, "review": 0.5})
    one, two, three = bring(campaign, ONE, TWO, THREE)
    compare(campaign)
    assert merged() == {two: one, three: one}
    (pair,) = (
        row["id"]
        for row in database.fetch("SELECT id, lead_id, other_id FROM lead_matches ORDER BY id")
        if (row["lead_id"], row["other_id"]) == (one, two)
    )
    aicmo("matches", "apart", "test", str(pair))
    assert merged() == {three: one}
    aicmo("matches", "merge", "test", str(pair))
    assert merged() == {two: one, three: one}
    assert found("apart") == []
