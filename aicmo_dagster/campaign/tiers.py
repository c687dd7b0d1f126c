"""The tiers of leads, best first."""

from typing import Literal, get_args

Tier = Literal["HOT", "WARM", "COOL", "COLD"]
TIERS: tuple[Tier, ...] = get_args(Tier)
