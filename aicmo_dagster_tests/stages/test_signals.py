import pandas as pd
import pytest

from aicmo_dagster.stages.signals import known_signal, true_signal

from .lead_frames import lead_frame


def test_true_false_and_unknown_are_told_apart() -> None:
    leads = lead_frame({"company_hiring": True}, {"company_hiring": False}, {})
    assert true_signal(leads, "company_hiring").tolist() == [True, False, False]
    assert known_signal(leads, "company_hiring").tolist() == [True, True, False]


@pytest.mark.parametrize("values", [["True", "False"], [1, 0], [1.0, 0.0]])
def test_anything_but_booleans_is_refused(values: list[object]) -> None:
    leads = pd.DataFrame({"company_hiring": values})
    with pytest.raises(TypeError, match="'company_hiring' has the type"):
        true_signal(leads, "company_hiring")
