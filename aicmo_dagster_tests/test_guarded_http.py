import ipaddress
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster import guarded_http
from aicmo_dagster.errors import AicmoError, ConfigurationError, NoAnswerError
from aicmo_dagster_tests.hook_server import HookServer, serving
from aicmo_dagster_tests.mail import name_server

SPELLINGS = [
    # this machine
    "127.0.0.1",
    "127.0.0.1.",
    "127.255.255.254",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0X7F.0.0.1",
    "0x7f.0x0.0x0.0x1",
    "0177.0.0.1",
    "017700000001",
    "0.0.0.0",
    "0",
    "%31%32%37.0.0.1",
    "１２７.０.０.１",
    "①②⑦.0.0.1",
    "127。0。0。1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "LocalHost.LocalDomain.localhost",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::0001]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::FFFF:7F00:1]",
    "[::ffff:0:127.0.0.1]",
    # this network, the cloud's, and others that are not the world's
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "3232235521",
    "169.254.169.254",
    "0xA9FEA9FE",
    "[::ffff:169.254.169.254]",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::169.254.169.254]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:7f00:1::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[100::1]",
    "[5f00::1]",
    "[fec0::1]",
    # credentials, and what hides where a host ends
    "example.com@127.0.0.1",
    "example.com:443@127.0.0.1",
    "127.0.0.1@example.com",
    "example.com\\@127.0.0.1",
    "127.0.0.1\\.example.com",
    "example.com%00.127.0.0.1",
    "127.0.0.1#.example.com",
    "127.0.0.1?.example.com",
    "example.com /@127.0.0.1",
    "exam\tple.com@[::1]",
    "127.0.0.1\r\nHost: example.com",
    "[::1",
    "",
    ".",
]


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_a_private_or_special_address_is_accepted(host: str) -> None:
    with pytest.raises(ConfigurationError):
        guarded_http.check_url(f"https://{host}/hook")


