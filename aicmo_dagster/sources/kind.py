"""What a file is, by its first bytes rather than by its name."""

import gzip
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from aicmo_dagster.errors import SourceError

Kind = Literal["csv", "excel", "jsonl", "parquet"]
_HEAD = 64 << 10
_CALLED: dict[Kind, str] = {
    "csv": "delimited text",
    "excel": "an Excel or OpenDocument workbook",
    "jsonl": "JSON",
    "parquet": "a Parquet file",
}
_FOREIGN = (
    (b"%PDF", "a PDF document; export the leads as CSV or Excel instead."),
    (b"Rar!", "an archive; unpack it and name the file in it."),
    (b"7z\xbc\xaf", "an archive; unpack it and name the file in it."),
    (b"SQLite format 3\0", "a database; export the leads as CSV."),
    (b"BEGIN:VCARD", "a list of vCards; export the leads as CSV."),
    (b"\x89PNG", "a picture; export the leads as CSV or Excel."),
    (b"\xff\xd8\xff", "a picture; export the leads as CSV or Excel."),
)


def kind_of(path: Path, label: str) -> Kind:
    """Returns what the file is. gzip is looked through.

    Raises SourceError for files that cannot hold leads, such as PDF, zip or web pages, OSError as opening does.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    zipped = head.startswith(b"\x1f\x8b")
    if zipped:
        head = _unzipped(head)
    if head.startswith(b"PAR1"):
        found: Kind = "parquet"
    elif head.startswith(b"\xd0\xcf\x11\xe0"):  # the container of xls, and of xlsx with a password
        found = "excel"
    elif head.startswith(b"PK\x03\x04"):
        found = "excel" if zipped else _in_zip(path, label)
    else:
        return _text_kind(head, label)
    if zipped:
        raise SourceError(f"{label} is {_CALLED[found]} in gzip; unpack it first.")
    return found


def check(path: Path, wanted: Kind, label: str) -> None:
    """Raises SourceError where the file is something else than its source says, and says what to write."""
    found = kind_of(path, label)
    if found != wanted:
        raise SourceError(
            f"{label} is {_CALLED[found]}, not {_CALLED[wanted]}: write `type: {found}` in the campaign's source."
        )


@contextmanager
def telling(path: Path, label: str) -> Iterator[None]:
    """Has what may be wrong with opening a file said in a sentence, as a SourceError."""
    try:
        yield
    except FileNotFoundError as error:
        raise SourceError(
            f"{label} is not there: looked for {path.absolute()}; correct the `path` of the source (relative "
            "paths start at the folder of the campaign file)."
        ) from error
    except IsADirectoryError as error:
        raise SourceError(
            f"{path} is a directory; name a file in it as `path`, or all: {path}/*.csv."
        ) from error
    except PermissionError as error:
        raise SourceError(
            f"{path} may not be read by this user; change its permissions or its owner."
        ) from error
    except (OSError, ValueError) as error:
        raise SourceError(f"{label} cannot be opened: {error}.") from error


def _unzipped(head: bytes) -> bytes:
    try:
        # All that is in the block; that the stream goes on behind it is no error here.
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, _HEAD)
    except (zlib.error, gzip.BadGzipFile):
        return b""  # told when it is read


def _in_zip(path: Path, label: str) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            called = archive.read("mimetype")[:200] if "mimetype" in names else b""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error) as error:
        raise SourceError(f"{label} is a damaged workbook or archive ({error}); save it again.") from error
    if any(name.startswith("xl/") for name in names) or b"opendocument.spreadsheet" in called:
        return "excel"
    if any(name.startswith("word/") for name in names) or called:
        raise SourceError(f"{label} is a text document; export the leads as CSV or Excel.")
    inside = next((name for name in names if name.lower().endswith((".csv", ".xlsx"))), "the file in it")
    raise SourceError(f"{label} is a zip archive; unpack it and name {inside}.")


def _text_kind(head: bytes, label: str) -> Kind:
    for magic, sentence in _FOREIGN:
        if head.startswith(magic):
            raise SourceError(f"{label} is {sentence}")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    start = text[:20].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise SourceError(
            f"{label} is a web page, not a file; does the address ask for a login? Give the address of the "
            "file itself."
        )
    if start.startswith(b"<?xml"):
        raise SourceError(f"{label} is XML; export the leads as CSV or Excel.")
    return "jsonl" if _is_json(text) else "csv"


def _is_json(text: bytes) -> bool:
    if text[:1] == b"[":
        return text[1:].lstrip()[:1] in (b"{", b"]")
    if text[:1] != b"{":
        return False
    try:
        return isinstance(json.loads(text.split(b"\n", 1)[0]), dict)
    except (ValueError, RecursionError):
        return text[1:].lstrip()[:1] in (b'"', b"}")
