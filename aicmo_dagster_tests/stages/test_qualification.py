from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicmo_dagster.campaign.config import SIGNALS
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages.qualification import (
    NOT_APPROVABLE,
    OLDEST_VERSION,
    RULES,
    RULES_VERSION,
    SENTENCES,
    check_policy,
    describe,
    intent,
    qualify,
    recompute,
)

from .lead_frames import campaign, lead_frame

RULE_SECTION: dict[str, Any] = {
    "competitors": ["rival.com"],
    "block_free_providers": True,
    "forbidden_countries": ["UK", "Deutschland"],
    "policy": {"countries": {"FR": {"business": "allowed", "personal": "allowed"}}},
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
    "no_consent": {"country_code": "IT"},
    "low_icp_fit": {"icp_fit": 0.69},
    "no_email": {"email": None, "email_status": "missing"},
    "invalid_email": {"email_status": "invalid"},
    "email_typo": {"email": "jane@gmial.con"},
    "no_mail_service": {"takes_mail": False},
    "disposable_email": {"email": "jane@10minutemail.com"},
    "role_account": {"email": "info.fr@example.com"},
    "automated_sender": {"email": "mailer-daemon@example.com"},
    "competitor": {"email": "jane@uk.rival.com"},
    "free_provider": {"email": "jane@gmail.com"},
    "undeliverable": {"verification": "invalid"},
    "unknown_country": {"country_code": None},
    "low_intent": {"is_decision_maker": False},
}


