import json
import os
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from aicmo_dagster.campaign.config import SOURCE_FIELDS, ApolloAccount
from aicmo_dagster.errors import VendorRefusedError, VendorUncertainError
from aicmo_dagster.lead import LEAD_COLUMNS
from aicmo_dagster.stages.harvest import clean
from aicmo_dagster.store.rate_limits import RateLimits
from aicmo_dagster.vendors.apollo import ApolloApi, ApolloVendor, record_of
from aicmo_dagster.vendors.vendor import Answers
from aicmo_dagster_tests.vendors.apollo_server import (
    BULK_MATCH,
    KEY,
    Answer,
    ApolloServer,
    person,
    serving,
    status,
)

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def apollo(monkeypatch: pytest.MonkeyPatch) -> Iterator[ApolloServer]:
    monkeypatch.setenv("AICMO_APOLLO_KEY", KEY)
    with serving() as server:
        yield server


@pytest.fixture
def vendor(apollo: ApolloServer) -> Iterator[ApolloVendor]:
    with RateLimits() as limits:
        yield ApolloVendor(ApolloAccount(base_url=apollo.url, timeout_s=1.0), limits)


@pytest.fixture
def api(apollo: ApolloServer) -> Iterator[ApolloApi]:
    with RateLimits() as limits:
        yield ApolloApi(ApolloAccount(base_url=apollo.url, timeout_s=1.0), limits)


def leads(*records: dict[str, str]) -> pd.DataFrame:
    """Typed leads as the pipeline has them."""
    columns = {
        name: pd.Series([one.get(name) for one in records], dtype="str") for name in (*SOURCE_FIELDS, "extra")
    }
    frame = pd.DataFrame(columns)
    frame.insert(0, "line", range(len(records)))
    return clean(frame).leads[list(LEAD_COLUMNS)]


def answers(vendor: ApolloVendor, *records: dict[str, str]) -> Answers:
    reply = vendor.ask(leads(*records))
    assert isinstance(reply, Answers)
    return reply


def email(number: int) -> str:
    return f"given{number}.family{number}@example.com"


def of(number: int) -> dict[str, str]:
    return {"id": person(number)["id"]}


def answering(body: object) -> Any:
    return lambda handler, _: handler.send(Answer(200, body))


def test_a_person_is_found_by_whatever_is_known_of_them(apollo: ApolloServer, vendor: ApolloVendor) -> None:
    reply = answers(
        vendor,
        {"email": email(1).upper()},
        {"linkedin_url": "https://www.linkedin.com/in/example-2/", "first_name": "Given2"},
        {"first_name": "Given3", "last_name": "Family3", "company": "Example Works 3"},
        {"email": "nobody@example.org"},
        {"email": "old@example.org", "extra": json.dumps({"apollo_id": person(5)["id"]})},
    )
    assert [one and one.get("email") for one in reply.records] == [
        email(1),
        email(2),
        email(3),
        None,
        email(5),
    ]
    assert reply.credits == 4
    assert apollo.batches[0][0] == {"email": email(1), "domain": "example.com"}
    assert apollo.batches[0][1] == {
        "linkedin_url": "https://www.linkedin.com/in/example-2",
        "first_name": "Given2",
    }
    assert apollo.batches[0][4] == of(5)


def test_subjects_are_the_same_for_the_same_person() -> None:
    vendor = ApolloVendor(ApolloAccount(), RateLimits())
    subjects = vendor.subjects(
        leads(
            {"email": "Ann@Example.com", "linkedin_url": "https://linkedin.com/in/Ann"},
            {"linkedin_url": "https://linkedin.com/in/Ann"},
            {"linkedin_url": "http://www.linkedin.com/in/ann/", "email": "no address"},
            {"first_name": "Ann", "last_name": "Example", "company": "Example  Ltd"},
            {"first_name": "ANN", "last_name": "example", "company": "example ltd", "phone": "1"},
            {"first_name": "Ann", "last_name": "Example", "company": "E", "website": "https://example.com"},
            {"first_name": "Ann", "company": "Example Ltd"},
            {"email": "ann@example.com", "extra": '{"apollo_id":"abc"}'},
        )
    )
    assert subjects.astype("object").where(subjects.notna(), None).tolist() == [
        "email:ann@example.com",
        "linkedin:https://www.linkedin.com/in/ann",
        "linkedin:https://www.linkedin.com/in/ann",
        "person:ann|example|example ltd",
        "person:ann|example|example ltd",
        "person:ann|example|example.com",
        None,
        "apollo:abc",
    ]


def test_an_address_that_is_no_valid_one_is_not_told(apollo: ApolloServer, vendor: ApolloVendor) -> None:
    answers(vendor, {"email": "broken@", "linkedin_url": "https://www.linkedin.com/in/example-2"})
    assert apollo.batches == [[{"linkedin_url": "https://www.linkedin.com/in/example-2"}]]


