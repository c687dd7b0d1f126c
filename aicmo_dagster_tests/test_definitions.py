import dagster as dg

from aicmo_dagster.definitions import defs

STAGES = [
    "raw_leads",
    "enriched_leads",
    "scored_leads",
    "qualified_leads",
    "routed_leads",
    "nurture_sends",
    "engagement_events",
]


def test_the_definitions_load_and_validate() -> None:
    dg.Definitions.validate_loadable(defs)


def test_the_assets_are_the_stages_in_their_order() -> None:
    graph = defs.resolve_asset_graph()
    order = [key.to_user_string() for keys in graph.toposorted_asset_keys_by_level for key in keys]
    beside = ("conversion_model", "hubspot_contacts", "salesforce_leads")
    assert [name for name in order if name not in beside] == STAGES


def test_there_is_a_job_for_the_pipeline_and_one_for_each_stage() -> None:
    jobs = {job.name: sorted(job.graph.node_dict) for job in defs.resolve_all_job_defs()}
    jobs.pop("__ASSET_JOB", None)
    assert jobs == {
        "lead_pipeline": sorted(STAGES),
        "answers": sorted(STAGES[1:-1]),
        "harvest": ["raw_leads"],
        "enrich": ["enriched_leads"],
        "score": ["scored_leads"],
        "qualify": ["qualified_leads"],
        "route": ["routed_leads"],
        "nurture": ["nurture_sends"],
        "engage": ["engagement_events"],
        "train": ["conversion_model"],
        "crm": ["hubspot_contacts", "salesforce_leads"],
        "mailboxes": ["read_mailboxes"],
        "retention": ["forget_old_messages", "forget_old_runs"],
        "webhooks": ["deliver_webhooks"],
    }


def test_schedules_and_sensors_run_without_being_switched_on() -> None:
    schedules = {one.name: one.default_status for one in defs.schedules or []}
    sensors = {one.name: one.default_status for one in defs.sensors or []}
    assert schedules == dict.fromkeys(
        [
            "daily_pipeline",
            "due_mails",
            "daily_retention",
            "weekly_training",
            "mailbox_readings",
            "crm_changes",
        ],
        dg.DefaultScheduleStatus.RUNNING,
    )
    assert sensors == dict.fromkeys(
        ["campaign_partitions", "run_requests", "vendor_answers", "due_webhooks", "failed_runs"],
        dg.DefaultSensorStatus.RUNNING,
    )
