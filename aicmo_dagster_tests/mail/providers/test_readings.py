"""What the events of each provider are taken for. Hard is what nothing speaks against."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.mail.providers import PROVIDERS, fields
from aicmo_dagster.mail.providers.event import KINDS
from aicmo_dagster_tests.mail.providers.deliveries import (
    MESSAGE,
    WHO,
    delivered,
    mailgun_event,
    mailgun_failure,
    postmark_bounce,
    postmark_event,
    providers,
    resend_event,
    sendgrid_event,
    ses_bounce,
    ses_event,
)
from aicmo_dagster_tests.outreach import NOW

GONE = "550 5.1.1 The email account that you tried to reach does not exist"
FULL = "552 5.2.2 The email account that you tried to reach is over quota"
BLOCKED = "550 5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
MAILGUN_BROWSER = {"client-info": {"user-agent": BROWSER, "client-type": "browser", "bot": ""}}
SPAM = "554 5.7.1 Message rejected as spam by content filter"


def sendgrid_bounce(reason: str, **more: Any) -> dict[str, Any]:
    status = next((word for word in reason.split() if word.count(".") == 2), "5.0.0")
    return sendgrid_event("bounce", **{"type": "bounce", "reason": reason, "status": status, **more})


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (sendgrid_event("processed"), None),
        (sendgrid_event("deferred", response="451 try again later", attempt="3"), None),
        (sendgrid_event("delivered"), "delivered"),
        (sendgrid_event("spamreport"), "complained"),
        (sendgrid_event("unsubscribe"), "unsubscribed"),
        (sendgrid_event("group_unsubscribe", asm_group_id=1), "unsubscribed"),
        (sendgrid_event("group_resubscribe", asm_group_id=1), None),
        (sendgrid_event("open"), "opened"),
        (sendgrid_event("click", url="https://example.com/"), "clicked"),
        (sendgrid_bounce(GONE), "bounced"),
        (sendgrid_bounce(GONE, bounce_classification="Invalid Address"), "bounced"),
        (sendgrid_bounce("", bounce_classification="Invalid Address", status=""), "bounced"),
        (sendgrid_bounce("", status=""), "soft_bounced"),
        (sendgrid_bounce(FULL), "soft_bounced"),
        (sendgrid_bounce(FULL, bounce_classification="Mailbox Unavailable"), "soft_bounced"),
        (sendgrid_bounce(BLOCKED), "refused"),
        (sendgrid_bounce(BLOCKED, type="blocked", bounce_classification="Reputation"), "refused"),
        (sendgrid_bounce(GONE, type="blocked"), "refused"),
        (sendgrid_bounce(GONE, bounce_classification="Content"), "refused"),
        (sendgrid_bounce(SPAM, type="blocked", bounce_classification="Content"), "refused"),
        (sendgrid_event("dropped", reason="Bounced Address"), "soft_bounced"),
        (sendgrid_event("dropped", reason="Unsubscribed Address"), "unsubscribed"),
        (sendgrid_event("dropped", reason="Spam Reporting Address"), "unsubscribed"),
        (sendgrid_event("dropped", reason="Spam Content (if spam checker app enabled)"), "refused"),
        (sendgrid_event("dropped", reason="Recipient List over Package Quota"), "refused"),
        (sendgrid_event("dropped", reason="Invalid SMTPAPI header"), "refused"),
    ],
)
def test_sendgrid(event: dict[str, Any], kind: str | None) -> None:
    found = PROVIDERS["sendgrid"].read(event)
    assert (found.kind, found.message_id, found.recipient, found.at) == (kind, MESSAGE, WHO, NOW)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (ses_event("Send"), None),
        (ses_event("DeliveryDelay", delayType="MailboxFull"), None),
        (ses_event("Delivery"), "delivered"),
        (ses_event("Open", userAgent="Mozilla/5.0"), "opened"),
        (ses_event("Click", link="https://example.com/"), "clicked"),
        (ses_event("Reject", reason="Bad content"), "refused"),
        (ses_event("Complaint", complainedRecipients=[{"emailAddress": WHO}]), "complained"),
        (ses_event("Complaint", complaintFeedbackType="abuse"), "complained"),
        (ses_event("Complaint", complaintFeedbackType="not-spam"), None),
        (ses_event("Complaint", complaintSubType="OnAccountSuppressionList"), "unsubscribed"),
        (ses_event("Subscription", newTopicPreferences={"unsubscribeAll": True}), "unsubscribed"),
        (ses_event("Subscription", newTopicPreferences={"unsubscribeAll": False}), None),
        (ses_bounce("Permanent", "General", status="5.1.1", diagnosticCode=f"smtp; {GONE}"), "bounced"),
        (ses_bounce("Permanent", "NoEmail"), "bounced"),
        (ses_bounce("Permanent", "General"), "soft_bounced"),
        (ses_bounce("Permanent", "General", status="5.7.1", diagnosticCode=f"smtp; {BLOCKED}"), "refused"),
        (ses_bounce("Permanent", "General", status="5.2.2", diagnosticCode=f"smtp; {FULL}"), "soft_bounced"),
        (
            ses_bounce("Permanent", "Suppressed", status="5.1.1", diagnosticCode="Amazon SES has"),
            "soft_bounced",
        ),
        (ses_bounce("Permanent", "OnAccountSuppressionList", status="5.1.1"), "soft_bounced"),
        (ses_bounce("Transient", "MailboxFull", status="5.2.2", diagnosticCode=FULL), "soft_bounced"),
        (ses_bounce("Transient", "General", status="5.1.1", diagnosticCode=GONE), "soft_bounced"),
        (ses_bounce("Transient", "ContentRejected"), "refused"),
        (ses_bounce("Undetermined", "Undetermined"), "soft_bounced"),
    ],
)
def test_ses(event: dict[str, Any], kind: str | None) -> None:
    found = PROVIDERS["ses"].read(event)
    assert (found.kind, found.message_id, found.recipient) == (kind, MESSAGE, WHO)
    assert found.at is not None
    assert found.at.replace(second=0) == NOW


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (postmark_event("Delivery"), "delivered"),
        (postmark_event("Open", FirstOpen=True), "opened"),
        (postmark_event("Click", OriginalLink="https://example.com/"), "clicked"),
        (postmark_event("SpamComplaint", Type="SpamComplaint"), "complained"),
        (postmark_bounce("HardBounce", GONE), "bounced"),
        (postmark_bounce("HardBounce", "The server was unable to deliver your message"), "bounced"),
        (postmark_bounce("HardBounce", FULL), "soft_bounced"),
        (postmark_bounce("HardBounce", BLOCKED), "refused"),
        (postmark_bounce("BadEmailAddress", ""), "bounced"),
        (postmark_bounce("SoftBounce", FULL), "soft_bounced"),
        (postmark_bounce("SoftBounce", GONE), "soft_bounced"),
        (postmark_bounce("Unknown", ""), "soft_bounced"),
        (postmark_bounce("Blocked", GONE), "refused"),
        (postmark_bounce("SpamNotification", SPAM), "refused"),
        (postmark_bounce("DMARCPolicy", ""), "refused"),
        (postmark_bounce("Transient", "451 4.7.1 greylisted"), None),
        (postmark_bounce("DnsError", ""), None),
        (postmark_bounce("AutoResponder", "I am on holiday"), None),
        (postmark_bounce("Unsubscribe", ""), "unsubscribed"),
        (
            postmark_event(
                "SubscriptionChange",
                SuppressSending=True,
                SuppressionReason="ManualSuppression",
                Origin="Recipient",
            ),
            "unsubscribed",
        ),
        (
            postmark_event(
                "SubscriptionChange",
                SuppressSending=True,
                SuppressionReason="ManualSuppression",
                Origin="Admin",
            ),
            "refused",
        ),
        (
            postmark_event("SubscriptionChange", SuppressSending=True, SuppressionReason="HardBounce"),
            "soft_bounced",
        ),
        (postmark_event("SubscriptionChange", SuppressSending=False), None),
    ],
)
def test_postmark(event: dict[str, Any], kind: str | None) -> None:
    found = PROVIDERS["postmark"].read(event)
    assert (found.kind, found.message_id, found.recipient) == (kind, MESSAGE, WHO)
    assert found.at is not None
    assert found.at.replace(microsecond=0) == NOW


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (mailgun_event("accepted"), None),
        (mailgun_event("delivered"), "delivered"),
        (mailgun_event("opened"), "opened"),
        (mailgun_event("clicked", url="https://example.com/"), "clicked"),
        (mailgun_event("complained"), "complained"),
        (mailgun_event("unsubscribed"), "unsubscribed"),
        (mailgun_event("rejected", reject={"reason": "Sandbox subdomains"}), "refused"),
        (mailgun_failure("permanent", "bounce", code=550, message=GONE[4:]), "bounced"),
        (mailgun_failure("permanent", "generic", code=550, message=GONE[4:]), "bounced"),
        (mailgun_failure("permanent", "bounce", code=552, message=FULL[4:]), "soft_bounced"),
        (mailgun_failure("permanent", "generic", code=550, message=BLOCKED[4:]), "refused"),
        (mailgun_failure("permanent", "espblock", code=550, message=GONE[4:]), "refused"),
        (mailgun_failure("permanent", "suppress-bounce", code=605, message=""), "soft_bounced"),
        (mailgun_failure("permanent", "suppress-unsubscribe", code=606), "unsubscribed"),
        (mailgun_failure("permanent", "suppress-complaint", code=607), "unsubscribed"),
        (mailgun_failure("permanent", "old", code=602, message="Too old"), "soft_bounced"),
        (mailgun_failure("permanent", "generic"), "soft_bounced"),
        (mailgun_failure("temporary", "generic", code=452, message=FULL[4:]), None),
        (mailgun_failure("temporary", "bounce", code=550, message=GONE[4:]), None),
    ],
)
def test_mailgun(event: dict[str, Any], kind: str | None) -> None:
    found = PROVIDERS["mailgun"].read({"signature": {}, "event-data": event})
    assert (found.kind, found.message_id, found.recipient) == (kind, MESSAGE, WHO)
    assert found.at is not None
    assert found.at.replace(microsecond=0) == NOW


def resend_bounce(kind: str, detail: str, message: str) -> dict[str, Any]:
    return resend_event("email.bounced", bounce={"type": kind, "subType": detail, "message": message})


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (resend_event("email.sent"), None),
        (resend_event("email.delivery_delayed"), None),
        (resend_event("email.delivered"), "delivered"),
        (resend_event("email.complained"), "complained"),
        (resend_event("email.opened"), "opened"),
        (resend_event("email.clicked", click={"link": "https://example.com/"}), "clicked"),
        (resend_event("email.failed", failed={"reason": "reached_daily_quota"}), "refused"),
        (resend_event("email.suppressed"), "soft_bounced"),
        (
            resend_bounce(
                "Permanent", "General", "The recipient's email provider sent a hard bounce message."
            ),
            "bounced",
        ),
        (resend_bounce("Permanent", "NoEmail", "The address could not be found in it."), "bounced"),
        (
            resend_bounce(
                "Permanent", "Suppressed", "It is on the suppression list: a recent history of hard bounces."
            ),
            "soft_bounced",
        ),
        (
            resend_bounce(
                "Transient", "MailboxFull", "A bounce message because the recipient's inbox was full."
            ),
            "soft_bounced",
        ),
        (resend_bounce("Transient", "ContentRejected", "The content was rejected."), "refused"),
        (resend_bounce("Undetermined", "Undetermined", ""), "soft_bounced"),
    ],
)
def test_resend(event: dict[str, Any], kind: str | None) -> None:
    found = PROVIDERS["resend"].read(event)
    assert (found.kind, found.message_id, found.recipient, found.at) == (kind, MESSAGE, WHO, NOW)


@pytest.mark.parametrize(("words", "kind"), [(GONE, "bounced"), (FULL, "soft_bounced"), (BLOCKED, "refused")])
def test_the_servers_words_count_where_resend_passes_them_on(words: str, kind: str) -> None:
    event = resend_bounce(
        "Permanent", "General", "The recipient's email provider sent a hard bounce message."
    )
    event["data"]["bounce"]["diagnosticCode"] = [f"smtp; {words}"]
    assert PROVIDERS["resend"].read(event).kind == kind


def test_the_argument_of_a_mail_names_it_where_sendgrid_does_not() -> None:
    event = sendgrid_event("open", None, aicmo_mail=MESSAGE)
    assert PROVIDERS["sendgrid"].read(event).message_id == MESSAGE
    assert PROVIDERS["sendgrid"].read(sendgrid_event("open", None)).message_id is None


def test_a_message_id_is_the_same_however_it_is_written() -> None:
    for written in (MESSAGE, MESSAGE.strip("<>"), f" {MESSAGE} "):
        assert fields.message_id(written) == MESSAGE
    for wrong in ("", "<>", "no", "<a@b> <c@d>", "a@b\r\nBcc: c@d", "x" * 2000 + "@example.com"):
        assert fields.message_id(wrong) is None


@pytest.mark.parametrize(
    ("name", "event", "link"),
    [
        ("sendgrid", sendgrid_event("click", url="https://example.com/", useragent=BROWSER), True),
        ("sendgrid", sendgrid_event("open", useragent=BROWSER), False),
        ("ses", ses_event("Click", link="https://example.com/", userAgent=BROWSER), True),
        ("ses", ses_event("Open", userAgent=BROWSER), False),
        ("postmark", postmark_event("Click", OriginalLink="https://example.com/", UserAgent=BROWSER), True),
        (
            "mailgun",
            {"event-data": {**mailgun_event("clicked", url="https://example.com/"), **MAILGUN_BROWSER}},
            True,
        ),
        (
            "resend",
            resend_event("email.clicked", click={"link": "https://example.com/", "userAgent": BROWSER}),
            True,
        ),
    ],
)
def test_a_click_tells_the_link_and_what_asked(name: str, event: dict[str, Any], link: bool) -> None:
    found = PROVIDERS[name].read(event)
    assert (found.agent, found.link) == (BROWSER, "https://example.com/" if link else "")
    assert not found.by_machine


def test_what_the_provider_takes_for_a_machines_doing_is_told() -> None:
    assert PROVIDERS["sendgrid"].read(sendgrid_event("open", sg_machine_open=True)).by_machine
    bot = {"event-data": {**mailgun_event("opened"), "client-info": {"bot": "apple"}}}
    assert PROVIDERS["mailgun"].read(bot).by_machine


@pytest.mark.parametrize(
    "when", [-1, 0, 1e300, float("nan"), "9" * 400, "2026", True, [], "soon", 2**70, 4e12]
)
def test_an_absurd_time_is_none(when: object) -> None:
    assert PROVIDERS["sendgrid"].read(sendgrid_event("delivered", timestamp=when)).at is None


@pytest.mark.parametrize(
    "when", ["", "soon", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "2026-13-01"]
)
def test_an_absurd_date_is_none(when: str) -> None:
    assert fields.moment(when) is None


def test_a_date_without_a_zone_is_in_utc() -> None:
    assert fields.moment("2026-03-02 10:00:00.123456789") == datetime(2026, 3, 2, 10, 0, 0, 123456, UTC)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([WHO, MESSAGE, GONE]),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
    max_leaves=8,
)


def _broken(event: Any, path: list[int], value: Any) -> Any:
    """The event with something else somewhere in it."""
    if not path:
        return value
    if isinstance(event, dict) and event:
        name = sorted(event)[path[0] % len(event)]
        return {**event, name: _broken(event[name], path[1:], value)}
    if isinstance(event, list) and event:
        place = path[0] % len(event)
        return [*event[:place], _broken(event[place], path[1:], value), *event[place + 1 :]]
    return value


@given(
    st.sampled_from(sorted(PROVIDERS)),
    st.sampled_from(["bounce", "open", "complaint"]),
    st.lists(st.integers(0, 20), max_size=5),
    _JSON,
)
def test_whatever_an_event_holds_it_is_read(name: str, what: str, path: list[int], value: Any) -> None:
    events: dict[str, dict[str, Any]] = {
        "sendgrid": {
            "bounce": sendgrid_bounce(GONE),
            "open": sendgrid_event("open"),
            "complaint": sendgrid_event("spamreport"),
        },
        "ses": {
            "bounce": ses_bounce("Permanent", "NoEmail"),
            "open": ses_event("Open"),
            "complaint": ses_event("Complaint", complainedRecipients=[{"emailAddress": WHO}]),
        },
        "postmark": {
            "bounce": postmark_bounce("HardBounce", GONE),
            "open": postmark_event("Open"),
            "complaint": postmark_event("SubscriptionChange", SuppressSending=True),
        },
        "mailgun": {
            "bounce": {"event-data": mailgun_failure("permanent", "bounce", code=550, message=GONE)},
            "open": {"event-data": mailgun_event("opened")},
            "complaint": {"event-data": mailgun_event("complained")},
        },
        "resend": {
            "bounce": resend_bounce("Permanent", "NoEmail", GONE),
            "open": resend_event("email.opened"),
            "complaint": resend_event("email.complained"),
        },
    }
    found = PROVIDERS[name].read(fields.cleaned(_broken(events[name][what], path, value)))
    assert found.kind in (*KINDS, None)
    assert found.at is None or found.at.tzinfo is not None
    for text in (found.message_id, found.recipient):
        assert text is None or ("\x00" not in text and text.encode())


@given(_JSON)
def test_what_is_parsed_can_be_stored(value: Any) -> None:
    parsed = fields.parse(json.dumps(value).encode())
    assert "\\u0000" not in json.dumps(parsed, allow_nan=False).replace("\\\\", "")
    assert json.dumps(parsed, ensure_ascii=False).encode()
    assert fields.cleaned(parsed) == parsed


def test_every_provider_has_its_examples() -> None:
    assert set(delivered()) == set(PROVIDERS) == set(providers())
