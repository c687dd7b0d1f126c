import contextlib
import gzip
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aicmo_dagster.errors import SourceError
from aicmo_dagster.sources.kind import check, kind_of, telling
from aicmo_dagster_tests.sources.workbook import write_ods, write_xlsx


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"email,city\n", "csv"),
        (b"", "csv"),
        (b"{curly,header}\n", "csv"),
        (b"[x],email\n", "csv"),
        ("email;city\n".encode("utf-16"), "csv"),
        (b'{"email": "a@example.com"}\n', "jsonl"),
        (b'\xef\xbb\xbf {"email": "a@example.com"}', "jsonl"),
        (b'{\n  "email": "a@example.com"\n}', "jsonl"),
        (b'[\n {"email": "a@example.com"}]', "jsonl"),
        (b"PAR1...", "parquet"),
        (gzip.compress(b"email,city\n", mtime=0), "csv"),
        (gzip.compress(b'{"email": "a@example.com"}\n', mtime=0), "jsonl"),
    ],
)
def test_a_file_is_known_by_its_first_bytes(path: Path, content: bytes, kind: str) -> None:
    path.write_bytes(content)
    assert kind_of(path, "file") == kind


def test_workbooks_are_known_by_what_is_in_them(path: Path) -> None:
    write_xlsx(path, {"A": []})
    assert kind_of(path, "file") == "excel"
    write_ods(path, [])
    assert kind_of(path, "file") == "excel"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7", "PDF document; export the leads as CSV"),
        (b"<!DOCTYPE html><html>", "web page.* login"),
        (b"<?xml version='1.0'?>", "is XML"),
        (b"BEGIN:VCARD\r\n", "vCards"),
        (b"PK\x03\x04 cut off", "damaged"),
        (gzip.compress(b"PAR1...", mtime=0), "unpack it first"),
    ],
)
def test_what_holds_no_leads_is_refused_in_a_sentence(path: Path, content: bytes, words: str) -> None:
    path.write_bytes(content)
    with pytest.raises(SourceError, match=words):
        kind_of(path, "leads")


def test_a_zip_archive_names_the_file_to_unpack(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("export/leads.csv", "email\n")
    with pytest.raises(SourceError, match=r"unpack it and name export/leads\.csv"):
        kind_of(path, "leads.zip")


def test_a_wrong_type_says_which_one_is_right(path: Path) -> None:
    write_xlsx(path, {"A": []})
    with pytest.raises(SourceError, match=r"leads\.csv is an Excel .* `type: excel`"):
        check(path, "csv", "leads.csv")


def test_what_cannot_be_opened_is_a_sentence(tmp_path: Path) -> None:
    for path, words in (
        (tmp_path / "x", "looked for"),
        (tmp_path, "is a directory"),
        (Path("a\0"), "cannot"),
    ):
        with pytest.raises(SourceError, match=words), telling(path, "x"):
            path.open()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b", b"{", b"[", b"<"]), st.binary(max_size=50))
def test_any_bytes_are_of_some_kind_or_refused_in_a_sentence(path: Path, head: bytes, tail: bytes) -> None:
    path.write_bytes(head + tail)
    with contextlib.suppress(SourceError):
        kind_of(path, "file")
