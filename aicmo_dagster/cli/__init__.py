"""`aicmo`, the command line: one module per group of commands, nothing decided here.

Modules of the application are imported inside the commands: Dagster and pandas take seconds, and a help text
must not.
"""

import logging
import signal

import typer

from aicmo_dagster.cli import (
    api,
    backtest,
    bench,
    campaigns,
    chaos,
    crm,
    demo,
    doctor,
    events,
    explain,
    inbox,
    keys,
    leads,
    mail,
    matches,
    model,
    outcomes,
    person,
    review,
    run,
    senders,
    sends,
    suppress,
    up,
    variants,
    vendors,
    webhooks,
)
from aicmo_dagster.cli.group import SentencesForErrors

app = typer.Typer(
    name="aicmo",
    cls=SentencesForErrors,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Find leads, score, qualify and route them, and write to each once.",
    epilog="Begin with: aicmo demo",
)
app.command(epilog="Example: aicmo demo")(demo.demo)
app.command(epilog="Example: aicmo up --port 3000")(up.up)
app.command(epilog="Example: aicmo api --port 3001")(api.api)
app.add_typer(keys.app)
app.add_typer(webhooks.app)
app.command(epilog="Example: aicmo run demo --stage score")(run.run)
app.add_typer(campaigns.app)
app.command(epilog="Example: aicmo backtest eu-saas --with changed.yaml --days 60")(backtest.backtest)
app.add_typer(leads.app)
app.command(epilog="Example: aicmo explain elena.fixture@placeholder-cloud.example.net")(explain.explain)
app.add_typer(matches.app)
app.add_typer(review.app)
app.add_typer(outcomes.app)
app.add_typer(model.app)
app.add_typer(suppress.app)
app.add_typer(person.app)
app.add_typer(sends.app)
app.add_typer(senders.app)
app.add_typer(variants.app)
app.add_typer(inbox.app)
app.add_typer(events.app)
app.add_typer(mail.app)
app.add_typer(vendors.app)
app.add_typer(crm.app)
app.command(epilog="Example: aicmo doctor")(doctor.doctor)
app.add_typer(bench.app, name="bench", epilog="Example: aicmo bench pipeline --leads 100000")
app.add_typer(chaos.app, name="chaos", epilog="Example: aicmo chaos send --kills 50")


def main() -> None:
    """The entry point of `aicmo`."""
    # Dagster lets SIGTERM do what SIGINT does, which is nothing in what a script starts in the background;
    # and the embedded database is stopped by a process that ends in order only.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # What it tells of a connection that an interruption cut off is told by the command, in words.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    app()
