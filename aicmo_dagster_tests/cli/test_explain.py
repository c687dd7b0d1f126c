import json
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster_tests.cli.command_line import DEMO, aicmo


def test_the_chain_of_a_lead_is_printed_and_as_json(project: Path) -> None:
    aicmo("campaigns", "apply", str(DEMO))
    aicmo("run", "demo")
    (lead, *_) = json.loads(aicmo("leads", "list", "demo", "--status", "contacted", "--json"))
    output = aicmo("explain", lead["email"])
    assert f"Lead {lead['id']} of demo" in output
    assert "title 'CEO' equals the target 'CEO'" in aicmo("explain", "1")
    assert "The lead passed every rule" in output
    assert "5. Route: " in output
    assert "got the lead: weighted round robin" in output
    assert "written to a file, as a simulation does" in output
    assert output.count("it is the same") == 3
    (rejected, *_) = json.loads(aicmo("leads", "list", "demo", "--status", "rejected", "--json"))
    assert "No mail: the lead is rejected" in aicmo("explain", str(rejected["id"]), "--campaign", "demo")
    found = json.loads(aicmo("explain", str(lead["id"]), "--json"))
    total = sum(one["contribution"] for group in found["score"]["groups"] for one in group["dimensions"])
    assert total == pytest.approx(found["score"]["score"], abs=1e-9)


def test_nobody_is_told_how_to_search(store: URL) -> None:
    assert "aicmo leads list" in aicmo("explain", "nobody@example.org", code=1)
