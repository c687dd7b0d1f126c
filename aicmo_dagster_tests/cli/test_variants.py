import json

from sqlalchemy.engine import URL

from aicmo_dagster_tests.cli.command_line import aicmo
from aicmo_dagster_tests.operations.test_variants import config
from aicmo_dagster_tests.outreach import add_campaign


def test_variants_are_shown_side_by_side(store: URL) -> None:
    add_campaign(config())
    assert "the step's own text" in aicmo("variants", "show", "test")
    (trial,) = json.loads(aicmo("variants", "show", "test", "--json"))
    assert [one["variant"] for one in trial["variants"]] == ["base", "short", "long"]


def test_a_person_chooses_and_takes_it_back(store: URL) -> None:
    add_campaign(config())
    assert "get 'long'" in aicmo("variants", "choose", "test", "aggressive_close", "1", "long")
    assert "New leads get 'long'" in aicmo("variants", "show", "test")
    assert "get all variants" in aicmo("variants", "choose", "test", "aggressive_close", "1", "--reopen")
    aicmo("variants", "choose", "test", "aggressive_close", "1", code=2)


def test_a_campaign_without_variants_says_so(store: URL) -> None:
    add_campaign()
    assert "No step of the campaign has variants" in aicmo("variants", "show", "test")
