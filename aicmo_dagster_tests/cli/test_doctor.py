import json
from pathlib import Path

import pytest
import yaml

from aicmo_dagster import settings
from aicmo_dagster.store import database
from aicmo_dagster_tests import outreach
from aicmo_dagster_tests.cli.command_line import DEMO, aicmo


def _findings(code: int = 0) -> dict[str, dict[str, str]]:
    return {one["check"]: one for one in json.loads(aicmo("doctor", "--json", code=code))}


def test_a_fresh_installation_has_warnings_with_remedies_and_no_failure(project: Path) -> None:
    findings = _findings()
    assert findings["Database"]["outcome"] == "ok"
    assert findings["Code location"]["outcome"] == "ok"
    assert findings["Campaigns"]["outcome"] == "warn"
    assert "aicmo up" in findings["Dagster daemon"]["remedy"]
    output = aicmo("doctor")
    assert "What to do" in output
    assert "0 failures" in output


def test_an_unreachable_database_fails_without_its_password(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.DATABASE_URL, "postgresql://me:verysecret@127.0.0.1:1/none")
    output = aicmo("doctor", code=1)
    assert "cannot reach the database" in output
    assert "verysecret" not in output


def test_a_missing_project_folder_fails_with_its_remedy(project: Path) -> None:
    (project / "dagster.yaml").unlink()
    finding = _findings(code=1)["Project folder"]
    assert finding["outcome"] == "fail"
    assert finding["remedy"]


def test_a_live_campaign_without_its_password_fails(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = yaml.safe_load(DEMO.read_text())
    document["mode"] = "live"
    document["sources"] = [{"type": "manual"}]
    document["sending"]["sender"]["smtp"] = {"host": "mail.example.com", "username": "me"}
    document["sending"]["sender"]["imap"] = {"host": "mail.example.com"}
    (project / "live.yaml").write_text(yaml.safe_dump(document))
    monkeypatch.delenv("AICMO_SMTP_PASSWORD", raising=False)
    aicmo("campaigns", "apply", str(project / "live.yaml"))
    finding = _findings(code=1)["Campaign demo"]
    assert "AICMO_SMTP_PASSWORD is not set" in finding["detail"]


def test_mails_in_doubt_and_events_that_nobody_processed_are_told(project: Path) -> None:
    campaign = outreach.add_campaign()
    outreach.add_send(campaign.id, outreach.add_lead(campaign.id), state="uncertain", started_at=outreach.NOW)
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO provider_events (provider, event_key, body, created_at) "
            "VALUES ('resend', 'a', '{}', now() - interval '2 hours'), ('resend', 'b', '{}', now())"
        )
    found = [one for one in json.loads(aicmo("doctor", "--json")) if one["check"] == "Mails"]
    assert [(one["outcome"], one["detail"]) for one in found] == [
        ("warn", "nobody knows whether they arrived: 1"),
        ("warn", "providers' events that have waited for more than an hour: 1"),
    ]


def test_tracking_without_a_public_address_fails(project: Path) -> None:
    outreach.add_campaign(outreach.config(sending={"tracking": {"clicks": True}}))
    found = json.loads(aicmo("doctor", "--json", code=1))
    assert "sending.tracking needs AICMO_PUBLIC_URL" in str(found)


def test_a_vendor_whose_key_is_missing_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = yaml.safe_load(DEMO.read_text())
    document["sources"] = [{"type": "manual"}]
    document["enrichment"] = {"vendors": [{"type": "apollo", "key_env": "MY_APOLLO_KEY"}]}
    document["verification"] = {"vendors": [{"type": "hunter"}]}
    (project / "asking.yaml").write_text(yaml.safe_dump(document))
    monkeypatch.delenv("AICMO_HUNTER_KEY", raising=False)
    monkeypatch.setenv("MY_APOLLO_KEY", "set")
    aicmo("campaigns", "apply", str(project / "asking.yaml"))
    finding = _findings()["Campaign demo"]
    assert finding["outcome"] == "warn"
    assert "AICMO_HUNTER_KEY" in finding["detail"]
    assert "set" in finding["remedy"]


def test_files_behind_a_pattern_or_an_address_are_not_called_missing(project: Path) -> None:
    document = yaml.safe_load(DEMO.read_text())
    (project / "in").mkdir()
    (project / "in" / "leads.csv").write_text("email\n")
    document["sources"] = [
        {"type": "csv", "path": "in/*.csv"},
        {"type": "parquet", "path": "https://files.example.com/leads.parquet"},
    ]
    (project / "files.yaml").write_text(yaml.safe_dump(document))
    aicmo("campaigns", "apply", str(project / "files.yaml"))
    assert _findings()["Campaign demo"]["outcome"] == "ok"
    (project / "in" / "leads.csv").unlink()
    assert "*.csv is missing" in _findings()["Campaign demo"]["detail"]
