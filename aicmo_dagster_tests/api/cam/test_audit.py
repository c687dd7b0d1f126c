from aicmo_dagster.store import audit, database
from aicmo_dagster_tests.api.cam.conftest import Client, Clients
from aicmo_dagster_tests.outreach import add_campaign


def record(*entries: tuple[str, str, str]) -> None:
    with database.transaction() as cursor:
        for number, (actor, action, subject) in enumerate(entries):
            audit.record(cursor, actor, action, subject, {"n": number}, None)


def listed(admin: Client, **parameters: object) -> list[tuple[str, str, str]]:
    answer = admin.get("/audit-log", params=parameters)
    assert answer.status_code == 200, answer.text
    return [(one["actor"], one["action"], one["subject"]) for one in answer.json()["items"]]


def test_the_newest_change_comes_first_with_what_was_before_and_after(client: Clients) -> None:
    admin = client("admin")
    record(("ann", "campaign.state", "demo"), ("bob", "send.resolve", "7"))
    newest, older, *_ = admin.get("/audit-log").json()["items"]
    assert (newest["actor"], newest["action"], newest["subject"]) == ("bob", "send.resolve", "7")
    assert older["before"] == {"n": 0}
    assert older["after"] is None


def test_changes_are_found_by_actor_action_and_subject(client: Clients) -> None:
    admin = client("admin")
    ann, bob, other = (
        ("ann", "campaign.state", "demo"),
        ("bob", "campaign.change", "demo"),
        ("bob", "campaigns", "x"),
    )
    record(ann, bob, other)
    assert listed(admin, actor="ann") == [ann]
    assert listed(admin, action="campaign.state") == [ann]
    assert listed(admin, action="campaign.") == [bob, ann]
    assert listed(admin, subject="demo", actor="bob") == [bob]
    assert listed(admin, actor="an") == []


def test_changes_are_found_by_time(client: Clients) -> None:
    admin = client("admin")
    record(("ann", "campaign.state", "demo"))
    (at,) = (row["at"] for row in database.fetch("SELECT max(created_at) AS at FROM audit_log"))
    assert len(listed(admin, since=at.isoformat(), actor="ann")) == 1
    assert listed(admin, until=at.isoformat(), actor="ann") == []
    for text in ("yesterday", "0", "0.5", "-5", "2026-13-02T10:00:00Z"):
        assert admin.get("/audit-log", params={"since": text}).status_code == 422, text


def test_pages_leave_out_nothing_while_others_write(client: Clients) -> None:
    admin = client("admin")
    record(*(("ann", "lead.change", str(number)) for number in range(5)))
    first = admin.get("/audit-log", params={"limit": 2, "actor": "ann"}).json()
    record(("ann", "lead.change", "later"))
    second = admin.get("/audit-log", params={"limit": 9, "actor": "ann", "after": first["next"]}).json()
    assert [one["subject"] for one in first["items"] + second["items"]] == ["4", "3", "2", "1", "0"]
    assert second["next"] is None
    assert admin.get("/audit-log", params={"after": "nonsense"}).status_code == 422


def test_the_log_is_for_administrators_of_everything(client: Clients) -> None:
    campaign = add_campaign()
    for role in ("viewer", "reviewer", "operator"):
        assert client(role).get("/audit-log").status_code == 403
    answer = client("admin", [campaign.id]).get("/audit-log")
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:aicmo:problem:campaigns-limited"
