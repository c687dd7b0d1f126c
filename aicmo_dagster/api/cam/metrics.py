"""/metrics for Prometheus: requests by route, and the numbers of campaigns, leads, mails and runs."""

import time
from collections.abc import Iterable

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aicmo_dagster.api.cam.access import Viewer
from aicmo_dagster.api.cam.dashboard import Stats, stats
from aicmo_dagster.api.cam.health import parts
from aicmo_dagster.api.cam.kept import kept
from aicmo_dagster.api.cam.problems import ProblemError, responses
from aicmo_dagster.api.cam.threads import Route

routes = APIRouter(route_class=Route, tags=["health"])

_registry = CollectorRegistry()
_requests = Counter(
    "aicmo_http_requests",
    "Requests by method, route and status.",
    ["method", "route", "status"],
    registry=_registry,
)
_seconds = Histogram(
    "aicmo_http_request_seconds",
    "How long requests took, by route.",
    ["route"],
    registry=_registry,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
ProcessCollector(registry=_registry)


class _Numbers(Collector):
    def collect(self) -> Iterable[Metric]:
        """What is in the database, counted a moment ago."""
        found: Stats = kept(("stats", None), lambda: stats(None))
        for name, what, label, counts in (
            ("aicmo_campaigns", "Campaigns by state.", "state", found.campaigns),
            ("aicmo_sends", "Mails of the ledger by state.", "state", found.sends),
            ("aicmo_events_7d", "Events of the last seven days by kind.", "kind", found.events_last_7_days),
        ):
            family = GaugeMetricFamily(name, what, labels=[label])
            for value, count in counts.items():
                family.add_metric([value], count)
            yield family
        yield GaugeMetricFamily("aicmo_leads", "Leads of all campaigns.", found.leads)
        ready = GaugeMetricFamily("aicmo_ready", "1 where a part of the system works.", labels=["part"])
        for part in kept("health", parts):
            ready.add_metric([part.name], part.status != "down")
        yield ready


_registry.register(_Numbers())


@routes.get(
    "/metrics",
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **responses(401, 403, 429)},
    response_class=Response,
)
def show_metrics(caller: Viewer) -> Response:
    """Metrics as Prometheus reads them; give it a viewer's key that sees all campaigns."""
    if caller.campaign_ids is not None:
        raise ProblemError(
            403,
            "campaigns-limited",
            "The key may not do this",
            "metrics are of all campaigns; this key sees some",
        )
    return Response(generate_latest(_registry), media_type=CONTENT_TYPE_LATEST)


class Counted:
    """Counts requests and how long they took, by route; never by path, which may hold what is nobody's business."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        began = time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            _requests.labels(scope["method"], route, status).inc()
            _seconds.labels(route).observe(time.perf_counter() - began)
