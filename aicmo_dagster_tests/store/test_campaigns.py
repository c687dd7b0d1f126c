from pathlib import Path

import pytest

from aicmo_dagster.campaign.config import State
from aicmo_dagster.errors import AicmoError, CampaignNotFoundError, CampaignNotRunnableError
from aicmo_dagster.store import campaigns, database
from aicmo_dagster.store.campaigns import Campaign, Outcome
from aicmo_dagster_tests import outreach, pipelines

pytestmark = pytest.mark.usefixtures("store")


def apply(folder: Path = Path(), **changes: object) -> tuple[Campaign, Outcome]:
    with database.transaction() as cursor:
        return campaigns.apply(cursor, outreach.config(**changes), folder, "tester")


def test_a_campaign_comes_back_as_it_was_applied(tmp_path: Path) -> None:
    campaign, outcome = apply(tmp_path, name="Everyone")
    assert outcome == "created"
    assert (campaign.version, campaign.state, campaign.base_folder) == (1, "active", tmp_path)
    assert campaign.config == outreach.config(name="Everyone")


def test_the_same_document_again_changes_nothing() -> None:
    apply()
    before = pipelines.row_versions()
    assert apply()[1] == "unchanged"
    after = pipelines.row_versions()
    # The row was locked, not written: its content and version stay.
    assert {table for table in after if before[table] != after[table]} == set()


def test_sequences_that_came_anew_with_the_program_are_stored_with_the_same_document() -> None:
    campaign, _ = apply()
    with database.transaction() as cursor:
        cursor.execute(
            "UPDATE sequences SET content = jsonb_set(content, '{steps,0,text}', '\"As it was.\"') "
            "WHERE name = 'aggressive_close'"
        )
    assert apply()[1] == "unchanged"
    with database.transaction() as cursor:
        found = campaigns.sequence_versions(cursor, campaign.id)
    assert found["aggressive_close", 1].steps[0].text == "As it was."
    assert found["aggressive_close", 2].steps[0].text != "As it was."


def test_every_change_is_a_new_version_and_the_old_ones_are_kept() -> None:
    apply()
    campaign, outcome = apply(max_leads=7)
    assert (campaign.version, outcome, campaign.config.max_leads) == (2, "changed", 7)
    versions = database.fetch(
        "SELECT version, config ->> 'max_leads' AS leads, created_by FROM campaign_versions ORDER BY 1"
    )
    assert [tuple(row.values()) for row in versions] == [(1, "100", "tester"), (2, "7", "tester")]
    assert pipelines.values("SELECT action FROM audit_log ORDER BY id") == [
        "campaign.create",
        "campaign.change",
    ]


def test_another_folder_is_a_change_because_paths_start_there(tmp_path: Path) -> None:
    apply(tmp_path)
    assert apply(tmp_path.parent)[1] == "changed"


def test_a_sequence_gets_a_version_only_when_its_content_changes() -> None:
    campaign, _ = apply()
    apply(max_leads=7)
    steps = [{"day": 0, "subject": "Hello", "text": "Hello"}]
    apply(sequences={"aggressive_close": {"days": 7, "steps": steps}})
    with database.transaction() as cursor:
        found = campaigns.sequence_versions(cursor, campaign.id)
    names = sorted(found)
    assert ("aggressive_close", 2) in names
    assert [version for name, version in names if name != "aggressive_close"] == [1, 1, 1]
    assert len(found["aggressive_close", 1].steps) == 3
    assert len(found["aggressive_close", 2].steps) == 1


def test_an_unknown_campaign_is_answered_with_the_nearest_or_with_all() -> None:
    with database.transaction() as cursor:
        with pytest.raises(CampaignNotFoundError, match="there is none yet; apply one with"):
            campaigns.get(cursor, "test")
        campaigns.apply(cursor, outreach.config(), Path(), "tester")
        with pytest.raises(CampaignNotFoundError, match="did you mean 'test'"):
            campaigns.get(cursor, "tset")
        with pytest.raises(CampaignNotFoundError, match="there are: test"):
            campaigns.get(cursor, "completely-different")


@pytest.mark.parametrize("state", ["paused", "completed", "archived"])
def test_only_an_active_campaign_may_run(state: State) -> None:
    apply()
    with database.transaction() as cursor:
        campaigns.set_state(cursor, "test", state, "tester")
        with pytest.raises(CampaignNotRunnableError, match=f"is {state}.*aicmo campaigns resume test"):
            campaigns.runnable(cursor, "test")
        campaigns.set_state(cursor, "test", "active", "tester")
        assert campaigns.runnable(cursor, "test").state == "active"


def test_a_state_that_does_not_lead_there_is_refused_with_those_that_do() -> None:
    apply()
    with database.transaction() as cursor:
        campaigns.set_state(cursor, "test", "archived", "tester")
        with pytest.raises(AicmoError, match="is archived; from there it can become: active"):
            campaigns.set_state(cursor, "test", "paused", "tester")


def test_a_change_of_state_is_in_the_audit_log_and_the_same_state_again_is_not() -> None:
    apply()
    with database.transaction() as cursor:
        for _ in range(2):
            campaigns.set_state(cursor, "test", "paused", "tester")
    (entry,) = database.fetch("SELECT actor, before, after FROM audit_log WHERE action = 'campaign.state'")
    assert entry == {"actor": "tester", "before": {"state": "active"}, "after": {"state": "paused"}}


def test_campaigns_are_listed_by_key_and_by_state() -> None:
    for key in ("b", "a", "c"):
        apply(key=key)
    with database.transaction() as cursor:
        campaigns.set_state(cursor, "b", "paused", "tester")
        assert [one.key for one in campaigns.listing(cursor)] == ["a", "b", "c"]
        assert [one.key for one in campaigns.listing(cursor, "active")] == ["a", "c"]
