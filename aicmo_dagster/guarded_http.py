"""POST to addresses that strangers name, without becoming their way into our own network.

1. The URL is https, without credentials, at a port that HTTP is served at; see `check_url`.
2. Its name is resolved once for a request. Where any answer is not a public unicast address, nothing is connected to:
   `ipaddress.is_global` alone passes multicast, and IPv4 written into IPv6.
3. The connection goes to exactly the address that was looked at; Host, SNI and the certificate's name are the URL's.
   A name that is answered otherwise a moment later (DNS rebinding) changes nothing.
4. No redirect is followed, no proxy of the environment used, no cookie or password sent.
5. Connecting takes at most 5 s, all together at most 15 s, however slowly the other side talks; of its body at most
   64 KB are read, and nothing is kept.
"""

import functools
import ipaddress
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import dns.exception
import dns.resolver
import urllib3
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from aicmo_dagster.errors import ConfigurationError, NoAnswerError
from aicmo_dagster.mail.exchangers import resolver

CONNECT_S = 5.0
WHOLE_S = 15.0
MOST_BYTES = 65_536
_LONGEST_URL = 2048
_TOO_LONG = "the answer took too long"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_SPECIAL_V4 = [
    ipaddress.IPv4Network(one)
    for one in (
        # IANA IPv4 Special-Purpose Address Registry, and multicast
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
        *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
        *("224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",  # Azure's host, which serves its machines at a public address
    )
]
_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")
"""RFC 4291 2.4: all that is assigned; IPv4 mapped and translated, unique local, link-local, multicast lie outside."""
_SPECIAL_V6 = [
    ipaddress.IPv6Network(one)
    for one in (
        "2001::/23",  # protocols of the IETF: Teredo, ORCHID, benchmarks
        "2001:db8::/32",
        "2002::/16",  # 6to4 bears an IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
]
_BAD_PORTS = frozenset(
    {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679}
    | {6697, 10080}
)
"""https://fetch.spec.whatwg.org/#port-blocking, from 1024: other protocols, that could take a request for theirs."""


@dataclass(frozen=True)
class Answer:
    """What came back: its status, and `Retry-After` as it stood there."""

    status: int
    retry_after: str | None


def special(address: Address, *, allow_local: bool = False) -> bool:
    """Whether the address is anything but public unicast; with `allow_local` loopback passes."""
    if allow_local and address.is_loopback:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return any(address in one for one in _SPECIAL_V4)
    return address not in _UNICAST_V6 or any(address in one for one in _SPECIAL_V6)


def check_url(url: str, *, allow_local: bool = False) -> SplitResult:
    """The URL in parts. Raises ConfigurationError, without the URL, where it may not be called.

    With `allow_local` (for tests) also http, and addresses of this machine. Names are looked up only by `post`.
    """
    if len(url) > _LONGEST_URL or not re.fullmatch(r"[!-~]+", url) or "\\" in url:
        raise ConfigurationError(
            f"the URL must be at most {_LONGEST_URL} plain ASCII characters without blanks and backslashes; "
            "write a name in letters of its own as xn--…"
        )
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise ConfigurationError("the URL cannot be read; write it like https://example.com/hook") from None
    if parts.scheme != "https" and not (allow_local and parts.scheme == "http"):
        raise ConfigurationError("the URL must begin with https://")
    if not host:
        raise ConfigurationError("the URL names no host; write it like https://example.com/hook")
    if "@" in parts.netloc:
        raise ConfigurationError(
            "the URL holds a user or a password; what is sent is proved by its signature"
        )
    if "#" in url:
        raise ConfigurationError("the URL has a fragment (#…), which no server sees; leave it out")
    if port is not None and port != 443 and not (port >= 1024 and port not in _BAD_PORTS):
        raise ConfigurationError(f"port {port} is not one for webhooks; use 443, or one from 1024 on")
    address = literal(host)
    if address is not None and special(address, allow_local=allow_local):
        raise ConfigurationError("the URL names a private or special address; name a public one")
    return parts


def literal(host: str) -> Address | None:
    """The address that the host of a URL is, None where it is a name.

    Raises ConfigurationError where programs disagree on which it is: 127.1, 0x7f000001, 0177.0.0.1 and the like.
    """
    name = host.removesuffix(".").lower()
    if name == "localhost" or name.endswith(".localhost"):  # RFC 6761 6.3
        return ipaddress.IPv4Address("127.0.0.1")
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        pass
    # https://url.spec.whatwg.org/#ends-in-a-number-checker: such a host is meant as IPv4.
    last = name.rpartition(".")[2]
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last) or not re.fullmatch(
        r"(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}", name
    ):
        raise ConfigurationError(
            "the URL's host is neither a name nor an address as it is usually written, such as 198.51.100.7"
        )
    return None


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allow_local: bool = False,
    servers: Sequence[tuple[str, int]] | None = None,
    ca_file: Path | None = None,
    whole_s: float = WHOLE_S,
) -> Answer:
    """POST `body` and return the answer, whatever its status.

    `servers` are DNS servers as `mail.exchangers.resolver` takes them. `ca_file` is trusted instead of the authorities
    that everybody trusts. Raises ConfigurationError where the URL may not be called, NoAnswerError where its name leads
    to a special address or no answer came; neither text holds more of the URL than its host.
    """
    parts = check_url(url, allow_local=allow_local)
    host = parts.hostname or ""
    way = _Way(allow_local, servers, time.monotonic() + whole_s)
    pool = _pool(parts, host, way, ca_file)
    target = parts._replace(scheme="", netloc="", path=parts.path or "/").geturl()
    with way, pool:
        try:
            response = pool.urlopen(
                "POST",
                target,
                body,
                {**headers, "Connection": "close", "Accept-Encoding": "identity"},
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
                timeout=urllib3.Timeout(connect=CONNECT_S, read=whole_s),
            )
        except (HTTPError, OSError) as error:
            raise NoAnswerError(_why(error, way)) from None
        if way.was_cut:  # http.client takes the end of a connection for the end of the headers
            response.close()
            raise NoAnswerError(_TOO_LONG)
        # The status is all that counts; a receiver that is cut off in the middle of its words takes it for a failure.
        with suppress(HTTPError, OSError):
            response.read(MOST_BYTES)
        response.close()
    return Answer(response.status, response.headers.get("Retry-After"))


