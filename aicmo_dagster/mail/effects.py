"""What comes back, and what it does: the only place where a reply, a bounce or a wish changes anything.

Every function works in the caller's transaction and may be told the same again: an event that is known (the same
kind, lead and time; of bounces, complaints and deliveries the same mail) changes nothing, so what a person has
decided since then stays. A lead that was erased is passed over. A mail that is on its way or sent is never
changed, except that evidence turns `uncertain` into `sent`.

What stops mails takes `suppressions.lock` before any row of the ledger: once it is committed, no mail starts.
Whoever records several events in one transaction calls that first.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import psycopg
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.scoring import EventKind
from aicmo_dagster.store import claims, search_table, sends, suppressions, webhooks
from aicmo_dagster.store.audit import record

Cursor = psycopg.Cursor[TupleRow]

SOFT_BOUNCES = 3
"""So many mails that bounce softly, with no sign of delivery between them, and the address is dead."""
DEFAULT_WAIT = timedelta(days=7)
"""For an auto-reply that does not say when the person is back."""
_LONGEST_WAIT = timedelta(days=366)
"""A return date beyond this was misread."""
_WRITTEN_TO = (
    "LATERAL (SELECT mailbox(l.email) AS mailbox WHERE l.email IS NOT NULL UNION SELECT mailbox(s.recipient) "
    "FROM sends s WHERE s.lead_id = l.id AND s.started_at IS NOT NULL AND strpos(s.recipient, '@') > 0) AS a"
)
"""SQL: the addresses of the lead `l`: its own, and those that its mails went to before it was corrected."""


def replied(
    cursor: Cursor, lead_id: int, send_id: int | None, at: datetime, category: str | None = None
) -> bool:
    """A person answered: the campaign's mails to the person end, and to the company where the campaign says so.

    `category` is what a reply is about, where that is sure: `unsubscribe` stops all mails everywhere, and
    `interested` is recorded as that outcome. Returns False where the reply was known.
    """
    suppressions.lock(cursor)
    if not _record(cursor, lead_id, send_id, "replied", at):
        return False
    if category == "interested":
        _record(cursor, lead_id, send_id, "interested", at)
    cursor.execute(_STOP_ACCOUNT, {"lead": lead_id})
    _stop(cursor, _person(cursor, lead_id), at)
    if category == "unsubscribe":
        unsubscribed(cursor, lead_id, at, "reply")
    return True


_STOP_ACCOUNT = """
INSERT INTO stopped_accounts (campaign_id, account_domain)
SELECT DISTINCT l.campaign_id, d.domain FROM leads l JOIN campaigns c ON c.id = l.campaign_id
LEFT JOIN account_aliases a ON a.campaign_id = l.campaign_id AND a.alias = l.account_domain
CROSS JOIN LATERAL (
    SELECT l.account_domain AS domain
    UNION SELECT a.account
    UNION SELECT o.alias FROM account_aliases o WHERE o.campaign_id = l.campaign_id AND o.account = a.account
) d
WHERE l.id = %(lead)s AND c.config #>> '{sending,reply_stops_colleagues}' = 'true'
    AND d.domain IS NOT NULL AND d.domain NOT LIKE 'company:%%'
