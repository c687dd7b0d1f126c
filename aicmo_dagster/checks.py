"""Asset checks. All but `reviews_in_time` block: what they guard is who gets mail.

Each is evaluated in the step of its asset, right after the stage has written; the one of `nurture_sends`
between planning and the first mail.
"""

from collections.abc import Sequence

import dagster as dg
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.operations import health
from aicmo_dagster.operations.senders import SenderState
from aicmo_dagster.privacy import without_addresses
from aicmo_dagster.store import enrolments, figures
from aicmo_dagster.store.reviews import Queue


def _spec(name: str, asset: str, description: str, blocking: bool = True) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(name, asset=asset, description=description, blocking=blocking)


UNIQUE_ADDRESSES = _spec("unique_addresses", "raw_leads", "No two leads of the campaign share an address.")
SCORES_IN_RANGE = _spec("scores_in_range", "scored_leads", "Every lead has scores, all between 0 and 1.")
REVIEWS_IN_TIME = _spec(
    "reviews_in_time",
    "qualified_leads",
    "No lead waits for a review for longer than the campaign's `review_limit_hours`; others go on all the same.",
    blocking=False,
)
CONVERSION_MODEL_IS_FIT = _spec(
    "conversion_model_is_fit",
    "conversion_model",
    "The new model tells who converts, says what happens, is no worse than the one in use, and has learnt from leads "
    "like those that there are now; nor has the one in use drifted.",
)
NO_SUPPRESSED_PLANNED = _spec(
    "no_suppressed_address_planned", "nurture_sends", "No mail is planned to an address that must get none."
)
SENDING_DOMAINS_IN_ORDER = _spec(
    "sending_domains_in_order",
    "nurture_sends",
    "DNS says that receivers take mails from the mailboxes' domains: MX, SPF, DKIM, DMARC. A mailbox that may not send "
    "holds its mails; the others go on.",
    blocking=False,
)
FEW_COME_BACK = _spec(
    "few_mails_come_back",
    "nurture_sends",
    "Bounces and complaints of the last seven days are below what pauses the campaign.",
    blocking=False,
)


def _none_of(spec: dg.AssetCheckSpec, what: str, found: int) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=found == 0,
        check_name=spec.name,
        severity=dg.AssetCheckSeverity.ERROR,
        description=None if found == 0 else f"{found:,} {what}",
        metadata={what: found},
    )


def unique_addresses(cursor: Cursor[TupleRow], campaign_id: int) -> dg.AssetCheckResult:
    """Fails where addresses differ in nothing but case."""
    found = figures.shared_addresses(cursor, campaign_id)
    return _none_of(UNIQUE_ADDRESSES, "addresses that several leads share", found)


def scores_in_range(found: int) -> dg.AssetCheckResult:
    """Fails where so many leads have no score or one outside 0 to 1."""
    return _none_of(SCORES_IN_RANGE, "leads without a score between 0 and 1", found)


def reviews_in_time(queue: Queue, limit_hours: float) -> dg.AssetCheckResult:
    """Warns where leads wait for a person for too long."""
    return dg.AssetCheckResult(
        passed=queue.overdue == 0,
        check_name=REVIEWS_IN_TIME.name,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{queue.overdue:,} leads wait for a review for more than {limit_hours:g} hours"
        if queue.overdue
        else None,
        metadata={"overdue": queue.overdue},
    )


def conversion_model_is_fit(problem: str | None, why_not_used: str | None) -> dg.AssetCheckResult:
    """Fails with the `problem`; where there is none but the model is not used, says why."""
    return dg.AssetCheckResult(
        passed=problem is None,
        check_name=CONVERSION_MODEL_IS_FIT.name,
        severity=dg.AssetCheckSeverity.ERROR,
        description=problem or why_not_used,
    )


def no_suppressed_planned(cursor: Cursor[TupleRow], campaign_id: int) -> dg.AssetCheckResult:
    """Fails where an open send goes to a suppressed address or domain."""
    found = enrolments.suppressed_but_open(cursor, campaign_id)
    return _none_of(NO_SUPPRESSED_PLANNED, "open sends to suppressed addresses", found)


def sending_domains_in_order(states: Sequence[SenderState]) -> dg.AssetCheckResult:
    """Fails where a mailbox may not send; warns where DNS says something that is not good."""
    refused = [f"{one.address.partition('@')[2]}: {one.refused}" for one in states if one.refused]
    lines = {
        f"{one.address.partition('@')[2]}: {check} is {finding.outcome}: {finding.says}"
        + (f"; {finding.remedy}" if finding.remedy else ""): finding.outcome
        for one in states
        for check, finding in one.findings.items()
    }
    bad = [line for line, outcome in lines.items() if outcome == "bad"]
    unknown = [line for line, outcome in lines.items() if outcome == "unknown"]
    return dg.AssetCheckResult(
        passed=not refused and not bad,
        check_name=SENDING_DOMAINS_IN_ORDER.name,
        severity=dg.AssetCheckSeverity.ERROR if refused else dg.AssetCheckSeverity.WARN,
        description="\n".join([*dict.fromkeys(refused), *bad, *unknown]) or None,
        metadata={
            "mailboxes": len(states),
            "mailboxes_refused": len(refused),
            "bad": len(bad),
            "unknown": len(unknown),
        },
    )


def few_mails_come_back(
    stopped: str | None, found: health.Health, config: CampaignConfig
) -> dg.AssetCheckResult:
    """Fails where the campaign was paused for it, warns before that."""
    rates = found.campaign
    warning = health.warning(found, config.sending.holds)
    return dg.AssetCheckResult(
        passed=stopped is None and warning is None,
        check_name=FEW_COME_BACK.name,
        severity=dg.AssetCheckSeverity.ERROR if stopped else dg.AssetCheckSeverity.WARN,
        description=f"the campaign is paused: {stopped}"
        if stopped
        else without_addresses(warning or "") or None,
        metadata={
            "mails": rates.mails,
            "bounced": rates.bounced,
            "complained": rates.complained,
            "bounce_rate": round(rates.bounce_rate, 5),
            "complaint_rate": round(rates.complaint_rate, 5),
        },
    )
