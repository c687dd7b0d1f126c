"""Deliveries as the providers make them: bodies by their documentation, signed with keys made here."""

import base64
import hmac
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from aicmo_dagster.mail.providers import PROVIDERS, Provider
from aicmo_dagster.mail.providers.ses import Ses
from aicmo_dagster_tests.outreach import NOW

Delivery = tuple[dict[str, str], bytes]
"""Headers, names in lower case, and body."""

MESSAGE = "<0123456789abcdef0123456789abcdef@example.com>"
WHO = "lead@example.org"

_EC = ec.generate_private_key(ec.SECP256R1())
_RSA = rsa.generate_private_key(65537, 2048)
SENDGRID_KEY = base64.b64encode(
    _EC.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()
TOPIC = "arn:aws:sns:eu-central-1:123456789012:mails"
CERTIFICATE_URL = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
LOGIN = "postmark:an-invented-password"
MAILGUN_KEY = "an-invented-signing-key"
_RESEND_KEY = b"an invented secret of 24"
RESEND_SECRET = "whsec_" + base64.b64encode(_RESEND_KEY).decode()
ENVIRONMENT = {
    "AICMO_SENDGRID_WEBHOOK_KEY": SENDGRID_KEY,
    "AICMO_SES_TOPIC_ARN": TOPIC,
    "AICMO_POSTMARK_WEBHOOK_LOGIN": LOGIN,
    "AICMO_MAILGUN_WEBHOOK_KEY": MAILGUN_KEY,
    "AICMO_RESEND_WEBHOOK_SECRET": RESEND_SECRET,
}


def certificate(
    name: str = "sns.amazonaws.com", key: Any = _RSA, start: datetime = NOW - timedelta(days=30)
) -> bytes:
    """A certificate for 60 days, as PEM."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=60))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


class Amazon:
    """Answers in Amazon's place, and remembers what was asked."""

    def __init__(self, pem: bytes | None = None) -> None:
        self.asked: list[str] = []
        self._pem = pem or certificate()

    def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        return self._pem if url.endswith(".pem") else b"<ConfirmSubscriptionResponse/>"


def providers(amazon: Amazon | None = None) -> dict[str, Provider]:
    """All of them, with Amazon's certificate from here."""
    return {**PROVIDERS, "ses": Ses((amazon or Amazon()).fetch)}


def sendgrid(*events: Any, at: datetime = NOW) -> Delivery:
    return signed_sendgrid(json.dumps(list(events)).encode(), at)


def signed_sendgrid(body: bytes, at: datetime = NOW) -> Delivery:
    timestamp = str(int(at.timestamp()))
    signature = _EC.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return {
        "x-twilio-email-event-webhook-timestamp": timestamp,
        "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
    }, body


def sendgrid_event(event: str, message: str | None = MESSAGE, **more: Any) -> dict[str, Any]:
    return {
        "email": WHO,
        "timestamp": int(NOW.timestamp()),
        "event": event,
        "sg_event_id": secrets.token_urlsafe(16),
        "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
        **({"smtp-id": message} if message else {}),
        **more,
    }


def ses(event: Any, version: str = "2", identity: str | None = None, **changes: Any) -> Delivery:
    """A notification of SNS; `changes` are made before it is signed."""
    message = {
        "Type": "Notification",
        "MessageId": identity or secrets.token_hex(16),
        "TopicArn": TOPIC,
        "Message": event if isinstance(event, str) else json.dumps(event),
        "Timestamp": "2026-03-02T10:00:00.000Z",
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE_URL,
        "UnsubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe",
        **changes,
    }
    return signed_ses({name: value for name, value in message.items() if value is not None})


def subscription(**changes: Any) -> Delivery:
    message = {
        "Type": "SubscriptionConfirmation",
        "Token": "a token/+&",
        "SubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription",
    }
    return ses("You have chosen to subscribe to the topic.", **{**message, **changes})


def signed_ses(message: dict[str, Any]) -> Delivery:
    names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    if message["Type"] != "Notification":
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    signed = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
    hashing = hashes.SHA1() if message["SignatureVersion"] == "1" else hashes.SHA256()
    signature = _RSA.sign(signed.encode(), padding.PKCS1v15(), hashing)
    message = {**message, "Signature": base64.b64encode(signature).decode()}
    return {"x-amz-sns-message-type": message["Type"]}, json.dumps(message).encode()


def ses_event(event: str, message: str | None = MESSAGE, **part: Any) -> dict[str, Any]:
    headers = [{"name": "From", "value": "sender@example.com"}]
    if message:
        headers.append({"name": "Message-ID", "value": message})
    return {
        "eventType": event,
        "mail": {
            "timestamp": "2026-03-02T10:00:00.000Z",
            "messageId": "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
            "source": "sender@example.com",
            "destination": [WHO],
            "headersTruncated": False,
            "headers": headers,
        },
        event.lower(): {"timestamp": "2026-03-02T10:00:05.000Z", **part},
    }


def ses_bounce(kind: str, detail: str, message: str | None = MESSAGE, **failed: Any) -> dict[str, Any]:
    return ses_event(
        "Bounce",
        message,
        bounceType=kind,
        bounceSubType=detail,
        bouncedRecipients=[{"emailAddress": WHO, "action": "failed", **failed}],
        feedbackId="EXAMPLE",
    )


def postmark(event: Any, login: str = LOGIN) -> Delivery:
    shown = base64.b64encode(login.encode()).decode()
    return {"authorization": f"Basic {shown}"}, json.dumps(event).encode()


def postmark_event(event: str, message: str | None = MESSAGE, **more: Any) -> dict[str, Any]:
    return {
        "RecordType": event,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Recipient": WHO,
        "ServerID": 23,
        "MessageStream": "outbound",
        "DeliveredAt": "2026-03-02T05:00:00.1234567-05:00",
        "Metadata": {"aicmo_mail": message} if message else {},
        **more,
    }


def postmark_bounce(kind: str, details: str, message: str | None = MESSAGE) -> dict[str, Any]:
    return postmark_event(
        "Bounce", message, ID=secrets.randbits(60), Type=kind, Details=details, Email=WHO,
        BouncedAt="2026-03-02T10:00:00Z",
    )  # fmt: skip


def mailgun(event: Any, at: datetime = NOW, token: str | None = None, key: str = MAILGUN_KEY) -> Delivery:
    timestamp, token = str(int(at.timestamp())), token or secrets.token_hex(25)
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), "sha256").hexdigest()
    proof = {"timestamp": timestamp, "token": token, "signature": signature}
    return {}, json.dumps({"signature": proof, "event-data": event}).encode()


