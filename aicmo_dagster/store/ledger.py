"""The ledger of requests that cost something: written before they are made, so that nobody pays twice.

1. `claim` commits a request in state `sending` with the people it is about, within the budget.
2. The request is made.
3. `answered`, `submitted`, `refused` or `uncertain` commits how it went.

    sending -> pending -> answered | refused | uncertain        sending -> answered | refused | uncertain

A process that dies between 1 and 3 leaves `sending`, which becomes `uncertain` after an hour: its people are not
asked about again before somebody releases them. An answer that comes late all the same is taken. Every method is
a transaction of its own, on the ledger's own connection.

The table `vendor_answers` has one row for a vendor, operation and subject, whatever the campaign: claiming is
inserting it, or taking over a row whose answer is too old. Claims of a campaign at a vendor wait for each other,
so that together they stay within the budget.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.config import Budget
from aicmo_dagster.errors import BudgetError, LeadNotFoundError
from aicmo_dagster.privacy import without_addresses
from aicmo_dagster.store import database
from aicmo_dagster.store.audit import record as audit
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.database import rows

LONGEST_REQUEST = timedelta(hours=1)
"""A request that is `sending` for longer was left by a process that died. `vendors.client` gives up long before."""

Cursor = psycopg.Cursor[TupleRow]
T = TypeVar("T")


@dataclass(frozen=True)
class Claim:
    """A request that may be made now, about these subjects (the first ones that were free and affordable)."""

    request_id: int
    subjects: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What is known of a subject: a record, or None where the vendor found nothing."""

    record: Mapping[str, str] | None
    request_id: int
    answered_at: datetime


@dataclass(frozen=True)
class Pending:
    """A request whose answer is to be fetched from `next_poll_at` on."""

    request_id: int
    vendor_request_id: str
    subjects: tuple[str, ...]
    next_poll_at: datetime


