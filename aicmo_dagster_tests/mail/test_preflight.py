from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.campaign.sending import Holds, Sender
from aicmo_dagster.mail import preflight
from aicmo_dagster.store import database, sending_domains
from aicmo_dagster.store.sending_domains import Check, Finding, Outcome
from aicmo_dagster_tests.outreach import NOW

SEND, HOLD = Holds(), Holds(unknown_dns="hold")


def sender(address: str = "ann@firm.zz", **pace: Any) -> Sender:
    return Sender.model_validate(
        {"mailbox": address, "postal_address": "1 Test Street, Testtown", "pace": pace}
    )


def findings(mx: Outcome, spf: Outcome, dkim: Outcome, dmarc: Outcome) -> dict[Check, Finding]:
    outcomes: dict[Check, Outcome] = {"mx": mx, "spf": spf, "dkim": dkim, "dmarc": dmarc}
    return {check: Finding(outcome, f"is {outcome}") for check, outcome in outcomes.items()}


@pytest.mark.parametrize(
    ("found", "held_if_unknown_sends", "held_if_unknown_holds"),
    [
        (findings("good", "good", "good", "good"), False, False),
        (findings("good", "good", "bad", "bad"), False, False),
        (findings("good", "bad", "good", "bad"), False, False),
        (findings("good", "good", "unknown", "unknown"), False, False),
        (findings("good", "bad", "bad", "good"), True, True),
        (findings("bad", "good", "good", "good"), True, True),
        (findings("unknown", "good", "good", "good"), False, True),
        (findings("good", "bad", "unknown", "good"), False, True),
        (findings("good", "unknown", "unknown", "good"), False, True),
        ({}, False, True),
    ],
)
def test_spf_or_dkim_suffices_and_mails_must_be_able_to_come_back(
    found: dict[Check, Finding], held_if_unknown_sends: bool, held_if_unknown_holds: bool
) -> None:
    assert (preflight.refusal("firm.zz", found, 4_999, SEND) is not None) == held_if_unknown_sends
    assert (preflight.refusal("firm.zz", found, 4_999, HOLD) is not None) == held_if_unknown_holds


@pytest.mark.parametrize("missing", ["spf", "dkim", "dmarc"])
def test_who_sends_many_needs_all(missing: Check) -> None:
    found = {**findings("good", "good", "good", "good"), missing: Finding("bad", "is bad")}
    assert preflight.refusal("firm.zz", found, 4_999, SEND) is None
    assert preflight.refusal("firm.zz", found, 5_000, SEND) == (
        f"firm.zz: {missing.upper()}: is bad (wanted from 5,000 mails a day)"
    )


def test_the_refusal_says_all_that_is_wrong() -> None:
    assert preflight.refusal("firm.zz", findings("bad", "bad", "bad", "bad"), 10, SEND) == (
        "firm.zz: MX: is bad; SPF: is bad; DKIM: is bad"
    )


def _store(domain: str, found: dict[Check, Finding], age: timedelta = timedelta()) -> None:
    with database.transaction() as cursor:
        sending_domains.record(cursor, {(domain, ""): found}, NOW - age)


def _refused(*senders: Sender, cap_per_day: int | None = None, holds: Holds = SEND) -> dict[str, str]:
    with database.transaction() as cursor:
        return preflight.refusals(cursor, senders, holds, NOW, cap_per_day)


def test_only_mailboxes_of_bad_domains_are_refused(store: URL) -> None:
    _store("firm.zz", findings("good", "bad", "bad", "good"))
    _store("firm.yy", findings("good", "good", "bad", "good"))
    assert _refused(sender("ann@firm.zz"), sender("bob@firm.yy"), sender("cid@never.yy")) == {
        "ann@firm.zz": "firm.zz: SPF: is bad; DKIM: is bad"
    }
    held = _refused(sender("cid@never.yy"), holds=HOLD)
    assert held["cid@never.yy"].startswith("never.yy: MX: was never checked; SPF: was never checked")


def test_mailboxes_of_one_registered_domain_are_counted_together(store: URL) -> None:
    _store("firm.zz", findings("good", "good", "good", "bad"))
    _store("mail.firm.zz", findings("good", "good", "good", "bad"))
    ann, bob = sender("ann@firm.zz", per_day=3_000), sender("bob@mail.firm.zz", per_day=2_000)
    assert _refused(ann) == {}
    assert set(_refused(ann, bob)) == {"ann@firm.zz", "bob@mail.firm.zz"}
    assert _refused(ann, bob, cap_per_day=4_999) == {}


def test_mails_of_other_campaigns_count(store: URL) -> None:
    _store("firm.zz", findings("good", "good", "good", "bad"))
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO send_counts (scope, key, day, started) VALUES ('mailbox', 'bob@mail.firm.zz', %(day)s, 4000), "
            "('mailbox', 'cid@firm.zz', %(day)s, 999), ('mailbox', 'simulation cid@firm.zz', %(day)s, 9999), "
            "('mailbox', 'cid@firm.zz', %(day)s::date - 1, 4000), ('mailbox', 'cid@firm.zz', %(day)s::date - 7, 9999)",
            {"day": NOW.date()},
        )
        assert preflight.refusals(cursor, [sender("ann@firm.zz")], SEND, NOW) == {}
        cursor.execute("UPDATE send_counts SET started = 1000 WHERE started = 999")
        assert list(preflight.refusals(cursor, [sender("ann@firm.zz")], SEND, NOW)) == ["ann@firm.zz"]


def _due(*senders: Sender) -> list[str]:
    with database.transaction() as cursor:
        return [one.domain for one in preflight.due(cursor, senders, NOW)]


def test_a_domain_is_looked_up_once_a_day(store: URL) -> None:
    assert _due(sender("ann@firm.zz"), sender("bob@firm.zz")) == ["firm.zz"]
    _store("firm.zz", findings("good", "bad", "bad", "good"), timedelta(hours=23))
    assert _due(sender()) == []
    _store("firm.zz", findings("good", "bad", "bad", "good"), timedelta(hours=0))
    assert _due(sender()) == []
    with database.transaction() as cursor:
        cursor.execute("UPDATE sending_domains SET checked_at = checked_at - interval '1 day'")
    assert _due(sender()) == ["firm.zz"]


def test_where_dns_did_not_answer_it_is_asked_again_in_an_hour(store: URL) -> None:
    found = {
        **findings("good", "good", "good", "good"),
        "mx": Finding("unknown", "DNS did not answer about firm.zz"),
    }
    _store("firm.zz", found, timedelta(minutes=59))
    assert _due(sender()) == []
    _store("firm.yy", found, timedelta(minutes=60))
    assert _due(sender("ann@firm.yy")) == ["firm.yy"]


def test_what_is_stored_is_what_was_found(store: URL) -> None:
    found = {
        **findings("good", "bad", "unknown", "good"),
        "spf": Finding("bad", "no SPF record", "publish one"),
    }
    _store("firm.zz", found)
    with database.transaction() as cursor:
        known = sending_domains.known(cursor, [("firm.zz", ""), ("firm.zz", "s1")])
    assert known == {("firm.zz", ""): sending_domains.Checked(found, NOW)}


def test_older_findings_do_not_replace_newer_ones(store: URL) -> None:
    _store("firm.zz", findings("good", "good", "good", "good"))
    _store("firm.zz", findings("bad", "bad", "bad", "bad"), timedelta(hours=1))
    assert _refused(sender()) == {}
