"""Frames of leads as the stage functions take them, from the few fields that a test is about."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.lead import SCORING_COLUMNS

AS_OF = datetime(2026, 6, 1, 12, tzinfo=UTC)


def lead_frame(*leads: dict[str, Any]) -> pd.DataFrame:
    """One row per dict with `lead_id` 1, 2, ... and all `SCORING_COLUMNS`; what is not given is NA.

    `as_of` is `AS_OF` where it is not given.
    """
    columns: dict[str, Any] = {"lead_id": range(1, len(leads) + 1)}
    for name, dtype in SCORING_COLUMNS.items():
        default = AS_OF if name == "as_of" else None
        columns[name] = pd.Series([lead.get(name, default) for lead in leads], dtype="object").astype(dtype)  # type: ignore[call-overload]
    unknown = {name for lead in leads for name in lead} - set(columns)
    assert not unknown, unknown
    return pd.DataFrame(columns)


def campaign(**sections: Any) -> CampaignConfig:
    """A campaign that asks for software companies unless `icp` says otherwise."""
    document = {
        "key": "test",
        "name": "Test",
        "sources": [{"type": "manual"}],
        "icp": {"industries": ["Software"]},
        **sections,
    }
    return CampaignConfig.model_validate(document)
