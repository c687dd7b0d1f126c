import json
from pathlib import Path

from sqlalchemy.engine import URL

from aicmo_dagster import settings
from aicmo_dagster.store import campaigns, database
from aicmo_dagster_tests.cli.command_line import aicmo
from aicmo_dagster_tests.outreach import add_campaign, add_lead, config


def mail_to(address: str, name: str) -> Path:
    file = settings.home() / "outbox" / "test" / "2026-03-02" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(f'From: a@example.com\r\nTo: "Test Lead"\r\n <{address}>\r\n\r\nHello\r\n'.encode())
    return file


def test_all_that_is_kept_is_exported_then_erased_and_then_nothing_holds_the_address(
    store: URL, tmp_path: Path
) -> None:
    add_lead(add_campaign().id, "tester@gmail.com", first_name="Test")
    mine, other = mail_to("te.ster+1@gmail.com", "1.eml"), mail_to("other@example.org", "2.eml")
    found = json.loads(aicmo("person", "export", "Tester@gmail.com"))
    assert [row["first_name"] for row in found["tables"]["leads"]] == ["Test"]
    assert found["files"] == [str(mine)]
    told = aicmo("person", "export", "tester@gmail.com", "--to", str(tmp_path / "out.json"))
    assert "are in" in told
    assert json.loads((tmp_path / "out.json").read_text())["tables"] == found["tables"]
    assert (tmp_path / "out.json").stat().st_mode & 0o777 == 0o600
    places = aicmo("person", "check", "tester@gmail.com", code=1)
    assert "aicmo.leads.email" in places
    assert "1.eml" in places.replace("\n", "")
    assert "1 lead and 1 simulated mail erased" in aicmo("person", "erase", "tester@gmail.com", "--yes")
    assert "Nothing holds the address." in aicmo("person", "check", "tester@gmail.com")
    assert (mine.exists(), other.exists()) == (False, True)
    assert "0 leads erased" in aicmo("person", "erase", "tester@gmail.com", "--yes")


def test_the_name_before_an_address_hides_no_mail_and_neither_does_a_kill(store: URL) -> None:
    folder = settings.home() / "outbox" / "test" / "2026-03-02"
    folder.mkdir(parents=True)
    for name in ("1.eml", "2.123.part"):
        (folder / name).write_bytes(
            b'To: "Ann <other@example.org> Test"\r\n <ann@example.org>\r\n\r\nHello\r\n'
        )
    assert "2 simulated mails erased" in aicmo("person", "erase", "ann@example.org", "--yes")
    assert list(folder.iterdir()) == []


def test_what_is_no_address_is_refused(store: URL) -> None:
    for text in ("Ann <ann@example.org>", "ann@example.org.", "foo", "", "%", "*@example.org"):
        assert "is not an address" in aicmo("person", "erase", text, "--yes", code=1)
        assert "is not an address" in aicmo("person", "check", text, code=1)


def test_an_address_that_a_campaign_writes_from_is_erased_when_the_campaign_is_put_away(store: URL) -> None:
    sender = {"mailbox": "Sender <Sender@example.com>", "postal_address": "1 Test Street, Testtown"}
    add_campaign(config(sending={"sender": sender}))
    said = aicmo("person", "erase", "sender@example.com", "--yes", code=1)
    assert "campaign 'test' names this address as a sender's" in " ".join(said.split())
    aicmo("campaigns", "archive", "test")
    aicmo("person", "erase", "sender@example.com", "--yes")
    assert "Nothing holds the address." in aicmo("person", "check", "sender@example.com")
    with database.transaction() as cursor:
        (campaign,) = campaigns.listing(cursor)
    assert campaign.config.sending.senders[0].domain == "erased.invalid"
