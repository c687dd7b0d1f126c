"""HTTP to vendors: one way to be patient, to be polite, to keep secrets, and to know what may be repeated.

What became of a request decides what may follow:

| it | free | paid |
|---|---|---|
| surely was not carried out: no connection, 425, 429, 503 with Retry-After | again | again |
| may have been: cut off, timed out, 408, other 5xx, an answer that is not JSON | again | VendorUncertainError |
| was, but the answer is of no use: too long, another 2xx | VendorRefusedError | VendorUncertainError |
| was turned down: 3xx, other 4xx | VendorRefusedError | VendorRefusedError |

"Again" is at most five times, after growing random pauses and after whatever the vendor asked for, which
`RateLimits` tells all processes. It ends in VendorUnavailableError. urllib3's own Retry is not used: it sleeps
for its own process only, has no limit on the whole, and does not see that an answer is cut off or not JSON.
"""

import json
import logging
import random
import re
import ssl
import time
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal, Self
from urllib.parse import unquote, urlsplit

import requests
import urllib3.exceptions

from aicmo_dagster.errors import (
    VendorRefusedError,
    VendorUnavailableError,
    VendorUncertainError,
)
from aicmo_dagster.privacy import without_addresses
from aicmo_dagster.store.rate_limits import Limit, RateLimits

MOST_BYTES = 64 * 2**20
"""An answer that is longer (unpacked) is not read to its end."""

_TOO_LONG = f"the answer is longer than {MOST_BYTES >> 20} MB; ask for less at once"
_TOO_SLOW = "the answer came too slowly"
_MOST_ATTEMPTS = 5
_LONGEST_PAUSE_S = 30.0
_CONNECT_S = 10.0
_LONGEST_BLOCK_S = 86_400.0
_MOST_IDLE_S = 15.0
_LEFT = {"x-minute-requests-left": 60.0, "x-hourly-requests-left": 300.0, "x-24-hour-requests-left": 3600.0}
"""Apollo's headers -> how long to leave it alone when they say 0. It does not say when an hour or a day of its
begins, so it is asked again after a part of it; then its 429 says more."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LINK = re.compile(r"\bhttps?://\S+", re.IGNORECASE)


@dataclass(frozen=True)
class Reply:
    """A vendor's answer: its status, JSON body (None where it needs none) and headers (names in lower case)."""

    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True)
class _Trouble:
    """Why there is no reply, and whether the request was carried out: that also says whether to ask again."""

    carried_out: Literal["no", "perhaps", "yes", "refused"]
    what: str


