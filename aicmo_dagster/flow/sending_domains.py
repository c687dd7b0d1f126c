"""What DNS says of the campaign's sending domains, looked up where it is not known or too old."""

from collections.abc import Sequence
from datetime import datetime

from aicmo_dagster import settings
from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.mail import authentication, preflight
from aicmo_dagster.store import database, sending_domains


def check(senders: Sequence[Sender], now: datetime, *, again: bool = False) -> int:
    """Look up what is due, or everything `again`; returns how many domains were. Locks nothing while it waits."""
    with database.transaction() as cursor:
        due = list(senders) if again else preflight.due(cursor, senders, now)
    if not due:
        return 0
    found = authentication.look_up(due, settings.dns_servers())
    with database.transaction() as cursor:
        sending_domains.record(cursor, found, now)
    return len(found)
