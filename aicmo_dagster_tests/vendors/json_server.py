"""A JSON API on loopback: people in pages and one by one, for those who show the key.

It is as strict as such APIs are: what is asked at another path, by another method, with an unknown parameter or
without the key is refused. `faults` are answers that come before the right one.
"""

import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

KEY = "k3y-that-nobody-may-see"
AUTHORIZATION = f"Bearer {KEY}"
PAGE = 3

Answer = Callable[[BaseHTTPRequestHandler], None]


def reply(status: int, body: object = None, /, **headers: str) -> Answer:
    """Answer with JSON, or with bytes as they are."""
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


def slow(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1)
    handler.close_connection = True


class JsonServer:
    """What it holds and what happened: `people`, `faults` to come, `asked` (method, path with query, body)."""

    def __init__(self, people: list[dict[str, Any]]) -> None:
        self.people = people
        self.faults: deque[Answer] = deque()
        self.asked: list[tuple[str, str, Any]] = []
        self.url = ""

    def answer(self, handler: BaseHTTPRequestHandler, body: Any) -> Answer:
        parts = urlsplit(handler.path)
        self.asked.append((handler.command, handler.path, body))
        if self.faults:
            return self.faults.popleft()
        if handler.headers.get("Authorization") != AUTHORIZATION:
            return reply(401, {"error": "the key is wrong"})
        try:
            query = {
                name: one for name, (one,) in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()
            }
            return self._right(handler.command, parts.path, query, body)
        except (KeyError, ValueError, TypeError):
            return reply(400, {"error": "a parameter is wrong"})

    def _right(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        match method, path:
            case "GET", "/all":
                _only(query, set())
                return reply(200, self.people)
            case "GET", "/pages":
                _only(query, {"page", "size"})
                number, size = int(query["page"]), int(query.get("size", PAGE))
                return reply(
                    200, {"data": {"people": self._part(number - 1, size)}, "total": len(self.people)}
                )
            case "POST", "/search":
                _only(query, set())
                _only(body, {"page", "filter"})
                return reply(200, {"people": self._part(body["page"], PAGE)})
            case "GET", "/cursor":
                _only(query, {"after"})
                place = int(query["after"].removeprefix("c")) if "after" in query else 0
                following = {"next": {"after": f"c{place + 1}"}} if self._part(place + 1, PAGE) else {}
                return reply(200, {"results": self._part(place, PAGE), "paging": following})
            case "GET", "/links" | "/header":
                _only(query, {"place"})
                place = int(query.get("place", 0))
                link = f"{path}?place={place + 1}" if self._part(place + 1, PAGE) else None
                if path == "/links":
                    return reply(200, {"people": self._part(place, PAGE), "next": link})
                links = [f'<{self.url}{path}>; rel="first"', f'<{self.url}{link}>; rel="next last"']
                return reply(200, self._part(place, PAGE), Link=", ".join(links if link else links[:1]))
            case "GET", "/person":
                _only(query, {"email"})
                found = [one for one in self.people if one["email"] == query["email"]]
                return reply(200, {"person": found[0] if found else None})
            case "GET", _ if path.startswith("/people/"):
                _only(query, set())
                found = [one for one in self.people if one["name"] == unquote(path.removeprefix("/people/"))]
                return reply(200, found[0]) if found else reply(404, b"Not Found")
            case "POST", "/person":
                _only(body, {"who"})
                found = [one for one in self.people if one["email"] == body["who"]["email"]]
                return reply(200, {"person": found[0] if found else None})
        return reply(404, {"error": "no such path"})

    def _part(self, number: int, size: int) -> list[dict[str, Any]]:
        return self.people[number * size : (number + 1) * size]


def _only(given: Any, known: set[str]) -> None:
    if not set(given) <= known:
        raise ValueError(given)


@contextmanager
def serving(people: list[dict[str, Any]]) -> Iterator[JsonServer]:
    """A running server with these people."""
    answers = JsonServer(people)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            answers.answer(self, json.loads(self.rfile.read(length)) if length else None)(self)

        do_GET = do_POST = handle_any  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        answers.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield answers
        finally:
            server.shutdown()
            thread.join()
