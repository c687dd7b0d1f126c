import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from aicmo_dagster.campaign.config import VERIFICATIONS, DropcontactAccount
from aicmo_dagster.errors import VendorError, VendorRefusedError, VendorUnavailableError, VendorUncertainError
from aicmo_dagster.lead import LEAD_COLUMNS, SOURCE_FIELDS
from aicmo_dagster.store import database
from aicmo_dagster.store.rate_limits import RateLimits
from aicmo_dagster.vendors import client
from aicmo_dagster.vendors.dropcontact import DropcontactVendor, verification
from aicmo_dagster.vendors.vendor import Answers, Submitted
from aicmo_dagster_tests.vendors.dropcontact_server import DropcontactServer, Person
from aicmo_dagster_tests.vendors.vendor_server import Fault, cut, loaded, malformed, says, slow

ANN = {
    "identity": "ann.test@example.com",
    "email": "ann.test@example.com",
    "first_name": "Ann",
    "last_name": "Test",
    "company": "Example Inc",
}
BOB = {"identity": "linkedin:bob", "linkedin_url": "https://www.linkedin.com/in/bob-test"}
CY = {
    "identity": "person:cy|test|example inc",
    "first_name": "Cy",
    "last_name": "Test",
    "company": "Example Inc",
}
FOUND = {
    "civility": "Mr",
    "first_name": "Cy",
    "last_name": "Test",
    "email": [{"email": "cy@example.com", "qualification": "nominative@pro"}],
    "phone": "+1 202 555 0100",
    "mobile_phone": "+1 202 555 0101",
    "company": "Example",
    "website": "www.example.com",
    "linkedin": "https://www.linkedin.com/in/cy-test",
    "company_linkedin": "https://www.linkedin.com/company/example",
    "job": "Head of Tests",
    "job_level": "Director",
    "job_function": "Quality",
    "nb_employees": "50-99",
    "siren": 123456789,
}


