"""Whether a domain's SPF record (RFC 7208) can be used: there is one, it has no error, it does not let all in."""

import re
from collections.abc import Callable
from ipaddress import ip_network

from aicmo_dagster.store.sending_domains import Finding

MOST_LOOKUPS = 10
"""RFC 7208 4.6.4; a receiver that needs more answers with a permanent error."""

_TERM = re.compile(r"([+\-~?]?)([a-z0-9._-]+)(?:([:=/])(.*))?", re.IGNORECASE)
_ASKING = {"a", "mx", "ptr", "exists"}


class _BrokenError(Exception):
    """Receivers answer such a record with a permanent error; says why."""


def judge(domain: str, texts: Callable[[str], list[str]]) -> Finding:
    """What the record says; `texts` gives the TXT records of a name, and what it raises is passed on."""
    try:
        record = _record(domain, texts(domain))
        counted = _Record(texts)
        ends = counted.read(domain, record)
    except _BrokenError as error:
        return Finding("bad", str(error), "mend it, or no receiver can tell who may send for the domain")
    if record is None:
        return Finding(
            "bad",
            "no SPF record",
            f"publish one at {domain}: v=spf1 include:<your mail provider's> ~all",
        )
    says = f"{counted.lookups} of {MOST_LOOKUPS} lookups, ends with {ends or 'nothing'}"
    if ends == "+all":
        return Finding("bad", f"lets everybody send: {says}", "end it with ~all or -all")
    if ends in ("~all", "-all"):
        return Finding("good", says)
    return Finding("good", f"{says}, so it says nothing of others", "end it with ~all or -all")


def _record(name: str, found: list[str]) -> str | None:
    records = [text for text in found if re.match(r"v=spf1( |$)", text, re.IGNORECASE)]
    if len(records) > 1:
        raise _BrokenError(f"{name} has {len(records)} SPF records; one is allowed")
    return records[0] if records else None


class _Record:
    """Reads a record with all that it includes, and counts what a receiver has to look up for it."""

    def __init__(self, texts: Callable[[str], list[str]]) -> None:
        self.lookups = 0
        self._texts = texts

    def read(self, name: str, record: str | None) -> str | None:
        """How the record ends: `~all` and the like, None where it says nothing of others."""
        redirect = None
        for term in (record or "").split()[1:]:
            match = _TERM.fullmatch(term)
            if match is None:
                raise _BrokenError(f"the SPF record of {name} has {term!r}, which means nothing")
            sign, word, mark, value = match[1] or "+", match[2].lower(), match[3], match[4] or ""
            if mark == "=":
                redirect = value if word == "redirect" else redirect
            elif word == "all":
                return f"{sign}all"
            elif word == "include" and value:
                self._below(name, value)
            elif word in _ASKING:
                self._count(name)
            elif word not in ("ip4", "ip6") or not _is_network(value, int(word[2])):
                raise _BrokenError(f"the SPF record of {name} has {term!r}, which means nothing")
        return self._below(name, redirect) if redirect else None

    def _below(self, name: str, other: str) -> str | None:
        self._count(name)
        if "%" in other:  # depends on the mail
            return None
        record = _record(other, self._texts(other))
        if record is None:
            raise _BrokenError(f"the SPF record of {name} leads to {other}, which has none")
        return self.read(other, record)

    def _count(self, name: str) -> None:
        self.lookups += 1
        if self.lookups > MOST_LOOKUPS:
            raise _BrokenError(f"more than {MOST_LOOKUPS} lookups, the last at {name}")


def _is_network(text: str, version: int) -> bool:
    try:
        return ip_network(text, strict=False).version == version
    except ValueError:
        return False
