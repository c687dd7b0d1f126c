import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.campaign.icp import FUNDING_STAGES
from aicmo_dagster.stages.company_facts import (
    read_founded_year,
    read_funding_stage,
    read_headcount_growth,
    read_visits,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1998", 1998),
        (" 1998.0 ", 1998),
        ("2015-03-01", 2015),
        ("March 2015", 2015),
        ("1600", 1600),
        ("1599", None),
        ("2101", None),
        ("98", None),
        ("1998-2001", None),
        ("a while ago", None),
    ],
)
def test_the_year_of_founding(text: str, expected: int | None) -> None:
    assert read_founded_year(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bootstrapped", "bootstrapped"),
        ("Pre-Seed", "pre_seed"),
        ("Angel", "pre_seed"),
        ("Seed", "seed"),
        ("SEED ROUND", "seed"),
        ("Series A", "series_a"),
        ("series_b", "series_b"),
        ("Series B1", "series_b"),
        ("Series B II", "series_b"),
        ("Series C - II", "series_c"),
        ("Series A Round", "series_a"),
        ("Series D", "late"),
        ("Series J", "late"),
        ("Private Equity", "private_equity"),
        ("IPO", "public"),
        ("Post-IPO Equity", "public"),
        ("Post\u2010IPO Debt", "public"),
        ("Venture (Round not Specified)", None),
        ("Debt Financing", None),
        ("Series", None),
        ("Series A or B", None),
        ("$5M", None),
        ("", None),
    ],
)
def test_the_stage_of_funding(text: str, expected: str | None) -> None:
    assert read_funding_stage(text) == expected


@pytest.mark.parametrize("stage", FUNDING_STAGES)
def test_our_own_names_of_stages_are_read(stage: str) -> None:
    assert read_funding_stage(stage) == stage


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12%", 0.12),
        ("12,5 %", 0.125),
        ("+5%", 0.05),
        ("-3 %", -0.03),
        ("\u22123 %", -0.03),
        ("150%", 1.5),
        ("1%", 0.01),
        ("0", 0.0),
        ("-0", 0.0),
        ("0.12", 0.12),
        ("0,12", 0.12),
        ("-0.4", -0.4),
        ("12", 0.12),
        ("2", 0.02),
        ("1", None),
        ("1.2", None),
        ("-100%", -1.0),
        ("-101%", None),
        ("1,234%", None),
        ("20000%", None),
        ("fast", None),
        ("", None),
    ],
)
def test_the_growth_of_the_staff(text: str, expected: float | None) -> None:
    assert read_headcount_growth(text) == expected


@given(st.floats(-1, 100))
def test_a_growth_with_a_percent_sign_is_what_it_says(share: float) -> None:
    assert read_headcount_growth(f"{share:.2%}") == pytest.approx(share, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12),
        ("12.0", 12),
        ("0", 0),
        ("1,234", 1234),
        ("1.234.567", 1_234_567),
        ("1 234", 1234),
        ("9999999999", None),
        ("12.5", None),
        ("-1", None),
        ("many", None),
    ],
)
def test_counts_of_visits(text: str, expected: int | None) -> None:
    assert read_visits(text) == expected


@given(st.text(max_size=30))
def test_any_text_is_read_or_not(text: str) -> None:
    for read in (read_founded_year, read_funding_stage, read_headcount_growth, read_visits):
        read(text)
