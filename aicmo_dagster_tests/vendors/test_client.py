import json
import logging
import socket
import ssl
import struct
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aicmo_dagster.errors import (
    VendorError,
    VendorRefusedError,
    VendorUnavailableError,
    VendorUncertainError,
)
from aicmo_dagster.store.rate_limits import Limit, RateLimits
from aicmo_dagster.vendors import client as module
from aicmo_dagster.vendors.client import Client
from aicmo_dagster_tests.mail.servers import certificate

pytestmark = pytest.mark.usefixtures("store")

KEY = "k3y-that-nobody-may-see"
PERSON = "ann.example@example.com"

Answer = Callable[[BaseHTTPRequestHandler], None]


def reply(status: int, body: object = None, /, **headers: str) -> Answer:
    """Answer with JSON, or with bytes as they are; `retry_after` becomes Retry-After."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        if status != 204:
            handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        if status != 204:
            handler.wfile.write(content)

    return answer


def cut(handler: BaseHTTPRequestHandler) -> None:
    """Reset the connection instead of an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def cut_in_the_body(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"a": ')
    handler.close_connection = True


def cut_in_a_chunk(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"2\r\n{}\r\n")
    handler.close_connection = True


def silent(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1)
    handler.close_connection = True


def dripping(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    for _ in range(30):
        handler.wfile.write(b" ")
        time.sleep(0.1)


class Vendor(ThreadingHTTPServer):
    """Gives the answers that a test lays out, the last one again and again, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        self.answers: list[Answer] = [reply(200, {"ok": True})]
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.connections = 0
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up is no news."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Vendor

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        answers = self.server.answers
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    do_POST = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: pytest shows what matters."""


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def limits() -> Iterator[RateLimits]:
    with RateLimits() as limits:
        yield limits


@pytest.fixture
def client(vendor: Vendor, limits: RateLimits) -> Iterator[Client]:
    with client_of(vendor.url, limits) as client:
        yield client


def client_of(url: str, limits: RateLimits, **changes: Any) -> Client:
    arguments = {"timeout_s": 0.5, "most_s": 5.0, "key_name": "TEST_KEY", "first_pause_s": 0.001, **changes}
    return Client("acme", url, {"X-Api-Key": KEY}, limits, **arguments)


def free(client: Client, path: str = "/search", **changes: Any) -> module.Reply:
    return client.free("GET", path, operation="search", **changes)


def paid(client: Client, **changes: Any) -> module.Reply:
    return client.paid("POST", "/enrich", operation="enrich", body={"email": PERSON}, **changes)


def unused_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_a_reply_has_status_body_and_headers_in_lower_case(vendor: Vendor, client: Client) -> None:
    vendor.answers = [reply(200, {"people": [1]}, X_Left="7")]
    answer = free(client)
    assert (answer.status, answer.body, answer.headers["x-left"]) == (200, {"people": [1]}, "7")


def test_the_request_carries_key_parameters_and_body(vendor: Vendor, limits: RateLimits) -> None:
    client = client_of(vendor.url + "/v1/", limits, headers={"X-Extra": "yes"})
    client.free("POST", "/a/b", operation="o", parameters=[("q[]", "1"), ("q[]", "2")], body={"a": "ü"})
    ((method, path, headers, body),) = vendor.asked
    assert (method, path) == ("POST", "/v1/a/b?q%5B%5D=1&q%5B%5D=2")
    assert (headers["X-Api-Key"], headers["X-Extra"], json.loads(body)) == (KEY, "yes", {"a": "ü"})


def test_an_empty_path_asks_the_base_url_itself(vendor: Vendor, limits: RateLimits) -> None:
    free(client_of(vendor.url + "/people?kind=a", limits), "", parameters={"page": "2"})
    assert vendor.asked[0][1] == "/people?kind=a&page=2"


def test_a_whole_address_of_the_same_host_is_asked(vendor: Vendor, client: Client) -> None:
    free(client, vendor.url + "/next?cursor=1")
    assert vendor.asked[0][1] == "/next?cursor=1"


def test_a_whole_address_of_another_host_is_not_asked(client: Client) -> None:
    with pytest.raises(VendorRefusedError, match=r"leads to elsewhere\.example"):
        free(client, "https://elsewhere.example/next?email=" + PERSON)


def test_connections_are_kept(vendor: Vendor, client: Client) -> None:
    for _ in range(5):
        free(client)
    assert vendor.connections == 1


def test_no_netrc_takes_the_place_of_the_key(
    vendor: Vendor, limits: RateLimits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with Client("acme", vendor.url, {"Authorization": f"Bearer {KEY}"}, limits) as client:
        free(client)
    assert vendor.asked[0][2]["Authorization"] == f"Bearer {KEY}"


def test_an_answer_without_content_has_no_body(vendor: Vendor, client: Client) -> None:
    vendor.answers = [reply(204)]
    assert free(client, expected={200, 204}).body is None


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_free_request_is_repeated_after_a_passing_error(
    vendor: Vendor, client: Client, status: int
) -> None:
    vendor.answers = [reply(status), reply(status), reply(200, {})]
    assert free(client).status == 200
    assert len(vendor.asked) == 3


@pytest.mark.parametrize(
    "answer",
    [
        cut,
        cut_in_the_body,
        cut_in_a_chunk,
        reply(200, b"<html>"),
        reply(200, b'{"a": NaN}'),
        reply(200, b"[" * 99_999),
    ],
    ids=["cut", "cut in the body", "cut in a chunk", "html", "NaN", "deep"],
)
def test_a_free_request_is_repeated_after_a_broken_answer(
    vendor: Vendor, client: Client, answer: Answer
) -> None:
    vendor.answers = [answer, reply(200, {})]
    assert free(client).body == {}


@pytest.mark.parametrize("answer", [silent, dripping], ids=["silent", "dripping"])
def test_a_free_request_is_repeated_after_a_slow_answer(
    vendor: Vendor, client: Client, answer: Answer
) -> None:
    vendor.answers = [answer, reply(200, {})]
    assert free(client).body == {}


def test_a_free_request_is_given_up_after_five_times(vendor: Vendor, client: Client) -> None:
    vendor.answers = [reply(500, {"message": "out of order"})]
    with pytest.raises(
        VendorUnavailableError, match=r"acme: search: HTTP 500 \(out of order\) \(tried 5 times\)"
    ):
        free(client)
    assert len(vendor.asked) == 5


def test_a_call_is_given_up_when_its_time_is_over(vendor: Vendor, limits: RateLimits) -> None:
    vendor.answers = [reply(500)]
    client = client_of(vendor.url, limits, most_s=0.0)
    with pytest.raises(VendorUnavailableError, match="tried 1 time"):
        free(client)
    assert len(vendor.asked) == 1


@pytest.mark.parametrize("ask", [free, paid])
def test_a_vendor_that_is_not_there_is_unavailable(
    limits: RateLimits, ask: Callable[[Client], object]
) -> None:
    with pytest.raises(VendorUnavailableError, match=r"no connection to 127.0.0.1:\d+ \(tried 5 times\)"):
        ask(client_of(f"http://127.0.0.1:{unused_port()}", limits))


@pytest.mark.parametrize("ask", [free, paid])
def test_a_name_that_does_not_exist_is_said(limits: RateLimits, ask: Callable[[Client], object]) -> None:
    with pytest.raises(VendorUnavailableError, match=r"the name of nowhere\.invalid cannot be resolved"):
        ask(client_of("http://nowhere.invalid", limits))


@pytest.fixture
def secure(vendor: Vendor, tmp_path: Path) -> Path:
    """The certificate with which the vendor speaks TLS from now on."""
    file, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    vendor.socket = context.wrap_socket(vendor.socket, server_side=True)
    return file


@pytest.mark.parametrize("ask", [free, paid])
@pytest.mark.usefixtures("secure")
def test_a_certificate_that_nobody_trusts_gets_no_request(
    vendor: Vendor, limits: RateLimits, ask: Callable[[Client], object]
) -> None:
    client = client_of(vendor.url.replace("http://127.0.0.1", "https://localhost"), limits)
    with pytest.raises(VendorUnavailableError, match=r"the certificate of localhost:\d+ is not trusted"):
        ask(client)
    assert vendor.asked == []


def test_a_vendor_with_a_trusted_certificate_is_asked(
    vendor: Vendor, limits: RateLimits, secure: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure))
    client = client_of(vendor.url.replace("http://127.0.0.1", "https://localhost"), limits)
    assert free(client).status == 200


@pytest.mark.parametrize(
    "answer", [reply(429), reply(425), reply(503, Retry_After="0")], ids=["429", "425", "503"]
)
def test_a_paid_request_is_repeated_where_it_was_not_carried_out(
    vendor: Vendor, client: Client, answer: Answer
) -> None:
    vendor.answers = [answer, reply(200, {})]
    assert paid(client).body == {}


@pytest.mark.parametrize(
    "answer",
    [
        cut, cut_in_the_body, cut_in_a_chunk, silent, dripping, reply(200, b"<html>"), reply(202, {}),
        reply(408), reply(500), reply(502), reply(503), reply(504, Retry_After="0"),
    ],
    ids=["cut", "body", "chunk", "silent", "dripping", "html", "202", "408", "500", "502", "503", "504"],
)  # fmt: skip
def test_a_paid_request_that_may_have_been_carried_out_is_not_repeated(
    vendor: Vendor, client: Client, answer: Answer
) -> None:
    vendor.answers = [answer, reply(200, {})]
    with pytest.raises(VendorUncertainError, match=r"acme: enrich: .*nobody knows"):
        paid(client)
    assert len(vendor.asked) == 1


def test_a_paid_request_after_a_pause_takes_a_fresh_connection(
    vendor: Vendor, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_IDLE_S", 0.0)
    paid(client)
    paid(client)
    assert vendor.connections == 2


@pytest.mark.parametrize("ask", [free, paid])
@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (400, "does not take this request"),
        (401, "check the key in TEST_KEY"),
        (402, "credits"),
        (403, "what the key in TEST_KEY and the account may do"),
        (404, "check base_url"),
        (422, "does not take this request"),
        (451, "does not take this request"),
    ],
)
def test_a_refusal_says_who_what_and_what_to_do(
    vendor: Vendor, client: Client, ask: Callable[[Client], object], status: int, remedy: str
) -> None:
    vendor.answers = [reply(status, {"error": "no good"})]
    with pytest.raises(
        VendorRefusedError, match=rf"acme: (search|enrich): HTTP {status} \(no good\); .*{remedy}"
    ):
        ask(client)
    assert len(vendor.asked) == 1


def test_an_expected_status_is_an_answer(vendor: Vendor, client: Client) -> None:
    vendor.answers = [reply(404, {"error": "result_pending"})]
    assert free(client, expected={200, 404}).body == {"error": "result_pending"}


@pytest.mark.parametrize("ask", [free, paid])
def test_a_redirect_is_not_followed(vendor: Vendor, client: Client, ask: Callable[[Client], object]) -> None:
    vendor.answers = [reply(307, Location=f"http://elsewhere.example/?email={PERSON}")]
    with pytest.raises(
        VendorRefusedError, match=r"moved to another address at elsewhere\.example; change base_url$"
    ):
        ask(client)
    assert len(vendor.asked) == 1


@pytest.mark.parametrize(("ask", "error"), [(free, VendorRefusedError), (paid, VendorUncertainError)])
def test_an_answer_without_end_is_not_read(
    vendor: Vendor,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[Client], object],
    error: type[Exception],
) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 100_000)
    vendor.answers = [reply(200, b'"' + b"a" * 1_000_000 + b'"')]
    with pytest.raises(error, match="the answer is longer than"):
        ask(client)
    assert len(vendor.asked) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed_by_everybody(vendor: Vendor, client: Client, status: int) -> None:
    vendor.answers = [reply(status, Retry_After="3600")]
    with pytest.raises(VendorUnavailableError, match="asked not to be asked again"):
        free(client)
    with RateLimits() as others, pytest.raises(VendorUnavailableError, match=r"may leave in 3[56]\d\d s"):
        free(client_of(vendor.url, others))
    assert len(vendor.asked) == 1


