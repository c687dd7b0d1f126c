import pytest
from psycopg import Cursor
from psycopg.rows import TupleRow
from sqlalchemy.engine import URL

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.mail import effects
from aicmo_dagster.store import audit, database, enrolments, persons, provider_events, sends
from aicmo_dagster_tests.outreach import NOW, add_campaign, add_lead, add_send, config


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
    return {"boolean": "false", "bytea": f"'\\x0{number}'", "tsvector": "''"}.get(kind, str(number + 1000))


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


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("o'brien@example.com", "from O'Brien@Example.com, today"),
        ("ann@example.com", "550 no such user\nann@example.com"),
        ("ann@example.com", "joann@example.com, 'ann@example.com' and mary-ann@example.com"),
        ("ann@example.com", "write to ann@example.com. Or not."),
        ("ann@example.com", "https://example.org/?to=x%3Aann%40example.com&a=1"),
        ("ann@example.com", "ann@example.com.au and <ANN@example.com>"),
        ("test@xn--bcher-kva.example", "call me test@bücher.example"),
        ("tester@gmail.com", "to=t.e.s.t.e.r+a.b-c@googlemail.com;"),
        ("a|b{c}@example.com", "A|b{c}@example.com"),
    ],
)
def test_an_address_is_found_and_erased_among_others_however_it_is_written(
    store: URL, address: str, text: str
) -> None:
    with database.transaction() as cursor:
        audit.record(cursor, "test", text, "asked", None, {"said": [text, "other@example.org"]})
        found = {column for *_, column, _, _ in persons.holding(cursor, [address])}
        assert found == {"action", "after"}
        persons.erase(cursor, address, "test")
        assert list(persons.holding(cursor, [address])) == []
    (row,) = database.fetch("SELECT action, after FROM audit_log WHERE subject = 'asked'")
    assert "erased-" in row["action"]
    assert row["after"]["said"][1] == "other@example.org"
    for other in ("joann@example.com", "mary-ann@example.com", "ann@example.com.au"):
        assert (other in row["action"], other in row["after"]["said"][0]) == (other in text, other in text)


def test_what_a_provider_says_of_somebody_elses_mail_stays_without_the_erased_address(store: URL) -> None:
    campaign = add_campaign().id
    send = add_send(campaign, add_lead(campaign, OTHER), state="sent", sent_at=NOW, recipient=OTHER)
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO provider_events (provider, event_key, body, send_id) VALUES ('ses', 'k', %s, %s)",
            [f'{{"to": ["{OTHER}", "tester@gmail.com"]}}', send],
        )
        persons.erase(cursor, "tester@gmail.com", "test")
    (row,) = database.fetch("SELECT body FROM provider_events")
    assert row["body"]["to"][0] == OTHER
    assert "tester" not in str(row["body"])


def test_answers_of_vendors_go_by_whatever_name_the_person_was_asked_about(store: URL) -> None:
    campaign = add_campaign().id
    lead = add_lead(
        campaign,
        "tester@gmail.com",
        linkedin_url="https://www.linkedin.com/in/Test-Person",
        extra='{"apollo_id": "77"}',
    )
    subjects = ("linkedin:https://www.linkedin.com/in/test-person", "apollo:77", "apollo:78")
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO vendor_requests (campaign_id, run_id, vendor, operation, state, subjects, credits) "
            "VALUES (%s, gen_random_uuid(), 'v', 'o', 'answered', 3, 0) RETURNING id",
            [campaign],
        )
        (request,) = cursor.fetchone() or (0,)
        for place, subject in enumerate(subjects):
            cursor.execute(
                "INSERT INTO vendor_answers (vendor, operation, subject, request_id, place, record) "
                "VALUES ('v', 'o', %s, %s, %s, '{\"phone\": \"1\"}')",
                [subject, request, place],
            )
        exported = persons.rows_of(cursor, [lead], ["tester@gmail.com"])["vendor_answers"]
        assert {row["subject"] for row in exported} == {*subjects[:2]}
        persons.erase(cursor, "tester@gmail.com", "test")
    assert database.fetch("SELECT subject FROM vendor_answers") == [{"subject": "apollo:78"}]


@pytest.mark.parametrize("text", ["", "ann", "@example.org", "a@b@c", "%", "(", "\\"])
def test_what_is_no_address_is_refused_and_suppresses_nobody(store: URL, text: str) -> None:
    with database.transaction() as cursor, pytest.raises(ConfigurationError, match="is not an address"):
        persons.erase(cursor, text, "test")
    assert database.fetch("SELECT FROM suppressions") == []


