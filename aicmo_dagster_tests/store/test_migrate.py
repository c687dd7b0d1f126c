import uuid
from collections.abc import Iterator
from pathlib import Path

import alembic.command
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg.rows import TupleRow
from sqlalchemy.engine import URL

from aicmo_dagster import settings
from aicmo_dagster.errors import StoreError
from aicmo_dagster.stages.addresses import _PROVIDERS, mailboxes, read_addresses
from aicmo_dagster.store import database, migrate
from aicmo_dagster.store.tables import metadata
from aicmo_dagster_tests.databases import Databases, drop


def _scripts() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    return config


def test_head_is_the_newest_migration_file() -> None:
    assert ScriptDirectory.from_config(_scripts()).get_current_head() == migrate.HEAD


def test_migrations_and_tables_say_the_same(store: URL) -> None:
    # For a role that is called like the schema, the comparison would take the schema for the default one.
    elsewhere = {"options": "-c search_path=public"}
    engine = sqlalchemy.create_engine(store.set(drivername="postgresql+psycopg"), connect_args=elsewhere)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table_schema": database.SCHEMA,
                "include_schemas": True,
                "include_name": lambda name, kind, _: name == database.SCHEMA if kind == "schema" else True,
            },
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_migrating_twice_changes_nothing(store: URL) -> None:
    migrate.ensure_current(store)
    assert database.fetch("SELECT count(*) AS n FROM alembic_version") == [{"n": 1}]


def test_tables_newer_than_the_code_are_refused(store: URL) -> None:
    with database.transaction() as cursor:
        cursor.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer than this program"):
        migrate.ensure_current(store)


_DOMAINS = [
    *(domain for domains, *_ in _PROVIDERS for domain in domains),
    "yahoo.com",
    "example.org",
    "mail.me.com",
]


@pytest.fixture(scope="module")
def tables(databases: Databases) -> Iterator[database.Connection]:
    mine = databases.lend()
    with database.connect(target=mine) as connection:
        yield connection
    databases.take_back(mine)


@given(
    st.lists(
        st.builds("{}@{}".format, st.from_regex(r"\A[a-c._+-]{1,8}\Z"), st.sampled_from(_DOMAINS)),
        min_size=30,
        max_size=60,
    )
)
@example([f"a.b_c-d+e+f@{domain}" for domain in _DOMAINS])
@example([f"{name}@{domain}" for domain in _DOMAINS for name in ("+", "+a", "-_-", "a", "a+")])
def test_database_and_stage_say_the_same_of_a_mailbox(
    tables: database.Connection, addresses: list[str]
) -> None:
    read = read_addresses(pa.array(addresses, pa.large_string()))
    valid = read.email.filter(pc.is_valid(read.domain))
    expected = mailboxes(valid, read.domain.drop_null()).to_pylist()
    found = tables.execute("SELECT mailbox(a) FROM unnest(%s::text[]) AS a", [valid.to_pylist()]).fetchall()
    assert [mailbox for (mailbox,) in found] == expected


