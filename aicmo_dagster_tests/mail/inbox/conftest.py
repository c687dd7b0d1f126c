"""A mail server for all tests of a process, and a mailbox of it for each test."""

from collections.abc import Iterator

import pytest

from aicmo_dagster_tests.mail import peers
from aicmo_dagster_tests.mail.inbox.letters import PASSWORD_ENV
from aicmo_dagster_tests.mail.servers import PASSWORD

_ADDRESSES = [f"sender{number}@example.com" for number in range(100)]


@pytest.fixture(scope="session")
def dovecot() -> Iterator[peers.Mailboxes]:
    with peers.dovecot(_ADDRESSES) as running:
        yield running


@pytest.fixture(scope="session")
def _addresses() -> Iterator[str]:
    return iter(_ADDRESSES)


@pytest.fixture
def mailbox(_addresses: Iterator[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a mailbox that no other test uses; its password is in the environment."""
    monkeypatch.setenv(PASSWORD_ENV, PASSWORD)
    return next(_addresses)
