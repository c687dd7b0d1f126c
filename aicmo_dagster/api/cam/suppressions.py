"""Who gets no mail from any campaign: one list for all of them, so keys for named campaigns have no part in it."""

from collections import Counter
from datetime import datetime
from pathlib import Path as File
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam.access import AdminEverywhere, OperatorEverywhere, everywhere
from aicmo_dagster.api.cam.files import Folder, brought, documented
from aicmo_dagster.api.cam.paging import After, Limit, Page, position, token
from aicmo_dagster.api.cam.problems import ProblemError, responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.api.cam.words import LINE, Line
from aicmo_dagster.errors import ConfigurationError, SourceError
from aicmo_dagster.operations import suppressions as operations
from aicmo_dagster.store import audit, database, suppressions
from aicmo_dagster.store.suppressions import Kind

routes = APIRouter(route_class=Route, tags=["suppressions"])


class Suppression(BaseModel):
    """An entry of the list."""

    id: int
    kind: Literal["address", "domain", "hash"] = Field(
        description="hash: of the address of a person who was erased."
    )
    value: str
    reason: str
    added_by: str
    created_at: datetime


class NewSuppression(BaseModel):
    """Who is to get no more mail."""

    value: Annotated[Line, Field(min_length=1, max_length=320, description="An address, or a domain.")]
    kind: Kind | None = Field(None, description="Null: what has an @ inside is an address.")
    reason: Annotated[Line, Field(min_length=1, max_length=300)] = "asked by a person"

    model_config = {"extra": "forbid"}


class NewSuppressions(BaseModel):
    """One or many."""

    entries: list[NewSuppression] = Field(min_length=1, max_length=1000)

    model_config = {
        "extra": "forbid",
        "json_schema_extra": {
            "examples": [
                {
                    "entries": [
                        {"value": "ann@example.com", "reason": "asked on the phone"},
                        {"value": "rival.example", "reason": "competitor"},
                    ]
                }
            ]
        },
    }


class Added(BaseModel):
    """What became of the entries."""

    new: int
    known: int = Field(description="On the list already, or brought twice.")


class RefusedRow(BaseModel):
    """A row that was not taken."""

    line: int
    field: str
    reason: str


class Imported(Added):
    """What became of the rows of a file."""

    refused: int
    listed: list[RefusedRow] = Field(description="The first of those that were not taken.")


class Removed(BaseModel):
    """Why it had been on the list."""

    reasons: list[str]


@routes.get("/suppressions", responses=responses(401, 403, 422, 429), dependencies=[everywhere("operator")])
def list_suppressions(
    kind: Literal["address", "domain", "hash"] | None = None,
    q: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=320,
            pattern=LINE,
            description="This address, in any spelling, or this domain.",
        ),
    ] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[Suppression]:
    """The suppression list, the newest first."""
    place = position(after, [int])
    with database.transaction() as cursor:
        found = suppressions.page(
            cursor, kind=kind, exact=q, before=None if place is None else int(str(place[0])), limit=limit + 1
        )
    shown = found[:limit]
    return Page(
        items=[Suppression.model_validate(row) for row in shown],
        next=token(shown[-1]["id"]) if len(found) > limit else None,
    )


@routes.post("/suppressions", responses=responses(400, 401, 403, 413, 422, 429))
def add_suppressions(caller: OperatorEverywhere, wanted: NewSuppressions) -> Added:
    """Send nothing more to addresses, or to domains and their subdomains, from now on; all of them or none."""
    kinds = [one.kind or suppressions.kind_of(one.value) for one in wanted.entries]
    _check(wanted.entries, kinds)
    with database.transaction() as cursor:
        new = sum(
            suppressions.add(cursor, kind, one.value, one.reason, caller.name)
            for kind, one in zip(kinds, wanted.entries, strict=True)
        )
        found = Added(new=new, known=len(kinds) - new)
        reasons = sorted({one.reason for one in wanted.entries})
        after = found.model_dump() | {"kinds": dict(Counter(kinds)), "reasons": reasons}
        audit.record(cursor, caller.name, "suppression.add", "API", after=after)
    return found


@routes.post(
    "/suppressions/import",
    responses=responses(401, 403, 413, 422, 429),
    openapi_extra=documented("text/csv", "email,reason\nann@example.com,our old newsletter\n"),
)
def import_suppressions(
    caller: OperatorEverywhere,
    file: Annotated[File, Depends(brought("suppressions.csv"))],
    reason: Annotated[
        str, Query(min_length=1, max_length=300, pattern=LINE, description="Of rows that give none.")
    ] = "imported",
) -> Imported:
    """Suppress the addresses and domains of a CSV file; rows that are wrong stop no others."""
    try:
        found = operations.import_file(file, caller.name, reason)
    except SourceError as error:
        raise ProblemError(422, "file-unreadable", "The file cannot be read", str(error)) from None
    return Imported(
        new=found.new,
        known=found.known,
        refused=found.refused,
        listed=[RefusedRow(**vars(row)) for row in found.listed],
    )


@routes.get(
    "/suppressions/export",
    response_class=FileResponse,
    responses={
        200: {"description": "OK", "content": {"text/csv": {"schema": {"type": "string"}}}},
        **responses(401, 403, 429),
    },
    dependencies=[everywhere("operator")],
)
def export_suppressions(folder: Folder) -> FileResponse:
    """The whole list as CSV, as its import takes it, and safe to open in a spreadsheet."""
    file = folder / "suppressions.csv"
    operations.export_file(file)
    return FileResponse(file, media_type="text/csv", filename=file.name)


@routes.delete("/suppressions/{value:path}", responses=responses(401, 403, 404, 422, 429))
def remove_suppression(
    caller: AdminEverywhere,
    value: Annotated[
        str, Path(min_length=1, max_length=320, pattern=LINE, description="An address, or a domain.")
    ],
    erased: Annotated[bool, Query(description="Also where the person was erased.")] = False,
) -> Removed:
    """Take an address or a domain off the list; who unsubscribed or complained still gets no mail."""
    with database.transaction() as cursor:
        reasons = suppressions.remove(cursor, value, caller.name, erased=erased)
    if not reasons:
        raise ProblemError(
            404,
            "suppression-not-found",
            "It is not on the list",
            "this address or domain is not on the list; if the person was erased, add erased=true",
        )
    return Removed(reasons=reasons)


def _check(entries: list[NewSuppression], kinds: list[Kind]) -> None:
    """Raises RequestValidationError with every entry that is not of its kind."""
    problems = []
    for place, (one, kind) in enumerate(zip(entries, kinds, strict=True)):
        try:
            (suppressions.read_address if kind == "address" else suppressions.read_domain)(one.value)
        except ConfigurationError as error:
            problems.append(
                {"type": "value_error", "loc": ("body", "entries", place, "value"), "msg": str(error)}
            )
    if problems:
        raise RequestValidationError(problems)
