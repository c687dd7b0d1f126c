from pathlib import Path

import pytest

from aicmo_dagster_tests import people
from aicmo_dagster_tests.api.cam.conftest import Client, Clients
from aicmo_dagster_tests.cli.test_matches import ONE, THREE, TWO
from aicmo_dagster_tests.people import bring, compare

MATCHES = "/campaigns/test/matches"


@pytest.fixture
def reviewer(client: Clients, project: Path) -> Client:
    """In a campaign where a person has to decide on three leads."""
    campaign = people.campaign(matching={"accept": 1.0, "review": 0.5})
    bring(campaign, ONE, TWO, THREE)
    compare(campaign)
    return client("reviewer")


def listed(client: Client, state: str) -> list[int]:
    """Of all pages."""
    seen: list[int] = []
    after = None
    while True:
        page = client.get(MATCHES, params={"state": state, "limit": 1, "after": after}).json()
        seen += [one["id"] for one in page["items"]]
        if (after := page["next"]) is None:
            return seen


def test_pairs_are_listed_once_and_shown_with_what_was_compared(reviewer: Client) -> None:
    pairs = listed(reviewer, "review")
    assert len(pairs) == len(set(pairs)) == 3
    shown = reviewer.get(f"{MATCHES}/{pairs[0]}").json()
    assert "profile" in shown["why"]
    assert shown["lead"]["facts"]["email"] != shown["other"]["facts"]["email"]
    assert shown["weights"]
    assert reviewer.get(f"{MATCHES}/999").status_code == 404


def test_a_pair_is_merged_kept_apart_and_refused_a_second_time(reviewer: Client) -> None:
    pair, *_ = listed(reviewer, "review")
    merged = reviewer.post(f"{MATCHES}/{pair}/merge").json()
    assert merged["state"] == "merged"
    assert merged["decided_by"].startswith("key ")
    assert {merged["lead"]["merged_into"], merged["other"]["merged_into"]} == {None, merged["survivor_id"]}
    assert reviewer.post(f"{MATCHES}/{pair}/merge").status_code == 409
    apart = reviewer.post(f"{MATCHES}/{pair}/apart").json()
    assert (apart["state"], apart["lead"]["merged_into"], apart["other"]["merged_into"]) == (
        "apart",
        None,
        None,
    )
    assert reviewer.post(f"{MATCHES}/{pair}/apart").status_code == 409
    assert pair in listed(reviewer, "apart")
