"""Send what is due: claim, invite, commit `sending`, content, answer, commit the end.

Each mailbox has a feed of claimed mails and as many connections as its server takes. A connection's next mail
is asked for together with the content of the one before, and both are committed together (see `mail.ledger`).

Whatever happens, a mail leaves at most once, and one whose end nobody knows is `uncertain`, never sent again
by itself.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import LiteralString, TypeVar

import psycopg
from psycopg.rows import TupleRow

from aicmo_dagster import settings
from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.errors import ConfigurationError, MailError, StoreError
from aicmo_dagster.mail import failpoint, tokens
from aicmo_dagster.mail.ledger import Bounce, Entry, Ledger
from aicmo_dagster.mail.outcome import Letter, Outcome, Transport
from aicmo_dagster.mail.writer import Writer
from aicmo_dagster.privacy import without_addresses
from aicmo_dagster.stages.sending_window import closing_times, opening
from aicmo_dagster.store import caps, claims, enrolments, starts
from aicmo_dagster.store.campaigns import Campaign, sequence_versions
from aicmo_dagster.store.caps import Limits
from aicmo_dagster.store.claims import Claims
from aicmo_dagster.store.database import Connection
from aicmo_dagster.store.sends import Claimed
from aicmo_dagster.store.starts import Ending, Starting

Result = TypeVar("Result")
_BATCH = 500
_LEASE = timedelta(minutes=15)
_FRESH = timedelta(minutes=1)
"""How long a claim is used before the windows, the caps and the campaign are looked at again."""

_PATIENCE = timedelta(minutes=1)
"""How long a run waits for a mailbox that rests between two mails."""

_PATIENCE_WITH_DATABASE = timedelta(minutes=2)
_MOST_SENDER_FAULTS = 3
_HELD_FOR_FAULT = timedelta(hours=1)


@dataclass
class Delivered:
    """What became of the mails that a run took up, mail by mail.

    `not_started` are those given back for the next run. `stopped` says why the run ended early, and
    `sender_refused` whether because no mail could be handed over. `reasons` counts why mails were held, skipped,
    failed or doubted, without the addresses in the server's words: the ledger has the words in full.
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
    transport: Callable[[Sender], Transport],
    *,
    now: Callable[[], datetime],
    pause: Callable[[float], object],
    refused: Mapping[str, str] | None = None,
    watch: Callable[[], object] | None = None,
    limit: int | None = None,
) -> Delivered:
    """Send the campaign's due mails, at most `limit`, as its caps, windows and mailboxes allow.

    May run several times at once. `transport` opens a connection to a mailbox's server, `pause` waits for
    seconds, `refused` are mailboxes that may not send, and why, and `watch` is called every minute between mails, to
    pause the campaign where too many come back. Raises ConfigurationError when the campaign has no
    sender, StoreError when the database stays away.
    """
    senders = campaign.config.sending.senders
    if not senders:
        raise ConfigurationError(
            f"campaign {campaign.key!r} has no sender; give sending.senders with mailbox and postal_address"
        )
    result = Delivered()
    with connect() as connection:
        claims.orphans(connection.cursor(), campaign.id, now())
    for address, reason in (refused or {}).items():
        result.stopped = f"{address} does not send: {reason}"
        result.sender_refused = True
    ledger = Ledger(connect, campaign, now)
    try:
        run = _Run(connect, campaign, ledger, result, now, pause, watch, limit)
        try:
            feeds = [_Feed(run, sender) for sender in senders if sender.address not in (refused or {})]
            _all([_Lane(feed, transport) for feed in feeds for _ in range(feed.connections)], run)
        finally:
            ledger.finish()
            run.give_up()
            run.close()
    finally:
        ledger.close()
    return result


def _all(lanes: Sequence["_Lane"], run: "_Run") -> None:
    """Run the lanes to their end, beside each other; the first error stops all and is raised."""
    if len(lanes) == 1:
        lanes[0].run()
        return
    with ThreadPoolExecutor(max(1, len(lanes)), thread_name_prefix="mails") as pool:
        futures = [pool.submit(lane.run) for lane in lanes]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        except BaseException:
            run.over.set()
            for lane in lanes:
                lane.cut()
            raise
        finally:
            run.over.set()
    for future in futures:
        future.result()


