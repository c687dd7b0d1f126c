"""Look for what keeps the pipeline from working, and say what to do about it."""

import glob
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aicmo_dagster import settings
from aicmo_dagster.campaign.config import (
    FILE_SOURCES,
    ApiSource,
    CampaignConfig,
    HttpSource,
    HttpVendor,
    VendorAccount,
)
from aicmo_dagster.campaign.crm import CRMS
from aicmo_dagster.errors import AicmoError
from aicmo_dagster.sources.files import is_url

Outcome = Literal["ok", "warn", "fail"]

_LEAST_FREE_BYTES = 2 * 1024**3
_HEARTBEAT_IS_OLD_S = 300.0


@dataclass(frozen=True)
class Finding:
    """The outcome of one check; `remedy` is what to do unless it is ok."""

    check: str
    outcome: Outcome
    detail: str
    remedy: str = ""


def examine() -> Iterator[Finding]:
    """All checks, one after the other; one that itself breaks is a `fail`."""
    for name, check in _CHECKS.items():
        try:
            yield from check(name)
        except AicmoError as error:
            yield Finding(name, "fail", str(error), _REMEDIES.get(name, ""))
        except Exception as error:
            yield Finding(name, "fail", f"{type(error).__name__}: {error}", _REMEDIES.get(name, ""))


def _python(name: str) -> Iterator[Finding]:
    found = ".".join(str(part) for part in sys.version_info[:3])
    ok = sys.version_info >= (3, 11)
    yield Finding(name, "ok" if ok else "fail", found, "" if ok else "install Python 3.11 or newer")


def _database(name: str) -> Iterator[Finding]:
    from aicmo_dagster.store import database, migrate

    kind = f"named by {settings.DATABASE_URL}" if settings.database_url() else "embedded"
    where = database.url()
    migrate.ensure_current(where)
    with database.connect() as connection:
        version = connection.info.server_version
    shown = where.set(query={}).render_as_string() if settings.database_url() else str(settings.home())
    yield Finding(
        name,
        "ok",
        f"PostgreSQL {version // 10_000}.{version % 10_000}, {kind}: {shown}, tables at {migrate.HEAD}",
    )


def _project(name: str) -> Iterator[Finding]:
    from aicmo_dagster.operations import pipeline

    folder = pipeline.project_folder()
    if (folder / "workspace.yaml").is_file():
        yield Finding(name, "ok", f"dagster.yaml and workspace.yaml in {folder}")
    else:
        yield Finding(
            name,
            "warn",
            f"{folder} has no workspace.yaml",
            "write one with: load_from: [python_module: aicmo_dagster.definitions]",
        )


def _definitions(name: str) -> Iterator[Finding]:
    from aicmo_dagster.definitions import defs

    defs.resolve_all_job_defs()
    yield Finding(name, "ok", "aicmo_dagster.definitions loads")


def _instance(name: str) -> Iterator[Finding]:
    from aicmo_dagster.operations import pipeline

    with pipeline.instance() as dagster:
        keys = set(dagster.get_dynamic_partitions("campaigns"))
        heartbeats = dagster.get_daemon_heartbeats()
        runs = dagster.get_runs_count()
    yield Finding(name, "ok", f"opens; {len(keys)} partitions, {runs} runs")
    newest = max((beat.timestamp for beat in heartbeats.values()), default=None)
    age = None if newest is None else time.time() - newest
    if age is None or age > _HEARTBEAT_IS_OLD_S:
        since = "has never run" if age is None else f"was last alive {age / 60:,.0f} minutes ago"
        yield Finding("Dagster daemon", "warn", since, "schedules and sensors need it: aicmo up")
    else:
        yield Finding("Dagster daemon", "ok", f"alive {age:.0f} s ago")


