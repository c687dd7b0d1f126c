"""What providers of mail report: `POST /events/<provider>`, as often as they like, each event once.

Nothing of a delivery is believed before it is proved. An answer of 2xx means that the events are kept; any other one
makes the provider send them again.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import psycopg
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aicmo_dagster import privacy
from aicmo_dagster.api.bodies import body_of
from aicmo_dagster.errors import AicmoError
from aicmo_dagster.mail.providers import PROVIDERS, Provider, UnprovedError, UnreadableError, recording

MOST_EVENTS = 20_000
_AT_ONCE = 32
"""Deliveries whose bodies are read at the same time. Many, because who has nothing to prove may send slowly."""
_PROCESSED_AT_ONCE = 4
"""With what their JSON becomes, this bounds the memory, and the connections to the database."""
_HEADERS = {"Cache-Control": "no-store"}
_log = logging.getLogger(__name__)


def app(
    providers: Mapping[str, Provider] = PROVIDERS,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Starlette:
    """The application: POST of `/<provider>`."""
    reading = 0
    processing = asyncio.Semaphore(_PROCESSED_AT_ONCE)

    async def report(request: Request) -> Response:
        nonlocal reading
        name = request.path_params["provider"]
        if name not in providers:
            raise HTTPException(404, "no such provider")
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise HTTPException(415, "send the body without Content-Encoding")
        if reading >= _AT_ONCE:
            raise HTTPException(503, "too many deliveries at once; send again", {"Retry-After": "5"})
        reading += 1
        try:
            provider = providers[name]
            body = await body_of(request, provider.most_bytes)
            headers = dict(request.headers)
            async with processing:
                taken = await run_in_threadpool(_taken, name, provider, headers, body, now())
            return JSONResponse({"new": taken}, 200, _HEADERS)
        finally:
            reading -= 1

    return Starlette(
        routes=[Route("/{provider}", report, methods=["POST"])],
        exception_handlers={HTTPException: _refused},
    )


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, {**_HEADERS, **(error.headers or {})})


def _taken(name: str, provider: Provider, headers: Mapping[str, str], body: bytes, now: datetime) -> int:
    """How many events were new; what goes wrong is logged without anything of the delivery."""
    try:
        pieces = provider.pieces(headers, body, now)
        if len(pieces) > MOST_EVENTS:
            raise HTTPException(413, f"more than {MOST_EVENTS:,} events; send several deliveries")
        return recording.take(name, pieces, now)
    except UnprovedError:
        raise HTTPException(401, "not proved", {"WWW-Authenticate": "Basic"}) from None
    except UnreadableError:
        raise HTTPException(400, "the body is not what this provider documents") from None
    except HTTPException:
        raise
    except (AicmoError, psycopg.OperationalError) as error:
        _log.error("events of %s cannot be taken: %s", name, privacy.sentence(error))
        raise HTTPException(503, "cannot take events just now; send again", {"Retry-After": "30"}) from None
    except Exception as error:  # its text and its frames may hold addresses
        _log.error("events of %s failed: %s", name, privacy.sentence(error))
        raise HTTPException(500, "failed; the log of the server says why") from None
