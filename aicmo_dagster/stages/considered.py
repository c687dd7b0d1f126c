"""Who else could have got a lead, and why it was not them: the rules of `stages.owners`, told owner by owner."""

from dataclasses import dataclass, replace
from datetime import datetime

from aicmo_dagster.campaign.config import CampaignConfig, Owner
from aicmo_dagster.stages.owners import (
    COLLEAGUE,
    IN_TERRITORY,
    OUTSIDE_TERRITORY,
    OwnerLoad,
    territories,
    works,
)


@dataclass(frozen=True)
class Considered:
    """An owner, as the lead's run found them.

    `serves` is whether their territory has the lead's country; `named` that it names it, where others take any.
    `active` are the leads they had in a running sequence when the run began, of at most `capacity` (None = any
    number). `pointer` is the place of their next lead in the weighted round robin: the smallest is first.
    """

    owner: str
    serves: bool
    named: bool
    at_work: bool
    active: int
    capacity: int | None
    pointer: float
    chosen: bool
    sentence: str


def considered(
    country_code: str | None, config: CampaignConfig, load: OwnerLoad, now: datetime, chosen: str, reason: str
) -> tuple[Considered, ...]:
    """Every owner of the campaign, in its order, with the sentence why they got the lead or did not.

    `load` is as the run found it at `now`, before it gave anybody a lead; `chosen` and `reason` are the lead's owner
    and `owner_reason`. Raises ConfigurationError where a territory is not a country.
    """
    served = territories(config)
    claimed = any(country_code in codes for codes in served)
    found: list[Considered] = []
    for owner, codes in zip(config.routing.owners, served, strict=True):
        active = load.active.get(owner.name, 0)
        found.append(
            Considered(
                owner=owner.name,
                serves=not codes or country_code in codes,
                named=country_code in codes,
                at_work=works(owner, config, now),
                active=active,
                capacity=owner.capacity,
                pointer=(active + 1) / owner.weight,
                chosen=owner.name == chosen,
                sentence="",
            )
        )
    winner = next((one for one in found if one.chosen), None)
    return tuple(
        replace(one, sentence=_sentence(one, owner, country_code, claimed, winner, reason))
        for one, owner in zip(found, config.routing.owners, strict=True)
    )


def _sentence(
    one: Considered,
    owner: Owner,
    country_code: str | None,
    claimed: bool,
    winner: Considered | None,
    reason: str,
) -> str:
    if one.chosen:
        return f"got the lead: {reason}"
    if not one.serves:
        where = country_code or "leads whose country is unknown"
        return f"does not serve {where}, only {', '.join(owner.territories)}"
    if one.capacity is not None and one.active >= one.capacity:
        return f"was full: {one.active:,} leads of at most {one.capacity:,}"
    if winner is not None and reason == COLLEAGUE:
        return f"was not asked: {winner.owner} has a colleague of the lead"
    if not one.at_work:
        return "was outside working hours"
    if claimed and not one.named and reason == IN_TERRITORY:
        return f"serves every country, and {country_code} is the territory of others"
    if winner is None or (one.named and reason == OUTSIDE_TERRITORY):
        return "was full by then: the leads of the same run before this one took the rest of the capacity"
    if one.pointer > winner.pointer:
        return f"was not yet their turn: {one.pointer:.2f} against {winner.pointer:.2f}"
    return "was free, and took other leads of the same run"
