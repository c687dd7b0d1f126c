"""`scored_leads`: every lead of the campaign by the campaign's model, into `lead_scores`."""

from functools import partial

from aicmo_dagster.flow.run import Run, Streamed, stream, writing
from aicmo_dagster.lead import LEAD_COLUMNS
from aicmo_dagster.stages.scoring import MODELS
from aicmo_dagster.stages.scoring import score as decide
from aicmo_dagster.store import decisions


def score(run: Run) -> Streamed:
    """Score the campaign's leads; rows whose score is what it was are left alone."""
    config = run.campaign.config
    model = MODELS[config.scoring.model]
    facts = sorted({fact for dimension in model.dimensions for fact in dimension.facts})
    dtypes = {"lead_id": "int64", **{fact: LEAD_COLUMNS[fact] for fact in facts}}
    columns = ", ".join(facts)
    with writing(run) as cursor:
        return stream(
            run,
            cursor,
            f"SELECT id, {columns} FROM leads "
            "WHERE campaign_id = %(campaign)s AND merged_into IS NULL ORDER BY id",
            dtypes,
            partial(decide, config=config),
            decisions.scores([dimension.name for dimension in model.dimensions]),
            {"model": model.name, "model_version": model.version},
        )
