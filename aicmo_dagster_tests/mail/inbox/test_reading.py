import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from aicmo_dagster.mail import tokens
from aicmo_dagster.mail.inbox.session import MOST_BYTES
from aicmo_dagster.store import database
from aicmo_dagster_tests.mail.inbox.letters import (
    SENT_AT,
    add_written,
    dsn,
    events,
    kept,
    letter,
    live_campaign,
    reading,
)
from aicmo_dagster_tests.mail.peers import Mailboxes
from aicmo_dagster_tests.mail.servers import certificate
from aicmo_dagster_tests.outreach import states
from aicmo_dagster_tests.pipelines import spawned, values

pytestmark = pytest.mark.usefixtures("store")


def test_a_reply_stops_the_mails_and_its_new_words_are_kept(dovecot: Mailboxes, mailbox: str) -> None:
    campaign = live_campaign(mailbox, dovecot)
    lead, send, identity = add_written(campaign)
    text = "We are very interested, please call us.\n\n> our own words\n"
    dovecot.put(mailbox, letter("Somebody Else <assistant@example.net>", text, In_Reply_To=identity))
    assert reading(campaign).kinds == {"reply": 1}
    assert (lead, "replied") in events()
    assert states()[send + 1] == "skipped"
    (row,) = kept()
    assert (row["lead_id"], row["send_id"], row["kind"]) == (lead, send, "reply")
    assert "please call us" in row["words"]
    assert "our own words" not in row["words"]


def test_a_reply_is_seen_once_however_often_the_mailbox_is_read(dovecot: Mailboxes, mailbox: str) -> None:
    campaign = live_campaign(mailbox, dovecot)
    _, _, identity = add_written(campaign)
    dovecot.put(mailbox, letter(In_Reply_To=identity))
    assert reading(campaign).messages == 1
    assert reading(campaign).messages == 0
    assert len(kept()) == 1


def test_a_new_mail_of_the_lead_is_a_reply_also_when_it_refers_to_nothing(
    dovecot: Mailboxes, mailbox: str
) -> None:
    campaign = live_campaign(mailbox, dovecot)
    lead, send, _ = add_written(campaign)
    dovecot.put(mailbox, letter("LEAD@Example.org", Subject="Hello"))
    assert reading(campaign).kinds == {"reply": 1}
    assert [(row["lead_id"], row["send_id"]) for row in kept()] == [(lead, send)]


def test_what_the_lead_wrote_before_our_mail_is_not_about_it(dovecot: Mailboxes, mailbox: str) -> None:
    campaign = live_campaign(mailbox, dovecot)
    add_written(campaign)
    dovecot.put(mailbox, letter(), at=(SENT_AT - timedelta(hours=1)).timestamp())
    assert reading(campaign).kinds == {}
    assert events() == []


def test_unrelated_mail_is_not_kept_and_nothing_in_the_mailbox_is_changed(
    dovecot: Mailboxes, mailbox: str
) -> None:
    campaign = live_campaign(mailbox, dovecot)
    _, _, identity = add_written(campaign)
    dovecot.put(mailbox, letter("friend@example.net"), letter(In_Reply_To=identity))
    before = flags(dovecot, mailbox)
    assert reading(campaign).messages == 2
    assert len(kept()) == 1
    assert flags(dovecot, mailbox) == before
    assert not any("friend" in str(row) for row in kept())


def flags(server: Mailboxes, address: str) -> str:
    with server.session(address) as session:
        session.select("INBOX", readonly=True)
        return str(session.fetch("1:*", "(UID FLAGS)")[1])


