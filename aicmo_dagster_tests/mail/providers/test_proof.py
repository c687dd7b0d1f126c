"""Who may tell us what became of a mail: nobody but the provider, and nothing that was changed on the way."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from aicmo_dagster.errors import ConfigurationError, StoreError
from aicmo_dagster.mail.providers import Piece, Provider, UnprovedError, UnreadableError, ses
from aicmo_dagster_tests.mail.providers import deliveries
from aicmo_dagster_tests.mail.providers.deliveries import Amazon, Delivery
from aicmo_dagster_tests.outreach import NOW

NAMES = ("sendgrid", "ses", "postmark", "mailgun", "resend")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in deliveries.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def pieces(name: str, delivery: Delivery, at: Any = NOW, amazon: Amazon | None = None) -> list[Piece]:
    return deliveries.providers(amazon)[name].pieces(*delivery, at)


def is_proved(name: str, delivery: Delivery, at: Any = NOW, amazon: Amazon | None = None) -> bool:
    try:
        pieces(name, delivery, at, amazon)
    except UnprovedError:
        return False
    return True


@pytest.mark.parametrize("name", NAMES)
def test_what_the_provider_sends_is_proved(name: str) -> None:
    (piece,) = pieces(name, deliveries.delivered()[name])
    assert piece.key


@pytest.mark.parametrize("name", NAMES)
def test_without_a_secret_nothing_is_proved(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in deliveries.ENVIRONMENT:
        monkeypatch.setenv(variable, " ")
    assert not is_proved(name, deliveries.delivered()[name])


@pytest.mark.parametrize("name", NAMES)
def test_without_its_proof_it_is_refused(name: str) -> None:
    _, body = deliveries.delivered()[name]
    body = body.replace(b'"Signature"', b'"Signatur"').replace(b'"signature"', b'"signatur"')
    assert not is_proved(name, ({}, body))


@pytest.mark.parametrize("name", ["sendgrid", "ses", "resend"])
def test_a_changed_body_is_refused(name: str) -> None:
    headers, body = deliveries.delivered()[name]
    changed = body.replace(b"elivered", b"omplained", 1).replace(b"Delivery", b"Complaint", 1)
    assert changed != body
    assert not is_proved(name, (headers, changed))


@pytest.mark.parametrize("name", ["sendgrid", "resend"])
def test_a_changed_time_is_refused(name: str) -> None:
    headers, body = deliveries.delivered()[name]
    later = {
        key: str(int(value) + 1) if key.endswith("timestamp") else value for key, value in headers.items()
    }
    assert not is_proved(name, (later, body))


@pytest.mark.parametrize(
    ("name", "oldest"),
    [("sendgrid", timedelta(hours=25)), ("mailgun", timedelta(hours=9)), ("resend", timedelta(minutes=5))],
)
def test_an_old_delivery_and_one_of_the_future_are_refused(name: str, oldest: timedelta) -> None:
    delivery = deliveries.delivered()[name]
    assert is_proved(name, delivery, NOW + oldest)
    assert not is_proved(name, delivery, NOW + oldest + timedelta(seconds=1))
    assert not is_proved(name, delivery, NOW - timedelta(minutes=5, seconds=1))


@pytest.mark.parametrize(
    ("name", "variable", "other"),
    [
        ("sendgrid", "AICMO_SENDGRID_WEBHOOK_KEY", None),
        ("ses", "AICMO_SES_TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:others"),
        ("postmark", "AICMO_POSTMARK_WEBHOOK_LOGIN", "other:login"),
        ("mailgun", "AICMO_MAILGUN_WEBHOOK_KEY", "another"),
        ("resend", "AICMO_RESEND_WEBHOOK_SECRET", "whsec_" + base64.b64encode(b"other").decode()),
    ],
)
def test_one_of_several_secrets_is_enough_and_another_is_not(
    name: str, variable: str, other: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if other is None:
        from cryptography.hazmat.primitives import serialization as form

        public = ec.generate_private_key(ec.SECP256R1()).public_key()
        der = public.public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo)
        other = base64.b64encode(der).decode()
    monkeypatch.setenv(variable, f"{other} {deliveries.ENVIRONMENT[variable]}")
    assert is_proved(name, deliveries.delivered()[name])
    monkeypatch.setenv(variable, other)
    assert not is_proved(name, deliveries.delivered()[name])


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("sendgrid", "AICMO_SENDGRID_WEBHOOK_KEY"),
        ("ses", "AICMO_SES_TOPIC_ARN"),
        ("resend", "AICMO_RESEND_WEBHOOK_SECRET"),
    ],
)
def test_a_secret_that_is_none_is_our_fault_and_said_without_it(
    name: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "whsec_*nonsense*")
    with pytest.raises(ConfigurationError, match=variable):
        pieces(name, deliveries.delivered()[name])


def test_an_rsa_key_is_no_key_of_sendgrid(monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography.hazmat.primitives import serialization as form

    public = rsa.generate_private_key(65537, 2048).public_key()
    der = public.public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo)
    monkeypatch.setenv("AICMO_SENDGRID_WEBHOOK_KEY", base64.b64encode(der).decode())
    with pytest.raises(ConfigurationError, match="AICMO_SENDGRID_WEBHOOK_KEY"):
        pieces("sendgrid", deliveries.delivered()["sendgrid"])


@pytest.mark.parametrize("name", ["sendgrid", "postmark", "resend"])
@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{", b"[" * 100_000, b"1" * 5_000])
def test_a_proved_body_that_is_no_json_is_told_apart(name: str, body: bytes) -> None:
    headers, _ = deliveries.delivered()[name]
    if name == "sendgrid":
        headers, _ = deliveries.signed_sendgrid(body)
    if name == "resend":
        import hmac

        key = base64.b64decode(deliveries.RESEND_SECRET.removeprefix("whsec_"))
        content = f"{headers['svix-id']}.{headers['svix-timestamp']}.".encode() + body
        headers["svix-signature"] = "v1," + base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    with pytest.raises(UnreadableError):
        pieces(name, (headers, body))


@pytest.mark.parametrize("name", ["ses", "mailgun"])
@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"{", b"[" * 100_000, b"null", b'{"signature": 1, "Type": []}']
)
def test_a_body_without_its_proof_inside_is_refused(name: str, body: bytes) -> None:
    assert not is_proved(name, ({}, body))


def test_mailgun_knows_an_event_by_what_is_signed() -> None:
    one = pieces("mailgun", deliveries.mailgun(deliveries.mailgun_event("delivered"), token="t" * 50))
    other = pieces("mailgun", deliveries.mailgun(deliveries.mailgun_event("complained"), token="t" * 50))
    assert one[0].key == other[0].key


@pytest.mark.parametrize("digits", [-3, -1, 1, 3])
def test_moving_a_digit_between_time_and_token_of_mailgun_makes_no_new_token(digits: int) -> None:
    token = "123" + "t" * 47
    headers, body = deliveries.mailgun(deliveries.mailgun_event("delivered"), token=token)
    delivery = json.loads(body)
    signed = delivery["signature"]["timestamp"] + token
    split = 10 + digits
    delivery["signature"] |= {"timestamp": signed[:split], "token": signed[split:]}
    assert not is_proved("mailgun", (headers, json.dumps(delivery).encode()))


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-central-1.amazonaws.com.example.com/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-central-1.amazonaws.com@example.com/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-central-1.amazonaws.com:8443/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
        "https://s3.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem?next=.pem",
        "https://sns.eu-central-1.amazonaws.com/x/../SimpleNotificationService-0123456789abcdef.pem",
        "https://169.254.169.254/SimpleNotificationService-0123456789abcdef.pem",
        "file:///etc/passwd",
        "",
    ],
)
def test_no_certificate_is_fetched_from_anywhere_else(url: str) -> None:
    amazon = Amazon()
    delivery = deliveries.ses(deliveries.ses_event("Delivery"), SigningCertURL=url)
    assert not is_proved("ses", delivery, amazon=amazon)
    assert amazon.asked == []


@pytest.mark.parametrize("version", ["1", "2"])
def test_both_signatures_of_sns_are_known_and_the_certificate_is_fetched_once(version: str) -> None:
    amazon = Amazon()
    provider: Provider = deliveries.providers(amazon)["ses"]
    for _ in range(3):
        assert provider.pieces(*deliveries.ses(deliveries.ses_event("Delivery"), version), NOW)
    assert amazon.asked == [deliveries.CERTIFICATE_URL]


@pytest.mark.parametrize(
    "pem",
    [
        deliveries.certificate("example.com"),
        deliveries.certificate("sns.amazonaws.com.example.com"),
        deliveries.certificate(key=rsa.generate_private_key(65537, 2048)),
        deliveries.certificate(start=NOW - timedelta(days=61)),
        deliveries.certificate(start=NOW + timedelta(days=1)),
        deliveries.certificate(key=ec.generate_private_key(ec.SECP256R1())),
        b"no certificate",
    ],
)
def test_a_certificate_of_another_an_expired_one_and_none_prove_nothing(pem: bytes) -> None:
    assert not is_proved("ses", deliveries.delivered()["ses"], amazon=Amazon(pem))


def test_a_subject_is_signed_too() -> None:
    headers, body = deliveries.ses(deliveries.ses_event("Delivery"), Subject="Amazon SES Email Event")
    assert is_proved("ses", (headers, body))
    assert not is_proved("ses", (headers, body.replace(b"Email Event", b"Email Ivent")))


def test_the_header_of_sns_names_the_same_type_as_the_message() -> None:
    _, body = deliveries.delivered()["ses"]
    assert not is_proved("ses", ({"x-amz-sns-message-type": "SubscriptionConfirmation"}, body))


def test_a_subscription_to_our_topic_is_confirmed_at_an_address_that_we_build() -> None:
    amazon = Amazon()
    assert pieces("ses", deliveries.subscription(SubscribeURL="https://example.com/"), amazon=amazon) == []
    certificate, confirmation = amazon.asked
    assert certificate == deliveries.CERTIFICATE_URL
    assert confirmation == (
        "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&"
        "TopicArn=arn%3Aaws%3Asns%3Aeu-central-1%3A123456789012%3Amails&Token=a+token%2F%2B%26"
    )


def test_a_subscription_to_another_topic_is_not_confirmed() -> None:
    amazon = Amazon()
    other = deliveries.subscription(TopicArn="arn:aws:sns:eu-central-1:123456789012:others")
    assert not is_proved("ses", other, amazon=amazon)
    assert amazon.asked == []


def test_a_changed_subscription_is_not_confirmed() -> None:
    amazon = Amazon()
    headers, body = deliveries.subscription()
    message = {**json.loads(body), "Token": "another"}
    assert not is_proved("ses", (headers, json.dumps(message).encode()), amazon=amazon)
    assert amazon.asked == [deliveries.CERTIFICATE_URL]


class _Odd(BaseHTTPRequestHandler):
    """Answers as Amazon does not."""

    def do_GET(self) -> None:
        body = b"x" * (200_000 if self.path == "/long" else 5)
        self.send_response({"/moved": 302, "/gone": 404}.get(self.path, 200))
        self.send_header("Location", "/fine")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def odd() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Odd) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_what_is_fetched_is_short_and_no_redirect_is_followed(odd: str) -> None:
    assert ses.fetch(f"{odd}/fine") == b"xxxxx"
    for path in ("/moved", "/gone", "/long"):
        with pytest.raises(StoreError, match="Amazon"):
            ses.fetch(odd + path)
    with pytest.raises(StoreError, match="Amazon"):
        ses.fetch("http://127.0.0.1:1/")
