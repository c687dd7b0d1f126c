"""The body of a request, read up to a limit and within a time."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

_WITHIN_S = 30.0
_CLOSE = {"Connection": "close"}


async def body_of(request: Request, most_bytes: int, remedy: str = "") -> bytes:
    """The body, of which no more than `most_bytes` are ever held.

    Raises HTTPException: 413, with the remedy, where it is longer; 400 where it breaks off; 408 where it does not come
    within 30 s.
    """
    too_long = HTTPException(413, f"the body is longer than {most_bytes:,} bytes{remedy}", _CLOSE)
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:12]) > most_bytes:
        raise too_long
    body = bytearray()
    try:
        async with asyncio.timeout(_WITHIN_S):
            async for part in request.stream():
                body += part
                if len(body) > most_bytes:
                    raise too_long
    except ClientDisconnect:
        raise HTTPException(400, "the body broke off") from None
    except TimeoutError:
        raise HTTPException(408, f"the body did not come within {_WITHIN_S:g} s", _CLOSE) from None
    return bytes(body)
