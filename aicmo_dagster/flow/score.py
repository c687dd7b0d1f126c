"""`scored_leads`: every lead of the campaign by the campaign's model, into `lead_scores`."""

from collections.abc import Sequence

import pandas as pd

from aicmo_dagster.flow import conversion
from aicmo_dagster.flow.facts import ScoringFacts, needed_by
from aicmo_dagster.flow.run import Run, Streamed, stream, writing
from aicmo_dagster.stages.scoring import MODELS
from aicmo_dagster.stages.scoring import score as decide
from aicmo_dagster.store import decisions
from aicmo_dagster.store import facts as store


def score(run: Run, only: Sequence[int] | None = None) -> Streamed:
    """Score the campaign's leads, or `only` these; rows whose score is what it was are left alone."""
    config = run.campaign.config
    model = MODELS[config.scoring.model]
    predictor = conversion.predictor(run.campaign)
    number = predictor.number if predictor else None
    needed = needed_by(config) | (predictor.facts if predictor else frozenset())

    with writing(run) as cursor:
        constants = store.constants(cursor, run.campaign.id)
        facts = ScoringFacts(run.campaign.id, config, needed, predictor, run.now, constants)

        def scored(leads: pd.DataFrame) -> pd.DataFrame:
            return decide(facts.completed(leads), config).assign(lead_revision=leads["revision"])

        return stream(
            run,
            cursor,
            facts.select(where="true" if only is None else "l.id = ANY(%(only)s)"),
            facts.dtypes,
            scored,
            decisions.scores([dimension.name for dimension in model.dimensions]),
            {"model": model.name, "model_version": model.version, "conversion_model": number},
            {"now": run.now, "only": only},
        )
