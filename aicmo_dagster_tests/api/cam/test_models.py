from datetime import timedelta
from typing import Any

from aicmo_dagster.store import conversion_models, database
from aicmo_dagster.store.conversion_models import StoredModel
from aicmo_dagster_tests.api.cam.conftest import Clients
from aicmo_dagster_tests.outreach import NOW, RUN, add_campaign, config


def train(campaign_id: int, number: int, **changes: Any) -> None:
    fields: dict[str, Any] = {
        "number": number,
        "trained_at": NOW + timedelta(days=number),
        "algorithm": "trees",
        "leads": 900,
        "conversions": 90,
        "metrics": {"auc": 0.8, "bins": [[90, 0.1, 0.12]], "psi": 0.01},
        "content": {"model": "what it learnt"},
        "problem": None,
        **changes,
    }
    with database.transaction() as cursor:
        conversion_models.append(cursor, campaign_id, 1, RUN, StoredModel(**fields))


def test_models_are_shown_with_their_figures_and_which_is_in_use(client: Clients) -> None:
    campaign = add_campaign()
    train(campaign.id, 1)
    train(campaign.id, 2, problem="the leads are not like those that it learnt from")
    train(campaign.id, 3, algorithm=None, content=None, metrics={}, problem="too few leads")
    viewer = client("viewer", [campaign.id])
    answer = viewer.get("/campaigns/test/model")
    items = answer.json()["items"]
    assert [(one["number"], one["in_use"]) for one in items] == [(3, False), (2, False), (1, True)]
    assert items[1]["problem"].startswith("the leads are not like")
    assert items[2]["metrics"]["bins"] == [[90, 0.1, 0.12]]
    assert "what it learnt" not in answer.text
    first = viewer.get("/campaigns/test/model", params={"limit": 2}).json()
    last = viewer.get("/campaigns/test/model", params={"limit": 2, "after": first["next"]}).json()
    assert [one["number"] for one in first["items"] + last["items"]] == [3, 2, 1]


def test_a_campaign_that_has_learnt_nothing_has_none(client: Clients) -> None:
    add_campaign()
    train(add_campaign(config(key="other")).id, 1)
    assert client("viewer").get("/campaigns/test/model").json() == {"items": [], "next": None}
