import csv
import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aicmo_dagster.sources.dialect import detect_dialect
from aicmo_dagster.sources.encoding import open_utf8
from aicmo_dagster.sources.rows import BadRow, RowReader

PIECES = [b'"', b'""', b",", b"\n", b"\r", b"\r\n", b";", b" ", b"a", b"\0", b"\xff", "é".encode(), b'"b"']


def rows_of(
    content: bytes, width: int, block_bytes: int = 1 << 20, split: int = 0
) -> tuple[list[tuple[str | None, ...]], list[int], list[BadRow]]:
    reader = RowReader(",", width, lambda cells: len(cells) > 1, block_bytes)
    cells: list[tuple[str | None, ...]] = []
    lines: list[int] = []
    bad: list[BadRow] = []
    for rows in reader.read(io.BytesIO(content[split:]), content[:split], 1):
        cells += zip(*(column.to_pylist() for column in rows.table.columns), strict=True)
        lines += rows.line.tolist()
        bad += rows.bad
    return cells, lines, bad


@settings(deadline=None, max_examples=500)
@example(b'"";\n;;,\n', 1, 3)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join), st.integers(1, 9), st.integers(1, 3))
def test_rows_do_not_depend_on_where_blocks_end(content: bytes, block_bytes: int, width: int) -> None:
    assert rows_of(content, width, block_bytes) == rows_of(content, width)
    assert rows_of(content, width, split=min(block_bytes, len(content))) == rows_of(content, width)


@settings(deadline=None)
@given(
    st.lists(st.lists(st.text('ab",\n é', max_size=6), min_size=3, max_size=3), max_size=30),
    st.integers(1, 200),
)
def test_sound_rows_are_those_of_pythons_reader(rows: list[list[str]], block_bytes: int) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    cells, lines, bad = rows_of(text.getvalue().encode(), 3, block_bytes)
    assert [[cell or "" for cell in row] for row in cells] == rows
    spans = ["".join(row).count("\n") + 1 for row in rows]
    assert lines == np.cumsum([1, *spans]).tolist()[:-1]
    assert not bad


def test_many_faults_in_a_row_are_each_kept() -> None:
    content = b"".join(b'a,"b\nc,d\n' for _ in range(5000))
    cells, lines, bad = rows_of(content, 2)
    assert cells == [("c", "d")] * 5000
    assert lines == list(range(2, 10_001, 2))
    assert [row.line for row in bad] == list(range(1, 10_000, 2))


@pytest.mark.thirdparty
@pytest.mark.parametrize(
    "name",
    [
        "bom-and-whitespace-headers.csv",
        "broken-encoding-latin1.csv",
        "mixed-delimiters.csv",
        "ragged-rows-missing-columns.csv",
        "unescaped-quotes.csv",
        "wrong-delimiter-semicolon.csv",
    ],
)
def test_broken_files_are_read_as_a_good_repair_has_them(thirdparty: Path, tmp_path: Path, name: str) -> None:
    path = Path(shutil.copy(thirdparty / "broken" / name, tmp_path))
    sample = open_utf8(path, None)[0].read(1 << 20)
    dialect = detect_dialect(sample, True, None, name)
    reader = RowReader(dialect.delimiter, len(dialect.header), lambda _: True)
    found = [[header.strip() for header in dialect.header]]
    for rows in reader.read(io.BytesIO(), sample[dialect.end :], dialect.lines + 1):
        assert not rows.bad
        found += [
            [cell or "" for cell in row]
            for row in zip(*(c.to_pylist() for c in rows.table.columns), strict=True)
        ]
    with (thirdparty / "expected-fixed" / name).open(newline="", encoding="utf-8") as file:
        assert found == list(csv.reader(file))
