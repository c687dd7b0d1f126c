"""`aicmo model`: the predictive model of a campaign, and how well any table can be learnt from."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aicmo_dagster.cli.campaigns import AsJson, Key
from aicmo_dagster.cli.opened import opened
from aicmo_dagster.cli.output import console, local, say, say_json, table

if TYPE_CHECKING:
    from aicmo_dagster.operations.model_evaluation import Evaluated

app = typer.Typer(
    name="model",
    no_args_is_help=True,
    help="Predict who converts: a campaign's model, or one of any table.",
    epilog="Example: aicmo model evaluate export.csv --label Converted",
)


@app.command(epilog="Example: aicmo model evaluate export.csv --label Converted --leave-out 'Sales Rep'")
def evaluate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with a header, in any delimiter.")],
    label: Annotated[str, typer.Option(help="The column of two values to predict, like yes and no.")],
    leave_out: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="Not to be learnt from; may be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Learn from a table and say how good that is; columns known only afterwards are left out."""
    with console(stderr=True).status("Starting…") as status:
        from aicmo_dagster.operations import model_evaluation

        found = model_evaluation.evaluate_file(
            file, label, leave_out or [], lambda text: status.update(f"{text} …")
        )
    if as_json:
        say_json(found.document())
    else:
        _show(found)


def _show(found: "Evaluated") -> None:
    figures = found.figures
    say(f"{found.file}: {found.label} = {found.positive!r}, by {found.algorithm}", "bold")
    say(f"judged on {figures.rows:,} rows of {found.rows:,} that were not learnt from: {found.held_out}")
    if found.without_label:
        say(f"{found.without_label:,} rows have no label and were left out", "yellow")
    say("")
    table(["", "Figure"], _figures(figures.document()), ["Figure"])
    say("\nCalibration", "bold")
    table(
        ["Rows", "Predicted", "Observed"],
        [[rows, f"{mean:.3f}", f"{share:.3f}"] for rows, mean, share in figures.bins],
        ["Rows", "Predicted", "Observed"],
    )
    say("\nWhat moves the odds most", "bold")
    table(["Feature", "Log-odds"], [[name, f"{size:.3f}"] for name, size in found.top.items()], ["Log-odds"])
    if found.left_out:
        say("\nLeft out", "bold")
        table(["Column", "Why"], found.left_out.items())
    say(f"\n{found.seconds:.1f} s", "dim")


def _figures(figures: Mapping[str, Any]) -> list[list[str]]:
    return [
        ["AUC", f"{figures['auc']:.4f} ± {figures['auc_error']:.4f}"],
        ["Brier score", f"{figures['brier']:.4f}"],
        ["Lift at 10 %", f"{figures['lift']:.2f}"],
        ["Calibration error", f"{figures['calibration_error']:.4f}"],
        ["Conversions", f"{figures['conversions']:,} of {figures['rows']:,}"],
    ]


@app.command(epilog="Example: aicmo model show demo")
def show(key: Key, as_json: AsJson = False) -> None:
    """List a campaign's models with their figures, and say which one is used."""
    from dataclasses import asdict

    from aicmo_dagster.store import campaigns, conversion_models

    with opened() as cursor:
        campaign = campaigns.get(cursor, key)
        used = conversion_models.in_use(cursor, campaign.id)
        found = conversion_models.listing(cursor, campaign.id)
    if as_json:
        kept = [{name: value for name, value in asdict(one).items() if name != "content"} for one in found]
        say_json({"in_use": used.number if used else None, "models": kept})
        return
    if not found:
        say(f"There is no model yet; learn from recorded outcomes with: aicmo model train {key}", "dim")
        return
    table(
        ["Model", "Trained", "By", "Leads", "Conversions", "AUC", "Brier", "Lift", "PSI", "In use"],
        [
            [
                one.number,
                local(one.trained_at, campaign.config.time_zone),
                one.algorithm,
                one.leads,
                one.conversions,
                *(_figure(one.metrics.get(name)) for name in ("auc", "brier", "lift", "psi")),
                "yes"
                if used and used.number == one.number
                else "no" + (f": {one.problem}" if one.problem else ""),
            ]
            for one in found
        ],
        ["Model", "Leads", "Conversions", "AUC", "Brier", "Lift", "PSI"],
    )


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


@app.command(epilog="Example: aicmo model train demo")
def train(key: Key) -> None:
    """Learn from the outcomes recorded by now; a model that is not fit is kept and not used."""
    with console(stderr=True).status("Learning …"):
        from aicmo_dagster.operations import pipeline

        with opened():
            pass
        pipeline.execute(key, "train")
    show(key)
