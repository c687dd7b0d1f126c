import base64
import io
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from PIL import Image

from aicmo_dagster import settings
from aicmo_dagster.assets import all_assets
from aicmo_dagster.definitions import defs
from aicmo_dagster.errors import AicmoError
from aicmo_dagster.operations import pipeline
from aicmo_dagster.store import campaigns, database, tables
from aicmo_dagster_tests import pipelines

COUNTED = {
    "raw_leads": {
        "discovered",
        "inserted",
        "updated",
        "unchanged",
        "duplicates",
        "rejected",
        "sources_tried",
    },
    "enriched_leads": {"merged", "review", "updated", "credits"},
    "scored_leads": {"leads", "inserted", "updated", "unchanged", "HOT"},
    "qualified_leads": {"leads", "inserted", "updated", "unchanged", "verdicts"},
    "routed_leads": {"leads", "inserted", "updated", "unchanged", "sequences"},
    "nurture_sends": {"planned", "sent", "held", "failed", "uncertain", "mode", "held_because"},
}


@pytest.mark.parametrize("asset", all_assets, ids=lambda asset: asset.key.to_user_string())
def test_an_asset_says_what_it_is(asset: dg.AssetsDefinition) -> None:
    spec = asset.get_asset_spec(asset.key)
    assert spec.description is not None
    assert len(spec.description) > 40
    assert spec.owners
    assert {"python", "postgres"} <= spec.kinds
    assert spec.group_name == "leads"
    table = tables.metadata.tables[spec.metadata["dagster/table_name"]]
    schema = spec.metadata["dagster/column_schema"]
    assert isinstance(schema, dg.TableSchema)
    assert [column.name for column in schema.columns] == [column.name for column in table.columns]


@pytest.fixture
def leads(project: Path) -> Path:
    """Three leads of a campaign."""
    pipelines.write_leads(project / "leads.csv", map(pipelines.ideal, range(3)))
    pipelines.apply(project, pipelines.config())
    return project


def test_the_metadata_of_a_run_has_counts_a_duration_and_a_picture(leads: Path) -> None:
    pipelines.run()
    with pipeline.instance() as instance:
        for name, counted in COUNTED.items():
            event = instance.get_latest_materialization_event(dg.AssetKey(name))
            assert event is not None
            materialization = event.asset_materialization
            assert materialization is not None
            metadata = materialization.metadata
            assert counted <= set(metadata), name
            duration = metadata["duration_s"].value
            assert isinstance(duration, float)
            assert duration > 0
            found = re.search(r"data:image/png;base64,([^)]+)", str(metadata["picture"].value))
            assert found is not None
            with Image.open(io.BytesIO(base64.b64decode(found[1]))) as picture:
                assert (picture.format, picture.width) == ("PNG", 640)


def cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "dagster",
        "job",
        "execute",
        "-m",
        "aicmo_dagster.definitions",
        *arguments,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_dagster_itself_runs_a_campaign_that_it_has_never_heard_of(leads: Path) -> None:
    done = cli("-j", "lead_pipeline", "--tags", '{"dagster/partition": "test"}')
    assert done.returncode == 0, done.stderr
    assert pipelines.values("SELECT count(*) FROM sends WHERE state = 'sent'") == [3]


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("tset", "there is no campaign 'tset'; did you mean 'test'?"),
        (
            "test",
            "campaign 'test' is paused, so it does not run; make it active with: aicmo campaigns resume test",
        ),
    ],
)
def test_an_unknown_or_paused_campaign_fails_at_once_with_the_remedy(
    leads: Path, key: str, sentence: str
) -> None:
    with database.transaction() as cursor:
        campaigns.set_state(cursor, "test", "paused", "test")
    done = cli("-j", "lead_pipeline", "--tags", f'{{"dagster/partition": "{key}"}}')
    assert done.returncode != 0
    # The last error that Dagster prints begins with it.
    last = done.stderr.rpartition("RUN_FAILURE")[2]
    assert sentence in last
    assert "STEP_UP_FOR_RETRY" not in done.stderr


def retries(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[pytest.MonkeyPatch], None] | None = None
) -> int:
    """How often a run of `harvest` that fails wanted to try again; the waiting between is left out."""
    with pipeline.instance() as instance, monkeypatch.context() as patch:
        pipeline.register_partitions(instance, ["test"])
        patch.setattr("aicmo_dagster.assets._FIRST_PAUSE_S", 0)
        if change is not None:
            change(patch)
        result = defs.resolve_job_def("harvest").execute_in_process(
            instance=instance, partition_key="test", raise_on_error=False
        )
    assert not result.success
    return sum(event.is_step_up_for_retry for event in result.all_events)


def test_what_a_person_has_to_mend_is_not_tried_again(leads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (leads / "leads.csv").unlink()
    assert retries(monkeypatch) == 0


def test_what_a_programmer_has_to_mend_is_not_tried_again(
    leads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipelines.execute("DROP TABLE lead_scores CASCADE")
    pipelines.execute("ALTER TABLE leads DROP COLUMN title CASCADE")
    assert retries(monkeypatch) == 0
    with pytest.raises(AicmoError, match="title"):
        pipelines.run(job="harvest")


def test_a_database_that_goes_away_is_tried_again(leads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(patch: pytest.MonkeyPatch) -> None:
        # Dagster's own connections stay: only the application's find nothing.
        def refused(*_: object, **__: object) -> None:
            raise psycopg.OperationalError("connection refused")

        patch.setattr("aicmo_dagster.store.database.psycopg.connect", refused)

    assert retries(monkeypatch, unreachable) == 3


def test_a_run_whose_sender_is_refused_fails_with_the_reason(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.PUBLIC_URL, "https://mail.example.com")
    pipelines.write_leads(project / "leads.csv", [pipelines.ideal(number) for number in range(8)])
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        pipelines.apply(project, pipelines.config(**pipelines.live(closed.getsockname()[1])))
        with pytest.raises(AicmoError, match="0 mails were sent, then: 5 connections failed in a row"):
            pipelines.run()
    assert set(pipelines.values("SELECT state FROM sends")) <= {"planned", "held"}


def test_a_campaign_without_a_sender_runs_and_says_what_is_missing(project: Path) -> None:
    pipelines.write_leads(project / "leads.csv", [pipelines.ideal(1)])
    document = pipelines.config(sending={"sender": None})
    pipelines.apply(project, document)
    pipelines.run()
    assert pipelines.values("SELECT state FROM sends") == ["planned"]
