import re

import pytest

from aicmo_dagster.stages.mailboxes import AUTOMATED_SENDER, ROLE_ACCOUNT


@pytest.mark.parametrize(
    "local",
    [
        "info",
        "support",
        "sales",
        "info.de",
        "sales_eu",
        "support-team",
        "info+x",
        "vertrieb",
        "customer-service",
        "INFO",
    ],
)
def test_a_role_owns_the_mailbox(local: str) -> None:
    assert re.search(ROLE_ACCOUNT, f"{local}@example.com")


@pytest.mark.parametrize(
    "local", ["informant", "salesman", "jane.sales", "supporter", "jane", "dev.patel", "adminah"]
)
def test_a_person_is_no_role(local: str) -> None:
    assert not re.search(ROLE_ACCOUNT, f"{local}@example.com")


@pytest.mark.parametrize(
    "local",
    [
        "noreply",
        "no-reply",
        "no_reply",
        "do.not.reply",
        "mailer-daemon",
        "bounce",
        "bounces+42=jane",
        "news.noreply",
        "noreply2",
        "NoReply",
        "bot",
    ],
)
def test_a_machine_owns_the_mailbox(local: str) -> None:
    assert re.search(AUTOMATED_SENDER, f"{local}@example.com")


@pytest.mark.parametrize(
    "address", ["abbott@example.com", "jane@abbott.com", "bo@botanical.com", "jan.bot@example.com"]
)
def test_a_person_is_no_machine(address: str) -> None:
    assert not re.search(AUTOMATED_SENDER, address)
    assert not re.search(ROLE_ACCOUNT, address)


def test_the_domain_does_not_matter() -> None:
    assert not re.search(AUTOMATED_SENDER, "jane@noreply.example.com")
    assert not re.search(ROLE_ACCOUNT, "jane@info.example.com")
