"""The mails a campaign may send: the four sequences that ship, and those the campaign brings itself."""

import difflib
from functools import cache
from importlib.resources import files

import yaml

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.campaign.steps import Sequence
from aicmo_dagster.errors import ConfigurationError


@cache
def shipped() -> dict[str, Sequence]:
    """Name -> sequence, for the four of the package; they use no variable that a campaign has to define."""
    folder = files("aicmo_dagster.campaign") / "sequences"
    return {
        file.name.removesuffix(".yaml"): Sequence.model_validate(
            yaml.safe_load(file.read_text(encoding="utf-8"))
        )
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".yaml")
    }


def of(config: CampaignConfig) -> dict[str, Sequence]:
    """Name -> sequence, for everything a lead of the campaign may be routed to.

    The campaign's own replace the shipped ones of the same name. Raises ConfigurationError when a tier is
    routed to a sequence that is in neither.
    """
    known = shipped() | config.sequences
    for tier, name in config.routing.sequences.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            remedy = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(sorted(known))}"
            raise ConfigurationError(
                f"campaign {config.key!r}: tier {tier} is routed to sequence {name!r}, "
                f"which does not exist; {remedy}"
            )
    return known
