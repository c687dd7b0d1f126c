"""Texts of a campaign document that have a form: addresses, names of variables, web addresses, zones."""

import re
from email.utils import parseaddr
from functools import cache
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator


@cache
def _zones() -> set[str]:
    """Kept, since it searches folders every time; without what depends on the machine, and what is no place."""
    return available_timezones() - {"localtime", "Factory", "posixrules"}


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError(f"{name!r} is not an IANA time zone; write it like 'Europe/Berlin' or 'UTC'")
    return name


def _mailbox(text: str) -> str:
    address = parseaddr(text)[1]
    if "\n" in text or "\r" in text or address.count("@") != 1 or address.startswith("@"):
        raise ValueError(f"{text!r} is not a mailbox; write it like 'Ann Lee <ann@example.com>'")
    return text


def _variable_name(text: str) -> str:
    if text == "name" or not re.fullmatch(r"[a-z][a-z0-9_]*", text):
        raise ValueError(f"{text!r} cannot be a variable; use a-z, 0-9 and _, and not 'name'")
    return text


def _environment_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise ValueError(
            "must be the name of an environment variable, such as AICMO_APOLLO_KEY, not the secret itself"
        )
    return text


def http_url(text: str) -> str:
    """The address without a slash at its end; raises ValueError where it is none, or holds a login."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise ValueError("must be an http or https address without a user name or password in it")
    return text.rstrip("/")


TimeZone = Annotated[str, AfterValidator(_known_zone)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
VariableName = Annotated[str, AfterValidator(_variable_name)]
EnvironmentName = Annotated[str, AfterValidator(_environment_name)]
HttpUrl = Annotated[str, AfterValidator(http_url)]