def test_a_folder_whose_numbers_mean_other_messages_is_read_again_and_nothing_happens_twice(
    dovecot: Mailboxes, mailbox: str
) -> None:
    campaign = live_campaign(mailbox, dovecot, folders=["Answers"])
    _, _, identity = add_written(campaign)
    lead, _, other = add_written(campaign, "other@example.org")
    answer = letter(In_Reply_To=identity)
    with dovecot.session(mailbox) as session:
        session.create("Answers")
    dovecot.put(mailbox, letter("friend@example.net"), answer, folder="Answers")
    reading(campaign)
    before = database.fetch("SELECT uid_validity FROM mailbox_cursors")
    with dovecot.session(mailbox) as session:
        session.delete("Answers")
        session.create("Answers")
    dovecot.put(mailbox, answer, letter("other@example.org", In_Reply_To=other), folder="Answers")
    assert reading(campaign).kinds == {"reply": 1}
    assert database.fetch("SELECT uid_validity FROM mailbox_cursors") != before
    assert len(kept()) == 2
    assert kept()[1]["lead_id"] == lead


def test_messages_from_before_the_first_mail_of_all_are_not_even_looked_at(
    dovecot: Mailboxes, mailbox: str
) -> None:
    campaign = live_campaign(mailbox, dovecot)
    _, _, identity = add_written(campaign)
    dovecot.put(mailbox, *[letter("friend@example.net")] * 5, at=(SENT_AT - timedelta(days=30)).timestamp())
    dovecot.put(mailbox, letter(In_Reply_To=identity))
    assert reading(campaign).messages == 1