def frame(*leads: dict[str, Any]) -> pd.DataFrame:
    full = [{**GOOD, **lead} for lead in leads]
    own = ("icp_fit", "suppressed", "decision", "takes_mail", "lawful_basis")
    found = lead_frame(*({k: v for k, v in lead.items() if k not in own} for lead in full))
    return found.assign(
        email_domain=found["email"].str.replace(r"^.*@", "", regex=True),
        icp_fit=pd.Series([lead["icp_fit"] for lead in full], dtype="float64"),
        suppressed=pd.Series([lead.get("suppressed", False) for lead in full], dtype="bool"),
        decision=pd.Series([lead.get("decision") for lead in full], dtype="str"),
        takes_mail=pd.Series([lead.get("takes_mail") for lead in full], dtype="boolean"),
        lawful_basis=pd.Series(
            [lead.get("lawful_basis", "legitimate_interests") for lead in full], dtype="str"
        ),
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


def test_only_what_a_person_can_settle_goes_to_a_person() -> None:
    asked = [rule.code for rule in RULES if rule.severity == "review"]
    assert asked == ["no_email", "email_typo", "unknown_country", "low_intent"]


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
    hard = {"suppressed", "policy", "no_consent", "no_email", "invalid_email", "no_mail_service"}
    if rule.code in hard:
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


# The rules by their numbers in the pipeline's description, section 5.


def test_5_1_who_is_on_the_suppression_list_is_rejected() -> None:
    assert verdict(BREAKS["suppressed"])[:2] == ("rejected", "suppressed")


def test_5_1_not_knowing_whether_somebody_is_suppressed_counts_as_yes() -> None:
    leads = frame({}).astype({"suppressed": "boolean"})
    leads["suppressed"] = pd.array([None], dtype="boolean")
    assert qualify(leads, campaign())["reason"].tolist() == ["suppressed"]


def test_5_1_a_forbidden_country_is_rejected_even_with_consent() -> None:
    assert verdict({**BREAKS["policy"], "consent": "express"})[:2] == ("rejected", "policy")


def test_5_1_the_policy_may_forbid_one_kind_of_address() -> None:
    policy = {"countries": {"France": {"business": "allowed", "personal": "forbidden"}}}
    lead = {"email": "jane@gmail.com", "consent": "express"}
    assert verdict(lead, policy=policy, block_free_providers=False)[1] == "policy"
    assert verdict({}, policy=policy)[1] == "qualified"


def test_5_1_a_lead_that_the_countrys_law_does_not_allow_is_rejected() -> None:
    assert verdict(BREAKS["no_consent"])[:2] == ("rejected", "no_consent")
    assert verdict({**BREAKS["no_consent"], "consent": "express"})[1] == "qualified"


def test_5_1_a_source_whose_lawful_basis_is_consent_says_that_its_leads_consented() -> None:
    assert verdict({**BREAKS["no_consent"], "lawful_basis": "consent"})[1] == "qualified"
    assert verdict({**BREAKS["no_consent"], "lawful_basis": "contract"})[1] == "no_consent"


def test_5_1_right_to_write_comes_before_everything_else() -> None:
    lead = {**BREAKS["low_icp_fit"], **BREAKS["no_consent"], **BREAKS["no_email"]}
    assert verdict(lead) == ("rejected", "no_consent", "{no_consent,low_icp_fit,no_email}")


def test_5_2_a_poor_fit_is_rejected() -> None:
    assert verdict({"icp_fit": 0.69})[:2] == ("rejected", "low_icp_fit")
    assert verdict({"icp_fit": 0.70})[1] == "qualified"


def test_5_3_a_missing_address_goes_to_a_person() -> None:
    assert verdict(BREAKS["no_email"])[:2] == ("manual_review", "no_email")


def test_5_3_an_invalid_address_is_rejected() -> None:
    assert verdict(BREAKS["invalid_email"])[:2] == ("rejected", "invalid_email")


@pytest.mark.parametrize(
    ("takes_mail", "reason"), [(False, "no_mail_service"), (True, "qualified"), (None, "qualified")]
)
def test_5_3_a_domain_without_mail_service_is_rejected_and_an_unknown_one_is_not(
    takes_mail: bool | None, reason: str
) -> None:
    assert verdict({"takes_mail": takes_mail})[1] == reason


def test_5_3_a_throw_away_address_is_rejected() -> None:
    assert verdict(BREAKS["disposable_email"])[:2] == ("rejected", "disposable_email")


@pytest.mark.parametrize("local", ["info", "support", "sales", "sales.eu", "info_de", "info-de", "support+x"])
def test_5_3_a_role_account_is_rejected(local: str) -> None:
    assert verdict({"email": f"{local}@example.com"})[:2] == ("rejected", "role_account")


@pytest.mark.parametrize("local", ["noreply", "mailer-daemon", "bounce", "updates.no-reply", "bounces+1"])
def test_5_3_an_automated_sender_is_rejected(local: str) -> None:
    assert verdict({"email": f"{local}@example.com"})[1] == "automated_sender"


def test_5_3_a_competitor_and_its_subdomains_are_rejected() -> None:
    assert verdict({"email": "jane@rival.com"})[:2] == ("rejected", "competitor")
    assert verdict({"email": "jane@mail.rival.com"})[1] == "competitor"


def test_5_3_a_free_provider_is_rejected_only_where_the_campaign_blocks_it() -> None:
    assert verdict({"email": "jane@gmail.com"})[1] == "free_provider"
    assert campaign().qualification.block_free_providers is False


def test_5_3_an_address_that_a_vendor_calls_dead_is_rejected() -> None:
    assert verdict({"verification": "invalid"})[:2] == ("rejected", "undeliverable")


def test_5_3_a_mistyped_domain_goes_to_a_person_with_what_was_probably_meant() -> None:
    assert verdict({"email": "jane@gmial.com"})[:2] == ("manual_review", "email_typo")
    assert verdict({"email": "jane@gmail.con", "takes_mail": False})[1] == "email_typo"
    lead = {"email_domain": "gmial.com"}
    assert describe("email_typo", campaign(), lead).endswith("gmial.com is probably meant to be gmail.com")


def test_5_4_little_intent_of_who_does_not_decide_goes_to_a_person() -> None:
    assert verdict(BREAKS["low_intent"])[:2] == ("manual_review", "low_intent")


@pytest.mark.parametrize(
    ("setting", "found"),
    [
        ("review", ("manual_review", "unknown_country")),
        ("reject", ("rejected", "unknown_country")),
        ("allow", ("qualified", "qualified")),
    ],
)
def test_5_4_what_becomes_of_an_unknown_country_is_the_campaigns_choice(
    setting: str, found: tuple[str, str]
) -> None:
    assert verdict({"country_code": None}, policy={"unknown_country": setting})[:2] == found


@pytest.mark.parametrize(("consent", "reason"), [("express", "qualified"), ("purchase", "unknown_country")])
def test_5_4_only_express_consent_makes_up_for_an_unknown_country(consent: str, reason: str) -> None:
    assert verdict({"country_code": None, "consent": consent})[1] == reason


def test_5_4_nobody_is_asked_about_a_lead_that_is_rejected_anyway() -> None:
    for code in ("unknown_country", "low_intent"):
        assert verdict({**BREAKS[code], **BREAKS["low_icp_fit"]})[0] == "rejected"


def test_5_5_who_passes_every_rule_is_qualified() -> None:
    assert verdict({}) == ("qualified", "qualified", "{}")


@pytest.mark.parametrize(
    "email",
    [
        "abbott@example.com",
        "jane@abbott.com",
        "bo@botanical.com",
        "talbot@robotics.com",
        "infobird@example.com",
    ],
)
def test_8_5_persons_are_no_machines(email: str) -> None:
    assert verdict({"email": email}) == ("qualified", "qualified", "{}")


def test_8_6_a_lead_that_waits_for_a_person_does_not_change_the_verdict_of_others() -> None:
    waiting = [BREAKS["low_intent"]] * 100
    found = qualify(frame(*waiting, {}), campaign(qualification=RULE_SECTION))
    assert found["verdict"].tolist() == ["manual_review"] * 100 + ["qualified"]


@pytest.mark.parametrize("word", ["unknown", "risky", None])
def test_8_13_a_verification_that_failed_approves_nothing(word: str | None) -> None:
    """It is no reason against the lead, but it takes none away either."""
    assert verdict({"verification": word, "email_status": "invalid"})[1] == "invalid_email"
    assert verdict({"verification": word, "takes_mail": False})[1] == "no_mail_service"


# Consent, by country.

NO_OWN_RULES = {"policy": {}, "forbidden_countries": [], "block_free_providers": False}


def consented(
    country: str, consent: str | None, on: str | None = None, email: str = "jane@example.com"
) -> str:
    given = date.fromisoformat(on) if on else None
    lead = {"country_code": country, "consent": consent, "consent_on": given, "email": email}
    return verdict(lead, **NO_OWN_RULES)[1]


def test_in_britain_companies_may_be_written_to_and_natural_persons_may_not() -> None:
    assert consented("GB", None) == "qualified"
    assert consented("GB", None, email="jane@gmail.com") == "no_consent"
    assert consented("GB", "inquiry", email="jane@gmail.com") == "qualified"


def test_in_germany_nobody_may_be_written_to_without_consent_but_customers() -> None:
    assert consented("DE", None) == "no_consent"
    assert consented("DE", "inquiry", "2026-05-31") == "no_consent"
    assert consented("DE", "purchase") == "qualified"
    assert consented("DE", "express") == "qualified"


def test_in_the_united_states_nobody_need_be_asked() -> None:
    assert consented("US", None, email="jane@gmail.com") == "qualified"


@pytest.mark.parametrize(
    ("consent", "on", "reason"),
    [
        ("purchase", "2024-06-01", "qualified"),
        ("purchase", "2024-05-31", "no_consent"),
        ("inquiry", "2025-12-01", "qualified"),
        ("inquiry", "2025-11-30", "no_consent"),
        ("purchase", None, "no_consent"),
        ("express", "2001-01-01", "qualified"),
        ("published", None, "qualified"),
    ],
)
def test_in_canada_implied_consent_ends(consent: str, on: str | None, reason: str) -> None:
    """Leads are judged on 2026-06-01; a purchase counts for 24 months, an inquiry for 6."""
    assert consented("CA", consent, on) == reason


def test_a_published_address_counts_only_where_the_law_says_so_and_only_for_business() -> None:
    assert consented("AU", "published") == "qualified"
    assert consented("AU", "published", email="jane@gmail.com") == "no_consent"
    assert consented("DE", "published") == "no_consent"


def test_a_country_without_a_row_gets_the_strictest_rule() -> None:
    assert consented("AQ", None) == consented("AQ", "purchase") == "no_consent"
    assert consented("AQ", "express") == "qualified"


def test_the_campaigns_own_rule_wins_over_the_one_that_ships() -> None:
    policy = {"countries": {"Germany": {"business": "allowed", "personal": "consent"}}}
    lead = {"country_code": "DE"}
    assert verdict(lead, policy=policy, forbidden_countries=[])[1] == "qualified"
    personal = {**lead, "email": "jane@gmail.com"}
    assert verdict(personal, policy=policy, forbidden_countries=[])[1] == "no_consent"


def test_a_sentence_about_missing_consent_names_the_law() -> None:
    assert "UWG § 7" in describe("no_consent", campaign(), {"country_code": "DE"})


# Versions.


def test_an_older_version_knows_nothing_of_the_rules_that_came_later() -> None:
    config = campaign(qualification=RULE_SECTION)
    leads = frame(*BREAKS.values())
    then = qualify(leads, config, version=2)["reason"].tolist()
    expected = [rule.code if rule.since == 2 else "qualified" for rule in RULES]
    assert then == expected


@pytest.mark.parametrize("version", [OLDEST_VERSION - 1, RULES_VERSION + 1])
def test_a_version_that_never_was_is_an_error(version: int) -> None:
    with pytest.raises(ValueError, match=f"version {version}"):
        qualify(frame({}), campaign(), version)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(list(BREAKS)), max_size=4),
    st.sampled_from([None, "approve", "reject"]),
    st.sampled_from(range(OLDEST_VERSION, RULES_VERSION + 1)),
)
def test_a_verdict_is_recomputed_without_the_outside_world(
    broken: list[str], decision: str | None, version: int
) -> None:
    lead: dict[str, Any] = {"decision": decision}
    for code in broken:
        lead |= BREAKS[code]
    config = campaign(qualification=RULE_SECTION)
    leads = frame(lead)
    then = qualify(leads, config, version)
    codes = [code for code in then["failed"].iloc[0].strip("{}").split(",") if code]
    kept = leads.drop(columns=["suppressed", "takes_mail"])
    pd.testing.assert_frame_equal(recompute(kept, config, codes, version), then)


def test_what_changed_in_the_world_since_does_not_change_a_recomputed_verdict() -> None:
    config = campaign(qualification=RULE_SECTION)
    found = recompute(frame({"takes_mail": False, "suppressed": True}), config, [], RULES_VERSION)
    assert found["reason"].tolist() == ["qualified"]


@settings(deadline=None, max_examples=25)
@given(st.permutations(list(BREAKS)), st.integers(1, 15))
def test_permuting_or_chunking_the_leads_changes_no_verdict(codes: list[str], size: int) -> None:
    config = campaign(qualification=RULE_SECTION)
    leads = frame(*(BREAKS[code] for code in codes))
    parts = [qualify(leads.iloc[at : at + size], config) for at in range(0, len(leads), size)]
    together = qualify(leads, config)
    pd.testing.assert_frame_equal(pd.concat(parts), together)
    assert together["reason"].tolist() == codes
