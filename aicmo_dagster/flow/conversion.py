"""`conversion_model`: learn from recorded outcomes who converts, check what was learnt, and predict.

1. Every lead with a known outcome is read as it was known when it was first written to.
2. A quarter of them, always the same by their numbers, is never learnt from: every model is judged on it.
3. A model that is unfit, worse than the one in use, or learnt from other leads than there are now, is kept with
   the reason and not used. The one in use is checked for drift as well.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.scoring import OUTCOMES
from aicmo_dagster.flow.facts import ScoringFacts
from aicmo_dagster.flow.run import Run, writing
from aicmo_dagster.stages.conversion import drift
from aicmo_dagster.stages.conversion.additive import Additive, Reason, additive_of, probability
from aicmo_dagster.stages.conversion.drift import Population
from aicmo_dagster.stages.conversion.encoding import encode
from aicmo_dagster.stages.conversion.evaluation import difference, evaluate, problem_of
from aicmo_dagster.stages.conversion.features import FACTS, FEATURES_VERSION, features
from aicmo_dagster.stages.scoring import MODELS, effective_weights
from aicmo_dagster.store import conversion_models, database
from aicmo_dagster.store.bulk import frames, incoming_table
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.conversion_models import StoredModel

_SEED = 7
_MOST_TRIALS = 200_000
"""The newest so many are learnt from: more take minutes and hardly improve it."""
_HELD_OUT = 0.25
_DIMENSION = "conversion"
_NOT_REJECTED = "NOT EXISTS (SELECT FROM lead_verdicts x WHERE x.lead_id = l.id AND x.verdict = 'rejected')"
"""Leads that may still be written to: the model is asked about all, and matters for these."""
_TOP = 10


@dataclass(frozen=True)
class Predictor:
    """A model in use; called with a frame of `lead.SCORING_COLUMNS`, of which it reads `facts` and `as_of`, it gives
    their probabilities.
    """

    number: int
    model: Additive
    reference: Population
    facts: ClassVar[frozenset[str]] = FACTS

    def __call__(self, leads: pd.DataFrame) -> "pd.Series[float]":
        return pd.Series(self.model.probability(features(leads)), leads.index)

    def reasons(self, lead: pd.DataFrame, most: int | None = None) -> list[Reason]:
        """Why the lead of a frame of one row has its probability, the strongest reason first; with
        `model.base` all of them add up to its log-odds.
        """
        return self.model.reasons(features(lead), most)


@dataclass(frozen=True)
class Trained:
    """What became of a training: the stored model, and what was found out about the one in use."""

    stored: StoredModel
    in_use: int | None
    drifted: str | None

    @property
    def problem(self) -> str | None:
        """What a person has to know; None where the new model is used or there was too little to learn from."""
        return self.drifted or (self.stored.problem if self.stored.content is not None else None)


def predictor(campaign: Campaign) -> Predictor | None:
    """The campaign's model, where it has one and gives the dimension `conversion` a weight."""
    weights = effective_weights(campaign.config, MODELS[campaign.config.scoring.model])
    return in_use(campaign) if weights.get(_DIMENSION) else None


def in_use(campaign: Campaign) -> Predictor | None:
    """The campaign's model in use, whatever its weight."""
    with database.transaction() as cursor:
        stored = conversion_models.in_use(cursor, campaign.id)
    return None if stored is None else predictor_of(stored)


def numbered(campaign: Campaign, number: int) -> Predictor | None:
    """The campaign's model of that number, also where it is not in use any more: by it old scores are explained."""
    with database.transaction() as cursor:
        stored = conversion_models.numbered(cursor, campaign.id, number)
    return None if stored is None else predictor_of(stored)


def predictor_of(stored: StoredModel) -> Predictor | None:
    """What a stored model predicts by; None where it learnt nothing, or from features that are read otherwise now."""
    if stored.content is None or stored.content["features_version"] != FEATURES_VERSION:
        return None
    return Predictor(
        stored.number,
        additive_of(stored.content["model"]),
        drift.population_of(stored.content["reference"]),
    )


