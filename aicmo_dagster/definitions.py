"""Everything Dagster loads, wired in one place."""

import dagster as dg

from aicmo_dagster.assets import all_assets
from aicmo_dagster.jobs import all_jobs
from aicmo_dagster.mailboxes import mailbox_readings, mailboxes
from aicmo_dagster.retention import daily_retention, retention
from aicmo_dagster.schedules import crm_changes, daily_pipeline, due_mails, weekly_training
from aicmo_dagster.sensors import campaign_partitions, run_requests, vendor_answers
from aicmo_dagster.webhooks import due_webhooks, failed_runs, webhooks

defs = dg.Definitions(
    assets=all_assets,
    jobs=[*all_jobs, mailboxes, retention, webhooks],
    schedules=[daily_pipeline, due_mails, daily_retention, weekly_training, mailbox_readings, crm_changes],
    sensors=[campaign_partitions, run_requests, vendor_answers, due_webhooks, failed_runs],
    executor=dg.in_process_executor,
)
