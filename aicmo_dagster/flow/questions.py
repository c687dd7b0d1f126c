"""One vendor's part in a run: what it is known to say is taken, what it was asked is awaited, the rest is asked.

A request is paid for once: it is claimed in the ledger before it is made, and its answer is in the ledger before
it is taken. Whatever dies in between, the next run takes the answer from there. No transaction is open, and no
lock on the campaign is held, while a vendor is being asked.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from aicmo_dagster.errors import BudgetError, VendorError, VendorRefusedError, VendorUncertainError
from aicmo_dagster.flow.candidates import loaded_by
from aicmo_dagster.flow.run import Run, utc_now
from aicmo_dagster.lead import LEAD_COLUMNS
from aicmo_dagster.privacy import without_addresses
from aicmo_dagster.stages.waterfall import State, best_first
from aicmo_dagster.store import campaigns, database
from aicmo_dagster.store.ledger import Answer, Ledger, Pending
from aicmo_dagster.vendors.vendor import Answers, Submitted, Vendor

_MOST_UNCERTAIN = 3
"""Requests in a row without any answer, after which the vendor is left alone for this run."""

_LEAST_PAUSE_S = 0.1
_TIME = "datetime64[us, UTC]"

Take = Callable[[Sequence[int], Sequence[Answer]], object]
"""Brings answers, each with a record, to the leads of these numbers."""


@dataclass
class Tally:
    """What became of the people that a vendor was to be asked about, in one run."""

    vendor: str
    purpose: str
    asked: int = 0
    found: int = 0
    cached: int = 0
    credits: float = 0.0
    pending: int = 0
    uncertain: int = 0
    waiting: int = 0
    error: str | None = None


class Patience:
    """How long a run still waits for answers, over all vendors."""

    def __init__(self, seconds: float) -> None:
        self._left_s = seconds

    def until(self, moment: datetime) -> bool:
        """Wait until then and return True, or return False at once where that would be too long."""
        pause_s = max((moment - utc_now()).total_seconds(), 0.0)
        if pause_s > self._left_s:
            return False
        self._left_s -= pause_s
        time.sleep(pause_s)
        return True


class Questions:
    """The leads of one run that one vendor may know more about."""

    def __init__(
        self,
        run: Run,
        vendor: Vendor,
        ledger: Ledger,
        max_age_days: float,
        patience: Patience,
        take: Take,
        tally: Tally,
    ) -> None:
        self._run, self._vendor, self._ledger = run, vendor, ledger
        self._oldest = run.now - timedelta(days=max_age_days)
        self._patience, self._take, self.tally = patience, take, tally
        self._queue = [_rows()]
        self._held = [_rows()]
        self._elsewhere: list[pd.DataFrame] = []
        self._states: list[pd.DataFrame] = []

    def sort(self, leads: pd.DataFrame) -> None:
        """Take what is known of a chunk of leads (`enrichments.CANDIDATE_DTYPES`), line up the others."""
        subjects = self._vendor.subjects(leads[list(LEAD_COLUMNS)])
        askable = subjects.notna().to_numpy()
        people = leads[["lead_id", "heard_until"]].assign(subject=subjects.to_numpy(dtype=object))[askable]
        distinct = people["subject"].unique().tolist()
        if not distinct:
            return
        answers = self._ledger.answers(distinct)
        states = self._ledger.open([one for one in distinct if one not in answers])
        known = people["subject"].isin(answers.keys())
        news = [
            not answers[subject].answered_at <= until  # also where `until` is missing
            for subject, until in zip(
                people.loc[known, "subject"], people.loc[known, "heard_until"], strict=True
            )
        ]
        fresh = people[known][np.array(news, dtype=bool)]
        self.tally.cached += len(fresh)
        self._apply(fresh, answers)
        self._note(people[known], "answered", answers)
        at_vendor = people["subject"].isin([one for one, state in states.items() if state != "uncertain"])
        self._held.append(people[at_vendor])
        self._note(people[at_vendor], "pending")
        self._note(people[people["subject"].isin(states.keys()) & ~at_vendor], "uncertain")
        rest = people[~(known | people["subject"].isin(states.keys()))]
        # What was found may have given the person another name: that is no reason to pay again.
        heard = rest["heard_until"] > self._oldest
        self._note(rest[heard], "answered")
        rest = rest[~heard]
        if len(rest):
            fit = best_first(leads.loc[rest.index], self._run.campaign.config, self._run.now)
            self._queue.append(rest.assign(fit=fit.to_numpy()))

    def ask(self) -> None:
        """Ask about those in the queue, the best fits first, until all are, or the vendor or budget ends it."""
        queue = pd.concat(self._queue, ignore_index=True)
        queue = queue.sort_values(["fit", "lead_id"], ascending=[False, True], ignore_index=True)
        codes, subjects = pd.factorize(queue["subject"])
        queue = queue.iloc[np.argsort(codes, kind="stable")]
        first = np.searchsorted(np.sort(codes), np.arange(len(subjects) + 1))
        unclaimed: list[int] = []
        reached = uncertain = 0
        while unclaimed or reached < len(subjects):
            end = min(reached + self._vendor.batch - len(unclaimed), len(subjects))
            turn = [*unclaimed, *range(reached, end)]
            people = queue.iloc[np.concatenate([np.arange(first[one], first[one + 1]) for one in turn])]
            left, error = self._request(people)
            # Not claimed: for the budget, which the next claim tells, or because somebody else asks already.
            unclaimed = [one for one in turn if subjects[one] in set(left["subject"])]
            reached = end
            uncertain = uncertain + 1 if isinstance(error, VendorUncertainError) else 0
            if error is not None and uncertain in (0, _MOST_UNCERTAIN):
                self.tally.error = without_addresses(str(error))
                break
        rest = [queue.iloc[first[one] : first[one + 1]] for one in unclaimed]
        self._note(pd.concat([queue.iloc[first[reached] :], *rest]), "waiting")
        if self._elsewhere:
            self._look_up(pd.concat(self._elsewhere))

    def wait(self) -> None:
        """Fetch the answers that are due, and wait for the others as long as patience lasts."""
        held = pd.concat(self._held, ignore_index=True)
        while mine := [one for one in self._ledger.pending() if held["subject"].isin(one.subjects).any()]:
            due = [one for one in mine if one.next_poll_at <= utc_now()]
            for one in due:
                if not self._collect(one, held[held["subject"].isin(one.subjects)]):
                    return
            if not due and not self._patience.until(min(one.next_poll_at for one in mine)):
                return

    def clear(self) -> None:
        """Fetch answers that are due about leads that need them no more: they are paid for, and are kept."""
        held = set(pd.concat(self._held)["subject"])
        for one in self._ledger.pending():
            is_due = one.next_poll_at <= utc_now() and held.isdisjoint(one.subjects)
            if is_due and not self._collect(one, _rows()):
                return

    def states(self) -> pd.DataFrame:
        """`lead_id`, `vendor`, `state` and `answered_at` (missing without an answer), each lead once."""
        self._note(_rows(), "answered")
        found = pd.concat(self._states, ignore_index=True).drop_duplicates("lead_id", keep="last")
        self.tally.pending = int((found["state"] == "pending").sum())
        self.tally.uncertain = int((found["state"] == "uncertain").sum())
        self.tally.waiting = int((found["state"] == "waiting").sum())
        return found.assign(vendor=self._vendor.name)

    def _request(self, people: pd.DataFrame) -> tuple[pd.DataFrame, VendorError | None]:
        """One request about these people; returns those it could not be about, and why it went wrong."""
        with database.connect() as connection, connection.cursor() as cursor:
            campaigns.runnable(cursor, self._run.campaign.key)  # whoever pauses it wants no more to be spent
            leads = loaded_by(connection, people["lead_id"].drop_duplicates().tolist())
        subjects = self._vendor.subjects(leads[list(LEAD_COLUMNS)])
        place = {subject: number for number, subject in enumerate(subjects) if isinstance(subject, str)}
        try:
            claim = self._ledger.claim(list(place), self._vendor.credits_each) if place else None
        except BudgetError as error:
            return people, error
        if claim is None:
            self._elsewhere.append(people)
            return people.iloc[:0], None
        claimed = people["subject"].isin(claim.subjects)
        mine, left = people[claimed], people[~claimed]
        try:
            reply = self._vendor.ask(
                leads.iloc[[place[one] for one in claim.subjects]].reset_index(drop=True)
            )
        except VendorUncertainError as error:
            self.tally.asked += len(claim.subjects)
            self._ledger.uncertain(claim.request_id, without_addresses(str(error)))
            self._note(mine, "uncertain")
            return left, error
        except VendorError as error:
            self._ledger.refused(claim.request_id, without_addresses(str(error)))
            self._note(mine, "failed")
            return left, error
        self.tally.asked += len(claim.subjects)
        if isinstance(reply, Submitted):
            self._submitted(claim.request_id, reply)
            self._held.append(mine)
            self._note(mine, "pending")
        else:
            self._answered(mine, claim.request_id, claim.subjects, reply)
        return left, None

    def _collect(self, pending: Pending, people: pd.DataFrame) -> bool:
        """Fetch one answer, if it is ready; False where the vendor cannot be reached now."""
        try:
            reply = self._vendor.collect(pending.vendor_request_id, len(pending.subjects), pending.subjects)
        except VendorRefusedError as error:
            # It was taken, so it may have been charged: it is not made again before somebody has looked.
            self._ledger.uncertain(pending.request_id, without_addresses(str(error)))
            self._note(people, "uncertain")
            return True
        except VendorError as error:
            self.tally.error = without_addresses(str(error))
            return False
        if isinstance(reply, Submitted):
            self._submitted(pending.request_id, reply)
        else:
            self._answered(people, pending.request_id, pending.subjects, reply)
        return True

    def _submitted(self, request_id: int, reply: Submitted) -> None:
        pause_s = max(reply.poll_after_s, _LEAST_PAUSE_S)
        self._ledger.submitted(request_id, reply.vendor_request_id, pause_s)

    def _answered(
        self, people: pd.DataFrame, request_id: int, subjects: Sequence[str], reply: Answers
    ) -> None:
        self._ledger.answered(request_id, reply.records, reply.credits)
        self.tally.found += sum(record is not None for record in reply.records)
        self.tally.credits += reply.credits
        kept = self._ledger.answers(subjects)  # none where answers are not to be used again
        now = utc_now()
        answers = {
            subject: kept.get(subject) or Answer(record, request_id, now)
            for subject, record in zip(subjects, reply.records, strict=True)
        }
        self._apply(people, answers)
        self._note(people, "answered", answers)

    def _look_up(self, people: pd.DataFrame) -> None:
        """What has become of people whom another run has asked about meanwhile."""
        distinct = people["subject"].unique().tolist()
        answers = self._ledger.answers(distinct)
        states = self._ledger.open(distinct)
        known = people["subject"].isin(answers.keys())
        self._apply(people[known], answers)
        self._note(people[known], "answered", answers)
        at_vendor = people["subject"].isin([one for one, state in states.items() if state != "uncertain"])
        self._note(people[at_vendor & ~known], "pending")
        self._note(people[~at_vendor & ~known], "waiting")

    def _apply(self, people: pd.DataFrame, answers: Mapping[str, Answer]) -> None:
        known = [answers[subject].record is not None for subject in people["subject"]]
        found = people[np.array(known, dtype=bool)]
        if len(found):
            self._take(found["lead_id"].tolist(), [answers[subject] for subject in found["subject"]])

    def _note(self, people: pd.DataFrame, state: State, answers: Mapping[str, Answer] | None = None) -> None:
        at = [answers[subject].answered_at for subject in people["subject"]] if answers else None
        self._states.append(
            pd.DataFrame(
                {
                    "lead_id": people["lead_id"].to_numpy(dtype="int64"),
                    "state": pd.array([state] * len(people), dtype="str"),
                    "answered_at": pd.Series(at or pd.NaT, index=range(len(people)), dtype=_TIME),
                }
            )
        )


def _rows() -> pd.DataFrame:
    """No people."""
    return pd.DataFrame(
        {
            "lead_id": pd.Series(dtype="int64"),
            "subject": pd.Series(dtype="object"),
            "fit": pd.Series(dtype="float64"),
        }
    )