class _Run:
    """What all mailboxes of one run share."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        campaign: Campaign,
        ledger: Ledger,
        result: Delivered,
        now: Callable[[], datetime],
        pause: Callable[[float], object],
        watch: Callable[[], object] | None,
        limit: int | None,
    ) -> None:
        self.campaign, self.config, self.ledger, self.now, self.pause = (
            campaign,
            campaign.config,
            ledger,
            now,
            pause,
        )
        self.limits = Limits.of(campaign.config)
        self.over = threading.Event()
        self.writing = threading.Lock()
        self.ahead = ThreadPoolExecutor(1, thread_name_prefix="claims")
        self._result = result
        self._connect = connect
        self._connection = connect()
        self._lock = threading.RLock()
        self._counting = threading.Lock()
        self._left = limit
        self._zones: list[str] = []
        self._zones_read: datetime | None = None
        self._watch, self._watched_at = watch, now()
        key, sequences = self._transact(
            lambda cursor: (tokens.secret(cursor), sequence_versions(cursor, campaign.id))
        )
        self.writer = Writer(campaign, sequences, key, settings.public_url())

    def claim(self, mailbox: str, most: int) -> tuple[list[Claimed], dict[str, datetime]]:
        """Mails for the mailbox, and when the window of each zone closes."""
        with self._lock:
            if self._left is not None:
                most = min(most, self._left)
            now = self.now()
            if self._watch is not None and now - self._watched_at >= _FRESH:
                self._watched_at = now
                self._watch()
            found, closing = self._transact(lambda cursor: self._claim(cursor, mailbox, most, now))
            if self._left is not None:
                self._left -= len(found)
        failpoint.reached("claimed")
        return found, closing

    def _claim(
        self, cursor: starts.Cursor, mailbox: str, most: int, now: datetime
    ) -> tuple[list[Claimed], dict[str, datetime]]:
        if self._zones_read is None or now - self._zones_read >= _FRESH:
            self._zones = enrolments.open_zones(cursor, self.campaign.id)
            self._zones_read = now
        sending = self.config.sending
        closing = closing_times(self._zones, sending, now)
        if not closing or most <= 0:
            return [], {}
        found = claims.claim(
            cursor,
            Claims(self.campaign.id, self.ledger.worker, mailbox, self.limits, _LEASE),
            zones=list(closing),
            opening=cache(lambda country, zone: opening(sending, country, zone, now)),
            limit=most,
            day=self.config.day_of(now),
            now=now,
        )
        return found, closing

    def _transact(self, work: Callable[[starts.Cursor], Result]) -> Result:
        """Work in a transaction of its own; a database that is away is waited for, and then asked again.

        Raises StoreError when it stays away.
        """
        give_up = time.monotonic() + _PATIENCE_WITH_DATABASE.total_seconds()
        with self._lock:
            while True:
                try:
                    if self._connection.closed:
                        self._connection = self._connect()
                    with self._connection.transaction(), self._connection.cursor() as cursor:
                        return work(cursor)
                except (psycopg.OperationalError, psycopg.InterfaceError, StoreError) as error:
                    self._connection.close()
                    if time.monotonic() > give_up:
                        raise StoreError(f"the database stays away: {type(error).__name__}") from error
                    time.sleep(0.2)

    def release(self, found: Sequence[Claimed]) -> None:
        """Give claimed mails back."""
        with self._lock:
            self._transact(
                lambda cursor: claims.release(cursor, self.ledger.worker, [one.id for one in found])
            )
            if self._left is not None:
                self._left += len(found)

    def take_back(self, send_id: int) -> None:
        """Plan a mail again that was invited, and of which not a byte has left."""
        self._transact(lambda cursor: starts.take_back(cursor, self.ledger.worker, [send_id]))

    def give_up(self) -> None:
        """Give back what was claimed and not sent, and doubt what was begun and not ended."""
        self.ahead.shutdown()
        self._transact(lambda cursor: claims.release(cursor, self.ledger.worker))
        self._transact(lambda cursor: starts.doubt(cursor, self.ledger.worker))

    def close(self) -> None:
        """End the session."""
        self._connection.close()

    def next_at(self, mailbox: str) -> datetime | None:
        """When the mailbox may write its next mail, as far as its rest between two goes."""
        return self._transact(lambda cursor: caps.mailbox(cursor, self.limits, mailbox).next_at)

    def troubled(self, mailbox: str, reason: str) -> bool:
        """Count a connection that failed; whether the mailbox is held now."""
        most = self.config.sending.holds.connection_errors
        now = self.now()
        until = self._transact(lambda cursor: caps.trouble(cursor, self.limits, mailbox, most, reason, now))
        return until is not None

    def recovered(self, mailbox: str) -> None:
        """The mailbox's server answers again."""
        self._transact(lambda cursor: caps.recovered(cursor, self.limits, mailbox))

    def hold(self, mailbox: str, reason: str) -> None:
        """The mailbox's server takes no mails from it: somebody has to look."""
        until = self.now() + _HELD_FOR_FAULT
        self._transact(lambda cursor: caps.hold(cursor, self.limits, mailbox, until, reason))

    def state_of_campaign(self) -> str:
        """Why it sends no more."""
        state, mode = self._row("SELECT state, mode FROM campaigns WHERE id = %s", self.campaign.id) or (
            "gone",
            "simulation",
        )
        return f"the campaign is {state}" if state != "active" else f"the campaign's mode is now {mode}"

    def reason(self, send_id: int) -> str | None:
        """What the ledger says of a mail."""
        (reason,) = self._row("SELECT reason FROM sends WHERE id = %s", send_id) or (None,)
        return None if reason is None else str(reason)

    def _row(self, query: LiteralString, number: int) -> TupleRow | None:
        return self._transact(lambda cursor: cursor.execute(query, [number]).fetchone())

    def count(self, state: str, reason: str | None) -> None:
        """Add one mail to the result."""
        with self._counting:
            if state in ("sent", "held", "failed", "uncertain", "skipped", "not_started"):
                setattr(self._result, state, getattr(self._result, state) + 1)
            if reason is not None:
                self._result.reasons[without_addresses(reason)] += 1

    def stop(self, reason: str, *, sender: bool) -> None:
        """Note why mails stopped before all were sent."""
        with self._counting:
            self._result.stopped = self._result.stopped or without_addresses(reason)
            self._result.sender_refused |= sender


