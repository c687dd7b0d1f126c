"""What the sections of a campaign document are made of."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def _domain(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", text.lower()):
        raise ValueError(f"{text!r} is not a domain; write it like 'rival.com'")
    return text.lower()


Domain = Annotated[str, AfterValidator(_domain)]
Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]


class Section(BaseModel):
    """A part of the document: immutable, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Range(Section):
    """An inclusive range; an end that is left out is open."""

    min: float | None = Field(None, ge=0, description="Lowest value, inclusive.")
    max: float | None = Field(None, ge=0, description="Highest value, inclusive.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is greater than max {self.max:g}")
        return self
