"""What the world may reach, as one application: unsubscribe pages, tracked links, the inbox, providers' reports."""

from starlette.applications import Starlette
from starlette.routing import Mount

from aicmo_dagster.api import inbox, provider_events, tracking
from aicmo_dagster.mail import unsubscribe


def app() -> Starlette:
    """The application. Log no paths: a token in one tells who a reader is."""
    return Starlette(
        routes=[
            Mount("/campaigns", inbox.app()),
            Mount("/events", provider_events.app()),
            *tracking.routes(),
            Mount("/", unsubscribe.app()),
        ]
    )
