"""Data quality: how far what is known of the lead can be relied on."""

from aicmo_dagster.stages.model import Dimension

DIMENSIONS: tuple[Dimension, ...] = ()
