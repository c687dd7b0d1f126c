"""In which encoding a file is, and reading it as UTF-8 whatever that is."""

import codecs
import gzip
import io
import zlib
from pathlib import Path
from typing import BinaryIO, Protocol

import charset_normalizer

from aicmo_dagster.errors import SourceError

_BLOCK = 4 << 20
# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 64 << 10
# Statistics over fewer foreign letters than this guess wildly (Turkish, Mac Roman): Windows-1252 is likelier.
_LETTERS_FOR_STATISTICS = 200
_CP1252_UNDEFINED = frozenset(b"\x81\x8d\x8f\x90\x9d")


class Utf8Stream(Protocol):
    """A file read as UTF-8; bytes that could not be decoded arrive as bytes that are not valid UTF-8."""

    def read(self, size: int) -> bytes: ...

    def close(self) -> None: ...


def open_utf8(path: Path, encoding: str | None, label: str | None = None) -> tuple[Utf8Stream, str]:
    """Returns the file as a stream of UTF-8 without byte order mark, and the name of its encoding.

    `encoding` None finds it: byte order mark, UTF-16 by its zero bytes, valid UTF-8, else statistics over the
    lines that are not. gzip is read through. `label` names the file in messages. Raises SourceError for an
    unknown encoding or a broken gzip file, OSError as opening does.
    """
    called = label or str(path)
    try:
        if encoding is None:
            with _opened(path) as file:
                encoding = _detected(file)
        else:
            b"a".decode(encoding, "replace")  # raises for codecs that are not of text
            encoding = codecs.lookup(encoding).name
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(f"{called} is a damaged gzip file ({error}); compress it again.") from error
    except (LookupError, UnicodeError) as error:
        raise SourceError(
            f"{called}: {encoding!r} is not an encoding of text; leave `encoding` out to have it found, or "
            "write one like utf-8, utf-16, latin-1, cp1252."
        ) from error
    return _Transcoded(_opened(path), encoding, called), encoding


def _opened(path: Path) -> BinaryIO:
    file = path.open("rb")
    zipped = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return io.BufferedReader(gzip.GzipFile(fileobj=file)) if zipped else file


def _detected(file: BinaryIO) -> str:
    head = file.read(_SAMPLE)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if zeros := head.count(0):
        even = head[::2].count(0)
        if min(even, zeros - even) * 10 <= max(even, zeros - even) and zeros * 10 >= len(head) * 3:
            return "utf-16-be" if even * 2 > zeros else "utf-16-le"
    # A foreign letter may come late, so the whole file is looked at: 1-2 GB/s.
    file.seek(0)
    right = wrong = 0
    sample = bytearray()
    carry = b""
    while block := file.read(_BLOCK):
        lines = carry + block
        cut = lines.rfind(b"\n") + 1 or len(lines)
        lines, carry = lines[:cut], lines[cut:]
        if not lines.isascii():
            right, wrong = _weigh(lines, sample, right, wrong)
    if not carry.isascii():
        right, wrong = _weigh(carry, sample, right, wrong)
    # Lines that are valid UTF-8 by chance are rare: where they prevail, the others are damaged rows.
    return "utf-8" if right >= wrong else _legacy(bytes(sample))


def _weigh(lines: bytes, sample: bytearray, right: int, wrong: int) -> tuple[int, int]:
    try:
        lines.decode()
    except UnicodeDecodeError:
        for line in lines.split(b"\n"):
            if line.isascii():
                continue
            try:
                line.decode()
                right += 1
            except UnicodeDecodeError:
                wrong += 1
                if len(sample) < _SAMPLE:
                    sample += line[:_SAMPLE] + b"\n"
    else:
        right += 1 + lines.count(b"\n")
    return right, wrong


def _legacy(sample: bytes) -> str:
    if sum(byte > 127 for byte in sample) >= _LETTERS_FOR_STATISTICS:
        best = charset_normalizer.from_bytes(sample).best()
        if best is not None and best.encoding not in {"ascii", "utf_8"}:
            return codecs.lookup(best.encoding).name
    return "iso8859-1" if _CP1252_UNDEFINED & set(sample) else "cp1252"


def _as_surrogates(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error("aicmo.undecodable", _as_surrogates)


class _Transcoded:
    """Reads any encoding as UTF-8; undecodable bytes become lone surrogates, which UTF-8 does not allow."""

    def __init__(self, file: BinaryIO, encoding: str, label: str) -> None:
        self._file = file
        self._label = label
        self._decoder = (
            None
            if encoding in {"utf-8", "utf-8-sig", "ascii"}
            else codecs.getincrementaldecoder(encoding)("aicmo.undecodable")
        )
        self._begun = False

    def read(self, size: int) -> bytes:
        """Returns about `size` bytes, fewer than one only at the end."""
        while True:
            try:
                block = self._file.read(size)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise SourceError(
                    f"{self._label} is a damaged gzip file ({error}); compress it again."
                ) from error
            text = block
            if self._decoder is not None:
                try:
                    text = self._decoder.decode(block, not block).encode("utf-8", "surrogatepass")
                except UnicodeError as error:
                    raise SourceError(
                        f"{self._label} is not in the configured encoding ({error}); leave `encoding` out."
                    ) from error
            if text and not self._begun:
                self._begun = True
                text = text.removeprefix(codecs.BOM_UTF8)
            if text or not block:
                return text

    def close(self) -> None:
        self._file.close()
