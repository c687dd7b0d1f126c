"""Reading the mailboxes of campaigns: of some, or of all that have mails under way."""

import time
from collections.abc import Iterable

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.flow.run import utc_now
from aicmo_dagster.mail.inbox.reading import Reading, mailboxes, read
from aicmo_dagster.store import campaigns, database
from aicmo_dagster.store.campaigns import Campaign

_UNDER_WAY = ("active", "paused", "completed")
"""Answers come back also when no mail leaves any more."""


def read_all() -> Reading:
    """Read the mailboxes of every live campaign that is not a draft and not put away, each mailbox once."""
    with database.transaction() as cursor:
        under_way = _under_way(cursor)
    return read_those_of(under_way)


def read_those_of(chosen: Iterable[Campaign]) -> Reading:
    """Read the mailboxes of these campaigns; a simulation has none."""
    return read(mailboxes(chosen), database.connect, utc_now, time.sleep)


def any_to_read(cursor: Cursor[TupleRow]) -> bool:
    """Whether `read_all` has a mailbox to read."""
    return bool(mailboxes(_under_way(cursor)))


def _under_way(cursor: Cursor[TupleRow]) -> list[Campaign]:
    return [one for one in campaigns.listing(cursor) if one.state in _UNDER_WAY]
