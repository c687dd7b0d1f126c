"""A vendor on loopback: what the contract servers share, and the faults that they can be told to have."""

import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

Fault = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Request:
    """What came in; names of headers in lower case, the first value of each parameter."""

    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class VendorServer:
    """Answers by the contract in `answer`, but first with the `faults`, one a request. A context manager."""

    def __init__(self) -> None:
        self.faults: deque[Fault] = deque()
        self.requests: list[Request] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        # A poll of 0.5 s, the default, is what every test would wait for at its end.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: Request) -> tuple[int, object]:
        """The status and the JSON body of the answer; one request at a time."""
        raise NotImplementedError

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        vendor = self
        turn = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._reply()

            def do_POST(self) -> None:
                self._reply()

            def do_PATCH(self) -> None:
                self._reply()

            def _reply(self) -> None:
                parts = urlsplit(self.path)
                request = Request(
                    self.command,
                    parts.path,
                    {name: values[0] for name, values in parse_qs(parts.query).items()},
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(int(self.headers.get("Content-Length") or 0)),
                )
                with turn:
                    vendor.requests.append(request)
                    fault = vendor.faults.popleft() if vendor.faults else None
                    status, body = (0, None) if fault else vendor.answer(request)
                (fault or says(status, body))(self)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def says(status: int, body: object = None, **headers: str) -> Fault:
    """An answer in JSON, or in bytes as they are; `retry_after` becomes Retry-After."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return reply


def malformed(handler: BaseHTTPRequestHandler) -> None:
    """JSON that ends in the middle, with the length it says."""
    says(200, b'{"data": [{"em')(handler)


def cut(handler: BaseHTTPRequestHandler) -> None:
    """The connection is reset instead of an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def slow(handler: BaseHTTPRequestHandler) -> None:
    """Silence for longer than the tests' clients wait."""
    time.sleep(1.0)
    handler.close_connection = True


def after(server: VendorServer, fault: Fault) -> Fault:
    """The request is carried out, and then the fault hides that."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        server.answer(server.requests[-1])
        fault(handler)

    return reply


def loaded(request: Request) -> Any:
    """The JSON body of a request; None where it has none."""
    try:
        return json.loads(request.body)
    except ValueError:
        return None