ON CONFLICT DO NOTHING
"""


def auto_replied(
    cursor: Cursor, lead_id: int, send_id: int | None, at: datetime, until: datetime | None = None
) -> bool:
    """Nobody is there until `until` (None: some days): no campaign writes to the person before that.

    The longest wait counts. Returns False where the answer was known.
    """
    suppressions.lock(cursor)
    if not _record(cursor, lead_id, send_id, "auto_replied", at):
        return False
    back = min(until, at + _LONGEST_WAIT) if until is not None and until > at else at + DEFAULT_WAIT
    cursor.execute(
        "INSERT INTO lead_waits AS w (lead_id, until, reason) "
        "SELECT one, %s, 'an automatic answer: nobody is there' FROM unnest(%s::bigint[]) AS one ORDER BY one "
        "ON CONFLICT (lead_id) DO UPDATE SET until = excluded.until, reason = excluded.reason "
        "WHERE w.until < excluded.until",
        [back, _person(cursor, lead_id)],
    )
    return True


def hard_bounced(cursor: Cursor, lead_id: int, send_id: int | None, at: datetime, by: str) -> bool:
    """There is no such recipient: its address gets no mail any more. `by` is who said so.

    It is about the address that the mail went to; a lead that has another one by now goes on. Returns False
    where the bounce was known.
    """
    suppressions.lock(cursor)
    address, is_current = _address(cursor, lead_id, send_id)
    if address is None or _known(cursor, send_id, "bounced"):
        return False
    if not is_current:
        _evidence(cursor, send_id)
        return suppressions.add_mailbox(cursor, address, "bounced", by)
    if not _record(cursor, lead_id, send_id, "bounced", at):
        return False
    suppressions.add_mailbox(cursor, address, "bounced", by)
    _stop(cursor, _bearers(cursor, lead_id), at)
    return True


def soft_bounced(cursor: Cursor, lead_id: int, send_id: int | None, at: datetime) -> bool:
    """A mailbox could not take the mail this time; after three mails in a row it is dead.

    Returns whether the address is suppressed for it now.
    """
    suppressions.lock(cursor)
    if _known(cursor, send_id, "soft_bounced") or not _record(cursor, lead_id, send_id, "soft_bounced", at):
        return False
    bearers = _bearers(cursor, lead_id)
    cursor.execute(_IN_A_ROW, {"leads": bearers, "send": send_id, "at": at})
    (in_a_row,) = cursor.fetchone() or (0,)
    address, is_current = _address(cursor, lead_id, send_id)
    if in_a_row < SOFT_BOUNCES or address is None or not is_current:
        return False
    suppressions.add_mailbox(cursor, address, "bounced", f"{in_a_row} soft bounces")
    _stop(cursor, bearers, at)
    return True


# A mail that nothing was heard of was delivered, too: not every server says so.
_IN_A_ROW = """
SELECT count(DISTINCT coalesce(e.send_id, -e.id)) FROM engagement_events e LEFT JOIN sends s ON s.id = e.send_id
WHERE e.lead_id = ANY(%(leads)s) AND e.kind = 'soft_bounced'
    AND e.happened_at > coalesce((
        SELECT max(o.happened_at) FROM engagement_events o WHERE o.lead_id = ANY(%(leads)s) AND o.kind IN
            ('delivered', 'opened', 'clicked', 'replied', 'auto_replied', 'complained', 'unsubscribed')
    ), '-infinity')
    AND coalesce(s.started_at, e.happened_at) > coalesce((
        SELECT max(o.started_at) FROM sends o WHERE o.lead_id = ANY(%(leads)s) AND o.state = 'sent'
            AND o.started_at < coalesce((SELECT started_at FROM sends WHERE id = %(send)s), %(at)s)
            AND NOT EXISTS (
                SELECT FROM engagement_events x WHERE x.send_id = o.id AND x.kind IN ('soft_bounced', 'bounced')
            )
    ), '-infinity')
"""


def delivered(cursor: Cursor, lead_id: int, send_id: int | None, at: datetime) -> bool:
    """The recipient's server has the mail: soft bounces before it do not count any more. False where known."""
    return not _known(cursor, send_id, "delivered") and _record(cursor, lead_id, send_id, "delivered", at)


def complained(cursor: Cursor, lead_id: int, send_id: int | None, at: datetime, by: str) -> bool:
    """The person called a mail spam: no mail of any campaign any more. Returns False where that was known."""
    suppressions.lock(cursor)
    if _known(cursor, send_id, "complained") or not _record(cursor, lead_id, send_id, "complained", at):
        return False
    _suppress(cursor, lead_id, send_id, "complained", by)
    _stop(cursor, _person(cursor, lead_id), at)
    return True


def unsubscribed(cursor: Cursor, lead_id: int, at: datetime, by: str, campaign_only: bool = False) -> bool:
    """The person wants no more mails: of any campaign, or of this one alone.

    That goes for the lead's address and for those that its mails went to before: whoever asks has read one of them.
    Returns False where nothing had to be changed: the wish was known.
    """
    suppressions.lock(cursor)
    # At the same moment the wish may have been for this campaign alone, and now it is for all.
    cursor.execute(
        "SELECT FROM engagement_events e JOIN leads l ON l.id = e.lead_id WHERE e.lead_id = %s "
        "AND e.kind = 'unsubscribed' AND e.happened_at = %s AND (%s OR NOT EXISTS (SELECT FROM opt_outs x "
        "WHERE x.campaign_id = l.campaign_id AND x.mailbox = mailbox(l.email)))",
        [lead_id, at, campaign_only],
    )
    if cursor.fetchone() is not None:
        return False
    if campaign_only:
        cursor.execute(
            f"INSERT INTO opt_outs (campaign_id, mailbox) SELECT l.campaign_id, a.mailbox FROM leads l, {_WRITTEN_TO} "
            "WHERE l.id = %s ON CONFLICT DO NOTHING",
            [lead_id],
        )
        new = cursor.rowcount > 0
    else:
        new = _suppress(cursor, lead_id, None, "unsubscribed", by)
    cursor.execute("SELECT FROM engagement_events WHERE lead_id = %s AND kind = 'unsubscribed'", [lead_id])
    if cursor.fetchone() is None or new:
        new = _record(cursor, lead_id, None, "unsubscribed", at) or new
    _stop(cursor, _person(cursor, lead_id), at)
    return new