def test_all_that_is_said_is_in_fields_that_it_gives(vendor: ApolloVendor) -> None:
    reply = answers(vendor, *({"email": email(number)} for number in range(5)))
    assert {field for one in reply.records if one for field in one} == vendor.gives


def test_an_answer_becomes_a_record() -> None:
    record = record_of(person(1))
    assert record is not None
    assert {name: text for name, text in record.items() if name != "extra"} == {
        "email": email(1),
        "verification": "valid",
        "first_name": "Given1",
        "last_name": "Family1",
        "title": "VP Sales",
        "linkedin_url": "http://www.linkedin.com/in/example-1",
        "city": "Berlin",
        "state": "Land Berlin",
        "country": "Germany",
        "company": "Example Works 1",
        "website": "http://works1.example.com",
        "industry": "machinery",
        "employees": "40",
        "revenue": "1000000",
        "department": "sales",
        "technologies": "Example CRM, Example Mail",
        "keywords": "example machines, example tools",
        "founded_year": "1998",
        "funding_stage": "Series A",
        "headcount_growth": "-2.13%",
        "job_started_on": "2021-03-01",
    }
    assert json.loads(record["extra"]) == {
        "apollo_id": person(1)["id"],
        "apollo_seniority": "vp",
        "apollo_headline": "VP Sales at Example Works 1",
        "apollo_email_status": "verified",
    }


@pytest.mark.parametrize(
    ("jobs", "started"),
    [
        ([("VP Sales", "2021-03-01", True), ("Adviser", "2020-01-01", True)], "2021-03-01"),
        ([("Head of Sales", "2019-05-01", True)], "2019-05-01"),
        ([("Founder", "2019-05-01", True), ("Adviser", "2020-01-01", True)], None),
        ([("VP Sales", "2021-03-01", True), ("VP Sales", "2020-01-01", True)], None),
        ([("VP Sales", "2021-03-01", False)], None),
        ([("VP Sales", None, True)], None),
    ],
)
def test_the_present_job_began_when_the_history_says_so_of_one_job(
    jobs: list[tuple[str, str | None, bool]], started: str | None
) -> None:
    history = [{"title": title, "start_date": begun, "current": now} for title, begun, now in jobs]
    record = record_of({**person(1), "employment_history": history})
    assert record is not None
    assert record.get("job_started_on") == started


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("verified", "valid"),
        ("bounced", "invalid"),
        ("unverified", None),
        ("extrapolated", None),
        ("guessed", None),
        ("likely to engage", None),
        ("Verified by magic", None),
        (None, None),
    ],
)
def test_only_words_with_a_documented_meaning_verify_an_address(said: str | None, meant: str | None) -> None:
    record = record_of({**person(1), "email_status": said})
    assert record is not None
    assert record.get("verification") == meant


@pytest.mark.parametrize("address", [None, "", "email_not_unlocked@domain.com", "unavailable", 7])
def test_what_is_no_address_is_left_out_with_its_status(address: object) -> None:
    record = record_of({**person(1), "email": address})
    assert record is not None
    assert not record.keys() & {"email", "verification"}


def test_values_of_other_kinds_than_documented_are_left_out() -> None:
    odd = {
        "id": 7,
        "first_name": ["x"],
        "title": True,
        "city": "x" * 501,
        "organization": "?",
        "name": " Ann  B ",
    }
    record = record_of(odd)
    assert record is not None
    assert record.keys() == {"full_name", "extra"}
    assert record["full_name"] == "Ann B"


def test_an_empty_record_is_nobody() -> None:
    assert record_of({"id": "abc", "organization": {}, "email_status": "unavailable"}) is None


def test_eleven_people_at_once_are_impossible(api: ApolloApi, apollo: ApolloServer) -> None:
    with pytest.raises(VendorRefusedError, match="1 to 10 people at once, not 11"):
        api.bulk_match([of(number) for number in range(11)])
    with pytest.raises(VendorRefusedError, match="not 0"):
        api.bulk_match([])
    assert apollo.asked[BULK_MATCH] == 0


def test_answers_by_id_are_told_apart_by_id(api: ApolloApi, apollo: ApolloServer) -> None:
    apollo.fail_next(answering({"matches": [person(2), person(1)], "credits_consumed": "2.0"}))
    reply = api.bulk_match([of(1), of(2), of(3)])
    assert [one and one["first_name"] for one in reply.records] == ["Given1", "Given2", None]
    assert reply.credits == 2


