import contextlib
import csv
import gzip
import io
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aicmo_dagster.errors import SourceError
from aicmo_dagster.sources.csv import CsvFile
from aicmo_dagster.sources.source import RAW_LIMIT

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def read(path: Path, content: bytes | None = None, **options: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    if content is not None:
        path.write_bytes(content)
    chunks = list(CsvFile(path, **options).fetch(100))  # type: ignore[arg-type]
    if not chunks:
        return pd.DataFrame({"line": []}), pd.DataFrame({"line": []})
    return (
        pd.concat([chunk.records for chunk in chunks], ignore_index=True),
        pd.concat([chunk.rejected for chunk in chunks], ignore_index=True),
    )


def test_fields_are_text_and_other_columns_are_json(folder: Path) -> None:
    records, rejected = read(
        folder / "a.csv", b'E-Mail,First Name,Note,Other\na@example.com,  ,"say ""hi""\n\\",\n'
    )
    assert records.loc[0, "email"] == "a@example.com"
    assert records["first_name"].isna().all()
    assert records["first_name"].dtype == "str"
    assert json.loads(str(records.loc[0, "extra"])) == {"Note": 'say "hi"\n\\'}
    assert records["line"].dtype == "int64"
    assert rejected.empty


def test_cells_are_trimmed(folder: Path) -> None:
    records, _ = read(folder / "a.csv", "email,city\n a@example.com ,\u00a0Bonn\t\n".encode())
    assert records[["email", "city"]].values.tolist() == [["a@example.com", "Bonn"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_through_blank_lines_and_quoted_line_ends(folder: Path, end: str) -> None:
    lines = [
        "",
        "email,note",
        "a@example.com,x",
        "",
        'b@example.com,"1',
        "2",
        '3"',
        "c@example.com,y,z",
        "d@example.com,",
    ]
    records, rejected = read(folder / "a.csv", end.join(lines).encode())
    assert records["line"].tolist() == [3, 5, 9]
    assert rejected["line"].tolist() == [8]


def test_a_row_with_too_many_columns_is_kept_while_the_rest_is_read(folder: Path) -> None:
    records, rejected = read(folder / "a.csv", b"email,city\na@example.com,Bonn\nb@example.com,Bonn,x\n")
    assert records["email"].tolist() == ["a@example.com"]
    row = rejected.iloc[0]
    assert (row["line"], row["raw"]) == (3, "b@example.com,Bonn,x")
    assert row["reason"].startswith("The row has 3 columns where the header has 2;")


def test_a_short_row_is_taken_only_if_it_says_who_the_lead_is(folder: Path) -> None:
    records, rejected = read(folder / "a.csv", b"city,email,state\nBonn,a@example.com\nBonn\n")
    assert records["line"].tolist() == [2]
    assert rejected["line"].tolist() == [3]


def test_empty_cells_beyond_the_header_are_dropped(folder: Path) -> None:
    records, _ = read(folder / "a.csv", b"email,city\na@example.com,Bonn,,\n")
    assert records["city"].tolist() == ["Bonn"]


def test_an_unclosed_quote_costs_only_its_own_row(folder: Path) -> None:
    rows = b"".join(b"p%d@example.com,Bonn\n" % n for n in range(3000))
    records, rejected = read(folder / "a.csv", b'email,city\nx@example.com,"Bonn\n' + rows)
    assert len(records) == 3000
    assert rejected[["line", "field", "raw"]].values.tolist() == [[2, "city", 'x@example.com,"Bonn']]
    assert "never closed" in str(rejected.loc[0, "reason"])


def test_an_unclosed_quote_that_meets_a_later_one_costs_only_its_own_row(folder: Path) -> None:
    content = (
        b'email,city\nx@example.com,"Bonn\na@example.com,Bonn\nb@example.com,"Bonn"\nc@example.com,Ulm\n'
    )
    records, rejected = read(folder / "a.csv", content)
    assert records["line"].tolist() == [3, 4, 5]
    assert rejected["line"].tolist() == [2]


def test_a_field_of_two_megabytes_is_rejected_by_name(folder: Path) -> None:
    content = b"email,city\na@example.com,Bonn\nb@example.com," + b"x" * 2_000_000 + b"\nc@example.com,Bonn\n"
    records, rejected = read(folder / "a.csv", content)
    assert records["line"].tolist() == [2, 4]
    assert rejected[["line", "field"]].values.tolist() == [[3, "city"]]
    assert "2,000,000 bytes" in str(rejected.loc[0, "reason"])
    assert len(str(rejected.loc[0, "raw"])) == RAW_LIMIT


def test_a_quoted_field_of_two_megabytes_over_many_lines_is_one_rejected_row(folder: Path) -> None:
    content = b'email,city\nb@example.com,"' + b"x\n" * 1_000_000 + b'"\nc@example.com,Bonn\n'
    records, rejected = read(folder / "a.csv", content)
    assert records["line"].tolist() == [1_000_003]
    assert rejected[["line", "field"]].values.tolist() == [[2, "city"]]


def test_a_line_beyond_all_measure_is_cut_and_the_rest_is_read(folder: Path) -> None:
    content = b"email,city\nb@example.com," + b"x" * (40 << 20) + b"\nc@example.com,Bonn\n"
    records, rejected = read(folder / "a.csv", content)
    assert records["line"].tolist() == [3]
    assert rejected["line"].tolist() == [2]


def test_a_nul_byte_rejects_its_row_and_is_shown(folder: Path) -> None:
    records, rejected = read(folder / "a.csv", b"email,city\na@example.com,Bo\0nn\nb@example.com,Bonn\n")
    assert records["line"].tolist() == [3]
    assert rejected[["field", "raw"]].values.tolist() == [["city", "a@example.com,Bo\\x00nn"]]


def test_bytes_that_cannot_be_decoded_reject_their_row(folder: Path) -> None:
    content = "email,city\na@example.com,Köln\nb@example.com,Zürich\n".encode() + b"c@example.com,K\xf6ln\n"
    records, rejected = read(folder / "a.csv", content)
    assert records["city"].tolist() == ["Köln", "Zürich"]
    assert rejected[["line", "field", "raw"]].values.tolist() == [[4, "city", "c@example.com,K\\xf6ln"]]


def test_undecodable_bytes_of_a_configured_encoding_reject_their_row(folder: Path) -> None:
    records, rejected = read(
        folder / "a.csv", b"email,city\na@example.com,K\x81ln\nb@example.com,K\xf6ln\n", encoding="cp1252"
    )
    assert records["city"].tolist() == ["Köln"]
    assert rejected["line"].tolist() == [2]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"]
)
def test_every_usual_encoding_is_found(folder: Path, encoding: str) -> None:
    content = "email,first_name,city\na@example.com,José,Köln\nb@example.com,André,Zürich\n".encode(encoding)
    records, rejected = read(folder / "a.csv", content)
    assert records["city"].tolist() == ["Köln", "Zürich"]
    assert rejected.empty


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^"])
def test_every_usual_delimiter_is_found(folder: Path, delimiter: str) -> None:
    content = (
        delimiter.join(["email", "company"]) + "\n" + delimiter.join(["a@example.com", '"X, Y; Z"']) + "\n"
    )
    records, _ = read(folder / "a.csv", content.encode())
    assert records["company"].tolist() == ["X, Y; Z"]


def test_a_gzip_file_is_read_through(folder: Path) -> None:
    records, _ = read(folder / "a.csv.gz", gzip.compress(b"email\na@example.com\n"))
    assert records["email"].tolist() == ["a@example.com"]


def test_a_damaged_gzip_file_is_a_sentence(folder: Path) -> None:
    content = gzip.compress(b"email\n" + bytes(range(256)) * 1000)
    with pytest.raises(SourceError, match="damaged gzip"):
        read(folder / "a.csv.gz", content[:-200])


def test_the_preamble_of_linkedins_export_is_skipped(folder: Path) -> None:
    content = (
        'Notes:\n"When exporting, you may notice that some of the addresses, as chosen, are missing."\n\n'
        "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
        "Test,Person,https://www.linkedin.com/in/test-person,,Example Inc,Tester,01 Jan 2024\n"
    )
    records, rejected = read(folder / "Connections.csv", content.encode())
    assert records.loc[0, "linkedin_url"] == "https://www.linkedin.com/in/test-person"
    assert records.loc[0, "title"] == "Tester"
    assert records["line"].tolist() == [5]
    assert rejected.empty


def test_an_empty_file_is_a_sentence(folder: Path) -> None:
    for content in (b"", b" \n\r\n", b"\xef\xbb\xbf"):
        with pytest.raises(SourceError, match=r"a\.csv is empty"):
            read(folder / "a.csv", content)


def test_a_file_of_headers_only_has_no_leads_and_no_error(folder: Path) -> None:
    (folder / "a.csv").write_bytes(b"email,first_name")
    assert list(CsvFile(folder / "a.csv").fetch(100)) == []


def test_a_missing_file_says_where_it_was_looked_for(folder: Path) -> None:
    with pytest.raises(SourceError, match=r"looked for .*nowhere\.csv"):
        read(folder / "nowhere.csv")


def test_a_directory_is_a_sentence(folder: Path) -> None:
    with pytest.raises(SourceError, match="is a directory"):
        read(folder)


def test_a_path_that_cannot_be_one_is_a_sentence() -> None:
    with pytest.raises(SourceError, match="cannot be opened"):
        read(Path("a\0b"))


def test_a_wrong_delimiter_names_the_one_that_fits(folder: Path) -> None:
    with pytest.raises(SourceError, match="`delimiter: ','`"):
        read(folder / "a.csv", b"email,city\na@example.com,Bonn\n", delimiter=";")


def test_an_unknown_encoding_is_a_sentence(folder: Path) -> None:
    for encoding in ("latin-99", "base64"):
        with pytest.raises(SourceError, match="not an encoding of text"):
            read(folder / "a.csv", b"email\na@example.com\n", encoding=encoding)


@SHARED
@given(
    st.sampled_from([b"", b"email,company\n", b"\xff\xfee\0", b"email;x\n\xe9\n", b"\x1f\x8b\x08"]),
    st.binary(max_size=300),
)
def test_any_bytes_are_read_or_refused_in_a_sentence(folder: Path, head: bytes, tail: bytes) -> None:
    with contextlib.suppress(SourceError):
        read(folder / "a.csv", head + tail)


@SHARED
@given(
    st.lists(
        st.sampled_from([b'"', b",", b"\n", b"\r", b";", b" ", b"a", b"\0", b"\xff", "é".encode()]),
        max_size=40,
    )
)
def test_awkward_bytes_are_read_alike_whatever_the_chunks(folder: Path, parts: list[bytes]) -> None:
    content = b"email,company\n" + b"".join(parts)
    whole = read(folder / "a.csv", content, encoding="utf-8")
    parted = read(folder / "a.csv", content, encoding="utf-8", chunk_rows=1)
    for one, other in zip(whole, parted, strict=True):
        pd.testing.assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True))


