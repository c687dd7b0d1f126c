"""Days of the week and hours of the day, by a local clock."""

import re
from datetime import time
from typing import Annotated, Literal, Self, get_args

from pydantic import BeforeValidator, Field, model_validator

from aicmo_dagster.campaign.section import Section

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


def _local_time(value: object) -> object:
    if isinstance(value, int):
        # YAML 1.1 reads 17:00 as 17 times 60, and 9:00 as 540.
        hour, minute = divmod(value, 60)
        raise ValueError(f'put quotes around the time: "{hour:02}:{minute:02}" (YAML reads it as a number)')
    if isinstance(value, str) and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?", value):
        raise ValueError(f'{value!r} is not a local time; write it like "09:00", without a zone')
    return value


LocalTime = Annotated[time, BeforeValidator(_local_time)]


class WorkingHours(Section):
    """From and to, local time."""

    start: LocalTime = Field(time(9), description="First minute.")
    end: LocalTime = Field(time(17), description="First minute that is outside.")

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if self.start >= self.end:
            raise ValueError(f"never opens: start {self.start:%H:%M} is not before end {self.end:%H:%M}")
        return self
