"""Dropcontact: finds and verifies business addresses, in batches, within minutes.

1. A batch is posted and paid for; the answer is a request id.
2. The result is fetched by it. While it is not ready the answer is HTTP 200 with `success: false`, and so it is
   for an id that Dropcontact does not know: how old a request is, is the only way to tell that it is lost.

Written after https://developer.dropcontact.com and support.dropcontact.com/article/225 (qualifications), 212
(credits).
"""

import json
import os
import time
from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal
from urllib.parse import quote

import pandas as pd

from aicmo_dagster.campaign.config import DropcontactAccount
from aicmo_dagster.errors import VendorRefusedError, VendorUnavailableError, VendorUncertainError
from aicmo_dagster.privacy import without_addresses
from aicmo_dagster.store.rate_limits import Limit, RateLimits
from aicmo_dagster.vendors.client import Client
from aicmo_dagster.vendors.vendor import Answers, Record, Submitted

_MOST_BYTES = 15_000
_LONGEST_ESCAPE = 6
"""Bytes of a character in JSON at most, but for rare ones of 12, in ASCII: \\u00e9."""

_CALL = "enrich"
_LIMIT = (Limit(60, 1.0),)
"""Of the account: counted together for whatever is asked."""

_POLL_S = 30.0
_KEPT_S = 30 * 86_400.0
_TOLD = {
    "first_name": "first_name",
    "last_name": "last_name",
    "linkedin": "linkedin_url",
    "job": "title",
    "company": "company",
    "website": "website",
    "phone": "phone",
    "country": "country",
}
"""Dropcontact's names of what it is told -> columns of a lead; the address comes on top."""

_SAID = {
    "first_name": "first_name",
    "last_name": "last_name",
    "job": "title",
    "company": "company",
    "website": "website",
    "phone": "phone",
    "linkedin": "linkedin_url",
    "nb_employees": "employees",
}
_EXTRA = ("civility", "mobile_phone", "company_linkedin", "job_level", "job_function", "siren")
_QUALITY = ("valid", "risky", "unknown")


class DropcontactVendor:
    """An account at Dropcontact, asked for what leads lack (`enrich`) or about their addresses (`verify`).

    A credit is charged for an address that is found and for one that is given; nothing for a person of whom
    none is found. What an answer cost is counted so, and not read from `credits_left`: other requests, also of
    others, change that in between, and credits of unfinished ones are taken from it first and given back.
    """

    name = "dropcontact"
    type = "dropcontact"
    batch = 250
    credits_each = 1.0

    def __init__(
        self, account: DropcontactAccount, limits: RateLimits, purpose: Literal["enrich", "verify"] = "enrich"
    ) -> None:
        self.operation = purpose
        self.gives = frozenset({"verification"})
        if purpose == "enrich":
            self.gives |= {"email", *_SAID.values(), "extra"}
        self._account = account
        self._limits = limits

    def is_configured(self) -> bool:
        return bool(os.environ.get(self._account.key_env))

    def subjects(self, leads: pd.DataFrame) -> "pd.Series[str]":
        """The address to verify, or the lead's identity; NA where Dropcontact would have nothing to go by.

        That is a valid address, a LinkedIn profile, or a name with a company. A lead that could be longer than
        Dropcontact takes is left out, since it would refuse the whole batch for it.
        """
        if self.operation == "verify":
            return leads["email"].where(leads["email_status"] == "valid")
        named = leads["first_name"].notna() | leads["last_name"].notna()
        enough = (
            (leads["email_status"] == "valid")
            | leads["linkedin_url"].notna()
            | (named & (leads["company"].notna() | leads["website"].notna()))
        )
        characters = sum(leads[column].str.len().fillna(0) for column in ("email", *_TOLD.values()))
        return leads["identity"].where(enough & (characters * _LONGEST_ESCAPE < _MOST_BYTES - 500))

    def ask(self, leads: pd.DataFrame) -> Answers | Submitted:
        records = [self._told(lead) for lead in leads.to_dict("records")]
        if len(records) > self.batch:
            raise VendorRefusedError(f"dropcontact takes {self.batch} people at once, not {len(records)}")
        longest = max((len(json.dumps(record)) for record in records), default=0)
        if longest > _MOST_BYTES:
            raise VendorRefusedError(f"dropcontact takes {_MOST_BYTES:,} bytes a person, not {longest:,}")
        # The words of qualifications are in the language that is asked for.
        body = {"data": records, "siren": False, "language": "en"}
        reply = self._client.paid("POST", self._account.path, operation=_CALL, limit=_LIMIT, body=body)
        answer = _object(reply.body)
        if answer.get("error") or answer.get("success") is False:
            raise VendorRefusedError(f"dropcontact: {_CALL}: {_reason(answer)}")
        number = answer.get("request_id")
        if not isinstance(number, str) or not number:
            raise VendorUncertainError(
                "dropcontact: it took the request and gave no id to fetch the result by"
            )
        return Submitted(f"{int(time.time())}/{number}", _POLL_S)

    def collect(self, vendor_request_id: str, count: int, subjects: Sequence[str]) -> Answers | Submitted:
        submitted_at, _, number = vendor_request_id.partition("/")
        # The key, its rights and the plan can be mended while the result is kept: these refusals are not final.
        reply = self._client.free(
            "GET",
            f"{self._account.path.rstrip('/')}/{quote(number, safe='')}",
            operation=_CALL,
            limit=_LIMIT,
            expected=frozenset({200, 401, 403}),
        )
        answer = _object(reply.body)
        if reply.status != 200:
            raise VendorUnavailableError(
                f"dropcontact: HTTP {reply.status} ({_reason(answer)}); check the key in {self._account.key_env}"
            )
        if answer.get("error"):
            raise VendorRefusedError(f"dropcontact: the request failed: {_reason(answer)}")
        if not answer.get("success"):
            age_s = time.time() - int(submitted_at)
            if age_s > _KEPT_S:
                raise VendorRefusedError("dropcontact: no result in the 30 days for which results are kept")
            return Submitted(vendor_request_id, max(_POLL_S, age_s / 10))
        people = answer.get("data")
        if not isinstance(people, list) or len(people) != count:
            raise VendorRefusedError(f"dropcontact: the result is not about {count} people")
        return self._answers([_object(person) for person in people], subjects)

    @cached_property
    def _client(self) -> Client:
        return Client(
            "dropcontact",
            str(self._account.base_url),
            {"X-Access-Token": os.environ.get(self._account.key_env, "")},
            self._limits,
            timeout_s=self._account.timeout_s,
            key_name=self._account.key_env,
        )

    def _told(self, lead: Mapping[Hashable, Any]) -> dict[str, str]:
        told = {"email": lead["email"]} if lead["email_status"] == "valid" else {}
        if self.operation == "enrich":
            told |= {name: lead[column] for name, column in _TOLD.items()}
        return {name: text for name, text in told.items() if isinstance(text, str)}

    def _answers(self, people: Sequence[Mapping[str, Any]], subjects: Sequence[str]) -> Answers:
        if self.operation == "verify":
            verified = [_verified(person, address) for person, address in zip(people, subjects, strict=True)]
            return Answers(verified, float(len(verified)))
        given = [_is_address(subject) for subject in subjects]
        charged = sum(bool(_addresses(person)) or had for person, had in zip(people, given, strict=True))
        return Answers([_enriched(person) for person in people], float(charged))