def test_a_short_retry_after_is_waited_for(vendor: Vendor, client: Client) -> None:
    vendor.answers = [reply(429, Retry_After="1"), reply(200, {})]
    start = time.monotonic()
    free(client)
    assert time.monotonic() - start > 0.9


def test_retry_after_as_a_date_is_understood_by_the_clock_of_the_vendor(
    vendor: Vendor, client: Client
) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        theirs = datetime.now(UTC) - timedelta(days=3)
        handler.send_response_only(429)
        handler.send_header("Date", format_datetime(theirs, usegmt=True))
        handler.send_header("Retry-After", format_datetime(theirs + timedelta(hours=1), usegmt=True))
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    vendor.answers = [answer]
    with pytest.raises(VendorUnavailableError, match=r"may leave in 3[56]\d\d s"):
        free(client)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("x-minute-requests-left", 60), ("X-Hourly-Requests-Left", 300), ("X-24-Hour-Requests-Left", 3600)],
)
def test_a_vendor_with_no_request_left_is_left_alone(
    vendor: Vendor, client: Client, header: str, seconds: int
) -> None:
    vendor.answers = [reply(200, {}, **{header: "0"})]
    free(client)
    with pytest.raises(VendorUnavailableError, match="asked not to be asked again") as raised:
        free(client)
    assert abs(int(str(raised.value).split(" in ")[1].split(" s")[0]) - seconds) <= 2


