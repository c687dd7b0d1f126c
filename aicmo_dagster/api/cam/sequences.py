"""Sequences of mails: look at them, check one, see a mail as a lead would get it, send one to oneself."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam.access import OperatedCampaign, ViewedCampaign
from aicmo_dagster.api.cam.problems import ProblemError, responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.api.cam.words import LINE, Line
from aicmo_dagster.campaign.steps import Sequence
from aicmo_dagster.operations import mails
from aicmo_dagster.operations import sequences as operations
from aicmo_dagster.operations.mails import Wanted
from aicmo_dagster.store import audit, campaigns, database

routes = APIRouter(route_class=Route, tags=["mails"])

_STEP = {"day": 0, "subject": "A question, {{ first_name }}", "text": "Hello {{ first_name }}, …"}
_SEQUENCE: Any = {
    "days": 7,
    "steps": [_STEP, {"day": 3, "thread": True, "text": "Just to make sure you saw it."}],
}


class Shown(BaseModel):
    """A version of a sequence. Leads that are in an old one keep it."""

    name: str
    version: int
    versions: list[int] = Field(description="All that there are, the newest last.")
    tiers: list[str] = Field(description="Whose leads get it.")
    sequence: Sequence


class Checkable(BaseModel):
    """A sequence that the campaign may not have yet."""

    name: Annotated[Line, Field(min_length=1, max_length=100)] = "draft"
    sequence: dict[str, Any] = Field(description="As docs/campaign-reference.md has it.")

    model_config = {"extra": "forbid", "json_schema_extra": {"examples": [{"sequence": _SEQUENCE}]}}


class Checked(BaseModel):
    """What was found: a sentence each, with step, line and remedy."""

    problems: list[str] = Field(description="Each would have the sequence refused.")
    doubts: list[str] = Field(description="What to think over.")


class WantedMail(BaseModel):
    """Which mail."""

    lead: Annotated[Line, Field(min_length=1, max_length=320)] | None = Field(
        None, description="Its address or number; null: somebody of whom only the address is known."
    )
    sequence: Annotated[Line, Field(max_length=100)] | None = Field(
        None, description="Null: the lead's, else that of HOT leads."
    )
    draft: Sequence | None = Field(None, description="A sequence that the campaign does not have yet.")
    step: int = Field(1, ge=1, le=30)
    variant: Annotated[Line, Field(max_length=40)] | None = Field(
        None, description="Null: the step's own text."
    )
    sender: Annotated[Line, Field(max_length=320)] | None = Field(
        None, description="Address of a mailbox; null: the campaign's first."
    )

    model_config = {"extra": "forbid", "json_schema_extra": {"examples": [{"step": 1}]}}

    def wanted(self) -> Wanted:
        """As the operations take it."""
        return Wanted(self.lead, self.sequence, self.step, self.variant, self.sender, self.draft)


class TestMail(WantedMail):
    """Which mail, and to whom."""

    to: Annotated[Line, Field(min_length=3, max_length=320, description="Your own address.")]

    model_config = {
        "extra": "forbid",
        "json_schema_extra": {"examples": [{"to": "growth@example.com", "step": 1}]},
    }


class Preview(BaseModel):
    """A mail as its reader gets it, without tracking."""

    subject: str
    headers: dict[str, str]
    text: str
    html: str


class Sent(BaseModel):
    """What became of it."""

    reply: str = Field(description="What the server, or in a simulation the outbox, said.")


@routes.get("/campaigns/{id}/sequences", responses=responses(401, 403, 404, 422, 429))
def list_sequences(scope: ViewedCampaign) -> list[Shown]:
    """The campaign's sequences and those that ship, each in its newest version."""
    return list(_newest(scope.campaign).values())


@routes.get("/campaigns/{id}/sequences/{name}", responses=responses(401, 403, 404, 422, 429))
def show_sequence(
    scope: ViewedCampaign,
    name: Annotated[str, Path(max_length=100, pattern=LINE)],
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Default the newest.")] = None,
) -> Shown:
    """A sequence, as it is or as it was."""
    found = _newest(scope.campaign).get(name)
    if found is None or version not in (None, *found.versions):
        raise ProblemError(
            404,
            "sequence-not-found",
            "There is no such sequence",
            "the campaign has no sequence of that name and version; its sequences list them",
        )
    if version in (None, found.version):
        return found
    with database.transaction() as cursor:
        content = campaigns.sequence_versions(cursor, scope.campaign.id)[name, version]
    return found.model_copy(update={"version": version, "sequence": content})


@routes.post("/campaigns/{id}/templates/validate", responses=responses(400, 401, 403, 404, 413, 422, 429))
def validate_templates(scope: ViewedCampaign, wanted: Checkable) -> Checked:
    """Look for what is wrong with a sequence, and change nothing."""
    found = operations.check(scope.campaign, wanted.name, wanted.sequence)
    return Checked(problems=found.problems, doubts=found.doubts)


@routes.post("/campaigns/{id}/preview", responses=responses(400, 401, 403, 404, 413, 422, 429))
def preview_mail(scope: ViewedCampaign, wanted: WantedMail) -> Preview:
    """The mail that a lead would get; follow-ups as if all mails before them had been sent."""
    with database.transaction() as cursor:
        found = mails.preview(cursor, scope.campaign, wanted.wanted(), datetime.now(UTC))
    return Preview(
        subject=found.headers.get("Subject", ""), headers=found.headers, text=found.text, html=found.html
    )


@routes.post("/campaigns/{id}/test-mail", responses=responses(400, 401, 403, 404, 413, 422, 429))
def send_test_mail(scope: OperatedCampaign, wanted: TestMail) -> Sent:
    """Send one mail to yourself; a simulation puts it into the outbox. The ledger and its caps stay as they are."""
    with database.transaction() as cursor:
        reply = mails.send_test(cursor, scope.campaign, wanted.wanted(), wanted.to, datetime.now(UTC))
        told = {"sequence": wanted.sequence, "step": wanted.step, "sender": wanted.sender}
        audit.record(cursor, scope.caller.name, "mail.test", scope.campaign.key, after=told)
    return Sent(reply=reply)


def _newest(campaign: campaigns.Campaign) -> dict[str, Shown]:
    with database.transaction() as cursor:
        contents = campaigns.sequence_versions(cursor, campaign.id)
    versions: dict[str, list[int]] = {}
    for name, version in sorted(contents):
        versions.setdefault(name, []).append(version)
    routed = campaign.config.routing.sequences
    return {
        name: Shown(
            name=name,
            version=numbers[-1],
            versions=numbers,
            tiers=[tier for tier, one in routed.items() if one == name],
            sequence=contents[name, numbers[-1]],
        )
        for name, numbers in versions.items()
    }
