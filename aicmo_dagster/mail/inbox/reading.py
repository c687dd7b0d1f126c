"""Read mailboxes: what is new in their folders since they were last read, message by message, each once.

1. One session a mailbox: whoever comes while another reads it goes away again.
2. A folder that was never read, or whose UIDs mean other messages now (UIDVALIDITY, RFC 3501 2.3.1.1), is read
   from the day of the first mail on; what was seen is known by its Message-ID.
3. A message's effects and the folder's place behind it are one transaction: a crash repeats and loses nothing.
4. A lost connection is made anew and goes on from that place. A message that cannot be read, or that loses the
   connection three times, is passed over and named by its UID.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import psycopg
from imapclient.exceptions import IMAPClientError

from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.errors import MailError
from aicmo_dagster.mail import effects
from aicmo_dagster.mail.inbox import incoming, recording
from aicmo_dagster.mail.inbox.session import LOST, MOST_BYTES, Folder, Head, Session
from aicmo_dagster.privacy import without_addresses
from aicmo_dagster.store import received
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.database import Connection
from aicmo_dagster.store.received import Place

_AT_ONCE = 100
_AT_ONCE_BYTES = 4 * MOST_BYTES
_LONGEST_S = 600
"""A mailbox with more than it can read in this time goes on the next time."""

_BESIDE_EACH_OTHER = 8
_CONNECTIONS = 5
_MOST_LOSSES = 3
_CLASHES = 3
_MOST_UNCERTAIN = 200
_UNCERTAIN_FOR = timedelta(days=30)
_DAY = timedelta(days=1)


@dataclass
class Reading:
    """What a reading brought: messages looked at, those that were about mails of ours by kind, mails proved to be sent.

    `faults` names messages that could not be read, or not wholly, by mailbox, folder and UID; `problems` says what
    is wrong with a mailbox or folder. `busy` are mailboxes that somebody else is reading.
    """

    messages: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    settled: int = 0
    busy: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __iadd__(self, other: "Reading") -> "Reading":
        self.messages += other.messages
        self.kinds += other.kinds
        self.settled += other.settled
        self.busy += other.busy
        self.faults += other.faults
        self.problems += other.problems
        return self


def mailboxes(campaigns: Iterable[Campaign]) -> list[Sender]:
    """The senders of live campaigns that have a mailbox to read, each address once."""
    found: dict[str, Sender] = {}
    for campaign in campaigns:
        if campaign.config.mode == "live":
            for sender in campaign.config.sending.senders:
                if sender.imap is not None:
                    found.setdefault(sender.address, sender)
    return list(found.values())


def read(
    senders: Sequence[Sender],
    connect: Callable[[], Connection],
    now: Callable[[], datetime],
    pause: Callable[[float], object] = time.sleep,
) -> Reading:
    """Read the mailboxes, some beside each other; what is wrong with one does not keep the others from being read.

    Raises only what the database does; then nothing is lost, and the next reading goes on.
    """
    whole = Reading()
    with ThreadPoolExecutor(_BESIDE_EACH_OTHER, thread_name_prefix="mailbox") as pool:
        for one in pool.map(lambda sender: _read(sender, connect, now, pause), senders):
            whole += one
    return whole


def _read(
    sender: Sender,
    connect: Callable[[], Connection],
    now: Callable[[], datetime],
    pause: Callable[[float], object],
) -> Reading:
    with connect() as connection:
        # No transaction is open while the mailbox is waited for.
        connection.autocommit = True
        with connection.cursor() as cursor:
            if not received.take_turn(cursor, sender.address):
                return Reading(busy=[sender.address])
        reader = _Reader(connection, sender, now)
        reader.read(pause)
        return reader.reading


class _OvertakenError(Exception):
    """Somebody else has read the folder meanwhile."""


class _Reader:
    """One mailbox."""

    def __init__(self, connection: Connection, sender: Sender, now: Callable[[], datetime]) -> None:
        self.reading = Reading()
        self._connection, self._sender, self._now = connection, sender, now
        self._until = time.monotonic() + _LONGEST_S
        self._losses: Counter[tuple[str, int]] = Counter()

    def read(self, pause: Callable[[float], object]) -> None:
        """Read every folder, over as many connections as it takes."""
        imap = self._sender.imap
        assert imap is not None
        works: list[Callable[[Session], None]] = [self._folder(name) for name in imap.folders]
        if imap.sent_folder is not None:
            works.append(self._sent(imap.sent_folder))
        for connection in range(1, _CONNECTIONS + 1):
            try:
                with Session(self._sender) as session:
                    while works:
                        self._work(works[0], session)
                        works.pop(0)
                return
            except MailError as error:
                self._problem(str(error))
                return
            except _OvertakenError:
                self.reading.busy.append(self._sender.address)
                return
            except LOST as error:
                if connection == _CONNECTIONS:
                    self._problem(f"{imap.host}:{imap.port}: {str(error) or type(error).__name__}")
                else:
                    pause(2.0 ** (connection - 1))

    def _work(self, work: Callable[[Session], None], session: Session) -> None:
        try:
            work(session)
        except MailError as error:
            self._problem(str(error))
        except LOST:
            raise
        except IMAPClientError as error:
            self._problem(f"the server does not do what was asked: {error}")

    def _problem(self, text: str) -> None:
        self.reading.problems.append(f"{self._sender.address}: {without_addresses(text)[:500]}")

    def _fault(self, folder: str, uid: int, what: str) -> None:
        self.reading.faults.append(f"{self._sender.address} {folder} UID {uid}: {what}")

    def _folder(self, name: str) -> Callable[[Session], None]:
        def work(session: Session) -> None:
            folder = session.open(name)
            place, since = self._place(name, folder)
            uids = session.uids(place.last_uid if place else 0, since) if since is not None else []
            for start in range(0, len(uids), _AT_ONCE):
                if time.monotonic() > self._until:
                    return
                part = uids[start : start + _AT_ONCE]
                for head, content in self._contents(session, name, session.heads(part)):
                    place = self._message(name, folder, place, head, content)
                place = self._move(name, place, Place(folder.uid_validity, part[-1]))
            self._move(name, place, Place(folder.uid_validity, max([folder.uid_next - 1, *uids[-1:], 0])))

        return work

    def _place(self, name: str, folder: Folder) -> tuple[Place | None, datetime | None]:
        """How far the folder was read, and from which time on anything may be about a mail of ours (None: nothing is).

        A folder whose place means nothing is put at its beginning.
        """
        with self._connection.transaction(), self._connection.cursor() as cursor:
            place = received.place(cursor, self._sender.address, name)
            first = received.first_mail_at(cursor)
        since = None if first is None else first - 2 * _DAY
        if place is None:
            return None, since
        went_back = 0 < folder.uid_next <= place.last_uid
        if place.uid_validity != folder.uid_validity or went_back:
            return self._move(name, place, Place(folder.uid_validity, 0)), since
        return place, since

    def _contents(self, session: Session, folder: str, heads: Sequence[Head]) -> Iterator[tuple[Head, bytes]]:
        """Message by message; those that cannot be had are left out and named."""
        for group in _groups(heads, lambda head: self._losses[folder, head.uid]):
            if self._losses[folder, group[0].uid] >= _MOST_LOSSES:
                self._fault(folder, group[0].uid, "the connection is lost over it")
                continue
            contents = self._fetched(session, folder, group)
            for head in group:
                if head.uid in contents:
                    yield head, contents.pop(head.uid)

    def _fetched(self, session: Session, folder: str, group: Sequence[Head]) -> dict[int, bytes]:
        uids = [head.uid for head in group]
        try:
            return session.contents(uids)
        except LOST:
            self._losses.update((folder, uid) for uid in uids)
            raise
        except IMAPClientError as error:
            if len(group) > 1:
                # Servers refuse a whole answer for one message that they cannot give.
                return {
                    uid: text
                    for head in group
                    for uid, text in self._fetched(session, folder, [head]).items()
                }
            self._fault(folder, uids[0], type(error).__name__)
            return {}

    def _message(
        self, name: str, folder: Folder, place: Place | None, head: Head, content: bytes
    ) -> Place | None:
        """Do what follows from a message; returns the folder's place."""
        self.reading.messages += 1
        at = min(head.received_at, self._now())
        read = incoming.read(content, at)
        for fault in read.faults:
            self._fault(name, head.uid, fault)
        found = recording.Found(self._sender.address, at, content, read)
        to = Place(folder.uid_validity, head.uid)
        try:
            recorded = self._record(found, name, place, to)
        except (psycopg.OperationalError, psycopg.InterfaceError, _OvertakenError):
            raise
        except Exception as error:
            # Only its name: the words of an error may quote the message.
            self._fault(name, head.uid, type(error).__name__)
            recorded = self._without_words(found, name, place, to)
        if recorded is None:
            return place
        self.reading.kinds[recorded.kind] += 1
        for fault in recorded.faults:
            self._fault(name, head.uid, fault)
        return to

    def _record(
        self, found: recording.Found, name: str, place: Place | None, to: Place
    ) -> recording.Recorded | None:
        for _ in range(_CLASHES):
            with contextlib.suppress(psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
                return self._recorded(found, name, place, to)
        return self._recorded(found, name, place, to)

    def _without_words(
        self, found: recording.Found, name: str, place: Place | None, to: Place
    ) -> recording.Recorded | None:
        """What failed over odd words succeeds without them; what fails then is no fault of this message.

        The folder stays where it is, so that nothing is lost, until somebody has mended that.
        """
        try:
            return self._record(replace(found, bare=True), name, place, to)
        except (psycopg.OperationalError, psycopg.InterfaceError, _OvertakenError):
            raise
        except Exception as error:
            raise MailError(
                f"{name} UID {to.last_uid}: its effects cannot be recorded ({type(error).__name__}); the folder is "
                "read from there again"
            ) from None

    def _recorded(
        self, found: recording.Found, name: str, place: Place | None, to: Place
    ) -> recording.Recorded | None:
        with self._connection.transaction(), self._connection.cursor() as cursor:
            recorded = recording.record(cursor, found)
            if recorded is not None:
                self._note(cursor, name, place, to)
        return recorded

    def _move(self, name: str, before: Place | None, to: Place) -> Place:
        with self._connection.transaction(), self._connection.cursor() as cursor:
            self._note(cursor, name, before, to)
        return to

    def _note(
        self,
        cursor: psycopg.Cursor[psycopg.rows.TupleRow],
        name: str,
        before: Place | None,
        to: Place,
    ) -> None:
        if not received.move(cursor, self._sender.address, name, before, to, self._now()):
            raise _OvertakenError

    def _sent(self, name: str) -> Callable[[Session], None]:
        def work(session: Session) -> None:
            since = self._now() - _UNCERTAIN_FOR
            with self._connection.transaction(), self._connection.cursor() as cursor:
                doubted = received.uncertain(cursor, self._sender.address, since, _MOST_UNCERTAIN)
            if not doubted:
                return
            session.open(name)
            there = [message_id for message_id in doubted if session.holds(message_id)]
            if there:
                with self._connection.transaction(), self._connection.cursor() as cursor:
                    self.reading.settled += effects.settle_uncertain(cursor, there)

        return work


def _groups(heads: Sequence[Head], losses: Callable[[Head], int]) -> Iterator[list[Head]]:
    """Messages to be fetched together: no more than fit into memory, and suspects of losing the connection alone."""
    group: list[Head] = []
    size = 0
    for head in heads:
        alone = losses(head) > 0
        own = min(head.size, MOST_BYTES)
        if group and (alone or size + own > _AT_ONCE_BYTES):
            yield group
            group, size = [], 0
        group.append(head)
        size += own
        if alone:
            yield group
            group, size = [], 0
    if group:
        yield group
