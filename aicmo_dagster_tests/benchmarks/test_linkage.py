from pathlib import Path

import numpy as np
import pytest

from aicmo_dagster.benchmarks import linkage
from aicmo_dagster.benchmarks.doubles import leads_with_doubles


def test_agreement_counts_pairs() -> None:
    figures = linkage.agreement(np.array([1, 1, 1, 2, 3]), np.array(["a", "a", "b", "c", "c"]))
    assert figures["pairs_found"] == 3
    assert figures["precision"] == pytest.approx(1 / 3)
    assert figures["recall"] == pytest.approx(1 / 2)


def test_most_doubles_of_invented_leads_are_found_and_hardly_any_other() -> None:
    figures = linkage.measure(*leads_with_doubles(5000, 11))
    assert figures["precision"] >= 0.99
    assert figures["recall"] >= 0.9


@pytest.mark.thirdparty
def test_the_duplicates_of_a_crm_export_are_found_without_its_account_ids(thirdparty: Path) -> None:
    figures = linkage.measure(*linkage.accounts_file(thirdparty / "leads-duplicates-1000.csv"))
    assert figures["leads"] == 1000
    assert figures["pairs_true"] > 700
    assert figures["precision"] >= 0.99
    assert figures["recall"] >= 0.95
