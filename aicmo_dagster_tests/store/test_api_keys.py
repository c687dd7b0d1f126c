import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from aicmo_dagster.errors import KeyNotFoundError
from aicmo_dagster.store import api_keys, database
from aicmo_dagster.store.api_keys import ApiKey

pytestmark = pytest.mark.usefixtures("store")


def create(name: str = "test", **more: object) -> tuple[ApiKey, str]:
    with database.transaction() as cursor:
        return api_keys.create(cursor, name, "viewer", "tester", **more)  # type: ignore[arg-type]


def found(text: str) -> ApiKey | None:
    with database.transaction() as cursor:
        return api_keys.shown_by(cursor, text)


def test_a_key_is_found_by_its_text_and_by_no_other() -> None:
    key, text = create()
    assert (key.role, key.created_by, key.campaign_ids, key.expires_at) == ("viewer", "tester", None, None)
    same = found(text)
    assert same is not None
    assert same.id == key.id
    for other in (
        text[:-1],
        text.upper(),
        text + " ",
        "",
        api_keys.PREFIX,
        text.removeprefix(api_keys.PREFIX),
    ):
        assert found(other) is None


def test_the_text_is_long_random_and_nowhere_in_the_database() -> None:
    texts = {create()[1] for _ in range(5)}
    assert len(texts) == 5
    assert all(len(text) >= len(api_keys.PREFIX) + 43 for text in texts)
    rows = str(database.fetch("SELECT k, l FROM api_keys k, audit_log l"))
    for text in texts:
        assert text not in rows
        assert text[12:24] not in rows


def test_the_campaigns_of_a_key_are_kept_in_order_and_once() -> None:
    assert create(campaign_ids=[3, 1, 3])[0].campaign_ids == (1, 3)
    assert create(campaign_ids=[])[0].campaign_ids == ()


def test_a_revoked_key_is_not_found_and_stays_revoked() -> None:
    key, text = create()
    with database.transaction() as cursor:
        first = api_keys.revoke(cursor, key.id, "ann")
        again = api_keys.revoke(cursor, key.id, "bob")
    assert found(text) is None
    assert first.revoked_at is not None
    assert again.revoked_at == first.revoked_at
    (entry,) = database.fetch("SELECT actor FROM audit_log WHERE action = 'api_key.revoke'")
    assert entry["actor"] == "ann"


def test_a_key_whose_time_is_over_is_not_found() -> None:
    _, text = create(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert found(text) is None
    _, text = create(expires_at=datetime.now(UTC) + timedelta(hours=1))
    assert found(text) is not None


def test_that_a_key_was_used_is_written_once_a_minute() -> None:
    key, text = create()
    found(text)
    (first,) = database.fetch("SELECT last_used_at AS at, xmin::text AS version FROM api_keys")
    found(text)
    assert database.fetch("SELECT last_used_at AS at, xmin::text AS version FROM api_keys") == [first]
    database.fetch("UPDATE api_keys SET last_used_at = now() - interval '61 s' RETURNING id")
    found(text)
    with database.transaction() as cursor:
        used = api_keys.get(cursor, key.id).last_used_at
    assert used is not None
    assert used >= first["at"]


def test_there_is_one_first_key_however_many_begin_at_once() -> None:
    together = threading.Barrier(4)

    def begin() -> str | None:
        together.wait(30)
        with database.transaction() as cursor:
            return api_keys.first(cursor)

    with ThreadPoolExecutor(4) as pool:
        texts = [one.result(60) for one in [pool.submit(begin) for _ in range(4)]]
    (text,) = [one for one in texts if one is not None]
    key = found(text)
    assert key is not None
    assert (key.role, key.campaign_ids) == ("admin", None)


def test_a_first_key_that_was_revoked_is_not_made_again() -> None:
    with database.transaction() as cursor:
        assert api_keys.first(cursor) is not None
        api_keys.revoke(cursor, api_keys.listing(cursor)[0].id, "tester")
        assert api_keys.first(cursor) is None


def test_the_newest_is_listed_first_and_an_unknown_number_is_told() -> None:
    first, second = create("first")[0], create("second")[0]
    with database.transaction() as cursor:
        assert [one.id for one in api_keys.listing(cursor)] == [second.id, first.id]
        with pytest.raises(KeyNotFoundError, match="no API key 999"):
            api_keys.get(cursor, 999)
        with pytest.raises(KeyNotFoundError):
            api_keys.revoke(cursor, 999, "tester")