class Client:
    """Requests to one vendor over kept connections.

    `base_url` is what paths are added to. `secret_headers` and `headers` are sent with every request, to this
    host only: redirects are not followed. `timeout_s` is how long the vendor may be silent, and how long it may
    take for a whole answer; `most_s` how long a call may go on with pauses and limits before its last attempt.
    `key_name` is the environment variable that holds the key, for messages. Raises VendorUnavailableError where
    a header cannot be sent: the key can be mended. A context manager; `close` does the same.
    """

    def __init__(
        self,
        vendor: str,
        base_url: str,
        secret_headers: Mapping[str, str],
        limits: RateLimits,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 30.0,
        most_s: float = 300.0,
        key_name: str | None = None,
        first_pause_s: float = 0.5,
    ) -> None:
        self._vendor = vendor
        self._base_url = base_url.rstrip("/")
        self._host = urlsplit(base_url).netloc
        self._limits = limits
        self._timeout_s = timeout_s
        self._most_s = most_s
        self._key = f"the key in {key_name}" if key_name else "its key"
        self._first_pause_s = first_pause_s
        self._used_at = 0.0
        self._session = requests.Session()
        # Without this, requests would replace Authorization by what a .netrc says of the host.
        self._session.auth = _unchanged
        self._session.headers.update({"Accept": "application/json", "User-Agent": "aicmo"})
        self._session.headers.update(_sendable(vendor, {**(headers or {}), **secret_headers}, key_name))
        # "Bearer <key>": a vendor may quote the key alone.
        self._secrets = {part for value in secret_headers.values() for part in (value, value.split()[-1])}

    def __repr__(self) -> str:
        return f"Client({self._vendor!r}, {self._base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the next request opens another."""
        self._session.close()

    def free(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        limit: tuple[Limit, ...] = (),
        parameters: Any = None,
        body: Any = None,
        form: Mapping[str, str] | None = None,
        expected: Set[int] = frozenset({200}),
    ) -> Reply:
        """A request that costs nothing and may be repeated: tried again, with growing pauses, where that can help.

        `path` is added to the base URL ("" for none); a whole address will do if it is of the same host. `limit`
        is counted for the operation at this host; `form` is sent instead of the JSON `body`. Raises
        VendorRefusedError for a status that is not in `expected`, VendorUnavailableError in the end.
        """
        return self._ask(False, method, path, operation, limit, parameters, body, expected, form)

    def paid(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        limit: tuple[Limit, ...] = (),
        parameters: Any = None,
        body: Any = None,
        expected: Set[int] = frozenset({200}),
    ) -> Reply:
        """A request that costs something: repeated only where it surely was not carried out.

        Raises VendorRefusedError and VendorUnavailableError where nothing was charged, VendorUncertainError where
        nobody knows (cut off, timed out, 5xx or unreadable after it was sent).
        """
        return self._ask(True, method, path, operation, limit, parameters, body, expected)

    def _ask(
        self,
        paid: bool,
        method: str,
        path: str,
        operation: str,
        limit: tuple[Limit, ...],
        parameters: Any,
        body: Any,
        expected: Set[int],
        form: Mapping[str, str] | None = None,
    ) -> Reply:
        until = time.monotonic() + self._most_s
        where = f"{self._vendor}: {operation}"
        name = f"{self._vendor}/{operation}@{self._host}"
        url = self._address(where, path)
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            self._limits.wait(name, limit, max(0.0, until - time.monotonic()))
            if paid and time.monotonic() - self._used_at > _MOST_IDLE_S:
                # A connection that the vendor gave up in the meantime would leave the request uncertain.
                self._session.close()
            pause_s = random.uniform(0, min(_LONGEST_PAUSE_S, self._first_pause_s * 2 ** (attempt - 1)))  # noqa: S311
            outcome = self._attempt(method, url, parameters, body, form, expected, name, pause_s)
            self._used_at = time.monotonic()
            if isinstance(outcome, Reply):
                return outcome
            why = f"{where}: {outcome.what}"
            if paid and outcome.carried_out in ("perhaps", "yes"):
                raise VendorUncertainError(f"{why}; nobody knows whether it was carried out and charged")
            if outcome.carried_out in ("refused", "yes"):
                raise VendorRefusedError(why)
            if time.monotonic() + pause_s > until:
                break
            if attempt < _MOST_ATTEMPTS:
                time.sleep(pause_s)
        raise VendorUnavailableError(f"{why} (tried {attempt} time{'s'[: attempt > 1]}); run it again later")

    def _attempt(
        self,
        method: str,
        url: str,
        parameters: Any,
        body: Any,
        form: Mapping[str, str] | None,
        expected: Set[int],
        name: str,
        pause_s: float,
    ) -> Reply | _Trouble:
        """One request. What requests and urllib3 raise ends here: they quote the address and hold the key."""
        until = time.monotonic() + self._timeout_s
        try:
            response = self._session.request(
                method,
                url,
                params=parameters,
                json=body,
                data=form,
                stream=True,
                allow_redirects=False,
                timeout=(min(_CONNECT_S, self._timeout_s), self._timeout_s),
            )
        except requests.RequestException as error:
            return self._without_answer(error)
        with response:
            status = response.status_code
            headers = {key.lower(): value for key, value in response.headers.items()}
            self._obey(name, status, headers, pause_s)
            content = _content(response, until)
            if status not in expected:
                said = "" if isinstance(content, str) else _said(content)
                return self._turned_down(status, headers, self._redacted(said, [parameters, body, form]))
        if isinstance(content, str):
            return _Trouble("yes" if content == _TOO_LONG else "perhaps", f"HTTP {status}, but {content}")
        if status == requests.codes.no_content:
            return Reply(status, None, headers)
        try:
            return Reply(status, json.loads(content, parse_constant=_no_constant), headers)
        except (ValueError, RecursionError):
            if status >= 400:  # one that is expected, and says all by itself
                return Reply(status, None, headers)
            return _Trouble("perhaps", f"HTTP {status}, but the answer is not JSON")

    def _address(self, where: str, path: str) -> str:
        if not re.match(r"https?://", path, re.IGNORECASE):
            return f"{self._base_url}/{path.lstrip('/')}" if path else self._base_url
        if urlsplit(path)[:2] != urlsplit(self._base_url)[:2]:
            raise VendorRefusedError(
                f"{where}: it leads to {urlsplit(path).hostname}, and the key of {self._host} is not sent there"
            )
        return path

    def _obey(self, name: str, status: int, headers: Mapping[str, str], pause_s: float) -> None:
        """Tell all processes how long the vendor wants to be left alone."""
        waits = [wait_s for header, wait_s in _LEFT.items() if headers.get(header, "").strip() == "0"]
        if status == requests.codes.too_many_requests or status >= 500:
            waits.append(_retry_after_s(headers) or 0.0)
        if status == requests.codes.too_many_requests:
            waits.append(pause_s)
        wait_s = min(max(waits, default=0.0), _LONGEST_BLOCK_S)
        if wait_s > 0:
            self._limits.block(name, datetime.now(UTC) + timedelta(seconds=wait_s))

    def _without_answer(self, error: requests.RequestException) -> _Trouble:
        if not isinstance(error, (requests.ConnectionError, requests.Timeout)):
            return _Trouble("refused", f"the request cannot be made ({type(error).__name__}); check base_url")
        reason = getattr(error.args[0] if error.args else None, "reason", None)
        if isinstance(reason, urllib3.exceptions.NameResolutionError):
            return _Trouble("no", f"the name of {self._host} cannot be resolved")
        if isinstance(error, requests.exceptions.ProxyError):
            return _Trouble("no", "the proxy of the environment cannot be used")
        if isinstance(error, requests.exceptions.SSLError) and _is_about_certificate(reason):
            return _Trouble("no", f"the certificate of {self._host} is not trusted")
        if isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError):
            return _Trouble("no", f"no connection to {self._host}")
        if isinstance(error, requests.Timeout):
            return _Trouble("perhaps", f"no answer within {self._timeout_s:g} s")
        return _Trouble("perhaps", "the connection broke before the answer")

    def _turned_down(self, status: int, headers: Mapping[str, str], said: str) -> _Trouble:
        what = f"HTTP {status}" + (f" ({said})" if said else "")
        if status in (425, 429) or (status == 503 and _retry_after_s(headers) is not None):
            return _Trouble("no", what)
        if status == 408 or status >= 500:
            return _Trouble("perhaps", what)
        if status < 300:
            return _Trouble("yes", f"{what}, which is not an answer that is known here")
        if status < 400:
            host = urlsplit(headers.get("location", "")).hostname or self._host
            return _Trouble("refused", f"{what}: it moved to another address at {host}; change base_url")
        remedy = {
            401: f"check {self._key}",
            402: "check the account and its credits",
            403: f"check what {self._key} and the account may do, and the account's credits",
            404: "check base_url",
        }.get(status, "it does not take this request")
        return _Trouble("refused", f"{what}; {remedy}")

    def _redacted(self, said: str, sent: object) -> str:
        """The vendor's words without the key, and without what they quote of the request."""
        text = unquote(said)
        for word in sorted({*self._secrets, *_words(sent)}, key=len, reverse=True):
            text = re.sub(re.escape(word), "...", text, flags=re.IGNORECASE)
        text = _LINK.sub("<link>", without_addresses(text))
        return text if len(text) <= 200 else text[:197] + "..."


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _sendable(vendor: str, headers: Mapping[str, str], key_name: str | None) -> Mapping[str, str]:
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name):
            raise VendorUnavailableError(f"{vendor}: {name!r} cannot be the name of a header")
        if not value or value != value.strip() or not value.isascii() or not value.isprintable():
            where = f" (see {key_name})" if key_name else ""
            raise VendorUnavailableError(
                f"{vendor}: the value of the header {name}{where} must be printable ASCII, not empty, without "
                "spaces around it or line breaks; set it again"
            )
    return headers


