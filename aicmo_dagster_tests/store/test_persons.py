from psycopg import Cursor
from psycopg.rows import TupleRow
from sqlalchemy.engine import URL

from aicmo_dagster.mail import effects
from aicmo_dagster.store import audit, database, enrolments, persons, sends
from aicmo_dagster_tests.outreach import NOW, add_campaign, add_lead, add_send


def test_erasing_leaves_only_the_hash_in_whatever_spelling_the_address_was_kept(store: URL) -> None:
    campaign = add_campaign().id
    lead, other = add_lead(campaign, "tester@gmail.com"), add_lead(campaign, "other@example.org")
    send = add_send(campaign, lead, state="sent", sent_at=NOW, recipient="tester@gmail.com")
    with database.transaction() as cursor:
        effects.complained(cursor, lead, send, NOW, "test")
        audit.record(
            cursor, "test", "note", "asked", None, {"who": ["Test.er+x@GoogleMail.com", "other@example.org"]}
        )
        cursor.execute(
            "INSERT INTO received_messages (mailbox, message_id, kind, lead_id, send_id, words, received_at, "
            "rules_version) VALUES ('m', 'i', 'reply', %s, %s, 'I am tester@gmail.com.', %s, 1)",
            [lead, send, NOW],
        )
        assert persons.erase(cursor, "T.ester@gmail.com", "test") == 1
        assert list(persons.holding(cursor, ["tester@gmail.com"])) == []
        assert persons.erase(cursor, "tester@gmail.com", "test") == 0
    assert database.fetch("SELECT id FROM leads") == [{"id": other}]
    assert database.fetch("SELECT kind, reason FROM suppressions") == [{"kind": "hash", "reason": "erased"}]
    (row,) = database.fetch("SELECT after FROM audit_log WHERE action = 'note'")
    erased, kept = row["after"]["who"]
    assert (erased.partition("-")[0], kept) == ("erased", "other@example.org")


SPELLINGS = ("tester@gmail.com", "Test.er+x@GoogleMail.com", "TESTER@GMAIL.COM")
OTHER = "other@example.org"


def fill_every_column(cursor: Cursor[TupleRow]) -> None:
    """Rows of the person and one of somebody else in every table, with the address in all that can hold text."""
    cursor.execute(
        "SELECT c.conrelid::regclass::text, quote_ident(c.conname) FROM pg_constraint c "
        "JOIN pg_namespace n ON n.oid = c.connamespace WHERE n.nspname = 'aicmo' AND c.contype IN ('c', 'f') "
    )
    for table, constraint in cursor.fetchall():
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}".encode())
    cursor.execute(
        """
        SELECT c.oid::regclass::text, array_agg(quote_ident(a.attname) ORDER BY attnum),
            array_agg(format_type(a.atttypid, NULL) ORDER BY attnum)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE n.nspname = 'aicmo' AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
            AND a.attidentity = '' AND a.attgenerated = '' AND c.relname <> 'alembic_version'
        GROUP BY 1
        """
    )
    for table, names, types in cursor.fetchall():
        for number, spelling in enumerate((*SPELLINGS, OTHER)):
            values = ", ".join(value_of(kind, spelling, number) for kind in types)
            cursor.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})".encode())


def value_of(kind: str, address: str, number: int) -> str:
    """SQL for a value of that type which holds the address where it can."""
    if kind.endswith("[]"):
        inner = value_of(kind[:-2], address, number)
        return f"ARRAY[{inner}]::{kind}"
    if kind in ("json", "jsonb"):
        return f"""'{{"said": ["of {address}, twice: <{address}>"], "{address}": 1}}'"""
    if kind == "text" or kind.startswith("character"):
        return f"'{address}'" if number % 2 else f"'written to <{address}>; nothing else'"
    if kind == "uuid":
        return f"'00000000-0000-0000-0000-{number:012}'"
    if kind.startswith("timestamp") or kind == "date":
        return f"'2026-03-0{number + 1}'"
    return {"boolean": "false", "bytea": f"'\\x0{number}'"}.get(kind, str(number + 1000))


def test_no_column_of_any_table_is_forgotten(store: URL) -> None:
    with database.transaction() as cursor:
        fill_every_column(cursor)
        held = {(table, column) for _, table, column, *_ in persons.holding(cursor, ["tester@gmail.com"])}
        every = {(table, column) for schema, table, column, _ in persons.columns(cursor) if schema == "aicmo"}
        assert every - held == {("alembic_version", "version_num")}
        others = persons.rows_of(cursor, [], [OTHER])
        assert {table for table, _ in every} - others.keys() == {"alembic_version"}
        theirs = persons.rows_of(cursor, [], ["tester@gmail.com"])
        assert theirs.keys() == others.keys()
        persons.erase(cursor, "T.ester@googlemail.com", "test")
        assert list(persons.holding(cursor, ["tester@gmail.com"])) == []
        assert persons.rows_of(cursor, [], [OTHER]) == others


def test_everything_about_a_person_is_in_the_export_and_nothing_about_others(store: URL) -> None:
    campaign = add_campaign().id
    lead, other = add_lead(campaign, "tester@gmail.com"), add_lead(campaign, OTHER)
    send = add_send(campaign, lead, state="sent", sent_at=NOW, recipient="tester@gmail.com", subject="Hello")
    add_send(campaign, other)
    with database.transaction() as cursor:
        effects.replied(cursor, lead, send, NOW)
        cursor.execute(
            "INSERT INTO tracking_hits (send_id, at, agent, headers_only) VALUES (%s, %s, 'x', false)",
            [send, NOW],
        )
        leads, boxes = persons.mailboxes(cursor, "t.ester@gmail.com")
        found = persons.rows_of(cursor, leads, boxes)
    assert {"leads", "lead_verdicts", "sends", "engagement_events", "tracking_hits"} <= found.keys()
    assert [row["subject"] for row in found["sends"]] == ["Hello"]
    assert [row["id"] for row in found["leads"]] == [lead]
    assert OTHER not in str(found)


def test_who_was_erased_gets_no_mail_when_a_file_brings_the_address_again(store: URL) -> None:
    campaign = add_campaign()
    add_lead(campaign.id, "tester@gmail.com")
    with database.transaction() as cursor:
        persons.erase(cursor, "tester@gmail.com", "test")
    again = add_lead(campaign.id, "test.er@gmail.com")
    add_send(campaign.id, again)
    with database.transaction() as cursor:
        assert enrolments.suppressed_but_open(cursor, campaign.id) == 1
        assert sends.skip_stopped(cursor, campaign.id) == {"suppressed": 1}
        assert enrolments.suppressed_but_open(cursor, campaign.id) == 0
