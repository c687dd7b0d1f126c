import signal
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from aicmo_dagster.campaign.config import Budget
from aicmo_dagster.errors import BudgetError, LeadNotFoundError
from aicmo_dagster.store import campaigns, database, ledger
from aicmo_dagster.store.ledger import Ledger
from aicmo_dagster_tests.outreach import RUN, add_campaign, config

pytestmark = pytest.mark.usefixtures("store")

PLENTY = Budget(credits_per_run=1e6, credits_per_day=1e6, credits_per_campaign=1e6)


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def campaign() -> campaigns.Campaign:
    return add_campaign()


def ledger_of(campaign: campaigns.Campaign, stack: ExitStack, **changes: Any) -> Ledger:
    arguments: dict[str, Any] = {
        "run_id": RUN,
        "vendor": "acme",
        "operation": "enrich",
        "budget": PLENTY,
        "max_age_days": 90,
        **changes,
    }
    return stack.enter_context(Ledger(campaign, **arguments))


@pytest.fixture
def mine(campaign: campaigns.Campaign, opened: ExitStack) -> Ledger:
    return ledger_of(campaign, opened)


def claimed(of: Ledger, subjects: Sequence[str], credits_each: float = 1.0) -> ledger.Claim:
    claim = of.claim(subjects, credits_each)
    assert claim is not None
    return claim


def execute(statement: str, *parameters: object) -> None:
    with database.transaction() as cursor:
        cursor.execute(statement.encode(), parameters)


def age(days: float) -> None:
    """Everything in the ledger happened that much earlier."""
    moved = timedelta(days=days)
    execute("UPDATE vendor_answers SET answered_at = answered_at - %s", moved)
    execute("UPDATE vendor_requests SET created_at = created_at - %s", moved)


def request(request_id: int) -> dict[str, Any]:
    (row,) = database.fetch("SELECT * FROM vendor_requests WHERE id = %s", [request_id])
    return row


def spending(campaign: campaigns.Campaign) -> list[dict[str, Any]]:
    with database.transaction() as cursor:
        return ledger.spending(cursor, campaign.id)


def release(request_id: int) -> int:
    with database.transaction() as cursor:
        campaign = campaigns.get(cursor, "test")
        return ledger.release(cursor, campaign.id, request_id, "tester")


def uncertain(campaign: campaigns.Campaign) -> list[dict[str, Any]]:
    with database.transaction() as cursor:
        return ledger.uncertain(cursor, campaign.id)


def test_a_claim_is_committed_before_the_request_is_made(mine: Ledger) -> None:
    claim = claimed(mine, ["a", "b"], 1.5)
    assert claim.subjects == ("a", "b")
    row = request(claim.request_id)
    assert (row["state"], row["subjects"], row["credits"], row["run_id"]) == ("sending", 2, 3.0, RUN)


def test_answers_are_kept_by_subject(mine: Ledger) -> None:
    claim = claimed(mine, ["b", "a", "c"])
    mine.answered(claim.request_id, [{"city": "B"}, {"city": "A"}, None], 2.0)
    answers = mine.answers(["a", "b", "c", "d"])
    assert {subject: answer.record for subject, answer in answers.items()} == {
        "a": {"city": "A"},
        "b": {"city": "B"},
        "c": None,
    }
    assert {answer.request_id for answer in answers.values()} == {claim.request_id}


def test_an_answered_request_says_what_was_found_and_charged(mine: Ledger) -> None:
    claim = claimed(mine, ["a", "b", "c"])
    mine.answered(claim.request_id, [{"city": "A"}, None, None], 0.5)
    row = request(claim.request_id)
    assert (row["state"], row["found"], row["credits"]) == ("answered", 1, 0.5)
    assert row["finished_at"] >= row["created_at"]


@pytest.mark.parametrize("records", [[], [None], [None, None, None]])
def test_as_many_records_as_subjects_are_needed(mine: Ledger, records: list[None]) -> None:
    claim = claimed(mine, ["a", "b"])
    with pytest.raises(ValueError, match=r"\d records answer a request about 2 people"):
        mine.answered(claim.request_id, records, 0)
    assert request(claim.request_id)["state"] == "sending"


def test_the_first_answer_stays(mine: Ledger) -> None:
    claim = claimed(mine, ["a"])
    mine.answered(claim.request_id, [{"city": "first"}], 1)
    mine.answered(claim.request_id, [{"city": "second"}], 5)
    assert mine.answers(["a"])["a"].record == {"city": "first"}
    assert request(claim.request_id)["credits"] == 1


