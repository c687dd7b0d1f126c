"""Whether the texts of an ideal customer profile say anything: a blank or mistyped one would quietly match nobody."""

from functools import cache

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages.localities import countries_of_state
from aicmo_dagster.stages.places import country_code, country_names
from aicmo_dagster.stages.words import fold
from aicmo_dagster.stages.world_regions import region_countries

_TEXTS = ("industries", "locations", "titles", "technologies", "keywords")
_SHORTEST = 6
"""Names of fewer letters are a slip away from too many towns."""


def check_targets(config: CampaignConfig) -> None:
    """Raise ConfigurationError for a blank text in `icp`, and for a location one slip from a country's name.

    What is no known country, region or state is taken for a town; a town of such a name is written with its country.
    """
    problems = [
        f"icp.{field}[{position}] is blank; write what is meant or leave it out"
        for field in _TEXTS
        for position, text in enumerate(getattr(config.icp, field), start=1)
        if not text.strip()
    ]
    for position, text in enumerate(config.icp.locations, start=1):
        if country := _mistyped(text):
            problems.append(
                f"icp.locations[{position}] has {text!r}, which is not known; did you mean {country!r}? "
                "A town of that name is written with its country, such as 'Salta, Argentina'"
            )
    if problems:
        raise ConfigurationError("\n".join(f"campaign {config.key!r}: {problem}" for problem in problems))


def _mistyped(text: str) -> str | None:
    if country_code(text) or region_countries(text) or countries_of_state(text):
        return None
    return next((name for key, name in _countries().items() if _one_slip(fold(text), key)), None)


@cache
def _countries() -> dict[str, str]:
    return {fold(name): name for name in country_names() if len(fold(name)) >= _SHORTEST}


def _one_slip(a: str, b: str) -> bool:
    """One letter too many, too few or another one, or two neighbours swapped."""
    if len(a) < len(b):
        a, b = b, a
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(b))
    if len(a) > len(b):
        return a[at + 1 :] == b[at:]
    swapped = a[at + 1 : at + 2] + a[at : at + 1] + a[at + 2 :]
    return a != b and (a[at + 1 :] == b[at + 1 :] or swapped == b[at:])
