import json
from pathlib import Path

import pytest
import yaml
from sqlalchemy.engine import URL

from aicmo_dagster.operations import pipeline
from aicmo_dagster.store import database
from aicmo_dagster_tests.cli.command_line import DEMO, aicmo


def test_applying_tells_created_unchanged_and_changed(project: Path) -> None:
    assert "'demo' is created" in aicmo("campaigns", "apply", str(DEMO))
    assert "'demo' is unchanged" in aicmo("campaigns", "apply", str(DEMO))
    changed = project / "demo.yaml"
    changed.write_text(yaml.safe_dump({**yaml.safe_load(DEMO.read_text()), "max_leads": 7}))
    assert "'demo' is changed to version 2" in aicmo("campaigns", "apply", str(changed))


def test_applying_says_what_to_think_over_and_refuses_what_is_wrong(project: Path) -> None:
    def with_text(text: str) -> str:
        own = {"days": 1, "steps": [{"day": 0, "subject": "Hello", "text": text}]}
        (project / "own.yaml").write_text(
            yaml.safe_dump({**yaml.safe_load(DEMO.read_text()), "sequences": {"own": own}})
        )
        return str(project / "own.yaml")

    shown = aicmo("campaigns", "apply", with_text("Now! Now! Now!"))
    assert "Think it over: sequence 'own' step 1: has 3 exclamation marks" in shown
    refused = aicmo("campaigns", "apply", with_text("Hello\nhttp://example.com"), code=1)
    assert "sequence 'own' step 1, text line 2: links to 'http://example.com'" in refused


def test_applying_makes_the_campaign_a_partition_at_once(project: Path) -> None:
    aicmo("campaigns", "apply", str(DEMO))
    with pipeline.instance() as dagster:
        assert dagster.get_dynamic_partitions("campaigns") == ["demo"]


def test_applying_works_without_a_dagster_project(project: Path) -> None:
    (project / "dagster.yaml").unlink()
    assert "created" in aicmo("campaigns", "apply", str(DEMO))


def test_a_wrong_document_is_told_in_sentences(project: Path) -> None:
    wrong = project / "wrong.yaml"
    wrong.write_text("key: wrong\nname: Wrong\nsorces: []\n")
    output = aicmo("campaigns", "apply", str(wrong), code=1)
    assert "sorces is not known; did you mean sources?" in output
    assert "no such file" in aicmo("campaigns", "apply", "nowhere.yaml", code=1)


def test_the_list_has_every_campaign_as_table_and_json(project: Path) -> None:
    assert "no campaign yet" in aicmo("campaigns", "list")
    aicmo("campaigns", "apply", str(DEMO))
    assert "European software companies" in aicmo("campaigns", "list")
    (row,) = json.loads(aicmo("campaigns", "list", "--json"))
    assert row == {
        "key": "demo",
        "name": "European software companies",
        "state": "active",
        "mode": "simulation",
        "version": 1,
        "why": None,
    }


def test_show_prints_state_next_run_and_a_document_that_can_be_applied(project: Path) -> None:
    aicmo("campaigns", "apply", str(DEMO))
    output = aicmo("campaigns", "show", "demo")
    assert "active, version 1, mode simulation" in output
    assert "02:00 UTC" in output
    document = yaml.safe_load(output[output.index("key: demo") :])
    copied = project / "copied.yaml"
    copied.write_text(yaml.safe_dump(document))
    assert "is changed to version 2" in aicmo("campaigns", "apply", str(copied))  # only its folder is another
    assert json.loads(aicmo("campaigns", "show", "demo", "--json"))["config"] == document


def test_pause_resume_and_archive_change_the_state_with_the_actor_in_the_audit_log(project: Path) -> None:
    aicmo("campaigns", "apply", str(DEMO))
    assert "is paused" in aicmo("campaigns", "pause", "demo")
    assert "none, because the campaign is paused" in aicmo("campaigns", "show", "demo")
    assert "is active" in aicmo("campaigns", "resume", "demo")
    assert "is archived" in aicmo("campaigns", "archive", "demo")
    assert "can become: active" in aicmo("campaigns", "pause", "demo", code=1)
    changes = database.fetch("SELECT after FROM audit_log WHERE action = 'campaign.state' ORDER BY id")
    assert [row["after"]["state"] for row in changes] == ["paused", "active", "archived"]


def test_an_unknown_campaign_is_answered_with_the_nearest_one(project: Path) -> None:
    aicmo("campaigns", "apply", str(DEMO))
    assert "did you mean 'demo'?" in aicmo("campaigns", "show", "demmo", code=1)


def test_dimensions_are_listed_with_source_and_rule(store: URL) -> None:
    found = json.loads(aicmo("campaigns", "dimensions", "--json"))
    assert found["model"] == "standard"
    assert len(found["dimensions"]) >= 36
    assert sum(one["weight"] for one in found["dimensions"]) == pytest.approx(1)
    assert all(one["source"] and one["rule"] for one in found["dimensions"])


def test_dimensions_of_a_campaign_have_the_weights_that_it_gives(store: URL) -> None:
    aicmo("campaigns", "apply", str(DEMO))
    found = {
        one["dimension"]: one
        for one in json.loads(aicmo("campaigns", "dimensions", "demo", "--json"))["dimensions"]
    }
    assert not found["technologies"]["asked"]
    assert found["technologies"]["weight"] == 0
    assert sum(one["weight"] for one in found.values()) == pytest.approx(1)
    assert "not asked" in aicmo("campaigns", "dimensions", "demo")
