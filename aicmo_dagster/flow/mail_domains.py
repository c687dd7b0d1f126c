"""Whether the domains of a campaign's addresses take mail: asked of DNS where it is not known yet.

Every batch of answers is committed, so a run that is killed has not asked in vain.
"""

import itertools
from collections.abc import Iterator
from datetime import timedelta

from aicmo_dagster import settings
from aicmo_dagster.flow.run import Run
from aicmo_dagster.mail.exchangers import is_public, look_up
from aicmo_dagster.store import database, mail_domains
from aicmo_dagster.store.mail_domains import MailDomain

_BATCH = 1_000


def ask(run: Run) -> tuple[int, int]:
    """Returns how many domains DNS was to be asked about and of how many it said something.

    What it does not say is asked again by the next run. Locks nothing while it waits.
    """
    config = run.campaign.config.verification.dns
    servers = settings.dns_servers()
    if not config.enabled or servers == []:
        return 0, 0
    with database.transaction() as cursor:
        oldest = run.now - timedelta(days=config.max_age_days)
        domains = list(filter(is_public, mail_domains.unasked(cursor, run.campaign.id, oldest)))
    if not domains:
        return 0, 0
    known = 0
    for batch in _batches(look_up(domains, servers, config.budget_s, config.timeout_s)):
        with database.transaction() as cursor:
            mail_domains.record(cursor, batch, run.now)
        known += len(batch)
    return len(domains), known


def _batches(found: Iterator[MailDomain]) -> Iterator[list[MailDomain]]:
    while batch := list(itertools.islice(found, _BATCH)):
        yield batch
