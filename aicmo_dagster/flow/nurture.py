"""`nurture_sends`: plan the next mail of every routed lead, then send what is due.

Planning is one transaction; sending commits mail by mail (see `mail.delivery`). A session lock lets only one
process send for a campaign, so rows that a dead one left behind are recognised at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import pandas as pd

from aicmo_dagster import settings
from aicmo_dagster.flow.run import Run, Streamed, silent, stream, utc_now, writing
from aicmo_dagster.mail.delivery import Delivered, send_due
from aicmo_dagster.mail.outbox import Outbox
from aicmo_dagster.mail.outcome import Transport
from aicmo_dagster.mail.smtp import SmtpTransport
from aicmo_dagster.stages import nurture as stage
from aicmo_dagster.stages.sending_window import is_open
from aicmo_dagster.store import campaigns, database, enrolments, sends
from aicmo_dagster.store.bulk import Merge

# Enrolled, still qualified, and nothing of the enrolment open or ended badly: a next step can be planned.
_ENROLLED = """
SELECT r.lead_id, r.sequence, r.sequence_version, coalesce(d.step, 0), coalesce(d.sent_at, r.enrolled_at),
    l.time_zone
FROM lead_routes r JOIN leads l ON l.id = r.lead_id JOIN lead_verdicts v ON v.lead_id = r.lead_id
LEFT JOIN (
    SELECT lead_id, sequence, sequence_version, max(step) AS step, max(sent_at) AS sent_at,
        bool_and(state = 'sent') AS all_sent
    FROM sends WHERE campaign_id = %(campaign)s GROUP BY 1, 2, 3
) d ON d.lead_id = r.lead_id AND d.sequence = r.sequence AND d.sequence_version = r.sequence_version
WHERE l.campaign_id = %(campaign)s AND r.left_at IS NULL AND v.verdict = 'qualified'
    AND coalesce(d.all_sent, true)
ORDER BY r.lead_id
"""
_DTYPES = {
    "lead_id": "int64",
    "sequence": "str",
    "sequence_version": "int64",
    "step": "int64",
    "base_at": "datetime64[us, UTC]",
    "time_zone": "str",
}
_MANY = 1000
_PLANNED = Merge(
    table="sends",
    key=["lead_id", "sequence", "sequence_version", "step"],
    columns={
        "campaign_id": "%(campaign)s",
        "lead_id": "i.lead_id",
        "sequence": "i.sequence",
        "sequence_version": "i.sequence_version",
        "step": "i.step",
        "due_at": "i.due_at",
        "time_zone": "i.time_zone",
        "run_id": "%(run)s",
    },
)


@contextmanager
def sending_lock(run: Run) -> Iterator[None]:
    """Hold the right to send for the campaign, as a session lock that dies with its process.

    What a dead holder left behind is put right: claimed goes back to planned, sending becomes uncertain.
    """
    with database.connect(autocommit=True) as connection, connection.cursor() as cursor:
        enrolments.hold_sending_lock(cursor, run.campaign.id)
        with connection.transaction():
            sends.orphans(cursor, run.campaign.id)
        yield


def plan(run: Run) -> Streamed:
    """Plan the next step of every enrolled lead, skip what must not be sent, end what is completed."""
    with writing(run) as cursor:
        contents = campaigns.sequence_versions(cursor, run.campaign.id)

        def next_steps(enrolled: pd.DataFrame) -> pd.DataFrame:
            return stage.plan(enrolled, contents, run.campaign.config)

        parameters = {"campaign": run.campaign.id}
        streamed = stream(run, cursor, _ENROLLED, _DTYPES, next_steps, _PLANNED, parameters)
        enrolments.leave(cursor, run.campaign.id, run.now)
        sends.skip_stopped(cursor, run.campaign.id)
        if streamed.written.inserted >= _MANY:
            # Without statistics of the new rows a claim compares each with all others.
            cursor.execute("ANALYZE sends")
    return streamed


def deliver(run: Run) -> Delivered:
    """Send what is due and inside its window, and plan what follows it; for the holder of `sending_lock`,
    after `plan`."""
    config = run.campaign.config
    if not config.sending.senders:
        return Delivered(
            stopped="the campaign has no sender; give sending.senders with mailbox and postal_address"
        )
    with database.transaction() as cursor:
        zones = enrolments.open_zones(cursor, run.campaign.id)

    def zones_open(now: datetime) -> list[str]:
        return is_open(zones, config.sending.window, config.sending.working_days, now)

    transport = _transport(run)
    try:
        delivered = send_due(database.connect, run.campaign, transport, now=utc_now, zones_open=zones_open)
    finally:
        transport.close()
    if delivered.sent:
        plan(replace(run, now=utc_now(), progress=silent))
    return delivered


def _transport(run: Run) -> Transport:
    sender = run.campaign.config.sending.senders[0]
    if run.campaign.config.mode == "live" and sender.smtp is not None:
        return SmtpTransport(sender.smtp)
    return Outbox(settings.home(), run.campaign.key)
