from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicmo_dagster.campaign.config import SIGNALS
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages.qualification import (
    NOT_APPROVABLE,
    RULES,
    SENTENCES,
    check_policy,
    describe,
    intent,
    qualify,
)

from .lead_frames import campaign, lead_frame

RULE_SECTION = {
    "competitors": ["rival.com"],
    "block_free_providers": True,
    "forbidden_countries": ["UK", "Deutschland"],
}
GOOD: dict[str, Any] = {
    "email": "jane@example.com",
    "email_status": "valid",
    "country_code": "FR",
    "is_decision_maker": True,
    "icp_fit": 0.9,
}
# What breaks each rule alone.
BREAKS: dict[str, dict[str, Any]] = {
    "suppressed": {"suppressed": True},
    "policy": {"country_code": "GB"},
    "low_icp_fit": {"icp_fit": 0.69},
    "no_email": {"email": None, "email_status": "missing"},
    "invalid_email": {"email_status": "invalid"},
    "disposable_email": {"email": "jane@10minutemail.com"},
    "role_account": {"email": "info.fr@example.com"},
    "automated_sender": {"email": "mailer-daemon@example.com"},
    "competitor": {"email": "jane@uk.rival.com"},
    "free_provider": {"email": "jane@gmail.com"},
    "undeliverable": {"verification": "invalid"},
    "low_intent": {"is_decision_maker": False},
}


def frame(*leads: dict[str, Any]) -> pd.DataFrame:
    full = [{**GOOD, **lead} for lead in leads]
    own = ("icp_fit", "suppressed", "decision")
    found = lead_frame(*({k: v for k, v in lead.items() if k not in own} for lead in full))
    return found.assign(
        email_domain=found["email"].str.replace(r"^.*@", "", regex=True),
        icp_fit=pd.Series([lead["icp_fit"] for lead in full], dtype="float64"),
        suppressed=pd.Series([lead.get("suppressed", False) for lead in full], dtype="bool"),
        decision=pd.Series([lead.get("decision") for lead in full], dtype="str"),
    )


def verdict(lead: dict[str, Any], **rules: Any) -> tuple[str, str, str]:
    config = campaign(qualification={**RULE_SECTION, **rules})
    found = qualify(frame(lead), config).iloc[0]
    return found["verdict"], found["reason"], found["failed"]


def test_a_good_lead_is_qualified() -> None:
    assert verdict({}) == ("qualified", "qualified", "{}")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_each_rule_alone_is_the_reason(rule: Any) -> None:
    expected = "rejected" if rule.severity == "reject" else "manual_review"
    assert verdict(BREAKS[rule.code]) == (expected, rule.code, f"{{{rule.code}}}")


@pytest.mark.parametrize("word", ["valid", "risky", "unknown", None])
def test_an_address_of_which_nobody_says_that_it_is_dead_is_no_reason(word: str | None) -> None:
    assert verdict({"verification": word})[0] == "qualified"


def test_only_a_missing_address_and_low_intent_go_to_a_person() -> None:
    assert [rule.code for rule in RULES if rule.severity == "review"] == ["no_email", "low_intent"]


def test_every_failed_rule_is_recorded_and_the_first_decides() -> None:
    lead = {
        "suppressed": True,
        "country_code": "GB",
        "icp_fit": 0.1,
        **BREAKS["low_intent"],
        **BREAKS["no_email"],
    }
    assert verdict(lead) == ("rejected", "suppressed", "{suppressed,policy,low_icp_fit,no_email,low_intent}")
    assert verdict({**BREAKS["low_icp_fit"], **BREAKS["no_email"]})[:2] == ("rejected", "low_icp_fit")
    assert verdict({**BREAKS["no_email"], **BREAKS["low_intent"]})[:2] == ("manual_review", "no_email")
    both = {"email": "info-bounce@rival.com", "email_status": "invalid"}
    assert verdict(both)[2] == "{invalid_email,role_account,automated_sender,competitor}"


@pytest.mark.parametrize("name", ["UK", "United Kingdom", "GB", "Großbritannien"])
def test_a_forbidden_country_may_be_written_in_any_way(name: str) -> None:
    assert verdict({"country_code": "GB"}, forbidden_countries=[name])[1] == "policy"
    assert verdict({"country_code": "FR"}, forbidden_countries=[name])[1] == "qualified"


def test_an_unknown_forbidden_country_is_an_error_and_not_a_void_policy() -> None:
    config = campaign(qualification={"forbidden_countries": ["Atlantis"]})
    with pytest.raises(ConfigurationError, match="'Atlantis'"):
        check_policy(config)
    with pytest.raises(ConfigurationError, match="'Atlantis'"):
        qualify(frame({}), config)


@pytest.mark.parametrize(
    "email", ["abbott@example.com", "jane@abbott.com", "bo@botanical.com", "jan.bot@example.com"]
)
def test_a_person_whose_address_contains_a_machines_name_is_qualified(email: str) -> None:
    assert verdict({"email": email})[1] == "qualified"


def test_a_competitors_lookalike_is_no_competitor() -> None:
    assert verdict({"email": "jane@rival.com"})[1] == "competitor"
    assert verdict({"email": "jane@notrival.com"})[1] == "qualified"
    assert verdict({"email": "jane@rival.com.example"})[1] == "qualified"


