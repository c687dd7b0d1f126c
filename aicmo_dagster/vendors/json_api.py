"""Any JSON API that answers about one person, as the campaign describes it."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

import pandas as pd

from aicmo_dagster.campaign.config import PLACEHOLDER, HttpVendor
from aicmo_dagster.errors import VendorError, VendorRefusedError, VendorUncertainError
from aicmo_dagster.store.rate_limits import RateLimits
from aicmo_dagster.vendors import json_paths
from aicmo_dagster.vendors.client import Reply
from aicmo_dagster.vendors.json_request import Caller
from aicmo_dagster.vendors.vendor import Answers, Record, Submitted


class JsonVendor:
    """One request a person; `{email}` and the like stand for what the lead says."""

    type = "http"
    batch = 1

    def __init__(self, config: HttpVendor, limits: RateLimits) -> None:
        self.name = config.name
        self.credits_each = config.credits
        self.gives = frozenset(config.fields)
        # Another request, or other fields of its answer, is another question, whatever its vendor is called.
        asked = config.model_dump_json(include={"request": {"url", "method", "parameters", "body"}})
        read = json.dumps([config.record, config.fields], sort_keys=True)
        self.operation = "person-" + hashlib.blake2b((asked + read).encode(), digest_size=6).hexdigest()
        self._config = config
        self._fields = config.request.placeholders()
        self._caller = Caller(config.name, config.request, limits)

    def is_configured(self) -> bool:
        """Whether the environment has all secrets."""
        return self._caller.is_configured()

    def subjects(self, leads: pd.DataFrame) -> "pd.Series[str]":
        """The values that the request names, without case; NA where the lead lacks one of them."""
        first, *others = (_plain(leads[field].astype("str")) for field in self._fields)
        for other in others:
            first = first + "|" + other
        return first.rename("subject")

    def ask(self, leads: pd.DataFrame) -> Answers | Submitted:
        """One request about the one lead; raises as `vendors.vendor.Vendor` says."""
        values = {field: str(leads[field].iloc[0]).strip() for field in self._fields}
        request = self._config.request
        try:
            reply = self._caller.ask(
                "person",
                _filled(request.url, {field: quote(value, safe="") for field, value in values.items()}),
                {name: _filled(value, values) for name, value in request.parameters.items()},
                _filled_in(request.body, values),
                {200, 204, 404},
                paid=self.credits_each > 0,
            )
            if reply.status == 404:
                return Answers([None], 0.0)
            return Answers([self._record(reply)], self.credits_each)
        except VendorError as error:
            raise type(error)(_without(str(error), values.values())) from None

    def collect(self, vendor_request_id: str, count: int, subjects: Sequence[str]) -> Answers | Submitted:  # noqa: ARG002
        """Raises VendorRefusedError: every answer comes at once."""
        raise VendorRefusedError(f"{self.name}: it answers at once, and nothing waits at it")

    def _record(self, reply: Reply) -> Record | None:
        if not reply.body:
            return None
        try:
            person = json_paths.find(reply.body, self._config.record)
            if person is not None and not isinstance(person, Mapping):
                raise json_paths.JsonPathError(
                    f"'{self._config.record}' is no person: it {json_paths.described(person)}"
                )
        except json_paths.JsonPathError as error:
            words = f"{self.name}: record {error}; correct `record`"
            if self.credits_each > 0:
                raise VendorUncertainError(f"{words} (the answer was paid)") from None
            raise VendorRefusedError(words) from None
        said = {field: json_paths.text_at(person, path) for field, path in self._config.fields.items()}
        return {field: text for field, text in said.items() if text is not None} or None


def _plain(column: "pd.Series[str]") -> "pd.Series[str]":
    """The values in one spelling, NA where there is nothing but dots: these lead to another place of the API."""
    plain = column.str.strip().str.casefold().str.replace("|", "/", regex=False)
    return plain.mask(plain.str.fullmatch(r"\.*").astype("boolean").fillna(True).astype("bool"))


def _filled(text: str, values: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: values[found[1]], text)


def _filled_in(value: object, values: Mapping[str, str]) -> object:
    if isinstance(value, str):
        return _filled(value, values)
    if isinstance(value, Mapping):
        return {name: _filled_in(one, values) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled_in(one, values) for one in value]
    return value


def _without(text: str, values: Iterable[str]) -> str:
    """The sentence without what it quotes of the person; shorter values are words of any sentence."""
    for value in sorted((value for value in values if len(value) > 3), key=len, reverse=True):
        text = re.sub(re.escape(value), "...", text, flags=re.IGNORECASE)
    return text
