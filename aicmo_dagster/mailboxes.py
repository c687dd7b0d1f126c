"""The mailboxes are read every few minutes, whatever else runs: what comes back has to stop mails at once.

A mailbox may serve several campaigns, and a campaign has one run at a time, so this is a job of its own and no
partition's.
"""

from collections.abc import Iterator

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from aicmo_dagster.flow import mailboxes as flow
from aicmo_dagster.privacy import without_addresses
from aicmo_dagster.store import database


@dg.op
def read_mailboxes(context: dg.OpExecutionContext) -> None:
    """Take what is new in the mailboxes of all campaigns, and do what follows from it."""
    reading = flow.read_all()
    context.add_output_metadata(
        {
            "messages": reading.messages,
            **dict(reading.kinds),
            "uncertain_mails_settled": reading.settled,
            "messages_with_faults": len(reading.faults),
            "mailboxes_read_elsewhere": len(reading.busy),
        }
    )
    for fault in reading.faults:
        context.log.warning(without_addresses(fault))
    if reading.problems:
        raise dg.Failure(without_addresses("; ".join(reading.problems)), allow_retries=False)


@dg.job(executor_def=dg.in_process_executor)
def mailboxes() -> None:
    """Read the mailboxes of all campaigns."""
    read_mailboxes()


@dg.schedule(
    job=mailboxes,
    cron_schedule="*/3 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def mailbox_readings(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Every few minutes, where there is a mailbox to read, unless the reading before still goes on."""
    with database.transaction() as cursor:
        any_to_read = flow.any_to_read(cursor)
    if not any_to_read:
        yield dg.SkipReason("no live campaign has a mailbox to read (sending.senders: imap)")
        return
    unfinished = dg.RunsFilter(job_name=mailboxes.name, statuses=NOT_FINISHED_STATUSES)
    if context.instance.get_run_ids(unfinished, limit=1):
        yield dg.SkipReason("the reading before is not finished")
        return
    yield dg.RunRequest(run_key=f"mailboxes:{context.scheduled_execution_time:%Y-%m-%dT%H:%M}")
