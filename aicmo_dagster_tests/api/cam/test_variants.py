import pytest

from aicmo_dagster_tests.api.cam.conftest import Clients
from aicmo_dagster_tests.operations.test_variants import config
from aicmo_dagster_tests.outreach import add_campaign, add_lead, add_send

PATH = "/campaigns/test/variants"


def test_variants_are_shown_side_by_side(client: Clients) -> None:
    campaign = add_campaign(config())
    add_send(
        campaign.id,
        add_lead(campaign.id),
        state="sent",
        variant="short",
        sent_at="2026-01-01",
        started_at="2026-01-01",
    )
    (trial,) = client("viewer", [campaign.id]).get(PATH).json()
    assert (trial["sequence"], trial["version"], trial["step"]) == ("aggressive_close", 1, 1)
    base, short, long = trial["variants"]
    assert [one["variant"] for one in (base, short, long)] == ["base", "short", "long"]
    assert (base["lift"], base["p"], base["better"]) == (None, None, None)
    assert (short["mails"], short["replies"], short["better"]) == (1, 0, False)
    assert (trial["winner"], trial["chosen"]) == (None, None)


def test_a_campaign_without_variants_has_none(client: Clients) -> None:
    add_campaign()
    assert client("viewer").get(PATH).json() == []


def test_a_person_chooses_and_takes_it_back(client: Clients) -> None:
    add_campaign(config())
    operator = client("operator")
    wish = {"sequence": "aggressive_close", "step": 1, "variant": "long"}
    (trial,) = operator.post(f"{PATH}/choose", json=wish).json()
    assert trial["chosen"]["variant"] == "long"
    assert operator.key is not None
    assert trial["chosen"]["by"] == f"key {operator.key.id} ({operator.key.name})"
    (trial,) = operator.post(f"{PATH}/choose", json={**wish, "variant": None}).json()
    assert trial["chosen"] is None


@pytest.mark.parametrize(
    "wish",
    [
        {"sequence": "none", "step": 1, "variant": "long"},
        {"sequence": "aggressive_close", "step": 2, "variant": "long"},
        {"sequence": "aggressive_close", "step": 1, "variant": "none"},
        {"sequence": "aggressive_close", "step": 1},
    ],
)
def test_what_there_is_not_cannot_be_chosen(client: Clients, wish: object) -> None:
    add_campaign(config())
    assert client("operator").post(f"{PATH}/choose", json=wish).status_code == 422
    (trial,) = client("viewer").get(PATH).json()
    assert trial["chosen"] is None


def test_a_viewer_chooses_nothing(client: Clients) -> None:
    add_campaign(config())
    wish = {"sequence": "aggressive_close", "step": 1, "variant": "long"}
    assert client("viewer").post(f"{PATH}/choose", json=wish).status_code == 403
    (trial,) = client("viewer").get(PATH).json()
    assert trial["chosen"] is None
