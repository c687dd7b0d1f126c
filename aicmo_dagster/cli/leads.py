"""`aicmo leads`: look at leads, add them, import them."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from aicmo_dagster.cli.campaigns import AsJson, Key
from aicmo_dagster.cli.opened import actor, opened
from aicmo_dagster.cli.output import console, counted, local, records, say, say_json, table
from aicmo_dagster.errors import SourceError

app = typer.Typer(
    name="leads",
    no_args_is_help=True,
    help="The people of a campaign: look at them, add them, import them.",
    epilog="Example: aicmo leads list demo --status qualified",
)

_SHOWN_REJECTED = 5


class Status(StrEnum):
    new = "new"
    enriched = "enriched"
    scored = "scored"
    qualified = "qualified"
    manual_review = "manual_review"
    rejected = "rejected"
    routed = "routed"
    contacted = "contacted"
    replied = "replied"
    converted = "converted"
    bounced = "bounced"
    unsubscribed = "unsubscribed"
    lost = "lost"


@app.command("list", epilog="Example: aicmo leads list demo --status qualified --search berlin --limit 20")
def listing(
    key: Key,
    status: Annotated[Status | None, typer.Option(help="Only leads in this status.")] = None,
    search: Annotated[str | None, typer.Option(help="Text in address, name, company or title.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show leads with status, score and owner."""
    from aicmo_dagster.store import campaigns, leads

    with opened() as cursor:
        campaign = campaigns.get(cursor, key)
        found = leads.listing(cursor, campaign.id, status, search, limit)
        of = leads.count(cursor, campaign.id)
    if as_json:
        say_json(found)
        return
    if not found:
        say("No lead fits." if of else f"There are no leads yet; run the campaign: aicmo run {key}", "dim")
        return
    table(
        ["Lead", "Address", "Name", "Title", "Company", "Status", "Score", "Tier", "Owner"],
        [
            [
                one["id"],
                one["email"],
                _name(one),
                one["title"],
                one["company"],
                one["status"],
                None if one["score"] is None else f"{one['score']:.2f}",
                one["tier"],
                one["owner"],
            ]
            for one in found
        ],
        ["Lead", "Score"],
    )
    say(f"\n{len(found):,} of {counted(of, 'lead')}. More of one: aicmo leads show {key} ADDRESS", "dim")


def _name(lead: Mapping[str, Any]) -> str:
    return " ".join(filter(None, [lead["first_name"], lead["last_name"]]))


@app.command(epilog="Example: aicmo leads show demo elena.fixture@placeholder-cloud.example.net")
def show(
    key: Key,
    who: Annotated[str, typer.Argument(metavar="WHO", help="The lead's address or number.")],
    as_json: AsJson = False,
) -> None:
    """Show the facts of a lead, by whose word each is, and what changed; aicmo explain says why it is where it is."""
    from aicmo_dagster.operations import leads
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        campaign = campaigns.get(cursor, key)
        found = leads.story(cursor, campaign, who)
    if as_json:
        say_json(found)
        return
    _show_lead(found["lead"], key)
    if found["merged"]:
        names = (f"{one['email'] or one['identity']} (lead {one['id']})" for one in found["merged"])
        say(f"also known as {', '.join(names)}")
    _show_provenance(found)
    say(
        f"\nWhy it is {found['lead']['status'].replace('_', ' ')}: aicmo explain {found['lead']['id']}", "dim"
    )


def _show_lead(lead: Mapping[str, Any], key: str) -> None:
    say(f"{lead['email'] or lead['identity']}  ({lead['status']})", "bold")
    say(", ".join(filter(None, [_name(lead), lead["title"], lead["company"]])))
    facts = {
        "industry": lead["industry"],
        "employees": lead["employees"],
        "revenue": None if lead["revenue_usd"] is None else f"{lead['revenue_usd']:,.0f} USD",
        "place": ", ".join(filter(None, [lead["city"], lead["state"], lead["country"]])),
        "time zone": lead["time_zone"],
        "phone": lead["phone"],
        "website": lead["website"],
        "linkedin": lead["linkedin_url"],
        "address": lead["email_problem"],
    }
    say("; ".join(f"{name} {value}" for name, value in facts.items() if value not in (None, "")))
    where = f"{lead['source']} {lead['source_label']}, line {lead['source_line']}"
    say(f"Lead {lead['id']} of {key}, from {where}, harvested {local(lead['harvested_at'])}", "dim")


