from pathlib import Path

import pandas as pd
import pytest

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.operations.model_evaluation import Evaluated, evaluate_file
from aicmo_dagster_tests.stages.conversion.tables import table


def evaluate(path: Path, label: str = "won", leave_out: tuple[str, ...] = ()) -> Evaluated:
    return evaluate_file(path, label, leave_out, lambda _: None)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """1,200 rows with a label, 30 without, and columns that leak; delimited by semicolons."""
    rows, labels = table(1_230)
    rows.insert(0, "Account Id", [f"A{n:05}" for n in range(len(rows))])
    rows["Call Duration"] = 1 + 60 * labels
    rows["invoice"] = labels.astype(int) * 100
    rows["seen on"] = pd.date_range("2026-01-01", periods=len(rows), freq="h").strftime("%Y-%m-%d")
    rows["won"] = ["yes" if one else "no" for one in labels]
    rows.loc[1_200:, "won"] = ""
    path = tmp_path / "leads.csv"
    rows.to_csv(path, sep=";", index=False)
    return path


def test_a_table_is_learnt_from_and_judged_on_rows_held_out(file: Path) -> None:
    found = evaluate(file)
    assert (found.rows, found.without_label, found.positive) == (1_230, 30, "yes")
    assert found.figures.rows == 300
    assert 0.6 < found.figures.auc < 0.95
    assert found.features == ["size", "trade", "noise", "seen on"]
    assert set(found.left_out) == {"Account Id", "Call Duration", "invoice", "empty"}
    assert {"size", "trade"} == set(list(found.top)[:2])


def test_the_same_file_gives_the_same_figures(file: Path) -> None:
    assert evaluate(file).figures == evaluate(file).figures


def test_more_columns_are_left_out_when_asked(file: Path) -> None:
    found = evaluate(file, leave_out=("noise",))
    assert found.left_out["noise"] == "you said so"
    assert "noise" not in found.features


@pytest.mark.parametrize(
    ("label", "leave_out", "sentence"),
    [
        ("Won", (), "leads.csv has no column 'Won'; its columns are Account Id, size"),
        ("won", ("nose",), "leads.csv has no column 'nose'"),
        ("trade", (), "the label 'trade' has 3 different values"),
        ("won", ("size", "trade", "noise", "seen on"), "no column is left to learn from"),
    ],
)
def test_what_cannot_be_learnt_is_refused(
    file: Path, label: str, leave_out: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        evaluate(file, label, leave_out)


def test_too_few_rows_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    path.write_text("size,won\n" + "1,yes\n2,no\n" * 16 + "2,yes\n1,no\n" * 3)
    with pytest.raises(ConfigurationError, match="38 rows with a label, 19 of the rarer kind"):
        evaluate(path)


@pytest.mark.thirdparty
def test_calls_of_a_bank_are_learnt_without_their_duration(thirdparty: Path, tmp_path: Path) -> None:
    every_tenth = pd.read_csv(thirdparty / "bank-marketing.csv").iloc[::10]
    path = tmp_path / "bank.csv"
    every_tenth.to_csv(path, index=False)
    found = evaluate(path, "y")
    assert set(found.left_out) == {"id", "duration"}
    assert found.figures.auc > 0.72
    assert found.figures.lift > 2.5
