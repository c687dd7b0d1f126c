from typing import Any

import pytest

from aicmo_dagster.campaign import document
from aicmo_dagster.campaign.config import HttpVendor
from aicmo_dagster.errors import ConfigurationError

URL = "https://api.example.com/people"


def problem(section: str, **changes: Any) -> str:
    """What is said of a campaign with an HTTP source or vendor; "" where nothing is wrong."""
    request = {"url": URL, **changes.pop("request", {})}
    http: dict[str, Any] = {"type": "http", "name": "crm", "request": request, **changes}
    content: dict[str, Any] = {"key": "test", "name": "Test", "icp": {"industries": ["Software"]}}
    if section == "source":
        content["sources"] = [http]
    else:
        http = {"fields": {"phone": "tel"}, **http, "request": {"parameters": {"q": "{email}"}, **request}}
        content |= {"sources": [{"type": "manual"}], "enrichment": {"vendors": [http]}}
    try:
        document.parse(content, "f.yaml")
    except ConfigurationError as error:
        return str(error)
    return ""


def test_a_source_and_a_vendor_that_say_what_is_needed_are_accepted() -> None:
    assert problem("source", paging={"type": "cursor", "path": "next.after"}, records="data.people") == ""
    assert problem("vendor", request={"url": URL + "/{first_name}?q={last_name}"}, record="data.0") == ""


@pytest.mark.parametrize("section", ["source", "vendor"])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fields": {"emial": "email"}}, "'emial' is no field of a lead; did you mean email?"),
        ({"fields": {"revenue_usd": "r"}}, "did you mean revenue?"),
        ({"fields": {"email": "emails[0]"}}, "write names and places with dots"),
        ({"fields": {"email": "$.email"}}, "write names and places with dots"),
        ({"fields": {"email": "data..email"}}, "empty name"),
        ({"request": {"url": "ftp://example.com"}}, "http or https address"),
        ({"request": {"url": "https://user:word@example.com"}}, "without a user name"),
        ({"request": {"url": "https://{company}.example.com/{email}"}}, "must name its host"),
        ({"request": {"headers": {"authorization": "Bearer x"}}}, "put it into secret_headers"),
        ({"request": {"secret_headers": {"x-key": "secret word"}}}, "name of an environment variable"),
        ({"request": {"body": {"a": 1}}}, "a body needs method: POST"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_cannot_work_is_said_when_the_campaign_is_applied(
    section: str, changes: dict[str, Any], words: str
) -> None:
    assert words in problem(section, **changes)


@pytest.mark.parametrize(
    "request_",
    [
        {"url": URL + "/{email}"},
        {"parameters": {"q": "{email}"}},
        {"method": "POST", "body": {"a": [{"b": "x {email}"}]}},
    ],
    ids=["url", "parameters", "body"],
)
def test_a_source_has_no_lead_to_ask_about(request_: dict[str, Any]) -> None:
    assert "a source has no lead to ask about" in problem("source", request=request_)


def test_braces_with_spaces_are_no_placeholder() -> None:
    query = {"method": "POST", "body": {"query": "query { people { email } }"}}
    assert problem("source", request=query) == ""


def test_a_vendor_is_asked_about_fields_that_a_lead_has() -> None:
    assert "{emial} is nothing to ask about; did you mean email?" in problem(
        "vendor", request={"parameters": {"q": "{emial}"}}
    )
    assert "names nobody to ask about" in problem("vendor", request={"parameters": {}})


def test_a_vendor_gives_something() -> None:
    assert "fields" in problem("vendor", fields={})


def test_the_address_keeps_the_slash_at_its_end() -> None:
    request = {"url": URL + "/", "parameters": {"q": "{email}"}}
    vendor = HttpVendor.model_validate({"name": "crm", "request": request, "fields": {"phone": "tel"}})
    assert vendor.request.url == URL + "/"
    assert vendor.request.placeholders() == ["email"]


def test_columns_of_the_inbox_are_fields_of_a_lead() -> None:
    content = {
        "key": "test",
        "name": "Test",
        "icp": {"industries": ["Software"]},
        "sources": [{"type": "api", "columns": {"Mail": "emial"}}],
    }
    with pytest.raises(ConfigurationError, match="did you mean email"):
        document.parse(content, "f.yaml")
