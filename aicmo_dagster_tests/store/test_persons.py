from sqlalchemy.engine import URL

from aicmo_dagster.mail import effects
from aicmo_dagster.store import audit, database, persons
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
    assert row["after"] == {"who": ["erased", "other@example.org"]}
