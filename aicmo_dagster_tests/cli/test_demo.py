from email import message_from_bytes
from pathlib import Path

from aicmo_dagster_tests.cli.command_line import in_a_process


def test_the_demo_writes_mails_and_run_again_nothing_more(project: Path) -> None:
    first = in_a_process("demo")
    assert first.returncode == 0, first.stderr
    assert "Where to look next" in first.stdout
    assert "daily cap of 20 reached" in first.stdout
    assert "Nothing new happened" not in first.stdout
    mails = sorted((project / "home" / "outbox" / "demo").rglob("*.eml"))
    assert len(mails) == 20
    assert str(mails[0].parent) in first.stdout
    assert len({message_from_bytes(mail.read_bytes())["To"] for mail in mails}) == 20

    second = in_a_process("demo")
    assert second.returncode == 0, second.stderr
    assert "Nothing new happened" in second.stdout
    assert sorted((project / "home" / "outbox" / "demo").rglob("*.eml")) == mails


def test_without_a_project_folder_the_demo_says_where_to_go(project: Path) -> None:
    (project / "dagster.yaml").unlink()
    done = in_a_process("demo")
    assert done.returncode == 1
    assert "there is no dagster.yaml in" in done.stderr
    assert "Traceback" not in done.stderr
