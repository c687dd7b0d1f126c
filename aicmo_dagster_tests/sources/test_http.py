import json
import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aicmo_dagster.campaign.config import HttpSource
from aicmo_dagster.errors import SourceError, VendorRefusedError, VendorUnavailableError
from aicmo_dagster.sources.http import JsonApi
from aicmo_dagster.sources.source import Chunk
from aicmo_dagster.store.rate_limits import RateLimits
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

PEOPLE = [{"email": f"p{number}@example.com", "name": f"Test {number}"} for number in range(7)]
PAGES: dict[str, Any] = {"path": "/pages", "records": "data.people", "paging": {"type": "page"}}
STYLES: dict[str, dict[str, Any]] = {
    "one answer": {"path": "/all"},
    "pages": PAGES,
    "pages of a size": PAGES | {"paging": {"type": "page", "size_parameter": "size", "size": 4}},
    "pages in the body": {
        "path": "/search",
        "records": "people",
        "paging": {"type": "page", "first": 0},
        "request": {"method": "POST", "body": {"page": 0, "filter": {"city": "Testtown"}}},
    },
    "cursor": {
        "path": "/cursor",
        "records": "results",
        "paging": {"type": "cursor", "parameter": "after", "path": "paging.next.after"},
    },
    "link in the answer": {"path": "/links", "records": "people", "paging": {"type": "link", "path": "next"}},
    "link in a header": {"path": "/header", "paging": {"type": "link"}},
}


@pytest.fixture
def crm(monkeypatch: pytest.MonkeyPatch) -> Iterator[JsonServer]:
    monkeypatch.setenv("AICMO_CRM_KEY", AUTHORIZATION)
    with serving(PEOPLE) as answers:
        yield answers


def source(crm: JsonServer, path: str = "/all", **changes: Any) -> JsonApi:
    request = {
        "url": crm.url + path,
        "secret_headers": {"Authorization": "AICMO_CRM_KEY"},
        "requests_per_minute": 60_000,
        "timeout_s": 0.5,
        **changes.pop("request", {}),
    }
    return JsonApi(HttpSource.model_validate({"name": "crm", "request": request, **changes}), RateLimits())


def emails(chunks: list[Chunk]) -> list[str]:
    return [email for chunk in chunks for email in chunk.records.get("email", [])]


@pytest.mark.parametrize("style", STYLES)
def test_every_record_comes_once_and_in_order(crm: JsonServer, style: str) -> None:
    api = source(crm, **STYLES[style])
    chunks = list(api.fetch(100))
    assert emails(chunks) == [one["email"] for one in PEOPLE]
    assert [line for chunk in chunks for line in chunk.records["line"]] == [1, 2, 3, 4, 5, 6, 7]
    assert [len(chunk.rejected) for chunk in chunks] == [0] * len(chunks)
    assert api.notes == []


@pytest.mark.parametrize("style", STYLES)
def test_of_nobody_there_is_nothing(crm: JsonServer, style: str) -> None:
    crm.people = []
    assert list(source(crm, **STYLES[style]).fetch(100)) == []


def test_a_page_shorter_than_a_full_one_is_the_last(crm: JsonServer) -> None:
    list(source(crm, **STYLES["pages of a size"]).fetch(100))
    assert [path for _, path, _ in crm.asked] == ["/pages?page=1&size=4", "/pages?page=2&size=4"]


def test_an_api_that_gives_less_than_asked_for_is_asked_on(crm: JsonServer) -> None:
    two = {"data": {"people": PEOPLE[:2]}}
    crm.faults.append(reply(200, two))
    paging = {"type": "page", "size_parameter": "size", "size": 50}
    list(source(crm, **PAGES | {"paging": paging}).fetch(100))
    assert len(crm.asked) == 2


def test_a_page_that_is_not_found_behind_others_is_the_end(crm: JsonServer) -> None:
    crm.faults += [reply(200, {"data": {"people": PEOPLE}}), reply(404, b"<html>")]
    assert len(emails(list(source(crm, **PAGES).fetch(100)))) == 7
    with pytest.raises(VendorRefusedError, match="404"):
        list(source(crm, path="/nowhere").fetch(100))


def test_pages_are_asked_for_only_when_they_are_wanted(crm: JsonServer) -> None:
    chunks = source(crm, **PAGES).fetch(3)
    next(chunks)
    assert len(crm.asked) == 1


