"""Why a lead is in its sequence and with its owner, and who else was considered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from aicmo_dagster.campaign.config import SIGNALS, CampaignConfig
from aicmo_dagster.operations.explanation.known import SAME, History, Recomputed, differs, plain, uncertain
from aicmo_dagster.operations.explanation.verdict import score_at
from aicmo_dagster.stages import routing
from aicmo_dagster.stages.considered import Considered, considered
from aicmo_dagster.store import explanations

_DECIDED = ("tier", "routing_score", "intent_lifted", "sequence")


@dataclass(frozen=True)
class Route:
    """A stored route. `score` is the lead's at that time, and `signals` those of strong intent that were true.

    `considered` are the campaign's owners as the run found them; it does not tell what the leads of the same run took
    before this one.
    """

    tier: str
    score: float | None
    routing_score: float
    intent_lifted: bool
    signals: tuple[str, ...]
    signals_needed: int
    lift: float
    sequence: str
    sequence_version: int
    owner: str
    owner_reason: str
    considered: tuple[Considered, ...]
    rules_version: int
    campaign_version: int
    enrolled_at: datetime
    left_at: datetime | None
    recomputed: Recomputed


def explained_route(history: History) -> Route | None:
    """The lead's route by the campaign's version that it was made with; None where it has none."""
    row = history.row("route")
    if row is None:
        return None
    config = history.config(row["campaign_version"])
    known = history.at(row["enrolled_at"])
    score = None
    signals: tuple[str, ...] = ()
    country = history.lead["country_code"]
    recomputed = Recomputed(None, "cannot be recomputed: what was known of the lead at that time is not kept")
    if len(known):
        facts = plain(known)
        score = score_at(history, row["enrolled_at"], known, config)["score"]
        signals = tuple(name for name in SIGNALS if facts[name] is True)
        country = facts["country_code"]
        recomputed = _recomputed(history, row, known.assign(score=score), config)
    load = routing.OwnerLoad(
        explanations.load_before(history.cursor, history.campaign.id, row["enrolled_at"])
    )
    own = (
        "tier", "routing_score", "intent_lifted", "sequence", "sequence_version", "owner", "owner_reason",
        "rules_version", "campaign_version", "enrolled_at", "left_at",
    )  # fmt: skip
    return Route(
        **{name: row[name] for name in own},
        score=score,
        signals=signals,
        signals_needed=config.routing.strong_intent_signals,
        lift=config.routing.intent_lift,
        considered=considered(country, config, load, row["enrolled_at"], row["owner"], row["owner_reason"]),
        recomputed=recomputed,
    )


def _recomputed(
    history: History, row: Mapping[str, Any], known: pd.DataFrame, config: CampaignConfig
) -> Recomputed:
    """Tier and sequence once more; the owner depends on the leads that were routed before in the same run."""
    if row["rules_version"] != routing.RULES_VERSION:
        return Recomputed(
            None,
            f"cannot be recomputed: it was made with version {row['rules_version']} of the rules, and this program "
            f"has version {routing.RULES_VERSION}",
        )
    leads = known.assign(
        account_id=pd.Series([pd.NA], known.index, dtype="Int64"),
        account_owner=pd.Series([None], known.index, dtype="str"),
    )
    versions = dict.fromkeys(config.routing.sequences.values(), int(row["sequence_version"]))
    again = routing.route(leads, config, versions, routing.OwnerLoad(), row["enrolled_at"]).iloc[0]
    different = [name for name in _DECIDED if again[name] != row[name]]
    if not different:
        return SAME
    return uncertain(different) if history.scored_since(row["enrolled_at"]) else differs(different)
