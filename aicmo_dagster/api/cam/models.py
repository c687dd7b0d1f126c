"""The predictive models of a campaign: how good they are, and which one is in use."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam.access import ViewedCampaign
from aicmo_dagster.api.cam.paging import After, Limit, Page, position, token
from aicmo_dagster.api.cam.problems import responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.store import conversion_models, database

routes = APIRouter(route_class=Route, tags=["models"])


class Model(BaseModel):
    """A model, without what it learnt."""

    number: int
    trained_at: datetime
    algorithm: str | None
    leads: int = Field(description="Whose outcome was known.")
    conversions: int
    in_use: bool
    problem: str | None = Field(description="Why it is not used, or not any more.")
    metrics: dict[str, Any] = Field(
        description="Figures on leads that it did not learn from: `auc`, `brier`, `lift`; calibration as `bins` of "
        "rows, mean predicted and share observed; `psi` and `drift`: how far present leads are from those it learnt "
        "from; `previous`: the model before on the same leads."
    )


@routes.get("/campaigns/{id}/model", responses=responses(401, 403, 404, 422, 429))
def list_models(scope: ViewedCampaign, limit: Limit = 20, after: After = None) -> Page[Model]:
    """Every model that was trained, the newest first; without one in use, scores come from the rules alone."""
    place = position(after, [int])
    with database.transaction() as cursor:
        used = conversion_models.in_use(cursor, scope.campaign.id)
        found = conversion_models.listing(
            cursor, scope.campaign.id, limit + 1, None if place is None else int(str(place[0]))
        )
    shown = found[:limit]
    return Page(
        items=[
            Model.model_validate({**vars(one), "in_use": used is not None and one.number == used.number})
            for one in shown
        ],
        next=token(shown[-1].number) if len(found) > limit else None,
    )
