import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import time

import pytest

from aicmo_dagster.campaign.config import CsvSource
from aicmo_dagster.errors import SourceError
from aicmo_dagster.sources.download import download, label_of
from aicmo_dagster.sources.files import open_files

CSV = b"email,city\na@example.com,Bonn\n"
Answer = Callable[[BaseHTTPRequestHandler], None]


class FileServer:
    """Answers each request with the next of `answers`, the last one again and again."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.requests = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = server.answers[min(server.requests, len(server.answers) - 1)]
                server.requests += 1
                answer(self)

            def log_message(self, *_: object) -> None: ...

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


def answer(status: int = 200, body: bytes = CSV, length: int | None = None, **headers: str) -> Answer:
    def send(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body) if length is None else length))
        request.end_headers()
        request.wfile.write(body)

    return send


@pytest.fixture
def server() -> Iterator[FileServer]:
    found = FileServer()
    yield found
    found.http.shutdown()
    found.http.server_close()


def get(server: FileServer, folder: Path, path: str = "/leads.csv?token=secret", **options: float) -> bytes:
    download(server.url + path, folder / "file", pause_s=0.01, **options)  # type: ignore[arg-type]
    return (folder / "file").read_bytes()


def test_the_file_behind_an_address_is_read_and_named_without_its_query(server: FileServer) -> None:
    server.answers = [answer()]
    (source,) = open_files(
        CsvSource(path=server.url + "/in/M%C3%A4rz%20leads.csv?token=secret"), Path(), 1_000
    )
    assert (source.name, source.label) == ("csv", "März leads.csv")
    (chunk,) = source.fetch(100)
    assert chunk.records["city"].tolist() == ["Bonn"]


def test_notes_on_columns_reach_the_source_of_an_address(server: FileServer) -> None:
    server.answers = [answer(body=b"email,compny\na@example.com,x\n")]
    (source,) = open_files(CsvSource(path=server.url), Path(), 1_000)
    notes = source.notes
    list(source.fetch(100))
    assert "if it is company" in notes[0]


def test_a_redirect_and_a_compressed_answer_are_followed(server: FileServer, tmp_path: Path) -> None:
    server.answers = [
        answer(302, b"", Location="/there"),
        answer(body=gzip.compress(CSV), Content_Encoding="gzip"),
    ]
    assert get(server, tmp_path) == CSV


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_is_busy_is_asked_again(server: FileServer, tmp_path: Path, status: int) -> None:
    server.answers = [answer(status, b"", Retry_After="0"), answer(status, b""), answer()]
    assert get(server, tmp_path) == CSV
    assert server.requests == 3


def test_a_retry_after_may_be_a_date(server: FileServer, tmp_path: Path) -> None:
    server.answers = [answer(503, b"", Retry_After=formatdate(time() - 5, usegmt=True)), answer()]
    assert get(server, tmp_path) == CSV


def test_a_long_retry_after_is_not_waited_for(server: FileServer, tmp_path: Path) -> None:
    server.answers = [answer(503, b"", Retry_After="3600")]
    with pytest.raises(SourceError, match="answered 503, tried 1 times"):
        get(server, tmp_path)


def test_an_answer_that_breaks_off_is_asked_for_again(server: FileServer, tmp_path: Path) -> None:
    server.answers = [answer(length=1_000), answer()]
    assert get(server, tmp_path) == CSV


def test_a_server_that_always_breaks_off_fails_in_the_end(server: FileServer, tmp_path: Path) -> None:
    server.answers = [answer(length=1_000)]
    with pytest.raises(SourceError, match="broke off before the file's end, tried 4 times"):
        get(server, tmp_path)


@pytest.mark.parametrize(("status", "words"), [(401, "login"), (403, "login"), (404, "is the address right")])
def test_a_refusal_is_not_asked_again(server: FileServer, tmp_path: Path, status: int, words: str) -> None:
    server.answers = [answer(status, b"no")]
    with pytest.raises(SourceError, match=words):
        get(server, tmp_path)
    assert server.requests == 1


@pytest.mark.parametrize("told", [True, False])
def test_a_file_that_is_too_large_is_refused(server: FileServer, tmp_path: Path, told: bool) -> None:
    def stream(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(b"x" * 10_000)

    server.answers = [answer(body=b"x" * 10_000) if told else stream]
    with pytest.raises(SourceError, match="larger than 100 bytes"):
        get(server, tmp_path, most_bytes=100)


def test_a_server_that_keeps_silent_is_given_up(server: FileServer, tmp_path: Path) -> None:
    released = threading.Event()

    def silent(_: BaseHTTPRequestHandler) -> None:
        released.wait(20)

    server.answers = [silent]
    try:
        with pytest.raises(SourceError, match=r"gave no answer within 0\.2 s, tried 4 times"):
            get(server, tmp_path, timeout_s=0.2)
    finally:
        released.set()


def test_a_web_page_in_place_of_the_file_is_a_sentence(server: FileServer) -> None:
    server.answers = [answer(body=b"<!doctype html><title>Sign in</title>")]
    (source,) = open_files(CsvSource(path=server.url + "/leads.csv"), Path(), 1_000)
    with pytest.raises(SourceError, match="web page"):
        list(source.fetch(100))


def test_no_failure_tells_the_query_or_a_password(server: FileServer, tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = f"http://ann:secret@127.0.0.1:{unused.getsockname()[1]}/leads.csv?token=secret"
        with pytest.raises(SourceError, match="cannot be reached") as caught:
            download(closed, tmp_path / "file", pause_s=0.01)
    errors = [caught.value]
    server.answers = [answer(404)]
    with pytest.raises(SourceError) as caught:
        get(server, tmp_path)
    errors.append(caught.value)
    for error in errors:
        assert "secret" not in str(error)
        assert error.__cause__ is None
        assert error.__suppress_context__ or error.__context__ is None


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("https://example.com/a/leads.csv?x=1#y", "leads.csv"),
        ("https://example.com/a/", "a"),
        ("https://example.com", "example.com"),
        ("https://example.com/a%0Ab.csv", "ab.csv"),
    ],
)
def test_a_label_is_the_last_part_of_the_path(url: str, label: str) -> None:
    assert label_of(url) == label