def test_texts_that_the_database_refuses_do_not_lose_an_answer(mine: Ledger) -> None:
    claim = claimed(mine, ["a"])
    mine.answered(claim.request_id, [{"city": "Å\0b\ud800'\"\\"}], 1)
    assert mine.answers(["a"])["a"].record == {"city": "Åb?'\"\\"}


def test_who_was_answered_about_is_not_claimed_again(mine: Ledger) -> None:
    mine.answered(claimed(mine, ["a", "b"]).request_id, [{"city": "A"}, None], 1)
    assert mine.claim(["a", "b"], 1) is None
    assert claimed(mine, ["a", "c", "b", "d"]).subjects == ("c", "d")


def test_a_subject_that_is_named_twice_is_claimed_once(mine: Ledger) -> None:
    assert claimed(mine, ["a", "b", "a"]).subjects == ("a", "b")


def test_an_answer_is_good_for_other_campaigns(mine: Ledger, opened: ExitStack) -> None:
    other = ledger_of(add_campaign(config(key="other")), opened)
    mine.answered(claimed(mine, ["a"]).request_id, [{"city": "A"}], 1)
    assert other.answers(["a"])["a"].record == {"city": "A"}
    assert other.claim(["a"], 1) is None


def test_another_operation_or_vendor_is_asked_for_itself(
    mine: Ledger, campaign: campaigns.Campaign, opened: ExitStack
) -> None:
    mine.answered(claimed(mine, ["a"]).request_id, [None], 0)
    assert claimed(ledger_of(campaign, opened, operation="verify"), ["a"])
    assert claimed(ledger_of(campaign, opened, vendor="other"), ["a"])


def test_an_answer_that_is_too_old_is_asked_for_again(mine: Ledger) -> None:
    mine.answered(claimed(mine, ["a", "b"]).request_id, [{"city": "A"}, None], 1)
    age(89.9)
    assert mine.claim(["a", "b"], 1) is None
    age(0.2)
    assert mine.answers(["a", "b"]) == {}
    again = claimed(mine, ["a", "b"])
    assert mine.open(["a"]) == {"a": "sending"}
    mine.answered(again.request_id, [{"city": "new"}, None], 1)
    assert mine.answers(["a"])["a"].record == {"city": "new"}


def test_an_open_request_is_not_asked_again(mine: Ledger, campaign: campaigns.Campaign) -> None:
    sending, pending, lost = (claimed(mine, [name]).request_id for name in "abc")
    mine.submitted(pending, "remote-1", 30)
    mine.uncertain(lost, "cut off")
    assert mine.open(["a", "b", "c", "d"]) == {"a": "sending", "b": "pending", "c": "uncertain"}
    assert mine.claim(["a", "b", "c"], 1) is None
    assert request(sending)["state"] == "sending"


def test_a_refused_request_frees_its_people_and_its_credits(mine: Ledger) -> None:
    claim = claimed(mine, ["a", "b"])
    mine.refused(claim.request_id, "HTTP 403 about ann@example.com")
    row = request(claim.request_id)
    assert (row["state"], row["credits"], row["error"]) == ("refused", 0, "HTTP 403 about <address>")
    assert claimed(mine, ["a", "b"]).subjects == ("a", "b")


def test_a_submitted_request_can_be_fetched_by_another_process(
    mine: Ledger, campaign: campaigns.Campaign, opened: ExitStack
) -> None:
    claim = claimed(mine, ["b", "a"])
    mine.submitted(claim.request_id, "remote-1", 30)
    other = ledger_of(campaign, opened, run_id=uuid.uuid4())
    (pending,) = other.pending()
    assert (pending.request_id, pending.vendor_request_id, pending.subjects) == (
        claim.request_id,
        "remote-1",
        ("b", "a"),
    )
    assert timedelta(seconds=25) < pending.next_poll_at - datetime.now(UTC) < timedelta(seconds=35)
    other.answered(claim.request_id, [{"city": "B"}, {"city": "A"}], 2)
    assert mine.pending() == []
    assert mine.answers(["a"])["a"].record == {"city": "A"}


def test_a_request_at_which_the_vendor_is_still_at_work_is_polled_later(mine: Ledger) -> None:
    claim = claimed(mine, ["a"])
    mine.submitted(claim.request_id, "remote-1", 0)
    before = mine.pending()[0].next_poll_at
    mine.submitted(claim.request_id, "remote-1", 60)
    assert mine.pending()[0].next_poll_at > before + timedelta(seconds=55)


