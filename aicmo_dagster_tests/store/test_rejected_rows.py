from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.sources.source import rejected_frame
from aicmo_dagster.store import database, rejected_rows
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.leads import Origin
from aicmo_dagster_tests.outreach import add_campaign

ROWS = [(3, "city", "is wrong.", "x,y"), (2, None, "is short.", "x")]


@pytest.fixture
def campaign(store: URL) -> Campaign:
    return add_campaign()


def origin(campaign: Campaign, label: str = "a.csv") -> Origin:
    basis = campaign.config.sources[0].lawful_basis
    return Origin(campaign.id, "csv", label, uuid4(), datetime.now(UTC), basis, campaign.config.matching)


def test_a_row_is_kept_once_with_its_header_and_cells(campaign: Campaign) -> None:
    frame = rejected_frame(ROWS, ['{"email": "x", "city": "y"}', None])
    with database.transaction() as cursor:
        kept = [rejected_rows.keep(cursor, frame, origin(campaign), ("email", "city")) for _ in range(2)]
        short, wrong = rejected_rows.listing(cursor, campaign.id)
    assert kept == [2, 0]
    assert (wrong["line"], wrong["field"], wrong["header"]) == (3, "city", ["email", "city"])
    assert wrong["cells"] == {"email": "x", "city": "y"}
    assert (short["line"], short["field"], short["cells"]) == (2, None, None)


def test_rows_of_a_file_are_listed_by_line(campaign: Campaign) -> None:
    with database.transaction() as cursor:
        for label in ("b.csv", "a.csv"):
            rejected_rows.keep(cursor, rejected_frame(ROWS), origin(campaign, label))
        listed = rejected_rows.listing(cursor, campaign.id, 3)
        of_one = rejected_rows.listing(cursor, campaign.id, label="b.csv")
    assert [(row["file"], row["line"]) for row in listed] == [("a.csv", 2), ("a.csv", 3), ("b.csv", 2)]
    assert [row["file"] for row in of_one] == ["b.csv", "b.csv"]


def test_a_settled_row_is_open_again_when_its_run_is_undone(campaign: Campaign) -> None:
    back = origin(campaign)
    with database.transaction() as cursor:
        rejected_rows.keep(cursor, rejected_frame(ROWS), origin(campaign))
        ids = [row["id"] for row in rejected_rows.listing(cursor, campaign.id)]
        rejected_rows.settle(cursor, ids[:1], back)
        assert [row["id"] for row in rejected_rows.listing(cursor, campaign.id)] == ids[1:]
        rejected_rows.reopen(cursor, campaign.id, back.run_id)
        assert [row["id"] for row in rejected_rows.listing(cursor, campaign.id)] == ids