class _Way:
    """How one request gets to where its URL leads, and is ended in time."""

    def __init__(self, allow_local: bool, servers: Sequence[tuple[str, int]] | None, ends: float) -> None:
        self._allow_local = allow_local
        self._servers = servers
        self._ends = ends
        self._handle: socket.socket | None = None
        self._timer = threading.Timer(max(ends - time.monotonic(), 0), self._cut)
        self._timer.daemon = True
        self.was_cut = False

    def __enter__(self) -> "_Way":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()
        if self._handle is not None:
            self._handle.close()

    def _cut(self) -> None:
        """End the connection, whatever waits on it: time limits of sockets begin anew with every byte."""
        self.was_cut = True
        if self._handle is not None:
            with suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)

    def connect(self, host: str, port: int) -> socket.socket:
        """A connection to the first address of the host that takes one."""
        found = self._addresses(host)
        if any(special(one, allow_local=self._allow_local) for one in found):
            raise NoAnswerError(f"{host} leads to a private or special address, which webhooks may not reach")
        failed: OSError | None = None
        ends = min(time.monotonic() + CONNECT_S, self._ends)
        for address in found:
            left = ends - time.monotonic()
            if left <= 0:
                break
            try:
                made = socket.create_connection((str(address), port), left)
            except OSError as error:
                failed = error
                continue
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # TLS takes the socket over; a second handle on the connection stays ours.
            self._handle = socket.socket(fileno=os.dup(made.fileno()))
            if self.was_cut:
                self._cut()
            return made
        raise failed or TimeoutError

    def _addresses(self, host: str) -> list[Address]:
        address = literal(host)
        if address is not None:
            return [address]
        asked = resolver(self._servers)
        if asked is None:
            raise NoAnswerError(f"no DNS server can be asked for {host}")
        found: list[Address] = []
        failed: Exception | None = None
        for kind in ("A", "AAAA"):
            left = min(CONNECT_S, self._ends - time.monotonic())
            try:
                answer = asked.resolve(host.rstrip(".") + ".", kind, search=False, lifetime=max(left, 0.01))
            except (dns.exception.DNSException, OSError, ValueError) as error:
                if not isinstance(error, dns.resolver.NoAnswer):
                    failed = error
                if isinstance(error, dns.resolver.NXDOMAIN):
                    break
                continue
            found += [ipaddress.ip_address(str(one)) for one in answer]
        if not found:
            why = "does not exist" if isinstance(failed, dns.resolver.NXDOMAIN) else "has no address now"
            raise NoAnswerError(f"DNS says that {host} {why}" if failed else f"{host} has no address")
        return found


class _PlainConnection(HTTPConnection):
    def __init__(self, *arguments: Any, way: _Way, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._way = way

    def _new_conn(self) -> socket.socket:
        return self._way.connect(self.host, self.port)


class _SafeConnection(HTTPSConnection):
    def __init__(self, *arguments: Any, way: _Way, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._way = way

    def _new_conn(self) -> socket.socket:
        return self._way.connect(self.host, self.port or 443)


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SafePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SafeConnection


def _pool(parts: SplitResult, host: str, way: _Way, ca_file: Path | None) -> urllib3.HTTPConnectionPool:
    """Of one connection, the way of which is ours; for the rest it takes the URL's name for the host's."""
    if parts.scheme == "http":
        return _PlainPool(host, parts.port or 80, way=way)
    return _SafePool(host, parts.port or 443, way=way, ssl_context=_tls(ca_file))


@functools.cache
def _tls(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(ca_file or DEFAULT_CA_BUNDLE_PATH))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _why(error: Exception, way: _Way) -> str:
    """What went wrong, in words of ours: those of the libraries quote the URL."""
    causes: list[object] = []
    cause: object = error
    while isinstance(cause, Exception) and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__ or next(iter(cause.args), None)
    if way.was_cut:
        return _TOO_LONG
    for one in causes:
        if isinstance(one, ssl.SSLCertVerificationError):
            return f"the certificate is not good: {one.verify_message}"
        if isinstance(one, ssl.SSLError):
            return f"TLS failed: {one.reason or 'unknown reason'}"
        if isinstance(one, ConnectionRefusedError):
            return "nobody listens there"
        if isinstance(one, TimeoutError | urllib3.exceptions.TimeoutError):
            return "no answer came in time"
    return f"the connection failed ({type(causes[-1] if causes else error).__name__})"
