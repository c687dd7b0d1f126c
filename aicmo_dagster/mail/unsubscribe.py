"""The page behind the unsubscribe link, and the address that mail programs post to (RFC 8058).

GET shows a button and changes nothing: security scanners open every link of a mail. POST unsubscribes, from
the button or from a mail program, with no login, cookie or redirect, as often as it comes.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from aicmo_dagster.mail import tokens
from aicmo_dagster.store import database, suppressions

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>{title}</title>
<style>body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem }}
button {{ font: inherit; padding: .5rem 1rem }}</style></head>
<body><h1>{title}</h1>{body}</body></html>
"""
_BUTTON = (
    "<p>You will get no more mails from us.</p>"
    '<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">'
    "<button>Unsubscribe</button></form>"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
}


def app(now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Starlette:
    """The application: GET and POST of `/u/<token>`. Log no paths: a token tells who a reader is."""

    @cache
    def key() -> bytes:
        with database.transaction() as cursor:
            return tokens.secret(cursor)

    def lead_of(request: Request) -> int | None:
        return tokens.lead_of(key(), request.path_params["token"])

    def ask(request: Request) -> HTMLResponse:
        if lead_of(request) is None:
            return _unknown()
        return _page(200, "Unsubscribe", _BUTTON)

    def unsubscribe(request: Request) -> HTMLResponse:
        lead_id = lead_of(request)
        if lead_id is None:
            return _unknown()
        stop(lead_id, now())
        return _page(200, "You are unsubscribed", "<p>You will get no more mails from us.</p>")

    return Starlette(
        routes=[
            Route("/u/{token}", ask, methods=["GET"]),
            Route("/u/{token}", unsubscribe, methods=["POST"]),
        ]
    )


def stop(lead_id: int, now: datetime) -> None:
    """Suppress the lead's address and note that the lead unsubscribed; once, however often it is called.

    A lead that has been erased since has no address here any more, and nothing is left to do.
    """
    with database.transaction() as cursor:
        cursor.execute("SELECT email FROM leads WHERE id = %s AND email IS NOT NULL", [lead_id])
        found = cursor.fetchone()
        if found is None:
            return
        suppressions.add(cursor, "address", found[0], "unsubscribed", "recipient")
        cursor.execute(
            "INSERT INTO engagement_events (lead_id, kind, happened_at) "
            "SELECT %(lead)s, 'unsubscribed', %(now)s WHERE NOT EXISTS ("
            "SELECT FROM engagement_events WHERE lead_id = %(lead)s AND kind = 'unsubscribed')",
            {"lead": lead_id, "now": now},
        )


def _unknown() -> HTMLResponse:
    return _page(404, "This link is not complete", "<p>Please open it again from the mail.</p>")


def _page(status: int, title: str, body: str) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(title=title, body=body), status, _HEADERS)
