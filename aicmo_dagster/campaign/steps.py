"""What a sequence of mails is."""

import itertools
from typing import Annotated, Self

from pydantic import Field, model_validator

from aicmo_dagster.campaign.section import Section

BASE = "base"
"""Name of the variant that a step's own subject and text are."""

_Subject = Annotated[str, Field(min_length=1, max_length=500)]
_Text = Annotated[str, Field(min_length=1, max_length=20_000)]


class Variant(Section):
    """Another way to write a step. A lead keeps the one it got; which is better is measured."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$", description="a-z, 0-9, hyphen and underscore.")
    subject: _Subject | None = Field(None, description="Liquid template; default the step's.")
    text: _Text | None = Field(None, description="Liquid template in Markdown; default the step's.")
    weight: float = Field(1.0, ge=0, le=1e6, description="Share of leads; the step's own text has 1.")

    @model_validator(mode="after")
    def _differs(self) -> Self:
        if self.subject is None and self.text is None:
            raise ValueError("give subject, text or both")
        if self.name == BASE:
            raise ValueError(f"the name {BASE!r} is that of the step's own text")
        return self


class Step(Section):
    """One mail of a sequence."""

    day: int = Field(ge=0, le=365, description="Days after enrolment.")
    subject: _Subject | None = Field(
        None, description="Liquid template. Left out in a thread: that of its first mail, with Re:."
    )
    text: _Text = Field(description="Liquid template in Markdown; its plain text and HTML are one mail.")
    thread: bool = Field(False, description="Goes as a reply to the mail before it.")
    variants: list[Variant] = Field([], max_length=9, description="Tried beside the step's own text.")

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.subject is None and not self.thread:
            raise ValueError("has no subject; only a step with thread: true can do without")
        names = [variant.name for variant in self.variants]
        if len({*names}) < len(names):
            raise ValueError("two variants have the same name")
        return self


class Sequence(Section):
    """The mails a lead gets, in order. A change makes a new version by itself; enrolled leads keep theirs."""

    days: int = Field(ge=1, le=365, description="Length; after it the lead has completed.")
    language: str = Field(
        "en",
        pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$",
        description="Of the texts, such as de or pt-BR; screen readers ask for it.",
    )
    steps: list[Step] = Field(min_length=1, max_length=30, description="The mails, by day.")
    choose_winner: bool = Field(
        False, description="Once a variant is significantly better, new leads get only that one."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        days = [step.day for step in self.steps]
        if any(b <= a for a, b in itertools.pairwise(days)):
            raise ValueError(f"steps must be on later and later days, got {days}")
        if days[-1] > self.days:
            raise ValueError(f"the last step is on day {days[-1]}, after the sequence's {self.days} days")
        if self.steps[0].thread:
            raise ValueError("the first step cannot be in a thread; there is no mail before it")
        return self
