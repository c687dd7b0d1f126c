"""The scoring model `standard`: five groups of dimensions, and the room of each."""

from aicmo_dagster.stages.model import Model
from aicmo_dagster.stages.standard import company, engagement, intent, person, quality

STANDARD = Model(
    name="standard",
    version=1,
    groups={
        "company_fit": 0.40,
        "person": 0.25,
        "intent": 0.20,
        "engagement": 0.05,
        "data_quality": 0.10,
    },
    fit=frozenset({"company_fit"}),
    dimensions=(
        *company.DIMENSIONS,
        *person.DIMENSIONS,
        *intent.DIMENSIONS,
        *engagement.DIMENSIONS,
        *quality.DIMENSIONS,
    ),
)
"""Weights: what the company and the person are counts most, because it is known of most; what they did in answer to
mails counts little in the whole, because at first it is known of nobody.
"""
