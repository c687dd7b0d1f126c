"""Why a lead may be written to or not: every rule, and what people decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.operations.explanation.known import SAME, History, Recomputed, differs, plain, uncertain
from aicmo_dagster.operations.explanation.score import completed
from aicmo_dagster.stages import qualification, scoring
from aicmo_dagster.stages.evidence import evidence
from aicmo_dagster.stages.qualification import RULES, Severity

_DECIDED = ("approved", "rejected_by_reviewer")


@dataclass(frozen=True)
class RuleLooked:
    """A rule and what it said: `passed` is None where the rules of that version did not have it.

    `sentence` is what is wrong with a lead that fails it, `evidence` what the rule saw of this one.
    """

    code: str
    severity: Severity
    passed: bool | None
    sentence: str
    evidence: str


@dataclass(frozen=True)
class Review:
    """What a person decided, and whether on the facts that the lead has now."""

    decision: str
    reason: str | None
    reviewer: str
    at: datetime
    until: datetime | None
    lead_revision: int
    on_present_facts: bool


@dataclass(frozen=True)
class Verdict:
    """A stored verdict: `sentence` is its reason in words. The first failed rule is the reason, unless a person was."""

    verdict: str
    reason: str
    sentence: str
    intent: float
    rules: tuple[RuleLooked, ...]
    reviews: tuple[Review, ...]
    rules_version: int
    campaign_version: int
    lead_revision: int | None
    facts_changed: bool
    judged_at: datetime
    since: datetime
    recomputed: Recomputed


def explained_verdict(history: History) -> Verdict | None:
    """The lead's verdict by the campaign's version that it was made with; None where it has none."""
    row = history.row("verdict")
    if row is None:
        return None
    config = history.config(row["campaign_version"])
    known = history.at(row["judged_at"], row["lead_revision"])
    facts: dict[str, Any] = {"intent": row["intent"]}
    recomputed = Recomputed(None, "cannot be recomputed: what was known of the lead at that time is not kept")
    if len(known):
        icp_fit = score_at(history, row["judged_at"], known, config)["icp_fit"]
        facts |= {**plain(known), "icp_fit": icp_fit, "lawful_basis": history.lead["lawful_basis"]}
        recomputed = _recomputed(history, row, known.assign(icp_fit=icp_fit), config)
    own = (
        "verdict", "reason", "intent", "rules_version", "campaign_version", "lead_revision", "judged_at", "since",
    )  # fmt: skip
    return Verdict(
        **{name: row[name] for name in own},
        sentence=qualification.describe(row["reason"], config, facts),
        rules=tuple(
            RuleLooked(
                code=rule.code,
                severity=rule.severity_in(config),
                passed=None if rule.since > row["rules_version"] else rule.code not in row["failed"],
                sentence=qualification.describe(rule.code, config, facts),
                evidence=evidence(rule.code, facts, config) if len(known) else "",
            )
            for rule in RULES
        ),
        reviews=_reviews(history),
        facts_changed=row["lead_revision"] not in (None, history.lead["revision"]),
        recomputed=recomputed,
    )


def score_at(
    history: History, moment: datetime, known: pd.DataFrame, config: CampaignConfig
) -> Mapping[str, float]:
    """`icp_fit` and `score` that a decision at `moment` was made on.

    That is the stored score; where the lead was scored anew since, it is computed once more as it was then.
    """
    row = history.row("score")
    if row is None:
        return {"icp_fit": float("nan"), "score": float("nan")}
    if not history.scored_since(moment):
        return row
    model = scoring.MODELS[config.scoring.model]
    predictor = history.predictor(row["conversion_model"])
    again = scoring.score(completed(history, known, config, model, predictor), config, model).iloc[0]
    return {"icp_fit": float(again["icp_fit"]), "score": float(again["score"])}


def _reviews(history: History) -> tuple[Review, ...]:
    return tuple(
        Review(
            decision=one["decision"],
            reason=one["reason"],
            reviewer=one["reviewer"],
            at=one["created_at"],
            until=one["until"],
            lead_revision=one["lead_revision"],
            on_present_facts=one["lead_revision"] == history.lead["revision"],
        )
        for one in history.parts["reviews"]
    )


def _recomputed(
    history: History, row: Mapping[str, Any], known: pd.DataFrame, config: CampaignConfig
) -> Recomputed:
    version = row["rules_version"]
    if not qualification.OLDEST_VERSION <= version <= qualification.RULES_VERSION:
        return Recomputed(
            None,
            f"cannot be recomputed: it was made with version {version} of the rules, and this program has versions "
            f"{qualification.OLDEST_VERSION} to {qualification.RULES_VERSION}; the next run judges the lead anew",
        )
    # A run may have read a decision that was made just after the moment that it stamps on its verdicts.
    counts = [
        one["decision"]
        for one in history.parts["reviews"]
        if one["decision"] != "snooze"
        and one["lead_revision"] == int(known["revision"].iloc[0])
        and (one["created_at"] <= row["judged_at"] or row["reason"] in _DECIDED)
    ]
    judged = known.assign(
        lawful_basis=pd.Series([history.lead["lawful_basis"]], known.index, dtype="str"),
        decision=pd.Series([counts[-1] if counts else None], known.index, dtype="str"),
        suppressed=False,
        takes_mail=pd.Series([pd.NA], known.index, dtype="boolean"),
    )
    again = qualification.recompute(judged, config, row["failed"], version).iloc[0]
    codes = ",".join(row["failed"])
    different = [name for name in ("verdict", "reason") if again[name] != row[name]]
    different += ["failed rules"] if again["failed"] != f"{{{codes}}}" else []
    different += ["intent"] if abs(again["intent"] - row["intent"]) > 10**-qualification.DECIMALS else []
    if not different:
        return SAME
    return uncertain(different) if history.scored_since(row["judged_at"]) else differs(different)
