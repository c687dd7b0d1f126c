import threading
from datetime import UTC, datetime
from uuid import uuid4

import pandas as pd
import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.campaign.config import Matching
from aicmo_dagster.errors import ConflictError, LeadNotFoundError
from aicmo_dagster.stages.harvest import clean
from aicmo_dagster.store import bulk, database, leads
from aicmo_dagster_tests.outreach import NOW, add_campaign, add_lead, add_send


@pytest.mark.parametrize("who", [" Jane.Doe+list@GoogleMail.com ", "janedoe@gmail.com", "{id}"])
def test_a_lead_is_found_by_its_number_and_by_every_spelling_of_its_address(store: URL, who: str) -> None:
    campaign = add_campaign()
    lead = add_lead(campaign.id, "jane.doe@gmail.com", identity="janedoe@gmail.com")
    with database.transaction() as cursor:
        assert leads.find(cursor, campaign.id, who.format(id=lead)) == lead
        with pytest.raises(LeadNotFoundError, match="no lead"):
            leads.find(cursor, campaign.id, "jane@gmail.com")


def test_an_import_behind_a_small_one_looks_each_lead_up_by_its_identity(store: URL) -> None:
    """What it costs to read the whole campaign for each lead is seen in the plan, without a stopwatch."""
    origin = leads.Origin(
        add_campaign().id,
        "csv",
        "a.csv",
        uuid4(),
        datetime(2026, 3, 2, tzinfo=UTC),
        "legitimate_interests",
        Matching(),
    )
    with database.transaction() as cursor:
        for first, past in [(0, 1), (1, 5_000)]:
            leads.merge(cursor, _people(first, past), origin, 10_000)
        with bulk.probing(cursor):
            cursor.execute(
                f"EXPLAIN {leads._INSERT.insert_statement()}".encode(),
                {**origin.parameters(), "most": 10_000},
            )
            plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Cond: ((identity = i.identity)" in plan
    assert "Materialize" not in plan


def _people(first: int, past: int) -> pd.DataFrame:
    numbers = range(first, past)
    frame = pd.DataFrame({"email": [f"p{number}@example.com" for number in numbers]}, dtype="str")
    frame.insert(0, "line", pd.Series(numbers, dtype="int64"))
    return clean(frame).leads


def test_a_lead_whose_mail_begins_while_it_is_deleted_stays(store: URL) -> None:
    """Who is sent to has the mail's row; a deletion that comes meanwhile waits for it, and looks again."""
    campaign = add_campaign()
    lead = add_lead(campaign.id, "ann@example.org")
    send = add_send(campaign.id, lead)
    refused: list[ConflictError] = []

    def delete() -> None:
        with database.transaction() as cursor:
            try:
                leads.delete(cursor, lead)
            except ConflictError as error:
                refused.append(error)

    deleting = threading.Thread(target=delete)
    with database.transaction() as cursor:
        cursor.execute("UPDATE sends SET state = 'sending', started_at = %s WHERE id = %s", [NOW, send])
        deleting.start()
        deleting.join(0.5)
        assert deleting.is_alive()
    deleting.join(20)
    assert len(refused) == 1
    assert database.fetch("SELECT id FROM leads") == [{"id": lead}]
