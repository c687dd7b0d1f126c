from datetime import UTC, datetime
from pathlib import Path

import pytest

from aicmo_dagster.errors import AicmoError, LeadNotFoundError, SourceError
from aicmo_dagster.operations import outcomes
from aicmo_dagster.store import database, sends
from aicmo_dagster.store import outcomes as stored
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster_tests import outreach

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.fixture
def campaign(store: object) -> Campaign:
    return outreach.add_campaign(outreach.config(time_zone="Europe/Berlin"))


def events() -> list[tuple[int, str, datetime]]:
    found = database.fetch(
        "SELECT lead_id, kind, happened_at FROM engagement_events ORDER BY lead_id, happened_at"
    )
    return [(one["lead_id"], one["kind"], one["happened_at"]) for one in found]


def record(campaign_: Campaign, who: str, outcome: str, at: str | None = "2026-03-01") -> bool:
    with database.transaction() as cursor:
        return outcomes.record(cursor, campaign_, who, outcome, at, "tester")[2]


def import_(campaign_: Campaign, path: Path) -> outcomes.Imported:
    with database.transaction() as cursor:
        return outcomes.import_file(cursor, campaign_, path, "tester")


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("won", "converted"),
        ("Closed-Won", "converted"),
        ("customer", "converted"),
        ("Positive reply", "interested"),
        ("Demo booked", "meeting"),
        ("not interested", "lost"),
        ("lost", "lost"),
    ],
)
def test_words_of_people_are_understood(word: str, meaning: str) -> None:
    assert outcomes.outcome_of(word) == meaning


def test_a_word_that_is_no_outcome_is_refused_with_those_that_are() -> None:
    with pytest.raises(AicmoError, match="'open' is no outcome; write interested, meeting, converted, lost"):
        outcomes.outcome_of("open")


def test_a_day_counts_to_its_end_where_the_campaign_is() -> None:
    assert outcomes.moment("2026-01-31", "Europe/Berlin", NOW) == datetime(
        2026, 1, 31, 22, 59, 59, tzinfo=UTC
    )


def test_a_time_without_a_zone_is_the_campaigns() -> None:
    assert outcomes.moment("2026-01-31 10:00", "Europe/Berlin", NOW) == datetime(2026, 1, 31, 9, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-04-02", "03/04/2026", "soon", ""])
def test_a_day_to_come_or_one_that_can_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(AicmoError):
        outcomes.moment(text, "Europe/Berlin", NOW)


def test_an_outcome_is_recorded_once_with_who_said_it(campaign: Campaign) -> None:
    lead = outreach.add_lead(campaign.id, "lead@example.org")
    assert record(campaign, " Lead@Example.org ", "won") is True
    assert record(campaign, str(lead), "customer") is False
    assert [(one[0], one[1]) for one in events()] == [(lead, "converted")]
    with database.transaction() as cursor:
        (listed,) = stored.listing(cursor, campaign.id)
    assert (listed["address"], listed["outcome"], listed["recorded_by"]) == (
        "lead@example.org",
        "converted",
        "tester",
    )


def test_an_outcome_of_a_lead_that_is_not_there_is_refused(campaign: Campaign) -> None:
    with pytest.raises(LeadNotFoundError, match="aicmo leads list"):
        record(campaign, "nobody@example.org", "won")


@pytest.mark.parametrize("outcome", ["interested", "meeting", "converted", "lost"])
def test_no_mail_goes_to_a_lead_with_an_outcome(campaign: Campaign, outcome: str) -> None:
    lead = outreach.add_lead(campaign.id, "lead@example.org")
    outreach.add_send(campaign.id, lead)
    record(campaign, str(lead), outcome)
    with database.transaction() as cursor:
        assert sends.skip_stopped(cursor, campaign.id) == {outcome: 1}


def test_a_file_is_recorded_and_its_bad_rows_are_told(campaign: Campaign, tmp_path: Path) -> None:
    good = [outreach.add_lead(campaign.id, f"lead{n}@example.org") for n in range(3)]
    file = tmp_path / "crm.csv"
    file.write_text(
        "E-Mail;Deal Stage;Close Date\n"
        "LEAD0@example.org;Closed Won;2026-01-10\n"
        f"{good[1]};lost;11.01.2026\n"
        "lead2@example.org;maybe;2026-01-10\n"
        "\n"
        "nobody@example.org;won;2026-01-10\n"
        ";won;2026-01-10\n"
        "lead2@example.org;won;tomorrow\n"
        '"lead2@example.org";"positive\nreply";2026-01-12\n'
        "lead2@example.org;won\n",
        encoding="utf-8",
    )
    imported = import_(campaign, file)
    assert (imported.rows, imported.recorded, imported.known) == (8, 3, 0)
    assert [(one.line, one.field) for one in imported.bad] == [
        (4, "outcome"),
        (6, "who"),
        (7, "who"),
        (8, "date"),
        (11, "date"),
    ]
    assert "nobody@example.org" in imported.bad[1].problem
    assert [(lead, kind) for lead, kind, _ in events()] == [
        (good[0], "converted"),
        (good[1], "lost"),
        (good[2], "interested"),
    ]


def test_the_same_file_again_records_nothing(campaign: Campaign, tmp_path: Path) -> None:
    outreach.add_lead(campaign.id, "lead@example.org")
    file = tmp_path / "crm.csv"
    file.write_text("email,outcome,date\nlead@example.org,won,2026-01-10\nlead@example.org,won,2026-01-10\n")
    first, before = import_(campaign, file), events()
    again = import_(campaign, file)
    assert (first.recorded, first.known) == (1, 1)
    assert (again.recorded, again.known) == (0, 2)
    assert events() == before
    assert len(database.fetch("SELECT FROM audit_log WHERE action = 'outcome.record'")) == 1


def test_a_file_without_a_column_that_is_needed_is_refused(campaign: Campaign, tmp_path: Path) -> None:
    file = tmp_path / "crm.csv"
    file.write_text("email,outcome\nlead@example.org,won\n")
    with pytest.raises(SourceError, match=r"crm\.csv has no column for date; its columns are email, outcome"):
        import_(campaign, file)


def test_an_outcome_of_a_merged_lead_is_the_survivors(campaign: Campaign) -> None:
    survivor = outreach.add_lead(campaign.id, "lead@example.org")
    outreach.add_lead(campaign.id, "old@example.org", merged_into=survivor)
    record(campaign, "old@example.org", "won")
    assert [one[0] for one in events()] == [survivor]


def test_an_outcome_recorded_by_mistake_is_taken_back_and_both_are_kept_in_the_audit(
    campaign: Campaign,
) -> None:
    lead = outreach.add_lead(campaign.id)
    record(campaign, str(lead), "won")
    record(campaign, str(lead), "meeting")
    with database.transaction() as cursor:
        assert outcomes.withdraw(cursor, campaign, str(lead), "won", "another") == "converted"
    assert [kind for _, kind, _ in events()] == ["meeting"]
    said = database.fetch("SELECT actor, action FROM audit_log WHERE action LIKE 'outcome.%' ORDER BY id")
    assert [(one["actor"], one["action"]) for one in said] == [
        ("tester", "outcome.record"),
        ("tester", "outcome.record"),
        ("another", "outcome.withdraw"),
    ]
    with database.transaction() as cursor, pytest.raises(AicmoError, match="has no outcome converted"):
        outcomes.withdraw(cursor, campaign, str(lead), "won", "another")
