"""Apollo: finds people and says more about them (https://docs.apollo.io/reference).

The search is free and tells neither addresses nor last names. `bulk_match` tells them, of at most ten people at
once, for a credit each of whom something is found; it takes no key by which a repeated request would be known.
Mobile numbers (eight credits) and private addresses are not asked for.
"""

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from aicmo_dagster.campaign.config import ApolloAccount
from aicmo_dagster.errors import VendorRefusedError, VendorUncertainError
from aicmo_dagster.privacy import without_addresses
from aicmo_dagster.store.rate_limits import Limit, RateLimits
from aicmo_dagster.vendors.client import Client
from aicmo_dagster.vendors.vendor import Answers, Record, Submitted

BULK_MATCH = "bulk_match"
BATCH = 10
CREDITS_EACH = 1.0
PER_PAGE = 100
MOST_PAGES = 500

_SEARCH_LIMIT = (Limit(200, 60.0), Limit(6_000, 3_600.0), Limit(50_000, 86_400.0))
_MATCH_LIMIT = (Limit(1_000, 60.0),)
_LONGEST = 500
_LONGEST_LIST = 20_000
_PERSON = {
    "first_name": "first_name",
    "last_name": "last_name",
    "title": "title",
    "linkedin_url": "linkedin_url",
    "city": "city",
    "state": "state",
    "country": "country",
}
"""Apollo's names of what it says of a person -> fields of a lead."""

_COMPANY = {
    "name": "company",
    "primary_domain": "website",
    "website_url": "website",
    "industry": "industry",
    "estimated_num_employees": "employees",
    "annual_revenue": "revenue",
    "founded_year": "founded_year",
    "latest_funding_stage": "funding_stage",
}
"""The same of the person's organization; of two for one field the later one counts."""

_COMPANY_LISTS = {"technology_names": "technologies", "keywords": "keywords"}
"""And of its lists."""

_VERIFICATIONS = {"verified": "valid", "bounced": "invalid"}
"""Apollo's word on an address -> `config.VERIFICATIONS`: "a fully confirmed, valid email address" and "an address
that no longer exists" (knowledge.apollo.io, Email Status Overview). All others leave the question open."""

_TOLD = {
    "email": "email",
    "linkedin_url": "linkedin_url",
    "first_name": "first_name",
    "last_name": "last_name",
    "organization_name": "company",
    "domain": "account_domain",
}
"""Apollo's names of what it is told -> columns of a lead."""

_ID = "apollo:"


@dataclass(frozen=True)
class Page:
    """People of the free search, each with an `id`; `total` is how many it finds in all, None if it does not say."""

    people: list[Mapping[str, Any]]
    total: int | None


