import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from aicmo_dagster.flow.run import utc_now
from aicmo_dagster.store import campaigns, database
from aicmo_dagster_tests import people
from aicmo_dagster_tests.cli.command_line import DEMO, aicmo

PERSON = {
    "email": "lead@company.example.org",
    "first_name": "Test",
    "last_name": "Lead",
    "title": "CEO",
    "company": "Placeholder Ltd",
    "industry": "Software",
    "company_size": "small",
    "employees": 30,
    "revenue_usd": 5_000_000.0,
    "country": "Germany",
    "country_code": "DE",
    "is_decision_maker": True,
    "consent": "express",
    "company_hiring": True,
}


def write(file: Path, **changes: Any) -> str:
    file.write_text(yaml.safe_dump({**yaml.safe_load(DEMO.read_text()), **changes}))
    return str(file)


@pytest.fixture
def changed(project: Path) -> str:
    """The file of a changed campaign; the present one has a lead."""
    aicmo("campaigns", "apply", str(DEMO))
    with database.transaction() as cursor:
        campaign = campaigns.get(cursor, "demo")
    people.bring(campaign, PERSON, at=utc_now())
    return write(project / "changed.yaml", qualification={"forbidden_countries": ["DE"]})


def test_it_shows_both_sides_and_examples_with_names(changed: str) -> None:
    output = aicmo("backtest", "demo", "--with", changed)
    assert "'demo' version 1 beside the changed campaign" in output
    assert "1 lead at 1 moment " in output
    assert "Test Lead" in output
    assert "policy" in output
    assert "lead@company.example.org" not in output


def test_as_json_it_has_numbers_and_no_names(changed: str) -> None:
    output = aicmo("backtest", "demo", "--with", changed, "--days", "7", "--json")
    found = json.loads(output[output.index("{") :])
    assert (found["campaign"], found["days"], found["comparison"]["leads"]) == ("demo", 7, 1)
    assert "Test" not in output


def test_the_plot_is_a_png(changed: str, project: Path) -> None:
    output = aicmo("backtest", "demo", "--with", changed, "--plot", "two.png")
    assert "two.png" in output
    with Image.open(project / "two.png") as image:
        assert image.format == "PNG"


def test_a_plot_of_another_kind_is_refused_before_the_work(changed: str) -> None:
    output = aicmo("backtest", "demo", "--with", changed, "--plot", "two.svg", code=1)
    assert "the picture is a PNG; name it two.png" in output


def test_a_plot_that_cannot_be_written_is_told(changed: str) -> None:
    assert "cannot be written" in aicmo(
        "backtest", "demo", "--with", changed, "--plot", "nowhere/two.png", code=1
    )


def test_applying_tells_the_back_test_in_two_lines(changed: str) -> None:
    output = aicmo("campaigns", "apply", changed)
    assert "changed to version 2" in output
    assert "Back-test over 30 days: " in output
    assert "Qualified 1 before, 0 after" in output
    assert "Back-test" not in aicmo("campaigns", "apply", changed)


def test_applying_without_a_back_test_tells_none(changed: str) -> None:
    assert "Back-test" not in aicmo("campaigns", "apply", changed, "--no-backtest")


def test_a_wrong_file_is_told_in_sentences(changed: str, project: Path) -> None:
    other = write(project / "other.yaml", key="other")
    assert "not 'demo'" in aicmo("backtest", "demo", "--with", other, code=1)
    wrong = write(project / "wrong.yaml", scoring={"tiers": {"hot": 0.1}})
    assert "wrong.yaml: scoring.tiers" in aicmo("backtest", "demo", "--with", wrong, code=1)
    assert "no such file" in aicmo("backtest", "demo", "--with", "nowhere.yaml", code=1)
    assert "did you mean 'demo'" in aicmo("backtest", "demp", "--with", changed, code=1)
