"""The threads that requests are answered in: few that read, and others that change something.

Those import a file or ask another server, which may take long and keeps nobody from reading.
"""

import asyncio
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import anyio.to_thread
from fastapi.routing import APIRoute

READING = 5
"""In Python one thread computes at a time: with more of them a request takes longer, since each waits for its turn."""
CHANGING = 11
_changing = anyio.CapacityLimiter(CHANGING)


class Route(APIRoute):
    """A route whose function, unless it only reads, is called in a thread of those that change something."""

    def __init__(self, path: str, endpoint: Callable[..., Any], *, methods: Any = None, **more: Any) -> None:
        if set(methods or ()) != {"GET"} and not asyncio.iscoroutinefunction(endpoint):
            endpoint = _aside(endpoint)
        super().__init__(path, endpoint, methods=methods, **more)


async def aside(function: Callable[..., Any], *arguments: Any) -> Any:
    """What the function returns, called in a thread of those that change something."""
    return await anyio.to_thread.run_sync(function, *arguments, limiter=_changing)


def _aside(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    async def waiting(**given: Any) -> Any:
        return await aside(partial(function, **given))

    return waiting
