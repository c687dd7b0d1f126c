"""The facts that a rule of the qualification looked at, in words: for whoever decides on a lead."""

from collections.abc import Callable, Mapping
from typing import Any

from aicmo_dagster.campaign.config import SIGNALS, CampaignConfig
from aicmo_dagster.stages.typos import suggestion

Facts = Mapping[str, Any]
"""Columns of a lead, with `icp_fit` and `intent`; what is missing is not known."""


def evidence(code: str, lead: Facts, config: CampaignConfig) -> str:
    """What the rule of that reason code saw of the lead; "" for rules that look at nothing that could be told."""
    said = _EVIDENCE.get(code)
    return said(lead, config) if said else ""


def _intent(lead: Facts, config: CampaignConfig) -> str:
    stands = {value: [name for name in SIGNALS if lead.get(name) is value] for value in (True, False)}
    told = [f"{', '.join(names)} {str(value).lower()}" for value, names in stands.items() if names]
    known = sum(map(len, stands.values()))
    if known < len(SIGNALS):
        told.append("the rest unknown" if known else "no signal is known")
    return f"intent {_number(lead.get('intent'))} of {config.qualification.min_intent:.2f} needed: {'; '.join(told)}"


def _fit(lead: Facts, config: CampaignConfig) -> str:
    return f"icp fit {_number(lead.get('icp_fit'))} of {config.qualification.min_icp_fit:.2f} needed"


def _reachable(lead: Facts, _: CampaignConfig) -> str:
    if lead.get("email"):
        return str(lead["email"])
    ways = {"linkedin_url": "LinkedIn profile", "phone": "phone number"}
    known = [name for column, name in ways.items() if lead.get(column)]
    return (
        f"no address; known {'are' if len(known) > 1 else 'is'} {' and '.join(known)}"
        if known
        else "no address"
    )


def _country(lead: Facts, _: CampaignConfig) -> str:
    said = lead.get("country")
    code = lead.get("country_code")
    place = f"country {said}" if said else "no country"
    if said and not code:
        place += ", which is none that is known"
    agreed = lead.get("consent") or ("by its source" if lead.get("lawful_basis") == "consent" else "none")
    return f"{place}; consent: {agreed}"


def _verification(lead: Facts, _: CampaignConfig) -> str:
    return f"a vendor's word on {lead.get('email')}: {lead.get('verification') or 'none'}"


def _address(lead: Facts, _: CampaignConfig) -> str:
    return str(lead.get("email") or "")


def _typo(lead: Facts, _: CampaignConfig) -> str:
    meant = suggestion(str(lead.get("email_domain") or ""))
    return f"{lead.get('email')}; probably meant: {meant}" if meant else str(lead.get("email") or "")


def _domain(lead: Facts, _: CampaignConfig) -> str:
    return f"at {lead.get('email_domain')}" if lead.get("email_domain") else ""


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"


_EVIDENCE: dict[str, Callable[[Facts, CampaignConfig], str]] = {
    "low_intent": _intent,
    "low_icp_fit": _fit,
    "no_email": _reachable,
    **dict.fromkeys(("policy", "no_consent", "unknown_country"), _country),
    "undeliverable": _verification,
    "email_typo": _typo,
    **dict.fromkeys(("suppressed", "invalid_email", "role_account", "automated_sender"), _address),
    **dict.fromkeys(("no_mail_service", "disposable_email", "competitor", "free_provider"), _domain),
}
