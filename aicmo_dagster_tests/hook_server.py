"""A receiver of webhooks on loopback: keeps what it is sent, and answers as a test says."""

import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, dict[str, str]] | Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Received:
    """One request: path, headers in lower case, body."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HookServer:
    """`url` of its root; `received` in order; `replies` to come, then `usual`."""

    url: str
    port: int
    received: list[Received] = field(default_factory=list)
    replies: deque[Reply] = field(default_factory=deque)
    usual: Reply = (204, {})


@contextmanager
def serving(
    address: str = "127.0.0.1", port: int = 0, context: ssl.SSLContext | None = None
) -> Iterator[HookServer]:
    """The server, running; over TLS with a context."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            hooks.received.append(Received(self.path, headers, body))
            reply = hooks.replies.popleft() if hooks.replies else hooks.usual
            if callable(reply):
                reply(self)
                return
            status, given = reply
            self.send_response(status)
            for name, value in given.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None: ...

    with Server((address, port), Handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        found = server.server_address[1]
        hooks = HookServer(f"{'https' if context else 'http'}://{address}:{found}", found)
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield hooks
        finally:
            server.shutdown()
            thread.join()
