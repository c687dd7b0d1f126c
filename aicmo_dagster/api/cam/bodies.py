"""No request brings more than it may, and none brings anything before it is known who asks."""

from fastapi import HTTPException
from fastapi.security import HTTPAuthorizationCredentials
from fastapi.security.utils import get_authorization_scheme_param
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aicmo_dagster.api.cam import problems
from aicmo_dagster.api.cam.access import identified
from aicmo_dagster.errors import AicmoError

MOST_BYTES = 1 << 20
MOST_FILE_BYTES = 512 << 20
_FILES = ("/leads/import", "/outcomes/import", "/suppressions/import")
_WITH_BODY = ("POST", "PUT", "PATCH")


def _identify(shown: HTTPAuthorizationCredentials | None) -> None:
    with identified(shown):
        pass


class LimitedBodies:
    """Refuses a body over 1 MiB, of a file over 512 MiB, by what it says and by what comes.

    Also one without a key: a route looks at the key when the body is read. Of a file the key is looked up, too.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with a body that ends at its limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_file = scope["path"].endswith(_FILES)
        most = MOST_FILE_BYTES if is_file else MOST_BYTES
        headers = dict(scope["headers"])
        if scope["method"] in _WITH_BODY:
            scheme, key = get_authorization_scheme_param(headers.get(b"authorization", b"").decode("latin-1"))
            shown = None
            if scheme.lower() == "bearer" and key:
                shown = HTTPAuthorizationCredentials(scheme=scheme, credentials=key)
            try:
                if shown is None or is_file:
                    await run_in_threadpool(_identify, shown)
            except problems.ProblemError as refused:
                await problems.of_problem(refused)(scope, receive, send)
                return
            except AicmoError as failed:
                await problems.of_error(failed)(scope, receive, send)
                return
        said = headers.get(b"content-length", b"0")
        if said.isdigit() and int(said) > most:
            await problems.too_large(most)(scope, receive, send)
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