def test_a_person_who_has_another_id_by_now_is_told_by_place(api: ApolloApi, apollo: ApolloServer) -> None:
    apollo.fail_next(answering({"matches": [None, person(7)]}))
    reply = api.bulk_match([of(1), of(2)])
    assert [one and one["first_name"] for one in reply.records] == [None, "Given7"]
    assert reply.credits == 1


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"matches": "none"},
        {"matches": [person(1)]},
        {"matches": [person(1)] * 3},
        {"error_code": "PARTIAL", "credits_consumed": 1},
    ],
)
def test_an_answer_that_does_not_tell_who_is_who_is_uncertain(
    api: ApolloApi, apollo: ApolloServer, body: object
) -> None:
    apollo.fail_next(answering(body))
    with pytest.raises(VendorUncertainError, match="which of the 2 people"):
        api.bulk_match([{"email": email(1)}, {"email": email(2)}])


def test_an_answer_about_nobody_is_an_answer(api: ApolloApi, apollo: ApolloServer) -> None:
    apollo.fail_next(answering({"matches": [], "credits_consumed": 0}))
    assert api.bulk_match([{"email": email(1)}]) == Answers([None], 0.0)


def test_an_error_in_an_answer_that_cost_nothing_is_a_refusal(api: ApolloApi, apollo: ApolloServer) -> None:
    body = {
        "status": "failed",
        "error_code": "NO_CREDITS",
        "error_message": f"none for {email(1)}",
        "matches": [],
    }
    apollo.fail_next(answering(body))
    with pytest.raises(VendorRefusedError, match="NO_CREDITS none for <address>"):
        api.bulk_match([of(1)])


@pytest.mark.parametrize("said", [None, "many", -1, float("1e400"), [], True])
def test_without_a_number_of_credits_each_who_was_found_counts(
    api: ApolloApi, apollo: ApolloServer, said: object
) -> None:
    content = json.dumps({"matches": [person(1), None, person(2)], "credits_consumed": said})
    apollo.fail_next(answering(content.replace("Infinity", "1e400").encode()))
    assert api.bulk_match([of(1), of(3), of(2)]).credits == 2


def test_a_search_without_a_list_is_refused(api: ApolloApi, apollo: ApolloServer) -> None:
    apollo.fail_next(answering({"contacts": []}), path="/api/v1/mixed_people/api_search")
    with pytest.raises(VendorRefusedError, match="no list of people"):
        api.search({"person_titles[]": ["CEO"]}, 1)


def test_people_without_an_id_are_not_found(api: ApolloApi, apollo: ApolloServer) -> None:
    apollo.fail_next(
        answering({"people": [{"first_name": "Ann"}, "?", of(1)], "total_entries": None}),
        path="/api/v1/mixed_people/api_search",
    )
    page = api.search({"person_titles[]": ["CEO"]}, 1)
    assert (page.people, page.total) == ([of(1)], None)


def test_the_last_request_of_a_minute_lets_others_wait(vendor: ApolloVendor, apollo: ApolloServer) -> None:
    apollo.minute_left = 0
    answers(vendor, {"email": email(1)})
    with RateLimits() as limits, pytest.raises(Exception, match="asked not to be asked again"):
        limits.wait(f"apollo/bulk_match@127.0.0.1:{apollo.server_port}", (), 0.0)


def test_a_refusal_names_the_key_and_neither_its_value_nor_the_person(
    vendor: ApolloVendor, apollo: ApolloServer
) -> None:
    apollo.fail_next(status(401, f"key {os.environ['AICMO_APOLLO_KEY']} for {email(1)}".encode()))
    with pytest.raises(VendorRefusedError, match="AICMO_APOLLO_KEY") as caught:
        answers(vendor, {"email": email(1)})
    assert KEY not in str(caught.value)
    assert email(1) not in str(caught.value)


def test_nothing_waits_at_apollo(vendor: ApolloVendor) -> None:
    with pytest.raises(VendorRefusedError):
        vendor.collect("1", 1, ["email:ann@example.com"])


def test_a_key_makes_it_configured(vendor: ApolloVendor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert vendor.is_configured()
    monkeypatch.setenv("AICMO_APOLLO_KEY", "")
    assert not vendor.is_configured()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"details": [of(number) for number in range(11)]}, "RECORD_LIMIT"),
        ({"details": []}, "INVALID_REQUEST"),
    ],
)
def test_the_contract_server_refuses_what_apollo_refuses(
    apollo: ApolloServer, body: object, code: str
) -> None:
    answer = apollo.bulk_match({}, json.dumps(body).encode())
    assert answer.status == 400
    assert code in answer.content.decode()
    assert apollo.search({"per_page": ["101"]}, b"").status == 422
    assert apollo.search({"page": ["501"]}, b"").status == 422
    assert apollo.search({}, b'{"person_titles": ["CEO"]}').status == 422
    assert apollo.search({"person_titles": ["CEO"]}, b"").status == 422
    assert not apollo.credits
