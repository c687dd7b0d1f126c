"""A sequence of mails that a campaign is to get: what is wrong with it, before it is part of the campaign."""

from dataclasses import dataclass
from typing import Any

from aicmo_dagster.campaign import document
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.mail import linter, tone
from aicmo_dagster.store.campaigns import Campaign


@dataclass(frozen=True)
class Checked:
    """A sentence each, with place and remedy; a sequence with `problems` is refused, one with `doubts` is not."""

    problems: list[str]
    doubts: list[str]


def check(campaign: Campaign, name: str, content: Any) -> Checked:
    """What would be said of the decoded document if the campaign had it under that name."""
    present = campaign.config.model_dump(mode="json")
    try:
        changed = document.parse(
            {**present, "sequences": {**present["sequences"], name: content}}, "the campaign"
        )
    except ConfigurationError as error:
        return Checked([line.removeprefix("the campaign: ") for line in str(error).splitlines()], [])
    sequence = changed.sequences[name]
    return Checked(linter.check(name, sequence, changed), tone.doubts(name, sequence, changed))
