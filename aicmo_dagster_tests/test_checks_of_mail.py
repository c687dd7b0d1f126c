from dataclasses import replace

import dagster as dg

from aicmo_dagster import checks
from aicmo_dagster.operations.health import Health, Rates
from aicmo_dagster.operations.senders import SenderState
from aicmo_dagster.store.sending_domains import Finding
from aicmo_dagster_tests.outreach import config

ANN = SenderState(
    "ann@example.com",
    {"mx": Finding("good", "in.example.com")},
    None,
    None,
    0,
    5,
    5,
    1,
    None,
    None,
    None,
    Rates(),
)


def test_a_mailbox_that_may_not_send_is_an_error_that_names_no_address() -> None:
    found = checks.sending_domains_in_order([ANN, replace(ANN, refused="example.com: SPF: none")])
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "SPF: none" in str(found.description)
    assert "ann@" not in str(found.description)


def test_what_is_bad_but_keeps_nobody_is_a_warning_and_what_is_unknown_is_told() -> None:
    bad = replace(ANN, findings={"dmarc": Finding("bad", "no record", "publish one")})
    found = checks.sending_domains_in_order([bad])
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    unknown = replace(ANN, findings={"spf": Finding("unknown", "DNS did not answer")})
    told = checks.sending_domains_in_order([unknown])
    assert told.passed
    assert "DNS did not answer" in str(told.description)
    assert checks.sending_domains_in_order([ANN]).description is None


def test_a_campaign_that_was_stopped_is_an_error_and_complaints_a_warning_before() -> None:
    document = config()
    stopped = checks.few_mails_come_back("too many bounced", Health(), document)
    assert (stopped.passed, stopped.severity) == (False, dg.AssetCheckSeverity.ERROR)
    warned = checks.few_mails_come_back(None, Health(Rates(1_000, 0, 1)), document)
    assert (warned.passed, warned.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert checks.few_mails_come_back(None, Health(Rates(1_000)), document).passed
