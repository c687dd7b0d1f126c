"""How errors reach people: as a sentence in red, without a traceback."""

from typing import Any

import typer
from typer.core import TyperGroup

from aicmo_dagster.cli.output import complain
from aicmo_dagster.errors import AicmoError


class SentencesForErrors(TyperGroup):
    """Turns what a person can mend into a sentence and exit code 1, an interruption into 130."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except AicmoError as error:
            complain(str(error))
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            complain("Stopped. The same command again goes on from there.")
            raise typer.Exit(130) from None
