"""What callers write, as far as the database takes it."""

import re
from typing import Annotated, Any

from fastapi import Path
from pydantic import AwareDatetime, BeforeValidator, Field

LINE = r"^[^\x00-\x1f\x7f]*$"
"""A pattern: no control characters, so no line ends."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


def _moment(written: Any) -> Any:
    """Numbers, too, would be read as times."""
    if isinstance(written, str) and _MOMENT.fullmatch(written):
        return written
    raise ValueError("write a time as RFC 3339 has it, such as 2026-03-02T10:00:00Z (in a URL, a + is %2B)")


Line = Annotated[str, Field(pattern=LINE)]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
"""Of a row, in a path."""