@pytest.fixture
def server(store: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[DropcontactServer]:
    monkeypatch.setattr(client, "_LONGEST_PAUSE_S", 0.01)
    with DropcontactServer() as running:
        monkeypatch.setenv("AICMO_DROPCONTACT_KEY", running.key)
        yield running


def vendor(server: DropcontactServer, purpose: Any = "enrich") -> DropcontactVendor:
    account = DropcontactAccount.model_validate(
        {"base_url": server.url, "timeout_s": 0.3, "path": server.path}
    )
    return DropcontactVendor(account, RateLimits(), purpose)


def leads(*people: Mapping[str, str]) -> pd.DataFrame:
    rows = [{"email_status": "valid" if "email" in person else "missing", **person} for person in people]
    return pd.DataFrame(
        {
            column: pd.Series([row.get(column) for row in rows], dtype=dtype)
            for column, dtype in LEAD_COLUMNS.items()
        }
    )


def submitted(dropcontact: DropcontactVendor, *people: Mapping[str, str]) -> str:
    answer = dropcontact.ask(leads(*people))
    assert isinstance(answer, Submitted)
    assert answer.poll_after_s == 30
    return answer.vendor_request_id


def answers(server: DropcontactServer, *people: Mapping[str, str], purpose: str = "enrich") -> Answers:
    dropcontact = vendor(server, purpose)
    subjects = dropcontact.subjects(leads(*people)).tolist()
    found = dropcontact.collect(submitted(dropcontact, *people), len(people), subjects)
    assert isinstance(found, Answers)
    return found


def knows(*entries: tuple[str, str]) -> Callable[[Person], Person]:
    listed = [{"email": address, "qualification": qualification} for address, qualification in entries]
    return lambda _: {"email": listed}


def test_what_was_found_is_a_record_in_the_order_of_the_leads(server: DropcontactServer) -> None:
    server.knows = lambda person: FOUND if person.get("first_name") == "Cy" else {}
    found = answers(server, BOB, CY)
    assert found.records[0] is None
    record = dict(found.records[1] or {})
    extra = json.loads(record.pop("extra"))
    assert record == {
        "email": "cy@example.com",
        "verification": "valid",
        "first_name": "Cy",
        "last_name": "Test",
        "title": "Head of Tests",
        "company": "Example",
        "website": "www.example.com",
        "phone": "+1 202 555 0100",
        "linkedin_url": "https://www.linkedin.com/in/cy-test",
        "employees": "50-99",
    }
    assert extra["dropcontact_mobile_phone"] == "+1 202 555 0101"
    assert extra["dropcontact_siren"] == "123456789"
    assert {*record, "extra"} == vendor(server).gives
    assert set(record) <= set(SOURCE_FIELDS)


def test_a_mobile_number_is_the_phone_where_there_is_no_other(server: DropcontactServer) -> None:
    server.knows = lambda _: {"mobile_phone": "+1 202 555 0101"}
    assert (answers(server, CY).records[0] or {})["phone"] == "+1 202 555 0101"


def test_the_request_says_what_is_known_of_a_lead_and_asks_for_english_words(
    server: DropcontactServer,
) -> None:
    submitted(vendor(server), ANN, BOB)
    assert loaded(server.requests[0]) == {
        "data": [
            {"email": ANN["email"], "first_name": "Ann", "last_name": "Test", "company": "Example Inc"},
            {"linkedin": BOB["linkedin_url"]},
        ],
        "siren": False,
        "language": "en",
    }


@pytest.mark.parametrize(
    ("entries", "best", "word"),
    [
        ([("a@x.com", "generic@pro"), ("b@x.com", "nominative@pro")], "b@x.com", "valid"),
        ([("a@x.com", "nominative@perso"), ("b@x.com", "catch-all@pro")], "b@x.com", "risky"),
        ([("a@x.com", "non_validated@pro"), ("b@x.com", "invalid")], "a@x.com", "unknown"),
        ([("a@x.com", "nominative@pro"), ("b@x.com", "nominative@pro")], "a@x.com", "valid"),
    ],
)
def test_of_several_addresses_the_best_is_taken(
    server: DropcontactServer, entries: list[tuple[str, str]], best: str, word: str
) -> None:
    server.knows = knows(*entries)
    assert answers(server, CY).records == [{"email": best, "verification": word}]


def test_an_address_that_takes_no_mail_is_not_found(server: DropcontactServer) -> None:
    server.knows = knows(("a@x.com", "invalid@pro"), ("b@x.com", "Do_Not_Contact@pro"))
    assert answers(server, CY).records == [None]


@pytest.mark.parametrize(
    ("qualification", "word"),
    [
        ("nominative@pro", "valid"),
        ("Nominative@Pro", "valid"),
        ("nominative@perso", "unknown"),
        ("nominative@school", "unknown"),
        ("catch-all@pro", "risky"),
        ("catch_all@pro", "risky"),
        ("generic@pro", "risky"),
        ("non_validated@pro", "unknown"),
        ("random@pro", "unknown"),
        ("Do_Not_Contact@pro", "invalid"),
        ("Do_Not_Contact", "invalid"),
        ("invalid@pro", "invalid"),
        ("invalid", "invalid"),
        ("nominative@disposable", "invalid"),
        ("catch-all@invalid domain", "invalid"),
        ("nominatif@pro", "unknown"),
        ("nominative", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_qualifications_mean_what_the_docstring_says(qualification: str | None, word: str) -> None:
    assert verification(qualification) == word


@given(st.text() | st.from_regex(r"[a-z_-]+@[a-z ]+", fullmatch=True))
def test_only_one_qualification_makes_an_address_valid(qualification: str) -> None:
    word = verification(qualification)
    assert word in VERIFICATIONS
    assert (word == "valid") == (qualification.strip().lower() == "nominative@pro")


def test_verifying_sends_nothing_but_the_address_and_each_costs_a_credit(server: DropcontactServer) -> None:
    words = {"ann.test@example.com": "nominative@pro", "bob@example.com": "catch-all@pro"}
    server.knows = lambda one: {
        **FOUND,
        "email": [{"email": one["email"].upper(), "qualification": words[one["email"]]}],
    }
    found = answers(server, ANN, {**BOB, "email": "bob@example.com"}, purpose="verify")
    assert found == Answers([{"verification": "valid"}, {"verification": "risky"}], 2.0)
    assert loaded(server.requests[0])["data"] == [{"email": one} for one in words]
    assert vendor(server, "verify").gives == {"verification"}


@pytest.mark.parametrize(
    "listed",
    [
        None,
        [],
        "nominative@pro",
        [{"email": "another@example.com", "qualification": "nominative@pro"}],
        [{"qualification": "nominative@pro"}],
        ["nominative@pro"],
        [{"email": ANN["email"]}],
    ],
)
def test_no_clear_word_on_the_very_address_is_unknown(server: DropcontactServer, listed: object) -> None:
    server.knows = lambda _: {"email": listed}
    assert answers(server, ANN, purpose="verify").records == [{"verification": "unknown"}]


def test_credits_are_counted_for_found_and_for_given_addresses(server: DropcontactServer) -> None:
    server.knows = lambda one: {} if "linkedin" in one else {"email": [{"email": "x@example.com"}]}
    assert answers(server, ANN, BOB, CY).credits == 2
    server.knows = lambda _: {}
    assert answers(server, ANN, BOB, CY).credits == 1


def test_a_result_that_is_not_ready_is_fetched_later_by_the_same_id(server: DropcontactServer) -> None:
    server.not_ready = 2
    dropcontact = vendor(server)
    number = submitted(dropcontact, CY)
    for _ in range(2):
        assert dropcontact.collect(number, 1, [CY["identity"]]) == Submitted(number, 30.0)
    assert dropcontact.collect(number, 1, [CY["identity"]]) == Answers([None], 0.0)
    assert [request.method for request in server.requests] == ["POST", "GET", "GET", "GET"]


def test_a_request_that_is_never_ready_is_lost_after_thirty_days_and_asked_for_less_often(
    server: DropcontactServer,
) -> None:
    dropcontact = vendor(server)
    server.not_ready = 9
    with time_machine.travel("2026-03-02T10:00Z", tick=False):
        number = submitted(dropcontact, CY)
    with time_machine.travel("2026-03-02T11:00Z", tick=False):
        assert dropcontact.collect(number, 1, ["x"]) == Submitted(number, 360.0)
    with time_machine.travel("2026-03-31T10:00Z", tick=False):
        assert isinstance(dropcontact.collect(number, 1, ["x"]), Submitted)
    with (
        time_machine.travel("2026-04-01T10:01Z", tick=False),
        pytest.raises(VendorRefusedError, match="30 days"),
    ):
        dropcontact.collect(number, 1, ["x"])


@pytest.mark.parametrize(
    "data", [None, {}, [{}], [{}, {}, {}]], ids=["none", "an object", "too few", "too many"]
)
def test_a_result_about_another_number_of_people_is_not_taken(
    server: DropcontactServer, data: object
) -> None:
    dropcontact = vendor(server)
    number = submitted(dropcontact, BOB, CY)
    server.faults.append(says(200, {"success": True, "error": False, "data": data}))
    with pytest.raises(VendorRefusedError, match="not about 2 people"):
        dropcontact.collect(number, 2, ["a", "b"])


def test_entries_that_are_no_objects_are_not_found(server: DropcontactServer) -> None:
    dropcontact = vendor(server)
    number = submitted(dropcontact, BOB, CY)
    server.faults.append(says(200, {"success": True, "data": [None, ["x"]]}))
    assert dropcontact.collect(number, 2, ["linkedin:a", "person:b"]) == Answers([None, None], 0.0)


def test_a_wrong_key_is_refused_with_its_name_and_without_itself(
    server: DropcontactServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AICMO_DROPCONTACT_KEY", "wrong-key")
    with pytest.raises(VendorRefusedError, match="AICMO_DROPCONTACT_KEY") as refused:
        vendor(server).ask(leads(ANN))
    assert "wrong-key" not in str(refused.value)
    assert ANN["email"] not in str(refused.value)


def test_too_few_credits_refuse_the_whole_request_and_nothing_is_spent(server: DropcontactServer) -> None:
    server.credits = 1
    with pytest.raises(VendorRefusedError, match="not enough credits"):
        vendor(server).ask(leads(ANN, BOB))
    assert (server.batches, server.credits) == ({}, 1)


def test_an_error_in_an_answer_of_success_is_refused_without_addresses(server: DropcontactServer) -> None:
    server.faults.append(
        says(200, {"error": True, "success": False, "reason": "cannot read ann@example.com"})
    )
    with pytest.raises(VendorRefusedError, match="cannot read") as refused:
        vendor(server).ask(leads(ANN))
    assert "ann@" not in str(refused.value)


def test_a_failed_request_never_will_be_ready(server: DropcontactServer) -> None:
    dropcontact = vendor(server)
    number = submitted(dropcontact, CY)
    server.faults.append(says(200, {"error": True, "success": False, "reason": "failed"}))
    with pytest.raises(VendorRefusedError, match="failed"):
        dropcontact.collect(number, 1, ["x"])


@pytest.mark.parametrize(
    "fault",
    [says(500), says(502, b"<html>"), malformed, cut, slow, says(200, {"success": True}), says(200, [])],
)
def test_where_nobody_knows_whether_it_was_taken_it_is_not_made_again(
    server: DropcontactServer, fault: Fault
) -> None:
    server.faults.append(fault)
    with pytest.raises(VendorUncertainError):
        vendor(server, "verify").ask(leads(ANN))
    assert len(server.requests) == 1


@pytest.mark.parametrize("headers", [{}, {"retry_after": "0"}, {"retry_after": "0.2"}])
def test_too_many_requests_are_made_again(server: DropcontactServer, headers: dict[str, str]) -> None:
    server.faults.extend([says(429, {"detail": "slow down"}, **headers)] * 2)
    submitted(vendor(server), CY)
    assert len(server.batches) == 1


@pytest.mark.parametrize("fault", [says(500), malformed, cut, slow])
def test_a_broken_answer_to_a_fetch_is_fetched_again(server: DropcontactServer, fault: Fault) -> None:
    dropcontact = vendor(server)
    number = submitted(dropcontact, CY)
    server.faults.append(fault)
    assert dropcontact.collect(number, 1, [CY["identity"]]) == Answers([None], 0.0)


@pytest.mark.parametrize("fault", [says(500), says(429), says(401, {"reason": "token"}), says(403, {}), cut])
def test_a_result_that_cannot_be_fetched_now_can_be_later(server: DropcontactServer, fault: Fault) -> None:
    dropcontact = vendor(server)
    number = submitted(dropcontact, CY)
    server.faults.extend([fault] * 5)
    with pytest.raises(VendorUnavailableError):
        dropcontact.collect(number, 1, ["x"])


def test_no_failure_ever_makes_an_address_valid(server: DropcontactServer) -> None:
    server.knows = knows((ANN["email"], "nominative@pro"))
    valid = [{"email": [{"email": ANN["email"], "qualification": "nominative@pro"}]}]
    for fault in (says(500, {"data": valid}), says(401, {"success": True, "data": valid}), malformed, cut):
        dropcontact = vendor(server, "verify")
        number = submitted(dropcontact, ANN)
        server.faults.extend([fault] * 5)
        with pytest.raises(VendorError):
            dropcontact.collect(number, 1, [ANN["email"]])
        server.faults.clear()


def test_more_than_a_batch_and_too_long_a_person_are_not_even_sent(server: DropcontactServer) -> None:
    with pytest.raises(VendorRefusedError, match="250 people"):
        vendor(server).ask(leads(*[CY] * 251))
    with pytest.raises(VendorRefusedError, match="15,000 bytes"):
        vendor(server).ask(leads({**CY, "website": "x" * 15_000}))
    assert server.requests == []


def test_a_whole_batch_is_taken(server: DropcontactServer) -> None:
    assert answers(server, *[CY] * 250).records == [None] * 250


def test_the_longest_lead_that_has_a_subject_is_taken(server: DropcontactServer) -> None:
    def lead(length: int) -> dict[str, str]:
        return {**CY, "website": "é" * length}

    dropcontact = vendor(server)
    taken = max(n for n in range(2_000, 2_500, 10) if dropcontact.subjects(leads(lead(n))).notna().all())
    assert taken > 2_300
    submitted(dropcontact, lead(taken))


@pytest.mark.parametrize(
    ("person", "askable"),
    [
        (ANN, True),
        (BOB, True),
        (CY, True),
        ({"identity": "x", "first_name": "Cy", "website": "example.com"}, True),
        ({"identity": "x", "first_name": "Cy", "last_name": "Test"}, False),
        ({"identity": "x", "company": "Example Inc"}, False),
        ({"identity": "a@@b", "email": "a@@b", "email_status": "invalid"}, False),
        ({"identity": "a@@b", "email": "a@@b", "email_status": "invalid", **BOB}, True),
    ],
)
def test_leads_that_say_too_little_are_not_asked_about(person: dict[str, str], askable: bool) -> None:
    subjects = DropcontactVendor(DropcontactAccount(), RateLimits()).subjects(leads(person))
    assert subjects.tolist() == [person["identity"]] if askable else subjects.isna().all()


def test_an_invalid_address_is_not_sent(server: DropcontactServer) -> None:
    submitted(vendor(server), {**BOB, "email": "a@@b", "email_status": "invalid"})
    assert loaded(server.requests[0])["data"] == [{"linkedin": BOB["linkedin_url"]}]


def test_its_limit_is_counted_for_all_requests_together(server: DropcontactServer) -> None:
    answers(server, CY)
    answers(server, ANN, purpose="verify")
    kept = database.fetch("SELECT name FROM rate_limits WHERE name LIKE '%/1'")
    assert [row["name"].partition("@")[0] for row in kept] == ["dropcontact/enrich"]


def test_an_older_account_has_another_path(server: DropcontactServer) -> None:
    server.path = "/batch"
    assert answers(server, CY).records == [None]
    assert [request.path for request in server.requests] == ["/batch", "/batch/request%3D0%2F"]


def test_in_another_language_the_same_words_would_not_be_known(server: DropcontactServer) -> None:
    server.knows = knows(("a@x.com", "nominative@pro"))
    dropcontact = vendor(server)
    number = submitted(dropcontact, CY)
    server.language = "fr"
    found = dropcontact.collect(number, 1, [CY["identity"]])
    assert isinstance(found, Answers)
    assert found.records == [{"email": "a@x.com", "verification": "unknown"}]


def test_without_a_key_it_is_not_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AICMO_DROPCONTACT_KEY", raising=False)
    dropcontact = DropcontactVendor(DropcontactAccount(), RateLimits())
    assert not dropcontact.is_configured()
    monkeypatch.setenv("AICMO_DROPCONTACT_KEY", "key")
    assert dropcontact.is_configured()
