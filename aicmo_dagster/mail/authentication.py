"""What DNS says of a domain that mails come from: MX, SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489).

The envelope's sender is the mailbox itself, so what passes SPF is aligned; DKIM is where it signs for the From
domain or, relaxed, for one of the same registrable domain.
"""

import base64
import re
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import dns.exception
import dns.name
import dns.resolver
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.mail import dkim, exchangers, spf
from aicmo_dagster.stages.addresses import registrable
from aicmo_dagster.store.sending_domains import Check, Finding, Findings, Key

CHECKS: tuple[Check, ...] = ("mx", "spf", "dkim", "dmarc")

_TIMEOUT_S = 5.0
_BUDGET_S = 30.0
_AT_ONCE = 8
SILENT = "DNS did not answer"


@dataclass(frozen=True)
class Subject:
    """What is checked together: a From domain, and a DKIM key where one is known."""

    domain: str
    signs_for: str
    selector: str | None = None
    record: str | None = None
    """The TXT record that fits our key."""
    trouble: str | None = None
    """Why our key cannot be used."""


def key_of(sender: Sender) -> Key:
    """What the findings of a mailbox are stored under."""
    dkim_ = sender.dkim
    if dkim_ is None:
        return sender.domain, ""
    elsewhere = dkim_.domain not in (None, sender.domain)
    return sender.domain, f"{dkim_.selector}@{dkim_.domain}" if elsewhere else dkim_.selector


def _subject(sender: Sender) -> Subject:
    if sender.dkim is None:
        return Subject(sender.domain, sender.domain)
    signs_for, selector = sender.dkim.domain or sender.domain, sender.dkim.selector
    try:
        record = dkim.dns_record(dkim.private_key(sender.dkim, sender.address))
    except ConfigurationError as error:
        return Subject(sender.domain, signs_for, selector, trouble=str(error))
    return Subject(sender.domain, signs_for, selector, record)


def look_up(
    senders: Iterable[Sender], servers: Sequence[tuple[str, int]] | None, *, timeout_s: float = _TIMEOUT_S
) -> dict[Key, Findings]:
    """Ask DNS about the mailboxes' domains, for half a minute at most. `servers` as for `exchangers.look_up`.

    What nobody answers is unknown, and so is everything where the servers are cut off from the world. Our DKIM
    keys are read, to see whether they are those in DNS.
    """
    wanted = {key_of(sender): _subject(sender) for sender in senders}
    resolver = exchangers.resolver(servers)
    if resolver is not None and not exchangers.knows_the_world(resolver, timeout_s):
        resolver = None
    if resolver is not None:
        resolver.cache = dns.resolver.LRUCache()
    asked = _Asked(resolver, timeout_s)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="dns") as pool:
        return dict(zip(wanted, pool.map(asked.findings, wanted.values()), strict=True))


class _SilentError(Exception):
    """DNS did not say whether there is such a record."""


