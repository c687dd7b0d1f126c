import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.stages.conversion.encoding import Numbers, Words, encode, feature_of, learn

NUMBERS = st.lists(st.none() | st.floats(-1e9, 1e9), min_size=1, max_size=300)
TEXTS = st.lists(st.none() | st.sampled_from(["a", "b", "c"]), min_size=1, max_size=200)


def test_a_number_lies_in_the_interval_that_its_code_says() -> None:
    feature = Numbers("employees", (10.0, 50.0))
    codes = feature.codes(pd.Series([5, 10, 49.9, 50, 1e9, None])).tolist()
    assert codes == [1, 2, 2, 3, 3, 0]
    assert [feature.said(code) for code in range(4)] == [
        "employees unknown",
        "employees below 10",
        "employees 10 to 50",
        "employees 50 or more",
    ]


def test_a_number_that_many_rows_have_lies_in_an_interval_of_its_own() -> None:
    values = pd.Series([-5.0] * 300 + [0.0] * 600 + [float(number) for number in range(1, 101)])
    (feature,) = learn(pd.DataFrame({"days": values}), 10)
    (codes,) = encode([feature], pd.DataFrame({"days": [-5.0, 0.0, 1.0, 100.0]}))
    assert codes.tolist() == [1, 2, 3, 3]


def test_a_word_that_was_not_learnt_is_another() -> None:
    feature = Words("industry", ("mining", "software"))
    column = pd.Series(["software", "retail", None, "mining"], dtype="str")
    assert feature.codes(column).tolist() == [2, 3, 0, 1]
    assert feature.codes(column.astype("category")).tolist() == [2, 3, 0, 1]
    assert feature.said(3) == "industry of another kind"


def test_rare_words_are_not_learnt() -> None:
    (feature,) = learn(pd.DataFrame({"industry": ["software"] * 30 + ["mining"] * 19}))
    assert feature == Words("industry", ("software",))


def test_true_and_false_are_words() -> None:
    (feature,) = learn(pd.DataFrame({"hiring": pd.array([True, False, None] * 30, dtype="boolean")}))
    assert feature == Words("hiring", ("False", "True"))


@given(NUMBERS)
def test_every_number_has_a_code_and_greater_ones_have_no_smaller_one(values: list[float | None]) -> None:
    column = pd.Series(values, dtype="float64")
    (feature,) = learn(pd.DataFrame({"n": column}), 8)
    codes = feature.codes(column)
    assert codes.max() < feature.size
    assert (codes == 0).tolist() == column.isna().tolist()
    known = column.notna()
    ordered = codes[known.to_numpy()][np.argsort(column[known].to_numpy(), kind="stable")]
    assert (np.diff(ordered) >= 0).all()


@given(NUMBERS, TEXTS)
def test_a_feature_survives_json(numbers: list[float | None], texts: list[str | None]) -> None:
    for table in (
        pd.DataFrame({"n": pd.Series(numbers, dtype="float64")}),
        pd.DataFrame({"t": pd.Series(texts, dtype="str")}),
    ):
        (feature,) = learn(table)
        again = feature_of(json.loads(json.dumps(feature.document())))
        assert again == feature
        assert encode([again], table)[0].tolist() == encode([feature], table)[0].tolist()


@pytest.mark.parametrize("dtype", ["float64", "Float64", "Int64"])
def test_missing_numbers_of_every_kind_are_unknown(dtype: str) -> None:
    assert Numbers("n", (1.0,)).codes(pd.Series([None, 2], dtype=dtype)).tolist() == [0, 2]
