import pytest

from aicmo_dagster.campaign.config import CONSENTS
from aicmo_dagster.stages.consent import read_consent


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
