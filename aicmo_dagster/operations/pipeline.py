"""Run Dagster's jobs from here: in this process for the command line, by request for everything else."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aicmo_dagster.errors import AicmoError, ConfigurationError
from aicmo_dagster.store import campaigns, database

if TYPE_CHECKING:
    import dagster as dg


def project_folder() -> Path:
    """The folder with `dagster.yaml`: $DAGSTER_HOME or the current one. Raises ConfigurationError without."""
    folder = Path(os.environ.get("DAGSTER_HOME") or ".").resolve()
    if not (folder / "dagster.yaml").is_file():
        raise ConfigurationError(
            f"there is no dagster.yaml in {folder}; go to the project's folder, or name it in DAGSTER_HOME"
        )
    return folder


@contextmanager
def instance() -> Iterator["dg.DagsterInstance"]:
    """Dagster's instance, as the project's `dagster.yaml` describes it."""
    import dagster as dg

    folder = project_folder()
    with dg.DagsterInstance.from_config(str(folder)) as opened:
        yield opened


def register_partitions(opened: "dg.DagsterInstance", keys: Iterable[str]) -> None:
    """Make campaigns known to Dagster at once, not only when the sensor comes by."""
    from aicmo_dagster.partitions import campaigns_partitions, missing_keys

    missing = missing_keys(opened, keys)
    if missing and campaigns_partitions.name:
        opened.add_dynamic_partitions(campaigns_partitions.name, missing)


def execute(
    key: str,
    job: str,
    listener: Callable[[str, int], None] | None = None,
    tell: Callable[[str], None] | None = None,
) -> str:
    """Run a job for a campaign in this process; returns Dagster's run id.

    `listener` is told (asset, leads) of each chunk, `tell` in the end what sources and vendors had
    to say. Raises AicmoError with the run's own sentence when it fails, and before any run when the campaign is
    unknown or not active.
    """
    with database.transaction() as cursor:
        campaigns.runnable(cursor, key)

    from dagster._core.errors import DagsterExecutionInterruptedError

    from aicmo_dagster import assets
    from aicmo_dagster.definitions import defs

    with instance() as opened:
        register_partitions(opened, [key])
        token = assets.listener.set(listener)
        try:
            result = defs.resolve_job_def(job).execute_in_process(
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                instance=opened,
                partition_key=key,
                raise_on_error=False,
            )
        except DagsterExecutionInterruptedError:
            raise KeyboardInterrupt from None
        finally:
            assets.listener.reset(token)
        if not result.success:
            raise AicmoError(why(result.all_events) or f"run {result.run_id} failed; see the Dagster UI")
        if tell is not None:
            for note in _notes(result.all_events):
                tell(note)
        return result.run_id


def _notes(events: Iterable["dg.DagsterEvent"]) -> Iterator[str]:
    """What a person would want to know of sources and vendors although the run went well."""
    for event in events:
        if event.event_type_value != "ASSET_MATERIALIZATION":
            continue
        metadata = event.step_materialization_data.materialization.metadata
        for name, who in (("sources", "{source} {label}"), ("vendors", "{vendor}, {purpose}")):
            for record in getattr(metadata.get(name), "records", ()):
                said = (record.data.get("error"), record.data.get("notes"))
                yield from (f"{who.format(**record.data)}: {one}" for one in said if one)


def why(events: Iterable["dg.DagsterEvent"]) -> str | None:
    """The sentence of the first step that failed; behind "exceeded max_retries" is what it failed of."""
    blocked = None
    for event in events:
        if event.event_type_value == "ASSET_CHECK_EVALUATION":
            found = event.asset_check_evaluation_data
            if not found.passed:
                blocked = f"{event.step_key} failed its check {found.check_name}: {found.description}"
        elif event.is_step_failure:
            failure = event.step_failure_data
            if failure.user_failure_data and failure.user_failure_data.description:
                return failure.user_failure_data.description
            if blocked is not None:
                return blocked
            error = failure.error
            if error and error.cls_name == "DagsterExecutionInterruptedError":
                return "the run was interrupted; the next one goes on from there"
            while error and error.cause:
                error = error.cause
            if error:
                return error.message.strip().removeprefix("dagster._core.definitions.events.Failure: ")
    return None
