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
