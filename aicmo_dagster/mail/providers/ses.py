"""Amazon SES, which reports through a topic of Amazon SNS; SNS signs (RSA, PKCS #1 v1.5).

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html and
https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html

The certificate comes from where the message says, so where that may be is decided here: from the one host of SNS in
the region of a topic that we were told of, over https. A subscription is confirmed for such a topic only, at an
address that is built here. SES replaces our Message-ID on the way; its events name ours among the original headers.
"""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from aicmo_dagster.errors import ConfigurationError, StoreError
from aicmo_dagster.mail.providers import fields
from aicmo_dagster.mail.providers.event import (
    Event,
    Kind,
    Piece,
    UnprovedError,
    bounce_kind,
    key_of,
    secrets,
)

TOPICS = "AICMO_SES_TOPIC_ARN"
"""Environment variable: the ARN of the topic that SES reports to."""

_ARN = re.compile(
    r"arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2}(?:-[a-z]{1,12}){1,3}-\d):\d{12}:[A-Za-z0-9_.-]{1,256}"
)
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem")
_SIGNED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_SIGNED_OF_SUBSCRIPTION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_HASHES: dict[str, type[hashes.SHA1 | hashes.SHA256]] = {"1": hashes.SHA1, "2": hashes.SHA256}
_TIMEOUT_S = 10.0
_LONGEST_ANSWER = 64_000
_MOST_CERTIFICATES = 20

_PLAIN: dict[str, Kind] = {
    "delivery": "delivered",
    "open": "opened",
    "click": "clicked",
    "reject": "refused",
    "rendering failure": "refused",
}
_PARTS = ("bounce", "complaint", "delivery", "open", "click", "subscription")
_ABOUT_CONTENT = ("messagetoolarge", "contentrejected", "attachmentrejected")
_NO_COMPLAINT = ("not-spam", "auth-failure")


def fetch(url: str) -> bytes:
    """What stands at an address of Amazon's: certificate verified, no redirect followed, and little of it read.

    Raises StoreError, so that the delivery is repeated later, where there is no such answer.
    """
    try:
        with requests.get(url, timeout=_TIMEOUT_S, allow_redirects=False, stream=True) as response:
            content = response.raw.read(_LONGEST_ANSWER + 1, decode_content=True)
            if response.status_code == requests.codes.ok and len(content) <= _LONGEST_ANSWER:
                return bytes(content)
            said = f"HTTP {response.status_code}"
    except (requests.RequestException, OSError) as error:
        said = type(error).__name__
    except Exception as error:  # of urllib3, while the answer is read
        said = type(error).__name__
    raise StoreError(f"Amazon SNS did not answer as it should ({said})")


