"""Apply a campaign document: the one way in for the command line and every other face."""

from collections.abc import Callable
from pathlib import Path

from aicmo_dagster import settings
from aicmo_dagster.campaign import document, sequences
from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.errors import CampaignNotFoundError, ConfigurationError
from aicmo_dagster.mail import linter, tone
from aicmo_dagster.operations import backtest, strangers
from aicmo_dagster.stages import industries, qualification, scoring, targets
from aicmo_dagster.store import backtests, campaigns, database, migrate
from aicmo_dagster.store.campaigns import Campaign, Outcome


def apply_file(path: Path, actor: str, *, backtested: bool = True) -> tuple[Campaign, Outcome]:
    """Read, check and apply a campaign file; relative paths in it start at its folder.

    With a change of how it decides on leads that are there, its back-test is stored, unless not wanted. Raises
    ConfigurationError with one line per problem; then nothing has changed.
    """
    config = read(path)
    migrate.ensure_current()
    return _apply(config, path.parent, actor, None, backtested=backtested)


def apply_document(
    content: object, actor: str, on: int, *, backtested: bool = True
) -> tuple[Campaign, Outcome]:
    """Check and apply a decoded document that came over the network, made on version `on` (0 = a new campaign).

    Raises ConfigurationError with one line per problem, also where it names a file of this machine that the campaign
    does not read already, ConflictError where a new campaign's key is taken, and StaleVersionError.
    """
    config, present = checked(content)
    return _apply(config, None if present else settings.home(), actor, on, backtested=backtested)


def checked(content: object) -> tuple[CampaignConfig, CampaignConfig | None]:
    """The campaign in a decoded document that came over the network, and the one of that key that there is.

    Raises ConfigurationError as `apply_document` does.
    """
    config = document.parse(content, "the campaign")
    check(config, "the campaign")
    try:
        with database.transaction() as cursor:
            present = campaigns.get(cursor, config.key).config
    except CampaignNotFoundError:
        present = None
    strangers.refuse(config, present)
    return config, present


def _apply(
    config: CampaignConfig, folder: Path | None, actor: str, on: int | None, *, backtested: bool
) -> tuple[Campaign, Outcome]:
    found = backtest.of_change(config) if backtested else None
    with database.transaction() as cursor:
        campaign, outcome = campaigns.apply(cursor, config, folder, actor, on)
        if found is not None:
            backtests.keep(cursor, campaign.id, campaign.version, found)
    return campaign, outcome


def read(path: Path) -> CampaignConfig:
    """The campaign in a file, checked. Raises ConfigurationError with one line per problem."""
    config = document.load(path)
    check(config, str(path))
    return config


def doubts(config: CampaignConfig) -> list[str]:
    """What to think over in the words of the campaign's own sequences, a sentence each."""
    return [doubt for name, one in config.sequences.items() for doubt in tone.doubts(name, one, config)]


def check(config: CampaignConfig, where: str) -> None:
    """Find now what would go wrong later: weights, policy, sequences, templates.

    Raises ConfigurationError with one line per problem, each beginning with `where`.
    """
    problems: list[str] = []
    if config.key.isdigit():
        problems.append("key: of digits alone it would be taken for a campaign's number; add a letter")
    checks: list[Callable[[CampaignConfig], object]] = [
        scoring.check_weights,
        industries.check_industries,
        targets.check_targets,
        qualification.check_policy,
        sequences.of,
        strangers.check_ours,
    ]
    for one in checks:
        try:
            one(config)
        except ConfigurationError as error:
            problems.append(str(error))
    for name, sequence in (sequences.shipped() | config.sequences).items():
        problems += linter.check(name, sequence, config)
    problems += linter.check_senders(config, settings.public_url())
    if problems:
        raise ConfigurationError("\n".join(f"{where}: {problem}" for problem in problems))
