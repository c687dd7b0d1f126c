import json
from pathlib import Path

from sqlalchemy.engine import URL

from aicmo_dagster_tests.cli.command_line import aicmo
from aicmo_dagster_tests.outreach import add_campaign, add_lead


def test_a_preview_shows_headers_and_text_and_writes_html(store: URL, tmp_path: Path) -> None:
    add_lead(add_campaign().id, first_name="Test", company="Acme")
    page = tmp_path / "mail.html"
    shown = aicmo("mail", "preview", "test", "lead@example.org", "--html", str(page))
    assert "Subject: A question for Acme\n" in shown
    assert "Hello Test,\n" in shown
    assert page.read_text().startswith("<!doctype html>")
    found = json.loads(aicmo("mail", "preview", "test", "--step", "2", "--json"))
    assert found["headers"]["Subject"] == "Re: A question for your company"
    assert "no step 9" in aicmo("mail", "preview", "test", "--step", "9", code=1)


def test_a_test_mail_says_where_it_went(store: URL) -> None:
    add_campaign()
    assert "Sent to me@example.com: simulated" in aicmo("mail", "test", "test", "me@example.com")
