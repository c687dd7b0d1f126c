"""Errors that nobody expected, kept from the server's own log."""

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aicmo_dagster.api.cam.problems import failed


class Caught:
    """Answers what no handler knows with 500.

    What it does not catch, the server logs with all that was called and with what; that may hold leads.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        began = False
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}  # the server sends the headers alone

        async def watched(message: Message) -> None:
            nonlocal began
            began = began or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            return
        except Exception as error:
            answer = failed(error)
            if began:
                raise RuntimeError("an answer that had begun is cut off") from None
            await answer(scope, receive, send)
