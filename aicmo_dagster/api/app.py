"""Everything that is served over HTTP, as one application.

The REST API and its description at /docs; and, each with a proof of its own instead of a key: unsubscribe pages,
tracked links, the inbox for leads, and what mail providers report.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio.to_thread
import fastapi_offline
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from aicmo_dagster.api import inbox, provider_events, tracking
from aicmo_dagster.api.cam import application, problems
from aicmo_dagster.api.cam.threads import CHANGING, READING
from aicmo_dagster.mail import unsubscribe

CONNECTIONS = READING + CHANGING
"""To the database, for all requests together."""
_STATIC = "/docs/static"


def app() -> Starlette:
    """The application. Log no paths: a token in one tells who a reader is."""
    return Starlette(
        lifespan=_threads,
        exception_handlers={HTTPException: problems.plain},
        routes=[
            Mount(application.PATH, application.application()),
            Mount(_STATIC, StaticFiles(directory=Path(fastapi_offline.__file__).parent / "static")),
            Route("/docs", _described, methods=["GET"]),
            Mount("/campaigns", inbox.app()),
            Mount("/events", provider_events.app()),
            *tracking.routes(),
            Mount("/", unsubscribe.app()),
        ],
    )


@asynccontextmanager
async def _threads(_: Starlette) -> AsyncIterator[None]:
    """No more requests at once than there are connections: others would wait for one, and give up."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = READING
    yield


async def _described(_: Request) -> HTMLResponse:
    """Swagger's page of the API, which asks nobody else for its parts."""
    return get_swagger_ui_html(
        openapi_url=f"{application.PATH}/openapi.json",
        title="aicmo_dagster: REST API",
        swagger_js_url=f"{_STATIC}/swagger-ui-bundle.js",
        swagger_css_url=f"{_STATIC}/swagger-ui.css",
        swagger_favicon_url=f"{_STATIC}/favicon.png",
    )
