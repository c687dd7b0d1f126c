import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.errors import LeadNotFoundError
from aicmo_dagster.store import database, leads
from aicmo_dagster_tests.outreach import add_campaign, add_lead


@pytest.mark.parametrize("who", [" Jane.Doe+list@GoogleMail.com ", "janedoe@gmail.com", "{id}"])
def test_a_lead_is_found_by_its_number_and_by_every_spelling_of_its_address(store: URL, who: str) -> None:
    campaign = add_campaign()
    lead = add_lead(campaign.id, "jane.doe@gmail.com", identity="janedoe@gmail.com")
    with database.transaction() as cursor:
        assert leads.find(cursor, campaign.id, who.format(id=lead)) == lead
        with pytest.raises(LeadNotFoundError, match="no lead"):
            leads.find(cursor, campaign.id, "jane@gmail.com")
