import pytest

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.operations.strangers import check_ours, refuse
from aicmo_dagster_tests.stages.lead_frames import campaign


def hubspot(**account: str) -> CampaignConfig:
    return campaign(crm={"hubspot": account})


def test_a_variable_of_the_machine_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"crm\.hubspot\.token_env: .*AICMO_DATABASE_URL"):
        refuse(hubspot(token_env="AICMO_DATABASE_URL"), None)


def test_a_vendors_own_variable_goes_to_the_vendor() -> None:
    refuse(hubspot(), None)


def test_a_vendors_own_variable_goes_nowhere_else() -> None:
    with pytest.raises(ConfigurationError, match="AICMO_HUBSPOT_TOKEN"):
        refuse(hubspot(base_url="https://example.com"), None)


def test_a_variable_meant_for_documents_goes_where_they_say() -> None:
    refuse(hubspot(token_env="AICMO_SECRET_HUBSPOT", base_url="https://example.com"), None)


def test_what_the_stored_campaign_names_may_stay() -> None:
    kept = hubspot(token_env="OUR_TOKEN", base_url="https://example.com")
    refuse(kept, kept)


def test_what_the_stored_campaign_names_may_not_go_elsewhere() -> None:
    kept = hubspot(token_env="OUR_TOKEN", base_url="https://example.com")
    with pytest.raises(ConfigurationError, match="OUR_TOKEN"):
        refuse(hubspot(token_env="OUR_TOKEN", base_url="https://example.net"), kept)


@pytest.mark.parametrize("host", ["169.254.169.254", "127.0.0.1", "localhost", "[::1]", "0x7f000001"])
def test_a_private_address_is_refused(host: str) -> None:
    with pytest.raises(ConfigurationError, match=r"crm\.hubspot\.base_url: .*private address"):
        refuse(hubspot(base_url=f"https://{host}", token_env="AICMO_SECRET_A"), None)


def test_a_secret_header_of_an_http_source_is_refused() -> None:
    request = {"url": "https://example.com/leads", "secret_headers": {"X-Key": "AWS_SECRET_ACCESS_KEY"}}
    config = campaign(sources=[{"type": "http", "name": "crm", "request": request, "records": "leads"}])
    with pytest.raises(ConfigurationError, match=r"sources\[1\].*AWS_SECRET_ACCESS_KEY"):
        refuse(config, None)


def test_a_secret_of_the_machine_is_refused_from_anybody() -> None:
    with pytest.raises(ConfigurationError, match=r"crm\.hubspot\.token_env: AICMO_DATABASE_URL"):
        check_ours(hubspot(token_env="AICMO_DATABASE_URL"))