def resubscribed(cursor: Cursor, lead_id: int, by: str, campaign_only: bool = False) -> bool:
    """Take back an unsubscription that was a mistake; a sequence that it ended stays ended.

    A complaint, and what others said of the address, stays. Returns False where there was nothing to take back.
    """
    suppressions.lock(cursor)
    if campaign_only:
        cursor.execute(
            f"DELETE FROM opt_outs x USING leads l, {_WRITTEN_TO} WHERE l.id = %s AND x.campaign_id = l.campaign_id "
            "AND x.mailbox = a.mailbox",
            [lead_id],
        )
    else:
        cursor.execute(
            f"DELETE FROM suppressions x USING leads l, {_WRITTEN_TO} WHERE l.id = %s AND x.kind = 'address' "
            "AND x.value = a.mailbox AND x.reason = 'unsubscribed'",
            [lead_id],
        )
    if cursor.rowcount == 0:
        return False
    cursor.execute(
        "DELETE FROM engagement_events e USING leads l WHERE e.lead_id = %s AND e.kind = 'unsubscribed' "
        "AND l.id = e.lead_id AND NOT EXISTS (SELECT FROM opt_outs x WHERE x.campaign_id = l.campaign_id "
        "AND x.mailbox = mailbox(l.email)) AND NOT EXISTS (SELECT FROM suppressions x "
        "WHERE x.kind = 'address' AND x.value = mailbox(l.email) AND x.reason = 'unsubscribed')",
        [lead_id],
    )
    search_table.refresh(cursor, _person(cursor, lead_id))
    record(cursor, by, "unsubscription.withdraw", str(lead_id))
    return True


def opened(
    cursor: Cursor, lead_id: int, send_id: int | None, at: datetime, human: float | None = None
) -> bool:
    """The mail was opened, by a person with probability `human` (None: certainly). See `clicked`."""
    return _seen(cursor, lead_id, send_id, "opened", at, human)


def clicked(
    cursor: Cursor, lead_id: int, send_id: int | None, at: datetime, human: float | None = None
) -> bool:
    """A link was followed, by a person with probability `human` (None: certainly).

    Told again, the newer judgement of `human` counts. Returns False where the event was known.
    """
    return _seen(cursor, lead_id, send_id, "clicked", at, human)


def settle_uncertain(cursor: Cursor, message_ids: Sequence[str]) -> int:
    """Mails with these Message-IDs (in angle brackets) have arrived: the uncertain ones are sent. How many."""
    cursor.execute(
        "SELECT DISTINCT campaign_id FROM sends WHERE message_id = ANY(%s) AND state = 'sending'",
        [list(message_ids)],
    )
    for (campaign_id,) in cursor.fetchall():
        # Perhaps of a sender that is dead; the evidence would not be read again later. At that time no lease is over.
        claims.orphans(cursor, campaign_id, datetime(1970, 1, 1, tzinfo=UTC))
    cursor.execute(_ARRIVED + "message_id = ANY(%s)", [list(message_ids)])
    return cursor.rowcount


_ARRIVED = (
    "UPDATE sends SET state = 'sent', sent_at = started_at, reason = 'what came back proves that it left' "
    "WHERE state = 'uncertain' AND "
)


def _evidence(cursor: Cursor, send_id: int | None) -> None:
    if send_id is not None:
        cursor.execute(_ARRIVED + "id = %s", [send_id])


def _seen(
    cursor: Cursor,
    lead_id: int,
    send_id: int | None,
    kind: Literal["opened", "clicked"],
    at: datetime,
    human: float | None,
) -> bool:
    if _record(cursor, lead_id, send_id, kind, at, human):
        return True
    cursor.execute(
        "UPDATE engagement_events SET human = %(human)s WHERE lead_id = %(lead)s AND kind = %(kind)s "
        "AND happened_at = %(at)s AND human IS DISTINCT FROM %(human)s::real",
        {"lead": lead_id, "kind": kind, "at": at, "human": human},
    )
    return False