@dataclass
class _Batch:
    """Mails claimed together, and when the window of each zone closes."""

    mails: deque[Claimed]
    closing: dict[str, datetime]
    claimed_at: datetime


class _Feed:
    """Claimed mails of one mailbox, for its connections."""

    def __init__(self, run: _Run, sender: Sender) -> None:
        self.run, self.sender = run, sender
        self.rests = run.limits.rests(sender.address)
        self.connections = 1 if self.rests or sender.smtp is None else sender.smtp.connections
        if not run.limits.live:
            self.connections = 1
        self._lock = threading.Lock()
        self._batch = _Batch(deque(), {}, run.now())
        self._ahead: Future[_Batch] | None = None
        self._over = False
        self._faults = 0
        self._troubled = True  # perhaps since an earlier run

    @property
    def over(self) -> bool:
        """Whether the mailbox sends no more in this run."""
        return self._over or self.run.over.is_set()

    def next(self, *, may_wait: bool) -> tuple[Claimed, datetime] | None:
        """A mail and the end of its window; None where there is none now, or without waiting."""
        if self.over or (self.rests and not self._rested(may_wait)):
            return None
        with self._lock:
            if self._batch.mails and self.run.now() - self._batch.claimed_at > _FRESH:
                self.run.release(self._batch.mails)
                self._batch.mails.clear()
            if not self._batch.mails:
                ahead, self._ahead = self._ahead, None
                self._batch = ahead.result() if ahead else self._claim()
                if len(self._batch.mails) == _BATCH:
                    # The next ones are looked for while these are sent.
                    self._ahead = self.run.ahead.submit(self._claim)
            if not self._batch.mails:
                self._over = True
                return None
            one = self._batch.mails.popleft()
            return one, self._batch.closing[one.lead["time_zone"]]

    def _claim(self) -> "_Batch":
        now = self.run.now()
        found, closing = self.run.claim(self.sender.address, 1 if self.rests else _BATCH)
        return _Batch(deque(found), closing, now)

    def _rested(self, may_wait: bool) -> bool:
        """Whether the mailbox may write again, after a wait for it where it is worth one."""
        while (until := self.run.next_at(self.sender.address)) is not None and until > self.run.now():
            left = until - self.run.now()
            if not may_wait:
                return False
            if left > _PATIENCE:
                self._over = True
                return False
            self.run.pause(left.total_seconds())
        return True

    def stop(self) -> None:
        """Send no more from this mailbox, and give back what it has claimed."""
        with self._lock:
            self._over = True
            self.run.release(self._batch.mails)
            self._batch.mails.clear()

    def ended(self, outcome: Outcome) -> None:
        """Judge the mailbox by what became of a mail."""
        kind, reply = outcome.kind, outcome.reply
        if kind == "sender_fault":
            self._faults += 1
            if outcome.session or self._faults >= _MOST_SENDER_FAULTS:
                self.run.hold(self.sender.address, without_addresses(reply))
                self.run.stop(f"the sender was refused: {reply}", sender=True)
                self.stop()
        elif outcome.session:
            self._troubled = True
            if self.run.troubled(self.sender.address, without_addresses(reply)):
                errors = self.run.config.sending.holds.connection_errors
                self.run.stop(f"{errors} connections failed in a row: {reply}", sender=True)
                self.stop()
        elif kind == "sent":
            self._faults = 0
            if self._troubled:
                self._troubled = False
                self.run.recovered(self.sender.address)


