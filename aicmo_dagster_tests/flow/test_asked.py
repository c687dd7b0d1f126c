"""A campaign's own vendors, as its document names them, in runs of the real jobs."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.flow.asked import enrichment_vendors, verification_vendors
from aicmo_dagster.store.rate_limits import RateLimits
from aicmo_dagster_tests import pipelines
from aicmo_dagster_tests.stages.lead_frames import campaign
from aicmo_dagster_tests.vendors.dropcontact_server import DropcontactServer
from aicmo_dagster_tests.vendors.hunter_server import HunterServer

NOBODYS = {
    "type": "http",
    "name": "crm",
    "request": {"url": "http://127.0.0.1:9/{email}"},
    "fields": {"phone": "tel"},
}


def test_every_kind_of_vendor_can_be_named_by_a_campaign(store: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("APOLLO", "DROPCONTACT", "HUNTER"):
        monkeypatch.delenv(f"AICMO_{name}_KEY", raising=False)
    config = campaign(
        enrichment={"vendors": [{"type": "apollo"}, {"type": "dropcontact"}, NOBODYS]},
        verification={"vendors": [{"type": "dropcontact"}, {"type": "hunter"}]},
    )
    with RateLimits() as limits:
        enriching, verifying = enrichment_vendors(config, limits), verification_vendors(config, limits)
    named = [(one.vendor.type, one.vendor.name, one.vendor.is_configured()) for one in enriching]
    assert named == [
        ("apollo", "apollo", False),
        ("dropcontact", "dropcontact", False),
        ("http", "crm", True),
    ]
    assert [one.vendor.name for one in verifying] == ["dropcontact", "hunter"]
    # Finding an address and judging one are two things to ask, and two answers to keep.
    assert enriching[1].vendor.operation != verifying[0].vendor.operation
    assert all("verification" in one.vendor.gives for one in verifying)


def knows(person: Any) -> Any:
    found = f"{person['first_name']}@company.example.org".lower()
    return {"email": [{"email": found, "qualification": "nominative@pro"}], "phone": "+49 30 12345"}


def test_an_address_is_found_later_verified_and_the_dead_one_is_rejected(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = {"First Name": "Ann", "Last Name": "Sample", "Company": "Sample Software"}
    rows = [pipelines.ideal(0, Email="", **ann), pipelines.ideal(1)]
    pipelines.write_leads(project / "leads.csv", rows)
    with DropcontactServer(knows) as dropcontact, HunterServer() as hunter:
        monkeypatch.setenv("AICMO_DROPCONTACT_KEY", dropcontact.key)
        monkeypatch.setenv("AICMO_HUNTER_KEY", hunter.key)
        finder = {"type": "dropcontact", "base_url": dropcontact.url}
        verifiers = [{"type": "hunter", "base_url": hunter.url}]
        pipelines.apply(
            project,
            pipelines.config(
                enrichment={"vendors": [finder], "wait_s": 0}, verification={"vendors": verifiers}
            ),
        )
        pipelines.run()
        assert verdicts() == ["no_email", "undeliverable"]
        assert pipelines.values("SELECT outcome FROM lead_enrichments") == ["pending"]
        pipelines.execute("UPDATE vendor_requests SET next_poll_at = now()")
        pipelines.run(job="answers")
        assert verdicts() == ["qualified", "undeliverable"]
        assert len(dropcontact.batches) == 1
        # What the finder has verified is not verified, and not paid, again.
        assert hunter.charged == {"lead1@company1.example.org"}
    assert pipelines.values("SELECT recipient FROM sends WHERE state = 'sent'") == ["ann@company.example.org"]


def verdicts() -> list[str]:
    return pipelines.values(
        "SELECT v.reason FROM leads l JOIN lead_verdicts v ON v.lead_id = l.id ORDER BY l.id"
    )
