"""`aicmo review`: decide on the leads that the rules leave to a person."""

from dataclasses import asdict
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from aicmo_dagster.cli.campaigns import AsJson, Key
from aicmo_dagster.cli.opened import actor, opened
from aicmo_dagster.cli.output import counted, local, say, say_json, table

if TYPE_CHECKING:
    from aicmo_dagster.operations.reviews import Decided, Page
    from aicmo_dagster.store.campaigns import Campaign
    from aicmo_dagster.store.reviews import Decision

app = typer.Typer(
    name="review",
    no_args_is_help=True,
    help="Decide on leads that the rules leave to a person.",
    epilog="Example: aicmo review approve demo ann@example.com --reason 'met her at the fair'",
)


class Order(StrEnum):
    oldest = "oldest"
    best = "best"


Who = Annotated[list[str] | None, typer.Argument(metavar="WHO...", help="Addresses or numbers of leads.")]
Why = Annotated[str | None, typer.Option(metavar="CODE", help="All that wait for this reason.")]
All = Annotated[bool, typer.Option("--all", help="All that wait.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Overrule = Annotated[bool, typer.Option(help="Also where another reviewer decided otherwise.")]
_DONE = {"approve": "Approved", "reject": "Rejected", "snooze": "Snoozed"}


@app.command("list", epilog="Example: aicmo review list demo --why low_intent --order best")
def listing(
    key: Key,
    why: Annotated[str | None, typer.Option(metavar="CODE", help="Only those with this reason.")] = None,
    order: Annotated[Order, typer.Option(help="The longest waiting or the best score first.")] = Order.oldest,
    after: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show who waits for a decision, why, and for how long."""
    from aicmo_dagster.operations import reviews

    found = reviews.page(_campaign(key), reason=why, order=order.value, after=after, limit=limit)
    if as_json:
        say_json(asdict(found))
        return
    if found.leads:
        _show(found)
    else:
        say("Nobody waits for a review." if why is None else f"Nobody waits for a review as {why}.", "dim")
    waiting = found.queue
    say(
        f"\n{counted(waiting.waiting, 'lead')} waiting, {waiting.overdue:,} for longer than the campaign allows, "
        f"{waiting.snoozed:,} snoozed."
    )
    if found.next:
        say(f"More: aicmo review list {key} --order {order.value} --after {found.next}", "dim")
    if found.leads:
        say(f"Decide with: aicmo review approve {key} WHO, or reject, snooze, edit", "dim")


def _show(found: "Page") -> None:
    table(
        ["Lead", "Address", "Name", "Title", "Company", "Score", "Waits", "Why"],
        [
            [
                one.lead_id,
                one.email,
                " ".join(filter(None, [one.first_name, one.last_name])),
                one.title,
                one.company,
                None if one.score is None else f"{one.score:.2f}",
                _age(one.age_hours) + (" (overdue)" if one.overdue else ""),
                "; ".join(
                    f"{why.sentence} ({why.evidence})" if why.evidence else why.sentence for why in one.why
                ),
            ]
            for one in found.leads
        ],
        ["Lead", "Score"],
    )


def _age(hours: float) -> str:
    return f"{hours / 24:.0f} d" if hours >= 48 else f"{hours:.0f} h"


@app.command(epilog="Example: aicmo review approve demo ann@example.com 17 --reason 'met both at the fair'")
def approve(
    key: Key,
    who: Who = None,
    reason: Annotated[str | None, typer.Option(help="Kept with the decision.")] = None,
    why: Why = None,
    everyone: All = False,
    yes: Yes = False,
    overrule: Overrule = False,
) -> None:
    """Let leads pass, whatever the rules say of fit and intent."""
    _decide(key, who, why, everyone, yes, "approve", reason, overrule=overrule)


@app.command(epilog="Example: aicmo review reject demo ann@example.com --reason 'is a student'")
def reject(
    key: Key,
    reason: Annotated[str, typer.Option(help="Kept with the decision.")],
    who: Who = None,
    why: Why = None,
    everyone: All = False,
    yes: Yes = False,
    overrule: Overrule = False,
) -> None:
    """Keep leads out, also those that the rules let pass."""
    _decide(key, who, why, everyone, yes, "reject", reason, overrule=overrule)


@app.command(epilog="Example: aicmo review snooze demo ann@example.com --days 14 --reason 'back in May'")
def snooze(
    key: Key,
    who: Who = None,
    days: Annotated[float | None, typer.Option(min=0, max=3660, help="For so many days.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Until then, in the campaign's time zone.")] = None,
    reason: Annotated[str | None, typer.Option(help="Kept with the snooze.")] = None,
    why: Why = None,
    everyone: All = False,
    yes: Yes = False,
) -> None:
    """Put leads off: they are not listed until then, or until their facts change."""
    if (days is None) == (until is None):
        raise typer.BadParameter("say either --days or --until")
    zone = ZoneInfo(_campaign(key).config.time_zone)
    end = until.replace(tzinfo=zone) if until else datetime.now(zone) + timedelta(days=days or 0)
    _decide(key, who, why, everyone, yes, "snooze", reason, until=end)


@app.command(epilog="Example: aicmo review edit demo ann@example.com title='VP Sales' country=Germany")
def edit(
    key: Key,
    words: Annotated[
        list[str],
        typer.Argument(metavar="WHO... FIELD=TEXT...", help="Leads, and facts as a file would have them."),
    ],
) -> None:
    """Correct facts of leads; they are scored and judged anew at once. FIELD= takes a fact away."""
    from aicmo_dagster.lead import SOURCE_FIELDS
    from aicmo_dagster.operations import reviews

    parted = [word.partition("=") for word in words]
    said = {field: text for field, sign, text in parted if sign and "@" not in field}
    who = [word for word, (field, sign, _) in zip(words, parted, strict=True) if not sign or "@" in field]
    if not who or not said:
        raise typer.BadParameter(
            f"name leads and facts, such as: ann@example.com title='VP Sales'; fields: {', '.join(SOURCE_FIELDS)}"
        )
    campaign = _campaign(key)
    _tell("Edited", reviews.edit(campaign, reviews.named(campaign, who), said, actor()), key)


def _campaign(key: str) -> "Campaign":
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        return campaigns.get(cursor, key)


def _decide(
    key: str,
    who: list[str] | None,
    why: str | None,
    everyone: bool,
    yes: bool,
    decision: "Decision",
    reason: str | None,
    *,
    until: datetime | None = None,
    overrule: bool = False,
) -> None:
    from aicmo_dagster.operations import reviews

    if sum([bool(who), why is not None, everyone]) != 1:
        raise typer.BadParameter("say whom, in one of three ways: WHO..., --why CODE or --all")
    campaign = _campaign(key)
    ids = reviews.named(campaign, who) if who else reviews.waiting(campaign, why)
    if not ids:
        say("Nobody waits for a review." if why is None else f"Nobody waits for a review as {why}.", "dim")
        return
    if not (who or yes):
        typer.confirm(f"{decision.capitalize()} {counted(len(ids), 'lead')} of {key}?", abort=True)
    done = reviews.decide(
        campaign,
        ids,
        decision,
        actor(),
        reason=reason,
        until=until,
        skip=not who,
        overrule=overrule,
    )
    _tell(_DONE[decision], done, key, until)


def _tell(done: str, decided: "Decided", key: str, until: datetime | None = None) -> None:
    say(f"{done} {counted(len(decided.leads), 'lead')}{f' until {local(until)}' if until else ''}:")
    for lead in decided.leads[:20]:
        now = (lead.verdict or "not judged").replace("_", " ")
        also = f", {lead.reason}" if lead.reason not in (None, lead.verdict) else ""
        say(f"  {lead.name}" + ("" if until else f": {now}{also}"))
    if len(decided.leads) > 20:
        say(f"  and {len(decided.leads) - 20:,} more")
    for one in decided.skipped[:20]:
        say(f"Left out: {one.name} {one.why}")
    if len(decided.skipped) > 20:
        say(f"Left out: {len(decided.skipped) - 20:,} more")
    if any(lead.verdict == "qualified" for lead in decided.leads):
        say(f"Who is qualified gets a sequence and an owner with the next run: aicmo run {key}", "dim")
