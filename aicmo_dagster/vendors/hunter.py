"""Hunter: verifies addresses one by one (https://hunter.io/api-documentation/v2#email-verifier).

The same question again is the same verification: while one is still running the answer is HTTP 202, and what has
been asked before in a billing period is charged once (help.hunter.io/en/articles/1911617).
"""

import os
import time
from collections.abc import Callable, Sequence
from functools import cached_property

import pandas as pd

from aicmo_dagster.campaign.config import HunterAccount
from aicmo_dagster.errors import (
    VendorError,
    VendorRefusedError,
    VendorUnavailableError,
    VendorUncertainError,
)
from aicmo_dagster.store.rate_limits import Limit, RateLimits
from aicmo_dagster.vendors.client import Client, Reply
from aicmo_dagster.vendors.vendor import Answers, Record, Submitted

_LIMIT = (Limit(10, 1.0), Limit(300, 60.0))
_POLL_S = 5.0
_LONGEST_S = 86_400.0
_ANSWERED, _RUNNING, _SERVER_FAILED, _NOT_READ, _TOO_FAST, _REMOVED = 200, 202, 222, 400, 403, 451
_VERIFICATIONS = {"valid": "valid", "invalid": "invalid", "accept_all": "risky", "disposable": "invalid"}
"""Hunter's status -> `config.VERIFICATIONS`; all else is unknown. So is `webmail`, which says what kind of
address it is and not whether it takes mail."""

_FREE = ("unknown", "disposable")
_UNKNOWN: Record = {"verification": "unknown"}


class HunterVendor:
    """An account at Hunter, asked whether addresses take mail.

    Half a credit is charged for an address that could be verified; accounts of older plans count one
    verification, apart from their searches.
    """

    name = "hunter"
    type = "hunter"
    operation = "verify"
    batch = 1
    credits_each = 0.5
    gives = frozenset({"verification"})

    def __init__(self, account: HunterAccount, limits: RateLimits) -> None:
        self._account = account
        self._limits = limits

    def is_configured(self) -> bool:
        return bool(os.environ.get(self._account.key_env))

    def subjects(self, leads: pd.DataFrame) -> "pd.Series[str]":
        """The address, where it is a valid one."""
        return leads["email"].where(leads["email_status"] == "valid")

    def ask(self, leads: pd.DataFrame) -> Answers | Submitted:
        (address,) = self.subjects(leads)
        try:
            reply = self._verify(self._client.paid, address)
        except VendorUncertainError as uncertain:
            # To ask again costs nothing, and tells what became of it.
            try:
                return self._read(self._verify(self._client.free, address), time.time())
            except VendorError:
                raise uncertain from None
        return self._read(reply, time.time())

    def collect(
        self,
        vendor_request_id: str,
        count: int,  # noqa: ARG002
        subjects: Sequence[str],
    ) -> Answers | Submitted:
        (address,) = subjects
        try:
            reply = self._verify(self._client.free, address)
        except VendorRefusedError as error:
            raise VendorUnavailableError(str(error)) from None  # the key can be mended
        return self._read(reply, float(vendor_request_id))

    @cached_property
    def _client(self) -> Client:
        return Client(
            "hunter",
            str(self._account.base_url),
            {"X-API-KEY": os.environ.get(self._account.key_env, "")},
            self._limits,
            timeout_s=self._account.timeout_s,
            key_name=self._account.key_env,
        )

    def _verify(self, request: Callable[..., Reply], address: str) -> Reply:
        return request(
            "GET",
            "email-verifier",
            operation=self.operation,
            limit=_LIMIT,
            parameters={"email": address},
            expected=frozenset({_ANSWERED, _RUNNING, _SERVER_FAILED, _NOT_READ, _TOO_FAST, _REMOVED}),
        )

    def _read(self, reply: Reply, asked_at: float) -> Answers | Submitted:
        if reply.status == _TOO_FAST:
            raise VendorUnavailableError("hunter: it says that it is asked too often; run it again later")
        if reply.status == _REMOVED:
            return Answers([{"verification": "invalid", "extra": '{"removal_requested": true}'}], 0.0)
        if reply.status == _RUNNING and (age_s := time.time() - asked_at) < _LONGEST_S:
            # Hunter gives no ids. The address must not stand in for one: what fetches an answer is not erased
            # with the lead.
            return Submitted(f"{asked_at:.0f}", max(_POLL_S, age_s / 10))
        if reply.status != _ANSWERED:
            return Answers([_UNKNOWN], 0.0)
        found = reply.body.get("data") if isinstance(reply.body, dict) else None
        status = found.get("status") if isinstance(found, dict) else None
        word = _VERIFICATIONS.get(str(status), "unknown")
        return Answers([{"verification": word}], 0.0 if status in _FREE else self.credits_each)