class Ledger:
    """One campaign's dealings with one vendor in one run. A context manager: it has a connection of its own.

    The budget is shared by the vendor's operations. Times are those of the database's clock.
    """

    def __init__(
        self,
        campaign: Campaign,
        run_id: UUID,
        vendor: str,
        operation: str,
        budget: Budget,
        max_age_days: float,
    ) -> None:
        self._campaign = campaign
        self._vendor = vendor
        self._budget = budget
        self._asked = {
            "campaign": campaign.id,
            "run": run_id,
            "vendor": vendor,
            "operation": operation,
            "max_age": timedelta(days=max_age_days),
        }
        self._connection: database.Connection | None = None

    def __enter__(self) -> Self:
        self._connection = database.connect(autocommit=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()

    def answers(self, subjects: Sequence[str]) -> dict[str, Answer]:
        """What the vendor answered, in any campaign, within the last `max_age_days`."""
        found = self._transaction(
            lambda cursor: cursor.execute(
                "SELECT subject, record, request_id, answered_at FROM vendor_answers "
                "WHERE vendor = %(vendor)s AND operation = %(operation)s AND subject = ANY(%(subjects)s) "
                "AND answered_at > clock_timestamp() - %(max_age)s",
                {**self._asked, "subjects": list(subjects)},
            ).fetchall()
        )
        return {subject: Answer(record, request_id, at) for subject, record, request_id, at in found}

    def open(self, subjects: Sequence[str]) -> dict[str, str]:
        """Those that are in a request that is `sending`, `pending` or `uncertain`, of any campaign -> that state."""

        def work(cursor: Cursor) -> dict[str, str]:
            _give_up(cursor)
            cursor.execute(
                "SELECT a.subject, r.state FROM vendor_answers a JOIN vendor_requests r ON r.id = a.request_id "
                "WHERE a.vendor = %(vendor)s AND a.operation = %(operation)s AND a.subject = ANY(%(subjects)s) "
                "AND a.answered_at IS NULL",
                {**self._asked, "subjects": list(subjects)},
            )
            return dict(cursor.fetchall())

        return self._transaction(work)

    def claim(self, subjects: Sequence[str], credits_each: float) -> Claim | None:
        """Claim the first of the subjects that have no fresh answer and are in no open request.

        As many as the budget allows; None where none is left to ask about. Raises BudgetError where the budget
        allows none of them.
        """
        distinct = list(dict.fromkeys(subjects))

        def work(cursor: Cursor) -> Claim | None:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                [f"aicmo.ledger/{self._campaign.id}/{self._vendor}"],
            )
            _give_up(cursor)
            while free := self._free(cursor, distinct):
                now, affordable = self._affordable(cursor, credits_each, len(free))
                claim = self._insert(cursor, free[:affordable], credits_each, now)
                if claim is not None:
                    return claim
            return None

        return self._transaction(work)

    def submitted(self, request_id: int, vendor_request_id: str, poll_after_s: float) -> None:
        """The vendor took the request (or is still at work): it is `pending`."""
        self._transaction(
            lambda cursor: cursor.execute(
                "UPDATE vendor_requests SET state = 'pending', vendor_request_id = %s, error = NULL, "
                "finished_at = NULL, next_poll_at = clock_timestamp() + make_interval(secs => %s) "
                "WHERE id = %s AND state IN ('sending', 'pending', 'uncertain')",
                [vendor_request_id, poll_after_s, request_id],
            )
        )

    def answered(self, request_id: int, records: Sequence[Mapping[str, str] | None], credits: float) -> None:
        """The answers, in the order of the claim's subjects, and what they cost.

        The first answer stays: another process may have fetched it too. Raises ValueError unless there is one
        record or None for each subject.
        """
        texts = [None if one is None else _json(one) for one in records]

        def work(cursor: Cursor) -> None:
            (request,) = rows(
                cursor, "SELECT state, subjects FROM vendor_requests WHERE id = %s FOR UPDATE", [request_id]
            )
            if request["subjects"] != len(texts):
                raise ValueError(f"{len(texts)} records answer a request about {request['subjects']} people")
            if request["state"] not in ("sending", "pending", "uncertain"):
                return
            cursor.execute(
                "UPDATE vendor_requests SET state = 'answered', found = %s, credits = %s, error = NULL, "
                "next_poll_at = NULL, finished_at = clock_timestamp() WHERE id = %s",
                [len(texts) - texts.count(None), credits, request_id],
            )
            _lock_subjects(cursor, request_id)
            cursor.execute(
                "UPDATE vendor_answers a SET record = n.record::jsonb, answered_at = clock_timestamp() "
                "FROM unnest(%s::text[]) WITH ORDINALITY AS n (record, number) "
                "WHERE a.request_id = %s AND a.place = n.number - 1",
                [texts, request_id],
            )

        self._transaction(work)

    def refused(self, request_id: int, error: str) -> None:
        """It was not carried out: its subjects are free again and nothing was spent."""

        def work(cursor: Cursor) -> None:
            if _end(cursor, request_id, "refused", error):
                cursor.execute("UPDATE vendor_requests SET credits = 0 WHERE id = %s", [request_id])
                _free_subjects(cursor, request_id)

        self._transaction(work)

    def uncertain(self, request_id: int, error: str) -> None:
        """Nobody knows whether it was carried out: what was reserved counts as spent."""
        self._transaction(lambda cursor: _end(cursor, request_id, "uncertain", error))

    def pending(self) -> list[Pending]:
        """The campaign's requests of this vendor whose answers are still to be fetched, oldest first."""

        def work(cursor: Cursor) -> list[Pending]:
            _give_up(cursor)
            cursor.execute(
                "SELECT r.id, r.vendor_request_id, array_agg(a.subject ORDER BY a.place), r.next_poll_at "
                "FROM vendor_requests r JOIN vendor_answers a ON a.request_id = r.id "
                "WHERE r.campaign_id = %(campaign)s AND r.vendor = %(vendor)s AND r.operation = %(operation)s "
                "AND r.state = 'pending' GROUP BY r.id ORDER BY r.id",
                self._asked,
            )
            return [Pending(id_, name, tuple(subjects), at) for id_, name, subjects, at in cursor.fetchall()]

        return self._transaction(work)

    def _free(self, cursor: Cursor, subjects: list[str]) -> list[str]:
        """Those that may be asked about, in their order."""
        cursor.execute(
            "SELECT s.subject FROM unnest(%(subjects)s::text[]) WITH ORDINALITY AS s (subject, number) "
            "LEFT JOIN vendor_answers a ON a.vendor = %(vendor)s AND a.operation = %(operation)s "
            "AND a.subject = s.subject "
            "WHERE a.subject IS NULL OR a.answered_at <= clock_timestamp() - %(max_age)s ORDER BY s.number",
            {**self._asked, "subjects": subjects},
        )
        return [subject for (subject,) in cursor.fetchall()]

    def _affordable(self, cursor: Cursor, credits_each: float, wanted: int) -> tuple[datetime, int]:
        """The time, and how many people can be paid for then: 1 to `wanted`. Raises BudgetError."""
        now: datetime
        (now,) = cursor.execute("SELECT clock_timestamp()").fetchone() or (None,)
        start, end = self._campaign.config.day_of(now)
        (spent,) = rows(
            cursor,
            "SELECT coalesce(sum(credits) FILTER (WHERE run_id = %(run)s), 0) AS credits_per_run, "
            "coalesce(sum(credits) FILTER (WHERE created_at >= %(start)s AND created_at < %(end)s), 0) "
            "AS credits_per_day, coalesce(sum(credits), 0) AS credits_per_campaign "
            "FROM vendor_requests WHERE campaign_id = %(campaign)s AND vendor = %(vendor)s",
            {**self._asked, "start": start, "end": end},
        )
        if credits_each <= 0:
            return now, wanted
        left = {name: getattr(self._budget, name) - spent[name] for name in spent}
        tightest = min(left, key=lambda name: left[name])
        # A hair more, because credits are sums of fractions.
        affordable = int((left[tightest] + 1e-9) // credits_each)
        if affordable < 1:
            wait = f", or wait until {end:%Y-%m-%d %H:%M %Z}" if tightest == "credits_per_day" else ""
            raise BudgetError(
                f"{self._vendor}: campaign '{self._campaign.key}' has spent {spent[tightest]:g} of the "
                f"{getattr(self._budget, tightest):g} credits that {tightest} allows, and a person costs "
                f"{credits_each:g}; raise budget.{tightest} of {self._vendor} in the campaign document{wait}"
            )
        return now, min(affordable, wanted)

    def _insert(
        self, cursor: Cursor, subjects: list[str], credits_each: float, now: datetime
    ) -> Claim | None:
        """The claim, committed with the transaction; None where another campaign was faster with one of them."""
        with cursor.connection.transaction() as savepoint:
            # In the order of subjects, so that two claims never wait for each other.
            cursor.execute(
                "WITH request AS ("
                "  INSERT INTO vendor_requests"
                "    (campaign_id, run_id, vendor, operation, state, subjects, credits, created_at)"
                "  VALUES (%(campaign)s, %(run)s, %(vendor)s, %(operation)s, 'sending', %(count)s, %(credits)s,"
                "    %(now)s) RETURNING id) "
                "INSERT INTO vendor_answers AS a (vendor, operation, subject, request_id, place) "
                "SELECT %(vendor)s, %(operation)s, s.subject, request.id, s.number - 1 "
                "FROM request, unnest(%(subjects)s::text[]) WITH ORDINALITY AS s (subject, number) "
                "ORDER BY s.subject "
                "ON CONFLICT (vendor, operation, subject) DO UPDATE SET request_id = EXCLUDED.request_id, "
                "place = EXCLUDED.place, record = NULL, answered_at = NULL "
                "WHERE a.answered_at <= %(now)s - %(max_age)s "
                "RETURNING request_id",
                {
                    **self._asked,
                    "subjects": subjects,
                    "count": len(subjects),
                    "credits": len(subjects) * credits_each,
                    "now": now,
                },
            )
            claimed = cursor.fetchall()
            if len(claimed) == len(subjects):
                return Claim(claimed[0][0], tuple(subjects))
            raise psycopg.Rollback(savepoint)
        return None

    def _transaction(self, work: Callable[[Cursor], T]) -> T:
        """Do the work in a transaction, once more where the connection turns out to be lost.

        No answer that was paid for is lost to a restart of the server. Done twice, a claim finds its own subjects
        taken, and the rest changes nothing.
        """
        connection = self._connection
        if connection is None:
            raise RuntimeError("a Ledger is used in a with statement")
        try:
            with connection.transaction(), connection.cursor() as cursor:
                return work(cursor)
        except psycopg.OperationalError:
            if not connection.closed:
                raise
        self._connection = database.connect(autocommit=True)
        with self._connection.transaction(), self._connection.cursor() as cursor:
            return work(cursor)


def uncertain(cursor: Cursor, campaign_id: int) -> list[dict[str, Any]]:
    """The requests of which nobody knows whether they were carried out, and whose people wait to be released.

    Oldest first: id, vendor, operation, people, credits (reserved), error, created_at.
    """
    _give_up(cursor)
    return rows(
        cursor,
        "SELECT id, vendor, operation, subjects AS people, credits, error, created_at FROM vendor_requests r "
        "WHERE campaign_id = %s AND state = 'uncertain' "
        "AND EXISTS (SELECT FROM vendor_answers a WHERE a.request_id = r.id) ORDER BY id",
        [campaign_id],
    )


def release(cursor: Cursor, campaign_id: int, request_id: int, actor: str) -> int:
    """Let the people of an uncertain request be asked about again; returns how many.

    What it reserved still counts as spent, because it may have been. Raises LeadNotFoundError where no uncertain
    request of the campaign has that number.
    """
    _give_up(cursor)
    found = rows(
        cursor,
        "SELECT state, vendor, operation FROM vendor_requests "
        "WHERE id = %s AND campaign_id = %s AND state = 'uncertain' FOR UPDATE",
        [request_id, campaign_id],
    )
    people = _free_subjects(cursor, request_id) if found else 0
    if not people:
        raise LeadNotFoundError(
            f"request {request_id} of this campaign is not uncertain; see: aicmo vendors uncertain KEY"
        )
    audit(cursor, actor, "vendor_request.release", str(request_id), found[0], {"people": people})
    return people


def spending(cursor: Cursor, campaign_id: int) -> list[dict[str, Any]]:
    """What the campaign asked of whom and what came of it, by vendor and operation.

    vendor, operation, requests, refused, uncertain (requests), credits (charged or reserved), people (answered
    about), found, yield (found / people, None before the first answer), latency_s (mean of the answered requests)
    and fields: how many of the answers that are kept say something of a field.
    """
    _give_up(cursor)
    found = rows(
        cursor,
        "SELECT vendor, operation, count(*) AS requests, "
        "count(*) FILTER (WHERE state = 'refused') AS refused, "
        "count(*) FILTER (WHERE state = 'uncertain') AS uncertain, sum(credits) AS credits, "
        "coalesce(sum(subjects) FILTER (WHERE state = 'answered'), 0) AS people, "
        "coalesce(sum(found), 0) AS found, "
        "sum(found)::float8 / nullif(sum(subjects) FILTER (WHERE state = 'answered'), 0) AS yield, "
        "(avg(extract(epoch FROM finished_at - created_at)) FILTER (WHERE state = 'answered'))::float8 AS latency_s "
        "FROM vendor_requests WHERE campaign_id = %s GROUP BY vendor, operation ORDER BY vendor, operation",
        [campaign_id],
    )
    fields: dict[tuple[str, str], dict[str, int]] = {}
    cursor.execute(
        "SELECT r.vendor, r.operation, f.key, count(*) FROM vendor_requests r "
        "JOIN vendor_answers a ON a.request_id = r.id, jsonb_each_text(a.record) AS f "
        "WHERE r.campaign_id = %s AND f.value <> '' GROUP BY 1, 2, 3 ORDER BY 4 DESC, 3",
        [campaign_id],
    )
    for vendor, operation, field, count in cursor.fetchall():
        fields.setdefault((vendor, operation), {})[field] = count
    return [{**row, "fields": fields.get((row["vendor"], row["operation"]), {})} for row in found]


def _give_up(cursor: Cursor) -> None:
    """What a process that died left behind becomes uncertain."""
    cursor.execute(
        "UPDATE vendor_requests SET state = 'uncertain', finished_at = clock_timestamp(), "
        "error = 'the process that made the request ended before it noted an answer' "
        "WHERE state = 'sending' AND created_at < clock_timestamp() - %s",
        [LONGEST_REQUEST],
    )


def _end(cursor: Cursor, request_id: int, state: str, error: str) -> bool:
    cursor.execute(
        "UPDATE vendor_requests SET state = %s, error = %s, next_poll_at = NULL, finished_at = clock_timestamp() "
        "WHERE id = %s AND state IN ('sending', 'pending', 'uncertain')",
        [state, without_addresses(error)[:500], request_id],
    )
    return cursor.rowcount == 1


def _lock_subjects(cursor: Cursor, request_id: int) -> None:
    # In the order of subjects, as claims take them.
    cursor.execute(
        "SELECT FROM vendor_answers WHERE request_id = %s ORDER BY subject FOR UPDATE", [request_id]
    )


def _free_subjects(cursor: Cursor, request_id: int) -> int:
    _lock_subjects(cursor, request_id)
    cursor.execute("DELETE FROM vendor_answers WHERE request_id = %s AND answered_at IS NULL", [request_id])
    return cursor.rowcount


def _json(record: Mapping[str, str]) -> str:
    """The record without what jsonb refuses: NUL and halves of surrogate pairs."""
    text = json.dumps({key: value.replace("\0", "") for key, value in record.items()}, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()
