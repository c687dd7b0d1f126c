import base64
import http.client
import json
import logging
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import uvicorn
from sqlalchemy.engine import URL
from starlette.applications import Starlette
from starlette.routing import Mount

from aicmo_dagster.api import provider_events
from aicmo_dagster.mail import effects, tokens
from aicmo_dagster.mail.providers import RULES_VERSION, recording
from aicmo_dagster.store import database, persons, suppressions
from aicmo_dagster.store import provider_events as store_events
from aicmo_dagster_tests.mail.providers import deliveries
from aicmo_dagster_tests.mail.providers.deliveries import Delivery
from aicmo_dagster_tests.outreach import NOW, add_campaign, add_lead, add_send, states

GONE = "550 5.1.1 The email account that you tried to reach does not exist"
SOMEBODY_WAITS = """
SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database()
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Of a real server on loopback, on which it is always the moment `NOW`."""
    inner = provider_events.app(deliveries.providers(), lambda: NOW)
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=[Mount("/events", inner)]), port=0, log_level="warning")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.fixture(autouse=True)
def _environment(store: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in deliveries.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def post(
    port: int, provider: str, delivery: Delivery, method: str = "POST", **more: str
) -> tuple[int, dict[str, Any]]:
    headers, body = delivery
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, f"/events/{provider}", body, {**headers, **more})
    answer = connection.getresponse()
    content = answer.read()
    return answer.status, json.loads(content) if content.startswith(b"{") else {}


def add_mail(address: str = deliveries.WHO, number: int = 1, **fields: Any) -> tuple[int, int, str]:
    """Lead, mail and Message-ID of one that was sent."""
    campaign = add_campaign().id
    lead = add_lead(campaign, address)
    return lead, *add_mail_to(campaign, lead, address, number, **fields)


def add_mail_to(campaign: int, lead: int, address: str, number: int, **fields: Any) -> tuple[int, str]:
    message = f"<{number:032x}@example.com>"
    sent = {"state": "sent", "started_at": NOW, "sent_at": NOW, "mode": "live", "recipient": address}
    row = {**sent, "message_id": message, "sequence_version": number, **fields}
    return add_send(campaign, lead, **row), message


def kept() -> list[dict[str, Any]]:
    return database.fetch(
        "SELECT provider, kind, send_id, rules_version, processed_at, body FROM provider_events ORDER BY id"
    )


def happened(lead: int) -> list[str]:
    found = database.fetch(
        "SELECT kind FROM engagement_events WHERE lead_id = %s ORDER BY happened_at, id", [lead]
    )
    return [row["kind"] for row in found]


def suppressed() -> list[tuple[str, str]]:
    found = database.fetch("SELECT value, reason FROM suppressions ORDER BY value")
    return [(row["value"], row["reason"]) for row in found]


@pytest.mark.parametrize("provider", ["sendgrid", "ses", "postmark", "mailgun", "resend"])
def test_an_event_of_each_provider_has_its_effect_and_is_kept_as_it_came(port: int, provider: str) -> None:
    lead, send, message = add_mail()
    assert post(port, provider, deliveries.delivered(message)[provider]) == (200, {"new": 1})
    assert happened(lead) == ["delivered"]
    (event,) = kept()
    assert (event["provider"], event["kind"], event["send_id"]) == (provider, "delivered", send)
    assert event["rules_version"] == RULES_VERSION
    assert event["processed_at"] == NOW
    assert message.strip("<>") in json.dumps(event["body"])


@pytest.mark.parametrize("provider", ["sendgrid", "ses", "postmark", "mailgun", "resend"])
def test_a_delivery_that_comes_again_changes_nothing(port: int, provider: str) -> None:
    lead, _, message = add_mail()
    delivery = deliveries.delivered(message)[provider]
    assert [post(port, provider, delivery) for _ in range(2)] == [(200, {"new": 1}), (200, {"new": 0})]
    assert happened(lead) == ["delivered"]
    assert len(kept()) == 1