def test_there_are_more_than_forty_spellings() -> None:
    assert len(set(SPELLINGS)) >= 40


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "HTTP://example.com",
        "//example.com/",
        "example.com/hook",
        "https:example.com",
        "https://",
        "https:///hook",
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://example.com:22/",
        "https://example.com:25/",
        "https://example.com:80/",
        "https://example.com:0/",
        "https://example.com:6667/",
        "https://example.com:65536/",
        "https://example.com:x/",
        "https://example.com/#part",
        "https://example.com/#",
        "https://exa mple.com/",
        "https://bücher.example/",
        "https://example.com/" + "a" * 2048,
        "javascript:alert(1)",
    ],
)
def test_only_plain_https_urls_are_accepted_and_what_is_wrong_is_said_without_the_url(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        guarded_http.check_url(url)
    assert "password@" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "HTTPS://Example.COM/hook?a=1",
        "https://example.com:8443/hook",
        "https://xn--bcher-kva.example./hook",
        "https://hooks_1.example.com/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://127.0.0.1.example.com/",
        "https://3com.example/",
    ],
)
def test_what_leads_to_the_world_is_accepted(url: str) -> None:
    guarded_http.check_url(url)


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_whatever_python_knows_as_not_global_is_special(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert guarded_http.special(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_within_an_ipv6_one_is_special(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    for outer in (
        number,
        0xFFFF << 32 | number,
        0xFFFF << 48 | number,
        0x64FF9B << 96 | number,
        0x2002 << 112 | number << 80,
        0x20010000 << 96 | number ^ 0xFFFFFFFF,
    ):
        assert guarded_http.special(ipaddress.IPv6Address(outer))


def test_loopback_alone_is_allowed_where_tests_ask_for_it() -> None:
    guarded_http.check_url("http://127.0.0.1:8000/", allow_local=True)
    guarded_http.check_url("http://localhost:8000/", allow_local=True)
    for url in (
        "http://10.0.0.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://0.0.0.0/",
        "http://169.254.169.254/",
    ):
        with pytest.raises(ConfigurationError):
            guarded_http.check_url(url, allow_local=True)


@pytest.fixture
def hooks() -> Iterator[HookServer]:
    with serving() as server:
        yield server


def test_the_body_arrives_as_it_is_and_redirects_are_not_followed(hooks: HookServer) -> None:
    with serving() as elsewhere:
        hooks.replies.append((307, {"Location": elsewhere.url, "Set-Cookie": "a=b"}))
        url = f"{hooks.url}/a%20b/?q=ä".replace("ä", "%C3%A4")
        answer = guarded_http.post(url, b"\x00\xff", {"X-Test": "1"}, allow_local=True)
        assert (answer.status, elsewhere.received) == (307, [])
    guarded_http.post(url, b"", {}, allow_local=True)
    first, second = hooks.received
    assert (first.path, first.body, first.headers["x-test"]) == ("/a%20b/?q=%C3%A4", b"\x00\xff", "1")
    assert first.headers["host"] == f"127.0.0.1:{hooks.port}"
    assert "cookie" not in second.headers


def test_neither_proxies_nor_passwords_of_the_environment_are_used(
    hooks: HookServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with serving() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
        monkeypatch.setenv("NETRC", str(netrc))
        assert guarded_http.post(hooks.url, b"", {}, allow_local=True).status == 204
        assert proxy.received == []
    assert "authorization" not in hooks.received[0].headers


class Changing(Mapping[str, str | Sequence[str]]):
    """A zone whose names have another address at every question, the last one for ever."""

    def __init__(self, *addresses: str) -> None:
        self.left = list(addresses)

    def __getitem__(self, name: str) -> list[str]:
        return [f"A {self.left.pop(0) if len(self.left) > 1 else self.left[0]}"]

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_a_name_is_resolved_once_and_the_connection_goes_to_what_was_looked_at(hooks: HookServer) -> None:
    zone = Changing("127.0.0.1", "127.0.0.2")
    with serving("127.0.0.2", hooks.port) as inside, name_server.serving(zone) as names:
        url = f"http://rebound.example.com:{hooks.port}/"
        # The address of the first answer is the one for A; a second question would get the other server.
        answer = guarded_http.post(url, b"", {}, allow_local=True, servers=[names.address])
        assert answer.status == 204
        assert names.asked.count("rebound.example.com A") == 1
        assert (len(hooks.received), inside.received) == (1, [])
    assert hooks.received[0].headers["host"] == f"rebound.example.com:{hooks.port}"


def test_a_name_that_turns_to_a_special_address_is_refused_at_the_next_request(hooks: HookServer) -> None:
    for special in ("169.254.169.254", "10.0.0.1", "0.0.0.0"):
        # AAAA is asked for, too, and takes an answer.
        with name_server.serving(Changing("127.0.0.1", "127.0.0.1", special)) as names:
            url = f"http://rebound.example.com:{hooks.port}/"
            guarded_http.post(url, b"", {}, allow_local=True, servers=[names.address])
            with pytest.raises(NoAnswerError, match="private or special"):
                guarded_http.post(url, b"", {}, allow_local=True, servers=[names.address])
    assert len(hooks.received) == 3


@pytest.mark.parametrize(
    "records",
    [
        ["A 127.0.0.1"],
        ["A 10.1.2.3"],
        ["AAAA ::1"],
        ["AAAA ::ffff:127.0.0.1"],
        ["AAAA 64:ff9b::7f00:1"],
        ["A 8.8.8.8", "A 127.0.0.1"],
        ["A 8.8.8.8", "AAAA fd00::1"],
    ],
)
def test_a_name_with_any_special_address_is_refused_before_anything_is_connected(
    hooks: HookServer, records: list[str]
) -> None:
    with name_server.serving({"inside.example.com": records}) as names:
        url = f"https://inside.example.com:{hooks.port}/"
        with pytest.raises(NoAnswerError, match="private or special"):
            guarded_http.post(url, b"", {}, servers=[names.address])
    assert hooks.received == []


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ({}, "does not exist"),
        ({"here.example.com": name_server.SERVFAIL}, "no address now"),
        ({"here.example.com": ["MX 1 mail.example.com."]}, "has no address"),
    ],
)
def test_a_name_without_an_address_is_said_to_have_none(zone: name_server.Zone, said: str) -> None:
    with name_server.serving(zone) as names, pytest.raises(NoAnswerError, match=said):
        guarded_http.post("https://here.example.com/secret", b"", {}, servers=[names.address])


def test_without_a_dns_server_nobody_is_reached() -> None:
    with pytest.raises(NoAnswerError, match="no DNS server"):
        guarded_http.post("https://here.example.com/", b"", {}, servers=[])


def certificate(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate for that name, signed by itself, and a server's context with it."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    options = ["-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=test"]
    names = ["-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run(
        ["openssl", "req", "-x509", *options, *names, "-out", str(cert), "-keyout", str(key)],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return cert, context


def test_the_certificate_must_be_for_the_name_in_the_url_which_the_server_is_told(tmp_path: Path) -> None:
    cert, context = certificate(tmp_path, "hooks.example.com")
    told: list[str | None] = []
    context.sni_callback = lambda _, name, __: told.append(name)
    zone = {"hooks.example.com": ["A 127.0.0.1"], "other.example.com": ["A 127.0.0.1"]}
    with serving(context=context) as server, name_server.serving(zone) as names:
        url = f"https://hooks.example.com:{server.port}/"
        known = {"allow_local": True, "servers": [names.address]}
        assert guarded_http.post(url, b"", {}, ca_file=cert, **known).status == 204  # type: ignore[arg-type]
        with pytest.raises(NoAnswerError, match="certificate is not good"):
            guarded_http.post(url, b"", {}, **known)  # type: ignore[arg-type]
        with pytest.raises(NoAnswerError, match="certificate is not good"):
            guarded_http.post(url.replace("hooks", "other"), b"", {}, ca_file=cert, **known)  # type: ignore[arg-type]
    assert told == ["hooks.example.com", "hooks.example.com", "other.example.com"]
    assert len(server.received) == 1


def test_what_speaks_no_tls_is_no_receiver(hooks: HookServer) -> None:
    with pytest.raises(NoAnswerError, match="TLS failed"):
        guarded_http.post(hooks.url.replace("http", "https"), b"", {}, allow_local=True)
    assert hooks.received == []


def test_where_nobody_listens_that_is_said_and_the_path_is_not(hooks: HookServer) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/secret-path"
        with pytest.raises(NoAnswerError, match="nobody listens") as failed:
            guarded_http.post(url, b"", {}, allow_local=True)
    assert "secret-path" not in str(failed.value)
    assert failed.value.__cause__ is None


@pytest.mark.parametrize("with_tls", [False, True])
def test_an_answer_that_drips_is_cut_off_in_the_end(tmp_path: Path, with_tls: bool) -> None:
    stop = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not stop.wait(0.05):
            handler.wfile.write(b"a")

    cert, context = certificate(tmp_path, "localhost")
    with serving(context=context if with_tls else None) as server:
        server.usual = drip
        url = server.url.replace("127.0.0.1", "localhost")
        try:
            with pytest.raises(NoAnswerError, match="too long"):
                guarded_http.post(url, b"", {}, allow_local=True, ca_file=cert, whole_s=0.5)
        finally:
            stop.set()


def test_of_an_endless_body_the_status_counts(hooks: HookServer) -> None:
    written = 0

    def pour(handler: BaseHTTPRequestHandler) -> None:
        nonlocal written
        handler.wfile.write(b"HTTP/1.1 202 Accepted\r\n\r\n")
        while True:
            written += handler.wfile.write(b"a" * 65_536)

    hooks.usual = pour
    assert guarded_http.post(hooks.url, b"", {}, allow_local=True).status == 202
    for _ in range(100):
        before = written
        time.sleep(0.05)
        if written == before:
            break
    # What the system's buffers took, and no more: nobody reads the rest.
    assert 65_536 <= written < 64 * 2**20


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/9.9 ?\r\n\r\n", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200]
)
def test_what_is_no_answer_is_none(hooks: HookServer, said: bytes) -> None:
    def speak(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(said)
        handler.close_connection = True

    hooks.usual = speak
    with pytest.raises(AicmoError, match="the connection failed"):
        guarded_http.post(hooks.url, b"", {}, allow_local=True)
