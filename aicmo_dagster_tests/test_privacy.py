import psycopg
import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.privacy import sentence, without_addresses
from aicmo_dagster.store import database


def test_addresses_are_masked_and_the_rest_stays() -> None:
    text = "550 5.1.1 <lead@example.org>: no such user (lead@example.org) at 10:30"
    assert without_addresses(text) == "550 5.1.1 <address>: no such user (<address>) at 10:30"


def test_a_database_error_is_told_without_the_row_it_quotes(store: URL) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation) as caught, database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO suppressions (kind, value, reason, added_by) "
            "SELECT 'address', 'Private Person', '', '' FROM generate_series(1, 2)"
        )
    assert "Private Person" in str(caught.value)
    assert "suppressions_kind_value_key" in sentence(caught.value)
    assert "Private Person" not in sentence(caught.value)