class _Lane:
    """One connection: mails one after the other."""

    def __init__(self, feed: _Feed, transport: Callable[[Sender], Transport]) -> None:
        self._feed, self._run = feed, feed.run
        self._transport = transport(feed.sender)

    def run(self) -> None:
        """Send until the feed has no more."""
        started: _Mail | None = None
        try:
            while True:
                try:
                    following = self._next(may_wait=started is None)
                except BaseException:
                    if started is not None:
                        self._transport.abandon()
                        self._run.take_back(started.claimed.id)
                    raise
                if started is None and following is None:
                    return
                started = self._exchange(started, following)
        finally:
            self._transport.close()

    def cut(self) -> None:
        """End the connection from another thread, whatever it is doing."""
        self._transport.abandon()

    def _next(self, *, may_wait: bool) -> "_Mail | None":
        while (found := self._feed.next(may_wait=may_wait)) is not None:
            claimed, closes_at = found
            try:
                # One at a time: it is all arithmetic, and who has an answer to read need not queue behind all.
                with self._run.writing:
                    composed = self._run.writer.write(claimed, self._feed.sender, self._run.now())
            except MailError as error:
                self._set_aside(claimed, str(error))
                continue
            except Exception as error:
                # A fault of this program with this lead must not keep the others from their mails.
                self._set_aside(claimed, f"cannot be composed: {type(error).__name__}: {error}")
                continue
            letter = Letter(self._feed.sender.address, str(claimed.lead["email"]), composed.content)
            return _Mail(claimed, closes_at, composed.message_id, composed.subject, letter)
        return None

    def _set_aside(self, claimed: Claimed, reason: str) -> None:
        self._write([(Ending(claimed.id, "held", reason=reason), None)], None)

    def _exchange(self, started: "_Mail | None", following: "_Mail | None") -> "_Mail | None":
        """The content of the one and the envelope of the other; returns the other when it may go on."""
        ended, refused = self._transport.exchange(
            started.letter if started else None, following.letter if following else None
        )
        if following is not None and refused is None:
            failpoint.reached("invited")
        ends: list[tuple[Ending, Bounce | None]] = []
        if started is not None and ended is not None:
            ends.append(_end(started, ended))
        given_back = None
        if following is not None and refused is not None:
            if refused.kind == "again":
                given_back = following
            else:
                ends.append(_end(following, refused))
            following = None
        try:
            entry = self._write(ends, following)
        except BaseException:
            self._transport.abandon()
            raise
        if following is not None and entry.refused is not None:
            self._transport.abandon()
            self._refused(following, entry.refused)
            following = None
        for outcome in (ended, refused):
            if outcome is not None and outcome.kind != "again":
                self._feed.ended(outcome)
        if given_back is not None:
            self._run.release([given_back.claimed])
        if following is not None:
            failpoint.reached("started")
        return following

    def _write(self, ends: Sequence[tuple[Ending, Bounce | None]], following: "_Mail | None") -> Entry:
        entry = self._run.ledger.write(
            Entry(
                endings=[ending for ending, _ in ends],
                bounces=[bounce for _, bounce in ends if bounce is not None],
                starting=following.starting(self._feed.sender.address) if following else None,
            )
        )
        for ending, _ in ends:
            self._run.count(entry.states[ending.send_id], ending.reason)
        if ends:
            failpoint.reached("recorded")
        return entry

    def _refused(self, mail: "_Mail", why: starts.Refusal) -> None:
        if why in ("held", "skipped"):
            self._run.count(why, self._run.reason(mail.claimed.id))
            return
        self._run.count("held" if why == "domain_cap" else "not_started", None)
        if why == "campaign":
            self._run.stop(self._run.state_of_campaign(), sender=False)
            self._feed.stop()
        elif why in ("campaign_cap", "mailbox_cap", "mailbox_held"):
            self._feed.stop()


@dataclass(frozen=True)
class _Mail:
    """A claimed mail as it was written."""

    claimed: Claimed
    closes_at: datetime
    message_id: str
    subject: str
    letter: Letter

    def starting(self, mailbox: str) -> Starting:
        return Starting(
            send_id=self.claimed.id,
            mailbox=mailbox,
            recipient=self.letter.recipient,
            domain=self.claimed.lead["email_domain"] or "",
            message_id=self.message_id,
            subject=self.subject,
            closes_at=self.closes_at,
        )


def _end(mail: _Mail, outcome: Outcome) -> tuple[Ending, Bounce | None]:
    number, reply = mail.claimed.id, outcome.reply.replace("\x00", " ")
    bounce = Bounce(number, mail.claimed.lead_id) if outcome.recipient_caused else None
    if outcome.kind == "sent":
        return Ending(number, "sent", reply=reply), None
    if outcome.kind == "uncertain":
        return Ending(number, "uncertain", reason=reply), None
    if outcome.kind == "refused_permanent":
        return Ending(number, "failed", reason=reply, reply=reply), bounce
    return Ending(number, "held", reason=reply, reply=reply, counted=not outcome.session), None
