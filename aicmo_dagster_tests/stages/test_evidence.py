import pytest

from aicmo_dagster.campaign.config import SIGNALS
from aicmo_dagster.stages.evidence import evidence
from aicmo_dagster.stages.qualification import RULES
from aicmo_dagster_tests import pipelines

CONFIG = pipelines.config()


def test_the_evidence_of_a_low_intent_are_the_signals() -> None:
    lead = {"intent": 0.15, "recent_activity": True, "company_hiring": False}
    assert evidence("low_intent", lead, CONFIG) == (
        "intent 0.15 of 0.20 needed: recent_activity true; company_hiring false; the rest unknown"
    )
    known: dict[str, object] = {**dict.fromkeys(map(str, SIGNALS), False), "intent": 0.0}
    assert evidence("low_intent", known, CONFIG).endswith("has_budget_authority false")


@pytest.mark.parametrize(
    ("code", "lead", "said"),
    [
        ("low_icp_fit", {"icp_fit": 0.451}, "icp fit 0.45 of 0.70 needed"),
        ("low_icp_fit", {}, "icp fit unknown of 0.70 needed"),
        ("no_email", {}, "no address"),
        ("no_email", {"linkedin_url": "x"}, "no address; known is LinkedIn profile"),
        (
            "no_email",
            {"linkedin_url": "x", "phone": "1"},
            "no address; known are LinkedIn profile and phone number",
        ),
        ("policy", {"country": "Germany", "country_code": "DE"}, "country Germany; consent: none"),
        ("policy", {"country": "Freedonia"}, "country Freedonia, which is none that is known; consent: none"),
        ("policy", {"consent": "inquiry"}, "no country; consent: inquiry"),
        ("role_account", {"email": "info@example.org"}, "info@example.org"),
        (
            "email_typo",
            {"email": "a@gmial.com", "email_domain": "gmial.com"},
            "a@gmial.com; probably meant: gmail.com",
        ),
        ("competitor", {"email_domain": "example.org"}, "at example.org"),
        (
            "undeliverable",
            {"email": "a@example.org", "verification": "invalid"},
            "a vendor's word on a@example.org: invalid",
        ),
    ],
)
def test_the_evidence_of_a_rule_is_what_it_looked_at(code: str, lead: dict[str, object], said: str) -> None:
    assert evidence(code, lead, CONFIG) == said


def test_every_rule_has_evidence() -> None:
    lead = {"email": "a@example.org", "email_domain": "example.org"}
    assert [rule.code for rule in RULES if not evidence(rule.code, lead, CONFIG)] == []