def _show_provenance(found: Mapping[str, Any]) -> None:
    say("\nFacts", "bold")
    table(
        ["Fact", "Value", "From", "When", "Lawful basis"],
        [
            [
                one["field"].replace("_", " "),
                short(one["value"]),
                whose_word(one),
                local(one["at"]),
                one["lawful_basis"].replace("_", " "),
            ]
            for one in found["provenance"]
        ],
    )
    for change in found["changes"]:
        changed = "; ".join(
            f"{fact.replace('_', ' ')} {short(change['before'][fact])} → {short(after)}"
            for fact, after in change["after"].items()
        )
        whose = whose_word(
            {
                "source": change["source"],
                "label": change["source_label"],
                "line": change["source_line"],
                "request": change["request_id"],
            }
        )
        say(f"{local(change['changed_at'])} {whose}: {changed}", "dim")


def whose_word(origin: Mapping[str, Any]) -> str:
    """Who said a fact: `label`, `line`, `request` and `source` in words."""
    if origin["request"] is not None:
        return f"{origin['label']}, request {origin['request']}"
    if origin["source"] in ("undo", "merge"):
        of = "" if origin["label"].startswith(("into ", "from ")) else "of "
        return f"{origin['source']} {of}{origin['label']}"
    return f"{origin['source']} {origin['label']}, line {origin['line']}"


def short(value: object, longest: int = 60) -> str:
    """A value as text that fits into a line."""
    text = "nothing" if value is None else str(value)
    return text if len(text) <= longest else text[: longest - 1] + "…"


@app.command("import", epilog="Example: aicmo leads import demo more-leads.csv")
def import_(
    key: Key,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, Excel, JSON or Parquet with named columns.")
    ],
) -> None:
    """Bring the leads of a file into a campaign, besides its own sources."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from aicmo_dagster.operations import leads as operations
    from aicmo_dagster.store import campaigns, rejected_rows

    with opened() as cursor:
        campaign = campaigns.get(cursor, key)
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.completed:,} leads read"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console()) as progress:
        task = progress.add_task("", total=None)
        attempt = operations.import_file(campaign, file, lambda count: progress.advance(task, count), actor())
        progress.update(task, total=progress.tasks[0].completed)
    table(
        ["", "Rows"],
        [
            ["new leads", attempt.inserted],
            ["updated", attempt.updated],
            ["unchanged", attempt.unchanged],
            ["duplicates in the file", attempt.duplicates],
            ["rejected", attempt.rejected],
        ],
        ["Rows"],
    )
    for note in attempt.notes:
        say(note, "yellow")
    if attempt.rejected:
        with opened() as cursor:
            found = rejected_rows.listing(cursor, campaign.id, _SHOWN_REJECTED, attempt.label)
        say("")
        _show_rejected(found)
        say(f"Mend them all in a file: aicmo leads rejected {key} --export rejected.csv", "dim")
    if attempt.outcome == "failed":
        raise SourceError(f"{attempt.error}\nWhat was read before that is in the campaign.")
    say(f"\nScore, qualify and route them: aicmo run {key}", "dim")


@app.command(epilog="Example: aicmo leads imports demo")
def imports(
    key: Key,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show what each import brought, newest first."""
    from aicmo_dagster.store import campaigns
    from aicmo_dagster.store import imports as store

    with opened() as cursor:
        found = store.listing(cursor, campaigns.get(cursor, key).id, limit)
    if as_json:
        say_json(found)
        return
    columns = {"Import": "id", "When": "created_at", "Source": "source", "From": "source_label"}
    figures = {"Rows": "discovered", "New": "inserted", "Updated": "updated", "Rejected": "rejected"}
    records({**columns, **figures}, found, "Nothing has been imported yet.")