def train(run: Run) -> Trained:
    """Learn from the outcomes that are known by now, and keep what was learnt with what is to be said of it."""
    campaign = run.campaign
    known = trials(run)
    leads, labels, point = known.leads, known.labels, known.leads["lead_id"]
    before = in_use(campaign)
    too_few = _too_few(known, run)
    metrics: dict[str, Any] = {"known_only_after_outcome": known.too_late}
    content: dict[str, Any] | None = None
    algorithm: str | None = None
    problem = too_few
    populations: list[Population | None] = [None, None]
    if too_few is None:
        from aicmo_dagster.stages.conversion import training

        held_out = held_out_leads(point.to_numpy())
        table = features(leads)
        trained = training.train(table[~held_out], labels[~held_out], _SEED)
        model, algorithm = trained.model, trained.algorithm
        codes = encode(model.features, table)
        reference = drift.reference(model, [column[~held_out] for column in codes])
        judged, truth = (
            probability(model.log_odds_of([column[held_out] for column in codes])),
            labels[held_out],
        )
        found = evaluate(judged, truth)
        previous = None if before is None else before.model.probability(table[held_out])
        populations = _present(run, [Predictor(0, model, reference), before])
        metrics |= {
            **found.document(),
            "learnt_from": int((~held_out).sum()),
            "importance": dict(list(model.importance(codes).items())[:_TOP]),
            **_drift_metrics(model, reference, populations[0]),
        }
        if before is not None and previous is not None:
            gain, error = difference(judged, previous, truth)
            metrics["previous"] = {
                "number": before.number, "gain": gain, "gain_error": error,
                **evaluate(previous, truth).document(),
            }  # fmt: skip
        problem = problem_of(found, judged, truth, previous) or _drifted(metrics["psi"], run)
        content = {
            "features_version": FEATURES_VERSION,
            "model": model.document(),
            "reference": reference.document(),
        }
    elif before is not None:
        populations = _present(run, [None, before])
    with writing(run) as cursor:
        _retire_outdated(cursor, campaign)
        stored = StoredModel(
            conversion_models.next_number(cursor, campaign.id), run.now, algorithm,
            len(labels), int(labels.sum()), metrics, content, problem,
        )  # fmt: skip
        conversion_models.append(cursor, campaign.id, campaign.version, run.run_id, stored)
        drifted = None
        if before is not None and populations[1] is not None:
            moved = drift.score_drift(before.reference, populations[1])
            drifted = _drifted(moved, run)
            if drifted is not None:
                conversion_models.put_out_of_use(cursor, campaign.id, before.number, drifted)
        used = conversion_models.in_use(cursor, campaign.id)
    takes_over = used is not None and used.number == stored.number
    return Trained(
        stored,
        None if used is None else used.number,
        f"model {before.number} is not used any more: {drifted}"
        if before is not None and drifted is not None and not takes_over
        else None,
    )


def _retire_outdated(cursor: Cursor[TupleRow], campaign: Campaign) -> None:
    """Take out of use what cannot predict any more, because its features are read otherwise now."""
    stored = conversion_models.in_use(cursor, campaign.id)
    if stored is not None and predictor_of(stored) is None:
        conversion_models.put_out_of_use(
            cursor, campaign.id, stored.number, "features are read otherwise since the program was updated"
        )


@dataclass(frozen=True)
class Trials:
    """Leads with a known outcome, as they were known when they were first written to.

    `leads` has the columns that `features` reads, `labels` whether each converted. `too_late` had an outcome before
    anything was known of them.
    """

    leads: pd.DataFrame
    labels: npt.NDArray[np.bool_]
    too_late: int


