"""A file on this machine as a source: what all kinds of files have in common."""

from collections.abc import Mapping
from pathlib import Path


class LocalFile:
    """A file that a campaign names. `columns` maps its headers to fields of a lead, `label` is what to call it."""

    def __init__(
        self, path: str | Path, columns: Mapping[str, str] | None, chunk_rows: int, label: str | None
    ) -> None:
        self.path = Path(path)
        self.label = label or self.path.name or str(path)
        self.notes: list[str] = []
        self._columns = dict(columns or {})
        self._chunk_rows = chunk_rows

    def is_configured(self) -> bool:
        """Always: the campaign names a path. That it leads nowhere is a failure worth telling."""
        return True
