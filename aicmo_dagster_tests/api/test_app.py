from typing import Any

from starlette.routing import Match

from aicmo_dagster.api.app import app


def answered(method: str, path: str) -> str:
    """The name of the function that answers."""
    routes = app().routes
    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "headers": []}
    while True:
        for route in routes:
            match, inside = route.matches(scope)
            if match is Match.FULL:
                break
        else:
            return "nothing"
        scope.update(inside)
        endpoint = scope["endpoint"]
        if not hasattr(endpoint, "routes"):
            return str(endpoint.__name__)
        routes = endpoint.routes


def test_the_unsubscribe_page_is_where_it_was() -> None:
    assert answered("GET", "/u/token") == "ask"
    assert answered("POST", "/u/token") == "unsubscribe"


def test_the_inbox_is_at_its_campaign() -> None:
    assert answered("POST", "/campaigns/test/leads") == "push"


def test_what_providers_report_is_taken_there() -> None:
    assert answered("POST", "/events/sendgrid") == "report"


def test_nothing_else_is_there() -> None:
    for path in ("/", "/campaigns/test", "/campaigns", "/leads", "/events", "/events/sendgrid"):
        assert answered("GET", path) == "nothing"
