"""The files behind a campaign's source: one path, a glob, or an address.

What reads workbooks, JSON, Parquet and addresses is imported where it is used: most runs read CSV.
"""

import glob
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath

from aicmo_dagster.campaign.config import CsvSource, ExcelSource, JsonLinesSource, ParquetSource
from aicmo_dagster.errors import SourceError
from aicmo_dagster.sources.csv import CsvFile
from aicmo_dagster.sources.kind import kind_of, telling
from aicmo_dagster.sources.source import Chunk, Source

FileSource = CsvSource | ExcelSource | JsonLinesSource | ParquetSource
_SOURCES: dict[str, type[FileSource]] = {
    "csv": CsvSource,
    "excel": ExcelSource,
    "jsonl": JsonLinesSource,
    "parquet": ParquetSource,
}


def open_files(config: FileSource, base_folder: Path, chunk_rows: int) -> list[Source]:
    """Returns a source per file, in the order of their names; relative paths start at `base_folder`.

    Nothing is read yet: what is wrong is told when a source is fetched. The label of a file is its name, and
    under a glob over folders its path from there.
    """
    if is_url(config.path):
        from aicmo_dagster.sources.download import RemoteFile

        return [
            RemoteFile(config.type, config.path, lambda path, label: _reader(config, path, label, chunk_rows))
        ]
    path = base_folder / config.path
    # A file may be called leads[1].csv; then it is no pattern.
    if not glob.has_magic(config.path) or _is_there(path):
        return [_reader(config, path, None, chunk_rows)]
    found = sorted(glob.glob(config.path, root_dir=base_folder, recursive=True))
    files = [base_folder / name for name in found if (base_folder / name).is_file()]
    if not files:
        return [NoFile(config.type, config.path, base_folder)]
    above = base_folder / _fixed_part(config.path)
    return [_reader(config, file, file.relative_to(above).as_posix(), chunk_rows) for file in files]


def is_url(path: str) -> bool:
    """Whether the path of a source leads to another machine."""
    return path.lower().startswith(("http://", "https://"))


def source_of(path: Path, columns: Mapping[str, str]) -> FileSource:
    """Returns the source that reads a file, by what the file is.

    Raises SourceError where it is not there, or not a file of leads.
    """
    if not _is_there(path):
        raise SourceError(f"{path}: there is no such file (looked in {path.absolute().parent})")
    with telling(path, path.name):
        kind = kind_of(path, path.name)
    return _SOURCES[kind](path=str(path.absolute()), columns=dict(columns))


class NoFile:
    """A glob that no file fits: a failure worth telling, not an empty source."""

    def __init__(self, name: str, pattern: str, folder: Path) -> None:
        self.name = name
        self.label = pattern
        self.notes: list[str] = []
        self._folder = folder

    def is_configured(self) -> bool:
        """Always: the campaign names files."""
        return True

    def fetch(self, limit: int) -> Iterator[Chunk]:  # noqa: ARG002
        """Raises SourceError."""
        raise SourceError(
            f"No file fits {self.label!r}: looked in {self._folder.absolute()}; correct the `path` of the source "
            "(relative paths start at the folder of the campaign file)."
        )


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _fixed_part(pattern: str) -> PurePath:
    parts = PurePath(pattern).parts
    return PurePath(*itertools.takewhile(lambda part: not glob.has_magic(part), parts))


def _reader(config: FileSource, path: Path, label: str | None, chunk_rows: int) -> Source:
    if isinstance(config, CsvSource):
        return CsvFile(path, config.delimiter, config.encoding, config.columns, chunk_rows, label)
    if isinstance(config, ExcelSource):
        from aicmo_dagster.sources.excel import ExcelFile

        return ExcelFile(path, config.sheet, config.columns, chunk_rows, label)
    if isinstance(config, JsonLinesSource):
        from aicmo_dagster.sources.jsonl import JsonLines

        return JsonLines(path, config.columns, chunk_rows, label)
    from aicmo_dagster.sources.parquet import ParquetFile

    return ParquetFile(path, config.columns, chunk_rows, label)
