"""Places at which a sender can be made to die, so that `aicmo chaos send` can show what is left behind.

`AICMO_FAILPOINT=dot:3` ends the process by SIGKILL when it comes to the place `dot` for the third time.
"""

import itertools
import os
import signal

NAMES = ("claimed", "invited", "started", "body", "dot", "answer", "recorded")
"""In the order of a mail's life: claimed is committed; the server's 354 was read; `sending` is committed; before
the first byte of the content; behind its last; the server's answer was read; the end is committed."""

_left: dict[str, "itertools.count[int]"] = {}
"""Place -> the passages that are left, counted down."""


def arm(name: str, times: int = 1) -> None:
    """Die at the `times`-th passage of that place and no other; an empty name disarms."""
    _left.clear()
    if name:
        _left[name] = itertools.count(times - 1, -1)


def reached(name: str) -> None:
    """Die here if that was asked for; otherwise nothing."""
    if name in _left and next(_left[name]) <= 0:
        os.kill(os.getpid(), signal.SIGKILL)


_name, _, _times = os.environ.get("AICMO_FAILPOINT", "").partition(":")
arm(_name, int(_times or 1))