def test_a_subdomain_of_a_disposable_domain_is_disposable() -> None:
    assert verdict({"email": "jane@x.10minutemail.com"})[1] == "disposable_email"


def test_free_providers_are_blocked_only_on_request() -> None:
    assert verdict({"email": "jane@gmail.com"}, block_free_providers=False)[1] == "qualified"


@pytest.mark.parametrize(
    ("fit", "reason"), [(0.7, "qualified"), (0.7 - 1e-9, "qualified"), (0.699, "low_icp_fit")]
)
def test_the_icp_fit_is_compared_without_float_error(fit: float, reason: str) -> None:
    assert verdict({"icp_fit": fit})[1] == reason


def test_a_lead_that_was_never_scored_is_not_qualified() -> None:
    assert verdict({"icp_fit": float("nan")})[1] == "low_icp_fit"


def test_an_address_of_unknown_status_is_not_taken_for_valid() -> None:
    assert verdict({"email_status": None})[1] == "invalid_email"


def test_intent_is_the_sum_of_the_true_signals_weights() -> None:
    each: list[dict[str, Any]] = [{name: True} for name in SIGNALS]
    leads = lead_frame(*each, dict.fromkeys(SIGNALS, True), {}, {"company_hiring": False})
    assert intent(leads, campaign()).tolist() == [0.25, 0.2, 0.2, 0.15, 0.1, 0.1, 1.0, 0.0, 0.0]


def test_intent_at_the_threshold_is_enough() -> None:
    unknown = {"is_decision_maker": None}
    assert verdict({**unknown, "company_funded_recently": True})[1] == "qualified"
    assert verdict({**unknown, "recent_activity": True})[1] == "low_intent"
    assert verdict({**unknown, "recent_activity": True, "has_budget_authority": True})[1] == "qualified"


def test_false_signals_are_not_true() -> None:
    assert verdict(dict.fromkeys(SIGNALS, False))[1] == "low_intent"
    leads = frame({}).astype({"company_hiring": "str"})
    with pytest.raises(TypeError, match="company_hiring"):
        qualify(leads, campaign())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_an_approval_wins_except_where_there_is_no_address_or_no_right(rule: Any) -> None:
    found = verdict({**BREAKS[rule.code], "decision": "approve"})
    if rule.code in ("suppressed", "policy", "no_email", "invalid_email"):
        assert found[1] == rule.code
    else:
        assert found == ("qualified", "approved", f"{{{rule.code}}}")


def test_an_approved_lead_is_held_by_the_rule_that_cannot_be_approved() -> None:
    lead = {**BREAKS["low_icp_fit"], **BREAKS["no_email"], "decision": "approve"}
    assert verdict(lead) == ("manual_review", "no_email", "{low_icp_fit,no_email}")


@pytest.mark.parametrize("lead", [{}, *BREAKS.values()])
def test_a_reviewers_rejection_always_wins(lead: dict[str, Any]) -> None:
    assert verdict({**lead, "decision": "reject"})[:2] == ("rejected", "rejected_by_reviewer")


def test_another_decision_is_an_error() -> None:
    with pytest.raises(ValueError, match="'maybe'"):
        verdict({"decision": "maybe"})


def test_every_reason_can_be_told_to_people() -> None:
    config = campaign(qualification={"min_icp_fit": 0.65})
    assert describe("low_icp_fit", config) == "fits the ideal customer profile below 0.65"
    assert all("{" not in describe(code, config) for code in SENTENCES)
    with pytest.raises(ValueError, match="'nonsense'"):
        describe("nonsense", config)


def test_rows_keep_their_order_and_index() -> None:
    leads = frame({"suppressed": True}, {}, {"icp_fit": 0.1}).set_index(pd.Index([5, 2, 9]))
    found = qualify(leads, campaign())
    assert found.index.tolist() == [5, 2, 9]
    assert found["lead_id"].tolist() == [1, 2, 3]
    assert found["reason"].tolist() == ["suppressed", "qualified", "low_icp_fit"]


def test_no_leads_give_no_verdicts() -> None:
    assert list(qualify(frame(), campaign()).columns) == ["lead_id", "verdict", "reason", "failed", "intent"]


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(list(BREAKS)), max_size=4),
    st.sampled_from([None, "approve", "reject"]),
)
def test_a_lead_is_qualified_only_when_nothing_forbids_it(broken: list[str], decision: str | None) -> None:
    lead: dict[str, Any] = {"decision": decision}
    for code in broken:
        lead |= BREAKS[code]
    state, reason, failed = verdict(lead)
    codes = [code for code in failed.strip("{}").split(",") if code]
    assert codes == [rule.code for rule in RULES if rule.code in codes]
    hard = set(codes) & NOT_APPROVABLE
    if state == "qualified":
        assert decision != "reject"
        assert not hard
        assert not codes or decision == "approve"
    else:
        assert reason == "rejected_by_reviewer" or reason in codes


@settings(deadline=None)
@given(st.fixed_dictionaries({name: st.sampled_from([None, True, False]) for name in SIGNALS}))
def test_intent_stays_in_range(signals: dict[str, Any]) -> None:
    found = intent(lead_frame(signals), campaign())[0]
    assert 0 <= found <= 1