def test_no_more_pages_than_allowed_are_asked_for(crm: JsonServer) -> None:
    api = source(crm, **PAGES, max_pages=2)
    assert len(emails(list(api.fetch(100)))) == 6
    assert api.notes == ["stopped after 2 pages; there are more (see `max_pages`)"]


def test_an_api_that_knows_no_pages_is_asked_twice(crm: JsonServer) -> None:
    crm.faults += [reply(200, {"data": {"people": PEOPLE}})] * 9
    api = source(crm, **PAGES)
    assert len(emails(list(api.fetch(100)))) == 7
    assert len(crm.asked) == 2
    assert "page 2 is one that was there before" in api.notes[0]


@pytest.mark.parametrize("style", ["cursor", "link in the answer"])
def test_pages_that_lead_back_do_not_go_on_for_ever(crm: JsonServer, style: str) -> None:
    for number in range(20):
        crm.faults.append(
            reply(
                200,
                {
                    "results": [{"email": f"q{number}@example.com"}],
                    "people": [{"email": f"q{number}@example.com"}],
                    "paging": {"next": {"after": "c1"}},
                    "next": "/links?place=1",
                },
            )
        )
    api = source(crm, **STYLES[style])
    assert len(emails(list(api.fetch(100)))) == 2
    assert api.notes == ["page 2 leads back to one that was there; stopped there"]


@pytest.mark.parametrize("cursor", [None, "", False, [], {}])
def test_a_cursor_that_says_nothing_ends_the_list(crm: JsonServer, cursor: object) -> None:
    crm.faults.append(reply(200, {"results": PEOPLE, "paging": {"next": {"after": cursor}}}))
    assert len(emails(list(source(crm, **STYLES["cursor"]).fetch(100)))) == 7
    assert len(crm.asked) == 1


def test_a_cursor_that_is_missing_at_once_is_worth_a_note(crm: JsonServer) -> None:
    paging = {"type": "cursor", "parameter": "after", "path": "paging.nxt"}
    api = source(crm, **STYLES["cursor"] | {"paging": paging})
    assert len(emails(list(api.fetch(100)))) == 3
    assert api.notes == ["took page 1 for the last one: 'paging.nxt' is not there; 'paging' has: next"]


@pytest.mark.parametrize(
    "link", ["http://127.0.0.2/links", "//evil.example/x", "ftp://127.0.0.1/", "http://[x/"]
)
def test_no_secret_travels_to_another_host(crm: JsonServer, link: str) -> None:
    crm.faults.append(reply(200, {"people": PEOPLE, "next": link}))
    with pytest.raises(SourceError, match="page 1 goes on at another host"):
        list(source(crm, **STYLES["link in the answer"]).fetch(100))
    assert len(crm.asked) == 1


def test_a_link_without_the_port_of_its_proxy_is_followed_where_the_campaign_says(crm: JsonServer) -> None:
    crm.faults.append(reply(200, {"people": PEOPLE[:3], "next": "https://127.0.0.1/links?place=1#top"}))
    assert len(emails(list(source(crm, **STYLES["link in the answer"]).fetch(100)))) == 7


def test_no_redirect_is_followed(crm: JsonServer) -> None:
    crm.faults.append(reply(302, None, Location=crm.url + "/pages?page=1"))
    with pytest.raises(VendorRefusedError, match="moved"):
        list(source(crm).fetch(100))
    assert len(crm.asked) == 1


def test_fields_are_where_the_campaign_says_and_others_are_found_by_name(crm: JsonServer) -> None:
    crm.people = [
        {
            "contact": {"emails": [{"value": "a@example.com"}, {"value": "b@example.com"}]},
            "first name": "Ann",
            "company": {"name": "Example", "size": 50},
            "email": "other@example.com",
            "tags": ["x", "y"],
        }
    ]
    fields = {"email": "contact.emails.1.value", "title": "job.title"}
    (chunk,) = source(crm, fields=fields).fetch(100)
    (record,) = chunk.records.to_dict("records")
    assert json.loads(record.pop("extra")) == {
        "contact.emails.0.value": "a@example.com",
        "email": "other@example.com",
        "tags": "x, y",
    }
    assert record == {
        "line": 1,
        "email": "b@example.com",
        "first_name": "Ann",
        "company": "Example",
        "company_size": "50",
    }


