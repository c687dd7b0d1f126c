"""Personal data stays out of logs, events, metadata and errors."""

import re

import psycopg

_ADDRESS = re.compile(r"<?[^\s<>()]+@[^\s<>()]+>?")


def without_addresses(text: str) -> str:
    """The text with every e-mail address written as <address>."""
    return _ADDRESS.sub("<address>", text)


def sentence(error: BaseException) -> str:
    """What an unexpected error says, without the rows it may quote.

    Of a database error only the primary message: its detail shows the values of the row that was refused.
    """
    words = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return without_addresses(f"{type(error).__name__}: {words or error}")
