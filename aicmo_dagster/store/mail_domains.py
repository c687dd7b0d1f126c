"""What DNS says of the domains of addresses: `mail_domains`, shared by all campaigns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import Cursor
from psycopg.rows import TupleRow


@dataclass(frozen=True)
class MailDomain:
    """Whether a domain takes mail; `detail` is the host that does, or why nobody does."""

    domain: str
    takes_mail: bool
    detail: str


def unasked(cursor: Cursor[TupleRow], campaign_id: int, oldest: datetime) -> list[str]:
    """Domains of the campaign's valid addresses of which nothing is known since `oldest`; the most used first."""
    cursor.execute(
        """
        SELECT l.email_domain FROM leads l
        WHERE l.campaign_id = %s AND l.merged_into IS NULL AND l.email_status = 'valid'
            AND NOT EXISTS (SELECT FROM mail_domains d WHERE d.domain = l.email_domain AND d.checked_at >= %s)
        GROUP BY l.email_domain ORDER BY count(*) DESC, l.email_domain
        """,
        [campaign_id, oldest],
    )
    return [str(domain) for (domain,) in cursor.fetchall()]


def record(cursor: Cursor[TupleRow], found: Sequence[MailDomain], now: datetime) -> None:
    """Keep what was found; it replaces what was known of these domains."""
    in_order = sorted(
        found, key=lambda one: one.domain
    )  # two runs that lock rows in one order never deadlock
    cursor.execute(
        """
        INSERT INTO mail_domains (domain, takes_mail, detail, checked_at)
        SELECT u.domain, u.takes_mail, u.detail, %s
        FROM unnest(%s::text[], %s::boolean[], %s::text[]) u (domain, takes_mail, detail)
        ON CONFLICT (domain) DO UPDATE SET takes_mail = excluded.takes_mail, detail = excluded.detail,
            checked_at = greatest(mail_domains.checked_at, excluded.checked_at)
        """,
        [
            now,
            [one.domain for one in in_order],
            [one.takes_mail for one in in_order],
            [one.detail for one in in_order],
        ],
    )
