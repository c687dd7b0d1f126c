"""Sending in a simulation: every mail becomes a file that any mail program opens, and nothing leaves."""

import os
import re
from email.utils import parsedate_to_datetime
from pathlib import Path

from aicmo_dagster.mail.outcome import Letter, Outcome, Transport

_MESSAGE_ID = re.compile(rb"(?m)^Message-ID: <([0-9a-f]+)@")
_DATE = re.compile(rb"(?m)^Date: ([^\r\n]+)")


class Outbox(Transport):
    """Writes `<home>/outbox/<campaign key>/<yyyy-mm-dd>/<local part of the Message-ID>.eml`."""

    def __init__(self, home: Path, campaign_key: str) -> None:
        self._folder = home / "outbox" / campaign_key

    def exchange(
        self, started: Letter | None, following: Letter | None
    ) -> tuple[Outcome | None, Outcome | None]:
        """Write the started mail, which `compose` made, under its date and Message-ID: the same mail, the same file."""
        refused = None
        if following and not (_MESSAGE_ID.search(following.content) and _DATE.search(following.content)):
            refused = Outcome("refused_permanent", "the mail has no Message-ID or Date")
        return self._write(started.content) if started else None, refused

    def abandon(self) -> None:
        """Nothing was begun."""

    def close(self) -> None:
        """Nothing to end."""

    def _write(self, content: bytes) -> Outcome:
        identity, date = _MESSAGE_ID.search(content), _DATE.search(content)
        assert identity is not None
        assert date is not None
        day = parsedate_to_datetime(date[1].decode()).date()
        target = self._folder / day.isoformat() / f"{identity[1].decode()}.eml"
        unfinished = target.with_suffix(f".{os.getpid()}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(content)
            unfinished.replace(target)
        except OSError as error:
            return Outcome("refused_temporary", f"cannot write {target}: {error.strerror}", session=True)
        return Outcome("sent", f"simulated: {target.relative_to(self._folder)}")
