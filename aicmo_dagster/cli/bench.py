"""`aicmo bench`: speed and memory, measured on this machine beside a reference of the same run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

app = typer.Typer(help="Measure speed and memory, beside a reference of the same run.", no_args_is_help=True)

_AsJson = Annotated[bool, typer.Option("--json", help="Print the same figures as JSON.")]


@app.command("pipeline", epilog="Example: aicmo bench pipeline --leads 100000")
def pipeline(
    leads: Annotated[int, typer.Option(min=1, help="How many leads go from CSV to routed.")] = 1_000_000,
    as_json: _AsJson = False,
) -> None:
    """CSV to routed in a fresh embedded database: seconds per stage, memory, and bare COPY beside it."""
    from aicmo_dagster.benchmarks import pipeline as benchmark

    figures = _measure(lambda: benchmark.run(leads), as_json, f"{leads:,} leads")
    if figures is None:
        return
    table = Table("Stage", "Rows", "Seconds", "Leads/s", title=f"{leads:,} leads from CSV to routed")
    rows = dict(zip(figures["stages_s"], figures["rows"].values(), strict=True))
    for stage, seconds in figures["stages_s"].items():
        table.add_row(stage, f"{rows[stage]:,}", f"{seconds:.1f}", f"{leads / seconds:,.0f}")
    table.add_section()
    table.add_row("all", "", f"{figures['pipeline_s']:.1f}", f"{figures['leads_per_s']:,.0f}")
    table.add_row("bare COPY of the same", "", f"{figures['bare_copy_s']:.1f}", "")
    console = Console()
    console.print(table)
    console.print(f"Ratio to bare COPY: {figures['ratio']:.2f}")
    console.print(f"Peak memory of the run process: {figures['peak_rss_bytes'] / 1e6:,.0f} MB")


@app.command("scoring", epilog="Example: aicmo bench scoring --leads 100000")
def scoring(
    leads: Annotated[int, typer.Option(min=1, help="How many leads are scored and judged.")] = 1_000_000,
    as_json: _AsJson = False,
) -> None:
    """Scoring by the standard model, all dimensions kept, and qualification, beside bare COPY of the same."""
    from aicmo_dagster.benchmarks import scoring as benchmark

    figures = _measure(lambda: benchmark.run(leads), as_json, f"the scoring of {leads:,} leads")
    if figures is None:
        return
    table = Table("", "Seconds", "Leads/s", title=f"{figures['leads']:,} leads scored and judged")
    for stage, seconds in figures["stages_s"].items():
        table.add_row(stage, f"{seconds:.1f}", f"{figures['leads'] / seconds:,.0f}")
    table.add_row("both", f"{figures['seconds']:.1f}", f"{figures['leads_per_s']:,.0f}")
    table.add_section()
    for name, seconds in figures["bare_copies_s"].items():
        table.add_row(f"bare COPY: {name}", f"{seconds:.1f}", f"{figures['leads'] / seconds:,.0f}")
    console = Console()
    console.print(table)
    console.print(f"Dimensions: {figures['dimensions']}, known of a lead on average: {figures['known']:.1f}")
    console.print(f"Ratio to bare COPY: {figures['ratio']:.2f}")
    console.print(f"Peak memory of the run process: {figures['peak_rss_bytes'] / 1e6:,.0f} MB")


@app.command("send", epilog="Example: aicmo bench send --enrolled 100000 --mails 10000")
def send(
    enrolled: Annotated[int, typer.Option(min=100, help="How many enrolled leads are planned.")] = 1_000_000,
    mails: Annotated[int, typer.Option(min=100, help="How many are sent to a server nearby.")] = 40_000,
    far_mails: Annotated[int, typer.Option(min=100, help="How many to a server far away.")] = 5_000,
    connections: Annotated[int, typer.Option(min=1, max=64, help="SMTP connections at once.")] = 16,
    round_trip_ms: Annotated[int, typer.Option(min=1, help="Round trip to the server far away.")] = 50,
    as_json: _AsJson = False,
) -> None:
    """Planning and sending with ledger and durable commits, beside Postfix's smtp-source without either."""
    from aicmo_dagster.benchmarks import sending as benchmark

    figures = _measure(
        lambda: benchmark.run(enrolled, mails, far_mails, connections, round_trip_ms),
        as_json,
        f"{mails + far_mails:,} mails",
    )
    if figures is None:
        return
    table = Table("", "Mails", "Seconds", "Mails/s", "smtp-source/s", "Ratio")
    far = f"{figures['far']['round_trip_ms']} ms away"
    for name, row in (("nearby", figures["near"]), (far, figures["far"])):
        table.add_row(
            name,
            f"{row['mails']:,}",
            f"{row['seconds']:.1f}",
            f"{row['mails_per_s']:,.0f}",
            f"{row['smtp_source_per_s']:,.0f}",
            f"{row['ratio']:.2f}",
        )
    console = Console()
    console.print(table)
    size = f"mails of {figures['mail_bytes']:,.0f} bytes, text and HTML"
    console.print(
        f"{figures['connections']} connections; {size}; smtp-source sends 4,096 bytes and keeps no ledger"
    )
    console.print(f"Planning {figures['enrolled']:,} enrolled leads: {figures['plan_s']:.1f} s")
    console.print(f"Peak memory: {figures['peak_rss_bytes'] / 1e6:,.0f} MB")


