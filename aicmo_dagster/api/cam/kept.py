"""Numbers that take long to count, kept for a moment: whoever asks gets the last ones, and nobody counts twice.

A number is fresh for ten times as long as it took to count, two seconds at least. After that it is counted again behind
the request, which gets the last one, unless that is older than a minute.
"""

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

_FRESH_S, _TIMES, _OLD_S = 2.0, 10.0, 60.0
_MOST = 1_000

_counting = ThreadPoolExecutor(2, "counting")
_entries: "dict[Hashable, _Entry]" = {}
_changing = threading.Lock()


@dataclass
class _Entry:
    value: Any = None
    counted_at: float = -1e9
    took_s: float = 0.0
    again: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


def kept(name: Hashable, count: Callable[[], Any]) -> Any:
    """What `count` returned lately under that name, or returns now. What it raises is raised and not kept."""
    with _changing:
        if len(_entries) > _MOST:
            _entries.clear()
        entry = _entries.setdefault(name, _Entry())
    age_s = time.monotonic() - entry.counted_at
    if age_s < max(_FRESH_S, _TIMES * entry.took_s):
        return entry.value
    if age_s < max(_OLD_S, 2 * _TIMES * entry.took_s):
        with _changing:
            begins, entry.again = not entry.again, True
        if begins:
            _counting.submit(_behind, entry, count)
        return entry.value
    with entry.lock:
        if entry.counted_at < time.monotonic() - _FRESH_S:
            _count(entry, count)
    return entry.value


def forget() -> None:
    """Count everything anew when it is asked for next."""
    with _changing:
        _entries.clear()


def _behind(entry: _Entry, count: Callable[[], Any]) -> None:
    try:
        with entry.lock:
            _count(entry, count)
    finally:
        entry.again = False


def _count(entry: _Entry, count: Callable[[], Any]) -> None:
    began = time.monotonic()
    entry.value = count()
    entry.counted_at = time.monotonic()
    entry.took_s = entry.counted_at - began
