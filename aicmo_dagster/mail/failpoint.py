"""Places at which a sender can be made to die, so that `aicmo chaos send` can show what is left behind.

`AICMO_FAILPOINT=dot:3` ends the process by SIGKILL when it comes to the place `dot` for the third time.
"""

import os
import signal
from itertools import count

NAMES = ("claimed", "invited", "started", "body", "dot", "answer", "recorded")
"""In the order of a mail's life: claimed is committed; the server's 354 was read; `sending` is committed; before
the first byte of the content; behind its last; the server's answer was read; the end is committed."""

_name, _, _times = os.environ.get("AICMO_FAILPOINT", "").partition(":")
_passed = count(1)


def reached(name: str) -> None:
    """Die here if that was asked for; otherwise nothing."""
    if name == _name and next(_passed) >= int(_times or 1):
        os.kill(os.getpid(), signal.SIGKILL)
