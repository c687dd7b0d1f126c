"""What the environment says: where the database is, where files go, the secret that signs links.

Secrets are read here and where they are used, and nowhere printed.
"""

import os
from pathlib import Path

DATABASE_URL = "AICMO_DATABASE_URL"
HOME = "AICMO_HOME"


def database_url() -> str | None:
    """The PostgreSQL server named by `AICMO_DATABASE_URL`, or None for the embedded one."""
    return os.environ.get(DATABASE_URL) or None


def home() -> Path:
    """The project-local folder for the embedded server, simulated mails and run logs.

    `AICMO_HOME`, else `.aicmo` in the current folder. Always absolute; made by those who write to it.
    """
    return Path(os.environ.get(HOME) or ".aicmo").expanduser().resolve()