@app.command("undo-import", epilog="Example: aicmo leads undo-import demo 12")
def undo_import(
    key: Key,
    number: Annotated[int, typer.Argument(metavar="IMPORT", help="Its number in `aicmo leads imports`.")],
) -> None:
    """Take an import back: its leads go, and what it changed in others is restored."""
    from uuid import uuid4

    from aicmo_dagster.flow.run import utc_now
    from aicmo_dagster.store import campaigns
    from aicmo_dagster.store import imports as store

    with opened() as cursor:
        campaign = campaigns.get(cursor, key)
        undone = store.undo(cursor, campaign.id, number, uuid4(), utc_now(), actor())
    say(f"{counted(undone.deleted, 'lead')} deleted, {undone.restored:,} restored to what they were before.")
    if undone.kept:
        say(f"{counted(undone.kept, 'lead')} stayed: mails have been sent to them.")


@app.command(epilog="Example: aicmo leads delete demo ann@example.com")
def delete(
    key: Key,
    who: Annotated[str, typer.Argument(metavar="WHO", help="The lead's number or address.")],
) -> None:
    """Delete a lead that nobody has written to; a source that names it again brings it back."""
    from aicmo_dagster.operations import leads
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        number = leads.delete(cursor, campaigns.get(cursor, key), who, actor())
    say(f"Lead {number} is deleted.")


def _show_rejected(found: list[dict[str, Any]]) -> None:
    shown = [
        {**row, "raw": row["raw"] if len(row["raw"]) <= 120 else row["raw"][:120] + "…"} for row in found
    ]
    columns = {"File": "file", "Line": "line", "Field": "field", "Reason": "reason", "Text": "raw"}
    records(columns, shown, "No row was rejected.")


@app.command(epilog="Example: aicmo leads add demo --email ann@example.com --first-name Ann --set title=CTO")
def add(
    key: Key,
    email: Annotated[str | None, typer.Option(help="Address.")] = None,
    first_name: Annotated[str | None, typer.Option(help="First name.")] = None,
    last_name: Annotated[str | None, typer.Option(help="Last name.")] = None,
    title: Annotated[str | None, typer.Option(help="Job title.")] = None,
    company: Annotated[str | None, typer.Option(help="Company.")] = None,
    country: Annotated[str | None, typer.Option(help="Country.")] = None,
    more: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Any other field; repeatable.")
    ] = None,
) -> None:
    """Add one lead by hand; the next run takes it."""
    from aicmo_dagster.operations import leads
    from aicmo_dagster.store import campaigns

    given = {
        "email": email,
        "first_name": first_name,
        "last_name": last_name,
        "title": title,
        "company": company,
        "country": country,
        **dict(_field(text) for text in more or []),
    }
    record = {name: value for name, value in given.items() if value}
    if not record:
        raise typer.BadParameter("say something of the lead, such as --email ann@example.com")
    with opened() as cursor:
        leads.add(cursor, campaigns.get(cursor, key), record, actor())
    say(f"{email or 'The lead'} waits for the next run: aicmo run {key}")


def _field(text: str) -> tuple[str, str]:
    import difflib

    from aicmo_dagster.lead import SOURCE_FIELDS

    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} has no value; write it like industry=Software")
    if name not in SOURCE_FIELDS:
        close = difflib.get_close_matches(name, SOURCE_FIELDS, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(SOURCE_FIELDS)}"
        raise typer.BadParameter(f"{name!r} is no field of a lead; {hint}")
    return name, value


@app.command(epilog="Example: aicmo leads rejected demo --export rejected.csv")
def rejected(
    key: Key,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    label: Annotated[str | None, typer.Option("--file", help="Only those of the file of this name.")] = None,
    export: Annotated[
        Path | None, typer.Option(help="Write all of them to this CSV file, to be mended and imported.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the rows that could not be imported, with the reason of each, or export them."""
    from aicmo_dagster.store import campaigns, rejected_rows

    with opened() as cursor:
        campaign = campaigns.get(cursor, key)
        if export is not None:
            from aicmo_dagster.operations import rejected_rows as operations

            count = operations.export(cursor, campaign, export, label)
            say(f"{counted(count, 'row')} written. Mend them, then: aicmo leads import {key} {export}")
            return
        found = rejected_rows.listing(cursor, campaign.id, limit, label)
    if as_json:
        say_json(found)
    else:
        _show_rejected(found)