@app.command("api", epilog="Example: aicmo bench api --leads 100000")
def api(
    leads: Annotated[
        int, typer.Option(min=100, max=1_000_000, help="How many leads the campaign has.")
    ] = 1_000_000,
    clients: Annotated[int, typer.Option(min=1, max=200, help="Who ask at once.")] = 20,
    requests: Annotated[int, typer.Option(min=20, help="Requests of each kind, at most.")] = 2_000,
    as_json: _AsJson = False,
) -> None:
    """Requests of each kind to the REST API from many clients at once, beside one that looks nothing up."""
    from aicmo_dagster.benchmarks import api as benchmark

    figures = _measure(
        lambda: benchmark.run(leads, clients, requests, lambda _: None), as_json, "the REST API"
    )
    if figures is None:
        return
    table = Table(
        "", "Requests", "Per s", "p50 ms", "p95 ms", "Worst ms", title=f"{clients} clients, {leads:,} leads"
    )
    for name, row in figures["kinds"].items():
        times = [f"{row[one]:,.1f}" for one in ("p50_ms", "p95_ms", "worst_ms")]
        table.add_row(name, f"{row['requests']:,}", f"{row['per_s']:,.0f}", *times)
    console = Console()
    console.print(table)
    export = figures["export"]
    console.print(f"Export of all leads: {export['bytes'] / 1e6:,.0f} MB in {export['seconds']:.1f} s")
    peaks = (figures["peak_rss_bytes"], export["peak_rss_bytes"])
    console.print(
        "Peak memory of the server: {:,.0f} MB, with the export {:,.0f} MB".format(*(p / 1e6 for p in peaks))
    )


@app.command("import", epilog="Example: aicmo bench import --leads 100000")
def import_(
    leads: Annotated[
        int, typer.Option(min=100, max=1_000_000, help="How many leads the file has.")
    ] = 1_000_000,
    as_json: _AsJson = False,
) -> None:
    """A CSV into PostgreSQL with every check on, beside bare COPY of it; matched; then 100 leads more."""
    from aicmo_dagster.benchmarks import imports as benchmark

    figures = _measure(lambda: benchmark.run(leads), as_json, f"the import of {leads:,} leads")
    if figures is None:
        return
    table = Table("", "Seconds", "Rows/s", title=f"{leads:,} rows of a CSV file")
    table.add_row("import, every check on", f"{figures['import_s']:.1f}", f"{figures['rows_per_s']:,.0f}")
    copy_s = figures["bare_copy_s"]
    table.add_row("bare COPY of the file", f"{copy_s:.1f}", f"{leads / copy_s:,.0f}")
    table.add_row(
        "probable duplicates among all", f"{figures['match_s']:.1f}", f"{leads / figures['match_s']:,.0f}"
    )
    table.add_section()
    for size, seconds in figures["more_s"].items():
        table.add_row(f"{figures['more']} more into {size:,}", f"{seconds['import']:.2f}", "")
        table.add_row("and matched with them", f"{seconds['match']:.2f}", "")
    console = Console()
    console.print(table)
    console.print(f"Ratio to bare COPY: {figures['ratio']:.2f}")
    console.print(f"Peak memory of the run process: {figures['peak_rss_bytes'] / 1e6:,.0f} MB")