class ApolloApi:
    """The two endpoints that are used."""

    def __init__(self, account: ApolloAccount, limits: RateLimits) -> None:
        self._account = account
        self._limits = limits

    def is_configured(self) -> bool:
        """Whether there is a key."""
        return bool(os.environ.get(self._account.key_env))

    def close(self) -> None:
        """Close the connections; the next request opens another."""
        self._client.close()

    def search(self, parameters: Mapping[str, str | list[str]], page: int) -> Page:
        """A page (1 to 500) of at most 100 people; costs nothing. Parameters are named as Apollo names them.

        Raises VendorRefusedError or VendorUnavailableError.
        """
        reply = self._client.free(
            "POST",
            "mixed_people/api_search",
            operation="search",
            limit=_SEARCH_LIMIT,
            parameters={**parameters, "page": str(page), "per_page": str(PER_PAGE)},
        )
        answer = _object(reply.body)
        people, total = answer.get("people"), answer.get("total_entries")
        if not isinstance(people, list):
            raise VendorRefusedError("apollo: search: the answer has no list of people; check base_url")
        known = [one for one in people if isinstance(one, Mapping) and _text(one.get("id"))]
        return Page(known, total if isinstance(total, int) else None)

    def bulk_match(self, details: Sequence[Mapping[str, str]]) -> Answers:
        """What Apollo knows of one to ten people; paid. `details` say who they are: an `id`, or an `email` ...

        Raises VendorRefusedError or VendorUnavailableError (nothing was charged), or VendorUncertainError, also
        where an answer cannot be told to be about these people.
        """
        if not 1 <= len(details) <= BATCH:
            raise VendorRefusedError(f"apollo takes 1 to {BATCH} people at once, not {len(details)}")
        reply = self._client.paid(
            "POST",
            "people/bulk_match",
            operation=BULK_MATCH,
            limit=_MATCH_LIMIT,
            body={"details": [dict(one) for one in details]},
        )
        answer = _object(reply.body)
        matches = answer.get("matches")
        if answer.get("error_code") and not matches and not answer.get("credits_consumed"):
            said = " ".join(_text(answer.get(name)) for name in ("error_code", "error_message"))
            raise VendorRefusedError(f"apollo: {BULK_MATCH}: {without_addresses(said)}")
        found = _aligned(matches, [one.get("id") for one in details])
        if found is None:
            raise VendorUncertainError(
                f"apollo: {BULK_MATCH}: the answer does not say which of the {len(details)} people is who; "
                "it may have been charged"
            )
        records = [record_of(one) for one in found]
        return Answers(records, _credits(answer.get("credits_consumed"), len(found) - found.count(None)))

    @cached_property
    def _client(self) -> Client:
        return Client(
            "apollo",
            str(self._account.base_url),
            {"x-api-key": os.environ.get(self._account.key_env, "")},
            self._limits,
            timeout_s=self._account.timeout_s,
            key_name=self._account.key_env,
        )


class ApolloVendor:
    """An account at Apollo, asked for what leads lack."""

    name = "apollo"
    type = "apollo"
    operation = BULK_MATCH
    batch = BATCH
    credits_each = CREDITS_EACH
    gives = frozenset(
        {
            "email",
            "verification",
            "department",
            "job_started_on",
            "headcount_growth",
            *_PERSON.values(),
            *_COMPANY.values(),
            *_COMPANY_LISTS.values(),
            "extra",
        }
    )

    def __init__(self, account: ApolloAccount, limits: RateLimits) -> None:
        self._api = ApolloApi(account, limits)

    def is_configured(self) -> bool:
        return self._api.is_configured()

    def subjects(self, leads: pd.DataFrame) -> "pd.Series[str]":
        """The id at Apollo, else the address, else the LinkedIn profile, else name and company; NA without these.

        A lead that was bought from Apollo has its id, and is not bought again under another name.
        """
        text = leads[[*_TOLD.values(), "extra"]].astype("str")
        company = text["account_domain"].fillna(text["company"])
        named = text["first_name"] + "|" + text["last_name"] + "|" + company
        subjects = _ID + text["extra"].str.extract(r'"apollo_id":\s*"([^"]+)"', expand=False)
        subjects = subjects.fillna("email:" + text["email"].where(leads["email_status"] == "valid"))
        subjects = subjects.fillna("linkedin:" + text["linkedin_url"].str.lower())
        return subjects.fillna("person:" + named.str.casefold().str.replace(r"\s+", " ", regex=True)).rename(
            "subject"
        )

    def ask(self, leads: pd.DataFrame) -> Answers | Submitted:
        told = leads[[*_TOLD.values(), "email_status"]].astype("object").to_dict("index")
        people = zip(told.values(), self.subjects(leads), strict=True)
        return self._api.bulk_match([_detail(lead, subject) for lead, subject in people])

    def collect(self, vendor_request_id: str, count: int, subjects: Sequence[str]) -> Answers | Submitted:  # noqa: ARG002 - nothing waits
        """Raises VendorRefusedError: every answer comes at once."""
        raise VendorRefusedError("apollo: it answers at once, and nothing waits at it")


def subject_of(person: Mapping[str, Any]) -> str:
    """Under which name the ledger knows a person whose `id` at Apollo is known."""
    return _ID + _text(person.get("id"))


