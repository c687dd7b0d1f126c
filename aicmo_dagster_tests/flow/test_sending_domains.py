from datetime import timedelta

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster import settings
from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.flow import sending_domains as flow
from aicmo_dagster.store import database, sending_domains
from aicmo_dagster_tests.mail.name_server import serving
from aicmo_dagster_tests.outreach import NOW

ANN = Sender(mailbox="ann@firm.zz", postal_address="1 Test Street, Testtown")


def test_a_domain_is_asked_about_once_a_day_or_again_when_wanted(
    store: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving({"firm.zz": ["MX 10 in.firm.zz.", 'TXT "v=spf1 mx -all"']}) as server:
        address, port = server.address
        monkeypatch.setenv(settings.DNS_SERVERS, f"{address}:{port}")
        assert flow.check([ANN], NOW) == 1
        asked = len(server.asked)
        assert asked > 0
        assert flow.check([ANN], NOW + timedelta(hours=23)) == 0
        assert len(server.asked) == asked
        assert flow.check([ANN], NOW + timedelta(hours=23), again=True) == 1
    with database.transaction() as cursor:
        ((_, checked),) = sending_domains.known(cursor, [("firm.zz", "")]).items()
    assert checked.checked_at == NOW + timedelta(hours=23)
    assert {name: one.outcome for name, one in checked.findings.items()} == {
        "mx": "good",
        "spf": "good",
        "dkim": "unknown",
        "dmarc": "bad",
    }