def test_a_vendor_with_requests_left_is_asked_on(vendor: Vendor, client: Client) -> None:
    vendor.answers = [reply(200, {}, X_Minute_Requests_Left="1", X_24_Hour_Requests_Left="100")]
    free(client)
    free(client)


def test_an_operation_that_must_wait_does_not_hold_up_another(vendor: Vendor, client: Client) -> None:
    vendor.answers = [reply(200, {}, X_24_Hour_Requests_Left="0"), reply(200, {})]
    free(client)
    assert paid(client).status == 200


@pytest.mark.parametrize("header", ["soon", "-5", "1e99", "Tue, 99 Foo 2026", "nan", "\x80"])
def test_a_retry_after_that_makes_no_sense_is_ignored(vendor: Vendor, client: Client, header: str) -> None:
    vendor.answers = [reply(429, Retry_After=header), reply(200, {})]
    assert free(client).status == 200


def test_a_limit_is_kept_over_clients(vendor: Vendor, limits: RateLimits) -> None:
    for _ in range(3):
        free(client_of(vendor.url, limits), limit=(Limit(3, 3600),))
    with pytest.raises(VendorUnavailableError, match="the limit of 3 requests in 3600 s"):
        free(client_of(vendor.url, limits), limit=(Limit(3, 3600),))
    assert len(vendor.asked) == 3


