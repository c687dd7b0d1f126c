from aicmo_dagster_tests import outreach
from aicmo_dagster_tests.api.cam.conftest import Clients

PATH = "/campaigns/test/schedule"


def test_a_schedule_is_put_read_listed_and_deleted(client: Clients) -> None:
    outreach.add_campaign()
    operator = client("operator")
    (own,) = operator.get(PATH).json()
    assert (own["job"], own["source"], own["cron"]) == ("lead_pipeline", "document", "0 2 * * *")
    wanted = {"hour": 6, "minute": 30, "time_zone": "Europe/Berlin", "batch_size": 50, "timeout_minutes": 20}
    put = operator.post(PATH, json=wanted)
    assert put.status_code == 201
    shown = operator.get(f"{PATH}/lead_pipeline").json()
    assert put.json() == shown
    assert (shown["cron"], shown["source"], shown["batch_size"]) == ("30 6 * * *", "api", 50)
    assert operator.get(PATH).json() == [shown]
    assert operator.post(PATH, json=wanted | {"enabled": False}).json()["next_run_at"] is None
    assert operator.delete(f"{PATH}/lead_pipeline").status_code == 204
    assert operator.delete(f"{PATH}/lead_pipeline").status_code == 404
    assert operator.get(PATH).json() == [own]


def test_times_that_cannot_be_are_refused_with_the_remedy(client: Clients) -> None:
    outreach.add_campaign()
    operator = client("operator")
    for wrong in (
        {"cron": "61 * * * *"},
        {"cron": "0 0 31 2 *"},
        {"cron": "hourly"},
        {"cron": "0 6 * * *", "hour": 6},
        {"minute": 5},
        {"hour": 24},
        {"hour": 6, "time_zone": "Europe/Nowhere"},
        {"hour": 6, "job": "answers"},
        {"hour": 6, "time_zone": "localtime"},
        {"cron": "0 6 * * * *"},
        {"hour": 6, "batch_size": 0},
    ):
        refused = operator.post(PATH, json=wrong)
        assert refused.status_code == 422, wrong
        assert refused.json()["detail"], wrong
