"""Which mailboxes may send, by what DNS says of their domains.

The rules are those that Google, Yahoo and Microsoft publish: SPF or DKIM for everyone; SPF, DKIM and DMARC for who
sends about 5,000 mails a day from one registrable domain. Without an MX, what goes wrong would never be heard of.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.sending import Holds, Sender
from aicmo_dagster.mail.authentication import SILENT, key_of
from aicmo_dagster.stages.addresses import registrable
from aicmo_dagster.store import sending_domains
from aicmo_dagster.store.sending_domains import Check, Checked, Finding, Findings

MANY_A_DAY = 5_000
"""From so many mails a day of one registrable domain, receivers want SPF, DKIM and DMARC."""

FRESH = timedelta(days=1)
FRESH_UNKNOWN = timedelta(hours=1)
"""How long findings stand; those of DNS that did not answer are looked for again sooner."""


def due(cursor: Cursor[TupleRow], senders: Sequence[Sender], now: datetime) -> list[Sender]:
    """The mailboxes of whose domains nothing is known, or for too long; one per domain and DKIM key."""
    wanted = {key_of(sender): sender for sender in senders}
    known = sending_domains.known(cursor, wanted)
    return [one for key, one in wanted.items() if key not in known or not _is_fresh(known[key], now)]


def _is_fresh(known: Checked, now: datetime) -> bool:
    silent = any(one.says.startswith(SILENT) for one in known.findings.values())
    return now - known.checked_at < (FRESH_UNKNOWN if silent else FRESH)


def refusals(
    cursor: Cursor[TupleRow],
    senders: Sequence[Sender],
    holds: Holds,
    now: datetime,
    cap_per_day: int | None = None,
) -> dict[str, str]:
    """Address -> why the mailbox may not send, of those that may not. Reads what is stored; asks nobody.

    What is unknown keeps no mail, unless `holds.unknown_dns` says so. A check that was never made is unknown.
    `cap_per_day` is the campaign's.
    """
    known = sending_domains.known(cursor, map(key_of, senders))
    volumes = _volumes(cursor, senders, now, cap_per_day)
    found = {}
    for sender in senders:
        checked = known.get(key_of(sender))
        findings = checked.findings if checked else {}
        reason = refusal(sender.domain, findings, volumes[registrable(sender.domain)], holds)
        if reason is not None:
            found[sender.address] = reason
    return found


def refusal(domain: str, findings: Findings, mails_a_day: int, holds: Holds) -> str | None:
    """Why mails from the domain may not leave, None where they may."""
    many = mails_a_day >= MANY_A_DAY
    wanted: list[list[Check]] = [["mx"], ["spf"], ["dkim"], ["dmarc"]] if many else [["mx"], ["spf", "dkim"]]
    missing: list[Check] = []
    for any_of in wanted:
        outcomes = {findings[one].outcome if one in findings else "unknown" for one in any_of}
        if "good" in outcomes or ("unknown" in outcomes and holds.unknown_dns == "send"):
            continue
        missing += any_of
    if not missing:
        return None
    never = Finding("unknown", "was never checked")
    why = "; ".join(f"{one.upper()}: {findings.get(one, never).says}" for one in missing)
    return f"{domain}: {why}{f' (wanted from {MANY_A_DAY:,} mails a day)' if many else ''}"


def _volumes(
    cursor: Cursor[TupleRow], senders: Sequence[Sender], now: datetime, cap_per_day: int | None
) -> dict[str, int]:
    """Registrable domain -> mails a day: what these mailboxes may send, or all have sent in a day of the last seven."""
    allowed: Counter[str] = Counter()
    for sender in senders:
        allowed[registrable(sender.domain)] += sender.pace.per_day
    sent: dict[str, Counter[date]] = {}
    for domain, days in sending_domains.mails_a_day(cursor, now).items():
        sent.setdefault(registrable(domain), Counter()).update(days)
    return {
        domain: max(
            most if cap_per_day is None else min(most, cap_per_day),
            *sent.get(domain, Counter[date]()).values(),
            0,
        )
        for domain, most in allowed.items()
    }
