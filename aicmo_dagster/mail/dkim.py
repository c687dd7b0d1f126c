"""Sign mails (RFC 6376; Ed25519: RFC 8463), for servers that do not sign themselves.

Canonical forms are dkimpy's; the signature itself is made by `cryptography`, which does ten times as many a
second. The same mail always gets the same signature: there is no time in it.
"""

import base64
import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from dkim.canonicalization import Relaxed

from aicmo_dagster.campaign.sending import Dkim, Sender
from aicmo_dagster.errors import ConfigurationError, MailError

LEAST_BITS = 1024
ADVISED_BITS = 2048
"""Of an RSA key: what receivers take, and what Google and RFC 8301 advise."""

_SIGNED = (
    *(b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"reply-to", b"in-reply-to", b"references"),
    *(b"mime-version", b"content-type", b"list-unsubscribe", b"list-unsubscribe-post"),
)
_ONCE_MORE = (b"from", b"to", b"cc", b"subject", b"reply-to")
"""Signed once more than they are there: a second one, shown instead of ours, breaks the signature (8.15)."""

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:((?:[^\r]++|\r\n[ \t])*+)\r\n")
_B_WIDTH = 72

Key = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def signer(sender: Sender) -> Callable[[bytes], bytes] | None:
    """What puts the signature on top of a mail with CRLF line ends; None where the mailbox has no `dkim`.

    The key is read here, once; what is returned may be used by several threads. Raises ConfigurationError
    that names the field, never the key; the signer raises MailError where a mail has no From.
    """
    dkim = sender.dkim
    if dkim is None:
        return None
    domain, key = dkim.domain or sender.domain, private_key(dkim, sender.address)
    algorithm = "rsa-sha256" if isinstance(key, rsa.RSAPrivateKey) else "ed25519-sha256"
    start = f"v=1; a={algorithm}; c=relaxed/relaxed; d={domain}; s={dkim.selector};\r\n h=".encode()

    def sign(content: bytes) -> bytes:
        head, _, body = content.partition(b"\r\n\r\n")
        names, fields = _of_headers(head + b"\r\n")
        body_hash = base64.b64encode(hashlib.sha256(Relaxed.canonicalize_body(body)).digest())
        value = b" %s%s;\r\n bh=%s;\r\n b=" % (start, b":\r\n ".join(names), body_hash)
        ((_, canonical),) = Relaxed.canonicalize_headers([(b"DKIM-Signature", value)])
        fields += b"dkim-signature:" + canonical.removesuffix(b"\r\n")
        signature = base64.b64encode(_signature(key, hashlib.sha256(fields).digest()))
        lines = (signature[at : at + _B_WIDTH] for at in range(0, len(signature), _B_WIDTH))
        return b"DKIM-Signature:%s%s\r\n%s" % (value, b"\r\n ".join(lines), content)

    return sign


def private_key(dkim: Dkim, address: str) -> Key:
    """The key of the mailbox `address`. Raises ConfigurationError with the field and the remedy."""
    field = "key_env" if dkim.key_env else "key_file"
    where = f"sending.senders: {address}: dkim.{field}"
    if dkim.key_env:
        # Many shells and orchestrators keep a variable on one line.
        pem = os.environ.get(dkim.key_env, "").replace("\\n", "\n").encode()
        if not pem:
            raise ConfigurationError(f"{where}: the environment variable {dkim.key_env} is not set")
        where += f": what {dkim.key_env} holds"
    else:
        path = Path(dkim.key_file or "").expanduser()
        where += f": {path}"
        try:
            pem = path.read_bytes()
        except OSError as error:
            raise ConfigurationError(f"{where}: {error.strerror or type(error).__name__}") from None
    try:
        key = serialization.load_pem_private_key(pem, None)
    except TypeError:
        raise ConfigurationError(f"{where} is encrypted; give the key without a passphrase") from None
    except (ValueError, UnsupportedAlgorithm):  # its text may quote the key
        raise ConfigurationError(f"{where} is not a private key in PEM form; {_MAKE}") from None
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ConfigurationError(f"{where} is neither an RSA nor an Ed25519 key; {_MAKE}")
    if key.key_size < LEAST_BITS:
        raise ConfigurationError(
            f"{where} is an RSA key of {key.key_size} bits; receivers take {LEAST_BITS} or more; {_MAKE}"
        )
    return key


_MAKE = f"make one with: openssl genrsa -out dkim.pem {ADVISED_BITS}"


def dns_record(key: Key) -> str:
    """The TXT record at SELECTOR._domainkey.DOMAIN that lets receivers check what the key signed."""
    public = key.public_key()
    if isinstance(public, ed25519.Ed25519PublicKey):
        return f"v=DKIM1; k=ed25519; p={base64.b64encode(public.public_bytes_raw()).decode()}"
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"


def _of_headers(head: bytes) -> tuple[list[bytes], bytes]:
    """The names of h=, and the fields they stand for in canonical form: of several, the lowest first (5.4.2)."""
    present: dict[bytes, list[tuple[bytes, bytes]]] = {}
    for name, value in Relaxed.canonicalize_headers(_FIELD.findall(head)):
        present.setdefault(name, []).append((name, value))
    if b"from" not in present:
        raise MailError("a mail without From cannot be signed")
    signed = [field for name in _SIGNED for field in reversed(present.get(name, []))]
    return [name for name, _ in signed] + [*_ONCE_MORE], b"".join(b"%s:%s" % field for field in signed)


def _signature(key: Key, digest: bytes) -> bytes:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(digest)
    return key.sign(digest, padding.PKCS1v15(), Prehashed(hashes.SHA256()))
