import json
from pathlib import Path

from sqlalchemy.engine import URL

from aicmo_dagster.store import database
from aicmo_dagster_tests.cli.command_line import DEMO, aicmo
from aicmo_dagster_tests.outreach import add_campaign, add_lead, config

_CSV = """Email,First Name,Company
ann@example.com,Ann,Example Ltd
ann@example.com,Ann,Example Ltd
bob@example.org,Bob,Example Org
,,
not an address,,
"""


def test_the_list_can_be_narrowed_and_keeps_addresses_whole(store: URL) -> None:
    campaign = add_campaign()
    address = "somebody.with.quite.a.long.address.for.a.column@long-company-name.example.org"
    add_lead(campaign.id, address, company="Long Company")
    add_lead(campaign.id, "other@example.org")
    assert address in aicmo("leads", "list", "test")
    narrowed = json.loads(aicmo("leads", "list", "test", "--search", "long comp", "--json"))
    assert [row["email"] for row in narrowed] == [address]
    assert "1 of 2 leads" in aicmo("leads", "list", "test", "--limit", "1")
    assert "No lead fits" in aicmo("leads", "list", "test", "--status", "replied")


def test_show_tells_whose_word_each_fact_is_and_where_the_reasons_are(project: Path) -> None:
    aicmo("campaigns", "apply", str(DEMO))
    aicmo("run", "demo")
    (lead, *_) = json.loads(aicmo("leads", "list", "demo", "--status", "contacted", "--json"))
    output = aicmo("leads", "show", "demo", lead["email"])
    assert "csv demo-leads.csv, line " in output
    assert f"Why it is contacted: aicmo explain {lead['id']}" in output
    found = json.loads(aicmo("leads", "show", "demo", lead["email"], "--json"))
    assert {one["field"]: one["value"] for one in found["provenance"]}["email"] == lead["email"]
    assert "line 60" in aicmo("run", "demo", "--stage", "harvest")
    assert "many,cells" in aicmo("leads", "rejected", "demo")


def test_show_of_nobody_says_how_to_search(store: URL) -> None:
    add_campaign()
    assert "aicmo leads list" in aicmo("leads", "show", "test", "nobody@example.org", code=1)


def test_a_file_is_imported_and_its_bad_rows_are_shown(store: URL, tmp_path: Path) -> None:
    add_campaign()
    file = tmp_path / "more.csv"
    file.write_text(_CSV)
    output = " ".join(aicmo("leads", "import", "test", str(file)).split())
    assert "new leads 3" in output
    assert "duplicates in the file 1" in output
    assert "rejected 1" in output
    assert "Nothing says who the lead is" in output
    again = " ".join(aicmo("leads", "import", "test", str(file)).split())
    assert "new leads 0" in again
    assert "unchanged 3" in again
    (row,) = json.loads(aicmo("leads", "rejected", "test", "--json"))
    assert row["file"] == "more.csv"


def test_an_import_that_breaks_off_says_so_and_keeps_what_was_read(store: URL, tmp_path: Path) -> None:
    add_campaign()
    file = tmp_path / "cut.json"
    file.write_text("[" + ",".join(f'{{"email": "p{number}@example.com"}}' for number in range(60_000))[:-9])
    output = aicmo("leads", "import", "test", str(file), code=1)
    assert "no sound JSON" in output
    assert "What was read before that is in the campaign." in output
    assert "50,000 leads" in aicmo("leads", "list", "test", "--limit", "1")


def test_rejected_rows_are_exported_mended_and_imported(store: URL, tmp_path: Path) -> None:
    add_campaign()
    file, export = tmp_path / "more.csv", tmp_path / "rejected.csv"
    file.write_text(_CSV)
    assert "--export" in aicmo("leads", "import", "test", str(file))
    assert "1 row written" in aicmo(
        "leads", "rejected", "test", "--file", "more.csv", "--export", str(export)
    )
    export.write_text(export.read_text("utf-8-sig").replace('add one of them.",', 'x",cid@example.com'))
    aicmo("leads", "import", "test", str(export))
    assert json.loads(aicmo("leads", "rejected", "test", "--json")) == []
    (lead, *_) = json.loads(aicmo("leads", "list", "test", "--search", "cid", "--json"))
    assert lead["email"] == "cid@example.com"


def test_a_column_with_a_slip_in_its_name_is_told(store: URL, tmp_path: Path) -> None:
    add_campaign()
    file = tmp_path / "more.csv"
    file.write_text("Email,Compny\nann@example.com,Example Ltd\n")
    output = " ".join(aicmo("leads", "import", "test", str(file)).split())
    assert "if it is company, say columns: {Compny: company}" in output


def test_a_missing_file_is_a_sentence(store: URL, tmp_path: Path) -> None:
    add_campaign()
    assert "no such file" in aicmo("leads", "import", "test", str(tmp_path / "nowhere.csv"), code=1)


def test_a_lead_added_by_hand_waits_in_the_queue(store: URL) -> None:
    add_campaign()
    aicmo(
        "leads", "add", "test", "--email", "ann@example.com", "--first-name", "Ann", "--set", "industry=Toys"
    )
    (row,) = database.fetch("SELECT record FROM queued_leads")
    assert row["record"] == {"email": "ann@example.com", "first_name": "Ann", "industry": "Toys"}


def test_what_the_harvest_would_refuse_is_refused_at_once(store: URL) -> None:
    add_campaign()
    assert "cannot be right" in aicmo("leads", "add", "test", "--email", "nonsense", code=1)
    assert "cannot be taken" in aicmo("leads", "add", "test", "--first-name", "Ann", code=1)
    assert "did you mean title" in aicmo("leads", "add", "test", "--set", "titel=CTO", code=2)
    assert "has no value" in aicmo("leads", "add", "test", "--set", "title", code=2)
    assert "say something" in aicmo("leads", "add", "test", code=2)
    assert database.fetch("SELECT 1 FROM queued_leads") == []


def test_a_campaign_without_a_queue_says_so(store: URL) -> None:
    add_campaign(config(sources=[{"type": "csv", "path": "leads.csv"}]))
    output = aicmo("leads", "add", "test", "--email", "ann@example.com", code=1)
    assert "takes no leads added by hand" in output


def test_a_lead_is_deleted_by_number_or_address(store: URL) -> None:
    campaign = add_campaign()
    number = add_lead(campaign.id, "ann@example.org")
    add_lead(campaign.id, "bob@example.org")
    assert f"Lead {number} is deleted" in aicmo("leads", "delete", "test", "Ann@Example.org")
    assert "no lead" in aicmo("leads", "delete", "test", str(number), code=1)
    assert [row["email"] for row in json.loads(aicmo("leads", "list", "test", "--json"))] == [
        "bob@example.org"
    ]
