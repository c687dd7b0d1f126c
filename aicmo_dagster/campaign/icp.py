"""The ideal customer profile: who a campaign wants to reach."""

from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from aicmo_dagster.campaign.section import Domain, Range, Section

CompanySize = Literal["startup", "small", "medium", "enterprise"]
COMPANY_SIZES: tuple[CompanySize, ...] = get_args(CompanySize)
FundingStage = Literal[
    "bootstrapped", "pre_seed", "seed", "series_a", "series_b", "series_c", "late", "private_equity", "public"
]
FUNDING_STAGES: tuple[FundingStage, ...] = get_args(FundingStage)
"""In the order in which a company goes through them; `late` is series D and after."""
Level = Literal[
    "owner",
    "c_level",
    "vp",
    "head",
    "director",
    "manager",
    "lead",
    "senior",
    "individual_contributor",
    "other",
]
LEVELS: tuple[Level, ...] = get_args(Level)
"""Levels of a job title, highest first; `other` says nothing of a rank or is no job."""
Department = Literal[
    "general_management",
    "sales",
    "marketing",
    "customer_success",
    "product",
    "engineering",
    "it",
    "data",
    "design",
    "finance",
    "human_resources",
    "legal",
    "operations",
    "procurement",
    "research",
    "administration",
    "health",
    "education",
    "media",
    "other",
]
DEPARTMENTS: tuple[Department, ...] = get_args(Department)
"""What a job title is about: its function."""


class Icp(Section):
    """The ideal customer profile: who to reach. What is left out does not count in the score."""

    company_sizes: list[CompanySize] = Field(
        [], description="startup (<10), small (10-50), medium (50-500), enterprise (500+)."
    )
    industries: list[str] = Field([], description="Industries, best match counts.")
    revenue_usd: Range | None = Field(None, description="Yearly revenue in US dollars.")
    locations: list[str] = Field(
        [], description="Countries, regions of the world, states or cities, best match counts."
    )
    titles: list[str] = Field([], description="Job titles, best match counts.")
    departments: list[Department] = Field([], description="What the person works on, best match counts.")
    technologies: list[str] = Field([], description="What the company uses; the share that it uses counts.")
    keywords: list[str] = Field([], description="Words about the company; the share that is found counts.")
    company_age_years: Range | None = Field(None, description="Years since it was founded.")
    funding_stages: list[FundingStage] = Field([], description="How far it is funded, nearest counts.")
    min_headcount_growth: float | None = Field(
        None, ge=-1, le=100, description="Growth of the staff in a year, 0.2 = 20 %."
    )
    customers: list[Domain] = Field(
        [], description="Domains of companies that are customers already: nobody to win there."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.company_sizes or self.industries or self.revenue_usd or self.locations):
            raise ValueError(
                "says nothing about the company; give at least one of company_sizes, industries, "
                "revenue_usd, locations"
            )
        return self