def _content(response: requests.Response, until: float) -> bytes | str:
    """The whole body, unpacked, or a phrase that says why there is none."""
    parts: list[bytes] = []
    size = 0
    try:
        while part := response.raw.read1(2**16, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > MOST_BYTES:
                return _TOO_LONG
            if time.monotonic() > until:
                return _TOO_SLOW
    except urllib3.exceptions.ReadTimeoutError:
        return _TOO_SLOW
    except (urllib3.exceptions.HTTPError, OSError):
        return "the answer was cut off"
    return b"".join(parts)


def _is_about_certificate(reason: object) -> bool:
    return any(isinstance(one, ssl.SSLCertVerificationError) for one in getattr(reason, "args", ()))


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds of Retry-After (RFC 9110, 10.2.3), which is a number or a date; a date by the vendor's own clock."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return float(text)
    at = _http_date(text)
    if at is None:
        return None
    now = _http_date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (at - now).total_seconds())


def _http_date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _no_constant(name: str) -> None:
    # Python's json takes NaN and Infinity; JSON and PostgreSQL do not know them.
    raise ValueError(name)


def _said(content: bytes) -> str:
    """The sentence of an error's body: the first of its usual fields, or a plain text; "" for HTML."""
    text = content[:100_000].decode("utf-8", "replace").strip()
    try:
        found = next(_sentences(json.loads(text)), "")
    except (ValueError, RecursionError):
        found = "" if text.startswith("<") else text
    return " ".join(found.split())[:1_000]


def _sentences(body: object) -> Iterator[str]:
    if isinstance(body, str):
        yield body
    elif isinstance(body, list):
        for one in body:
            yield from _sentences(one)
    elif isinstance(body, dict):
        for key in ("error_message", "message", "error", "detail", "details", "reason", "msg", "errors"):
            yield from _sentences(body.get(key))


def _words(sent: object) -> Iterator[str]:
    """The texts of a request that could be personal data; shorter ones are words of any sentence."""
    if isinstance(sent, str) and len(sent) > 3:
        yield sent
    elif isinstance(sent, Mapping):
        for one in sent.values():
            yield from _words(one)
    elif isinstance(sent, list | tuple):
        for one in sent:
            yield from _words(one)


def _without_address(record: logging.LogRecord) -> bool:
    """Whether an entry of urllib3's log may be written: not where it quotes an address, which may name a person."""
    return "://" not in record.getMessage()


logging.getLogger("urllib3.connectionpool").addFilter(_without_address)
