import numpy as np
import pytest

from aicmo_dagster.campaign.steps import BASE, Variant
from aicmo_dagster.stages.variants import assign

LEADS = np.arange(1, 100_001)


def variant(name: str, weight: float = 1.0) -> Variant:
    return Variant(name=name, subject="Other words", weight=weight)


A, B = variant("a"), variant("b", 2.0)


def test_leads_are_spread_over_the_variants_by_weight() -> None:
    found = assign(LEADS, "cold", 1, 1, [A, B], None)
    shares = [np.mean(found == name) for name in (None, "a", "b")]
    assert shares == pytest.approx([0.25, 0.25, 0.5], abs=0.01)


def test_a_variant_without_weight_is_given_to_nobody() -> None:
    assert set(assign(LEADS, "cold", 1, 1, [variant("a", 0), B], None)) == {None, "b"}


def test_a_lead_keeps_its_variant_whoever_else_is_asked_about() -> None:
    whole = assign(LEADS, "cold", 1, 1, [A, B], None)
    assert [assign(LEADS[[at]], "cold", 1, 1, [A, B], None)[0] for at in range(50)] == list(whole[:50])


def test_leads_keep_the_variants_that_earlier_versions_of_this_program_gave_them() -> None:
    assert list(assign(LEADS[:8], "cold", 1, 1, [A, B], None)) == ["b", None, "b", "b", "b", None, "a", None]


@pytest.mark.parametrize("other", [("warm", 1, 1), ("cold", 2, 1), ("cold", 1, 2)])
def test_the_variant_of_a_step_says_nothing_about_that_of_another(other: tuple[str, int, int]) -> None:
    here, there = assign(LEADS, "cold", 1, 1, [A], None), assign(LEADS, *other, [A], None)
    assert np.mean(there[here == "a"] == "a") == pytest.approx(0.5, abs=0.01)


def test_neighbouring_leads_are_spread_as_well_as_any() -> None:
    got = assign(LEADS, "cold", 1, 1, [A], None) == "a"
    assert np.mean(got[1:] == got[:-1]) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("winner", "got"), [("a", "a"), (BASE, None)])
def test_everybody_gets_the_winner(winner: str, got: str | None) -> None:
    assert set(assign(LEADS[:100], "cold", 1, 1, [A, B], winner)) == {got}


def test_a_step_without_variants_has_its_own_text() -> None:
    assert list(assign(LEADS[:2], "cold", 1, 1, [], None)) == [None, None]


def test_no_lead_is_no_variant() -> None:
    assert len(assign(LEADS[:0], "cold", 1, 1, [A], None)) == 0
