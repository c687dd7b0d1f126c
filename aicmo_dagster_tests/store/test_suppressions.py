import hmac

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.store import database, suppressions


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("address", " Test@Example.ORG ", "test@example.org"),
        ("address", "test@bücher.example", "test@xn--bcher-kva.example"),
        ("address", "Test.Er+list@GoogleMail.com", "tester@gmail.com"),
        ("domain", "Example.ORG", "example.org"),
        ("domain", "@example.org.", "example.org"),
        ("domain", "Bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_a_value_is_kept_in_one_spelling_and_once(
    store: URL, kind: suppressions.Kind, value: str, stored: str
) -> None:
    with database.transaction() as cursor:
        assert suppressions.add(cursor, kind, value, "asked", "tester")
        assert not suppressions.add(cursor, kind, stored, "again", "other")
        (row,) = suppressions.listing(cursor)
    assert (row["kind"], row["value"], row["reason"], row["added_by"]) == (kind, stored, "asked", "tester")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("address", "example.org"),
        ("address", "a@b@c"),
        ("domain", "com"),
        ("domain", "a b.c"),
        ("domain", ""),
    ],
)
def test_what_is_no_address_or_domain_is_refused(store: URL, kind: suppressions.Kind, value: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a"), database.transaction() as cursor:
        suppressions.add(cursor, kind, value, "asked", "tester")


def test_a_bounce_gives_way_to_what_the_person_asked_for_and_not_the_other_way_round(store: URL) -> None:
    with database.transaction() as cursor:
        new = [
            suppressions.add(cursor, "address", "test@example.org", reason, f"by {reason}")
            for reason in ("bounced", "unsubscribed", "bounced")
        ]
        (row,) = suppressions.listing(cursor)
    assert new == [True, False, False]
    assert (row["reason"], row["added_by"]) == ("unsubscribed", "by unsubscribed")


def test_the_hash_of_a_mailbox_is_its_hmac_by_the_secret_key(store: URL) -> None:
    with database.transaction() as cursor:
        cursor.execute(
            "SELECT value, mailbox_hash('test.er+x@googlemail.com') FROM secrets WHERE name = 'suppression'"
        )
        key, found = cursor.fetchone() or (b"", "")
    assert found == hmac.digest(bytes(key), b"tester@gmail.com", "sha256").hex()