class Ses:
    """See the module. `fetch` asks Amazon; a test answers for it."""

    most_bytes = 1 << 20

    def __init__(self, fetch: Callable[[str], bytes] = fetch) -> None:
        self._fetch = fetch
        self._certificates: dict[str, x509.Certificate] = {}

    def pieces(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Piece]:
        """One event, or none where it is about the subscription itself.

        The proof is inside the JSON, so that is parsed first; nothing is done by it before the signature is right.
        """
        topics = [_topic(one) for one in secrets(TOPICS)]
        try:
            message = fields.parse(body)
        except ValueError:
            raise UnprovedError from None
        kind, arn = fields.text(message, "Type"), fields.text(message, "TopicArn")
        topic = next((one for one in topics if one[0] == arn), None)
        if topic is None or headers.get("x-amz-sns-message-type", kind) != kind:
            raise UnprovedError
        self._prove(message, kind, _host(topic), now)
        if kind == "SubscriptionConfirmation":
            token = fields.text(message, "Token")
            query = urlencode({"Action": "ConfirmSubscription", "TopicArn": arn, "Token": token})
            self._fetch(f"https://{_host(topic)}/?{query}")
        if kind != "Notification":
            return []
        event = _inside(fields.text(message, "Message"))
        return [Piece(key_of(fields.text(message, "MessageId"), event), event)]

    def read(self, body: Any) -> Event:
        """By `eventType` or `notificationType`; a bounce by its recipient's status and the server's words."""
        name = (fields.text(body, "eventType") or fields.text(body, "notificationType")).lower()
        kind = _PLAIN.get(name)
        recipient = ""
        if name == "bounce":
            failed = (fields.objects(body, "bounce", "bouncedRecipients") or [{}])[0]
            kind, recipient = _bounce(fields.at(body, "bounce"), failed), fields.text(failed, "emailAddress")
        elif name == "complaint":
            kind = _complaint(fields.at(body, "complaint"))
            by = fields.objects(body, "complaint", "complainedRecipients")
            recipient = fields.text(by[0], "emailAddress") if len(by) == 1 else ""
        elif name == "subscription":
            gone = fields.at(body, "subscription", "newTopicPreferences", "unsubscribeAll") is True
            kind = "unsubscribed" if gone else None
        to = fields.at(body, "mail", "destination")
        if not recipient and isinstance(to, list) and len(to) == 1 and isinstance(to[0], str):
            recipient = to[0]
        moments = (fields.moment(fields.text(body, part, "timestamp")) for part in _PARTS if part == name)
        return Event(
            kind,
            _message_id(body),
            fields.address(recipient),
            next(moments, None) or fields.moment(fields.text(body, "mail", "timestamp")),
            agent=fields.text(body, name, "userAgent") if name in ("open", "click") else "",
            link=fields.text(body, "click", "link"),
        )

    def _prove(self, message: Any, kind: str, host: str, now: datetime) -> None:
        hashing = _HASHES.get(fields.text(message, "SignatureVersion"))
        url = fields.text(message, "SigningCertURL")
        try:
            signature = base64.b64decode(fields.text(message, "Signature"), validate=True)
        except ValueError:
            raise UnprovedError from None
        start = f"https://{host}"
        if hashing is None or not url.startswith(start) or not _CERTIFICATE.fullmatch(url[len(start) :]):
            raise UnprovedError
        names = _SIGNED if kind == "Notification" else _SIGNED_OF_SUBSCRIPTION
        signed = "".join(
            f"{name}\n{value}\n" for name in names if isinstance(value := fields.at(message, name), str)
        )
        certificate = self._certificate(url)
        key = certificate.public_key()
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise UnprovedError
        if not isinstance(key, rsa.RSAPublicKey) or not _is_of_sns(certificate):
            raise UnprovedError
        try:
            key.verify(signature, signed.encode(), padding.PKCS1v15(), hashing())
        except InvalidSignature:
            raise UnprovedError from None

    def _certificate(self, url: str) -> x509.Certificate:
        if url not in self._certificates:
            try:
                found = x509.load_pem_x509_certificate(self._fetch(url))
            except ValueError:
                raise UnprovedError from None
            if len(self._certificates) >= _MOST_CERTIFICATES:
                self._certificates.clear()
            self._certificates[url] = found
        return self._certificates[url]


def _topic(arn: str) -> re.Match[str]:
    found = _ARN.fullmatch(arn)
    if found is None:
        raise ConfigurationError(
            f"{TOPICS} has {arn!r}; write the topic like arn:aws:sns:eu-central-1:123456789012:mails"
        )
    return found


def _host(topic: re.Match[str]) -> str:
    return f"sns.{topic[2]}.amazonaws.com" + (".cn" if topic[1] == "aws-cn" else "")


def _is_of_sns(certificate: x509.Certificate) -> bool:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return any(
        re.fullmatch(r"sns(?:\.[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?", str(name.value)) for name in names
    )


def _inside(text: str) -> Any:
    """The event, which SNS carries as text; a text that is no JSON, such as the greeting of SES, stays one."""
    try:
        return fields.parse(text.encode())
    except ValueError:
        return {"Message": text}


def _bounce(bounce: Any, failed: Any) -> Kind:
    kind, detail = (fields.text(bounce, name).lower() for name in ("bounceType", "bounceSubType"))
    if detail in _ABOUT_CONTENT:
        return "refused"
    if kind != "permanent" or "suppress" in detail:
        # Suppressed: it did not try, for a bounce of another time.
        return "soft_bounced"
    status = fields.text(failed, "status")
    return bounce_kind(status or None, fields.text(failed, "diagnosticCode"), says_dead=detail == "noemail")


def _complaint(complaint: Any) -> Kind | None:
    if fields.text(complaint, "complaintFeedbackType") in _NO_COMPLAINT:
        return None
    # It did not send, for a complaint of another time.
    return (
        "unsubscribed" if "suppress" in fields.text(complaint, "complaintSubType").lower() else "complained"
    )


def _message_id(body: Any) -> str | None:
    for header in fields.objects(body, "mail", "headers"):
        if fields.text(header, "name").lower() == "message-id":
            return fields.message_id(fields.text(header, "value"))
    return fields.message_id(fields.text(body, "mail", "commonHeaders", "messageId"))
