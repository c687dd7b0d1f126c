import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aicmo_dagster.errors import SourceError
from aicmo_dagster.sources.parquet import ParquetFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "leads.parquet"


def read(path: Path, table: pa.Table, **options: object) -> pd.DataFrame:
    pq.write_table(table, path)
    chunks = list(ParquetFile(path, **options).fetch(100))  # type: ignore[arg-type]
    return pd.concat([chunk.records for chunk in chunks], ignore_index=True)


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (5, pa.int32(), "5"),
        (5.0, pa.float64(), "5"),
        (2.5, pa.float32(), "2.5"),
        (float("nan"), pa.float64(), None),
        (Decimal("5.00"), pa.decimal128(10, 2), "5"),
        (True, pa.bool_(), "true"),
        (date(2024, 5, 1), pa.date32(), "2024-05-01"),
        (datetime(2024, 5, 1), pa.timestamp("us"), "2024-05-01"),  # noqa: DTZ001
        (datetime(2024, 5, 1), pa.timestamp("ms", "UTC"), "2024-05-01"),  # noqa: DTZ001
        ("x", pa.dictionary(pa.int8(), pa.string()), "x"),
        (b"x\xff", pa.binary(), "x\\xff"),
        (["x", "y"], pa.list_(pa.string()), "x, y"),
        (None, pa.null(), None),
    ],
)
def test_values_of_every_type_come_as_text(
    path: Path, value: object, kind: pa.DataType, text: str | None
) -> None:
    table = pa.table({"email": ["a@example.com"], "company": pa.array([value], kind)})
    records = read(path, table)
    assert records["company"].astype(object).where(records["company"].notna(), None).tolist() == [text]


def test_nested_columns_are_named_with_dots(path: Path) -> None:
    table = pa.table({"person": [{"email": "a@example.com", "home": {"city": "Bonn"}}], "note": ["x"]})
    records = read(path, table, columns={"person.email": "email", "person.home.city": "city"})
    assert records[["email", "city"]].values.tolist() == [["a@example.com", "Bonn"]]
    assert json.loads(str(records.loc[0, "extra"])) == {"note": "x"}


def test_rows_are_counted_through_the_chunks(path: Path) -> None:
    pq.write_table(pa.table({"email": [f"p{n}@example.com" for n in range(5)]}), path, row_group_size=3)
    chunks = list(ParquetFile(path, chunk_rows=2).fetch(100))
    assert [line for chunk in chunks for line in chunk.records["line"]] == [1, 2, 3, 4, 5]
    assert max(len(chunk.records) for chunk in chunks) == 2


def test_columns_that_say_nobody_are_a_sentence(path: Path) -> None:
    with pytest.raises(SourceError, match="no column that says who a lead is"):
        read(path, pa.table({"sum": [3]}))


def test_a_damaged_file_is_a_sentence(path: Path) -> None:
    path.write_bytes(b"PAR1" + b"x" * 100)
    with pytest.raises(SourceError, match="cannot be read as Parquet"):
        list(ParquetFile(path).fetch(100))