def detail_of(subject: str) -> dict[str, str]:
    """What `bulk_match` is told of such a person."""
    return {"id": subject.removeprefix(_ID)}


def record_of(person: Mapping[str, Any] | None) -> Record | None:
    """What is said of a person; None where it is nothing that a lead has a field for."""
    if person is None:
        return None
    company = _object(person.get("organization"))
    said = {field: _text(person.get(name)) for name, field in _PERSON.items()}
    for name, field in _COMPANY.items():
        said[field] = _text(company.get(name)) or said.get(field, "")
    if not said["first_name"] and not said["last_name"]:
        said["full_name"] = _text(person.get("name"))
    email, status = _text(person.get("email")), _text(person.get("email_status"))
    if "@" in email and not email.startswith("email_not_unlocked@"):
        said["email"], said["verification"] = email, _VERIFICATIONS.get(status, "")
    said["department"] = _listed(person.get("departments"))
    said["job_started_on"] = _started(person.get("employment_history"), person.get("title"))
    said["headcount_growth"] = _percent(company.get("organization_headcount_twelve_month_growth"))
    record = {field: text for field, text in said.items() if 0 < len(text) <= _LONGEST}
    lists = {field: _listed(company.get(name)) for name, field in _COMPANY_LISTS.items()}
    record |= {field: text for field, text in lists.items() if 0 < len(text) <= _LONGEST_LIST}
    if not record:
        return None
    extra = {
        "apollo_id": _text(person.get("id")),
        "apollo_seniority": _text(person.get("seniority")),
        "apollo_headline": _text(person.get("headline")),
        "apollo_email_status": status,
    }
    record["extra"] = json.dumps({name: text for name, text in extra.items() if text}, ensure_ascii=False)
    return record


def _detail(lead: Mapping[Any, Any], subject: object) -> dict[str, str]:
    if isinstance(subject, str) and subject.startswith(_ID):
        return detail_of(subject)
    told = {name: lead[column] for name, column in _TOLD.items() if isinstance(lead[column], str)}
    if lead["email_status"] != "valid":
        told.pop("email", None)
    return told


def _aligned(matches: object, ids: Sequence[str | None]) -> list[Mapping[str, Any] | None] | None:
    """What was found of each person asked about; None where the answer does not tell.

    By id where all were asked about by id. Else by place: Apollo answers in order, with null for nobody.
    """
    if not isinstance(matches, list):
        return None
    found = [one if isinstance(one, Mapping) else None for one in matches]
    by_id = {one.get("id"): one for one in found if one is not None}
    if not by_id:
        return [None] * len(ids)
    if None not in ids and by_id.keys() <= set(ids):
        return [by_id.get(one) for one in ids]
    return found if len(found) == len(ids) else None


def _credits(said: object, found: int) -> float:
    """What Apollo says that it charged; a credit for each that was found where it says nothing of use."""
    try:
        charged = float(str(said))
    except ValueError:
        charged = -1.0
    return charged if 0 <= charged < math.inf else found * CREDITS_EACH


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    """Texts and positive numbers as text; "" for all else. Apollo says 0 of what it does not know."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf:
        return f"{value:.0f}"
    return ""


def _listed(value: object) -> str:
    return ", ".join(filter(None, map(_text, value))) if isinstance(value, list) else ""


def _percent(share: object) -> str:
    """Apollo says growth as a share, which a reader of mere numbers could take for percent."""
    if isinstance(share, int | float) and not isinstance(share, bool) and math.isfinite(share):
        return f"{share:.2%}"
    return ""


def _started(history: object, title: object) -> str:
    """When the job began that the person has now; "" where several could be meant."""
    jobs = [_object(job) for job in history] if isinstance(history, list) else []
    now = [job for job in jobs if job.get("current") is True]
    days = {_text(job.get("start_date")) for job in now if job.get("title") == title} or {
        _text(job.get("start_date")) for job in now
    }
    return days.pop() if len(days) == 1 else ""
