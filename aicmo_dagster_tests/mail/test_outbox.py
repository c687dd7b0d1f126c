from pathlib import Path

from aicmo_dagster.mail.outbox import Outbox
from aicmo_dagster_tests.mail.test_compose import made


def files(home: Path) -> list[str]:
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())


def test_a_mail_becomes_a_file_named_by_campaign_day_and_message_id(tmp_path: Path) -> None:
    mail = made()
    outcome = Outbox(tmp_path, "test").deliver("a@example.com", "b@example.org", mail, lambda: True)
    assert outcome.kind == "sent"
    (only,) = files(tmp_path)
    assert only.startswith("outbox/test/2026-03-02/")
    assert (tmp_path / only).read_bytes() == mail


def test_the_same_mail_is_the_same_file(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, "test")
    for _ in range(2):
        outbox.deliver("a@example.com", "b@example.org", made(), lambda: True)
    outbox.deliver("a@example.com", "b@example.org", made(send_id=2), lambda: True)
    assert len(files(tmp_path)) == 2


def test_a_no_from_the_ledger_writes_nothing(tmp_path: Path) -> None:
    assert Outbox(tmp_path, "test").deliver("a@example.com", "b@example.org", made(), lambda: False).kind == (
        "not_started"
    )
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_a_trouble_of_the_session(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where the folder should be")
    outcome = Outbox(tmp_path, "test").deliver("a@example.com", "b@example.org", made(), lambda: True)
    assert (outcome.kind, outcome.session) == ("refused_temporary", True)
