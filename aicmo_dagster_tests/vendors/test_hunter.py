import json
from collections.abc import Iterator

import pandas as pd
import pytest
import time_machine
from sqlalchemy.engine import URL

from aicmo_dagster.campaign.config import VERIFICATIONS, HunterAccount
from aicmo_dagster.errors import VendorRefusedError, VendorUnavailableError, VendorUncertainError
from aicmo_dagster.store import database
from aicmo_dagster.store.rate_limits import RateLimits
from aicmo_dagster.vendors import client
from aicmo_dagster.vendors.hunter import HunterVendor
from aicmo_dagster.vendors.vendor import Answers, Submitted
from aicmo_dagster_tests.vendors.hunter_server import HunterServer
from aicmo_dagster_tests.vendors.vendor_server import Fault, after, cut, malformed, says, slow

ANN = "ann.test@example.com"
BROKEN: list[Fault] = [says(500), says(502, b"<html>"), malformed, cut, slow]


@pytest.fixture
def server(store: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[HunterServer]:
    monkeypatch.setattr(client, "_LONGEST_PAUSE_S", 0.01)
    with HunterServer() as running:
        monkeypatch.setenv("AICMO_HUNTER_KEY", running.key)
        yield running


def vendor(server: HunterServer) -> HunterVendor:
    account = HunterAccount.model_validate({"base_url": server.url, "timeout_s": 0.3})
    return HunterVendor(account, RateLimits())


def leads(*addresses: str | None, status: str = "valid") -> pd.DataFrame:
    return pd.DataFrame({"email": pd.Series(addresses, dtype="str"), "email_status": status})


def verify(server: HunterServer, address: str = ANN) -> Answers:
    answers = vendor(server).ask(leads(address))
    assert isinstance(answers, Answers)
    return answers


@pytest.mark.parametrize(
    ("status", "word", "charged"),
    [
        ("valid", "valid", 0.5),
        ("invalid", "invalid", 0.5),
        ("accept_all", "risky", 0.5),
        ("webmail", "unknown", 0.5),
        ("disposable", "invalid", 0),
        ("unknown", "unknown", 0),
        ("a new word", "unknown", 0.5),
        ("Valid ", "unknown", 0.5),
    ],
)
def test_a_status_is_a_word_and_a_new_one_is_unknown(
    server: HunterServer, status: str, word: str, charged: float
) -> None:
    server.statuses[ANN] = status
    assert verify(server) == Answers([{"verification": word}], charged)
    assert word in VERIFICATIONS


def test_a_verification_that_still_runs_is_asked_for_again_without_an_address_as_its_id(
    server: HunterServer,
) -> None:
    server.statuses[ANN], server.running[ANN] = "valid", 2
    hunter = vendor(server)
    first = hunter.ask(leads(ANN))
    assert isinstance(first, Submitted)
    assert first.poll_after_s == 5
    assert "ann" not in first.vendor_request_id
    assert "@" not in first.vendor_request_id
    second = hunter.collect(first.vendor_request_id, 1, [ANN])
    assert isinstance(second, Submitted)
    assert second.vendor_request_id == first.vendor_request_id
    assert hunter.collect(second.vendor_request_id, 1, [ANN]) == Answers([{"verification": "valid"}], 0.5)
    assert [request.parameters["email"] for request in server.requests] == [ANN] * 3


def test_a_verification_that_runs_for_a_day_ends_as_unknown_and_is_asked_for_less_often(
    server: HunterServer,
) -> None:
    server.running[ANN] = 9
    hunter = vendor(server)
    with time_machine.travel("2026-03-02T10:00Z", tick=False):
        first = hunter.ask(leads(ANN))
    assert isinstance(first, Submitted)
    with time_machine.travel("2026-03-02T11:00Z", tick=False):
        later = hunter.collect(first.vendor_request_id, 1, [ANN])
    assert isinstance(later, Submitted)
    assert later.poll_after_s == 360
    with time_machine.travel("2026-03-03T10:00Z", tick=False):
        last = hunter.collect(first.vendor_request_id, 1, [ANN])
    assert last == Answers([{"verification": "unknown"}], 0)


def test_who_asked_for_removal_is_invalid_and_said_to_have_asked(server: HunterServer) -> None:
    server.removed.add(ANN)
    answers = verify(server)
    assert answers.credits == 0
    (record,) = answers.records
    assert record is not None
    assert record["verification"] == "invalid"
    assert json.loads(record["extra"]) == {"removal_requested": True}


@pytest.mark.parametrize("status", [400, 222])
def test_an_address_that_hunter_cannot_verify_is_unknown_and_stops_no_other(
    server: HunterServer, status: int
) -> None:
    server.faults.append(says(status, {"errors": [{"details": "no"}]}))
    assert verify(server) == Answers([{"verification": "unknown"}], 0)


@pytest.mark.parametrize("fault", BROKEN)
def test_after_a_broken_answer_the_same_is_asked_again_which_hunter_counts_once(
    server: HunterServer, fault: Fault
) -> None:
    server.statuses[ANN] = "valid"
    server.faults.append(after(server, fault))
    assert verify(server) == Answers([{"verification": "valid"}], 0.5)
    assert server.charged == {ANN}


@pytest.mark.parametrize("fault", [*BROKEN[:2], malformed, cut])
def test_where_no_answer_comes_nobody_knows_and_nothing_is_said_to_be_valid(
    server: HunterServer, fault: Fault
) -> None:
    server.faults.extend([fault] * 6)
    with pytest.raises(VendorUncertainError):
        vendor(server).ask(leads(ANN))


@pytest.mark.parametrize("fault", [says(500), says(401, {"errors": []}), says(429), malformed, cut])
def test_an_answer_that_cannot_be_fetched_now_can_be_later(server: HunterServer, fault: Fault) -> None:
    server.faults.extend([fault] * 5)
    with pytest.raises(VendorUnavailableError):
        vendor(server).collect("1772445600", 1, [ANN])


def test_a_wrong_key_is_refused_without_telling_it_or_the_address(
    server: HunterServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AICMO_HUNTER_KEY", "wrong-key")
    with pytest.raises(VendorRefusedError, match="check the key in AICMO_HUNTER_KEY") as refused:
        vendor(server).ask(leads(ANN))
    assert "wrong-key" not in str(refused.value)
    assert ANN not in str(refused.value)


def test_above_its_limits_hunter_says_403_which_is_for_later(server: HunterServer) -> None:
    server.faults.append(says(403, {"errors": [{"details": "too many requests"}]}))
    with pytest.raises(VendorUnavailableError, match="too often"):
        vendor(server).ask(leads(ANN))


@pytest.mark.parametrize("headers", [{}, {"retry_after": "0"}, {"retry_after": "0.2"}])
def test_too_many_requests_are_made_again(server: HunterServer, headers: dict[str, str]) -> None:
    server.statuses[ANN] = "valid"
    server.faults.extend([says(429, {"errors": []}, **headers)] * 2)
    assert verify(server) == Answers([{"verification": "valid"}], 0.5)


@pytest.mark.parametrize("body", [{}, [], None, "valid", {"data": None}, {"data": {"status": ["valid"]}}])
def test_an_answer_of_another_shape_is_unknown(server: HunterServer, body: object) -> None:
    server.faults.append(says(200, body))
    assert verify(server).records == [{"verification": "unknown"}]


def test_its_limits_are_kept(server: HunterServer) -> None:
    verify(server)
    kept = database.fetch("SELECT name FROM rate_limits WHERE name LIKE '%/%/%' ORDER BY name")
    assert [row["name"].rpartition("/")[2] for row in kept] == ["1", "60"]


def test_only_valid_addresses_are_asked_about() -> None:
    hunter = HunterVendor(HunterAccount(), RateLimits())
    assert hunter.subjects(leads(ANN, None)).isna().tolist() == [False, True]
    assert hunter.subjects(leads("a@@example.com", status="invalid")).isna().all()


def test_without_a_key_it_is_not_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AICMO_HUNTER_KEY", raising=False)
    hunter = HunterVendor(HunterAccount(), RateLimits())
    assert not hunter.is_configured()
    monkeypatch.setenv("AICMO_HUNTER_KEY", "key")
    assert hunter.is_configured()
