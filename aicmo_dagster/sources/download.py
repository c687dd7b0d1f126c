"""A file from an http(s) address. What an address may hold of secrets is in no message and no label."""

import random
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

import requests

from aicmo_dagster.errors import SourceError
from aicmo_dagster.sources.source import Chunk, Source

_BLOCK = 1 << 20
_TRIES = 4
_LONGEST_WAIT_S = 60.0
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})
MOST_BYTES = 2 << 30
_LONGEST_LABEL = 200


def label_of(url: str) -> str:
    """Returns the last part of the address's path, without query."""
    parts = urlsplit(url)
    name = unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.hostname or "download"
    return "".join(character for character in name if character.isprintable())[:_LONGEST_LABEL]


class RemoteFile:
    """A file that is downloaded each time it is asked for, read, and removed."""

    def __init__(self, name: str, url: str, reader: Callable[[Path, str], Source]) -> None:
        self.name = name
        self.label = label_of(url)
        self.notes: list[str] = []
        self._url = url
        self._reader = reader

    def is_configured(self) -> bool:
        """Always: the campaign names an address."""
        return True

    def fetch(self, limit: int) -> Iterator[Chunk]:
        """Yields what the file holds. Raises SourceError when it cannot be had, or not be read."""
        with TemporaryDirectory(prefix="aicmo-") as folder:
            path = Path(folder) / "download"
            download(self._url, path)
            reader = self._reader(path, self.label)
            reader.notes = self.notes
            yield from reader.fetch(limit)


def download(
    url: str, path: Path, *, timeout_s: float = 60.0, most_bytes: int = MOST_BYTES, pause_s: float = 1.0
) -> None:
    """Writes what is behind the address to `path`.

    Tries again, with growing pauses or as long as the server says, where that can help. Raises SourceError
    with the address but not its query.
    """
    for number in range(1, _TRIES + 1):
        try:
            _once(url, path, timeout_s, most_bytes)
            return
        except _AgainError as error:
            wait_s = error.wait_s if error.wait_s is not None else pause_s * 2 ** (number - 1)
            if number == _TRIES or wait_s > _LONGEST_WAIT_S:
                raise SourceError(f"{_shown(url)} {error}, tried {number} times; try later.") from None
        time.sleep(wait_s * random.uniform(1, 1.25))  # noqa: S311 - spreads the load, guards nothing


class _AgainError(Exception):
    """A failure that another try may not have; its text goes behind the address."""

    def __init__(self, text: str, wait_s: float | None = None) -> None:
        super().__init__(text)
        self.wait_s = wait_s


def _once(url: str, path: Path, timeout_s: float, most_bytes: int) -> None:
    # Errors of requests name the whole address, so none is passed on, not even as a cause.
    try:
        with requests.get(
            url, stream=True, timeout=(min(10.0, timeout_s), timeout_s), headers={"User-Agent": "aicmo"}
        ) as answer:
            _refuse(answer, url)
            _keep(answer, path, url, most_bytes)
    except requests.exceptions.Timeout:
        raise _AgainError(f"gave no answer within {timeout_s:g} s") from None
    except requests.exceptions.SSLError:
        raise SourceError(f"{_shown(url)} has no valid certificate; correct the address.") from None
    except requests.exceptions.ChunkedEncodingError:
        raise _AgainError("broke off before the file's end") from None
    except requests.exceptions.ConnectionError:
        raise _AgainError("cannot be reached") from None
    except requests.exceptions.RequestException as error:
        raise SourceError(f"{_shown(url)} cannot be downloaded ({type(error).__name__}).") from None


def _refuse(answer: requests.Response, url: str) -> None:
    status = answer.status_code
    if status in _WORTH_ANOTHER_TRY:
        raise _AgainError(f"answered {status}", _retry_after_s(answer.headers.get("Retry-After")))
    if status in (401, 403):
        raise SourceError(
            f"{_shown(url)} answered {status}: it wants a login, or the link has expired; share the file by a "
            "link that needs none, or download it and name the file."
        )
    if status != 200:
        raise SourceError(f"{_shown(url)} answered {status}; is the address right?")


def _keep(answer: requests.Response, path: Path, url: str, most_bytes: int) -> None:
    length = answer.headers.get("Content-Length", "")
    size = int(length) if length.isdecimal() else 0
    with path.open("wb") as file:
        for block in answer.iter_content(_BLOCK):
            size = max(size, file.tell() + len(block))
            if size > most_bytes:
                break
            file.write(block)
    if size > most_bytes:
        raise SourceError(f"{_shown(url)} is larger than {most_bytes:,} bytes; split the file.")


def _retry_after_s(header: str | None) -> float | None:
    """Returns the seconds of a Retry-After header, RFC 9110 section 10.2.3: a number or a date."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        return max(parsedate_to_datetime(header).timestamp() - time.time(), 0.0)
    except ValueError:
        return None


def _shown(url: str) -> str:
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"
