"""Intent: whether the company or the person has a reason to buy now."""

from aicmo_dagster.stages.model import Dimension

DIMENSIONS: tuple[Dimension, ...] = ()
