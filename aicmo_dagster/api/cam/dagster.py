"""Dagster's instance, opened once for all requests."""

import threading
from functools import cache

import dagster as dg

from aicmo_dagster.operations import pipeline

_opening = threading.Lock()


def instance() -> dg.DagsterInstance:
    """The instance that `dagster.yaml` of the project describes. Raises ConfigurationError without such a file."""
    with _opening:
        return _opened(str(pipeline.project_folder()))


@cache
def _opened(folder: str) -> dg.DagsterInstance:
    return dg.DagsterInstance.from_config(folder)