def mailgun_event(event: str, message: str | None = MESSAGE, **more: Any) -> dict[str, Any]:
    headers = {"from": "sender@example.com", "to": WHO}
    if message:
        headers["message-id"] = message.strip("<>")
    return {
        "event": event,
        "id": secrets.token_urlsafe(16),
        "timestamp": NOW.timestamp() + 0.25,
        "recipient": WHO,
        "message": {"headers": headers, "size": 341},
        **more,
    }


def mailgun_failure(severity: str, reason: str, **status: Any) -> dict[str, Any]:
    return {**mailgun_event("failed", severity=severity, reason=reason), "delivery-status": status}


def resend(event: Any, at: datetime = NOW, identity: str | None = None, key: bytes = _RESEND_KEY) -> Delivery:
    identity, timestamp = identity or f"msg_{secrets.token_hex(12)}", str(int(at.timestamp()))
    body = json.dumps(event).encode()
    signature = hmac.digest(key, f"{identity}.{timestamp}.".encode() + body, "sha256")
    return {
        "svix-id": identity,
        "svix-timestamp": timestamp,
        "svix-signature": f"v1,{base64.b64encode(b'of another key').decode()} "
        f"v1,{base64.b64encode(signature).decode()}",
    }, body


def resend_event(event: str, message: str | None = MESSAGE, **more: Any) -> dict[str, Any]:
    return {
        "type": event,
        "created_at": "2026-03-02T10:00:00.000Z",
        "data": {
            "created_at": "2026-03-02T09:59:00.000Z",
            "email_id": "56761188-7520-42d8-8898-ff6fc54ce618",
            "from": "Test Sender <sender@example.com>",
            "to": [WHO],
            "subject": "Test",
            "headers": [{"name": "Message-ID", "value": message}] if message else [],
            **more,
        },
    }


def delivered(message: str | None = MESSAGE) -> dict[str, Delivery]:
    """A delivery of each provider that says that the mail arrived."""
    return {
        "sendgrid": sendgrid(sendgrid_event("delivered", message, response="250 OK")),
        "ses": ses(ses_event("Delivery", message, recipients=[WHO], smtpResponse="250 ok")),
        "postmark": postmark(postmark_event("Delivery", message)),
        "mailgun": mailgun(mailgun_event("delivered", message)),
        "resend": resend(resend_event("email.delivered", message)),
    }
