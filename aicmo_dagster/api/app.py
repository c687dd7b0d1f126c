"""What the world may reach: the unsubscribe pages, the inbox and what providers report, as one application."""

from starlette.applications import Starlette
from starlette.routing import Mount

from aicmo_dagster.api import inbox, provider_events
from aicmo_dagster.mail import unsubscribe


def app() -> Starlette:
    """The application. Log no paths: a token in one tells who a reader is."""
    return Starlette(
        routes=[
            Mount("/campaigns", inbox.app()),
            Mount("/events", provider_events.app()),
            Mount("/", unsubscribe.app()),
        ]
    )
