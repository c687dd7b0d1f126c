"""`engagement_events`: what came back of a campaign's mails, read where a mailbox can be, and counted."""

from collections.abc import Mapping
from dataclasses import dataclass

from aicmo_dagster.flow import mailboxes
from aicmo_dagster.flow.run import Run
from aicmo_dagster.store import database, figures


@dataclass(frozen=True)
class Engagement:
    """Leads that were sent a mail, events by kind, and per kind the leads that had one."""

    contacted: int
    events: Mapping[str, int]
    leads: Mapping[str, int]
    problems: tuple[str, ...] = ()

    @property
    def rates(self) -> dict[str, float]:
        """Kind -> share of the contacted leads that had such an event; none where nobody was contacted."""
        if not self.contacted:
            return {}
        return {kind: round(leads / self.contacted, 4) for kind, leads in self.leads.items()}


def collect(run: Run) -> Engagement:
    """Read what is new in the mailboxes of a live campaign, then count all that is known of its leads.

    Events are only ever added. A mailbox that cannot be read is among the `problems`; the others are.
    """
    problems: tuple[str, ...] = ()
    if run.campaign.config.mode == "live":
        problems = tuple(mailboxes.read_those_of([run.campaign]).problems)
    with database.transaction() as cursor:
        counted = figures.engagement(cursor, run.campaign.id)
        contacted = figures.funnel(cursor, run.campaign.id)["contacted"]
    return Engagement(
        contacted,
        {row["kind"]: row["events"] for row in counted},
        {row["kind"]: row["leads"] for row in counted},
        problems,
    )
