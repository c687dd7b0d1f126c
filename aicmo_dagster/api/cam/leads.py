"""Leads: look for them, bring them in, see why each is where it is, correct them, take them out as a file."""

import csv
import io
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path as File
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, BaseModel, Field

from aicmo_dagster.api.cam.access import OperatedCampaign, ReviewedCampaign, Scope, ViewedCampaign
from aicmo_dagster.api.cam.moments import Moment
from aicmo_dagster.api.cam.paging import After, Limit, Page, position, token
from aicmo_dagster.api.cam.problems import responses
from aicmo_dagster.api.cam.threads import Route, aside
from aicmo_dagster.api.inbox import MOST_LEADS, read_leads
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.flow.run import silent
from aicmo_dagster.operations import explanation, leads, reviews
from aicmo_dagster.store import audit, database, lead_search, queue
from aicmo_dagster.store import leads as table
from aicmo_dagster.store.lead_search import COLUMNS, Sort

routes = APIRouter(route_class=Route, tags=["leads"])

Status = Literal[
    "new", "enriched", "scored", "qualified", "manual_review", "rejected", "routed", "contacted", "replied",
    "converted", "bounced", "unsubscribed", "lost",
]  # fmt: skip
Verdict = Literal["qualified", "manual_review", "rejected"]
Tier = Literal["HOT", "WARM", "COOL", "COLD"]
LeadId = Annotated[int, Path(ge=1, le=2**63 - 1, description="The lead's number.")]
_Words = Annotated[str | None, Query(max_length=200)]


class Lead(BaseModel):
    """A lead in a list."""

    id: int
    email: str | None
    first_name: str | None
    last_name: str | None
    title: str | None
    company: str | None
    city: str | None
    state: str | None
    country: str | None
    status: str
    score: float | None
    tier: str | None
    verdict: str | None
    reason: str | None
    owner: str | None
    sequence: str | None
    source: str
    source_label: str
    harvested_at: datetime
    updated_at: datetime


class NewLeads(BaseModel):
    """Leads by their facts, under the names that docs/importing-leads.md lists."""

    leads: list[dict[str, Any]] = Field(min_length=1, max_length=MOST_LEADS)

    model_config = {
        "extra": "forbid",
        "json_schema_extra": {
            "examples": [
                {
                    "leads": [
                        {
                            "email": "ann@example.com",
                            "first_name": "Ann",
                            "company": "Example",
                            "country": "Germany",
                        }
                    ]
                }
            ]
        },
    }


class BadLead(BaseModel):
    """A lead that was not taken."""

    index: int = Field(description="Its place in the request, from 0.")
    field: str | None
    reason: str


class Taken(BaseModel):
    """What became of leads that were sent."""

    accepted: int = Field(description="They wait for the campaign's next harvest.")
    rejected: list[BadLead]


class Imported(BaseModel):
    """What became of a file."""

    discovered: int
    inserted: int
    updated: int
    unchanged: int
    duplicates: int
    rejected: int = Field(description="GET …/rejected-rows tells which and why.")
    notes: list[str]


class BadRow(BaseModel):
    """A row of a file that could not be taken."""

    label: str
    line: int
    field: str | None
    reason: str


class Judged(BaseModel):
    """A lead that was corrected or decided on, with its verdict before and now."""

    lead_id: int
    before: str | None
    verdict: str | None
    reason: str | None


def _short(label: str) -> str:
    if len(label.encode()) > 200:
        raise ValueError("a file's name has at most 200 bytes")
    return label


async def _wanted(
    q: Annotated[
        str | None, Query(max_length=200, description="Words in name, address, company or title.")
    ] = None,
    email: Annotated[str | None, Query(max_length=320, description="In any spelling.")] = None,
    domain: _Words = None,
    company: Annotated[str | None, Query(max_length=200, description="Words of it.")] = None,
    title: Annotated[str | None, Query(max_length=200, description="Words of it.")] = None,
    country: _Words = None,
    source: _Words = None,
    status: Status | None = None,
    tier: Tier | None = None,
    min_score: Annotated[float | None, Query(ge=0, le=1)] = None,
    max_score: Annotated[float | None, Query(ge=0, le=1)] = None,
    verdict: Verdict | None = None,
    reason: _Words = None,
    owner: _Words = None,
    sequence: _Words = None,
    harvested_since: Moment | None = None,
    updated_since: Moment | None = None,
) -> dict[str, Any]:
    given = dict(locals())
    if any("\0" in value for value in given.values() if isinstance(value, str)):
        raise ConfigurationError("a filter holds a NUL character, which no lead has")
    return given