def test_pending_requests_come_oldest_first_and_only_the_campaigns_own(
    mine: Ledger, opened: ExitStack
) -> None:
    other = ledger_of(add_campaign(config(key="other")), opened)
    for one, subject in ((mine, "a"), (other, "b"), (mine, "c")):
        one.submitted(claimed(one, [subject]).request_id, f"remote-{subject}", 0)
    assert [one.vendor_request_id for one in mine.pending()] == ["remote-a", "remote-c"]


def test_what_a_dead_process_left_is_uncertain_after_an_hour(
    mine: Ledger, campaign: campaigns.Campaign
) -> None:
    claimed(mine, ["a"])
    age(0.9 / 24)
    assert mine.open(["a"]) == {"a": "sending"}
    assert uncertain(campaign) == []
    age(0.2 / 24)
    assert mine.claim(["a"], 1) is None
    assert mine.open(["a"]) == {"a": "uncertain"}
    (row,) = uncertain(campaign)
    assert (row["people"], row["credits"]) == (1, 1.0)
    assert "process" in row["error"]


def test_a_pending_request_does_not_become_uncertain(mine: Ledger) -> None:
    mine.submitted(claimed(mine, ["a"]).request_id, "remote-1", 0)
    age(2)
    assert mine.open(["a"]) == {"a": "pending"}


def test_an_answer_that_comes_after_all_is_taken(mine: Ledger, campaign: campaigns.Campaign) -> None:
    claim = claimed(mine, ["a"])
    mine.uncertain(claim.request_id, "cut off")
    mine.answered(claim.request_id, [{"city": "A"}], 1)
    assert mine.answers(["a"])["a"].record == {"city": "A"}
    assert uncertain(campaign) == []


def test_released_people_are_asked_about_again_and_the_credits_stay_spent(
    mine: Ledger, campaign: campaigns.Campaign
) -> None:
    claim = claimed(mine, ["a", "b"])
    mine.uncertain(claim.request_id, "cut off")
    assert release(claim.request_id) == 2
    assert uncertain(campaign) == []
    assert claimed(mine, ["a", "b"]).subjects == ("a", "b")
    assert spending(campaign)[0]["credits"] == 4


def test_a_release_is_audited_without_the_people(mine: Ledger) -> None:
    claim = claimed(mine, ["ann@example.com"])
    mine.uncertain(claim.request_id, "cut off")
    release(claim.request_id)
    (entry,) = database.fetch("SELECT * FROM audit_log WHERE action = 'vendor_request.release'")
    assert (entry["actor"], entry["subject"], entry["after"]) == (
        "tester",
        str(claim.request_id),
        {"people": 1},
    )
    assert "ann@" not in str(entry)


def test_only_an_uncertain_request_is_released(mine: Ledger) -> None:
    claim = claimed(mine, ["a"])
    for number in (claim.request_id, 10**9):
        with pytest.raises(LeadNotFoundError, match="is not uncertain"):
            release(number)


def test_a_late_answer_does_not_touch_who_was_asked_again_in_between(mine: Ledger) -> None:
    first = claimed(mine, ["a"])
    mine.uncertain(first.request_id, "cut off")
    release(first.request_id)
    second = claimed(mine, ["a"])
    mine.answered(first.request_id, [{"city": "late"}], 1)
    assert mine.open(["a"]) == {"a": "sending"}
    mine.answered(second.request_id, [{"city": "asked"}], 1)
    assert mine.answers(["a"])["a"].record == {"city": "asked"}


def limited(
    campaign: campaigns.Campaign, stack: ExitStack, name: str, credits: float, **changes: Any
) -> Ledger:
    return ledger_of(
        campaign, stack, budget=PLENTY.model_copy(update={f"credits_per_{name}": credits}), **changes
    )


@pytest.mark.parametrize("name", ["run", "day", "campaign"])
def test_a_claim_takes_as_many_as_the_budget_allows(
    campaign: campaigns.Campaign, opened: ExitStack, name: str
) -> None:
    of = limited(campaign, opened, name, 5)
    assert claimed(of, ["a", "b", "c"], 2).subjects == ("a", "b")
    assert claimed(of, ["c"], 1).subjects == ("c",)
    with pytest.raises(
        BudgetError,
        match=rf"acme: campaign 'test' has spent 5 of the 5 credits that credits_per_{name} allows",
    ):
        of.claim(["d"], 0.1)
    assert of.open(["d"]) == {}


def test_nobody_to_ask_about_is_no_matter_of_budget(campaign: campaigns.Campaign, opened: ExitStack) -> None:
    of = limited(campaign, opened, "run", 1)
    claimed(of, ["a"])
    assert of.claim(["a"], 1) is None
    assert of.claim([], 1) is None


