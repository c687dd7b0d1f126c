import json
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from aicmo_dagster.errors import SourceError
from aicmo_dagster.sources import excel
from aicmo_dagster.sources.excel import ExcelFile
from aicmo_dagster_tests.sources.workbook import write_ods, write_xlsx

HEADER: list[object] = ["Email", "Company", "Note"]


def read(path: Path, **options: object) -> pd.DataFrame:
    chunks = list(ExcelFile(path, **options).fetch(100))  # type: ignore[arg-type]
    return pd.concat([chunk.records for chunk in chunks], ignore_index=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "leads.xlsx"


def test_rows_come_with_the_row_number_of_the_sheet(path: Path) -> None:
    rows: list[list[object]] = [
        HEADER,
        ["a@example.com", "Example Inc", None],
        [],
        ["b@example.com", " Example Ltd ", "x"],
    ]
    write_xlsx(path, {"Leads": rows})
    records = read(path)
    assert records["line"].tolist() == [2, 4]
    assert records["company"].tolist() == ["Example Inc", "Example Ltd"]
    assert records["email"].dtype == "str"
    assert json.loads(str(records.loc[1, "extra"])) == {"Note": "x"}


def test_chunks_are_as_long_as_asked_for(path: Path) -> None:
    write_xlsx(path, {"Leads": [HEADER, *(["a@example.com", "Example Inc"] for _ in range(5))]})
    chunks = list(ExcelFile(path, chunk_rows=2).fetch(100))
    assert [chunk.records["line"].tolist() for chunk in chunks] == [[2, 3], [4, 5], [6]]
    assert chunks[0].header == ("Email", "Company", "Note")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (5, "5"),
        (5.0, "5"),
        (2.5, "2.5"),
        (491701234567, "491701234567"),
        (True, "true"),
        (False, "false"),
        (date(2024, 5, 1), "2024-05-01"),
        (datetime(2024, 5, 1, 12, 30), "2024-05-01 12:30:00"),  # noqa: DTZ001 - a sheet has no zones
        ("007", "007"),
    ],
)
def test_numbers_dates_and_booleans_come_as_a_person_writes_them(path: Path, cell: object, text: str) -> None:
    write_xlsx(path, {"Leads": [HEADER, ["a@example.com", cell, "x"]]})
    assert read(path)["company"].tolist() == [text]


def test_a_cell_that_is_an_error_says_nothing(path: Path) -> None:
    write_xlsx(path, {"Leads": [HEADER, ["a@example.com", "#N/A", "x"]]})
    assert read(path)["company"].isna().all()


def test_the_header_may_stand_below_other_rows(path: Path) -> None:
    write_xlsx(path, {"Leads": [["Report of May"], [], HEADER, ["a@example.com", "Example Inc", None]]})
    assert read(path)["line"].tolist() == [4]


def test_the_first_sheet_that_lists_leads_is_read_and_said(path: Path) -> None:
    sheets: dict[str, list[list[object]]] = {
        "Old": [HEADER, ["x@example.com"]],
        "Totals": [["Sum", 3]],
        "People": [HEADER, ["a@example.com"]],
    }
    write_xlsx(path, sheets, hidden="Old")
    source = ExcelFile(path)
    (chunk,) = source.fetch(100)
    assert chunk.records["email"].tolist() == ["a@example.com"]
    assert source.notes == ["Sheet 'People' was read; for another one say sheet: NAME."]


def test_a_sheet_is_found_by_its_name(path: Path) -> None:
    write_xlsx(path, {"One": [HEADER, ["a@example.com"]], "Two": [HEADER, ["b@example.com"]]})
    assert read(path, sheet="two ")["email"].tolist() == ["b@example.com"]


def test_a_sheet_that_is_not_there_gets_a_suggestion(path: Path) -> None:
    write_xlsx(path, {"Contacts": [HEADER]})
    with pytest.raises(SourceError, match=r"no sheet 'Contcts'; did you mean 'Contacts'\?"):
        read(path, sheet="Contcts")


def test_the_campaigns_columns_hold(path: Path) -> None:
    write_xlsx(path, {"Leads": [["Kontakt", "Wo"], ["a@example.com", "Bonn"]]})
    assert read(path, columns={"Kontakt": "email", "Wo": "city"})["city"].tolist() == ["Bonn"]


def test_a_sheet_of_something_else_names_the_sheet_and_what_is_missing(path: Path) -> None:
    write_xlsx(path, {"Totals": [["Sum", "Of"], [3, 4]]})
    with pytest.raises(SourceError, match="sheet 'Totals' has no column that says who a lead is"):
        read(path)


def test_an_empty_workbook_is_a_sentence(path: Path) -> None:
    write_xlsx(path, {"Leads": []})
    with pytest.raises(SourceError, match="has no rows"):
        read(path)


def test_a_sheet_of_headers_only_has_no_leads_and_no_error(path: Path) -> None:
    write_xlsx(path, {"Leads": [HEADER]})
    assert list(ExcelFile(path).fetch(100)) == []


def test_a_sheet_that_is_too_large_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "MOST_CELLS", 5)
    write_xlsx(path, {"Leads": [HEADER, ["a@example.com", "x", "y"]]})
    with pytest.raises(SourceError, match="save it as CSV"):
        read(path)


def test_a_small_file_that_holds_a_huge_one_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "_MOST_BYTES", 2_000)
    write_xlsx(path, {"Leads": [HEADER, *([["a@example.com"]] * 100)]})
    with pytest.raises(SourceError, match="too large for a workbook"):
        read(path)


def test_a_damaged_workbook_is_a_sentence(path: Path) -> None:
    write_xlsx(path, {"Leads": [HEADER, ["a@example.com"]]})
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(SourceError, match="damaged"):
        read(path)
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(SourceError, match="cannot be read as a workbook"):
        read(path)


def test_an_opendocument_spreadsheet_is_read(tmp_path: Path) -> None:
    write_ods(tmp_path / "leads.ods", [["Email", "City"], ["a@example.com", "Köln"]])
    assert read(tmp_path / "leads.ods")["city"].tolist() == ["Köln"]


def test_a_file_of_another_kind_says_what_to_write(path: Path) -> None:
    path.write_bytes(b"email\na@example.com\n")
    with pytest.raises(SourceError, match="`type: csv`"):
        read(path)
