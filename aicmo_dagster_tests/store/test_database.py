import pytest

from aicmo_dagster import settings
from aicmo_dagster.errors import StoreError
from aicmo_dagster.store import database


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://aicmo:p@ss/w:rd%@127.0.0.1:5432/aicmo",
        "postgresql://aicmo:hush@127.0.0.1:1/aicmo",
        "postgresql://aicmo:hu@sh@127.0.0.1:1/aicmo",
        "mysql://aicmo:hush@127.0.0.1/aicmo",
        "not a url with hush",
    ],
)
def test_no_part_of_the_password_is_told(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv(settings.DATABASE_URL, url)
    with pytest.raises(StoreError) as caught:
        database.connect()
    for part in ("ss/w", "rd%@", "hush", "sh@", "hu@"):
        assert part not in str(caught.value)


def test_a_password_that_is_not_encoded_is_told_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.DATABASE_URL, "postgresql://aicmo:p@ss/w:rd@127.0.0.1:5432/aicmo")
    with pytest.raises(StoreError, match="percent-encode"):
        database.url()
