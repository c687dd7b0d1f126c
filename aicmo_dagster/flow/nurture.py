"""`nurture_sends`: plan the next mail of every routed lead, then send what is due.

Planning is one transaction; sending commits mail by mail (see `mail.delivery`), and may go on in several runs at
once.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pandas as pd

from aicmo_dagster import settings
from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.flow.run import Run, Streamed, silent, stream, utc_now, writing
from aicmo_dagster.mail import dkim, linter, preflight
from aicmo_dagster.mail.delivery import Delivered, send_due
from aicmo_dagster.mail.outbox import Outbox
from aicmo_dagster.mail.outcome import Transport
from aicmo_dagster.mail.smtp import SmtpTransport
from aicmo_dagster.stages import nurture as stage
from aicmo_dagster.stages.sending_window import closing_times
from aicmo_dagster.store import campaigns, caps, claims, database, enrolments, sends
from aicmo_dagster.store.binary_copy import (
    Field,
    bigint,
    constant,
    integers,
    numbers,
    singles,
    smallints,
    texts,
    times,
)
from aicmo_dagster.store.bulk import Merge
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.caps import Limits

# Enrolled, still qualified, and nothing of the enrolment open or ended badly: a next step can be planned.
_ENROLLED = """
SELECT r.lead_id, r.sequence, r.sequence_version, coalesce(d.step, 0), coalesce(d.sent_at, r.enrolled_at),
    l.time_zone, l.country_code, d.sender, k.score
FROM lead_routes r JOIN leads l ON l.id = r.lead_id JOIN lead_verdicts v ON v.lead_id = r.lead_id
LEFT JOIN lead_scores k ON k.lead_id = r.lead_id
LEFT JOIN (
    SELECT lead_id, sequence, sequence_version, max(step) AS step, max(sent_at) AS sent_at,
        (array_agg(sender ORDER BY step DESC))[1] AS sender, bool_and(state = 'sent') AS all_sent
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
    "country_code": "str",
    "sender": "str",
    "score": "Float64",
}
_MANY = 1000


def _fields(planned: pd.DataFrame, parameters: Mapping[str, Any]) -> dict[str, Field]:
    return {
        "campaign_id": bigint(parameters["campaign"]),
        "lead_id": numbers(planned["lead_id"]),
        "sequence": texts(planned["sequence"]),
        "sequence_version": integers(planned["sequence_version"]),
        "step": smallints(planned["step"]),
        "due_at": times(planned["due_at"]),
        "time_zone": texts(planned["time_zone"]),
        "sender": texts(planned["sender"]),
        "priority": singles(planned["priority"]),
        "variant": texts(planned["variant"]),
        "run_id": constant(parameters["run"]),
    }


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
        "sender": "i.sender",
        "priority": "i.priority",
        "variant": "i.variant",
        "run_id": "%(run)s",
    },
    fields=_fields,
)


def plan(run: Run) -> Streamed:
    """Plan the next step of every enrolled lead, skip what must not be sent, end what is completed."""
    config = run.campaign.config
    with database.transaction() as cursor:
        claims.orphans(cursor, run.campaign.id, run.now)
    with writing(run) as cursor:
        contents = campaigns.sequence_versions(cursor, run.campaign.id)
        winners = enrolments.winners(cursor, run.campaign.id)
        enrolments.follow_zones(cursor, run.campaign.id, config.time_zone)

        def next_steps(enrolled: pd.DataFrame) -> pd.DataFrame:
            return stage.plan(enrolled, contents, config, winners)

        parameters = {"campaign": run.campaign.id}
        streamed = stream(run, cursor, _ENROLLED, _DTYPES, next_steps, _PLANNED, parameters)
        _give_mailboxes(cursor, run)
        enrolments.leave(cursor, run.campaign.id, run.now)
        sends.skip_stopped(cursor, run.campaign.id)
        if streamed.written.inserted >= _MANY:
            # Without statistics of the new rows a claim compares each with all others.
            cursor.execute("ANALYZE sends")
    return streamed


def _give_mailboxes(cursor: sends.Cursor, run: Run) -> None:
    """Give mails a mailbox that were planned when the campaign had none, or another one."""
    config = run.campaign.config
    waiting = enrolments.without_mailbox(
        cursor, run.campaign.id, [sender.address for sender in config.sending.senders]
    )
    if waiting and config.sending.senders:
        leads = pd.DataFrame(waiting, columns=["send_id", "lead_id"]).assign(sender=None)
        enrolments.give_mailboxes(cursor, leads["send_id"].tolist(), stage.mailboxes(leads, config).tolist())


def deliver(run: Run, watch: Callable[[], object] | None = None) -> Delivered:
    """Send what is due and inside its window, and plan what follows it; after `plan`.

    `watch` is called every minute: it may pause the campaign. Raises ConfigurationError where this machine lacks what
    every mail needs, such as the address of the unsubscribe page: no mail is to blame for that.
    """
    if not run.campaign.config.sending.senders:
        return Delivered(
            stopped="the campaign has no sender; give sending.senders with mailbox and postal_address"
        )
    if lacking := linter.check_senders(run.campaign.config, settings.public_url()):
        raise ConfigurationError("\n".join(lacking))
    sending = run.campaign.config.sending
    refused = _without_key(sending.senders)
    if run.campaign.config.mode == "live":
        with database.transaction() as cursor:
            refused |= preflight.refusals(
                cursor, sending.senders, sending.holds, utc_now(), sending.cap_per_day
            )
    delivered = send_due(
        database.connect,
        run.campaign,
        lambda sender: _transport(run, sender),
        now=utc_now,
        pause=time.sleep,
        refused=refused,
        watch=watch,
    )
    if delivered.sent:
        plan(replace(run, now=utc_now(), progress=silent))
    return delivered


def _without_key(senders: Sequence[Sender]) -> dict[str, str]:
    """Mailboxes whose mails cannot be signed here, and why."""
    found = {}
    for sender in senders:
        try:
            dkim.signer(sender)
        except ConfigurationError as error:
            found[sender.address] = str(error)
    return found


def can_send(cursor: sends.Cursor, campaign: Campaign, at: datetime) -> bool:
    """Whether a mail is due in an open window, from a mailbox that may write now."""
    config = campaign.config
    limits, today = Limits.of(config), config.day_of(at)[0].date()
    due = enrolments.due(cursor, campaign.id, at)
    open_zones = closing_times({zone for _, zone in due}, config.sending, at)
    return any(
        address in limits.paces
        and caps.left(cursor, limits, address, today, at) > 0
        and (not limits.rests(address) or (caps.mailbox(cursor, limits, address).next_at or at) <= at)
        for address in {address for address, zone in due if zone in open_zones}
    )


def _transport(run: Run, sender: Sender) -> Transport:
    if run.campaign.config.mode == "live" and sender.smtp is not None:
        return SmtpTransport(sender.smtp)
    return Outbox(settings.home(), run.campaign.key)
