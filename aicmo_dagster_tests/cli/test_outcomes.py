import json
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster_tests import outreach
from aicmo_dagster_tests.cli.command_line import aicmo


@pytest.fixture
def key(store: URL) -> str:
    campaign = outreach.add_campaign()
    outreach.add_lead(campaign.id, "lead@example.org")
    return campaign.key


def test_an_outcome_is_recorded_and_listed(key: str) -> None:
    assert "No outcome is recorded" in aicmo("outcomes", "list", key)
    output = aicmo("outcomes", "record", key, "lead@example.org", "customer", "--at", "2026-03-01")
    assert "Recorded lead@example.org: converted, Sun 01 Mar 2026" in output
    again = aicmo("outcomes", "record", key, "lead@example.org", "won", "--at", "2026-03-01")
    assert "Known already" in again
    assert "Leads: converted 1" in aicmo("outcomes", "list", key)
    (told,) = json.loads(aicmo("outcomes", "list", key, "--json"))
    assert (told["address"], told["outcome"]) == ("lead@example.org", "converted")


def test_what_is_no_outcome_is_refused_with_the_remedy(key: str) -> None:
    assert "'open' is no outcome; write interested" in aicmo(
        "outcomes", "record", key, "lead@example.org", "open", code=1
    )


def test_a_file_is_imported_and_its_bad_rows_are_told(key: str, tmp_path: Path) -> None:
    file = tmp_path / "crm.csv"
    file.write_text(
        "lead,outcome,date\nlead@example.org,won,2026-03-01\nnobody@example.org,won,2026-03-01\n"
        "lead@example.org,won,2026-03-02,a, b\n"
    )
    output = aicmo("outcomes", "import", key, str(file))
    assert "3 rows: 1 recorded, 0 known already, 2 not recorded." in output
    assert "line 4, row: it has more cells than the header" in output
    assert "line 3, who: no lead of campaign 'test' has the address or number 'nobody@example.org'" in output
    told = json.loads(aicmo("outcomes", "import", key, str(file), "--json"))
    assert (told["recorded"], told["known"]) == (0, 1)
