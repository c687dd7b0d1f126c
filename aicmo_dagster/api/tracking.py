"""Where tracked links lead over: on to their target at once; who asked is noted behind the answer.

The way on needs no database, once the secret is known: a reader never waits for ours. What cannot be noted is lost,
and only counted in the log.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from aicmo_dagster.errors import StoreError
from aicmo_dagster.mail import hits, tokens, tracking
from aicmo_dagster.mail.hits import Hit
from aicmo_dagster.stages.humanity import agent_of
from aicmo_dagster.store import database

_PICTURE = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
"""A transparent GIF of one pixel."""
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
_AT_ONCE = 8
"""Notes that are written at the same time; more are lost, so that a flood of requests never floods the database."""
_log = logging.getLogger(__name__)


def routes(now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> list[Route]:
    """GET and HEAD of `/c/<token>`, a link, and `/o/<token>`, a picture.

    Log no paths: a token tells who a reader is.
    """
    free = threading.BoundedSemaphore(_AT_ONCE)
    known: list[bytes] = []

    def key() -> bytes:
        if not known:
            with database.transaction() as cursor:
                known.append(tokens.secret(cursor))
        return known[0]

    def note(hit: Hit) -> None:
        if not free.acquire(blocking=False):
            _log.warning("an open or a click was not noted: too many at once")
            return
        try:
            with database.transaction() as cursor:
                hits.record(cursor, hit)
        except (psycopg.Error, StoreError) as error:
            _log.warning("an open or a click was not noted: %s", type(error).__name__)
        finally:
            free.release()

    def noted(request: Request, send_id: int, link: int | None) -> BackgroundTask:
        agent = agent_of(request.headers.get("user-agent"))
        return BackgroundTask(note, Hit(send_id, link, now(), agent, request.method == "HEAD"))

    async def click(request: Request) -> Response:
        try:
            found = tracking.read_click(await run_in_threadpool(key), request.path_params["token"])
        except (psycopg.Error, StoreError):
            return PlainTextResponse("Please try again in a moment.", 503, {**_HEADERS, "Retry-After": "5"})
        if found is None:
            return _unknown()
        return RedirectResponse(
            found.target, 302, _HEADERS, background=noted(request, found.send_id, found.link)
        )

    async def picture(request: Request) -> Response:
        try:
            send_id = tracking.read_open(await run_in_threadpool(key), request.path_params["token"])
        except (psycopg.Error, StoreError):
            return Response(_PICTURE, 200, _HEADERS, "image/gif")
        if send_id is None:
            return _unknown()
        return Response(_PICTURE, 200, _HEADERS, "image/gif", noted(request, send_id, None))

    return [Route("/c/{token}", click, methods=["GET"]), Route("/o/{token}", picture, methods=["GET"])]


def app(now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Starlette:
    """The routes as an application of their own."""
    return Starlette(routes=list(routes(now)))


def _unknown() -> Response:
    return PlainTextResponse("This link is not complete. Please open it again from the mail.", 404, _HEADERS)
