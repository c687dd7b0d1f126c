import threading
import uuid
from collections.abc import Iterator

import pytest
from psycopg import Cursor
from psycopg.rows import TupleRow
from sqlalchemy.engine import URL

from aicmo_dagster.errors import DeliveryError
from aicmo_dagster.store import database, queue
from aicmo_dagster_tests.outreach import add_campaign

RUN = uuid.UUID(int=7)
ONE, TWO, THREE = ({"email": f"lead{number}@example.org"} for number in (1, 2, 3))


@pytest.fixture
def campaign(store: URL) -> int:
    return add_campaign().id


@pytest.fixture
def cursor(campaign: int) -> Iterator[Cursor[TupleRow]]:
    with database.transaction() as cursor:
        yield cursor


def taken(cursor: Cursor[TupleRow], campaign: int, limit: int, source: queue.QueueSource) -> list[str]:
    batches = queue.take(cursor, campaign, RUN, limit, source)
    return [record["email"] for batch in batches for _, record in batch]


def test_leads_are_taken_in_the_order_in_which_they_came(cursor: Cursor[TupleRow], campaign: int) -> None:
    assert queue.add(cursor, campaign, [THREE, ONE], "test") == 2
    assert queue.add(cursor, campaign, [TWO], "test") == 1
    assert taken(cursor, campaign, 2, "manual") == [THREE["email"], ONE["email"]]
    assert taken(cursor, campaign, 9, "manual") == [TWO["email"]]
    assert taken(cursor, campaign, 9, "manual") == []


def test_each_source_takes_only_its_own(cursor: Cursor[TupleRow], campaign: int) -> None:
    queue.add(cursor, campaign, [ONE], "test")
    queue.add(cursor, campaign, [TWO], "test", "api")
    assert taken(cursor, campaign, 9, "api") == [TWO["email"]]
    assert taken(cursor, campaign, 9, "manual") == [ONE["email"]]


def test_without_deliveries_a_repeat_is_a_repeat(cursor: Cursor[TupleRow], campaign: int) -> None:
    assert [queue.add(cursor, campaign, [ONE], "test", "api") for _ in range(2)] == [1, 1]


def test_a_delivery_is_queued_once_also_after_it_was_taken(cursor: Cursor[TupleRow], campaign: int) -> None:
    assert queue.add(cursor, campaign, [ONE, TWO], "test", "api", ["k#0", "k#1"]) == 2
    assert queue.add(cursor, campaign, [ONE, TWO], "test", "api", ["k#0", "k#1"]) == 0
    assert taken(cursor, campaign, 9, "api") == [ONE["email"], TWO["email"]]
    assert queue.add(cursor, campaign, [ONE, TWO], "test", "api", ["k#0", "k#1"]) == 0
    assert taken(cursor, campaign, 9, "api") == []


def test_other_leads_under_a_known_name_are_refused(cursor: Cursor[TupleRow], campaign: int) -> None:
    queue.add(cursor, campaign, [ONE], "test", "api", ["k#0"])
    with pytest.raises(DeliveryError, match="under this key"):
        queue.add(cursor, campaign, [TWO, THREE], "test", "api", ["k#0", "k#1"])


def test_a_delivery_that_comes_twice_at_the_same_time_is_queued_once(campaign: int) -> None:
    records = [{"email": f"lead{number}@example.org"} for number in range(200)]
    names = [f"k#{number}" for number in range(200)]
    added: list[int] = []

    def deliver() -> None:
        with database.transaction() as cursor:
            added.append(queue.add(cursor, campaign, records, "test", "api", names))

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(added) == [0, 0, 0, 200]
    assert database.fetch("SELECT count(*) AS waiting FROM queued_leads") == [{"waiting": 200}]
