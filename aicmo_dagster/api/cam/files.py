"""Files while a request works on them: what it brought, and what it answers with."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool


def brought(name: str) -> Callable[[Request], AsyncIterator[Path]]:
    """A dependency: the body of the request in a file of that name, gone once it is answered."""

    async def body(request: Request) -> AsyncIterator[Path]:
        with TemporaryDirectory(prefix="aicmo-") as folder:
            path = Path(folder) / name
            with path.open("wb") as file:
                async for block in request.stream():
                    await run_in_threadpool(file.write, block)
            yield path

    return body


def documented(media_type: str, example: str) -> dict[str, Any]:
    """What the OpenAPI document says of a body that is a file."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


def _folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="aicmo-") as folder:
        yield Path(folder)


Folder = Annotated[Path, Depends(_folder)]
"""An empty folder that is gone once the request is answered."""