@app.command("linkage", epilog="Example: aicmo bench linkage --leads 20000 --febrl febrl/")
def linkage(
    leads: Annotated[int, typer.Option(min=1000, help="How many persons are invented.")] = 100_000,
    seed: Annotated[int, typer.Option(help="Another seed, other persons.")] = 7,
    accounts: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A CSV with the column Account Id.")
    ] = None,
    febrl: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Folder of Febrl's sets as CSV.")
    ] = None,
    as_json: _AsJson = False,
) -> None:
    """Probable duplicates among leads whose truth is known: precision, recall, speed, memory."""
    from aicmo_dagster.benchmarks import linkage as benchmark

    figures = _measure(
        lambda: benchmark.run(leads, seed, accounts, febrl), as_json, "how duplicates are found"
    )
    if figures is None:
        return
    table = Table("", "Leads", "Candidates", "Precision", "Recall", "F", "Seconds", title="Persons found")
    for name, one in figures["sets"].items():
        shares = [f"{one[share]:.4f}" for share in ("precision", "recall", "f")]
        table.add_row(name, f"{one['leads']:,}", f"{one['candidates']:,}", *shares, f"{one['seconds']:.1f}")
    console = Console()
    console.print(table)
    console.print(f"100 new leads against their candidates: {figures['fresh_s']:.2f} s")
    console.print(f"Peak memory: {figures['peak_rss_bytes'] / 1e6:,.0f} MB")


@app.command("titles", epilog="Example: aicmo bench titles --json")
def titles(as_json: _AsJson = False) -> None:
    """Levels and departments read from labelled job titles: how many right, which confused, speed."""
    from aicmo_dagster.benchmarks import titles as benchmark

    figures = _measure(benchmark.run, as_json, "how job titles are read")
    if figures is None:
        return
    table = Table("", "Titles", "Five classes", "Ten levels", "Department", "Titles/s", title="Read right")
    for name, one in figures["files"].items():
        shares = [f"{one[share]:.4f}" for share in ("classes", "levels", "departments")]
        table.add_row(name, f"{one['titles']:,}", *shares, f"{one['titles_per_s']:,.0f}")
    console = Console()
    console.print(table)
    for name, one in figures["files"].items():
        if one["left_out"]:
            console.print(f"{name}: {one['left_out']} titles left out that are in a file before it as well")
        confused = Table("labelled \\ read", *benchmark.CLASSES, title=f"Classes in {name}")
        for label, read in one["confusion"].items():
            confused.add_row(label, *(f"{read[kind]:,}" for kind in benchmark.CLASSES))
        console.print(confused)


@app.command("replies", epilog="Example: aicmo bench replies --json")
def replies(as_json: _AsJson = False) -> None:
    """Labelled replies sorted: how many right, which confused, what is left to a person, wishes overlooked."""
    from aicmo_dagster.benchmarks import replies as benchmark

    figures = _measure(benchmark.run, as_json, "how replies are sorted")
    if figures is None:
        return
    console = Console()

    def share(one: float | None) -> str:
        return "" if one is None else f"{one:.3f}"

    for name, one in figures["files"].items():
        console.print(f"{name}: {one['replies']:,} replies, {share(one['accuracy'])} right")
        console.print(
            f"Left to a person: {share(one['reviewed'])}; of the others "
            f"{share(one['accuracy_unreviewed'])} right; wishes for no more mail surely taken for "
            f"something else: {one['unsubscribe_missed']}"
        )
        console.print(", ".join(f"{language} {share(right)}" for language, right in one["languages"].items()))
        table = Table("Category", "Labelled", "Precision", "Recall", "Wrongly sorted as", title=name)
        for kind, of in one["categories"].items():
            read = one["confusion"][kind]
            wrong = ", ".join(f"{other} {count}" for other, count in read.items() if count and other != kind)
            row = (f"{sum(read.values()):,}", share(of["precision"]), share(of["recall"]), wrong)
            table.add_row(kind, *row)
        console.print(table)