@pytest.mark.parametrize("provider", ["sendgrid", "ses", "postmark", "mailgun", "resend"])
def test_who_cannot_prove_it_is_refused_without_a_reason_and_nothing_is_kept(
    port: int, provider: str
) -> None:
    lead, _, message = add_mail()
    _, body = deliveries.delivered(message)[provider]
    body = body.replace(b'"Signature"', b'"Signatur"').replace(b'"signature"', b'"signatur"')
    headers: dict[str, str]
    for headers in ({}, {"authorization": "Basic ????"}, {"svix-signature": "v1,"}):
        assert post(port, provider, (headers, body)) == (401, {"error": "not proved"})
    assert happened(lead) == []
    assert kept() == []


def test_a_token_of_mailgun_that_is_played_back_with_another_event_brings_nothing(port: int) -> None:
    lead, _, message = add_mail()
    headers, body = deliveries.mailgun(deliveries.mailgun_event("delivered", message))
    assert post(port, "mailgun", (headers, body)) == (200, {"new": 1})
    forged = {**json.loads(body), "event-data": deliveries.mailgun_event("unsubscribed", message)}
    assert post(port, "mailgun", (headers, json.dumps(forged).encode())) == (200, {"new": 0})
    assert happened(lead) == ["delivered"]
    assert suppressed() == []


def test_a_hard_bounce_suppresses_the_address_and_a_block_does_not(port: int) -> None:
    lead, _, message = add_mail()
    blocked = deliveries.sendgrid_event(
        "bounce", message, type="blocked", reason="550 5.7.1 blocked using Spamhaus", status="5.7.1"
    )
    gone = deliveries.sendgrid_event("bounce", message, type="bounce", reason=GONE, status="5.1.1")
    assert post(port, "sendgrid", deliveries.sendgrid(blocked))[0] == 200
    assert suppressed() == []
    assert post(port, "sendgrid", deliveries.sendgrid(gone))[0] == 200
    assert suppressed() == [(deliveries.WHO, "bounced")]
    assert happened(lead) == ["bounced"]
    assert [event["kind"] for event in kept()] == ["refused", "bounced"]


def test_a_complaint_and_a_wish_stop_all_mails(port: int) -> None:
    lead, _, message = add_mail()
    waiting = add_send(add_campaign().id, lead, step=2)
    other, _, wish = add_mail("other@example.org", 2)
    assert post(
        port, "ses", deliveries.ses(deliveries.ses_event("Complaint", message, complaintFeedbackType="abuse"))
    ) == (200, {"new": 1})
    assert (
        post(port, "sendgrid", deliveries.sendgrid(deliveries.sendgrid_event("unsubscribe", wish)))[0] == 200
    )
    assert suppressed() == [(deliveries.WHO, "complained"), ("other@example.org", "unsubscribed")]
    assert (happened(lead), happened(other)) == (["complained"], ["unsubscribed"])
    assert states()[waiting] == "skipped"


def test_three_soft_bounces_in_a_row_and_a_delivery_in_the_same_batch_clears_them(port: int) -> None:
    campaign = add_campaign().id
    lead, cleared = add_lead(campaign), add_lead(campaign, "other@example.org")
    events = []
    for number in range(1, 4):
        at = NOW + timedelta(minutes=number)
        fields: dict[str, Any] = {"started_at": at, "sent_at": at}
        full = {"reason": "552 5.2.2 mailbox full", "status": "5.2.2", "timestamp": int(at.timestamp()) + 5}
        _, one = add_mail_to(campaign, lead, deliveries.WHO, number, **fields)
        _, two = add_mail_to(campaign, cleared, "other@example.org", 10 + number, **fields)
        events += [
            deliveries.sendgrid_event("bounce", message, type="bounce", **full) for message in (one, two)
        ]
        if number == 2:
            later = {"timestamp": int(at.timestamp()) + 20}
            events.append(deliveries.sendgrid_event("delivered", two, **later))
    assert post(port, "sendgrid", deliveries.sendgrid(*events)) == (200, {"new": 7})
    assert suppressed() == [(deliveries.WHO, "bounced")]
    assert happened(cleared) == ["soft_bounced", "soft_bounced", "delivered", "soft_bounced"]


