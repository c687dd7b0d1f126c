import numpy as np
import pandas as pd
import pytest

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages.conversion.columns import label, typed
from aicmo_dagster.stages.conversion.leaks import leaking

ROWS = 400
TRUE = np.random.default_rng(3).random(ROWS) < 0.3
LABEL = label(pd.Series(np.where(TRUE, "yes", "no"), dtype="str", name="y"))


def why(name: str, values: object) -> str | None:
    text = pd.Series(values, dtype="object").astype("str")
    return leaking(typed(pd.DataFrame({name: text})), LABEL).get(name)


@pytest.mark.parametrize(
    "name",
    ["duration", "Call Duration", "call_duration", "Lead Status", "status", "DealStage", "Closed At", "Close Date",
     "won amount", "Lost Reason", "outcome", "Call-Result", "conversionDate", "reply_count", "Replied", "unsubscribed"],
)  # fmt: skip
def test_columns_of_what_is_known_only_afterwards_are_left_out_by_their_names(name: str) -> None:
    assert why(name, np.random.default_rng(5).integers(0, 9, ROWS)) is not None


@pytest.mark.parametrize(
    "name",
    ["poutcome", "previous outcome", "last campaign result", "marital status", "employment_status", "funding stage",
     "industry", "default", "disclosed revenue", "wonder"],
)  # fmt: skip
def test_columns_of_earlier_campaigns_and_of_persons_stay(name: str) -> None:
    assert why(name, np.random.default_rng(5).integers(0, 9, ROWS)) is None


@pytest.mark.parametrize("seed", range(20))
def test_a_column_that_tells_the_label_alone_is_left_out(seed: int) -> None:
    random = np.random.default_rng(seed)
    assert "tells the label alone" in str(why("fee", np.where(TRUE, 5, 0) + random.random(ROWS)))
    assert "tells the label alone" in str(why("rest", np.where(TRUE, 0, 5) + random.random(ROWS)))
    assert "tells the label alone" in str(why("value", np.where(TRUE, random.integers(1, 900, ROWS), 0)))
    assert "tells the label alone" in str(why("bill", np.where(TRUE, "", "x")))


def test_a_strong_honest_predictor_stays() -> None:
    assert why("interest", TRUE * 1.5 + np.random.default_rng(7).normal(size=ROWS)) is None


def test_identifiers_are_left_out() -> None:
    assert "numbers the rows" in str(why("no", range(1, ROWS + 1)))
    assert "numbers the rows" in str(why("row", np.random.default_rng(7).permutation(ROWS)))
    assert "almost every row" in str(why("email", [f"test{n}@example.org" for n in range(ROWS)]))
    assert "number of a record" in str(why("Account ID", np.random.default_rng(7).permutation(10**6)[:ROWS]))


def test_numbers_that_happen_to_be_different_stay() -> None:
    assert why("balance", np.random.default_rng(7).permutation(10**6)[:ROWS]) is None
    assert why("score", np.random.default_rng(7).random(ROWS)) is None


def test_constant_and_empty_columns_are_left_out() -> None:
    assert why("country", ["DE"] * ROWS) == "it is the same in every row"
    assert why("note", ["n/a"] * ROWS) == "it is empty"


def test_columns_have_the_type_that_their_text_says() -> None:
    found = typed(
        pd.DataFrame(
            {
                "amount": ["$1,200", "300", "n/a", "12.5"],
                "day": ["2026-01-02", "1970-01-01", "", "1969-12-31"],
                "word": ["a", "1", "-", "b"],
            },
            dtype="str",
        )
    )
    assert found["amount"].tolist()[:2] == [1200, 300]
    assert found["amount"].isna().tolist() == [False, False, True, False]
    assert found["day"].tolist()[1::2] == [0, -1]
    assert found["word"].dtype == "str"
    assert found["word"].isna().tolist() == [False, False, True, False]


@pytest.mark.parametrize(
    ("values", "positive"),
    [
        (["Yes", "no"], "Yes"),
        (["TRUE", "FALSE"], "TRUE"),
        (["0", "1"], "1"),
        (["1.0", "0.0"], "1.0"),
        (["lost", "won"], "won"),
        (["lost", "open"], "open"),
        (["customer", "visitor", "visitor"], "customer"),
    ],
)
def test_a_label_has_a_positive_value(values: list[str], positive: str) -> None:
    found = label(pd.Series([*values, ""], dtype="str", name="y"))
    assert found.positive == positive
    assert found.true.tolist()[: len(values)] == [value == positive for value in values]
    assert found.known.tolist() == [True] * len(values) + [False]


def test_a_label_of_more_than_two_values_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="the label 'y' has 3 different values"):
        label(pd.Series(["a", "b", "c"], dtype="str", name="y"))
