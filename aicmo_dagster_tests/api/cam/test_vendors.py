from pathlib import Path

from aicmo_dagster_tests import outreach
from aicmo_dagster_tests.api.cam.conftest import Clients
from aicmo_dagster_tests.flow.directory import asked, serving
from aicmo_dagster_tests.flow.test_enrich import ANN, KNOWN, add, campaign, run


def test_an_uncertain_request_is_shown_and_released_once_and_by_its_campaign_alone(
    client: Clients, project: Path
) -> None:
    add(campaign(), ANN)
    outreach.add_campaign(outreach.config(key="other"))
    operator = client("operator")
    vendors = "/campaigns/test/vendors"
    with serving(people=KNOWN, behaves="hangs up") as directory:
        run([asked(directory)])
        (spent,) = operator.get(vendors).json()
        assert (spent["vendor"], spent["uncertain"], spent["yield"]) == ("directory", 1, None)
        (request,) = operator.get(f"{vendors}/uncertain").json()
        assert (request["people"], "hung up" in request["error"]) == (1, True)
        number = request["id"]
        released = f"uncertain/{number}/release"
        assert operator.post(f"/campaigns/other/vendors/{released}").status_code == 404
        assert operator.post(f"{vendors}/{released}").json() == {"people": 1}
        assert operator.post(f"{vendors}/{released}").status_code == 404
        directory.behaves = "well"
        run([asked(directory)])
        assert directory.asked == [[ANN], [ANN]]
    (spent,) = operator.get(vendors).json()
    assert (spent["found"], spent["yield"]) == (1, 1.0)