def test_a_record_that_is_none_costs_only_itself(crm: JsonServer) -> None:
    crm.faults.append(reply(200, [PEOPLE[0], "p1@example.com", None, [], {}, PEOPLE[1]]))
    (chunk,) = source(crm).fetch(100)
    assert emails([chunk])[0] == "p0@example.com"
    assert list(chunk.records["line"]) == [1, 5, 6]
    assert list(chunk.rejected["line"]) == [2, 3, 4]
    assert chunk.rejected["reason"][0].startswith("Page 1, record 2: The record is a text")
    assert list(chunk.rejected["raw"]) == ['"p1@example.com"', "null", "[]"]


@pytest.mark.parametrize(
    ("body", "records", "words"),
    [
        (
            {"data": {"people": []}, "meta": {}},
            "data.items",
            "records 'data.items' is not there; 'data' has: people",
        ),
        ({"data": {"a": 1}}, "data", "records 'data' is no list: it has: a"),
        ({"data": []}, "", "the answer is no list: it has: data"),
        ({"error": "x"}, "data", "the answer has: error"),
        ("word", "data", "the answer is a text"),
    ],
)
def test_an_answer_that_is_not_as_described_is_told_with_what_it_has(
    crm: JsonServer, body: object, records: str, words: str
) -> None:
    crm.faults.append(reply(200, body))
    with pytest.raises(SourceError, match="crm: page 1: ") as told:
        list(source(crm, records=records).fetch(100))
    assert words in str(told.value)


def test_what_was_read_before_a_fault_is_kept(crm: JsonServer) -> None:
    chunks = source(crm, **PAGES).fetch(100)
    first = next(chunks)
    crm.faults.append(reply(200, {"oops": 1}))
    with pytest.raises(SourceError, match="page 2"):
        next(chunks)
    assert len(first.records) == 3


@pytest.mark.parametrize(
    "fault",
    [
        reply(500, {"error": "x"}),
        reply(429, None, Retry_After="0"),
        reply(429, None),
        cut,
        slow,
        reply(200, b'{"people": ['),
    ],
    ids=["500", "429 with Retry-After", "429", "cut", "slow", "malformed"],
)
def test_a_fault_that_passes_is_waited_for(crm: JsonServer, fault: Answer) -> None:
    crm.faults.append(fault)
    assert len(emails(list(source(crm).fetch(100)))) == 7


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_is_told_at_once_and_without_the_key(crm: JsonServer, status: int) -> None:
    crm.faults.append(reply(status, {"error": f"not with {AUTHORIZATION}"}))
    with pytest.raises(VendorRefusedError, match=f"HTTP {status}") as told:
        list(source(crm).fetch(100))
    assert len(crm.asked) == 1
    assert KEY not in "".join(traceback.format_exception(told.value))


def test_a_fault_that_does_not_pass_is_told_without_the_key(
    crm: JsonServer, caplog: pytest.LogCaptureFixture
) -> None:
    crm.faults += [reply(503, {"error": f"busy: {AUTHORIZATION}"})] * 5
    with caplog.at_level(logging.DEBUG), pytest.raises(VendorUnavailableError) as told:
        list(source(crm).fetch(100))
    assert KEY not in "".join(traceback.format_exception(told.value)) + caplog.text


def test_without_its_secrets_it_is_not_configured(crm: JsonServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert source(crm).is_configured()
    monkeypatch.setenv("AICMO_CRM_KEY", " ")
    assert not source(crm).is_configured()
    monkeypatch.delenv("AICMO_CRM_KEY")
    assert not source(crm).is_configured()
    assert source(crm, request={"secret_headers": {}}).is_configured()


def test_a_secret_that_cannot_be_sent_is_told_by_its_name(
    crm: JsonServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AICMO_CRM_KEY", f"{KEY}\nX-More: 1")
    with pytest.raises(SourceError, match="AICMO_CRM_KEY") as told:
        list(source(crm).fetch(100))
    assert KEY not in "".join(traceback.format_exception(told.value))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(), inside, max_size=4),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON | st.lists(JSON), st.sampled_from(list(STYLES)))
def test_any_json_is_records_and_reasons_or_a_source_error(crm: JsonServer, body: Any, style: str) -> None:
    crm.faults.clear()
    crm.faults += [reply(200, body)] * 3
    api = source(crm, **STYLES[style] | {"records": "", "max_pages": 3})
    try:
        chunks = list(api.fetch(100))
    except SourceError:
        return
    count = len(body) if body else 0
    assert [len(chunk.records) + len(chunk.rejected) for chunk in chunks] == [count] * bool(count)