def trials(run: Run) -> Trials:
    """Every lead of the campaign from which something can be learnt, by number."""
    rules = run.campaign.config.scoring.conversion
    facts = _facts(run)
    selecting: dict[str, object] = {
        "campaign": run.campaign.id,
        "outcomes": list(OUTCOMES),
        "positive": list(rules.positive),
        "horizon": timedelta(days=rules.horizon_days),
        "now": run.now,
        "most": _MOST_TRIALS,
    }
    columns = conversion_models.TRIAL_COLUMNS
    with database.connect() as reader:
        found = _gathered(reader, conversion_models.TRIALS, selecting, columns)
        decided = found[found["converted"].notna()]
        with reader.cursor() as cursor:
            incoming_table(cursor, "trials", decided[["lead_id", "as_of"]])
            cursor.execute("ANALYZE trials")
        points = facts.select(points="trials")
        leads = _gathered(reader, points, {"campaign": run.campaign.id}, facts.dtypes)
    leads = facts.completed(leads)
    outcome = decided.set_index("lead_id")["converted"].astype(bool)
    return Trials(leads, outcome.loc[leads["lead_id"]].to_numpy(dtype=bool), len(found) - len(decided))


def _facts(run: Run) -> ScoringFacts:
    return ScoringFacts(run.campaign.id, run.campaign.config, FACTS)


def _gathered(
    reader: database.Connection, select: str, parameters: dict[str, object], dtypes: Any
) -> pd.DataFrame:
    with closing(frames(reader, select, parameters, dtypes)) as read:
        found = list(read)
    if found:
        return pd.concat(found, ignore_index=True)
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in dtypes.items()})


def _too_few(known: Trials, run: Run) -> str | None:
    rules = run.campaign.config.scoring.conversion
    leads, conversions = len(known.labels), int(known.labels.sum())
    needed = []
    if leads < rules.min_leads:
        needed.append(f"{leads:,} leads have a known outcome, {rules.min_leads:,} are needed")
    if conversions < rules.min_conversions:
        needed.append(f"{conversions:,} of them converted, {rules.min_conversions:,} are needed")
    if not needed and leads - conversions < rules.min_conversions:
        needed.append(
            f"only {leads - conversions:,} of {leads:,} did not convert; there is nothing to tell apart"
        )
    if needed and known.too_late:
        needed.append(
            f"{known.too_late:,} more had their outcome before anything was known of them and do not count"
        )
    return "; ".join(needed) or None


def held_out_leads(lead_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """A quarter of the leads, for ever the same: no model of the campaign has learnt from them."""
    mixed = lead_ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(32)
    return mixed < _HELD_OUT * 2**32


def _present(run: Run, models: Sequence[Predictor | None]) -> list[Population | None]:
    """How the campaign's leads are spread by each of the models."""
    facts = _facts(run)
    found: list[Population | None] = [None for _ in models]
    selecting: dict[str, object] = {"campaign": run.campaign.id, "now": run.now}
    with (
        database.connect() as reader,
        closing(frames(reader, facts.select(where=_NOT_REJECTED), selecting, facts.dtypes)) as read,
    ):
        for leads in read:
            table = features(leads)
            for place, one in enumerate(models):
                if one is not None:
                    codes = encode(one.model.features, table)
                    part = drift.population(one.model, codes, one.reference.edges)
                    whole = found[place]
                    found[place] = part if whole is None else whole + part
    return [one if one is not None and one.rows >= drift.FEWEST_ROWS else None for one in found]


def _drift_metrics(model: Additive, reference: Population, now: Population | None) -> dict[str, Any]:
    if now is None:
        return {"psi": None, "present_leads": None, "drift": {}}
    moved = drift.feature_drift(model, reference, now)
    return {
        "psi": drift.score_drift(reference, now),
        "present_leads": now.rows,
        "drift": dict(list(moved.items())[:_TOP]),
    }


def _drifted(moved: float | None, run: Run) -> str | None:
    most = run.campaign.config.scoring.conversion.max_psi
    if moved is None or moved <= most:
        return None
    return f"the campaign's leads are not like those that it learnt from: PSI {moved:.2f}, at most {most:g} is allowed"