Wanted = Annotated[dict[str, Any], Depends(_wanted)]


@routes.get("/campaigns/{id}/leads", responses=responses(401, 403, 404, 422, 429))
def list_leads(
    scope: ViewedCampaign, wanted: Wanted, sort: Sort = "-id", limit: Limit = 50, after: After = None
) -> Page[Lead]:
    """Leads that fit every filter; the newest first, unless another order is asked for.

    Words fit in any order, and each may be the beginning of one: `ann exam` finds Ann at Example. In a campaign of more
    than 5,000 leads, what runs have changed is found some seconds to minutes later; a lead that is shown fits now.
    """
    place = position(after, [float, int])
    with database.reading() as cursor:
        shown, behind = lead_search.page(
            cursor,
            scope.campaign.id,
            wanted,
            sort=sort,
            after=None if place is None else (float(place[0] or 0), int(place[1] or 0)),
            limit=limit,
        )
    return Page(
        items=[Lead.model_validate(row) for row in shown],
        next=None if behind is None else token(*behind),
    )


@routes.post("/campaigns/{id}/leads", status_code=202, responses=responses(400, 401, 403, 404, 413, 422, 429))
def add_leads(scope: OperatedCampaign, wanted: NewLeads) -> Taken:
    """Queue leads for the campaign's next harvest; those that cannot be taken are told, and stop no others."""
    if not any(source.type == "manual" for source in scope.campaign.config.sources):
        raise ConfigurationError("the campaign takes no leads by hand; add {type: manual} to its sources")
    records, rejected = read_leads(wanted.leads, {})
    with database.transaction() as cursor:
        new = queue.add(cursor, scope.campaign.id, list(records.values()), scope.caller.name)
        audit.record(cursor, scope.caller.name, "lead.add", scope.campaign.key, None, {"leads": new})
    return Taken(
        accepted=len(records),
        rejected=[BadLead(index=index, field=field, reason=reason) for index, field, reason in rejected],
    )


@routes.post(
    "/campaigns/{id}/leads/import",
    responses=responses(400, 401, 403, 404, 409, 413, 422, 429),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": {
                    "schema": {"type": "string"},
                    "example": "Email,First Name\nann@example.com,Ann\n",
                },
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
)
async def import_leads(
    scope: OperatedCampaign,
    request: Request,
    label: Annotated[
        str,
        Query(
            max_length=200,
            pattern=r"^[^/\\\x00-\x1f]+$",
            description="The file's name, by which rows are told.",
        ),
        AfterValidator(_short),
    ] = "upload.csv",
) -> Imported:
    """Bring in a file at once: CSV, Excel, JSON Lines or Parquet, by what it is. The body is the file itself."""
    with tempfile.TemporaryDirectory(prefix="aicmo-import-") as folder:
        path = File(folder) / (label if label.strip(". ") else "upload.csv")
        with path.open("wb") as file:
            async for part in request.stream():
                file.write(part)
        found: Imported = await aside(_import, scope, path)
        return found


def _import(scope: Scope, path: File) -> Imported:
    attempt = leads.import_file(scope.campaign, path, silent, scope.caller.name)
    return Imported.model_validate(asdict(attempt))


@routes.get("/campaigns/{id}/rejected-rows", responses=responses(401, 403, 404, 422, 429))
def list_rejected_rows(scope: ViewedCampaign, limit: Limit = 50, after: After = None) -> Page[BadRow]:
    """Rows of files that could not be taken, the newest first, each with its line, the field and the reason."""
    place = position(after, [int])
    with database.transaction() as cursor:
        found = database.rows(
            cursor,
            "SELECT id, source_label AS label, line, field, reason FROM rejected_rows WHERE campaign_id = %s "
            "AND mended_at IS NULL AND (%s::bigint IS NULL OR id < %s) ORDER BY id DESC LIMIT %s",
            [scope.campaign.id, *([None if place is None else place[0]] * 2), limit + 1],
        )
    shown = found[:limit]
    return Page(
        items=[BadRow.model_validate(row) for row in shown],
        next=token(shown[-1]["id"]) if len(found) > limit else None,
    )


