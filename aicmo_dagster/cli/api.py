"""`aicmo api`: the REST API and what the world may reach, alone; `aicmo up` serves both beside Dagster."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from aicmo_dagster.cli.output import say

if TYPE_CHECKING:
    import uvicorn

_HOST = "127.0.0.1"


def api(
    host: Annotated[str, typer.Option(help="Address to listen at; put an https proxy before it.")] = _HOST,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen at.")] = 3001,
) -> None:
    """Serve the REST API, its description at /docs, and what the world may reach, until Ctrl-C.

    Runs that are asked for start where a Dagster daemon works on the same database (`aicmo up`).
    """
    from aicmo_dagster.cli.opened import prepared

    prepared()
    with served(host, port) as server:
        say(f"REST API:  http://{host}:{port}/docs", "bold")
        first_key()
        server.run()


@contextmanager
def served(host: str, port: int) -> "Iterator[uvicorn.Server]":
    """The server, not running yet; the connections to the database that its requests share, and the search of leads."""
    import uvicorn

    from aicmo_dagster.api.app import CONNECTIONS, app
    from aicmo_dagster.store import database, search_table

    with database.pooled(CONNECTIONS), search_table.kept():
        yield uvicorn.Server(
            uvicorn.Config(app(), host=host, port=port, access_log=False, log_level="warning")
        )


def first_key() -> None:
    """On a machine that has no key yet, make an administrator's and print it."""
    from aicmo_dagster.store import api_keys, database

    with database.transaction() as cursor:
        text = api_keys.first(cursor)
    if text is not None:
        say(f"API key:   {text}", "bold")
        say("It may do everything and is not shown again; others are made with: aicmo keys create", "dim")