@pytest.fixture
def old(store: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[URL]:
    """A database at revision 0001, where the application would look."""
    target = store.set(database=f"aicmo_test_{uuid.uuid4().hex[:12]}")
    admin = store.set(database="postgres")
    with database.connect(target=admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {target.database}".encode())
    engine = sqlalchemy.create_engine(target.set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE SCHEMA aicmo"))
        config = _scripts()
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0001")
    engine.dispose()
    monkeypatch.setenv(settings.DATABASE_URL, target.render_as_string(hide_password=False))
    yield target
    drop(target)


def _add_old_lead(cursor: psycopg.Cursor[TupleRow], campaign: int, email: str, status: str = "valid") -> int:
    cursor.execute(
        "INSERT INTO leads (campaign_id, identity, email, email_status, email_domain, source, source_label, "
        "source_line, run_id, harvested_at, updated_at) VALUES (%(campaign)s, %(email)s, %(email)s, %(status)s, "
        "CASE WHEN %(status)s = 'valid' THEN split_part(%(email)s, '@', 2) END, 'csv', 'test.csv', 1, %(run)s, "
        "now(), now()) RETURNING id",
        {"campaign": campaign, "email": email, "status": status, "run": uuid.UUID(int=1)},
    )
    (lead,) = cursor.fetchone() or (0,)
    cursor.execute(
        "INSERT INTO lead_verdicts (lead_id, verdict, reason, failed, intent, rules_version, campaign_version, "
        "run_id, judged_at) VALUES (%s, 'qualified', 'qualified', '{}', 1, 1, 1, %s, now())",
        [lead, uuid.UUID(int=1)],
    )
    return int(lead)


def test_an_upgrade_gives_leads_the_identity_of_their_mailbox_and_merges_those_of_one(old: URL) -> None:
    with database.transaction() as cursor:
        leads = {
            (campaign, email): _add_old_lead(cursor, campaign, email)
            for campaign, email in [
                (1, "jane.doe@gmail.com"),
                (1, "janedoe+x@gmail.com"),
                (1, "j.smith@gmail.com"),
                (1, "jsmith@gmail.com"),
                (1, "ann.test+x@example.org"),
                (2, "jane.doe@gmail.com"),
            ]
        }
        invalid = _add_old_lead(cursor, 1, "jane..doe@gmail.com", "invalid")
    migrate.ensure_current(old)
    found = database.fetch("SELECT id, identity, email, merged_into FROM leads ORDER BY id")
    assert [(row["identity"], row["merged_into"]) for row in found] == [
        ("janedoe@gmail.com", None),
        ("janedoe+x@gmail.com", leads[1, "jane.doe@gmail.com"]),
        ("j.smith@gmail.com", leads[1, "jsmith@gmail.com"]),
        ("jsmith@gmail.com", None),
        ("ann.test+x@example.org", None),
        ("janedoe@gmail.com", None),
        ("jane..doe@gmail.com", None),
    ]
    assert [row["email"] for row in found] == [*(email for _, email in leads), "jane..doe@gmail.com"]
    judged = database.fetch("SELECT lead_id FROM lead_verdicts ORDER BY lead_id")
    assert [row["lead_id"] for row in judged] == [row["id"] for row in found if row["merged_into"] is None]
    assert invalid in {row["lead_id"] for row in judged}


def test_an_upgrade_keeps_one_suppression_of_a_mailbox_and_rather_a_wish_than_a_bounce(old: URL) -> None:
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO suppressions (kind, value, reason, added_by) VALUES "
            "('address', 'jane.doe@gmail.com', 'bounced', 'smtp'), "
            "('address', 'janedoe@gmail.com', 'unsubscribed', 'recipient'), "
            "('address', 'jane.doe@example.org', 'asked', 'test'), ('domain', 'gmail.com', 'asked', 'test')"
        )
    migrate.ensure_current(old)
    assert database.fetch("SELECT kind, value, reason FROM suppressions ORDER BY value, kind") == [
        {"kind": "domain", "value": "gmail.com", "reason": "asked"},
        {"kind": "address", "value": "jane.doe@example.org", "reason": "asked"},
        {"kind": "address", "value": "janedoe@gmail.com", "reason": "unsubscribed"},
    ]


def test_an_upgrade_counts_what_was_sent_today_and_remembers_how_long_a_mailbox_has_written(old: URL) -> None:
    with database.connect(target=old) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO campaigns (key, version, mode, config) VALUES ('old', 1, 'live', "
            """'{"time_zone": "Europe/Berlin"}') RETURNING id"""
        )
        (campaign,) = cursor.fetchone() or (0,)
        leads = [_add_old_lead(cursor, campaign, f"lead{number}@example.org") for number in range(3)]
        for lead, at in zip(leads, ("now()", "now()", "now() - interval '20 days'"), strict=True):
            cursor.execute(
                "INSERT INTO sends (campaign_id, lead_id, sequence, sequence_version, step, state, due_at, "
                "time_zone, mode, sender, recipient, started_at, sent_at, run_id) "
                "VALUES (%s, %s, 'a', 1, 1, 'sent', now(), 'UTC', 'live', 'me@example.com', "
                f"'lead@example.org', {at}, {at}, %s)".encode(),
                [campaign, lead, uuid.UUID(int=1)],
            )
    migrate.ensure_current(old)
    counted = database.fetch("SELECT scope, key, started FROM send_counts ORDER BY scope")
    assert [(row["scope"], row["key"], row["started"]) for row in counted] == [
        ("campaign", "old", 2),
        ("domain", "me@example.com example.org", 2),
        ("mailbox", "me@example.com", 2),
    ]
    (mailbox,) = database.fetch("SELECT address, current_date - first_day AS days FROM mailboxes")
    assert mailbox["address"] == "me@example.com"
    assert mailbox["days"] in (19, 20, 21)
