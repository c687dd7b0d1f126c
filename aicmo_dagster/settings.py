"""What the environment says: where the database is, where files go, the secret that signs links.

Secrets are read here and where they are used, and nowhere printed.
"""

import os
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from aicmo_dagster.errors import ConfigurationError

DATABASE_URL = "AICMO_DATABASE_URL"
HOME = "AICMO_HOME"
PUBLIC_URL = "AICMO_PUBLIC_URL"
DNS_SERVERS = "AICMO_DNS_SERVERS"
DAGSTER_URL = "AICMO_DAGSTER_URL"


def database_url() -> str | None:
    """The PostgreSQL server named by `AICMO_DATABASE_URL`, or None for the embedded one."""
    return os.environ.get(DATABASE_URL) or None


def home() -> Path:
    """The project-local folder for the embedded server, simulated mails and run logs.

    `AICMO_HOME`, else `.aicmo` in the current folder. Always absolute; made by those who write to it.
    """
    return Path(os.environ.get(HOME) or ".aicmo").expanduser().resolve()


def public_url() -> str | None:
    """Where the world reaches the unsubscribe pages: `AICMO_PUBLIC_URL` without a slash at its end, or None.

    Raises ConfigurationError unless it is an https URL: RFC 8058 wants https for one-click unsubscribing.
    """
    text = os.environ.get(PUBLIC_URL)
    if not text:
        return None
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or not text.isascii():
        raise ConfigurationError(f"{PUBLIC_URL} is {text!r}; write it like https://mail.example.com")
    return text.rstrip("/")


def dagster_url() -> str:
    """Where people see Dagster's pages: `AICMO_DAGSTER_URL`, or where `aicmo up` serves them by itself."""
    return (os.environ.get(DAGSTER_URL) or "http://localhost:3000").rstrip("/")


def dns_servers() -> list[tuple[str, int]] | None:
    """The servers of `AICMO_DNS_SERVERS` as (address, port): "192.0.2.1, [2001:db8::1]:5353".

    None = the system's own; an empty list, for "none", means that nobody is asked. Raises ConfigurationError.
    """
    text = (os.environ.get(DNS_SERVERS) or "").strip()
    if not text:
        return None
    found = []
    for one in [] if text == "none" else text.split(","):
        written = one.strip()
        try:
            plain = ip_address(written)
        except ValueError:
            plain = None
        try:
            parts = urlsplit(f"//[{plain}]" if plain and plain.version == 6 else f"//{written}")
            found.append((str(ip_address(parts.hostname or "")), parts.port or 53))
        except ValueError:
            raise ConfigurationError(
                f"{DNS_SERVERS} has {written!r}; write addresses like '192.0.2.1, [2001:db8::1]:5353', or 'none'"
            ) from None
    return found
