import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aicmo_dagster.errors import LeadNotFoundError
from aicmo_dagster.operations import leads as operations
from aicmo_dagster.operations import reviews
from aicmo_dagster.store import database, imports
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster_tests import pipelines


@pytest.fixture
def campaign(store: object, tmp_path: Path) -> Campaign:
    return pipelines.apply(tmp_path, pipelines.config())


def bring(campaign: Campaign, folder: Path, name: str, *rows: dict[str, str]) -> int:
    """Import the rows as a file of that name; returns the import's number."""
    operations.import_file(campaign, pipelines.write_leads(folder / name, rows), lambda _: None, "tester")
    return int(database.fetch("SELECT max(id) AS id FROM source_attempts")[0]["id"])


def undo(campaign: Campaign, number: int) -> imports.Undone:
    with database.transaction() as cursor:
        return imports.undo(cursor, campaign.id, number, uuid.uuid4(), datetime.now(UTC), "tester")


def titles() -> dict[str, Any]:
    return {one["email"]: one["title"] for one in database.fetch("SELECT email, title FROM leads")}


def address(number: int) -> str:
    return pipelines.ideal(number)["Email"]


def test_an_import_taken_back_leaves_what_was_there_before(campaign: Campaign, tmp_path: Path) -> None:
    bring(campaign, tmp_path, "first.csv", pipelines.ideal(1), pipelines.ideal(2, City=""))
    before = database.fetch("SELECT email, title, city, extra, field_origins FROM leads ORDER BY id")
    second = bring(
        campaign,
        tmp_path,
        "second.csv",
        pipelines.ideal(1, Title="CFO", Country="France"),
        pipelines.ideal(2, City="Bonn"),
        pipelines.ideal(3),
    )
    assert undo(campaign, second) == imports.Undone(deleted=1, kept=0, restored=2)
    assert database.fetch("SELECT email, title, city, extra, field_origins FROM leads ORDER BY id") == before


def test_a_fact_that_was_changed_again_since_stays(campaign: Campaign, tmp_path: Path) -> None:
    bring(campaign, tmp_path, "first.csv", pipelines.ideal(1))
    second = bring(campaign, tmp_path, "second.csv", pipelines.ideal(1, Title="CFO", City="Bonn"))
    bring(campaign, tmp_path, "third.csv", pipelines.ideal(1, Title="CTO", City="Bonn"))
    undo(campaign, second)
    assert database.fetch("SELECT title, city FROM leads") == [{"title": "CTO", "city": "Berlin"}]


def test_a_lead_that_was_written_to_stays_so_that_the_ledger_knows_it(
    campaign: Campaign, tmp_path: Path
) -> None:
    number = bring(campaign, tmp_path, "first.csv", pipelines.ideal(1), pipelines.ideal(2))
    pipelines.execute(
        "INSERT INTO sends (campaign_id, lead_id, sequence, sequence_version, step, state, due_at, time_zone, "
        "sent_at, run_id) SELECT campaign_id, id, 'x', 1, 1, 'sent', now(), 'UTC', now(), run_id FROM leads "
        f"WHERE email = '{address(1)}'"
    )
    assert undo(campaign, number) == imports.Undone(deleted=1, kept=1, restored=0)
    assert list(titles()) == [address(1)]


def test_rejected_rows_of_the_import_go_with_it(campaign: Campaign, tmp_path: Path) -> None:
    nobody = dict.fromkeys(pipelines.IDEAL, "") | {"Title": "CEO"}
    number = bring(campaign, tmp_path, "first.csv", pipelines.ideal(1), nobody)
    assert database.fetch("SELECT count(*) AS n FROM rejected_rows") == [{"n": 1}]
    undo(campaign, number)
    assert database.fetch("SELECT count(*) AS n FROM rejected_rows") == [{"n": 0}]


def test_taking_back_twice_changes_nothing_more(campaign: Campaign, tmp_path: Path) -> None:
    bring(campaign, tmp_path, "first.csv", pipelines.ideal(1))
    second = bring(campaign, tmp_path, "second.csv", pipelines.ideal(1, Title="CFO"))
    undo(campaign, second)
    assert undo(campaign, second) == imports.Undone(0, 0, 0)
    assert titles() == {address(1): "CEO"}


def test_an_import_of_another_campaign_is_not_found(campaign: Campaign, tmp_path: Path) -> None:
    number = bring(campaign, tmp_path, "first.csv", pipelines.ideal(1))
    with pytest.raises(LeadNotFoundError, match="no import"), database.transaction() as cursor:
        imports.undo(cursor, campaign.id + 1, number, uuid.uuid4(), datetime.now(UTC), "tester")


def test_after_an_undo_a_fact_is_again_the_word_of_who_said_it_first(
    campaign: Campaign, tmp_path: Path
) -> None:
    bring(campaign, tmp_path, "first.csv", pipelines.ideal(1))
    bring(campaign, tmp_path, "second.csv", pipelines.ideal(1, Title="CFO"))
    third = bring(campaign, tmp_path, "third.csv", pipelines.ideal(1, Title="CTO", City="Bonn"))
    undo(campaign, third)
    with database.transaction() as cursor:
        story = operations.story(cursor, campaign, address(1))
    labels = {one["field"]: one["label"] for one in story["provenance"]}
    assert (labels["title"], labels["city"]) == ("second.csv", "first.csv")


def test_of_an_edited_lead_that_is_taken_back_nothing_is_left(campaign: Campaign, tmp_path: Path) -> None:
    number = bring(campaign, tmp_path, "first.csv", pipelines.ideal(1))
    (one,) = pipelines.values("SELECT id FROM leads")
    reviews.edit(campaign, [one], {"email": "other@example.org"}, "bob")
    assert len(database.fetch("SELECT 1 FROM leads")) == 2
    assert undo(campaign, number).deleted == 1
    assert database.fetch("SELECT 1 FROM leads") == []
