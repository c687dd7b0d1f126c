"""How a campaign scores its leads."""

from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from aicmo_dagster.campaign.section import Section, Share, Weight

ModelName = Literal["standard", "classic"]
EventKind = Literal[
    "opened",
    "clicked",
    "replied",
    "interested",
    "meeting",
    "bounced",
    "unsubscribed",
    "complained",
    "converted",
    "lost",
    "delivered",
    "soft_bounced",
    "auto_replied",
]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)
"""What `engagement_events` knows: what a lead did, and how it ended."""
Outcome = Literal["interested", "meeting", "converted", "lost"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""Events that people record: a reply with interest, a meeting held, a customer won, a lead lost."""


class TierThresholds(Section):
    """Lowest score of each tier; anything below `cool` is COLD."""

    hot: Share = Field(0.85, description="HOT from this score.")
    warm: Share = Field(0.70, description="WARM from this score.")
    cool: Share = Field(0.50, description="COOL from this score.")

    @model_validator(mode="after")
    def _descending(self) -> Self:
        if not self.hot >= self.warm >= self.cool:
            raise ValueError("must descend: hot >= warm >= cool")
        return self


class Decay(Section):
    """How an event counts as it grows old, and how much of it counts at all."""

    half_life_days: float = Field(gt=0, le=3_650, description="After so long an event counts half.")
    most_per_day: float = Field(gt=0, description="More than so many on one day count as so many.")
    full: float = Field(gt=0, description="The sum that gives the dimension its highest value.")


class Engagement(Section):
    """What a lead's events are worth; an open or click counts with the probability that a human did it."""

    opens: Decay = Decay(half_life_days=14, most_per_day=1, full=3)
    clicks: Decay = Decay(half_life_days=21, most_per_day=2, full=2)
    replies: Decay = Decay(half_life_days=60, most_per_day=1, full=1)
    meetings: Decay = Decay(half_life_days=90, most_per_day=1, full=1)
    recency_half_life_days: float = Field(
        21, gt=0, le=3_650, description="After so long without a sign of the lead its recency is half."
    )
    patience_days: int = Field(
        3, ge=0, le=90, description="So long after its first mail a lead's silence says nothing yet."
    )
    frequency_days: int = Field(30, ge=1, le=365, description="The days over which frequency is counted.")
    frequency_full: float = Field(4, gt=0, description="Days with a sign of the lead that are the most.")


class Conversion(Section):
    """When the predictive model of the campaign may be used."""

    positive: list[Outcome] = Field(
        ["interested", "meeting", "converted"], min_length=1, description="Outcomes that it predicts."
    )
    horizon_days: int = Field(90, ge=1, le=730, description="How long after the first mail they count.")
    min_leads: int = Field(1_000, ge=100, description="Leads with a known outcome that it needs.")
    min_conversions: int = Field(120, ge=20, description="Positive outcomes among them that it needs.")
    max_psi: float = Field(
        0.25, gt=0, description="Population stability index above which leads have drifted from its own."
    )


class Scoring(Section):
    """How leads are scored."""

    model: ModelName = Field("standard", description="The scoring model.")
    groups: dict[str, Weight] = Field(
        {}, description="Group -> its weight in the score, where it differs from the model's own."
    )
    weights: dict[str, Weight] = Field(
        {}, description="Dimension -> weight in its group, where it differs from the model's own."
    )
    tiers: TierThresholds = TierThresholds()
    engagement: Engagement = Engagement()
    freshness_half_life_days: float = Field(
        365, gt=0, le=3_650, description="After so long without news a lead's facts count as half fresh."
    )
    conversion: Conversion = Conversion()
