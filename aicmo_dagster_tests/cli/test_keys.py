import json
import re

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.store import api_keys, database
from aicmo_dagster.store.api_keys import ApiKey
from aicmo_dagster_tests.cli.command_line import aicmo
from aicmo_dagster_tests.outreach import add_campaign

pytestmark = pytest.mark.usefixtures("store")


def found(printed: str) -> ApiKey | None:
    """The key whose text is in what was printed."""
    match = re.search(rf"^{api_keys.PREFIX}\S+$", printed, re.MULTILINE)
    assert match is not None
    with database.transaction() as cursor:
        return api_keys.shown_by(cursor, match[0])


def test_a_key_is_printed_once_and_is_a_viewers_by_default() -> None:
    printed = aicmo("keys", "create", "dashboards")
    key = found(printed)
    assert key is not None
    assert (key.name, key.role, key.campaign_ids, key.expires_at) == ("dashboards", "viewer", None, None)
    text = printed.split()[0]
    assert text not in aicmo("keys", "list")
    assert text not in aicmo("keys", "list", "--json")
    assert key.shown in aicmo("keys", "list")


def test_a_key_may_be_for_a_campaign_and_for_some_days(store: URL) -> None:
    campaign = add_campaign()
    key = found(
        aicmo(
            "keys",
            "create",
            "one",
            "--role",
            "operator",
            "--campaign",
            "test",
            "--days",
            "90",
            "--per-minute",
            "60",
        )
    )
    assert key is not None
    assert (key.role, key.campaign_ids, key.requests_per_minute) == ("operator", (campaign.id,), 60)
    assert key.expires_at is not None
    assert (key.expires_at - key.created_at).days in (89, 90)
    listed = aicmo("keys", "list")
    assert "valid until" in listed
    assert re.search(r"operator\s+test\s", listed)


def test_a_key_for_a_campaign_that_there_is_not_is_not_made() -> None:
    assert "no campaign 'nothing'" in aicmo("keys", "create", "one", "--campaign", "nothing", code=1)
    assert "There is no key yet" in aicmo("keys", "list")


def test_a_key_is_revoked() -> None:
    printed = aicmo("keys", "create", "one")
    (listed,) = json.loads(aicmo("keys", "list", "--json"))
    assert "is revoked" in aicmo("keys", "revoke", str(listed["id"]))
    assert found(printed) is None
    assert "revoked 2" in aicmo("keys", "list")
    assert "no API key 999" in aicmo("keys", "revoke", "999", code=1)
