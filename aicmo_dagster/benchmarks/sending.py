"""Planning and sending at size: mails/s with ledger and durable commits, beside Postfix's smtp-source.

Everything is on this machine: Postfix's smtp-sink takes the mails, and a proxy makes its round trips longer.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from aicmo_dagster.benchmarks import pipeline
from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.store import campaigns, database, migrate

_RUN = UUID(int=1)
_MAIL_BYTES = 4096
_DOMAINS = 1000


def run(enrolled: int, mails: int, far_mails: int, connections: int, round_trip_ms: int) -> dict[str, Any]:
    """Plan `enrolled` leads, send `mails` at once, and `far_mails` to a server `round_trip_ms` away.

    Returns what `aicmo bench send --json` prints. Raises ConfigurationError where Postfix's tools are missing.
    """
    source, sink = _tool("smtp-source"), _tool("smtp-sink")
    with (
        pipeline.fresh_home() as home,
        _sink(sink, connections) as port,
        _away(port, round_trip_ms) as far_port,
    ):
        enrol(home, enrolled, port, connections)
        planned = pipeline.child(home, ["-m", __name__, "plan"])
        # So that it does not begin by itself while mails are sent.
        with database.connect(autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE) sends")
        near = pipeline.child(home, ["-m", __name__, "send", str(mails), str(port)])
        far = pipeline.child(home, ["-m", __name__, "send", str(far_mails), str(far_port)])
        near_source = _source(source, port, mails, connections)
        far_source = _source(source, far_port, far_mails, connections)
    return {
        "connections": connections,
        "enrolled": enrolled,
        "plan_s": planned["seconds"],
        "near": _compared(near, near_source),
        "far": _compared(far, far_source) | {"round_trip_ms": round_trip_ms},
        "mail_bytes": near["mail_bytes"],
        "peak_rss_bytes": max(near["peak_rss_bytes"], planned["peak_rss_bytes"]),
    }


def _compared(measured: dict[str, Any], source_s: float) -> dict[str, Any]:
    rate = measured["sent"] / measured["seconds"]
    reference = measured["sent"] / source_s
    return {
        "mails": measured["sent"],
        "seconds": measured["seconds"],
        "mails_per_s": rate,
        "smtp_source_per_s": reference,
        "ratio": rate / reference,
    }


def _tool(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        raise ConfigurationError(f"{name} is needed, which comes with Postfix: apt-get install postfix")
    return found


@contextmanager
def _sink(program: str, connections: int) -> Iterator[int]:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [program, "-m", str(2 * connections), f"127.0.0.1:{port}", "128"]
    if os.getuid() == 0:
        command[1:1] = ["-u", "nobody"]
    process = subprocess.Popen(command, cwd="/", stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with closing(socket.socket()) as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _away(port: int, round_trip_ms: int) -> Iterator[int]:
    """A port that leads to `port`, with each byte half a round trip late."""
    command = [
        sys.executable,
        "-m",
        "aicmo_dagster.benchmarks.distance",
        str(port),
        str(round_trip_ms / 2000),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


def _source(program: str, port: int, mails: int, connections: int) -> float:
    command = [program, "-d", "-s", str(connections), "-m", str(mails), "-l", str(_MAIL_BYTES)]
    started = time.monotonic()
    subprocess.run([*command, f"127.0.0.1:{port}"], check=True, cwd="/", stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def _campaign(port: int, connections: int) -> dict[str, Any]:
    return {
        "key": pipeline.KEY,
        "name": "Benchmark",
        "mode": "live",
        "max_leads": 1_000_000,
        "icp": {"industries": ["Software"]},
        "sources": [{"type": "manual"}],
        "sending": {
            "window": {"start": "00:00", "end": "23:59:59.999999"},
            "working_days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
            "holidays": False,
            "cap_per_day": 1_000_000,
            "per_domain_a_day": 1_000_000,
            "sender": {
                "mailbox": "Example <sender@example.com>",
                "postal_address": "1 Sample Street, 10000 Exampletown",
                "smtp": {
                    "host": "127.0.0.1",
                    "port": port,
                    "security": "none",
                    "connections": connections,
                },
                "pace": {
                    "first_day": 1_000_000,
                    "per_day": 1_000_000,
                    "per_week": 10_000_000,
                    "gap_minutes": 0,
                },
            },
        },
    }


_PEOPLE = """
WITH lead AS (
    INSERT INTO leads (campaign_id, identity, email, email_status, email_domain, first_name, last_name, title,
        company, industry, employees, city, country, country_code, time_zone, source, source_label, source_line,
        run_id, harvested_at, updated_at)
    SELECT %(campaign)s, a.address, a.address, 'valid', split_part(a.address, '@', 2), 'First' || n, 'Last' || n,
        'Head of Sales', 'Company ' || n %% 50000, 'Software', 120, 'Berlin', 'Germany', 'DE',
        (ARRAY['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'UTC'])[1 + n %% 4], 'manual', 'bench', n,
        %(run)s, now(), now()
    FROM generate_series(1, %(leads)s) AS n,
        LATERAL (SELECT 'lead' || n || '@company' || n %% %(domains)s || '.example.org' AS address) a
    RETURNING id
), verdict AS (
    INSERT INTO lead_verdicts (lead_id, verdict, reason, failed, intent, rules_version, campaign_version, run_id,
        judged_at)
    SELECT id, 'qualified', 'qualified', '{}', 1, 1, 1, %(run)s, now() FROM lead
)
INSERT INTO lead_routes (lead_id, tier, routing_score, intent_lifted, sequence, sequence_version, owner,
    owner_reason, rules_version, campaign_version, run_id, enrolled_at)
SELECT id, 'HOT', 1, false, 'aggressive_close', 1, 'Owner', '', 1, 1, %(run)s, now() - interval '1 day' FROM lead
"""


def enrol(home: Path, leads: int, port: int, connections: int) -> None:
    """Fill the database at `home` with a live campaign and so many people who are due their first mail."""
    document = CampaignConfig.model_validate(_campaign(port, connections))
    migrate.ensure_current()
    with database.transaction() as cursor:
        campaign = campaigns.apply(cursor, document, home, "bench")[0]
        cursor.execute(_PEOPLE, {"campaign": campaign.id, "run": _RUN, "leads": leads, "domains": _DOMAINS})
    with database.connect(autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) leads, lead_verdicts, lead_routes")


def plan() -> dict[str, Any]:
    """Plan the campaign's mails; returns the seconds it took."""
    from aicmo_dagster.flow import nurture
    from aicmo_dagster.flow.run import start

    run = start(pipeline.KEY, _RUN)
    started = time.monotonic()
    nurture.plan(run)
    return {"seconds": time.monotonic() - started}


def _measured_sending(mails: int, port: int) -> dict[str, Any]:
    from aicmo_dagster.flow.run import utc_now
    from aicmo_dagster.mail.delivery import send_due
    from aicmo_dagster.mail.smtp import SmtpTransport

    with database.transaction() as cursor:
        campaign = campaigns.get(cursor, pipeline.KEY)
    sizes: list[int] = []

    class Counted(SmtpTransport):
        def exchange(self, started: Any, following: Any) -> Any:
            if following is not None:
                sizes.append(len(following.content))
            return super().exchange(started, following)

    (sender,) = campaign.config.sending.senders
    assert sender.smtp is not None
    smtp = sender.smtp.model_copy(update={"port": port})
    started = time.monotonic()
    delivered = send_due(
        database.connect, campaign, lambda _: Counted(smtp), now=utc_now, pause=time.sleep, limit=mails
    )
    seconds = time.monotonic() - started
    if delivered.sent != mails:
        raise AssertionError(f"of {mails} mails {delivered.sent} were sent: {delivered.stopped}")
    return {"sent": delivered.sent, "seconds": seconds, "mail_bytes": sum(sizes) / len(sizes)}


if __name__ == "__main__":
    figures = plan() if sys.argv[1] == "plan" else _measured_sending(int(sys.argv[2]), int(sys.argv[3]))
    print(json.dumps(figures | {"peak_rss_bytes": pipeline.peak_rss_bytes()}))