def verification(qualification: object) -> str:
    """Returns what Dropcontact's word on an address (`nominative@pro`) means: one of `config.VERIFICATIONS`.

    - `valid`: `nominative@pro` only, "verified and correct".
    - `risky`: catch-all (the server takes every address, so nobody knows), generic (a role's, read by whoever).
    - `invalid`: what it calls invalid; disposable ones, which lead nowhere soon; `Do_Not_Contact`, which must
      get no mail whether or not it would arrive.
    - `unknown`: all else. `non_validated` says so itself; `random` may be anything; of private addresses
      (`@perso`) it says whose they are and not that they take mail. So is a word that is not known here: a new
      one must not make an address valid.
    """
    local, _, domain = str(qualification).strip().lower().replace("-", "_").partition("@")
    if "invalid" in local or domain in ("invalid domain", "disposable") or local == "do_not_contact":
        return "invalid"
    if local in ("catch_all", "generic"):
        return "risky"
    return "valid" if (local, domain) == ("nominative", "pro") else "unknown"


def _verified(person: Mapping[str, Any], address: str) -> Record:
    words = [quality for found, quality in _addresses(person) if found.lower() == address.lower()]
    return {"verification": words[0] if words else "unknown"}


def _enriched(person: Mapping[str, Any]) -> Record | None:
    """What was found of a person; of several addresses the best, and none that takes no mail."""
    record = {field: text for name, field in _SAID.items() if (text := _text(person.get(name)))}
    if "phone" not in record and (mobile := _text(person.get("mobile_phone"))):
        record["phone"] = mobile
    usable = [pair for pair in _addresses(person) if pair[1] != "invalid"]
    if usable:
        record["email"], record["verification"] = min(usable, key=lambda pair: _QUALITY.index(pair[1]))
    extra = {f"dropcontact_{name}": text for name in _EXTRA if (text := _text(person.get(name)))}
    if extra:
        record["extra"] = json.dumps(extra, ensure_ascii=False)
    return record or None


def _addresses(person: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The addresses of a person, each with what is known of it, in Dropcontact's order."""
    listed = person.get("email")
    entries = [_object(entry) for entry in listed] if isinstance(listed, list) else []
    return [
        (text, verification(entry.get("qualification")))
        for entry in entries
        if (text := _text(entry.get("email")))
    ]


def _is_address(subject: str) -> bool:
    return not subject.startswith(("linkedin:", "person:"))


def _reason(answer: Mapping[str, Any]) -> str:
    said = answer.get("reason") or answer.get("detail") or "it gave no reason"
    return without_addresses(str(said))[:200]


def _text(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
