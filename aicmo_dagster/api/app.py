"""What the world may reach: the unsubscribe pages and the inbox, as one application."""

from starlette.applications import Starlette
from starlette.routing import Mount

from aicmo_dagster.api import inbox
from aicmo_dagster.mail import unsubscribe


def app() -> Starlette:
    """The application. Log no paths: a token in one tells who a reader is."""
    return Starlette(routes=[Mount("/campaigns", inbox.app()), Mount("/", unsubscribe.app())])
