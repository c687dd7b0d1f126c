"""How fast a mailbox may write: the ramp of its first days, and the gap between two mails."""

import hashlib
from datetime import date, timedelta

from aicmo_dagster.campaign.sending import Pace


def allowance(pace: Pace, first_day: date | None, day: date) -> int:
    """Mails that a mailbox may send on `day`, when it sent its first one on `first_day` (None: never yet).

    Grows evenly from `first_day` of the pace to `per_day`, which it reaches after `ramp_days`.
    """
    if pace.ramp_days == 0:
        return pace.per_day
    passed = 0 if first_day is None else max(0, (day - first_day).days)
    if passed >= pace.ramp_days:
        return pace.per_day
    return pace.first_day + (pace.per_day - pace.first_day) * passed // pace.ramp_days


def gap(pace: Pace, send_id: int) -> timedelta:
    """How long the mailbox rests behind a mail: the gap and a part of the jitter that depends on the mail."""
    digest = hashlib.blake2b(send_id.to_bytes(8, "big"), digest_size=4).digest()
    share = int.from_bytes(digest, "big") / 2**32
    return timedelta(minutes=pace.gap_minutes * (1 + pace.gap_jitter * share))