@pytest.mark.parametrize("value", [KEY + "\n", "a\r\nX-Evil: 1", " " + KEY, "", "ключ", "a\x00b"])
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(limits: RateLimits, value: str) -> None:
    with pytest.raises(VendorUnavailableError, match="TEST_KEY") as raised:
        Client("acme", "http://127.0.0.1", {"X-Api-Key": value}, limits, key_name="TEST_KEY")
    assert KEY not in str(raised.value)


def test_a_header_with_a_name_that_cannot_be_sent_is_refused(limits: RateLimits) -> None:
    with pytest.raises(VendorUnavailableError, match="cannot be the name of a header"):
        Client("acme", "http://127.0.0.1", {}, limits, headers={"X: 1\r\nY": "1"})


SENT = {"first_name": "Annabel", "email": PERSON, "people": [{"linkedin": "linkedin.example/in/annabel"}]}


@pytest.mark.parametrize("ask", ["free", "paid"])
@pytest.mark.parametrize(
    "answer",
    [
        reply(401, {"error": {"message": f"key {KEY} is wrong"}}),
        reply(403, f"Bearer {KEY} may not".encode()),
        reply(
            400, {"errors": [{"detail": f"ANNABEL <{PERSON}> at https://linkedin.example/in/annabel: no"}]}
        ),
        reply(422, f"?email={PERSON.replace('@', '%40')}".encode()),
        reply(500, {"detail": [{"msg": f"{SENT}"}]}),
        reply(302, Location=f"http://x.example/{PERSON}/{KEY}"),
        reply(200, f"<html>{KEY} {PERSON}".encode()),
        cut,
        silent,
    ],
    ids=["401", "403", "400", "422", "500", "302", "html", "cut", "silent"],
)
def test_neither_key_nor_person_is_in_any_message_or_log(
    vendor: Vendor, client: Client, caplog: pytest.LogCaptureFixture, ask: str, answer: Answer
) -> None:
    vendor.answers = [answer]
    path = f"/people/{PERSON}?email={PERSON}"
    with caplog.at_level(logging.DEBUG), pytest.raises(VendorError) as raised:
        getattr(client, ask)("POST", path, operation="enrich", parameters={"email": PERSON}, body=SENT)
    error = raised.value
    shown = "".join([*traceback.format_exception(error), repr(error), caplog.text, repr(client)])
    assert error.__context__ is None
    for secret in (KEY, PERSON, PERSON.replace("@", "%40"), "Annabel", "annabel"):
        assert secret not in shown


def test_a_long_explanation_is_cut(vendor: Vendor, client: Client) -> None:
    vendor.answers = [reply(400, {"message": "so " * 5_000})]
    with pytest.raises(VendorRefusedError) as raised:
        free(client)
    assert len(str(raised.value)) < 300


@given(body=st.binary(max_size=300), status=st.sampled_from([200, 400, 404]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_vendor_answers_is_a_reply_or_an_error_of_ours(
    vendor: Vendor, client: Client, body: bytes, status: int
) -> None:
    vendor.answers = [reply(status, body)]
    try:
        answer = paid(client)
    except VendorUncertainError:
        assert status == 200
    except VendorRefusedError:
        assert status != 200
    else:
        assert answer.body == json.loads(body)