def test_of_a_mail_of_50_megabytes_only_the_beginning_is_read(dovecot: Mailboxes, mailbox: str) -> None:
    campaign = live_campaign(mailbox, dovecot)
    _, _, identity = add_written(campaign)
    line = b"A" * 76 + b"\r\n"
    dovecot.put(mailbox, letter(In_Reply_To=identity) + line * (50_000_000 // len(line)))
    tracemalloc.start()
    try:
        assert reading(campaign).kinds == {"reply": 1}
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 15 * MOST_BYTES


def test_an_automatic_answer_stops_nothing_and_says_when_to_go_on(dovecot: Mailboxes, mailbox: str) -> None:
    campaign = live_campaign(mailbox, dovecot)
    lead, send, identity = add_written(campaign)
    back = (datetime.now(UTC) + timedelta(days=10)).date()
    text = f"I am out of the office until {back:%Y-%m-%d}. I will be back on {back:%Y-%m-%d}.\n"
    dovecot.put(
        mailbox,
        letter(text=text, In_Reply_To=identity, Auto_Submitted="auto-replied", Subject="Out of office"),
    )
    assert reading(campaign).kinds == {"auto_reply": 1}
    assert events() == [(lead, "auto_replied")]
    assert states()[send + 1] == "planned"
    assert values("SELECT until FROM lead_waits") == [datetime(back.year, back.month, back.day, tzinfo=UTC)]
    assert isinstance(kept()[0]["return_on"], date)
    assert kept()[0]["words"] is None


def test_a_bounce_suppresses_the_address_that_does_not_exist(dovecot: Mailboxes, mailbox: str) -> None:
    campaign = live_campaign(mailbox, dovecot)
    lead, send, identity = add_written(campaign)
    dovecot.put(mailbox, dsn("lead@example.org", identity))
    assert reading(campaign).kinds == {"bounce": 1}
    assert events() == [(lead, "bounced")]
    assert values("SELECT value FROM suppressions") == ["lead@example.org"]
    assert kept()[0]["send_id"] == send
    assert kept()[0]["detail"].startswith("hard 5.1.1")


def test_a_bounce_without_a_message_id_is_about_the_last_mail_to_the_recipient_within_two_weeks(
    dovecot: Mailboxes, mailbox: str
) -> None:
    campaign = live_campaign(mailbox, dovecot)
    lead, send, _ = add_written(campaign)
    add_written(campaign, "old@example.org", started_at=SENT_AT - timedelta(days=20))
    dovecot.put(mailbox, dsn("lead@example.org"), dsn("old@example.org"), dsn("stranger@example.org"))
    assert reading(campaign).kinds == {"bounce": 1}
    assert events() == [(lead, "bounced")]
    assert kept()[0]["send_id"] == send


def test_a_recipient_that_failed_behind_our_leads_address_does_not_condemn_it(
    dovecot: Mailboxes, mailbox: str
) -> None:
    campaign = live_campaign(mailbox, dovecot)
    lead, _, identity = add_written(campaign, "team@example.org")
    dovecot.put(mailbox, dsn("former.member@example.net", identity))
    assert reading(campaign).kinds == {"bounce": 1}
    assert events() == [(lead, "soft_bounced")]
    assert values("SELECT value FROM suppressions") == []


def test_a_failure_that_is_our_own_says_nothing_against_the_address(dovecot: Mailboxes, mailbox: str) -> None:
    campaign = live_campaign(mailbox, dovecot)
    _, send, identity = add_written(campaign)
    words = "message rejected due to DMARC policy of the sender"
    dovecot.put(mailbox, dsn("lead@example.org", identity, "5.7.1", words))
    assert reading(campaign).kinds == {"bounce": 1}
    assert events() == []
    assert states()[send + 1] == "planned"


def test_a_report_that_a_mail_has_arrived_is_nobodys_reply(dovecot: Mailboxes, mailbox: str) -> None:
    campaign = live_campaign(mailbox, dovecot)
    _, _, identity = add_written(campaign)
    receipt = letter(text="Your message was displayed.\n", In_Reply_To=identity).replace(
        b"Content-Type: text/plain", b"Content-Type: multipart/report; report-type=disposition-notification"
    )
    dovecot.put(mailbox, receipt)
    assert "reply" not in reading(campaign).kinds
    assert (1, "replied") not in events()


def test_a_mail_to_the_unsubscribe_address_suppresses_the_lead(dovecot: Mailboxes, mailbox: str) -> None:
    campaign = live_campaign(mailbox, dovecot)
    lead, _, _ = add_written(campaign)
    with database.transaction() as cursor:
        token = tokens.unsubscribe_token(tokens.secret(cursor), lead)
    forged = tokens.unsubscribe_token(b"another key", lead)
    subject = f"unsubscribe-{token}"
    dovecot.put(
        mailbox,
        letter("forger@example.net", Subject=f"unsubscribe-{forged}"),
        letter("private@example.net", Subject=subject, Auto_Submitted="auto-generated"),
    )
    assert reading(campaign).kinds == {"unsubscribe": 1}
    assert events() == [(lead, "unsubscribed")]
    assert values("SELECT value FROM suppressions") == ["lead@example.org"]


def test_what_comes_back_proves_that_an_uncertain_mail_left(dovecot: Mailboxes, mailbox: str) -> None:
    campaign = live_campaign(mailbox, dovecot)
    _, send, identity = add_written(campaign, state="uncertain")
    dovecot.put(mailbox, letter("colleague@example.org", References=identity))
    reading(campaign)
    assert states()[send] == "sent"


def test_the_sent_folder_proves_that_an_uncertain_mail_left(dovecot: Mailboxes, mailbox: str) -> None:
    campaign = live_campaign(mailbox, dovecot, sent_folder="Sent")
    _, there, identity = add_written(campaign, state="uncertain")
    _, missing, _ = add_written(campaign, "other@example.org", state="uncertain")
    with dovecot.session(mailbox) as session:
        session.create("Sent")
    dovecot.put(mailbox, letter(mailbox, Message_ID=identity), folder="Sent")
    assert reading(campaign).settled == 1
    assert (states()[there], states()[missing]) == ("sent", "uncertain")
    assert events() == []


def test_a_copy_of_our_own_mail_is_no_reply_and_proves_that_it_left(dovecot: Mailboxes, mailbox: str) -> None:
    campaign = live_campaign(mailbox, dovecot)
    _, send, identity = add_written(campaign, state="uncertain")
    _, _, other = add_written(campaign, "other@example.org")
    dovecot.put(mailbox, letter(mailbox, Message_ID=identity), letter(mailbox, In_Reply_To=other))
    assert reading(campaign).kinds == {}
    assert states()[send] == "sent"


def test_two_readings_at_once_do_everything_once(dovecot: Mailboxes, mailbox: str) -> None:
    campaign = live_campaign(mailbox, dovecot)
    written = [add_written(campaign, f"lead{number}@example.org") for number in range(30)]
    dovecot.put(mailbox, *(letter("x@example.net", In_Reply_To=identity) for _, _, identity in written))
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda _: reading(campaign), range(3)))
    assert sum(len(one.busy) for one in results) >= 1
    assert sum(one.kinds["reply"] for one in results) == 30
    assert len(events()) == 30


