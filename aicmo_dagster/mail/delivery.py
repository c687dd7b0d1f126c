"""Send what is due: claim, compose, hand over, record, until nothing is left or something says stop.

Each mail costs two commits: `sending` before its first byte and its end after the server's answer. Trouble
with one mail holds that one; trouble with the sender or the server stops the batch and gives the rest back.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parseaddr

from aicmo_dagster import settings
from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.errors import ConfigurationError, MailError
from aicmo_dagster.mail import templates, tokens
from aicmo_dagster.mail.compose import Composed, compose
from aicmo_dagster.mail.outcome import Outcome, Transport
from aicmo_dagster.privacy import without_addresses
from aicmo_dagster.store import sends, suppressions
from aicmo_dagster.store.campaigns import Campaign, sequence_versions
from aicmo_dagster.store.database import Connection

# A claim reads everything that is due, so it should be for many mails; but a window may close meanwhile.
_BATCH = 1000
_LONGEST_BATCH = timedelta(minutes=1)
_LEASE_S = 3600.0
_MOST_SESSION_TROUBLES = 5
_MOST_SENDER_FAULTS = 3


@dataclass
class Delivered:
    """How many mails ended how, why those that were not sent were not, and why the batch stopped early.

    Without addresses, so that it can be shown and logged; the ledger has the words in full.
    """

    sent: int = 0
    held: int = 0
    failed: int = 0
    uncertain: int = 0
    skipped: int = 0
    not_started: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    stopped: str | None = None
    sender_refused: bool = False


def send_due(
    connect: Callable[[], Connection],
    campaign: Campaign,
    transport: Transport,
    *,
    now: Callable[[], datetime],
    zones_open: Callable[[datetime], list[str]],
    limit: int | None = None,
) -> Delivered:
    """Send the campaign's due mails, at most `limit` and never more than its cap for the day.

    For the holder of the campaign's lock, after `sends.orphans` and `sends.skip_stopped`. `zones_open` says
    for which zones of leads the sending window is open at a time; it is asked every minute.
    The transport is left open. Raises ConfigurationError when the campaign has no sender.
    """
    if not campaign.config.sending.senders:
        raise ConfigurationError(
            f"campaign {campaign.key!r} has no sender; give sending.senders with mailbox and postal_address"
        )
    with connect() as connection:
        delivery = _Delivery(connection, campaign, campaign.config.sending.senders[0], transport, now)
        delivery.run(zones_open, limit)
    return delivery.result


class _Delivery:
    def __init__(
        self,
        connection: Connection,
        campaign: Campaign,
        sender: Sender,
        transport: Transport,
        now: Callable[[], datetime],
    ) -> None:
        self.result = Delivered()
        self._connection = connection
        self._campaign = campaign
        self._sender = sender
        self._address = parseaddr(sender.mailbox)[1]
        self._transport = transport
        self._now = now
        self._public_url = settings.public_url()
        self._session_troubles = 0
        self._sender_faults = 0
        with connection.transaction(), connection.cursor() as cursor:
            self._worker = sends.new_worker(cursor)
            self._key = tokens.secret(cursor)
            self._sequences = sequence_versions(cursor, campaign.id)

    def run(self, zones_open: Callable[[datetime], list[str]], limit: int | None) -> None:
        tried = 0
        while self.result.stopped is None and (limit is None or tried < limit):
            claimed_at = self._now()
            batch = self._claim(zones_open, _BATCH if limit is None else min(_BATCH, limit - tried))
            if not batch:
                return
            try:
                for claimed in batch:
                    self._send(claimed)
                    tried += 1
                    if self.result.stopped is not None or self._now() - claimed_at > _LONGEST_BATCH:
                        break
            finally:
                with self._connection.transaction(), self._connection.cursor() as cursor:
                    sends.release(cursor, self._worker)
                    sends.doubt(cursor, self._worker)

    def _claim(self, zones_open: Callable[[datetime], list[str]], limit: int) -> list[sends.Claimed]:
        now = self._now()
        with self._connection.transaction(), self._connection.cursor() as cursor:
            return sends.claim(
                cursor,
                self._campaign.id,
                self._worker,
                zones_open(now),
                limit=limit,
                cap_per_day=self._campaign.config.sending.cap_per_day,
                day=self._campaign.config.day_of(now),
                now=now,
                lease_s=_LEASE_S,
            )

    def _send(self, claimed: sends.Claimed) -> None:
        try:
            composed = self._compose(claimed)
        except MailError as error:
            self._finish(claimed, "held", reason=str(error))
            return
        except Exception as error:
            # A fault of this program with this lead must not keep the others from their mails.
            self._finish(claimed, "held", reason=f"cannot be composed: {type(error).__name__}: {error}")
            return
        recipient = str(claimed.lead["email"])
        outcome = self._transport.deliver(
            self._address, recipient, composed.content, lambda: self._start(claimed, composed.message_id)
        )
        self._record(claimed, outcome)

    def _compose(self, claimed: sends.Claimed) -> Composed:
        sequence = self._sequences.get((claimed.sequence, claimed.sequence_version))
        if sequence is None or claimed.step > len(sequence.steps):
            raise MailError(f"sequence {claimed.sequence!r} has no step {claimed.step}")
        seen = templates.values(claimed.lead, claimed.owner, self._campaign.config, self._sender)
        names = (claimed.lead["first_name"], claimed.lead["last_name"])
        return compose(
            templates.render(sequence.steps[claimed.step - 1], seen),
            self._sender,
            recipient=claimed.lead["email"] or "",
            recipient_name=templates.one_line(" ".join(name for name in names if name)),
            send_id=claimed.id,
            lead_id=claimed.lead_id,
            key=self._key,
            public_url=self._public_url,
            now=self._now(),
        )

    def _start(self, claimed: sends.Claimed, message_id: str) -> bool:
        with self._connection.transaction(), self._connection.cursor() as cursor:
            return sends.start(
                cursor,
                claimed.id,
                self._worker,
                mode=self._campaign.config.mode,
                sender=self._address,
                recipient=claimed.lead["email"],
                message_id=message_id,
                now=self._now(),
            )

    def _record(self, claimed: sends.Claimed, outcome: Outcome) -> None:
        kind, reply = outcome.kind, outcome.reply
        if kind == "sent":
            self._sender_faults = 0
            self._finish(claimed, "sent", reply=reply)
        elif kind == "not_started":
            self._not_started(claimed)
        elif kind == "uncertain":
            self._finish(claimed, "uncertain", reason=reply)
        elif kind == "refused_permanent":
            self._finish(claimed, "failed", reason=reply, reply=reply, bounced=outcome.recipient_caused)
        else:
            self._finish(claimed, "held", reason=reply, reply=reply, counted=not outcome.session)
        self._session_troubles = self._session_troubles + 1 if outcome.session else 0
        self._sender_faults += kind == "sender_fault"
        if kind == "sender_fault" and (outcome.session or self._sender_faults >= _MOST_SENDER_FAULTS):
            self.result.stopped = f"the sender was refused: {without_addresses(reply)}"
        elif self._session_troubles >= _MOST_SESSION_TROUBLES:
            self.result.stopped = (
                f"{self._session_troubles} connections failed in a row: {without_addresses(reply)}"
            )
        self.result.sender_refused = self.result.stopped is not None

    def _finish(
        self,
        claimed: sends.Claimed,
        state: sends.Ended,
        *,
        reason: str | None = None,
        reply: str | None = None,
        counted: bool = True,
        bounced: bool = False,
    ) -> None:
        now = self._now()
        with self._connection.transaction(), self._connection.cursor() as cursor:
            if bounced:
                # First, for its lock: a start waits for it while it holds rows of the ledger, never we.
                suppressions.add(cursor, "address", claimed.lead["email"], "bounced", "smtp")
                cursor.execute(
                    "INSERT INTO engagement_events (lead_id, send_id, kind, happened_at) "
                    "VALUES (%s, %s, 'bounced', %s) ON CONFLICT DO NOTHING",
                    [claimed.lead_id, claimed.id, now],
                )
            ended = sends.finish(
                cursor, claimed.id, self._worker, state, now=now, reason=reason, reply=reply, counted=counted
            )
        if ended in ("sent", "held", "failed", "uncertain"):
            setattr(self.result, ended, getattr(self.result, ended) + 1)
        if reason is not None:
            self.result.reasons[without_addresses(reason)] += 1

    def _not_started(self, claimed: sends.Claimed) -> None:
        """Find out why the guard said no: the ledger shall say it, and the loop not come back to it."""
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute("SELECT state, mode FROM campaigns WHERE id = %s", [self._campaign.id])
            state, mode = cursor.fetchone() or ("archived", "simulation")
            sends.release(cursor, self._worker, claimed.id)
            skipped = sends.skip_stopped(cursor, self._campaign.id, claimed.id)
            if not skipped and state == "active" and mode == self._campaign.config.mode:
                cursor.execute(
                    "UPDATE sends SET state = 'held', next_try_at = %s, reason = 'the lead was changed "
                    "while its mail was written' WHERE id = %s AND state = 'planned'",
                    [self._now() + timedelta(minutes=15), claimed.id],
                )
        self.result.skipped += len(skipped)
        self.result.reasons.update(skipped)
        if not skipped:
            self.result.not_started += 1
        if state != "active":
            self.result.stopped = f"the campaign is {state}"
        elif mode != self._campaign.config.mode:
            self.result.stopped = f"the campaign's mode is now {mode}"