def _record(
    cursor: Cursor,
    lead_id: int,
    send_id: int | None,
    kind: EventKind,
    at: datetime,
    human: float | None = None,
) -> bool:
    """Whether the event is new, and of a lead that is still there."""
    cursor.execute(
        "INSERT INTO engagement_events (lead_id, send_id, kind, happened_at, human) "
        "SELECT l.id, (SELECT id FROM sends WHERE id = %(send)s), %(kind)s, %(at)s, %(human)s "
        "FROM leads l WHERE l.id = %(lead)s ON CONFLICT DO NOTHING",
        {"lead": lead_id, "send": send_id, "kind": kind, "at": at, "human": human},
    )
    new = cursor.rowcount > 0
    _evidence(cursor, send_id)
    if new and kind in _TOLD:
        webhooks.tell_of_lead(cursor, _TOLD[kind], lead_id, at, {"reason": kind})
    return new


_TOLD: dict[EventKind, webhooks.LeadEvent] = {
    "replied": "lead.replied",
    "unsubscribed": "lead.unsubscribed",
    "complained": "lead.unsubscribed",
}


def _known(cursor: Cursor, send_id: int | None, kind: EventKind) -> bool:
    cursor.execute("SELECT FROM engagement_events WHERE send_id = %s AND kind = %s", [send_id, kind])
    return cursor.fetchone() is not None


def _address(cursor: Cursor, lead_id: int, send_id: int | None) -> tuple[str | None, bool]:
    """The address that the mail went to (or would), and whether it is still the lead's."""
    cursor.execute(
        "SELECT coalesce(s.recipient, l.email), mailbox(coalesce(s.recipient, l.email)) = mailbox(l.email) "
        "FROM leads l LEFT JOIN sends s ON s.id = %s AND s.lead_id = l.id WHERE l.id = %s",
        [send_id, lead_id],
    )
    address, is_current = cursor.fetchone() or (None, False)
    return address, bool(is_current)


def _suppress(cursor: Cursor, lead_id: int, send_id: int | None, reason: str, by: str) -> bool:
    """Suppress the address of the mail and that of the lead; whether that changes anything.

    Where it is a wish also those that other mails of the lead went to: the person has one of them.
    """
    cursor.execute("SELECT email FROM leads WHERE id = %s", [lead_id])
    (own,) = cursor.fetchone() or (None,)
    addresses = {own, _address(cursor, lead_id, send_id)[0]} - {None}
    if reason != "bounced":
        cursor.execute(f"SELECT a.mailbox FROM leads l, {_WRITTEN_TO} WHERE l.id = %s", [lead_id])
        addresses |= {box for (box,) in cursor.fetchall()}
    return sum(suppressions.add_mailbox(cursor, one, reason, by) for one in sorted(map(str, addresses))) > 0


def _person(cursor: Cursor, lead_id: int) -> list[int]:
    """All leads of the lead's person: with its address, in any campaign, and those that are merged with one."""
    cursor.execute(
        """
        WITH same AS (
            SELECT coalesce(o.merged_into, o.id) AS id FROM leads l JOIN leads o ON o.identity = l.identity
            WHERE l.id = %(lead)s
        )
        SELECT id FROM same UNION SELECT m.id FROM leads m JOIN same ON m.merged_into = same.id ORDER BY 1
        """,
        {"lead": lead_id},
    )
    return [int(one) for (one,) in cursor.fetchall()]


def _bearers(cursor: Cursor, lead_id: int) -> list[int]:
    """The leads with the lead's address, in any campaign."""
    cursor.execute(
        "SELECT o.id FROM leads l JOIN leads o ON o.identity = l.identity WHERE l.id = %s ORDER BY 1",
        [lead_id],
    )
    return [int(one) for (one,) in cursor.fetchall()]


def _stop(cursor: Cursor, lead_ids: Sequence[int], at: datetime) -> None:
    """Skip the waiting mails of the leads that must get none any more, and end their enrolment."""
    cursor.execute(
        "SELECT campaign_id, array_agg(id ORDER BY id) FROM sends "
        "WHERE lead_id = ANY(%s) AND state IN ('planned', 'held') GROUP BY campaign_id ORDER BY campaign_id",
        [list(lead_ids)],
    )
    for campaign_id, waiting in cursor.fetchall():
        sends.skip_stopped(cursor, campaign_id, waiting)
    cursor.execute(_END_STOPPED.encode(), {"leads": list(lead_ids), "at": at})
    search_table.refresh(cursor, lead_ids)


_END_STOPPED = f"""
UPDATE lead_routes r SET left_at = greatest(%(at)s, r.enrolled_at) FROM leads l
WHERE r.lead_id = ANY(%(leads)s) AND r.left_at IS NULL AND l.id = r.lead_id
    AND NOT ({sends.free_to_get_mail("l", "false")})
"""
