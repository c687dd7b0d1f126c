"""Leads from a sheet of a workbook: xlsx, xlsm, xlsb, xls or ods."""

import difflib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import python_calamine as calamine

from aicmo_dagster.errors import SourceError
from aicmo_dagster.sources import kind
from aicmo_dagster.sources.columns import chunk_of, with_fields
from aicmo_dagster.sources.headers import PREAMBLE, HeaderMap, header_row, map_headers
from aicmo_dagster.sources.local_file import LocalFile
from aicmo_dagster.sources.source import Chunk, rejected_frame
from aicmo_dagster.vendors import json_paths

MOST_CELLS = 5_000_000
"""Cells of a sheet: it is held in memory as a whole, about 100 bytes each."""
_MOST_BYTES = 600 << 20
"""Bytes of a workbook when it is unpacked: a small file can hold a huge one."""
_BATCH = 5_000
"""Rows that are turned into columns at a time: as Python objects they take five times as much."""


class ExcelFile(LocalFile):
    """A sheet with a header row, which need not be the first."""

    name = "excel"

    def __init__(
        self,
        path: str | Path,
        sheet: str | None = None,
        columns: Mapping[str, str] | None = None,
        chunk_rows: int = 100_000,
        label: str | None = None,
    ) -> None:
        super().__init__(path, columns, chunk_rows, label)
        self._sheet = sheet

    def fetch(self, limit: int) -> Iterator[Chunk]:  # noqa: ARG002 - rows known already do not count
        """Yields the rows in chunks; `line` is the row of the sheet. Dates, numbers and booleans come as text.

        Raises SourceError when no sheet can be read: damaged, a password, too large, no column that says who
        a lead is, no sheet of the name that is given. A sheet without rows yields nothing.
        """
        with kind.telling(self.path, self.label):
            kind.check(self.path, "excel", self.label)
            self._refuse_bomb()
        try:
            workbook = calamine.CalamineWorkbook.from_path(str(self.path))
            with workbook:
                yield from self._chunks(workbook)
        except calamine.PasswordError as error:
            raise SourceError(f"{self.label} is protected by a password; save it without one.") from error
        except (calamine.CalamineError, calamine.ZipError, calamine.XmlError, OSError) as error:
            raise SourceError(
                f"{self.label} cannot be read as a workbook ({error}); save it again."
            ) from error

    def _refuse_bomb(self) -> None:
        if not zipfile.is_zipfile(self.path):
            return
        with zipfile.ZipFile(self.path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
                raise SourceError(f"{self.label} is too large for a workbook; save the sheet as CSV.")

    def _chunks(self, workbook: calamine.CalamineWorkbook) -> Iterator[Chunk]:
        number, rows, mapped = self._begin(workbook)
        self.notes += mapped.notes()
        waiting: list[pa.Table] = []
        count = 0
        while read := list(islice(rows, min(_BATCH, self._chunk_rows - count))):
            waiting.append(_table(read, number, mapped))
            number += len(read)
            count += len(waiting[-1])
            if count == self._chunk_rows:
                yield chunk_of(pa.concat_tables(waiting), mapped, rejected_frame([]))
                waiting, count = [], 0
        if count:
            yield chunk_of(pa.concat_tables(waiting), mapped, rejected_frame([]))

    def _begin(
        self, workbook: calamine.CalamineWorkbook
    ) -> tuple[int, Iterator[Sequence[object]], HeaderMap]:
        """Returns the row number below the header of the sheet to read, its rows from there, and the header."""
        names = self._candidates(workbook)
        failure: SourceError | None = None
        for name in names:
            sheet = workbook.get_sheet_by_name(name)
            if sheet.start is None:
                continue
            if sheet.height * sheet.width > MOST_CELLS:
                raise SourceError(
                    f"{self.label}: sheet {name!r} has {sheet.height:,} rows of {sheet.width:,} columns, and at "
                    f"most {MOST_CELLS:,} cells are read from a workbook; save it as CSV."
                )
            rows = iter(sheet.iter_rows())
            head = [[_text(cell) or "" for cell in row] for row in islice(rows, PREAMBLE)]
            at = header_row(head)
            try:
                mapped = map_headers(head[at], self._columns, f"{self.label}, sheet {name!r}")
            except SourceError as error:
                failure = failure or error
                continue
            if len(names) > 1:
                self.notes.append(f"Sheet {name!r} was read; for another one say sheet: NAME.")
            below = at + 1
            again = islice(sheet.iter_rows(), below, None)
            return sheet.start[0] + below + 1, again, mapped
        raise failure or SourceError(
            f"{self.label} has no rows; give a sheet with a header row and a lead in each row below it."
        )

    def _candidates(self, workbook: calamine.CalamineWorkbook) -> list[str]:
        sheets = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.typ == calamine.SheetTypeEnum.WorkSheet
            and (self._sheet is not None or sheet.visible == calamine.SheetVisibleEnum.Visible)
        ]
        if self._sheet is None:
            return sheets
        wanted = self._sheet.strip().casefold()
        found = [name for name in sheets if name.strip().casefold() == wanted]
        if found:
            return found[:1]
        near = difflib.get_close_matches(self._sheet, sheets, 1, 0.5)
        hint = (
            f"did you mean {near[0]!r}?" if near else f"there are {', '.join(map(repr, sheets)) or 'none'}."
        )
        raise SourceError(f"{self.label} has no sheet {self._sheet!r}; {hint}")


def _table(rows: list[Sequence[object]], number: int, mapped: HeaderMap) -> pa.Table:
    """Returns the rows that say something, the first of which has that number in the sheet."""
    texts = [[_text(cell) for cell in row] for row in rows]
    said = np.array([any(row) for row in texts])
    columns = zip(*texts, strict=True)
    table = pa.table([pa.array(column, pa.large_string()) for column in columns], mapped.names)
    return with_fields(table.filter(said), np.arange(number, number + len(rows))[said], mapped)


def _text(cell: object) -> str | None:
    """Returns what the cell shows, as text; None for an empty one."""
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, datetime):
        return cell.date().isoformat() if not (cell.hour or cell.minute or cell.second) else str(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    return json_paths.text(cell) or str(cell)
