"""A lead-acquisition pipeline on Dagster: harvest, score, qualify, route, nurture."""

__version__ = "0.1.0"
