"""What callers write, as far as the database takes it."""

from typing import Annotated

from fastapi import Path
from pydantic import Field

LINE = r"^[^\x00-\x1f\x7f]*$"
"""A pattern: no control characters, so no line ends."""

Line = Annotated[str, Field(pattern=LINE)]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
"""Of a row, in a path."""
