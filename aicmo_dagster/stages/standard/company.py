"""Company fit: how well the company is what the campaign asks for."""

from aicmo_dagster.stages.model import Dimension

DIMENSIONS: tuple[Dimension, ...] = ()
