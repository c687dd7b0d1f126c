import pytest

from aicmo_dagster import settings
from aicmo_dagster.errors import ConfigurationError


def test_the_public_url_loses_its_last_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.PUBLIC_URL, "https://mail.example.com/leave/")
    assert settings.public_url() == "https://mail.example.com/leave"


def test_no_public_url_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.PUBLIC_URL, "")
    assert settings.public_url() is None


@pytest.mark.parametrize("url", ["http://example.com", "example.com", "https://", "https://a.example/?x=1"])
def test_a_public_url_that_is_not_https_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv(settings.PUBLIC_URL, url)
    with pytest.raises(ConfigurationError, match="AICMO_PUBLIC_URL"):
        settings.public_url()


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("", None),
        ("none", []),
        ("192.0.2.1", [("192.0.2.1", 53)]),
        (
            "192.0.2.1:5353, 2001:db8::1,[2001:db8::2]:54",
            [("192.0.2.1", 5353), ("2001:db8::1", 53), ("2001:db8::2", 54)],
        ),
    ],
)
def test_name_servers_are_addresses_with_or_without_a_port(
    text: str, servers: list[tuple[str, int]] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.DNS_SERVERS, text)
    assert settings.dns_servers() == servers


@pytest.mark.parametrize("text", ["dns.example.com", "192.0.2.1:dns", "off", "192.0.2.1,,192.0.2.2"])
def test_a_name_server_that_is_no_address_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.DNS_SERVERS, text)
    with pytest.raises(ConfigurationError, match=settings.DNS_SERVERS):
        settings.dns_servers()
