import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.stages.currencies import USD
from aicmo_dagster.stages.quantities import (
    Quantity,
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


@pytest.mark.parametrize(
    ("text", "currency", "low", "high"),
    [
        ("$10M-$50M", "USD", 1e7, 5e7),
        ("USD 1,234,567", "USD", 1_234_567, 1_234_567),
        ("1,2 Mio. €", "EUR", 1.2e6, 1.2e6),
        ("10-50 Mio EUR", "EUR", 1e7, 5e7),
        ("10M€-50M€", "EUR", 1e7, 5e7),
        ("€10m to €50m", "EUR", 1e7, 5e7),
        ("EUR 3.5bn", "EUR", 3.5e9, 3.5e9),
        ("500 k€", "EUR", 5e5, 5e5),
        ("50 M€", "EUR", 5e7, 5e7),
        ("TEUR 500", "EUR", 5e5, 5e5),
        ("12 MUSD", "USD", 1.2e7, 1.2e7),
        ("1.000.000 €", "EUR", 1e6, 1e6),
        ("500.000 €", "EUR", 5e5, 5e5),
        ("1,5 Mrd. Euro", "EUR", 1.5e9, 1.5e9),
        ("12,5 millions d'euros", "EUR", 12.5e6, 12.5e6),
        ("5 mil millones de euros", "EUR", 5e9, 5e9),
        ("3,2 mld euro", "EUR", 3.2e9, 3.2e9),
        ("£5m", "GBP", 5e6, 5e6),
        ("CHF 2 Mio.", "CHF", 2e6, 2e6),
        ("1’234’567 CHF", "CHF", 1_234_567, 1_234_567),
        ("50 mln zł", "PLN", 5e7, 5e7),
        ("₹50 crore", "INR", 5e8, 5e8),
        ("Rs. 50 lakhs", "INR", 5e6, 5e6),
        ("2.5億円", "JPY", 2.5e8, 2.5e8),
        ("A$5M", "AUD", 5e6, 5e6),
        ("C$ 5M", "CAD", 5e6, 5e6),
        ("R$ 10 milhões", "BRL", 1e7, 1e7),
        ("> €5M", "EUR", 5e6, 5e6),
        ("under $1M", "USD", 0, 1e6),
        ("between $10M and $50M", "USD", 1e7, 5e7),
        ("1.2e+09", "USD", 1.2e9, 1.2e9),
    ],
)
def test_revenue_of_other_currencies_is_converted(text: str, currency: str, low: float, high: float) -> None:
    quantity = read_revenue_usd(text)
    assert quantity
    assert quantity.low == pytest.approx(low * USD[currency])
    assert quantity.high == pytest.approx(high * USD[currency])


@pytest.mark.parametrize(
    "text", ["€5 / $6", "kr 5m", "5 pesos", "-5", "n/a", "1e400", "€", "50 employees", "5 TEU"]
)
def test_what_is_no_amount_of_one_known_currency_is_no_revenue(text: str) -> None:
    assert read_revenue_usd(text) is None


def test_only_a_plain_number_is_all_that_a_text_says() -> None:
    assert [read_revenue_usd(text) for text in ("5000000", "5 M€")] == [
        Quantity(5e6, 5e6, True),
        Quantity(5.4e6, 5.4e6, False),
    ]


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
