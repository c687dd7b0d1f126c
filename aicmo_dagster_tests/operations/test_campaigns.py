import pytest

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.operations.campaigns import check
from aicmo_dagster_tests.stages.lead_frames import campaign


def test_a_campaign_that_can_run_is_accepted() -> None:
    check(campaign(), "eu.yaml")


def test_an_unknown_industry_is_refused_before_a_run() -> None:
    config = campaign(icp={"industries": ["Sofwtare"]}, scoring={"model": "standard"})
    with pytest.raises(
        ConfigurationError, match=r"^eu\.yaml: campaign 'test': icp\.industries: unknown industry"
    ):
        check(config, "eu.yaml")
