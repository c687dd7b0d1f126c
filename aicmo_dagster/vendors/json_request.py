"""The request that a campaign describes, made to its JSON API."""

import os
from collections.abc import Set
from urllib.parse import urlsplit

from aicmo_dagster.campaign.config import JsonRequest
from aicmo_dagster.store.rate_limits import Limit, RateLimits
from aicmo_dagster.vendors.client import Client, Reply


class Caller:
    """Asks one JSON API; the values of its secret headers are read from the environment at the first request."""

    def __init__(self, name: str, request: JsonRequest, limits: RateLimits) -> None:
        self._name = name
        self._request = request
        self._limits = limits
        self._client: Client | None = None

    def is_configured(self) -> bool:
        """Whether the environment has all secrets."""
        return all(_secret(variable) for variable in self._request.secret_headers.values())

    def ask(
        self,
        operation: str,
        address: str,
        parameters: dict[str, str] | None,
        body: object,
        expected: Set[int],
        paid: bool = False,
    ) -> Reply:
        """Returns the answer; raises as `Client.free` and `Client.paid` do."""
        if self._client is None:
            self._client = self._opened()
        ask = self._client.paid if paid else self._client.free
        return ask(
            self._request.method,
            address,
            operation=operation,
            limit=(Limit(self._request.requests_per_minute, 60.0),),
            parameters=parameters,
            body=body,
            expected=expected,
        )

    def close(self) -> None:
        """Close the connections; the next request opens others."""
        if self._client is not None:
            self._client.close()

    def _opened(self) -> Client:
        parts = urlsplit(self._request.url)
        secrets = self._request.secret_headers
        return Client(
            self._name,
            f"{parts.scheme}://{parts.netloc}",
            {header: _secret(variable) for header, variable in secrets.items()},
            self._limits,
            headers=self._request.headers,
            timeout_s=self._request.timeout_s,
            key_name=" and ".join(secrets.values()) or None,
        )


def _secret(variable: str) -> str:
    return os.environ.get(variable, "").strip()
