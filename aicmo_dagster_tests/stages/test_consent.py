from datetime import UTC, datetime, timedelta

import pytest

from aicmo_dagster.campaign.config import CONSENTS
from aicmo_dagster.stages.consent import read_consent, read_consent_date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((kind, kind) for kind in CONSENTS),
        ("Double Opt-In", "express"),
        ("opt_in", "express"),
        ("yes", "express"),
        ("TRUE", "express"),
        ("Freely given consent from contact", "express"),
        ("Customer", "purchase"),
        ("Legitimate interest \u2013 existing customer", "purchase"),
        ("Contact form", "inquiry"),
        ("Legitimate interest \u2013 prospect/lead", None),
        ("no", None),
        ("false", None),
        ("opt-out", None),
        ("not a customer", None),
        ("unsubscribed", None),
        ("", None),
    ],
)
def test_consent_is_only_what_clearly_says_so(text: str, expected: str | None) -> None:
    assert read_consent(text) == expected


@pytest.mark.parametrize(("days", "taken"), [(-4000, True), (0, True), (1, True), (2, False), (400, False)])
def test_nobody_agreed_on_a_day_to_come(days: int, taken: bool) -> None:
    day = datetime.now(UTC).date() + timedelta(days=days)
    assert read_consent_date(day.isoformat()) == (day if taken else None)


def test_a_day_that_is_none_is_not_read() -> None:
    assert read_consent_date("03/04/2021") is None
