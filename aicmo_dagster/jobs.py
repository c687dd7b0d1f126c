"""The jobs: the whole pipeline, and each stage alone."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

STAGES = {
    "harvest": "raw_leads",
    "enrich": "enriched_leads",
    "score": "scored_leads",
    "qualify": "qualified_leads",
    "route": "routed_leads",
    "nurture": "nurture_sends",
}
"""Stage -> its asset, in the order of the pipeline."""

PIPELINE = "lead_pipeline"


def _job(name: str, assets: list[str], description: str) -> UnresolvedAssetJobDefinition:
    selection = dg.AssetSelection.assets(*assets)
    # The steps depend on each other, so a run is one process: 2.5 s of CPU against 20 s with one per step.
    return dg.define_asset_job(name, selection, description=description, executor_def=dg.in_process_executor)


lead_pipeline = _job(
    PIPELINE,
    [*STAGES.values(), "engagement_events"],
    "All stages of one campaign, in order, and what came back.",
)
stage_jobs = [_job(stage, [asset], f"Only {asset} of one campaign.") for stage, asset in STAGES.items()]
nurture = stage_jobs[-1]
answers = _job(
    "answers",
    list(STAGES.values())[1:],
    "What vendors have answered since, and every stage behind it, of one campaign.",
)
engage = _job("engage", ["engagement_events"], "What came back of one campaign's mails, read and counted.")
train = _job(
    "train", ["conversion_model"], "The predictive model of one campaign, from the outcomes known by now."
)
crm = _job(
    "crm",
    ["hubspot_contacts", "salesforce_leads"],
    "What changed in one campaign's leads, pushed to its CRMs.",
)
ASSETS_OF: dict[str, list[str]] = {
    PIPELINE: [*STAGES.values(), "engagement_events"],
    **{stage: [asset] for stage, asset in STAGES.items()},
    "answers": list(STAGES.values())[1:],
    "engage": ["engagement_events"],
    "train": ["conversion_model"],
    "crm": ["hubspot_contacts", "salesforce_leads"],
}
"""Job -> the assets it makes, in order."""

SCHEDULABLE = tuple(ASSETS_OF)
"""Jobs that may be asked for, and given a schedule, for a campaign."""

all_jobs = [lead_pipeline, *stage_jobs, answers, engage, train, crm]
