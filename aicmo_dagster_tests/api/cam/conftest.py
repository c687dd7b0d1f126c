"""The whole application behind a real server on loopback, and clients with keys of any role."""

import socket
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import pytest
import requests
import uvicorn
from sqlalchemy.engine import URL

from aicmo_dagster.api.app import app
from aicmo_dagster.api.cam import kept
from aicmo_dagster.api.cam.application import PATH
from aicmo_dagster.store import api_keys, database
from aicmo_dagster.store.api_keys import ApiKey, Role

OFTEN = 1_000_000


class Client:
    """Asks with one key, or with anything else in its place, or with nothing."""

    def __init__(self, address: str, text: str | None, key: ApiKey | None = None) -> None:
        self.address = address
        self.text = text
        self.key = key

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """The answer to a request for a path below the API's."""
        headers = {**({"Authorization": f"Bearer {self.text}"} if self.text is not None else {})}
        headers |= more.pop("headers", {})
        return requests.request(
            method, f"{self.address}{PATH}{path}", headers=headers, timeout=60, allow_redirects=False, **more
        )

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.ask("GET", path, **more)

    def post(self, path: str, **more: Any) -> requests.Response:
        return self.ask("POST", path, **more)

    def delete(self, path: str, **more: Any) -> requests.Response:
        return self.ask("DELETE", path, **more)


Clients = Callable[..., Client]


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the application listens. It takes its database from the environment, at every request."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        server = uvicorn.Server(uvicorn.Config(app(), log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def client(store: URL, address: str) -> Clients:
    """Makes clients: `client("viewer")`, `client("operator", [campaign.id])`."""
    kept.forget()  # what was counted in the database of another test

    def made(
        role: Role = "admin",
        campaign_ids: Iterable[int] | None = None,
        expires_at: datetime | None = None,
        requests_per_minute: int = OFTEN,
    ) -> Client:
        with database.transaction() as cursor:
            key, text = api_keys.create(
                cursor,
                # Requests are counted by the name, and numbers begin anew in every test's database.
                f"{role} {uuid.uuid4().hex[:8]}",
                role,
                "test",
                campaign_ids=campaign_ids,
                expires_at=expires_at,
                requests_per_minute=requests_per_minute,
            )
        return Client(address, text, key)

    return made
