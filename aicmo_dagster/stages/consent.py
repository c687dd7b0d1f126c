"""Reading how a person agreed to be written to, in the words of forms, CRMs and newsletters."""

import re
from datetime import UTC, date, datetime, timedelta

from aicmo_dagster.stages.dates import read_date
from aicmo_dagster.stages.quantities import read_signal

# HubSpot's "Legal basis for processing contact's data" is among them: of its words, those for a prospect's
# legitimate interest are no consent.
_WORDS = {
    **dict.fromkeys(
        (
            "express",
            "express consent",
            "explicit",
            "explicit consent",
            "opt in",
            "opted in",
            "optin",
            "single opt in",
            "double opt in",
            "double optin",
            "confirmed opt in",
            "doi",
            "consent",
            "consented",
            "granted",
            "given",
            "freely given consent from contact",
            "einwilligung",
            "erteilt",
        ),
        "express",
    ),
    **dict.fromkeys(
        (
            "purchase",
            "purchased",
            "bought",
            "customer",
            "existing customer",
            "client",
            "kunde",
            "bestandskunde",
            "performance of a contract",
            "legitimate interest existing customer",
        ),
        "purchase",
    ),
    **dict.fromkeys(
        (
            "inquiry",
            "enquiry",
            "inquired",
            "request",
            "requested",
            "contact request",
            "demo request",
            "quote request",
            "contact form",
            "anfrage",
        ),
        "inquiry",
    ),
    **dict.fromkeys(
        ("published", "published address", "conspicuously published", "conspicuous publication"), "published"
    ),
}


def read_consent(text: str) -> str | None:
    """Returns which of `config.CONSENTS` a text says; a mere yes is `express`. None for no and for anything else."""
    words = " ".join(re.findall(r"[^\W_]+", text.casefold()))
    return _WORDS.get(words) or ("express" if read_signal(text) else None)


def read_consent_date(text: str) -> date | None:
    """Returns the day of a consent. None also for a day to come, on which nobody can have agreed yet.

    Tomorrow is taken: where the person lives it may be today.
    """
    day = read_date(text)
    return None if day is None or day > datetime.now(UTC).date() + timedelta(days=1) else day