@routes.get(
    "/campaigns/{id}/leads/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
            }
        },
        **responses(401, 403, 404, 422, 429),
    },
)
def export_leads(
    scope: OperatedCampaign, wanted: Wanted, format: Literal["csv", "parquet"] = "csv"
) -> StreamingResponse:
    """Leads that fit every filter, as a file that begins at once. In CSV a cell that a spreadsheet would take for a
    formula begins with an apostrophe."""
    portions = lead_search.stream(scope.campaign.id, wanted)
    name = f'attachment; filename="{scope.campaign.key}-leads.{format}"'
    kind = "text/csv" if format == "csv" else "application/vnd.apache.parquet"
    return StreamingResponse(
        (_csv if format == "csv" else _parquet)(portions),
        media_type=kind,
        headers={"Content-Disposition": name},
    )


def _csv(portions: Iterator[list[Any]]) -> Iterator[bytes]:
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    for portion in portions:
        writer.writerows([_disarmed(value) for value in row] for row in portion)
        yield sheet.getvalue().encode()
        sheet.seek(0)
        sheet.truncate()
    yield sheet.getvalue().encode()


_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", *"\uff1d\uff0b\uff0d\uff20")
"""Also in full width, as East Asian spreadsheets take them."""


def _disarmed(value: Any) -> Any:
    """No cell that a spreadsheet would calculate (OWASP, "CSV injection")."""
    if isinstance(value, str) and value[:1] in _FORMULA_BEGINS:
        return "'" + value
    return value.isoformat() if isinstance(value, datetime) else value


_SCHEMA = pa.schema(
    [
        (
            name,
            pa.int64()
            if name == "id"
            else pa.float64()
            if name == "score"
            else pa.timestamp("us", tz="UTC")
            if name.endswith("_at")
            else pa.string(),
        )
        for name in COLUMNS
    ]
)


def _parquet(portions: Iterator[list[Any]]) -> Iterator[bytes]:
    sink = io.BytesIO()
    written = 0
    with pq.ParquetWriter(pa.PythonFile(_Growing(sink), mode="w"), _SCHEMA) as writer:
        for portion in portions:
            columns = [
                pa.array(column, kind)
                for column, kind in zip(zip(*portion, strict=True), _SCHEMA.types, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=_SCHEMA))
            yield sink.getvalue()
            written += sink.tell()
            sink.seek(0)
            sink.truncate()
    yield sink.getvalue()


class _Growing(io.RawIOBase):
    """A file that is given away as it is written, and still knows how long it has become."""

    def __init__(self, sink: io.BytesIO) -> None:
        self._sink = sink
        self._length = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._length += len(data)
        return self._sink.write(data)

    def tell(self) -> int:
        return self._length


@routes.get("/campaigns/{id}/leads/{lead_id:int}", responses=responses(401, 403, 404, 422, 429))
def show_lead(scope: ViewedCampaign, lead_id: LeadId) -> dict[str, Any]:
    """A lead: its facts, by whose word each is so, what changed, and its rows by stage."""
    with database.transaction() as cursor:
        found: dict[str, Any] = jsonable_encoder(leads.story(cursor, scope.campaign, str(lead_id)))
    return found


@routes.get("/campaigns/{id}/leads/{lead_id:int}/why", responses=responses(401, 403, 404, 422, 429))
def explain_lead(scope: ViewedCampaign, lead_id: LeadId) -> dict[str, Any]:
    """Why a lead is where it is: source, answers, every dimension, every rule, routing, mails, as each was decided."""
    with database.transaction() as cursor:
        found: dict[str, Any] = jsonable_encoder(
            asdict(explanation.explain(cursor, str(lead_id), scope.campaign.key))
        )
    return found


@routes.patch(
    "/campaigns/{id}/leads/{lead_id:int}", responses=responses(400, 401, 403, 404, 409, 413, 422, 429)
)
def correct_lead(scope: ReviewedCampaign, lead_id: LeadId, said: Mapping[str, str]) -> Judged:
    """Correct facts of a lead, as text; an empty one takes a fact away. It is scored and judged anew at once."""
    with database.transaction() as cursor:
        number = table.find(cursor, scope.campaign.id, str(lead_id))
    (judged,) = reviews.edit(scope.campaign, [number], said, scope.caller.name).leads
    return Judged(**{name: getattr(judged, name) for name in Judged.model_fields})


@routes.delete(
    "/campaigns/{id}/leads/{lead_id:int}", status_code=204, responses=responses(401, 403, 404, 409, 422, 429)
)
def delete_lead(scope: OperatedCampaign, lead_id: LeadId) -> None:
    """Delete a lead that nobody has written to, with those merged into it.

    A source that names it again brings it back: who shall get no mail belongs on the suppression list, and a person
    who wants to be forgotten is erased (`POST /persons/erase`).
    """
    with database.transaction() as cursor:
        leads.delete(cursor, scope.campaign, str(lead_id), scope.caller.name)
