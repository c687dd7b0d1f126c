"""What DNS says of the domains that mails come from: `sending_domains`, shared by all campaigns."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from psycopg import Cursor
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

Outcome = Literal["good", "bad", "unknown"]
Check = Literal["mx", "spf", "dkim", "dmarc"]
Key = tuple[str, str]
"""A domain and the name of its DKIM key; "" where none is known."""


@dataclass(frozen=True)
class Finding:
    """What one check says of a domain; `remedy` is what to do where it is not good, or could be better."""

    outcome: Outcome
    says: str
    remedy: str = ""


Findings = Mapping[Check, Finding]


@dataclass(frozen=True)
class Checked:
    """The findings of a domain, and when DNS was asked."""

    findings: Findings
    checked_at: datetime


def known(cursor: Cursor[TupleRow], keys: Iterable[Key]) -> dict[Key, Checked]:
    """What is known of these domains and keys; those that were never checked are left out."""
    wanted = sorted({*keys})
    cursor.execute(
        "SELECT d.domain, d.selector, d.findings, d.checked_at FROM sending_domains d "
        "JOIN unnest(%s::text[], %s::text[]) w (domain, selector) USING (domain, selector)",
        [[domain for domain, _ in wanted], [selector for _, selector in wanted]],
    )
    return {
        (domain, selector): Checked({check: Finding(**one) for check, one in findings.items()}, checked_at)
        for domain, selector, findings, checked_at in cursor.fetchall()
    }


def record(cursor: Cursor[TupleRow], found: Mapping[Key, Findings], now: datetime) -> None:
    """Keep what was found; it replaces what was known of these domains and keys."""
    for (domain, selector), findings in sorted(found.items()):  # in one order, so that no two runs deadlock
        cursor.execute(
            "INSERT INTO sending_domains AS d (domain, selector, findings, checked_at) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (domain, selector) DO UPDATE SET findings = excluded.findings, "
            "checked_at = excluded.checked_at WHERE d.checked_at <= excluded.checked_at",
            [domain, selector, Jsonb({check: asdict(one) for check, one in findings.items()}), now],
        )


def mails_a_day(cursor: Cursor[TupleRow], now: datetime) -> dict[str, dict[date, int]]:
    """Domain of the mailboxes -> day -> live mails, of the last seven days."""
    cursor.execute(
        "SELECT split_part(key, '@', 2), day, sum(started)::bigint FROM send_counts "
        "WHERE scope = 'mailbox' AND day > %s AND key NOT LIKE 'simulation %%' GROUP BY 1, 2",
        [(now - timedelta(days=7)).date()],
    )
    found: dict[str, dict[date, int]] = {}
    for domain, day, started in cursor.fetchall():
        found.setdefault(str(domain), {})[day] = int(started)
    return found
