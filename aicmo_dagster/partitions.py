"""The dynamic partition `campaigns`: one key per campaign. The table `campaigns` is the truth (see `sensors`)."""

from collections.abc import Iterable

import dagster as dg

campaigns_partitions = dg.DynamicPartitionsDefinition(name="campaigns")


def missing_keys(instance: dg.DagsterInstance, keys: Iterable[str]) -> list[str]:
    """Campaign keys that Dagster does not know yet, in order. Keys are only ever added: runs refer to them."""
    known = set(instance.get_dynamic_partitions("campaigns"))
    return [key for key in keys if key not in known]
