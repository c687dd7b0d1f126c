"""SIGKILL of the run's process at random points: run again, and the tables are those of an undisturbed run."""

import random
import time
from collections import Counter
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from aicmo_dagster import settings
from aicmo_dagster.benchmarks import people
from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.store import campaigns, database, sends
from aicmo_dagster_tests import pipelines
from aicmo_dagster_tests.depth import SHORT

LEADS = 25_000 if SHORT else 50_000
CHUNK_ROWS = 5_000 if SHORT else 10_000
MAILS = 300
CAMPAIGNS, KILLS_EACH = (2, 2) if SHORT else (5, 4)
SURROGATE = (
    "{id,campaign_id,lead_id,run_id,first_run_id,created_at,updated_at,harvested_at,scored_at,judged_at,"
    "enrolled_at,since}"
)
CONTENTS = {
    "leads": "SELECT to_jsonb(t) - %(left_out)s::text[] FROM leads t WHERE campaign_id = %(campaign)s",
    "rejected_rows": "SELECT to_jsonb(t) - %(left_out)s::text[] FROM rejected_rows t WHERE campaign_id = %(campaign)s",
    **{
        table: "SELECT to_jsonb(t) - %(left_out)s::text[] || jsonb_build_object('identity', l.identity) "
        f"FROM {table} t JOIN leads l ON l.id = t.lead_id WHERE l.campaign_id = %(campaign)s"
        for table in ("lead_scores", "lead_verdicts", "lead_routes")
    },
    "mails planned or begun": "SELECT jsonb_build_array(l.identity, s.sequence, s.sequence_version, s.step, "
    "s.time_zone, s.state IN ('sent', 'uncertain')) FROM sends s JOIN leads l ON l.id = s.lead_id "
    # Behind a mail that is uncertain nothing is planned until a person has found out.
    "WHERE s.campaign_id = %(campaign)s AND s.step = 1",
}


def document(key: str) -> CampaignConfig:
    return pipelines.config(
        key=key,
        # At noon or so, wherever the test runs: the daily cap must not begin again in its middle.
        time_zone=f"Etc/GMT{time.gmtime().tm_hour - 12:+d}",
        icp={"company_sizes": ["small", "medium"], "industries": ["Software", "Financial Services"]},
        qualification={"min_icp_fit": 0.5, "min_intent": 0.1},
        routing={
            "owners": [
                {"name": "Inside", "email": "inside@example.com", "weight": 2},
                {"name": "Field", "email": "field@example.com", "capacity": 3000},
            ]
        },
        sending={"cap_per_day": MAILS},
    )


def campaign_id(key: str) -> int:
    with database.transaction() as cursor:
        return campaigns.get(cursor, key).id


def run(key: str, kill_after_s: float | None = None) -> float | None:
    """The seconds a run of the campaign took, or None when it was killed before its end."""
    started = time.monotonic()
    process = pipelines.spawn(key, chunk_rows=CHUNK_ROWS)
    process.join(kill_after_s)
    if process.exitcode is None:
        process.kill()
        process.join()
        return None
    assert process.exitcode == 0
    return time.monotonic() - started


def contents(key: str) -> dict[str, str]:
    """Table -> digest of the campaign's rows."""
    number = campaign_id(key)
    return {
        name: pipelines.values(
            "SELECT md5(string_agg(md5(t.content::text), '' ORDER BY t.content::text COLLATE \"C\")) "
            f"FROM ({statement}) AS t(content)".replace("%(left_out)s", f"'{SURROGATE}'").replace(
                "%(campaign)s", str(number)
            )
        )[0]
        for name, statement in CONTENTS.items()
    }


def check_mails(key: str, kills: int) -> int:
    """Every mail begun is one file for one recipient, or uncertain; returns how many are uncertain."""
    number = campaign_id(key)
    with database.transaction() as cursor:
        uncertain = sends.listing(cursor, number, "uncertain")
    sent = pipelines.values("SELECT recipient FROM sends WHERE campaign_id = %s AND state = 'sent'", number)
    assert len(sent) == len(set(sent)) == MAILS - len(uncertain)
    assert len(uncertain) <= kills
    files = (settings.home() / "outbox" / key).rglob("*.eml")
    written = Counter(
        message_from_bytes(file.read_bytes(), policy=default)["To"].addresses[0].addr_spec for file in files
    )
    assert max(written.values()) == 1
    assert set(sent) <= set(written) <= {*sent, *(row["email"] for row in uncertain)}
    return len(uncertain)


@pytest.mark.slow
def test_after_many_kills_the_tables_are_those_of_an_undisturbed_run(project: Path) -> None:
    people.write_csv(project / "leads.csv", LEADS)
    with (project / "leads.csv").open("a") as file:
        file.write("".join(f",,Nobody {number}\n" for number in range(30)))
    keys = [f"killed-{number}" for number in range(CAMPAIGNS)]
    for key in ("undisturbed", *keys):
        pipelines.apply(project, document(key))
    duration_s = run("undisturbed")
    undisturbed = contents("undisturbed")
    assert duration_s is not None
    assert all(undisturbed.values())
    assert check_mails("undisturbed", 0) == 0

    chance = random.Random(20)
    kills = CAMPAIGNS * KILLS_EACH
    # One kill in each part of a run, in a random order.
    moments = [(part + chance.random()) / kills for part in range(kills)]
    chance.shuffle(moments)
    for number, moment in enumerate(moments):
        after_s = moment * duration_s
        # A run that has less left to do may end before its moment.
        while (took_s := run(keys[number % CAMPAIGNS], after_s)) is not None:
            after_s = chance.random() * took_s
    for key in keys:
        run(key)
        assert contents(key) == undisturbed, key
        check_mails(key, KILLS_EACH)
    assert pipelines.values("SELECT count(*) FROM sends WHERE state IN ('claimed', 'sending')") == [0]
