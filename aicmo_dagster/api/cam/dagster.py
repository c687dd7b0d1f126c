"""Dagster's instance, opened once for all requests, and where its pages are."""

import os
import threading
from functools import cache

import dagster as dg

from aicmo_dagster.operations import pipeline

UI_URL = "AICMO_DAGSTER_URL"
_DEFAULT_UI = "http://localhost:3000"
_opening = threading.Lock()


def instance() -> dg.DagsterInstance:
    """The instance that `dagster.yaml` of the project describes. Raises ConfigurationError without such a file."""
    with _opening:
        return _opened(str(pipeline.project_folder()))


@cache
def _opened(folder: str) -> dg.DagsterInstance:
    return dg.DagsterInstance.from_config(folder)


def ui_url() -> str:
    """Where people see Dagster's pages: `AICMO_DAGSTER_URL`, or where `aicmo up` serves them by itself."""
    return (os.environ.get(UI_URL) or _DEFAULT_UI).rstrip("/")
