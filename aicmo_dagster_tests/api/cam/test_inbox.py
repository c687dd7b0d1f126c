from pathlib import Path

import pytest

from aicmo_dagster.store import database
from aicmo_dagster_tests import outreach
from aicmo_dagster_tests.api.cam.conftest import Client, Clients
from aicmo_dagster_tests.cli.test_inbox import add_reply

INBOX = "/campaigns/test/inbox"


def numbers(client: Client, **asked: object) -> list[int]:
    """Of all pages."""
    seen: list[int] = []
    after = None
    while True:
        page = client.get(INBOX, params={"limit": 1, "after": after, **asked}).json()
        seen += [one["id"] for one in page["items"]]
        if (after := page["next"]) is None:
            return seen


def test_replies_that_wait_are_listed_oldest_first_and_the_rest_newest_first(
    client: Clients, project: Path
) -> None:
    unclear, sure, unread = add_reply("question", 0.4), add_reply("interested", 0.9), add_reply(None, None)
    viewer = client("viewer")
    assert numbers(viewer) == [unclear, unread]
    assert numbers(viewer, waiting=False) == [unread, sure, unclear]


def test_what_a_person_says_of_a_reply_counts_and_it_waits_no_more(client: Clients, project: Path) -> None:
    number = add_reply("question", 0.4)
    reviewer = client("reviewer")
    shown = reviewer.get(f"{INBOX}/{number}").json()
    assert (shown["words"], shown["waits"], shown["sequence"]) == (
        "Could you call me [again]?",
        True,
        "aggressive_close",
    )
    decided = reviewer.post(f"{INBOX}/{number}/decision", json={"category": "interested"}).json()
    assert (decided["category"], decided["waits"]) == ("interested", False)
    assert decided["reviewed_by"].startswith("key ")
    assert numbers(reviewer) == []
    outcomes = reviewer.get("/campaigns/test/outcomes").json()["items"]
    assert [(one["lead_id"], one["outcome"]) for one in outcomes] == [(shown["lead_id"], "interested")]


def test_a_message_of_another_campaign_is_not_there(client: Clients, project: Path) -> None:
    number = add_reply("question", 0.4)
    outreach.add_campaign(outreach.config(key="other"))
    admin = client("admin")
    assert admin.get(f"/campaigns/other/inbox/{number}").status_code == 404
    said = admin.post(f"/campaigns/other/inbox/{number}/decision", json={"category": "unsubscribe"})
    assert said.status_code == 404
    (row,) = database.fetch("SELECT reviewed_by FROM received_messages")
    assert row["reviewed_by"] is None


@pytest.mark.parametrize("after", ["x", "WyIyMDI2LTAxLTAxIiwgMV0", "WzEsIDFd"])
def test_a_place_that_is_none_is_told(client: Clients, project: Path, after: str) -> None:
    outreach.add_campaign()
    assert client("viewer").get(INBOX, params={"after": after}).status_code == 422
