"""The person: whether it is the one to talk to, and can be reached."""

from aicmo_dagster.stages.model import Dimension

DIMENSIONS: tuple[Dimension, ...] = ()
