import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aicmo_dagster.errors import VendorUnavailableError
from aicmo_dagster.store import database
from aicmo_dagster.store.rate_limits import Limit, RateLimits

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def limits() -> Iterator[RateLimits]:
    with RateLimits() as limits:
        yield limits


def counted(name: str) -> int:
    """The requests that the windows of `name` have counted."""
    rows = database.fetch(
        "SELECT coalesce(sum(n), 0) AS n FROM rate_limits, unnest(taken) AS n WHERE starts_with(name, %s)",
        [name],
    )
    return int(rows[0]["n"])


def test_requests_leave_at_once_until_the_limit_is_used_up(limits: RateLimits) -> None:
    for _ in range(5):
        limits.wait("v", [Limit(5, 60)], most_s=0)
    with pytest.raises(VendorUnavailableError):
        limits.wait("v", [Limit(5, 60)], most_s=0)


def test_a_refusal_says_whose_limit_and_when_to_come_back(limits: RateLimits) -> None:
    limits.wait("apollo/search", [Limit(1, 3600)])
    with pytest.raises(
        VendorUnavailableError, match=r"apollo/search: the limit of 1 requests in 3600 s .* 36\d\d s"
    ):
        limits.wait("apollo/search", [Limit(1, 3600)])


def test_a_refused_request_is_counted_in_no_window(limits: RateLimits) -> None:
    windows = [Limit(10, 3600), Limit(1, 60)]
    limits.wait("v", windows)
    with pytest.raises(VendorUnavailableError):
        limits.wait("v", windows, most_s=0)
    assert counted("v/") == 2


def test_every_window_holds(limits: RateLimits) -> None:
    for _ in range(3):
        limits.wait("v", [Limit(100, 0.1), Limit(3, 3600)])
    with pytest.raises(VendorUnavailableError):
        limits.wait("v", [Limit(100, 0.1), Limit(3, 3600)])


def test_names_have_limits_of_their_own(limits: RateLimits) -> None:
    limits.wait("a", [Limit(1, 3600)], most_s=0)
    limits.wait("b", [Limit(1, 3600)], most_s=0)


def test_one_that_waits_leaves_when_the_window_has_passed(limits: RateLimits) -> None:
    limits.wait("v", [Limit(1, 0.5)])
    start = time.monotonic()
    limits.wait("v", [Limit(1, 0.5)])
    assert time.monotonic() - start > 0.4


def test_nobody_asks_before_the_time_the_vendor_said(limits: RateLimits) -> None:
    until = datetime.now(UTC) + timedelta(seconds=0.6)
    with RateLimits() as other:
        other.block("v", until)
    limits.wait("v", [Limit(5, 60)])
    assert datetime.now(UTC) >= until


def test_a_block_holds_for_requests_without_limits(limits: RateLimits) -> None:
    limits.block("v", datetime.now(UTC) + timedelta(hours=1))
    with pytest.raises(VendorUnavailableError, match="asked not to be asked again"):
        limits.wait("v", [])


def test_a_blocked_request_is_not_counted(limits: RateLimits) -> None:
    limits.block("v", datetime.now(UTC) + timedelta(hours=1))
    with pytest.raises(VendorUnavailableError):
        limits.wait("v", [Limit(5, 60)])
    assert counted("v/") == 0


def test_an_earlier_block_does_not_shorten_a_later_one(limits: RateLimits) -> None:
    limits.block("v", datetime.now(UTC) + timedelta(hours=1))
    limits.block("v", datetime.now(UTC))
    with pytest.raises(VendorUnavailableError):
        limits.wait("v", [])


def test_a_lost_connection_is_opened_again(limits: RateLimits) -> None:
    limits.wait("v", [Limit(5, 60)])
    database.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
        "AND datname = current_database() AND backend_type = 'client backend'"
    )
    limits.wait("v", [Limit(5, 60)])
    assert counted("v/") == 2


@given(
    pauses=st.lists(st.floats(0, 0.03), min_size=10, max_size=40),
    requests=st.integers(1, 6),
    name=st.uuids().map(str),
)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_window_holds_more_however_requests_come(
    limits: RateLimits, pauses: list[float], requests: int, name: str
) -> None:
    left = []
    for pause in pauses:
        time.sleep(pause)
        # Between the two clock readings the request was counted.
        before = time.monotonic()
        limits.wait(name, [Limit(requests, 0.1)])
        left.append((before, time.monotonic()))
    for first, last in zip(left, left[requests:], strict=False):
        assert last[1] - first[0] > 0.1


def test_threads_and_processes_together_stay_within_the_limit() -> None:
    most, per_s, each = 7, 0.5, 6
    with database.transaction() as cursor:
        cursor.execute(
            "CREATE TABLE taken_at (at timestamptz);"
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN INSERT INTO taken_at VALUES (clock_timestamp()); RETURN NEW; END $$;"
            "CREATE TRIGGER note BEFORE UPDATE ON rate_limits FOR EACH ROW WHEN (NEW.name = 'v/0.5') "
            "EXECUTE FUNCTION note()"
        )
    script = (
        "from aicmo_dagster.store.rate_limits import Limit, RateLimits\n"
        "with RateLimits() as limits:\n"
        f"    for _ in range({each}): limits.wait('v', [Limit({most}, {per_s}), Limit(1000, 60)])\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(2)]
    with RateLimits() as shared, ThreadPoolExecutor(4) as pool:
        windows = [Limit(most, per_s), Limit(1000, 60)]
        list(pool.map(lambda _: shared.wait("v", windows), range(4 * each)))
    assert [process.wait(60) for process in processes] == [0, 0]
    times = [row["at"] for row in database.fetch("SELECT at FROM taken_at ORDER BY at")]
    assert len(times) == 6 * each
    # The trigger looks at the clock a moment after the statement did.
    shortest = min(later - first for first, later in zip(times, times[most:], strict=False))
    assert shortest > timedelta(seconds=per_s - 0.005)


def test_a_killed_process_leaves_no_lock(limits: RateLimits) -> None:
    script = (
        "from aicmo_dagster.store.rate_limits import Limit, RateLimits\n"
        "limits = RateLimits()\n"
        "print('ready', flush=True)\n"
        "while True: limits.wait('v', [Limit(10**9, 60)])\n"
    )
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        limits.wait("v", [Limit(10**9, 60)], most_s=1)
