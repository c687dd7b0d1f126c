"""Errors as RFC 9457 problem details: a stable type, the field, and what to do."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException

from aicmo_dagster import errors, privacy

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)


class FieldProblem(BaseModel):
    """One thing that is wrong with the request."""

    field: str = Field(description="Where, as a path into the body, or the parameter's name.")
    message: str = Field(description="What is wrong, and what to do.")


class Problem(BaseModel):
    """A problem as RFC 9457 writes it."""

    type: str = Field(description="A stable name of the kind of problem; about it: docs/api.md.")
    title: str
    status: int
    detail: str = Field(description="What is wrong here, and what to do.")
    errors: list[FieldProblem] = Field(default=[], description="Every field that is wrong.")
    run_id: str | None = Field(None, description="The run that is in the way.")

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "type": "urn:aicmo:problem:campaign-not-found",
                    "title": "There is no such campaign",
                    "status": 404,
                    "detail": "there is no campaign 'demoo'; did you mean 'demo'?",
                    "errors": [],
                    "run_id": None,
                }
            ]
        }
    }


class ProblemError(Exception):
    """An answer that is a problem, raised anywhere below a route."""

    def __init__(
        self,
        status: int,
        kind: str,
        title: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        run_id: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(
            type=f"urn:aicmo:problem:{kind}", title=title, status=status, detail=detail, run_id=run_id
        )
        self.headers = dict(headers or {})


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route's entry in the OpenAPI document says of those problems."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


_KINDS: list[tuple[type[Exception], int, str, str]] = [
    (errors.CampaignNotFoundError, 404, "campaign-not-found", "There is no such campaign"),
    (errors.LeadNotFoundError, 404, "lead-not-found", "There is nothing of that name"),
    (errors.KeyNotFoundError, 404, "key-not-found", "There is no such API key"),
    (errors.ScheduleNotFoundError, 404, "schedule-not-found", "There is no such schedule"),
    (errors.WebhookNotFoundError, 404, "webhook-not-found", "There is no such webhook"),
    (errors.RunNotFoundError, 404, "run-not-found", "There is no such run"),
    (errors.StaleVersionError, 412, "stale-version", "It was changed in the meantime"),
    (errors.CampaignNotRunnableError, 409, "campaign-not-active", "The campaign does not run"),
    (errors.RunInTheWayError, 409, "run-in-the-way", "Another run is not finished"),
    (errors.ConflictError, 409, "conflict", "It does not go together with what is there"),
    (errors.ConfigurationError, 422, "invalid", "The request cannot be carried out as it is"),
    (errors.DeliveryError, 422, "idempotency-key-reused", "The key was used for something else"),
    (errors.StoreError, 503, "database-unavailable", "The database does not answer"),
    (errors.VendorUnavailableError, 503, "vendor-unavailable", "A vendor does not answer"),
    (errors.VendorError, 502, "vendor-failed", "A vendor gave no usable answer"),
    (errors.MailError, 422, "mail-failed", "The mail cannot be written or sent"),
    (errors.SourceError, 422, "file-unreadable", "The file cannot be read"),
    (errors.NoSourceError, 422, "file-unreadable", "The file cannot be read"),
    (errors.AicmoError, 409, "refused", "It cannot be done as things are"),
]
_RETRY_S = {"Retry-After": "5"}


def of_error(error: errors.AicmoError) -> JSONResponse:
    """The answer to a request that ended in an error of ours."""
    for kind, status, name, title in _KINDS:
        if isinstance(error, kind):
            problem = Problem(
                type=f"urn:aicmo:problem:{name}",
                title=title,
                status=status,
                detail=str(error),
                run_id=getattr(error, "run", None),
            )
            return _answer(problem, _RETRY_S if status == 503 else {})
    raise AssertionError(f"{type(error).__name__} is no error of ours")


def of_problem(error: ProblemError) -> JSONResponse:
    """The answer to a request that ended in a problem."""
    return _answer(error.problem, error.headers)


def _answer(problem: Problem, headers: Mapping[str, str] = {}) -> JSONResponse:
    return JSONResponse(
        problem.model_dump(), problem.status, {**headers, "Cache-Control": "no-store"}, MEDIA_TYPE
    )


def too_large(most: int) -> JSONResponse:
    """The answer to a body of more than `most` bytes."""
    return _of_status(413, f"send at most {most:,} bytes at once")


def _raised(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)
    return of_problem(error)


def _ours(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.AicmoError)
    return of_error(error)


def _unreachable(_: Request, error: Exception) -> JSONResponse:
    _log.error("the database failed: %s", privacy.sentence(error))
    return of_error(errors.StoreError("the database does not answer just now; try again"))


def _unkept(_: Request, error: Exception) -> JSONResponse:
    """To a text that the database cannot keep; any other error of the same class is nobody's making."""
    if isinstance(error, psycopg.DataError) and "NUL" not in str(error) and "\\u0000" not in str(error):
        return failed(error)
    return of_error(
        errors.ConfigurationError("a text holds a NUL character, or half a surrogate pair; leave it out")
    )


def _unusable(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = [
        FieldProblem(
            field=".".join(str(part) for part in one["loc"][1:]) or str(one["loc"][0]), message=one["msg"]
        )
        for one in error.errors()
    ]
    malformed = any(one["type"] == "json_invalid" for one in error.errors())
    said = "; ".join(f"{one.field}: {one.message}" for one in found)
    return _answer(
        Problem(
            type="urn:aicmo:problem:" + ("not-json" if malformed else "invalid"),
            title="The body is not JSON" if malformed else "The request cannot be carried out as it is",
            status=400 if malformed else 422,
            detail=said,
            errors=found,
        )
    )


def plain(_: Request, error: Exception) -> JSONResponse:
    """The answer to an error that is about HTTP alone."""
    assert isinstance(error, HTTPException)
    return _of_status(error.status_code, str(error.detail), error.headers or {})


def _of_status(status: int, detail: str, headers: Mapping[str, str] = {}) -> JSONResponse:
    phrase = HTTPStatus(status).phrase
    kind = phrase.lower().replace(" ", "-")
    problem = Problem(type=f"urn:aicmo:problem:{kind}", title=phrase, status=status, detail=detail)
    return _answer(problem, headers)


def failed(error: Exception) -> JSONResponse:
    """The answer to a request that ended in an error of nobody's making; the log has a sentence about it."""
    said = [one["loc"] for one in error.errors()] if isinstance(error, ValidationError) else None
    _log.error(
        "a request failed: %s", privacy.sentence(error) if said is None else f"an answer is wrong at {said}"
    )
    return _answer(
        Problem(
            type="urn:aicmo:problem:failed",
            title="The request failed",
            status=500,
            detail="it failed for a reason that is ours; the log of the server says why",
        )
    )


def handle(app: FastAPI) -> None:
    """Have the application answer errors as problems; `failures` answers those that nobody expected."""
    app.add_exception_handler(ProblemError, _raised)
    app.add_exception_handler(errors.AicmoError, _ours)
    app.add_exception_handler(psycopg.OperationalError, _unreachable)
    app.add_exception_handler(psycopg.DataError, _unkept)
    app.add_exception_handler(UnicodeEncodeError, _unkept)
    app.add_exception_handler(RequestValidationError, _unusable)
    app.add_exception_handler(HTTPException, plain)
