"""Which domains take mail, asked of DNS: many at once, within a time limit, and never for long in vain.

A domain takes mail at its MX hosts, without any at its own address (RFC 5321 5.1), and not at all with a null MX
(RFC 7505). A time-out or a server's failure says nothing about the domain. Neither does a server that is cut off
from the world and denies all that it does not know; it is told by not knowing the root.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice

import dns.exception
import dns.name
import dns.nameserver
import dns.resolver

from aicmo_dagster.store.mail_domains import MailDomain

AT_ONCE = 50
"""Questions on their way at the same time; so many in a row without an answer mean that nobody is there."""

_RESERVED = ("example", "test", "invalid", "localhost", "local", "example.com", "example.net", "example.org")
"""RFC 2606, 6761, 6762: not the world's, so DNS is never asked about them."""


def is_public(domain: str) -> bool:
    """Whether DNS can know the domain: it is not reserved for examples, tests or the local network."""
    return not any(domain == one or domain.endswith(f".{one}") for one in _RESERVED)


def look_up(
    domains: Iterable[str], servers: Sequence[tuple[str, int]] | None, budget_s: float, timeout_s: float
) -> Iterator[MailDomain]:
    """Yield what DNS says of each domain, as it is heard; domains of which nothing is heard are left out.

    `domains` are in ASCII. `servers` are addresses with ports, None = the system's, empty = nobody is asked.
    It ends after `budget_s` seconds, and before when the servers are silent or do not know the world;
    `timeout_s` is for one domain.
    """
    asked = resolver(servers)
    if asked is None or budget_s <= 0 or not knows_the_world(asked, min(timeout_s, budget_s)):
        return
    ends = time.monotonic() + budget_s
    left = (domain for domain in domains if is_public(domain))
    in_vain = 0
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="dns")
    running: set[Future[MailDomain | None]] = set()
    try:
        while in_vain < AT_ONCE and (remaining := ends - time.monotonic()) > 0:
            for domain in islice(left, AT_ONCE - len(running)):
                running.add(pool.submit(ask, asked, domain, timeout_s))
            if not running:
                return
            done, running = wait(running, remaining, FIRST_COMPLETED)
            for future in done:
                found = future.result()
                in_vain = 0 if found else in_vain + 1
                if found:
                    yield found
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def resolver(servers: Sequence[tuple[str, int]] | None) -> dns.resolver.Resolver | None:
    """Who is asked: the `servers` by address and port, None = the system's; None where there is nobody."""
    if servers is None:
        try:
            return dns.resolver.Resolver()
        except dns.resolver.NoResolverConfiguration:
            return None
    if not servers:
        return None
    made = dns.resolver.Resolver(configure=False)
    made.nameservers = [dns.nameserver.Do53Nameserver(address, port) for address, port in servers]
    return made


def knows_the_world(resolver: dns.resolver.Resolver, timeout_s: float) -> bool:
    """Whether it answers what every resolver of the one DNS can: who serves the root, or com."""
    ends = time.monotonic() + timeout_s
    for name in (dns.name.root, dns.name.from_text("com.")):
        try:
            if resolver.resolve(name, "NS", search=False, lifetime=max(ends - time.monotonic(), 0.01)):
                return True
        except (dns.exception.DNSException, OSError):
            continue
    return False


def ask(resolver: dns.resolver.Resolver, domain: str, timeout_s: float) -> MailDomain | None:
    """What DNS says of the domain, None where that cannot be known now."""
    ends = time.monotonic() + timeout_s
    try:
        name = dns.name.from_text(domain)
        for kind in ("MX", "A", "AAAA"):
            try:
                answer = resolver.resolve(
                    name, kind, search=False, lifetime=max(ends - time.monotonic(), 0.01)
                )
            except dns.resolver.NoAnswer:
                continue
            if kind != "MX":
                return MailDomain(domain, True, f"{domain} itself, which has an address and no MX")
            hosts = [str(one.exchange) for one in sorted(answer, key=lambda one: one.preference)]
            if hosts == ["."]:
                return MailDomain(domain, False, "says that it takes no mail (null MX)")
            return MailDomain(domain, True, hosts[0].rstrip(".").lower())
    except dns.resolver.NXDOMAIN:
        return MailDomain(domain, False, "does not exist")
    except (dns.exception.DNSException, OSError, ValueError):
        return None
    return MailDomain(domain, False, "has neither an MX nor an address")