def test_a_domain_in_letters_of_its_own_is_the_same_domain(store: URL) -> None:
    add_lead(add_campaign().id, "ann@xn--mnchen2-n2a.example")
    with database.transaction() as cursor:
        assert persons.erase(cursor, "Ann@münchen2.example", "test") == 1
    assert database.fetch("SELECT FROM leads") == []


def test_all_leads_of_a_person_with_several_addresses_go_and_none_is_left_in_part(store: URL) -> None:
    here, there = add_campaign().id, add_campaign(config(key="other")).id
    now = add_lead(here, "new@example.org")
    add_lead(here, "old@example.org", merged_into=now)
    add_lead(there, "old@example.org")
    add_lead(there, "somebody@example.org")
    with database.transaction() as cursor:
        assert persons.erase(cursor, "new@example.org", "test") == 3
    assert database.fetch("SELECT email FROM leads") == [{"email": "somebody@example.org"}]


def test_a_mail_that_a_dead_sender_left_on_its_way_keeps_nobody_from_being_erased(store: URL) -> None:
    campaign = add_campaign().id
    add_send(campaign, add_lead(campaign), state="sending", claimed_by=7)
    with database.transaction() as cursor:
        assert persons.erase(cursor, "lead@example.org", "test") == 1


def test_an_event_that_comes_after_the_erasure_names_the_erased_nowhere(store: URL) -> None:
    with database.transaction() as cursor:
        persons.erase(cursor, "ann@example.org", "test")
        bodies = [
            {
                "to": ["bob@example.org", "Ann@Example.org"],
                "text": "\nann@example.org wrote: ann%40example.org",
            },
            {"to": "joann@example.org", "n": 1},
        ]
        provider_events.add(
            cursor, "resend", [(str(n), body, "bob@example.org") for n, body in enumerate(bodies)]
        )
        provider_events.add(cursor, "resend", [("own", {"to": "ann@example.org"}, "ann@example.org")])
        _, boxes = persons.mailboxes(cursor, "ann@example.org")
        assert list(persons.holding(cursor, boxes)) == []
    kept = {
        row["event_key"]: row["body"] for row in database.fetch("SELECT event_key, body FROM provider_events")
    }
    assert kept["0"]["to"] == ["bob@example.org", "erased"]
    assert kept["1"] == bodies[1]
    assert kept["own"] == {"erased": True}


def test_who_was_written_to_at_an_address_that_no_lead_has_any_more_is_erased_by_it(store: URL) -> None:
    campaign, other = add_campaign().id, add_campaign(config(key="other")).id
    lead = add_lead(campaign, "new@example.org")
    add_send(campaign, lead, state="sent", recipient="old@example.org", started_at=NOW, sent_at=NOW)
    add_lead(other, "old@example.org")
    with database.transaction() as cursor:
        assert persons.mailboxes(cursor, "new@example.org") == persons.mailboxes(cursor, "old@example.org")
        assert persons.erase(cursor, "old@example.org", "test") == 2
    assert database.fetch("SELECT FROM sends") == []
    assert len(database.fetch("SELECT FROM suppressions WHERE kind = 'hash'")) == 2


def test_a_lead_whose_address_is_none_is_erased_by_what_its_file_had(store: URL) -> None:
    wrong = "Ann..Lead@example.local"
    lead = add_lead(add_campaign().id, "ann@example.org")
    with database.transaction() as cursor:
        cursor.execute(
            "UPDATE leads SET email = %s, identity = %s WHERE id = %s", [wrong.lower(), "row:1", lead]
        )
        assert persons.erase(cursor, wrong, "test") == 1
        assert persons.erase(cursor, wrong, "test") == 0
        with pytest.raises(ConfigurationError, match="is not an address"):
            persons.mailboxes(cursor, "bob..lead@example.local")


def test_the_letter_of_a_line_end_in_json_belongs_to_no_name(store: URL) -> None:
    with database.transaction() as cursor:
        audit.record(cursor, "test", "x", "y", {"text": "to:\nick@example.org, \\nick@example.org"})
        persons.erase(cursor, "nick@example.org", "test")
        cursor.execute("SELECT before ->> 'text' FROM audit_log")
        (text,) = cursor.fetchone() or ("",)
        assert text.startswith("to:\nick@example.org, \\erased-")
        assert list(persons.holding(cursor, ["nick@example.org"])) == []
