import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aicmo_dagster.campaign.config import CsvSource, ExcelSource
from aicmo_dagster.errors import SourceError
from aicmo_dagster.sources.files import open_files, source_of
from aicmo_dagster_tests.sources.workbook import write_xlsx


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"email\n{path.stem}@example.com\n")


def addresses(folder: Path, pattern: str) -> dict[str, list[str]]:
    return {
        source.label: [address for chunk in source.fetch(100) for address in chunk.records["email"]]
        for source in open_files(CsvSource(path=pattern), folder, 1_000)
    }


def test_a_path_is_one_source_with_its_name_as_label(tmp_path: Path) -> None:
    write(tmp_path, "in/a.csv")
    assert addresses(tmp_path, "in/a.csv") == {"a.csv": ["a@example.com"]}
    assert addresses(Path("/nowhere"), str(tmp_path / "in/a.csv")) == {"a.csv": ["a@example.com"]}


def test_a_glob_is_a_source_for_each_file_in_order(tmp_path: Path) -> None:
    write(tmp_path, "in/b.csv", "in/a.csv", "in/c.txt")
    (tmp_path / "in" / "folder.csv").mkdir()
    assert list(addresses(tmp_path, "in/*.csv")) == ["a.csv", "b.csv"]
    assert list(addresses(Path("/nowhere"), str(tmp_path / "in/*.csv"))) == ["a.csv", "b.csv"]


def test_files_of_one_name_in_several_folders_have_labels_of_their_own(tmp_path: Path) -> None:
    write(tmp_path, "in/bonn/leads.csv", "in/ulm/leads.csv")
    assert list(addresses(tmp_path, "in/*/leads.csv")) == ["bonn/leads.csv", "ulm/leads.csv"]
    assert list(addresses(tmp_path, "**/leads.csv")) == ["in/bonn/leads.csv", "in/ulm/leads.csv"]


def test_a_folder_with_brackets_in_its_name_is_no_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "campaigns [old]"
    write(folder, "a.csv", "leads[1].csv")
    assert list(addresses(folder, "*.csv")) == ["a.csv", "leads[1].csv"]
    assert addresses(folder, "leads[1].csv") == {"leads[1].csv": ["leads[1]@example.com"]}


def test_a_glob_that_no_file_fits_is_a_failure_that_says_where_it_looked(tmp_path: Path) -> None:
    (source,) = open_files(CsvSource(path="in/*.csv"), tmp_path, 1_000)
    assert (source.name, source.label, source.is_configured()) == ("csv", "in/*.csv", True)
    with pytest.raises(SourceError, match=rf"No file fits 'in/\*\.csv': looked in {tmp_path}"):
        list(source.fetch(100))


def test_what_a_source_says_of_its_files_holds_for_each(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_xlsx(
            tmp_path / name, {"Other": [["Email"]], "Leads": [["Mail to"], [f"{name[0]}@example.com"]]}
        )
    config = ExcelSource(path="*.xlsx", sheet="Leads", columns={"Mail to": "email"})
    found = [chunk.records for source in open_files(config, tmp_path, 1_000) for chunk in source.fetch(9)]
    assert [records["email"].tolist() for records in found] == [["a@example.com"], ["b@example.com"]]


def test_a_file_is_imported_by_what_it_is(tmp_path: Path) -> None:
    write(tmp_path, "a.csv")
    write_xlsx(tmp_path / "a.xlsx", {"Leads": [["Email"], ["a@example.com"]]})
    (tmp_path / "a.json").write_text(json.dumps([{"email": "a@example.com"}]))
    pq.write_table(pa.table({"email": ["a@example.com"]}), tmp_path / "a.parquet")
    for name, kind in {"a.csv": "csv", "a.xlsx": "excel", "a.json": "jsonl", "a.parquet": "parquet"}.items():
        config = source_of(tmp_path / name, {})
        (source,) = open_files(config, Path("/nowhere"), 1_000)
        (chunk,) = source.fetch(100)
        assert (config.type, source.name, source.label) == (kind, kind, name)
        assert chunk.records["email"].tolist() == ["a@example.com"]


def test_a_file_to_import_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"b\.csv: there is no such file"):
        source_of(tmp_path / "b.csv", {})