def _campaigns(name: str) -> Iterator[Finding]:
    from aicmo_dagster.operations import campaigns as operations
    from aicmo_dagster.store import campaigns, database

    with database.transaction() as cursor:
        found = campaigns.listing(cursor)
    active = [campaign for campaign in found if campaign.state == "active"]
    if not active:
        yield Finding(
            name, "warn", f"none of {len(found)} is active", "aicmo demo, or aicmo campaigns apply FILE"
        )
    for campaign in active:
        where = f"Campaign {campaign.key}"
        again = f"mend its file, then: aicmo campaigns apply FILE (key {campaign.key})"
        problems: list[Finding] = []
        try:
            operations.check(campaign.config, campaign.key)
        except AicmoError as error:
            problems.append(Finding(where, "fail", str(error), again))
        senders = campaign.config.sending.senders
        if not senders:
            problems.append(Finding(where, "fail", "has no sender, so its mails cannot be written", again))
        tracking = campaign.config.sending.tracking
        if (tracking.clicks or tracking.opens) and settings.public_url() is None:
            problems.append(
                Finding(
                    where,
                    "fail",
                    f"sending.tracking needs {settings.PUBLIC_URL}, so its mails cannot be written",
                    f"set {settings.PUBLIC_URL} to the https address of this system, or switch tracking off",
                )
            )
        if campaign.config.mode == "live":
            logins = {sender.smtp.password_env for sender in senders if sender.smtp and sender.smtp.username}
            problems += [
                Finding(where, "fail", f"the SMTP password variable {variable} is not set", f"set {variable}")
                for variable in sorted(logins)
                if not os.environ.get(variable)
            ]
        problems += [
            Finding(where, "warn", f"{variable}, the key of {vendor}, is not set", f"set {variable}")
            for vendor, variable in dict.fromkeys(_vendor_keys(campaign.config))
            if not os.environ.get(variable)
        ]
        for source in campaign.config.sources:
            if isinstance(source, FILE_SOURCES) and not _is_there(source.path, campaign.base_folder):
                missing = campaign.base_folder / source.path
                problems.append(
                    Finding(where, "warn", f"its file {missing} is missing", "bring it, or apply anew")
                )
        yield from problems or [Finding(where, "ok", f"{campaign.config.mode}, version {campaign.version}")]


def _is_there(path: str, folder: Path) -> bool:
    """Whether there is a file; of what is far away nothing is said."""
    return is_url(path) or (folder / path).exists() or bool(glob.glob(path, root_dir=folder, recursive=True))


def _vendor_keys(config: CampaignConfig) -> Iterator[tuple[str, str]]:
    """Who is asked about leads, and the environment variable with the key for it."""
    for one in (*config.sources, *config.enrichment.vendors, *config.verification.vendors):
        if isinstance(one, VendorAccount):
            yield one.type, one.key_env
        elif isinstance(one, ApiSource):
            yield "the inbox", one.token_env
        elif isinstance(one, HttpSource | HttpVendor):
            yield from ((one.name, variable) for variable in one.request.secret_headers.values())
    for name in CRMS:
        if account := config.crm.account(name):
            yield from ((name, variable) for variable in account.variables())


def _mails(name: str) -> Iterator[Finding]:
    from aicmo_dagster.store import database

    (found,) = database.fetch(
        "SELECT (SELECT count(*) FROM sends WHERE state = 'uncertain') AS doubtful, "
        "(SELECT count(*) FROM provider_events WHERE processed_at IS NULL AND created_at < now() - interval '1 hour') "
        "AS unprocessed"
    )
    problems = []
    if found["doubtful"]:
        told = f"nobody knows whether they arrived: {found['doubtful']:,}"
        problems.append(
            Finding(name, "warn", told, "aicmo sends list --state uncertain, then aicmo sends resolve")
        )
    if found["unprocessed"]:
        told = f"providers' events that have waited for more than an hour: {found['unprocessed']:,}"
        problems.append(Finding(name, "warn", told, "aicmo events replay"))
    yield from problems or [Finding(name, "ok", "none in doubt")]


def _disk(name: str) -> Iterator[Finding]:
    folder: Path = settings.home()
    existing = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(existing).free
    shown = f"{free / 1024**3:,.1f} GiB free at {folder}"
    if free < _LEAST_FREE_BYTES:
        yield Finding(name, "warn", shown, f"make room, or set {settings.HOME} to a larger disk")
    else:
        yield Finding(name, "ok", shown)


_CHECKS: dict[str, Callable[[str], Iterator[Finding]]] = {
    "Python": _python,
    "Disk": _disk,
    "Database": _database,
    "Project folder": _project,
    "Code location": _definitions,
    "Dagster instance": _instance,
    "Campaigns": _campaigns,
    "Mails": _mails,
}
_REMEDIES = {
    "Database": f"start the server, or correct {settings.DATABASE_URL}; without it an embedded one is used",
    "Project folder": "run aicmo from the folder that has dagster.yaml",
    "Code location": "install the package again: pip install -e .",
    "Dagster instance": "see the rows above; dagster.yaml must be the project's",
    "Campaigns": "see the row of the database",
    "Mails": "see the row of the database",
}
