"""The REST API as one application, its routes and its OpenAPI document."""

import os

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware

from aicmo_dagster.api.cam import (
    audit,
    backtests,
    campaigns,
    crm,
    dashboard,
    health,
    imports,
    inbox,
    keys,
    leads,
    matches,
    metrics,
    models,
    outcomes,
    persons,
    problems,
    review,
    runs,
    schedules,
    senders,
    sends,
    sequences,
    suppressions,
    variants,
    vendors,
    webhooks,
)
from aicmo_dagster.api.cam.bodies import LimitedBodies
from aicmo_dagster.api.cam.failures import Caught
from aicmo_dagster.api.cam.problems import Problem

PATH = "/api/v1/cam"
CORS_ORIGINS = "AICMO_CORS_ORIGINS"

ROUTES = [
    health.routes,
    metrics.routes,
    campaigns.routes,
    dashboard.routes,
    leads.routes,
    imports.routes,
    matches.routes,
    review.routes,
    inbox.routes,
    outcomes.routes,
    persons.routes,
    runs.routes,
    crm.routes,
    vendors.routes,
    schedules.routes,
    keys.routes,
    webhooks.routes,
    audit.routes,
    sends.routes,
    suppressions.routes,
    sequences.routes,
    senders.routes,
    variants.routes,
    models.routes,
    backtests.routes,
]
"""Every route; who may use each is written down a second time in the tests."""


def application() -> FastAPI:
    """The application, to be mounted at `PATH`."""
    app = FastAPI(
        title="aicmo_dagster",
        version="1",
        summary="Lead acquisition: campaigns, leads, decisions, mails and the runs that make them.",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation,
        servers=[{"url": PATH}],
        root_path_in_servers=False,
    )
    for routes in ROUTES:
        app.include_router(routes)
    problems.handle(app)
    app.add_exception_handler(405, _not_so)
    app.add_middleware(LimitedBodies)
    app.add_middleware(Caught)
    app.add_middleware(metrics.Counted)
    if origins := [one.strip() for one in os.environ.get(CORS_ORIGINS, "").split(",") if one.strip()]:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["*"],
            allow_headers=["Authorization", "Content-Type", "If-Match", "Idempotency-Key"],
            expose_headers=["ETag", "Location", "Retry-After"],
        )
    _document_problems(app)
    return app


def _not_so(request: Request, error: Exception) -> JSONResponse:
    """To a method that a path does not take: those that it does take, of all its routes."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    every = [route for router in ROUTES for route in router.routes if isinstance(route, APIRoute)]
    shape = next((route.path for route in every if route.path_regex.match(path)), None)
    taken = {method for route in every if route.path == shape for method in route.methods or ()}
    answer = problems.plain(request, error)
    answer.headers["Allow"] = ", ".join(sorted(taken))
    return answer


def _operation(route: APIRoute) -> str:
    """The name of an operation in clients that are generated."""
    return route.name


def _document_problems(app: FastAPI) -> None:
    """Have the OpenAPI document know what a problem looks like, and no error that FastAPI would answer by itself."""
    made = app.openapi

    def openapi() -> dict[str, object]:
        if app.openapi_schema is None:
            schema = made()
            schemas = schema.setdefault("components", {}).setdefault("schemas", {})
            described = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(described.pop("$defs", {}))
            schemas["Problem"] = described
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]