def test_what_costs_nothing_needs_no_budget(campaign: campaigns.Campaign, opened: ExitStack) -> None:
    assert claimed(limited(campaign, opened, "campaign", 0), ["a", "b"], 0).subjects == ("a", "b")


def test_credits_that_were_not_charged_can_be_spent_again(
    campaign: campaigns.Campaign, opened: ExitStack
) -> None:
    of = limited(campaign, opened, "run", 3)
    of.answered(claimed(of, ["a", "b", "c"]).request_id, [{"city": "A"}, None, None], 1)
    assert claimed(of, ["d", "e", "f"]).subjects == ("d", "e")


def test_uncertain_credits_count_as_spent(campaign: campaigns.Campaign, opened: ExitStack) -> None:
    of = limited(campaign, opened, "run", 2)
    of.uncertain(claimed(of, ["a", "b"]).request_id, "cut off")
    with pytest.raises(BudgetError):
        of.claim(["c"], 1)


def test_fractions_of_credits_add_up(campaign: campaigns.Campaign, opened: ExitStack) -> None:
    of = limited(campaign, opened, "run", 0.3)
    assert [len(claimed(of, [name], 0.1).subjects) for name in "abc"] == [1, 1, 1]
    with pytest.raises(BudgetError):
        of.claim(["d"], 0.1)


def test_another_run_has_its_own_budget_but_shares_the_days(
    campaign: campaigns.Campaign, opened: ExitStack
) -> None:
    budget = Budget(credits_per_run=2, credits_per_day=3, credits_per_campaign=100)
    first = ledger_of(campaign, opened, budget=budget)
    second = ledger_of(campaign, opened, budget=budget, run_id=uuid.uuid4())
    assert len(claimed(first, ["a", "b", "c"]).subjects) == 2
    assert len(claimed(second, ["c", "d"]).subjects) == 1


def test_operations_share_the_budget_of_their_vendor_and_vendors_do_not(
    campaign: campaigns.Campaign, opened: ExitStack
) -> None:
    claimed(limited(campaign, opened, "run", 1), ["a"])
    with pytest.raises(BudgetError):
        limited(campaign, opened, "run", 1, operation="verify").claim(["b"], 1)
    assert claimed(limited(campaign, opened, "run", 1, vendor="other"), ["b"])


def test_campaigns_have_budgets_of_their_own(campaign: campaigns.Campaign, opened: ExitStack) -> None:
    claimed(limited(campaign, opened, "campaign", 1), ["a"])
    assert claimed(limited(add_campaign(config(key="other")), opened, "campaign", 1), ["b"])


def test_the_day_begins_at_midnight_of_the_campaigns_zone(opened: ExitStack) -> None:
    # A zone where it is about noon, so that midnight is far; its day is not the day of UTC.
    hours = 12 - datetime.now(UTC).hour
    campaign = add_campaign(config(time_zone=f"Etc/GMT{-hours:+d}"))
    start, _ = campaign.config.day_of(datetime.now(UTC))
    of = limited(campaign, opened, "day", 1)
    claim = claimed(of, ["a"])
    execute("UPDATE vendor_requests SET created_at = %s WHERE id = %s", start, claim.request_id)
    of.uncertain(claim.request_id, "")
    with pytest.raises(BudgetError, match=r"credits_per_day .* or wait until \d{4}-\d\d-\d\d 00:00"):
        of.claim(["b"], 1)
    execute(
        "UPDATE vendor_requests SET created_at = %s WHERE id = %s",
        start - timedelta(milliseconds=1),
        claim.request_id,
    )
    assert claimed(of, ["b"])


@pytest.mark.parametrize("name", ["run", "day", "campaign"])
def test_threads_together_stay_within_the_budget(
    campaign: campaigns.Campaign, opened: ExitStack, name: str
) -> None:
    def spend(worker: int) -> int:
        of = limited(campaign, opened, name, 20)
        count = 0
        for turn in range(20):
            try:
                claim = of.claim([f"{worker}-{turn}-{one}" for one in range(3)], 1)
            except BudgetError:
                break
            assert claim is not None
            count += len(claim.subjects)
            if turn % 3 == 1:
                of.refused(claim.request_id, "no")
                count -= len(claim.subjects)
        return count

    with ThreadPoolExecutor(6) as pool:
        counts = list(pool.map(spend, range(6)))
    assert sum(counts) == sum(row["credits"] for row in spending(campaign)) <= 20
    with pytest.raises(BudgetError):
        limited(campaign, opened, name, 20).claim([f"last-{one}" for one in range(20)], 20)


