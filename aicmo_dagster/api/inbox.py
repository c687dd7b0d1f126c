"""The inbox: leads that other programs push to a campaign, queued for its next harvest.

1. The sender shows the token of the campaign's `api` source; who has none learns nothing, not even which
   campaigns there are.
2. The body is read up to its limit, its leads are read and checked one by one.
3. The good ones are queued in one transaction; then the answer says which were not and why.

With an `Idempotency-Key` a delivery may be repeated until it is answered: its leads are queued once.
"""

import hmac
import json
import logging
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import psycopg
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aicmo_dagster import privacy
from aicmo_dagster.api.bodies import body_of
from aicmo_dagster.campaign.config import KEY_PATTERN, ApiSource
from aicmo_dagster.errors import AicmoError, CampaignNotFoundError, DeliveryError
from aicmo_dagster.sources.objects import ObjectReader
from aicmo_dagster.stages.harvest import clean
from aicmo_dagster.store import campaigns, database, queue

MOST_LEADS = 1_000
MOST_BYTES = 1 << 20
_AT_ONCE = 8
"""Deliveries that are read at the same time: with what their JSON becomes, this bounds the memory."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Inbox:
    """What a token opens."""

    campaign_id: int
    columns: Mapping[str, str]


def app() -> Starlette:
    """The application: POST of `/<campaign>/leads`, JSON in and out."""
    reading = 0

    async def push(request: Request) -> Response:
        nonlocal reading
        key, shown = request.path_params["key"], _shown_token(request)
        inbox = await _answered(_opened_by, key, shown)
        delivery = _delivery(request)
        _must_be_json(request)
        if reading >= _AT_ONCE:
            raise HTTPException(429, "too many deliveries at once; send again", {"Retry-After": "1"})
        reading += 1
        try:
            body = await body_of(request, MOST_BYTES, "; send several")
            return JSONResponse(await _answered(_take, inbox, body, delivery), 202, _HEADERS)
        finally:
            reading -= 1

    return Starlette(
        routes=[Route("/{key}/leads", push, methods=["POST"])],
        exception_handlers={HTTPException: _refused},
    )


_HEADERS = {"Cache-Control": "no-store"}


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, {**_HEADERS, **(error.headers or {})})


async def _answered(function: Callable[..., Any], *arguments: object) -> Any:
    """What the function returns, run where it may wait; what goes wrong in it is logged without its values."""
    try:
        return await run_in_threadpool(function, *arguments)
    except (AicmoError, psycopg.OperationalError) as error:
        _log.error("the inbox cannot answer: %s", privacy.sentence(error))
        raise HTTPException(503, "cannot take leads just now; send again", {"Retry-After": "30"}) from None
    except HTTPException:
        raise
    except Exception as error:  # its text and its frames may hold leads
        _log.error("the inbox failed: %s", privacy.sentence(error))
        raise HTTPException(500, "failed; the log of the server says why") from None


def _shown_token(request: Request) -> bytes:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise HTTPException(
            401, "send the header Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"}
        )
    return token.strip().encode("latin-1")


def _opened_by(key: str, shown: bytes) -> _Inbox:
    """The inbox of the campaign. Refuses alike where the token is wrong and where there is none to be right."""
    found: _Inbox | None = None
    for inbox, token in _inboxes(key):
        if hmac.compare_digest(token, shown):
            found = inbox
    if found is None:
        raise HTTPException(403, "this token opens no inbox of such a campaign")
    return found


def _inboxes(key: str) -> list[tuple[_Inbox, bytes]]:
    """The campaign's inboxes with their tokens, none where it is unknown, archived or has no token."""
    if not re.fullmatch(KEY_PATTERN, key):
        return []
    with database.transaction() as cursor:
        try:
            campaign = campaigns.get(cursor, key)
        except CampaignNotFoundError:
            return []
    if campaign.state == "archived":
        return []
    sources = [source for source in campaign.config.sources if isinstance(source, ApiSource)]
    tokens = [os.environ.get(source.token_env, "").strip() for source in sources]
    return [
        (_Inbox(campaign.id, source.columns), token.encode("utf-8", "surrogateescape"))
        for source, token in zip(sources, tokens, strict=True)
        if token
    ]


def _delivery(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not re.fullmatch(r"[!-~]([ -~]{0,253}[!-~])?", key):
        raise HTTPException(400, "Idempotency-Key must be 1 to 255 printable ASCII characters")
    return key


def _must_be_json(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "send JSON with the header Content-Type: application/json")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise HTTPException(415, "send the body without Content-Encoding")


def _take(inbox: _Inbox, body: bytes, delivery: str | None) -> dict[str, object]:
    """Queue the leads of a body; returns the answer."""
    records, rejected = read_leads(_leads_of(body), inbox.columns)
    names = None if delivery is None else [f"{delivery}#{index}" for index in records]
    try:
        with database.transaction() as cursor:
            queue.add(cursor, inbox.campaign_id, list(records.values()), "inbox", "api", names)
    except DeliveryError as error:
        raise HTTPException(422, f"Idempotency-Key: {error}") from None
    return {
        "accepted": len(records),
        "rejected": [{"index": index, "field": field, "reason": reason} for index, field, reason in rejected],
    }


def read_leads(
    values: Sequence[object], columns: Mapping[str, str]
) -> tuple[dict[int, dict[str, str]], list[tuple[int, str | None, str]]]:
    """Objects as leads: those that a harvest would take, by their index, and (index, field, reason) of the others."""
    rejected: list[tuple[int, str | None, str]] = []
    reader = ObjectReader({}, columns, "inbox")
    records: dict[int, dict[str, str]] = {}
    for index, value in enumerate(values):
        try:
            records[index] = reader.read(value)
        except ValueError as error:
            rejected.append((index, None, str(error)))
    faults = _faults(records)
    for index, _, _ in faults:
        records.pop(index, None)
    return records, sorted([*rejected, *faults], key=lambda one: one[0])


def _leads_of(body: bytes) -> Sequence[object]:
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_no_number)
    except RecursionError:
        raise HTTPException(400, "the body is nested too deep") from None
    except UnicodeDecodeError as error:
        raise HTTPException(400, f"the body is not UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise HTTPException(
            400, f"the body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        ) from None
    except ValueError:
        raise HTTPException(400, "the body is not JSON: a number of it is none") from None
    if isinstance(value, dict) and isinstance(value.get("leads"), list):
        value = value["leads"]
    if not isinstance(value, list):
        value = [value]
    if len(value) > MOST_LEADS:
        raise HTTPException(413, f"more than {MOST_LEADS:,} leads; send several deliveries")
    return value


def _no_number(name: str) -> object:
    raise ValueError(name)


def _faults(records: Mapping[int, Mapping[str, str]]) -> list[tuple[int, str, str]]:
    """Index, field and reason of the records that the harvest would refuse."""
    if not records:
        return []
    frame = pd.DataFrame([dict(record) for record in records.values()], range(len(records)), dtype="str")
    frame.insert(0, "line", np.fromiter(records, dtype="int64"))
    cleaned = clean(frame)
    wrong = cleaned.leads.loc[cleaned.leads["email_problem"].notna(), ["line", "email_problem"]]
    faults = [
        *cleaned.rejected[["line", "field", "reason"]].itertuples(index=False),
        *((line, "email", problem) for line, problem in wrong.itertuples(index=False)),
    ]
    return [(int(line), str(field), str(reason)) for line, field, reason in faults]
