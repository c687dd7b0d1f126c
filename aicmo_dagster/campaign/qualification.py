"""Who may be contacted, and who has to be looked at by a person first."""

from typing import Literal

from pydantic import Field

from aicmo_dagster.campaign.section import Domain, Section, Share

ContactRule = Literal["allowed", "consent", "forbidden"]
"""`allowed` without asking first (opt-out), only with `consent`, or not at all."""


class CountryPolicy(Section):
    """What holds for leads of a country; it may be stricter or looser than the table that ships."""

    business: ContactRule = Field(description="For addresses at a company's domain.")
    personal: ContactRule = Field(description="For addresses at a free provider: a natural person's own.")


class ContactPolicy(Section):
    """Whom the law lets the campaign write to. The table that ships has a rule and its source per country."""

    countries: dict[str, CountryPolicy] = Field(
        {}, description="Country -> rule, instead of the one that ships; names or ISO codes."
    )
    unknown_country: Literal["review", "reject", "allow"] = Field(
        "review", description="Leads whose country is not known, unless they consented."
    )


class IntentWeights(Section):
    """What each signal adds to the intent score of the qualification."""

    recent_job_change: Share = 0.25
    company_funded_recently: Share = 0.20
    company_hiring: Share = 0.20
    recent_activity: Share = 0.15
    is_decision_maker: Share = 0.10
    has_budget_authority: Share = 0.10


class Qualification(Section):
    """Who may be contacted, and who has to be looked at by a person first."""

    min_icp_fit: Share = Field(0.70, description="Below: rejected as low_icp_fit.")
    min_intent: Share = Field(0.20, description="Below, and not a decision maker: manual review.")
    intent_weights: IntentWeights = IntentWeights()
    competitors: list[Domain] = Field([], description="Their domains and subdomains are rejected.")
    block_free_providers: bool = Field(False, description="Reject addresses at gmail.com and the like.")
    forbidden_countries: list[str] = Field(
        [], description="Leads of these countries are rejected by policy; names or ISO codes."
    )
    policy: ContactPolicy = ContactPolicy()
    review_limit_hours: float = Field(
        72, gt=0, le=8_760, description="A lead that waits longer for a person is flagged."
    )
