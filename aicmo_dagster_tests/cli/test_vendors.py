import json

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster_tests.cli.command_line import aicmo
from aicmo_dagster_tests.flow.directory import asked, serving
from aicmo_dagster_tests.flow.test_enrich import ANN, BOB, CYD, KNOWN, add, campaign, run


@pytest.fixture
def spent(store: URL) -> URL:
    """A campaign that asked about three people, of whom the vendor knew two addresses and two phones."""
    add(campaign("email", "phone"), ANN, BOB, CYD)
    with serving(people=KNOWN) as directory:
        run([asked(directory, batch=3)])
    return store


def test_spending_tells_per_vendor_and_field_what_was_found_and_what_it_cost(spent: URL) -> None:
    (row,) = json.loads(aicmo("vendors", "spending", "test", "--json"))
    assert (row["vendor"], row["people"], row["found"], row["credits"]) == ("directory", 3, 3, 3)
    assert row["fields"] == {"email": 2, "phone": 2}
    lines = [line.split() for line in aicmo("vendors", "spending", "test").splitlines()[1:]]
    assert lines == [
        ["directory", "find", "1", "3", "3", "100%", "3", "1"],
        ["email", "3", "2", "67%", "3", "1.5"],
        ["phone", "3", "2", "67%", "3", "1.5"],
    ]


def test_a_campaign_that_asked_nobody_has_spent_nothing(store: URL) -> None:
    campaign()
    assert "No vendor was asked" in aicmo("vendors", "spending", "test")
    assert "No request is uncertain" in aicmo("vendors", "uncertain", "test")


def test_a_released_request_is_made_again_and_no_other_is_released(store: URL) -> None:
    add(campaign(), ANN)
    campaign(key="other")
    with serving(people=KNOWN, behaves="hangs up") as directory:
        run([asked(directory)])
        (row,) = json.loads(aicmo("vendors", "uncertain", "test", "--json"))
        number = str(row["id"])
        assert "hung up" in aicmo("vendors", "uncertain", "test")
        assert "is not uncertain" in aicmo("vendors", "release", "other", number, code=1)
        assert "1 person" in aicmo("vendors", "release", "test", number)
        assert "is not uncertain" in aicmo("vendors", "release", "test", number, code=1)
        directory.behaves = "well"
        run([asked(directory)])
        assert directory.asked == [[ANN], [ANN]]
