"""`python -m aicmo_dagster.cli`: the same as `aicmo`."""

from aicmo_dagster.cli import main

main()
