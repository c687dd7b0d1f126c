import gzip
from pathlib import Path

import pytest

from aicmo_dagster.errors import SourceError
from aicmo_dagster.sources.delimited import read_delimited


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "some.csv"
    path.write_text("\n".join(delimiter.join(row) for row in ["abc", "123", "456"]) + "\n")
    found = read_delimited(path)
    assert (found.header, found.delimiter, found.lines) == (["a", "b", "c"], delimiter, 1)
    assert found.text.splitlines()[0] == delimiter.join("123")


def test_encoding_and_compression_are_found(tmp_path: Path) -> None:
    path = tmp_path / "some.csv.gz"
    path.write_bytes(gzip.compress("größe;won\n1;yes\n2;no\n".encode("cp1252")))
    assert read_delimited(path).header == ["größe", "won"]


def test_a_file_with_two_columns_of_one_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text("a,b,a\n1,2,3\n")
    with pytest.raises(SourceError, match="several columns 'a'"):
        read_delimited(path)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"some\.csv is not there"):
        read_delimited(tmp_path / "some.csv")