@pytest.mark.slow
def test_readings_that_are_killed_repeat_nothing_and_lose_nothing(dovecot: Mailboxes, mailbox: str) -> None:
    campaign = live_campaign(mailbox, dovecot)
    written = [add_written(campaign, f"lead{number}@example.org") for number in range(150)]
    for _, _, identity in written:
        dovecot.put(mailbox, letter("x@example.net", In_Reply_To=identity), letter("y@example.net"))
    for kill in range(8):
        process = spawned(_read_once)
        # Ever later, so that it dies at another message each time.
        process.join(0.15 + kill * 0.05)
        process.kill()
        process.join()
    end = datetime.now(UTC) + timedelta(seconds=20)
    while (last := reading(campaign)).busy:
        assert datetime.now(UTC) < end, "the session of a killed reading did not end"
    assert last.problems == []
    assert sorted(events()) == sorted((lead, "replied") for lead, _, _ in written)
    assert len(kept()) == 150


def _read_once() -> None:
    from aicmo_dagster.flow import mailboxes

    mailboxes.read_all()


def test_an_untrusted_certificate_is_a_problem_that_keeps_no_other_mailbox_from_being_read(
    dovecot: Mailboxes, mailbox: str, tmp_path: Path
) -> None:
    other, _ = certificate(tmp_path)
    found = reading(live_campaign(mailbox, dovecot, ca_file=str(other)))
    assert found.messages == 0
    assert "certificate" in found.problems[0]


def test_starttls_secures_the_connection_before_the_login(dovecot: Mailboxes, mailbox: str) -> None:
    campaign = live_campaign(mailbox, dovecot, security="starttls", port=dovecot.imap)
    dovecot.put(mailbox, letter())
    add_written(campaign)
    assert reading(campaign).kinds == {"reply": 1}


def test_a_refused_login_names_the_variable_of_the_password_and_not_the_password(
    dovecot: Mailboxes, mailbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AICMO_TEST_WRONG", "not-the-password")
    (problem,) = reading(live_campaign(mailbox, dovecot, password_env="AICMO_TEST_WRONG")).problems
    assert "AICMO_TEST_WRONG" in problem
    assert "not-the-password" not in problem


def test_a_missing_password_names_its_variable(dovecot: Mailboxes, mailbox: str) -> None:
    (problem,) = reading(live_campaign(mailbox, dovecot, password_env="AICMO_TEST_NOT_SET")).problems
    assert problem.endswith("set the environment variable AICMO_TEST_NOT_SET")


def test_a_folder_that_is_not_there_is_told_and_the_others_are_read(dovecot: Mailboxes, mailbox: str) -> None:
    campaign = live_campaign(mailbox, dovecot, folders=["Nowhere", "INBOX"])
    add_written(campaign)
    dovecot.put(mailbox, letter())
    found = reading(campaign)
    assert found.kinds == {"reply": 1}
    assert "'Nowhere'" in found.problems[0]


def test_a_server_that_nobody_reaches_is_a_problem_and_no_error(dovecot: Mailboxes, mailbox: str) -> None:
    (problem,) = reading(live_campaign(mailbox, dovecot, port=1)).problems
    assert "127.0.0.1:1" in problem
