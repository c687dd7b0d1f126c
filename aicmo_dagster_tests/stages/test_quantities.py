import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.stages.quantities import (
    read_employees,
    read_revenue_usd,
    read_signal,
    size_of,
    size_of_words,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((word, True) for word in ("true", "TRUE", " yes ", "1", "y", "t", "Wahr", "oui", "sí")),
        *((word, False) for word in ("false", "False", "no", "0", "nein", "non", "n")),
        *((word, None) for word in ("", "maybe", "2", "unknown", "n/a")),
    ],
)
def test_signals_are_yes_no_or_unknown(text: str, expected: bool | None) -> None:
    assert read_signal(text) is expected


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("12", 12, 12),
        ("12.0", 12, 12),
        ("1,234", 1234, 1234),
        ("1.234", 1234, 1234),
        ("1 234", 1234, 1234),
        ("51-200", 51, 200),
        ("51 – 200 employees", 51, 200),
        ("1,001 to 5,000", 1001, 5000),
        ("10k", 10_000, 10_000),
        ("1-5k", 1000, 5000),
        ("500+", 500, 500),
        ("10,001+ employees", 10_001, 10_001),
    ],
)
def test_employees_are_read(text: str, low: float, high: float) -> None:
    quantity = read_employees(text)
    assert quantity
    assert (quantity.low, quantity.high) == (low, high)


@pytest.mark.parametrize("text", ["many", "", "-5", "10 20", "200-51", "99999999999", "1,2,3", "Oct-50"])
def test_what_is_no_number_of_employees_is_unknown(text: str) -> None:
    assert read_employees(text) is None


@pytest.mark.parametrize(
    ("text", "middle"),
    [
        ("1000000", 1e6),
        ("1234567.89", 1234567.89),
        ("$1,234,567", 1234567),
        ("10M", 1e7),
        ("$10M-$50M", 3e7),
        ("10-50M USD", 3e7),
        ("1.2 million", 1.2e6),
        ("US$ 2.5bn", 2.5e9),
        ("500k", 5e5),
        ("1,5 Mio", 1.5e6),
        ("$500M+", 5e8),
    ],
)
def test_revenue_is_read_in_dollars(text: str, middle: float) -> None:
    quantity = read_revenue_usd(text)
    assert quantity
    assert quantity.middle == pytest.approx(middle)


@pytest.mark.parametrize("text", ["€5M", "5M EUR", "£1,000", "CHF 10", "A$5M", "C$ 5M", "-5", "n/a", "1e400"])
def test_other_currencies_and_words_are_no_dollars(text: str) -> None:
    assert read_revenue_usd(text) is None


@given(st.text(max_size=120))
def test_any_text_is_read_or_unknown(text: str) -> None:
    for read in (read_employees, read_revenue_usd):
        quantity = read(text)
        assert quantity is None or 0 <= quantity.low <= quantity.high


@pytest.mark.parametrize(
    ("employees", "size"),
    [(9, "startup"), (10, "small"), (49, "small"), (50, "medium"), (499, "medium"), (500, "enterprise")],
)
def test_sizes_begin_at_their_least_number_of_employees(employees: int, size: str) -> None:
    assert size_of(employees) == size


@pytest.mark.parametrize(
    ("text", "size"),
    [("Enterprise", "enterprise"), ("Mid-Market", "medium"), ("start-up", "startup"), ("SMB", None)],
)
def test_sizes_are_read_from_words(text: str, size: str | None) -> None:
    assert size_of_words(text) == size