class _Asked:
    def __init__(self, resolver: dns.resolver.Resolver | None, timeout_s: float) -> None:
        self._resolver, self._timeout_s = resolver, timeout_s
        self._ends = time.monotonic() + _BUDGET_S

    def findings(self, one: Subject) -> Findings:
        """All that DNS says of it."""
        if not exchangers.is_public(one.domain):
            reserved = Finding("unknown", f"{one.domain} is reserved for examples and local use")
            return dict.fromkeys(CHECKS, reserved)
        found: dict[Check, Finding] = {}
        for name, check in zip(CHECKS, (self._mx, self._spf, self._dkim, self._dmarc), strict=True):
            try:
                found[name] = check(one)
            except _SilentError as silent:
                found[name] = Finding("unknown", f"{SILENT} about {silent}", "try again later")
        return found

    def _texts(self, name: str) -> list[str]:
        """The TXT records of a name; none where there is no such name."""
        if self._resolver is None or (left := self._ends - time.monotonic()) <= 0:
            raise _SilentError(name)
        try:
            answer = self._resolver.resolve(
                dns.name.from_text(name), "TXT", search=False, lifetime=min(left, self._timeout_s)
            )
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, ValueError):
            raise _SilentError(name) from None
        return [b"".join(one.strings).decode("utf-8", "replace") for one in answer]

    def _mx(self, one: Subject) -> Finding:
        if self._resolver is None or time.monotonic() >= self._ends:
            raise _SilentError(one.domain)
        found = exchangers.ask(self._resolver, one.domain, self._timeout_s)
        if found is None:
            raise _SilentError(one.domain)
        if found.takes_mail:
            return Finding("good", found.detail)
        return Finding(
            "bad",
            f"{one.domain} {found.detail}, so neither bounces nor replies come back",
            f"publish an MX record at {one.domain}",
        )

    def _spf(self, one: Subject) -> Finding:
        return spf.judge(one.domain, self._texts)

    def _dkim(self, one: Subject) -> Finding:
        if one.trouble is not None:
            return Finding("bad", "our key cannot be used", one.trouble)
        if one.selector is None:
            return Finding(
                "unknown",
                "the server may sign, with a key whose name is not known here",
                "look into the headers of a mail that arrived, or sign here: sending.senders: dkim",
            )
        name = f"{one.selector}._domainkey.{one.signs_for}"
        found = _key(name, self._texts(name), one.record)
        if found.outcome == "bad":
            return found
        strict = _tags(self._dmarc_record(one.domain)[1] or "").get("adkim", "r").lower() == "s"
        if one.signs_for == one.domain or (
            not strict and registrable(one.signs_for) == registrable(one.domain)
        ):
            return found
        why = "strict" if strict else "relaxed"
        return Finding(
            "bad",
            f"signs for {one.signs_for}, which is not aligned ({why}) with From at {one.domain}",
            f"sign for {one.domain}: leave out dkim.domain",
        )

    def _dmarc_record(self, domain: str) -> tuple[str, str | None]:
        """Where the one DMARC record was found, or looked for last, and the record (RFC 7489 6.6.3)."""
        whole = registrable(domain)
        for at in dict.fromkeys((domain, whole)):
            found = [
                text for text in self._texts(f"_dmarc.{at}") if re.match(r"v\s*=\s*DMARC1\s*(;|$)", text)
            ]
            if found:
                return at, found[0] if len(found) == 1 else None
        return whole, None

    def _dmarc(self, one: Subject) -> Finding:
        at, record = self._dmarc_record(one.domain)
        if record is None:
            return Finding(
                "bad",
                f"no DMARC record, or several, at _dmarc.{at}",
                f"publish one at _dmarc.{at}: v=DMARC1; p=none; rua=mailto:<where reports go>",
            )
        tags = _tags(record)
        policy = tags.get("p" if at == one.domain else "sp", tags.get("p", "")).lower()
        if policy not in ("none", "quarantine", "reject"):
            return Finding("bad", f"the DMARC record at _dmarc.{at} has no policy", "give it p=none or more")
        strict = [name for name in ("adkim", "aspf") if tags.get(name, "").lower() == "s"]
        says = (
            f"p={policy} at _dmarc.{at}, alignment {', '.join(strict) + ' strict' if strict else 'relaxed'}"
        )
        return Finding("good", says)


def _tags(record: str) -> dict[str, str]:
    """The tags of a DKIM or DMARC record (RFC 6376 3.2)."""
    parts = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): re.sub(r"\s+", "", value) for name, mark, value in parts if mark}


def _key(name: str, texts: list[str], ours: str | None) -> Finding:
    """What the public key says (RFC 6376 3.6.1)."""
    found = [tags for tags in map(_tags, texts) if "p" in tags and tags.get("v", "DKIM1") == "DKIM1"]
    publish = f"publish at {name}: {ours or 'the key that the server signs with'}"
    if len(found) != 1:
        return Finding("bad", f"{len(found) or 'no'} {'keys' if found else 'key'} at {name}", publish)
    (tags,) = found
    kind, value = tags.get("k", "rsa").lower(), tags["p"]
    if not value:
        return Finding("bad", f"the key at {name} is revoked", publish)
    if "h" in tags and "sha256" not in tags["h"].lower().split(":"):
        return Finding("bad", f"the key at {name} is not for SHA-256", publish)
    if tags.get("s", "*").lower() not in ("*", "email") and "email" not in tags["s"].lower().split(":"):
        return Finding("bad", f"the key at {name} is not for e-mail", publish)
    other = Finding("bad", f"the key at {name} is not the one that signs here", publish)
    if kind == "ed25519":
        if ours is not None and value != _tags(ours)["p"]:
            return other
        return Finding(
            "good", f"Ed25519 key at {name}", "some receivers read RSA only; sign with RSA of 2048 bits"
        )
    key = _rsa(value) if kind == "rsa" else None
    if key is None:
        return Finding("bad", f"what is at {name} is not a key", publish)
    if ours is not None and key != _rsa(_tags(ours)["p"]):
        return other
    if key.key_size < dkim.LEAST_BITS:
        return Finding(
            "bad", f"the key at {name} has {key.key_size} bits", f"make one of {dkim.ADVISED_BITS} bits"
        )
    advice = "" if key.key_size >= dkim.ADVISED_BITS else f"make one of {dkim.ADVISED_BITS} bits"
    testing = ", in testing (t=y)" if "y" in tags.get("t", "").lower().split(":") else ""
    return Finding("good", f"RSA key of {key.key_size} bits at {name}{testing}", advice)


def _rsa(text: str) -> rsa.RSAPublicKey | None:
    """The key in either form that is in use (RFC 6376, erratum 3017); None where it is neither."""
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, rsa.RSAPublicKey) else None