@SHARED
@given(
    st.lists(
        st.lists(
            st.sampled_from([b",", b" ", b"a", b"\0", b"\xff", b"@", b";", b"\t"]), min_size=1, max_size=8
        ).map(b"".join),
        max_size=20,
    )
)
def test_every_line_that_is_not_blank_is_a_record_or_rejected(folder: Path, lines: list[bytes]) -> None:
    records, rejected = read(
        folder / "a.csv", b"\n".join([b"email,company", *lines]), encoding="utf-8", delimiter=","
    )
    numbers = [number for number, line in enumerate(lines, 2) if line.strip()]
    assert sorted([*records["line"], *rejected["line"]]) == numbers


@SHARED
@given(
    st.lists(st.tuples(st.text('ab",;\n\r é', max_size=8), st.text('ab",;\n\r é', max_size=8)), max_size=20)
)
def test_what_pythons_writer_writes_is_read_as_written(folder: Path, rows: list[tuple[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([("email", "company"), *rows])
    records, rejected = read(folder / "a.csv", text.getvalue().encode(), encoding="utf-8")
    assert rejected.empty
    expected = [[cell.strip() or None for cell in row] for row in rows]
    found = (
        records[["email", "company"]].astype(object).where(records[["email", "company"]].notna(), None)
        if len(records)
        else None
    )
    assert ([] if found is None else found.values.tolist()) == expected


@pytest.mark.thirdparty
def test_a_file_of_companies_says_what_is_missing(thirdparty: Path) -> None:
    with pytest.raises(SourceError, match="it lists companies, not persons"):
        read(thirdparty / "organizations-1000.csv")


BROKEN = [
    "bom-and-whitespace-headers.csv",
    "broken-encoding-latin1.csv",
    "mixed-delimiters.csv",
    "ragged-rows-missing-columns.csv",
    "unescaped-quotes.csv",
    "wrong-delimiter-semicolon.csv",
]


def cells(records: pd.DataFrame, columns: dict[str, str]) -> list[dict[str, str]]:
    """Every record by the file's own headers, empty cells left out."""
    found = []
    for record in records.drop(columns="line").to_dict("records"):
        extra = json.loads(record.pop("extra")) if isinstance(record["extra"], str) else {}
        record.pop("extra", None)
        said = {columns[str(field)]: text for field, text in record.items() if isinstance(text, str)}
        found.append({**said, **extra})
    return found


@pytest.mark.thirdparty
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_gives_its_rows_as_a_good_repair_does(thirdparty: Path, name: str) -> None:
    with (thirdparty / "expected-fixed" / name).open(encoding="utf-8", newline="") as file:
        expected = [{key: text for key, text in row.items() if text} for row in csv.DictReader(file)]
    # Some of the files name nobody, so their number stands for who it is: only reading is in question here.
    names = {"id": "linkedin_url"}
    records, rejected = read(thirdparty / "broken" / name, columns=names)
    columns = {"linkedin_url": "id", "full_name": "name", **{header: header for header in expected[0]}}
    assert cells(records, columns) == expected
    assert rejected.empty


@pytest.mark.thirdparty
@pytest.mark.parametrize(
    ("name", "lines", "reasons"),
    [
        ("bom-and-whitespace-headers.csv", [2, 3], []),
        ("mixed-delimiters.csv", [2, 3, 4], []),
        ("ragged-rows-missing-columns.csv", [2], ["has 2 of 3 columns, and they do not say who the lead is"]),
        ("wrong-delimiter-semicolon.csv", [2, 3], []),
    ],
)
def test_rows_of_a_broken_file_are_leads_or_have_a_reason(
    thirdparty: Path, name: str, lines: list[int], reasons: list[str]
) -> None:
    records, rejected = read(thirdparty / "broken" / name)
    assert records["line"].tolist() == lines
    assert len(rejected) == len(reasons)
    assert all(words in text for words, text in zip(reasons, rejected.get("reason", []), strict=True))


@pytest.mark.thirdparty
@pytest.mark.parametrize("name", ["broken-encoding-latin1.csv", "unescaped-quotes.csv"])
def test_a_broken_file_that_names_nobody_says_what_is_missing(thirdparty: Path, name: str) -> None:
    with pytest.raises(SourceError, match="Missing: email, linkedin_url, or"):
        read(thirdparty / "broken" / name)


@pytest.mark.thirdparty
def test_a_file_of_leads_comes_whole(thirdparty: Path) -> None:
    records, rejected = read(thirdparty / "leads-1000.csv")
    assert (len(records), len(rejected)) == (1000, 0)
    named = ["email", "first_name", "last_name", "company", "phone", "website"]
    assert records[named].notna().all(axis=None)


def test_a_short_row_that_is_rejected_can_be_told_by_its_cells(folder: Path) -> None:
    _, rejected = read(folder / "a.csv", b"email,city,state\na@example.com,Bonn,\n,Ulm\n")
    assert json.loads(str(rejected.loc[0, "cells"])) == {"city": "Ulm"}


def test_a_row_that_cannot_be_split_has_no_cells(folder: Path) -> None:
    content = (
        b'email,city\na@example.com,"x\nb@example.com,y,z\n\xff,"K\xf6ln"\n\xc3\xb6@example.com,\xc3\xb6'
    )
    _, rejected = read(folder / "a.csv", content)
    assert rejected["cells"].isna().tolist() == [True, True, False]
    assert json.loads(str(rejected.loc[2, "cells"])) == {}


def test_a_file_of_another_kind_says_what_to_write(folder: Path) -> None:
    with pytest.raises(SourceError, match="`type: jsonl`"):
        read(folder / "a.csv", b'{"email": "a@example.com"}\n')


def test_a_column_with_a_slip_in_its_name_is_noted(folder: Path) -> None:
    (folder / "a.csv").write_bytes(b"email,Compny\na@example.com,Example Inc\n")
    source = CsvFile(folder / "a.csv")
    (chunk,) = source.fetch(100)
    assert source.notes == [
        "Column 'Compny' was kept as extra; if it is company, say columns: {Compny: company}."
    ]
    assert chunk.header == ("email", "Compny")


def test_our_own_export_says_which_row_came_back_on_which_line(folder: Path) -> None:
    rows = [
        "aicmo_rejected_id,email,Note,aicmo_raw",
        "7,a@example.com,'=1,x",
        ",b@example.com,'=1,",
        "x,c@example.com,,",
    ]
    (folder / "a.csv").write_text("\n".join(rows))
    (chunk,) = CsvFile(folder / "a.csv").fetch(100)
    assert chunk.mends == {2: 7}
    assert [json.loads(text) for text in chunk.records["extra"].dropna()] == [{"Note": "=1"}] * 2


def test_an_encoding_that_had_to_be_guessed_is_told(tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_bytes("email,company\nann@example.com,Müller\n".encode("cp1252"))
    guessed, said = CsvFile(file), CsvFile(file, encoding="cp1252")
    for source in (guessed, said):
        list(source.fetch(10))
        list(source.fetch(10))
    assert [note.partition(",")[0] for note in guessed.notes] == ["It was read as cp1252"]
    assert said.notes == []