def test_threads_of_many_campaigns_claim_each_subject_once(opened: ExitStack) -> None:
    of = [ledger_of(add_campaign(config(key=f"c{one}")), opened) for one in range(4)]
    subjects = [f"s{one:03d}" for one in range(200)]

    def take(worker: int) -> list[str]:
        found: list[str] = []
        order = subjects if worker % 2 else subjects[::-1]
        for start in range(0, len(order), 10):
            claim = of[worker].claim(order[start : start + 30], 1)
            found += claim.subjects if claim else ()
        return found

    with ThreadPoolExecutor(4) as pool:
        taken = Counter(subject for found in pool.map(take, range(4)) for subject in found)
    assert taken == Counter(subjects)


def test_claims_in_opposite_orders_do_not_wait_for_each_other(opened: ExitStack) -> None:
    of = [ledger_of(add_campaign(config(key=f"c{one}")), opened) for one in range(2)]
    together = Barrier(2)

    def take(worker: int) -> int:
        count = 0
        for turn in range(15):
            subjects = [f"{turn}-{one:03d}" for one in range(300)]
            together.wait(20)
            claim = of[worker].claim(subjects if worker else subjects[::-1], 1)
            count += len(claim.subjects) if claim else 0
        return count

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(take, range(2))) == 15 * 300


SCRIPT = """
import sys, uuid
from aicmo_dagster.campaign.config import Budget
from aicmo_dagster.store import campaigns, database
from aicmo_dagster.store.ledger import Ledger
with database.transaction() as cursor:
    campaign = campaigns.get(cursor, "test")
with Ledger(campaign, uuid.uuid4(), "acme", "enrich", Budget(), 90) as ledger:
    print("ready", flush=True)
    sys.stdin.readline()
    for start in range(0, 60, 10):
        claim = ledger.claim([f"s{one}" for one in range(start, start + 15)], 0.1)
        if claim:
            print("claimed", *claim.subjects, flush=True)
    print("done", flush=True)
    sys.stdin.readline()
"""


def worker() -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def claims(process: "subprocess.Popen[str]") -> list[str]:
    assert process.stdout is not None
    found: list[str] = []
    while (line := process.stdout.readline()) != "done\n":
        assert line.startswith("claimed")
        found += line.split()[1:]
    return found


def test_two_processes_claim_each_subject_once(campaign: campaigns.Campaign) -> None:
    processes = [worker(), worker()]
    for process in processes:
        go(process)
    taken = Counter(subject for process in processes for subject in claims(process))
    for process in processes:
        process.communicate("go\n")
    assert taken == Counter(f"s{one}" for one in range(65))


def test_what_a_killed_process_claimed_is_never_claimed_again(
    campaign: campaigns.Campaign, mine: Ledger
) -> None:
    process = worker()
    go(process)
    taken = claims(process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert mine.claim(taken, 1) is None
    age(1 / 12)
    assert mine.claim(taken, 1) is None
    assert set(mine.open(taken).values()) == {"uncertain"}


def test_a_lost_connection_loses_no_answer(mine: Ledger) -> None:
    claim = claimed(mine, ["a"])
    database.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'"
    )
    mine.answered(claim.request_id, [{"city": "A"}], 1)
    assert mine.answers(["a"])["a"].record == {"city": "A"}


def test_spending_tells_cost_and_yield_by_vendor_operation_and_field(
    mine: Ledger, campaign: campaigns.Campaign, opened: ExitStack
) -> None:
    answered = claimed(mine, ["a", "b", "c", "d"])
    execute("UPDATE vendor_requests SET created_at = created_at - interval '10 s'")
    mine.answered(
        answered.request_id, [{"city": "A", "phone": "1"}, {"city": "B", "phone": ""}, None, None], 2
    )
    mine.refused(claimed(mine, ["e"]).request_id, "no")
    mine.uncertain(claimed(mine, ["f"], 3).request_id, "cut off")
    claimed(ledger_of(campaign, opened, operation="verify"), ["a"], 0.5)
    enrich, verify = spending(campaign)
    latency_s = enrich.pop("latency_s")
    assert enrich == {
        "vendor": "acme",
        "operation": "enrich",
        "requests": 3,
        "refused": 1,
        "uncertain": 1,
        "credits": 5.0,
        "people": 4,
        "found": 2,
        "yield": 0.5,
        "fields": {"city": 2, "phone": 1},
    }
    assert 10 <= latency_s < 60
    assert (verify["requests"], verify["credits"], verify["yield"], verify["fields"]) == (1, 0.5, None, {})


def test_spending_is_the_campaigns_own(mine: Ledger) -> None:
    claimed(mine, ["a"])
    assert spending(add_campaign(config(key="other"))) == []
