import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.sources.neutral import neutral, undone, undone_column

CELLS = st.text(alphabet="'=+-@ \t\r\n＝aé\u00a0", max_size=8) | st.text(max_size=8)


@pytest.mark.parametrize("cell", ["=1+1", "+49 30", "-1", "@x", "\t=1", " =1", "'=1", "＝1", "\r=1"])
def test_what_a_spreadsheet_would_run_begins_with_an_apostrophe(cell: str) -> None:
    assert neutral(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "a=1", "'s-Hertogenbosch", "'", "1-2", "a@example.com"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert neutral(cell) == undone(cell) == cell


@given(CELLS)
def test_undoing_gives_exactly_what_was_there(cell: str) -> None:
    assert undone(neutral(cell)) == cell
    assert not re.match(r"[=+\-@\t\r]", neutral(cell))


@given(st.lists(CELLS | st.none()))
def test_a_column_is_undone_as_its_cells_are(cells: list[str | None]) -> None:
    column = pa.chunked_array([pa.array(cells, pa.large_string())])
    assert undone_column(column).to_pylist() == [None if cell is None else undone(cell) for cell in cells]