@app.command("execute", epilog="Example: aicmo bench execute --rounds 3")
def execute(
    rounds: Annotated[int, typer.Option(min=1, help="How often each command is timed.")] = 5,
    as_json: _AsJson = False,
) -> None:
    """`dagster job execute` of the sample campaign, beside an empty Dagster job."""
    from aicmo_dagster.benchmarks import execute as benchmark

    figures = _measure(lambda: benchmark.run(rounds), as_json, "dagster job execute")
    if figures is None:
        return
    table = Table("dagster job execute", "Seconds (median)", title=f"{rounds} rounds, a process each")
    table.add_row("sample campaign, all stages", f"{figures['sample_s']:.2f}")
    table.add_row("an empty Dagster job", f"{figures['empty_s']:.2f}")
    table.add_row("difference: the pipeline's own", f"{figures['own_s']:.2f}")
    Console().print(table)


@app.command("addresses", epilog="Example: aicmo bench addresses tests.xml")
def addresses(
    suite: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="tests.xml of is_email: in pyIsEmail's repository."),
    ],
    as_json: _AsJson = False,
) -> None:
    """How the reading of addresses agrees with a published suite, and every disagreement explained."""
    from aicmo_dagster.benchmarks import addresses as benchmark

    figures = _measure(lambda: benchmark.run(suite), as_json, "how addresses are read")
    if figures is None:
        return
    table = Table("No.", "Address", "The suite says", "Diagnosis", "Why we do not")
    for one in figures["disagreements"]:
        shown = Text(ascii(one["address"])[1:-1])
        table.add_row(one["number"], shown, one["suite"], one["diagnosis"], one["why"] or "unexplained")
    console = Console()
    console.print(table)
    for reason, number in figures["by_reason"].items():
        console.print(f"{number} for one reason: {reason}")
    agreed, total = figures["agreed"], figures["addresses"]
    console.print(f"Agreement: {agreed} of {total} addresses, {figures['agreement']:.1%}")


@app.command("compose", epilog="Example: aicmo bench compose --mails 5000")
def compose(
    mails: Annotated[int, typer.Option(min=1, help="How many of each shipped sequence.")] = 5_000,
    as_json: _AsJson = False,
) -> None:
    """Writing mails, plain text and HTML, without database and network, beside EmailMessage."""
    from aicmo_dagster.benchmarks import composing as benchmark

    figures = _measure(lambda: benchmark.run(mails), as_json, "how mails are written")
    if figures is None:
        return
    table = Table("", "µs per mail", title=f"{figures['mails']:,} mails of {figures['octets']:,.0f} octets")
    for name, microseconds in figures["us_per_mail"].items():
        table.add_row(name, f"{microseconds:.0f}")
    table.add_section()
    table.add_row("all", f"{figures['us_of_all']:.0f}")
    table.add_row("the same two parts by EmailMessage", f"{figures['us_of_email_message']:,.0f}")
    Console().print(table)


@app.command("bounces", epilog="Example: aicmo bench bounces flufl_bounce-6.0.0/tests/data")
def bounces(
    folder: Annotated[
        Path,
        typer.Argument(
            exists=True, file_okay=False, help="tests/data of flufl.bounce, or one with labels.csv."
        ),
    ],
    as_json: _AsJson = False,
) -> None:
    """Failed recipients found in labelled bounces, those found wrongly, and whose fault each was said to be."""
    from aicmo_dagster.benchmarks import bounces as benchmark

    figures = _measure(lambda: benchmark.run(folder), as_json, "how bounces are read")
    if figures is None:
        return
    table = Table("labelled \\ read", *benchmark.CLASSES, title=f"{figures['messages']} messages")
    for label, as_read in figures["classes"].items():
        table.add_row(label, *(f"{as_read[kind]:,}" for kind in benchmark.CLASSES))
    console = Console()
    console.print(table)
    for words, names in (("Not found in", figures["missed_in"]), ("Others found in", figures["other_in"])):
        if names:
            console.print(f"{words}: {', '.join(names)}")
    console.print(
        f"Failed recipients found: {figures['found']} of {figures['recipients']}, others: {figures['other']}"
    )
    if figures["hard_precision"] is not None:
        precision, recall = figures["hard_precision"], figures["hard_recall"]
        console.print(f"Called hard and rightly so: {precision:.1%}; of all hard ones: {recall:.1%}")


def _measure(benchmark: Callable[[], dict[str, Any]], as_json: bool, what: str) -> dict[str, Any] | None:
    """Run it with a sign of life on stderr; None when its figures have been printed as JSON."""
    with Console(stderr=True).status(f"measuring {what} …"):
        figures = benchmark()
    if as_json:
        print(json.dumps(figures))
        return None
    return figures
