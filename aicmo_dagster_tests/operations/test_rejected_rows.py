import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from aicmo_dagster.campaign.config import CsvSource
from aicmo_dagster.errors import ConfigurationError, LeadNotFoundError
from aicmo_dagster.operations import leads, rejected_rows
from aicmo_dagster.sources.chain import Attempt
from aicmo_dagster.store import database, imports
from aicmo_dagster.store import rejected_rows as store_rows
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster_tests.outreach import add_campaign, config
from aicmo_dagster_tests.sources.workbook import write_xlsx

OWN = ["aicmo_rejected_id", "aicmo_file", "aicmo_line", "aicmo_reason"]


@pytest.fixture
def campaign(store: URL) -> Campaign:
    return add_campaign()


def bring(campaign: Campaign, path: Path, content: str | bytes | None = None) -> Attempt:
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return leads.import_file(campaign, path, lambda _: None, "tester")


def exported(campaign: Campaign, path: Path, label: str | None = None) -> list[list[str]]:
    with database.transaction() as cursor:
        rejected_rows.export(cursor, campaign, path, label)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def mended(path: Path, rows: Sequence[Sequence[str]], delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def still_open(campaign: Campaign) -> list[dict[str, Any]]:
    with database.transaction() as cursor:
        return store_rows.listing(cursor, campaign.id)


def test_an_export_has_the_files_columns_and_says_what_is_wrong(campaign: Campaign, tmp_path: Path) -> None:
    bring(
        campaign,
        tmp_path / "a.csv",
        "Name,E-Mail,Firma,Note\nAnn,ann@example.com,X,\nBob,,,hi\nBob,b@x,y,z,1\n",
    )
    header, bob, wide = exported(campaign, tmp_path / "out.csv")
    assert header == [*OWN, "Name", "E-Mail", "Firma", "Note", "aicmo_raw"]
    assert bob[1:3] == ["a.csv", "3"]
    assert bob[3].startswith("Nothing says who the lead is")
    assert bob[4:] == ["Bob", "", "", "hi", ""]
    assert wide[4:] == ["", "", "", "", "Bob,b@x,y,z,1"]


def test_a_mended_row_is_taken_and_no_longer_listed(campaign: Campaign, tmp_path: Path) -> None:
    bring(campaign, tmp_path / "a.csv", "Name,E-Mail,Note\nBob,,hi\nCid,,\n")
    header, bob, cid = exported(campaign, tmp_path / "out.csv")
    bob[header.index("E-Mail")] = "bob@example.com"
    attempt = bring(campaign, mended(tmp_path / "mended.csv", [header, bob, cid], ";"))
    assert (attempt.inserted, attempt.rejected) == (1, 1)
    (lead,) = database.fetch("SELECT email, first_name, extra FROM leads")
    assert lead == {"email": "bob@example.com", "first_name": "Bob", "extra": {"Note": "hi"}}
    (left,) = still_open(campaign)
    assert (left["file"], left["line"]) == ("a.csv", 3)


def test_a_mended_row_stays_settled_when_the_first_file_is_read_again(
    campaign: Campaign, tmp_path: Path
) -> None:
    bring(campaign, tmp_path / "a.csv", "Name,E-Mail\nBob,\n")
    header, bob = exported(campaign, tmp_path / "out.csv")
    bob[header.index("E-Mail")] = "bob@example.com"
    bring(campaign, mended(tmp_path / "mended.csv", [header, bob]))
    bring(campaign, tmp_path / "a.csv")
    assert still_open(campaign) == []


def test_a_row_may_come_back_in_a_workbook(campaign: Campaign, tmp_path: Path) -> None:
    bring(campaign, tmp_path / "a.csv", "Name,E-Mail,Note\nBob,,+1\n")
    header, bob = exported(campaign, tmp_path / "out.csv")
    bob[header.index("E-Mail")] = "bob@example.com"
    # A spreadsheet makes numbers of what looks like one.
    write_xlsx(tmp_path / "mended.xlsx", {"rejected": [header, [int(bob[0]), *bob[1:]]]})
    assert bring(campaign, tmp_path / "mended.xlsx").inserted == 1
    assert database.fetch("SELECT extra FROM leads") == [{"extra": {"Note": "+1"}}]
    assert still_open(campaign) == []


def test_taking_the_import_back_opens_its_rows_again(campaign: Campaign, tmp_path: Path) -> None:
    bring(campaign, tmp_path / "a.csv", "Name,E-Mail\nBob,\n")
    header, bob = exported(campaign, tmp_path / "out.csv")
    bob[header.index("E-Mail")] = "bob@example.com"
    bring(campaign, mended(tmp_path / "mended.csv", [header, bob]))
    with database.transaction() as cursor:
        (newest, *_) = imports.listing(cursor, campaign.id)
        imports.undo(cursor, campaign.id, newest["id"], uuid4(), datetime.now(UTC), "test")
    assert [(row["file"], row["line"]) for row in still_open(campaign)] == [("a.csv", 2)]


def test_a_row_that_is_rejected_anew_takes_the_place_of_what_it_was(
    campaign: Campaign, tmp_path: Path
) -> None:
    bring(campaign, tmp_path / "a.csv", "Name,E-Mail,Firma\nBob,,\n")
    header, bob = exported(campaign, tmp_path / "out.csv")
    bob[header.index("E-Mail")] = "bob@example.com"
    bob[header.index("Firma")] = "x" * 501
    for _ in range(2):
        bring(campaign, mended(tmp_path / "mended.csv", [header, bob]))
        (left,) = still_open(campaign)
        assert (left["file"], left["field"]) == ("mended.csv", "company")
    header, bob = exported(campaign, tmp_path / "again.csv")
    bob[header.index("Firma")] = "Example Ltd"
    assert bring(campaign, mended(tmp_path / "mended.csv", [header, bob])).inserted == 1
    assert still_open(campaign) == []


def test_cells_that_are_no_text_are_left_to_be_filled_in(campaign: Campaign, tmp_path: Path) -> None:
    bring(
        campaign, tmp_path / "a.csv", "email,city\na@example.com,Köln\n".encode() + b"b@example.com,K\xf6ln\n"
    )
    header, row = exported(campaign, tmp_path / "out.csv")
    assert row[header.index("email") :] == ["b@example.com", "", "b@example.com,K\\xf6ln"]


def test_columns_of_one_field_are_one_column_whatever_the_files_call_them(
    campaign: Campaign, tmp_path: Path
) -> None:
    bring(campaign, tmp_path / "a.csv", "Name,E-Mail,Note\nBob,,1\n")
    bring(campaign, tmp_path / "b.csv", "Mail,Vorname,Remark,Note\n,Cid,2,3\n")
    bring(campaign, tmp_path / "c.json", '[{"name": "Dan", "note": 4}, {"email": "d@example.com"}]')
    header, *rows = exported(campaign, tmp_path / "out.csv")
    assert header[4:-1] == ["full_name", "email", "Note", "Vorname", "Remark", "note"]
    for number, row in enumerate(rows):
        row[header.index("email")] = f"p{number}@example.com"
    assert bring(campaign, mended(tmp_path / "mended.csv", [header, *rows])).inserted == 3
    found = database.fetch("SELECT first_name, extra FROM leads WHERE email LIKE 'p%' ORDER BY email")
    assert [row["first_name"] for row in found] == ["Bob", "Cid", "Dan"]
    assert [row["extra"] for row in found] == [{"Note": "1"}, {"Note": "3", "Remark": "2"}, {"note": "4"}]
    assert still_open(campaign) == []


def test_the_campaigns_columns_hold_for_the_mended_rows(store: URL, tmp_path: Path) -> None:
    sources = [CsvSource(path="x.csv", columns={"Kontakt": "email", "Firmierung": "company"})]
    campaign = add_campaign(config(sources=sources))
    bring(campaign, tmp_path / "a.csv", "Kontakt,Firmierung,Company\n,Example Ltd,Other\n")
    header, row = exported(campaign, tmp_path / "out.csv")
    row[header.index("Kontakt")] = "a@example.com"
    bring(campaign, mended(tmp_path / "mended.csv", [header, row]))
    (lead,) = database.fetch("SELECT company, extra FROM leads")
    assert lead == {"company": "Example Ltd", "extra": {"Company": "Other"}}


def test_a_column_that_would_be_read_otherwise_gets_its_fields_name(
    campaign: Campaign, tmp_path: Path
) -> None:
    # Mautic's title is a form of address, and its position the job title.
    bring(campaign, tmp_path / "a.csv", "title,firstname,position,points,email\nMr,Bob,Tester,3,\n")
    header, row = exported(campaign, tmp_path / "out.csv")
    row[header.index("email")] = "a@example.com"
    bring(campaign, mended(tmp_path / "mended.csv", [header, row]))
    (lead,) = database.fetch("SELECT title, extra FROM leads")
    assert lead["title"] == "Tester"
    assert "Mr" in lead["extra"].values()


def test_only_one_files_rows_are_exported_when_asked_for(campaign: Campaign, tmp_path: Path) -> None:
    bring(campaign, tmp_path / "a.csv", "Name,Email\nBob,\n")
    bring(campaign, tmp_path / "b.csv", "Name,Email\nCid,\n")
    assert [row[4] for row in exported(campaign, tmp_path / "out.csv", "b.csv")[1:]] == ["Cid"]


def test_an_export_never_overwrites_a_file(campaign: Campaign, tmp_path: Path) -> None:
    bring(campaign, tmp_path / "a.csv", "Name,Email\nBob,\n")
    exported(campaign, tmp_path / "out.csv")
    with pytest.raises(ConfigurationError, match="is there already"):
        exported(campaign, tmp_path / "out.csv")


def test_nothing_to_export_is_said(campaign: Campaign, tmp_path: Path) -> None:
    with pytest.raises(LeadNotFoundError, match="no rejected rows of 'x"):
        exported(campaign, tmp_path / "out.csv", "x.csv")
    assert not (tmp_path / "out.csv").exists()


def test_ids_of_another_campaign_settle_nothing(campaign: Campaign, tmp_path: Path) -> None:
    bring(campaign, tmp_path / "a.csv", "Name,Email\nBob,\n")
    header, row = exported(campaign, tmp_path / "out.csv")
    row[header.index("Email")] = "bob@example.com"
    other = add_campaign(config(key="other"))
    assert bring(other, mended(tmp_path / "mended.csv", [header, row])).inserted == 1
    assert len(still_open(campaign)) == 1


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.text(alphabet="'=+-@ \t\"\n,;é", min_size=1, max_size=6).filter(str.strip), min_size=1, max_size=4
    )
)
def test_what_comes_back_is_exactly_what_left(campaign: Campaign, tmp_path: Path, notes: list[str]) -> None:
    for name in ("out.csv", "mended.csv"):
        (tmp_path / name).unlink(missing_ok=True)
    with database.transaction() as cursor:
        cursor.execute("DELETE FROM rejected_rows")
        cursor.execute("DELETE FROM leads")
    mended(tmp_path / "a.csv", [["Email", "=Note", "Company"], *(["", note, note] for note in notes)])
    bring(campaign, tmp_path / "a.csv")
    header, *rows = exported(campaign, tmp_path / "out.csv")
    for number, row in enumerate(rows):
        row[header.index("Email")] = f"p{number}@example.com"
    bring(campaign, mended(tmp_path / "mended.csv", [header, *rows]))
    found = database.fetch("SELECT company, extra FROM leads ORDER BY id")
    assert [row["extra"]["=Note"] for row in found] == [note.strip() for note in notes]
