"""Campaigns with their files, and runs of the real jobs, for tests of the pipeline as a whole."""

import csv
import hashlib
import multiprocessing
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import psycopg
import time_machine

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.operations import pipeline
from aicmo_dagster.store import campaigns, database
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster_tests.outreach import UNPACED

ROOT = Path(__file__).parents[1]
ALWAYS_OPEN = {
    "window": {"start": "00:00", "end": "23:59:59.999999"},
    "working_days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    "holidays": False,
}
SENDER = {
    "mailbox": "Test Sender <sender@example.com>",
    "postal_address": "1 Test Street, 10000 Testtown",
    "pace": UNPACED,
}
POLICY = {
    "countries": {"Germany": {"business": "allowed", "personal": "allowed"}},
    "unknown_country": "allow",
}
"""Lets everybody of `IDEAL` be written to, without a consent that most tests are not about."""
IDEAL = {
    "Email": "",
    "First Name": "Test",
    "Last Name": "Lead",
    "Title": "CEO",
    "Company": "Test Company",
    "Industry": "Software",
    "# Employees": "120",
    "Annual Revenue": "$12M",
    "City": "Berlin",
    "Country": "Germany",
    "Recent Job Change": "true",
    "Company Funded Recently": "true",
    "Company Hiring": "true",
    "Recent Activity": "true",
    "Is Decision Maker": "true",
    "Has Budget Authority": "true",
}
"""A row that every rule of `config` likes; its tier is HOT and its sequence `aggressive_close`."""


def ideal(number: int, **changes: str) -> dict[str, str]:
    """The row of ideal lead `number`; keys of `changes` are headers."""
    row = {**IDEAL, "Email": f"lead{number}@company{number}.example.org", "First Name": f"Test{number}"}
    return row | changes


def write_leads(path: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """A CSV with the header of `IDEAL`."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(IDEAL))
        writer.writeheader()
        writer.writerows(rows)
    return path


def config(**changes: Any) -> CampaignConfig:
    """A simulation that reads `leads.csv` and sends around the clock.

    `sending` and `qualification` are merged into its own.
    """
    qualification = {"policy": POLICY, **changes.pop("qualification", {})}
    sending = {
        "cap_per_day": 1000,
        "per_domain_a_day": 1000,
        "sender": SENDER,
        **ALWAYS_OPEN,
        **changes.pop("sending", {}),
    }
    return CampaignConfig.model_validate(
        {
            "key": "test",
            "name": "Test",
            "max_leads": 1_000_000,
            "icp": {
                "company_sizes": ["medium"],
                "industries": ["Software"],
                "revenue_usd": {"min": 1_000_000, "max": 50_000_000},
                "locations": ["Germany"],
                "titles": ["CEO"],
            },
            "sources": [{"type": "csv", "path": "leads.csv"}],
            # Ideal leads are colleagues with almost the same name and title.
            "matching": {"enabled": False},
            "qualification": qualification,
            "sending": sending,
            **changes,
        }
    )


def live(port: int, certificate: Path | None = None, **changes: Any) -> dict[str, Any]:
    """Changes for `config` that make it send to the SMTP server of `mail.servers` on `port`."""
    smtp: dict[str, Any] = {"host": "127.0.0.1", "port": port, "security": "none", "timeout_s": 20}
    if certificate is not None:
        smtp |= {"security": "starttls", "username": "tester", "ca_file": str(certificate)}
    sending = {**changes.pop("sending", {}), "sender": {**SENDER, "smtp": smtp}}
    return {"mode": "live", "sending": sending, **changes}


def apply(folder: Path, document: CampaignConfig) -> Campaign:
    """Apply the campaign as if its file lay in `folder`."""
    with database.transaction() as cursor:
        return campaigns.apply(cursor, document, folder, "test")[0]


def run(key: str = "test", job: str = "lead_pipeline", at: datetime | None = None) -> str:
    """Run the job in this process, at `at` by every clock; returns Dagster's run id."""
    if at is None:
        return pipeline.execute(key, job)
    with time_machine.travel(at, tick=True):
        return pipeline.execute(key, job)


_forks = multiprocessing.get_context("forkserver")
# Every process begins with everything loaded: 0.1 s instead of 3 s of CPU.
_forks.set_forkserver_preload(
    ["aicmo_dagster.definitions", "aicmo_dagster.sources.apollo", "aicmo_dagster_tests.pipelines"]
)


def spawn(key: str = "test", job: str = "lead_pipeline", chunk_rows: int | None = None) -> BaseProcess:
    """A process that runs the job with this process's environment and folder; its exit code is 0 on success."""
    return spawned(_run, key, job, chunk_rows)


def spawned(work: Callable[..., None], *arguments: object) -> BaseProcess:
    """A process that does the work, with this process's environment and folder."""
    process = _forks.Process(target=_here, args=(dict(os.environ), os.getcwd(), work, arguments))
    process.start()
    return process


def _here(
    environment: dict[str, str], folder: str, work: Callable[..., None], arguments: tuple[object, ...]
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    work(*arguments)


def _run(key: str, job: str, chunk_rows: int | None) -> None:
    if chunk_rows is not None:
        from aicmo_dagster import assets

        start = vars(assets)["start"]
        vars(assets)["start"] = lambda *arguments: replace(start(*arguments), chunk_rows=chunk_rows)
    pipeline.execute(key, job)


def values(statement: str, *parameters: object) -> list[Any]:
    """The first column of every row."""
    with database.transaction() as cursor:
        cursor.execute(statement.encode(), parameters)
        return [row[0] for row in cursor.fetchall()]


def execute(statement: str, *parameters: object) -> None:
    """Change the tables behind the pipeline's back."""
    with database.transaction() as cursor:
        cursor.execute(statement.encode(), parameters)


def row_versions() -> dict[str, str]:
    """Table of the application -> a digest that changes with every row that is written, even to the same."""
    found = {}
    with database.transaction() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'aicmo' ORDER BY 1")
        for (table,) in cursor.fetchall():
            name = psycopg.sql.Identifier(table)
            cursor.execute(
                psycopg.sql.SQL("SELECT ctid::text, xmin::text FROM {} ORDER BY ctid").format(name)
            )
            found[table] = hashlib.sha256(repr(cursor.fetchall()).encode()).hexdigest()
    return found