def test_a_failure_of_somebody_behind_the_address_is_not_hard(port: int) -> None:
    _, _, message = add_mail()
    gone = deliveries.ses_bounce("Permanent", "NoEmail", message, emailAddress="member@example.net")
    assert post(port, "ses", deliveries.ses(gone))[0] == 200
    assert [event["kind"] for event in kept()] == ["soft_bounced"]
    assert suppressed() == []


def test_any_event_proves_that_an_uncertain_mail_left(port: int) -> None:
    _, send, message = add_mail(state="uncertain", sent_at=None)
    processed = deliveries.sendgrid_event("processed", message)
    assert post(port, "sendgrid", deliveries.sendgrid(processed)) == (200, {"new": 1})
    assert states() == {send: "sent"}
    (event,) = kept()
    assert (event["kind"], event["send_id"]) == (None, send)


def test_mails_that_are_not_ours_are_kept_and_harm_nobody(port: int) -> None:
    lead, _, _ = add_mail()
    others = [
        deliveries.sendgrid_event(kind, "<of.another.program@example.com>", type="bounce", reason=GONE)
        for kind in ("bounce", "spamreport", "unsubscribe", "delivered", "open")
    ]
    assert post(port, "sendgrid", deliveries.sendgrid(*others)) == (200, {"new": 5})
    assert {(event["kind"], event["send_id"]) for event in kept()} == {(None, None)}
    assert all(event["processed_at"] == NOW for event in kept())
    assert (happened(lead), suppressed()) == ([], [])


def test_a_wish_that_names_no_mail_counts_for_the_address_that_we_wrote_to(port: int) -> None:
    lead, send, _ = add_mail(state="uncertain", sent_at=None)
    nobody = deliveries.resend_event("email.complained", None, to=["stranger@example.org"])
    assert post(port, "resend", deliveries.resend(nobody))[0] == 200
    assert (
        post(port, "resend", deliveries.resend(deliveries.resend_event("email.complained", None)))[0] == 200
    )
    assert suppressed() == [(deliveries.WHO, "complained")]
    assert happened(lead) == ["complained"]
    assert states() == {send: "uncertain"}, "a guess is no evidence"


def test_an_open_that_names_no_mail_is_nobodys(port: int) -> None:
    lead, _, _ = add_mail()
    assert post(port, "resend", deliveries.resend(deliveries.resend_event("email.opened", None)))[0] == 200
    assert happened(lead) == []


def test_an_address_that_the_lead_has_no_more_stops_nobody(port: int) -> None:
    lead, _, _ = add_mail()
    with database.transaction() as cursor:
        cursor.execute("UPDATE leads SET email = 'new@example.org', identity = 'new@example.org'")
    gone = deliveries.postmark_bounce("HardBounce", GONE, None)
    assert post(port, "postmark", deliveries.postmark(gone))[0] == 200
    assert (happened(lead), suppressed()) == ([], [])


def test_who_complains_from_an_address_that_the_lead_has_no_more_is_heard(port: int) -> None:
    add_mail()
    with database.transaction() as cursor:
        cursor.execute("UPDATE leads SET email = 'new@example.org', identity = 'new@example.org'")
    post(port, "postmark", deliveries.postmark(deliveries.postmark_bounce("SpamComplaint", GONE, None)))
    assert (deliveries.WHO, "complained") in suppressed()


