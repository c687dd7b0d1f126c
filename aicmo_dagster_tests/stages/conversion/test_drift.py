import json

import numpy as np
import pandas as pd
import pytest

from aicmo_dagster.stages.conversion import drift
from aicmo_dagster.stages.conversion.additive import Additive
from aicmo_dagster.stages.conversion.drift import Population
from aicmo_dagster.stages.conversion.encoding import encode
from aicmo_dagster.stages.conversion.training import train
from aicmo_dagster_tests.stages.conversion.tables import table


@pytest.fixture(scope="module")
def model() -> Additive:
    return train(*table(2_000), seed=7).model


def spread(model: Additive, rows: pd.DataFrame, then: Population) -> Population:
    return drift.population(model, encode(model.features, rows), then.edges)


def test_the_index_is_that_of_the_formula() -> None:
    then, now = np.array([50, 50]), np.array([25, 75])
    assert drift.psi(then, now) == pytest.approx(-0.25 * np.log(0.5) + 0.25 * np.log(1.5))
    assert drift.psi(then, then) == 0


def test_an_empty_bin_makes_no_infinity() -> None:
    assert 0.25 < drift.psi(np.array([100, 0]), np.array([90, 10])) < 1


def test_other_leads_of_the_same_kind_have_not_drifted(model: Additive) -> None:
    then = drift.reference(model, encode(model.features, table(2_000)[0]))
    now = spread(model, table(2_000, seed=5)[0], then)
    assert drift.score_drift(then, now) < 0.1
    assert max(drift.feature_drift(model, then, now).values()) < 0.1


def test_leads_of_another_kind_have_and_the_feature_is_named(model: Additive) -> None:
    then = drift.reference(model, encode(model.features, table(2_000)[0]))
    rows = table(2_000, seed=5)[0].assign(trade="mining")
    now = spread(model, rows, then)
    assert drift.score_drift(then, now) > 0.25
    assert next(iter(drift.feature_drift(model, then, now))) == "trade"


def test_populations_of_chunks_add_up(model: Additive) -> None:
    rows = table(3_000, seed=6)[0]
    then = drift.reference(model, encode(model.features, rows))
    parts = [spread(model, rows.iloc[at : at + 700], then) for at in range(0, 3_000, 700)]
    whole = sum(parts[1:], parts[0])
    assert whole.document() == then.document()
    assert whole.rows == 3_000


def test_a_population_survives_json(model: Additive) -> None:
    then = drift.reference(model, encode(model.features, table(500)[0]))
    again = drift.population_of(json.loads(json.dumps(then.document())))
    assert again.document() == then.document()
    assert drift.score_drift(then, again) == 0
