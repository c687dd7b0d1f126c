"""The page behind the unsubscribe link, and the address that mail programs post to (RFC 8058).

GET shows buttons and changes nothing: security scanners open every link of a mail. POST unsubscribes, from
a button or from a mail program, with no login, cookie or redirect, as often as it comes: from all mails, unless
the button for this campaign alone was pressed. The page that answers has a button to take it back; only what that
button says does, so neither a program that follows links nor one that posts again gets anybody subscribed.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from aicmo_dagster.mail import effects, tokens
from aicmo_dagster.store import database

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>{title}</title>
<style>body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem }}
button {{ font: inherit; padding: .5rem 1rem }}</style></head>
<body><h1>{title}</h1>{body}</body></html>
"""
_BUTTONS = (
    "<p>Which mails do you not want any more?</p>"
    '<form method="post"><p><button name="scope" value="all">All mails from us</button></p>'
    '<p><button name="scope" value="campaign">Only mails on this subject</button></p></form>'
)
_MISTAKE = (
    '<p role="status">You will get no more mails {}.</p>'
    '<form method="post"><p>Was that a mistake? '
    '<button name="back" value="{}">Keep the mails coming</button></p></form>'
)
_WHICH = {"all": "from us", "campaign": "on this subject"}
_MOST_BODY = 10_000
_WITHIN_S = 30.0
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
        return _page(200, "Unsubscribe", _BUTTONS)

    async def unsubscribe(request: Request) -> HTMLResponse:
        return await run_in_threadpool(act, request, await _pressed(request))

    def act(request: Request, pressed: dict[str, list[str]]) -> HTMLResponse:
        lead_id = lead_of(request)
        if lead_id is None:
            return _unknown()
        for scope in _WHICH:
            if pressed.get("back") == [scope]:
                return _back(lead_id, scope)
        scope = "campaign" if pressed.get("scope") == ["campaign"] else "all"
        stop(lead_id, now(), scope == "campaign")
        return _page(200, "You are unsubscribed", _MISTAKE.format(_WHICH[scope], scope))

    return Starlette(
        routes=[
            Route("/u/{token}", ask, methods=["GET"]),
            Route("/u/{token}", unsubscribe, methods=["POST"]),
        ]
    )


def stop(lead_id: int, now: datetime, only_campaign: bool = False) -> None:
    """Note that the lead unsubscribed; once, however often it is called. See `effects.unsubscribed`.

    A lead that has been erased since has no address here any more, and nothing is left to do.
    """
    with database.transaction() as cursor:
        effects.unsubscribed(cursor, lead_id, now, "recipient", only_campaign)


def _back(lead_id: int, scope: str) -> HTMLResponse:
    with database.transaction() as cursor:
        taken_back = effects.resubscribed(cursor, lead_id, "recipient", scope == "campaign")
    if not taken_back:
        return _page(200, "Nothing was changed", '<p role="status">There is nothing to take back.</p>')
    said = f'<p role="status">You are no longer unsubscribed from mails {_WHICH[scope]}.</p>'
    return _page(200, "It is taken back", said)


async def _pressed(request: Request) -> dict[str, list[str]]:
    """What the form says; nothing where it cannot be read, which means: no more mails at all."""
    body = b""
    try:
        async with asyncio.timeout(_WITHIN_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _MOST_BODY:
                    return {}
    except TimeoutError:
        return {}
    return parse_qs(body.decode("latin-1"))


def _unknown() -> HTMLResponse:
    return _page(404, "This link is not complete", "<p>Please open it again from the mail.</p>")


def _page(status: int, title: str, body: str) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(title=title, body=body), status, _HEADERS)
