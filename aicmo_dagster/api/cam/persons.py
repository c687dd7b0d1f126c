"""A person by address: all that is kept of them, and erasing it."""

from typing import Any

from fastapi import APIRouter
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam.access import AdminEverywhere, everywhere
from aicmo_dagster.api.cam.problems import responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.operations import persons

routes = APIRouter(route_class=Route, tags=["persons"])


class Person(BaseModel):
    """Who is meant."""

    address: str = Field(
        max_length=320, description="In any spelling of the mailbox.", examples=["ann@example.com"]
    )

    model_config = {"extra": "forbid"}


class Erased(BaseModel):
    """What was deleted."""

    leads: int
    files: int
    left: list[str] = Field(description="Where the address is found nevertheless; it should be nowhere.")


@routes.post(
    "/persons/export",
    responses=responses(400, 401, 403, 413, 422, 429),
    dependencies=[everywhere("admin")],
)
def export_person(wanted: Person) -> dict[str, Any]:
    """Everything that is kept of the person: table -> rows, and the names of files."""
    found: dict[str, Any] = jsonable_encoder(persons.export(wanted.address))
    return found


@routes.post("/persons/erase", responses=responses(400, 401, 403, 413, 422, 429))
def erase_person(caller: AdminEverywhere, wanted: Person) -> Erased:
    """Erase the person from tables and files; only a keyed hash stays, so that nobody writes to the address again."""
    erased = persons.erase(wanted.address, caller.name)
    return Erased(leads=erased.leads, files=erased.files, left=persons.places(wanted.address))
