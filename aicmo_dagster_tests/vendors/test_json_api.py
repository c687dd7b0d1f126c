import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aicmo_dagster.campaign.config import PLACEHOLDERS, HttpVendor
from aicmo_dagster.errors import (
    VendorError,
    VendorRefusedError,
    VendorUncertainError,
)
from aicmo_dagster.lead import LEAD_COLUMNS
from aicmo_dagster.store.rate_limits import RateLimits
from aicmo_dagster.vendors.json_api import JsonVendor
from aicmo_dagster.vendors.vendor import Answers
from aicmo_dagster_tests.vendors.json_server import (
    AUTHORIZATION,
    KEY,
    Answer,
    JsonServer,
    cut,
    reply,
    serving,
    slow,
)

pytestmark = pytest.mark.usefixtures("store")

ANN = {
    "email": "ann@example.com",
    "name": "Ann O'Lee & Co/1",
    "phones": [{"n": "+49 30 1"}],
    "staff": 50,
    "x": 1,
}
FIELDS = {"phone": "phones.0.n", "employees": "staff", "city": "address.city"}
FOUND = {"phone": "+49 30 1", "employees": "50"}
BY_EMAIL: dict[str, Any] = {"path": "/person", "record": "person", "parameters": {"email": "{email}"}}
WAYS: dict[str, dict[str, Any]] = {
    "parameter": BY_EMAIL,
    "path": {"path": "/people/{company}", "record": ""},
    "body": {
        "path": "/person",
        "record": "person",
        "method": "POST",
        "body": {"who": {"email": "{email}"}},
    },
}


@pytest.fixture
def crm(monkeypatch: pytest.MonkeyPatch) -> Iterator[JsonServer]:
    monkeypatch.setenv("AICMO_CRM_KEY", AUTHORIZATION)
    with serving([ANN]) as answers:
        yield answers


def vendor(
    crm: JsonServer,
    path: str = "/person",
    record: str = "person",
    fields: dict[str, str] = FIELDS,
    credits: float = 0,
    **request: Any,
) -> JsonVendor:
    whole = {
        "url": crm.url + path,
        "secret_headers": {"Authorization": "AICMO_CRM_KEY"},
        "requests_per_minute": 60_000,
        "timeout_s": 0.5,
        **request,
    }
    config = {"name": "crm", "request": whole, "record": record, "fields": fields, "credits": credits}
    return JsonVendor(HttpVendor.model_validate(config), RateLimits())


def leads(*rows: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows], dtype=kind) for name, kind in LEAD_COLUMNS.items()}
    )


def one(email: str = "ann@example.com", company: str = ANN["name"]) -> pd.DataFrame:  # type: ignore[assignment]
    return leads({"email": email, "company": company})


@pytest.mark.parametrize("way", WAYS)
def test_a_person_is_asked_about_where_the_campaign_says(crm: JsonServer, way: str) -> None:
    assert vendor(crm, **WAYS[way]).ask(one()) == Answers([FOUND], 0)


@pytest.mark.parametrize("way", WAYS)
def test_of_somebody_unknown_there_is_nothing(crm: JsonServer, way: str) -> None:
    asked = vendor(crm, **WAYS[way]).ask(one("eve@example.com", "Nobody"))
    assert asked == Answers([None], 0)


@pytest.mark.parametrize(
    ("answer", "charged"),
    [
        (reply(404, {"error": "x"}), 0),
        (reply(404, b"<html>Not Found"), 0),
        (reply(204), 2),
        (reply(200, None), 2),
        (reply(200, {}), 2),
        (reply(200, []), 2),
        (reply(200, {"person": None}), 2),
        (reply(200, {"person": {}}), 2),
        (reply(200, {"person": {"phones": [], "staff": "", "address": None}}), 2),
    ],
    ids=["404", "404 in HTML", "204", "null", "{}", "[]", "no person", "empty person", "nothing said"],
)
def test_nothing_is_found_in_many_words(crm: JsonServer, answer: Answer, charged: float) -> None:
    crm.faults.append(answer)
    assert vendor(crm, **BY_EMAIL, credits=2).ask(one()) == Answers([None], charged)


def test_an_answer_costs_what_the_campaign_says(crm: JsonServer) -> None:
    paid = vendor(crm, **BY_EMAIL, credits=1.5)
    assert (paid.credits_each, paid.ask(one())) == (1.5, Answers([FOUND], 1.5))


def test_it_says_what_it_is(crm: JsonServer) -> None:
    asked = vendor(crm, **BY_EMAIL)
    assert (asked.name, asked.type, asked.batch) == ("crm", "http", 1)
    assert asked.gives == frozenset({"phone", "employees", "city"})


def test_another_question_under_the_same_name_is_another_operation(crm: JsonServer) -> None:
    operation = vendor(crm, **BY_EMAIL).operation
    assert vendor(crm, **BY_EMAIL, credits=3, timeout_s=9).operation == operation
    others = [
        vendor(crm, **BY_EMAIL | {"path": "/other"}),
        vendor(crm, **BY_EMAIL | {"parameters": {"q": "{email}"}}),
        vendor(crm, **BY_EMAIL, fields=FIELDS | {"city": "city"}),
        vendor(crm, **BY_EMAIL | {"record": "people"}),
    ]
    assert len({operation, *(other.operation for other in others)}) == 5


