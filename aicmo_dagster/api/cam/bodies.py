"""No request brings more than it may."""

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aicmo_dagster.api.cam.problems import too_large

MOST_BYTES = 1 << 20
MOST_FILE_BYTES = 512 << 20
_FILES = ("/leads/import", "/suppressions/import")


class LimitedBodies:
    """Refuses a body over 1 MiB, of a file over 512 MiB, by what it says and by what comes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with a body that ends at its limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = MOST_FILE_BYTES if scope["path"].endswith(_FILES) else MOST_BYTES
        said = dict(scope["headers"]).get(b"content-length", b"0")
        if said.isdigit() and int(said) > most:
            await too_large(most)(scope, receive, send)
            return
        came = 0

        async def limited() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > most:
                raise HTTPException(413, f"send at most {most:,} bytes at once")
            return message

        await self._app(scope, limited, send)
