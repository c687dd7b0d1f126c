"""What a reply means, said by a person or by newer rules, and what follows from that.

The reply itself has stopped the mails, whatever it means; only a wish and an outcome add to that.
"""

from datetime import datetime

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.errors import LeadNotFoundError
from aicmo_dagster.mail import effects
from aicmo_dagster.mail.inbox.incoming import category_of
from aicmo_dagster.store import outcomes, received
from aicmo_dagster.store.audit import record
from aicmo_dagster.store.received import SURE, Category


def decide(cursor: Cursor[TupleRow], number: int, category: Category, by: str, now: datetime) -> None:
    """Have a person's word on a reply count: `interested` becomes that outcome, `unsubscribe` stops all mails.

    What an earlier category led to is not taken back. Raises LeadNotFoundError where there is no such reply.
    """
    message = received.one(cursor, number, lock=True)
    if message["kind"] != "reply":
        raise LeadNotFoundError(
            f"message {number} is of the kind {message['kind']}; only a reply has a category"
        )
    received.judge(cursor, number, category, by, now)
    before = {"category": message["category"], "confidence": message["confidence"]}
    record(cursor, by, "reply.decide", str(number), before, {"category": category})
    _follow(cursor, int(message["lead_id"]), category, message["received_at"], by)


def replay(cursor: Cursor[TupleRow]) -> dict[str, int]:
    """Judge the replies by today's rules that older ones have judged and no person: replies, and new categories.

    Bounces, automatic replies and complaints stay what they were: of them no words are kept.
    """
    from aicmo_dagster.mail import replies

    judged = changed = 0
    for row in received.outdated(cursor, replies.RULES_VERSION):
        category, _ = category_of(row["words"], "")
        if category is None:
            continue
        judged += 1
        changed += category.name != row["category"]
        received.judge_again(cursor, row["id"], category.name, category.confidence, replies.RULES_VERSION)
        if category.confidence >= SURE:
            _follow(cursor, row["lead_id"], category.name, row["received_at"], "rules")
    return {"replies": judged, "changed": changed}


def _follow(cursor: Cursor[TupleRow], lead_id: int, category: str, at: datetime, by: str) -> None:
    if category == "interested":
        outcomes.append(cursor, [(lead_id, "interested", at)], by, "reply")
    elif category == "unsubscribe":
        effects.unsubscribed(cursor, lead_id, at, by)