def test_a_person_is_the_same_in_any_spelling_and_needs_every_value(crm: JsonServer) -> None:
    asked = vendor(crm, path="/{first_name}", parameters={"c": "{company}", "n": "{last_name} {first_name}"})
    frame = leads(
        {"first_name": "Ann", "last_name": "Lee", "company": "Example"},
        {"first_name": " ANN ", "last_name": "lee", "company": "example"},
        {"first_name": "Ann", "last_name": "Lee"},
        {"first_name": "Ann", "last_name": " ", "company": "Example"},
        {"first_name": "..", "last_name": "Lee", "company": "Example"},
        {"first_name": "Ann", "last_name": "Lee|x", "company": "Example"},
    )
    subjects = asked.subjects(frame)
    assert subjects.tolist()[:2] == ["ann|example|lee"] * 2
    assert subjects.isna().tolist() == [False, False, True, True, True, False]
    assert subjects[5] == "ann|example|lee/x"
    assert subjects.dtype == "str"
    assert asked.subjects(frame[:0]).tolist() == []


def test_values_are_never_taken_for_parts_of_the_request(crm: JsonServer) -> None:
    asked = vendor(crm, path="/people/{company}", parameters={"email": "{email}"}, record="")
    with pytest.raises(VendorRefusedError):
        asked.ask(one("{company}&a=b", "../all?x={email}#f"))
    assert crm.asked[0][1] == "/people/..%2Fall%3Fx%3D%7Bemail%7D%23f?email=%7Bcompany%7D%26a%3Db"


def test_answers_come_at_once(crm: JsonServer) -> None:
    with pytest.raises(VendorRefusedError, match="at once"):
        vendor(crm, **BY_EMAIL).collect("x", 1, ["ann@example.org"])


def test_without_its_secrets_it_is_not_configured(crm: JsonServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert vendor(crm, **BY_EMAIL).is_configured()
    monkeypatch.setenv("AICMO_CRM_KEY", "")
    assert not vendor(crm, **BY_EMAIL).is_configured()


@pytest.mark.parametrize(
    ("credits", "error"), [(0, VendorRefusedError), (1, VendorUncertainError)], ids=["free", "paid"]
)
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"data": 1}, "record 'person' is not there; the answer has: data"),
        ({"person": "ann@example.com"}, "'person' is no person: it is a text"),
        ([1], "the answer is a list of 1"),
    ],
)
def test_an_answer_that_is_not_as_described_is_told_and_not_asked_for_again(
    crm: JsonServer, credits: float, error: type[VendorError], body: object, words: str
) -> None:
    crm.faults.append(reply(200, body))
    with pytest.raises(error) as told:
        vendor(crm, **BY_EMAIL, credits=credits).ask(one())
    assert words in str(told.value)
    assert len(crm.asked) == 1


@pytest.mark.parametrize(
    "fault",
    [reply(500), cut, slow, reply(200, b'{"person": ')],
    ids=["500", "cut", "slow", "malformed"],
)
def test_what_may_have_been_paid_is_never_asked_for_again(crm: JsonServer, fault: Answer) -> None:
    crm.faults.append(fault)
    with pytest.raises(VendorUncertainError):
        vendor(crm, **BY_EMAIL, credits=1).ask(one())
    assert len(crm.asked) == 1


@pytest.mark.parametrize(
    ("fault", "credits"),
    [
        (reply(500), 0),
        (cut, 0),
        (slow, 0),
        (reply(200, b'{"person": '), 0),
        (reply(429), 1),
        (reply(429, None, Retry_After="0"), 1),
        (reply(503, None, Retry_After="0"), 1),
    ],
    ids=["500", "cut", "slow", "malformed", "429", "429 with Retry-After", "503 with Retry-After"],
)
def test_what_surely_was_not_paid_is_asked_for_again(crm: JsonServer, fault: Answer, credits: float) -> None:
    crm.faults.append(fault)
    assert vendor(crm, **BY_EMAIL, credits=credits).ask(one()) == Answers([FOUND], credits)
    assert len(crm.asked) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 500])
@pytest.mark.parametrize("way", WAYS)
def test_no_error_and_no_log_tells_the_key_or_the_person(
    crm: JsonServer, caplog: pytest.LogCaptureFixture, status: int, way: str
) -> None:
    said = f"{AUTHORIZATION}: ann@example.com of {ANN['name']} is unknown"
    crm.faults.append(reply(status, {"error": said}))
    with caplog.at_level(logging.DEBUG), pytest.raises(VendorError) as told:
        vendor(crm, **WAYS[way], credits=1).ask(one())
    everything = "".join(traceback.format_exception(told.value)) + caplog.text
    values = {"path": ANN["name"]}.get(way, "ann@example.com")
    assert f"HTTP {status}" in everything
    for secret in (KEY, values):
        assert str(secret) not in everything


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fixed_dictionaries({"email": st.text(min_size=1), "company": st.text(min_size=1)}))
def test_any_value_is_asked_about_as_it_is_or_not_at_all(crm: JsonServer, lead: dict[str, str]) -> None:
    asked = vendor(crm, **WAYS["path"] | {"path": "/people/{company}"})
    frame = leads(lead)
    if asked.subjects(frame).isna()[0]:
        return
    crm.people = [{"name": str(frame["company"][0]).strip(), "staff": 7}]
    assert asked.ask(frame) == Answers([{"employees": "7"}], 0)


def test_every_placeholder_is_a_column_of_text() -> None:
    assert {LEAD_COLUMNS[name] for name in PLACEHOLDERS} == {"str"}
