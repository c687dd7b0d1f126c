"""`aicmo demo`: the packaged sample campaign through all stages."""

from importlib.resources import files
from pathlib import Path

from aicmo_dagster.cli.opened import actor, opened
from aicmo_dagster.cli.output import say
from aicmo_dagster.cli.run import execute, funnel_of, show

_KEY = "demo"


def demo() -> None:
    """Run the sample campaign: from a CSV to mails in a folder. Nothing leaves this machine."""
    from aicmo_dagster import settings
    from aicmo_dagster.operations import campaigns

    document = Path(str(files("aicmo_dagster") / "samples" / "demo.yaml"))
    campaign, outcome = campaigns.apply_file(document, actor())
    before = None if outcome == "created" else funnel_of(_KEY)
    say(f"Campaign '{_KEY}' ({campaign.config.name}), {outcome}, in simulation: mails become files.")
    execute(_KEY)
    after = funnel_of(_KEY)
    show(after)
    say("")
    if before == after:
        say("Nothing new happened: the same leads change nothing, and nobody gets a mail twice.", "bold")
        say("")
    _where_next(settings.home() / "outbox" / _KEY)


def _where_next(outbox: Path) -> None:
    say("Where to look next", "bold")
    newest = max(outbox.glob("*/*.eml"), default=None, key=lambda file: file.stat().st_mtime)
    say(f"  The mails as .eml files:    {newest.parent if newest else outbox}")
    say(f"  The leads:                  aicmo leads list {_KEY}")
    say(f"  Why one got its score:      aicmo explain {_somebody()}")
    say(f"  Decide on the doubtful:     aicmo review list {_KEY}")
    say("  Watch it in a browser:      aicmo up, then http://localhost:3000")
    say("  Your own campaign:          docs/getting-started.md")


def _somebody() -> str:
    """The address of a lead worth looking at."""
    from aicmo_dagster.store import campaigns, leads

    with opened() as cursor:
        found = leads.listing(cursor, campaigns.get(cursor, _KEY).id, "contacted", limit=1)
    return str(found[0]["email"]) if found else "ADDRESS"