def test_one_bad_event_costs_only_itself(port: int) -> None:
    lead, _, message = add_mail()
    good = deliveries.sendgrid_event("delivered", message)
    bad: list[Any] = [
        None,
        7,
        "text",
        [],
        [[[]]],
        {},
        {"event": ["delivered"], "smtp-id": {"a": 1}, "sg_event_id": 9.5},
        {"event": "bounce", "smtp-id": message, "email": "\x00", "timestamp": "\ud800"},
        {"event": "open", "smtp-id": message, "timestamp": -1e99, "sg_event_id": "x" * 5000},
        {
            "event": "open",
            "smtp-id": message,
            "timestamp": 1e12,
            "\x00": "\x00",
            "deep": json.loads("[" * 90 + "]" * 90),
        },
        {"event": "delivered", "smtp-id": message, "sg_event_id": good["sg_event_id"]},
        {"huge": 10**4000},
    ]
    assert post(port, "sendgrid", deliveries.sendgrid(*bad[:6], good, *bad[6:]))[0] == 200
    assert "delivered" in happened(lead)
    assert all(event["processed_at"] is not None for event in kept())
    assert len(kept()) == len(bad)


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b"\xff\xfe\x00", b"[" * 200_000, b'{"a":' * 50_000, b"1" * 5_000]
)
def test_a_hostile_body_is_refused_proved_or_not(port: int, body: bytes) -> None:
    assert post(port, "sendgrid", deliveries.signed_sendgrid(body))[0] == 400
    for provider in ("sendgrid", "ses", "mailgun", "postmark", "resend"):
        assert post(port, provider, ({}, body))[0] == 401
    assert kept() == []


def test_a_body_that_is_too_long_is_not_read(port: int) -> None:
    for provider, size in (("sendgrid", 4 << 20), ("ses", 1 << 20)):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.putrequest("POST", f"/events/{provider}")
        connection.putheader("Content-Length", str(size + 1))
        connection.endheaders()
        assert connection.getresponse().status == 413


