"""Apply a campaign document: the one way in for the command line and every other face."""

from collections.abc import Callable
from pathlib import Path

from aicmo_dagster.campaign import document, sequences
from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.mail import linter
from aicmo_dagster.stages import qualification, scoring
from aicmo_dagster.store import campaigns, database, migrate
from aicmo_dagster.store.campaigns import Campaign, Outcome


def apply_file(path: Path, actor: str) -> tuple[Campaign, Outcome]:
    """Read, check and apply a campaign file; relative paths in it start at its folder.

    Raises ConfigurationError with one line per problem; then nothing has changed.
    """
    config = document.load(path)
    check(config, str(path))
    migrate.ensure_current()
    with database.transaction() as cursor:
        return campaigns.apply(cursor, config, path.parent, actor)


def check(config: CampaignConfig, where: str) -> None:
    """Find now what would go wrong later: weights, policy, sequences, templates.

    Raises ConfigurationError with one line per problem, each beginning with `where`.
    """
    problems: list[str] = []
    checks: list[Callable[[CampaignConfig], object]] = [
        scoring.check_weights,
        qualification.check_policy,
        sequences.of,
    ]
    for one in checks:
        try:
            one(config)
        except ConfigurationError as error:
            problems.append(str(error))
    for name, sequence in config.sequences.items():
        problems += linter.check(name, sequence, config)
    if problems:
        raise ConfigurationError("\n".join(f"{where}: {problem}" for problem in problems))