def test_a_chunked_body_that_is_too_long_is_refused(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    # So that the last byte is what is too much, and nothing is left unread.
    chunks = [b"x" * (1 << 20), b"x"]
    connection.request("POST", "/events/ses", iter(chunks), encode_chunked=True)
    assert connection.getresponse().status == 413


def test_other_methods_and_providers_are_not_there(port: int) -> None:
    assert post(port, "sendgrid", ({}, b""), "GET")[0] == 405
    assert post(port, "sendgrind", ({}, b""))[0] == 404
    assert post(port, "sendgrid", ({}, b""), **{"Content-Encoding": "gzip"})[0] == 415


def test_a_subscription_is_answered_and_nothing_is_kept(port: int) -> None:
    assert post(port, "ses", deliveries.subscription()) == (200, {"new": 0})
    assert kept() == []


def test_without_a_database_the_provider_is_asked_to_come_again(
    port: int, store: URL, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lead, _, message = add_mail()
    delivery = deliveries.delivered(message)["sendgrid"]
    monkeypatch.setenv("AICMO_DATABASE_URL", "postgresql://nobody:secret-word@127.0.0.1:1/none")
    with caplog.at_level(logging.ERROR):
        status, said = post(port, "sendgrid", delivery)
    assert (status, said) == (503, {"error": "cannot take events just now; send again"})
    assert deliveries.WHO not in caplog.text
    assert "secret-word" not in caplog.text
    monkeypatch.setenv("AICMO_DATABASE_URL", store.render_as_string(hide_password=False))
    assert post(port, "sendgrid", delivery) == (200, {"new": 1})
    assert happened(lead) == ["delivered"]


def test_a_key_that_is_none_is_asked_again_and_logged_without_it(
    port: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AICMO_SENDGRID_WEBHOOK_KEY", "not*a*key")
    with caplog.at_level(logging.ERROR):
        assert post(port, "sendgrid", deliveries.delivered()["sendgrid"])[0] == 503
    assert "AICMO_SENDGRID_WEBHOOK_KEY" in caplog.text
    assert "not*a*key" not in caplog.text


def test_what_was_kept_before_a_crash_is_processed_when_it_comes_again(port: int) -> None:
    lead, _, message = add_mail()
    event = deliveries.sendgrid_event("delivered", message)
    with database.transaction() as cursor:
        store_events.add(cursor, "sendgrid", [(event["sg_event_id"], event, None)])
    assert post(port, "sendgrid", deliveries.sendgrid(event)) == (200, {"new": 1})
    assert happened(lead) == ["delivered"]


def test_the_same_delivery_on_many_connections_at_once_has_its_effects_once(port: int) -> None:
    campaign = add_campaign().id
    events = []
    for number in range(1, 21):
        address = f"lead{number}@example.org"
        lead = add_lead(campaign, address)
        _, message = add_mail_to(campaign, lead, address, number)
        kinds = ("delivered", "open", "spamreport")
        events += [deliveries.sendgrid_event(what, message) for what in kinds]
    forwards, backwards = deliveries.sendgrid(*events), deliveries.sendgrid(*events[::-1])
    answers: list[tuple[int, dict[str, Any]]] = []
    threads = [
        threading.Thread(target=lambda one=one: answers.append(post(port, "sendgrid", one)))
        for one in (forwards, backwards, forwards, backwards)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status for status, _ in answers] == [200] * 4
    assert len(kept()) == 60
    counts = database.fetch("SELECT kind, count(*) AS n FROM engagement_events GROUP BY kind ORDER BY kind")
    assert {row["kind"]: row["n"] for row in counts} == {"complained": 20, "delivered": 20, "opened": 20}


def test_an_event_that_has_no_effect_for_a_fault_of_ours_keeps_none_from_theirs(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    lead, _, message = add_mail()
    other, _, theirs = add_mail("other@example.org", 2)
    with database.transaction() as cursor:
        cursor.execute(f"ALTER TABLE engagement_events ADD CONSTRAINT odd CHECK (lead_id <> {lead})".encode())
    events = [deliveries.sendgrid_event("delivered", one) for one in (message, theirs)]
    assert post(port, "sendgrid", deliveries.sendgrid(*events)) == (200, {"new": 2})
    assert (happened(lead), happened(other)) == ([], ["delivered"])
    assert sorted(event["processed_at"] is None for event in kept()) == [False, True]
    assert "cannot be processed" in caplog.text
    assert deliveries.WHO not in caplog.text
    with database.transaction() as cursor:
        cursor.execute("ALTER TABLE engagement_events DROP CONSTRAINT odd")
    assert recording.replay(NOW) == (1, [])
    assert happened(lead) == ["delivered"]


def test_events_out_of_order_are_all_had(port: int) -> None:
    lead, _, message = add_mail()
    for seconds, what in ((30, "click"), (20, "open"), (10, "delivered"), (0, "processed")):
        at = int((NOW - timedelta(minutes=1)).timestamp()) + seconds
        event = deliveries.sendgrid_event(what, message, timestamp=at)
        assert post(port, "sendgrid", deliveries.sendgrid(event)) == (200, {"new": 1})
    assert happened(lead) == ["delivered", "opened", "clicked"]


def test_an_event_of_the_future_and_one_without_a_time_happened_when_they_came(port: int) -> None:
    lead, _, message = add_mail()
    later = deliveries.sendgrid_event("delivered", message, timestamp=int(NOW.timestamp()) + 10**8)
    assert post(port, "sendgrid", deliveries.sendgrid(later))[0] == 200
    (row,) = database.fetch("SELECT happened_at FROM engagement_events WHERE lead_id = %s", [lead])
    assert row["happened_at"] == NOW


def test_of_a_person_who_was_erased_a_late_event_leaves_no_address(port: int) -> None:
    add_mail()
    with database.transaction() as cursor:
        tokens.secret(cursor)
        persons.erase(cursor, deliveries.WHO, "test")
    late = deliveries.sendgrid_event("spamreport", deliveries.MESSAGE, email="Lead@Example.org")
    assert post(port, "sendgrid", deliveries.sendgrid(late)) == (200, {"new": 1})
    assert [event["body"] for event in kept()] == [{"erased": True}]


def test_an_event_that_comes_while_its_person_is_erased_leaves_no_address(port: int) -> None:
    _, _, message = add_mail()
    answers: list[int] = []
    thread = threading.Thread(
        target=lambda: answers.append(post(port, "sendgrid", deliveries.delivered(message)["sendgrid"])[0])
    )
    with database.transaction() as cursor:
        persons.erase(cursor, deliveries.WHO, "test")
        thread.start()
        while cursor.execute(SOMEBODY_WAITS).fetchone() is None:
            time.sleep(0.01)
    thread.join()
    assert answers == [200]
    assert [event["body"] for event in kept()] == [{"erased": True}]


def test_erasing_a_person_takes_the_events_along(port: int) -> None:
    _, _, message = add_mail()
    for provider, delivery in deliveries.delivered(message).items():
        assert post(port, provider, delivery)[0] == 200
    stranger = deliveries.sendgrid_event("open", "<of.another@example.com>", email="Lead@example.org")
    assert post(port, "sendgrid", deliveries.sendgrid(stranger))[0] == 200
    with database.transaction() as cursor:
        persons.erase(cursor, deliveries.WHO, "test")
    assert kept() == []


def test_a_wish_that_a_person_took_back_is_not_repeated_by_reading_again(port: int) -> None:
    lead, _, message = add_mail()
    wish = deliveries.sendgrid(deliveries.sendgrid_event("unsubscribe", message))
    assert post(port, "sendgrid", wish)[0] == 200
    with database.transaction() as cursor:
        assert effects.resubscribed(cursor, lead, "test")
        cursor.execute("UPDATE provider_events SET rules_version = rules_version - 1")
    assert post(port, "sendgrid", wish)[0] == 200
    assert recording.replay(NOW) == (1, [])
    assert suppressed() == []


def test_while_a_bounce_is_recorded_no_mail_starts(port: int) -> None:
    _, _, message = add_mail()
    bounce = deliveries.sendgrid_event("bounce", message, type="bounce", reason=GONE, status="5.1.1")
    with psycopg.connect(database.libpq_url()) as other:
        other.execute("SELECT pg_advisory_xact_lock_shared(%s)", [suppressions.LOCK])
        answers: list[int] = []
        thread = threading.Thread(
            target=lambda: answers.append(post(port, "sendgrid", deliveries.sendgrid(bounce))[0])
        )
        thread.start()
        while other.execute(SOMEBODY_WAITS).fetchone() is None:
            time.sleep(0.01)
        assert suppressed() == []
        assert len(kept()) == 1, "it is kept already"
        other.rollback()
        thread.join()
    assert answers == [200]
    assert suppressed() == [(deliveries.WHO, "bounced")]


def test_the_login_of_postmark_is_asked_for(port: int) -> None:
    wrong = base64.b64encode(b"postmark:wrong").decode()
    event = json.dumps(deliveries.postmark_event("Delivery")).encode()
    assert post(port, "postmark", ({"authorization": f"Basic {wrong}"}, event))[0] == 401


def test_opens_and_clicks_are_had_with_the_probability_that_a_person_did_it(port: int) -> None:
    lead, _, message = add_mail(started_at=NOW - timedelta(hours=3), sent_at=NOW - timedelta(hours=3))
    browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    events = [
        deliveries.sendgrid_event("open", message, useragent=browser, sg_machine_open=True),
        deliveries.sendgrid_event("click", message, useragent=browser, url="https://example.com/"),
    ]
    assert post(port, "sendgrid", deliveries.sendgrid(*events))[0] == 200
    found = database.fetch(
        "SELECT kind, human FROM engagement_events WHERE lead_id = %s ORDER BY kind", [lead]
    )
    assert [(row["kind"], row["human"] > 0.5) for row in found] == [("clicked", True), ("opened", False)]


def test_more_deliveries_at_once_than_are_processed_at_once_are_all_taken(port: int) -> None:
    lead, _, message = add_mail()
    events = [
        deliveries.sendgrid_event("open", message, timestamp=int(NOW.timestamp()) - number)
        for number in range(12)
    ]
    answers: list[int] = []
    threads = [
        threading.Thread(
            target=lambda one=one: answers.append(post(port, "sendgrid", deliveries.sendgrid(one))[0])
        )
        for one in events
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 12
    assert happened(lead) == ["opened"] * 12


def test_bodies_that_never_end_keep_no_place_from_those_that_do(port: int) -> None:
    _, _, message = add_mail()
    slow = []
    for _ in range(20):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.putrequest("POST", "/events/sendgrid")
        connection.putheader("Content-Length", "100")
        connection.endheaders()
        slow.append(connection)
    assert post(port, "sendgrid", deliveries.delivered(message)["sendgrid"]) == (200, {"new": 1})
    for connection in slow:
        connection.close()
