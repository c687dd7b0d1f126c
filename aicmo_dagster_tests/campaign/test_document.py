import re
from datetime import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from aicmo_dagster.campaign import document
from aicmo_dagster.errors import ConfigurationError

SMALLEST: dict[str, Any] = {
    "key": "test",
    "name": "Test",
    "icp": {"industries": ["Software"]},
    "sources": [{"type": "csv", "path": "leads.csv"}],
}


def message(**changes: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        document.parse(SMALLEST | changes, "test.yaml")
    return str(caught.value)


def test_four_lines_are_a_campaign_with_the_defaults_of_the_rules() -> None:
    config = document.parse(SMALLEST, "test.yaml")
    assert (config.mode, config.max_leads, config.sending.cap_per_day) == ("simulation", 100, 20)
    assert (config.scoring.tiers.hot, config.qualification.min_icp_fit) == (0.85, 0.70)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"max_lead": 5}, "test.yaml: max_lead is not known; did you mean max_leads?"),
        (
            {"sending": {"cap": 5}},
            "test.yaml: sending.cap is not known; known here: cap_per_day, holds, holidays",
        ),
        ({"icp": {"industry": ["x"]}}, "test.yaml: icp.industry is not known; did you mean industries?"),
        (
            {"sources": [{"type": "csv", "path": "a.csv", "delimeter": ";"}]},
            "delimeter is not known; did you mean delimiter?",
        ),
        (
            {"key": "My Campaign"},
            "test.yaml: key 'My Campaign' will not do; use 1-64 of a-z, 0-9 and hyphens",
        ),
        ({"max_leads": 0}, "test.yaml: max_leads: input should be greater than or equal to 1, not 0"),
        ({"time_zone": "Berlin"}, "'Berlin' is not an IANA time zone; write it like 'Europe/Berlin'"),
        ({"mode": "live"}, "mode live needs sending.senders, each with its smtp server"),
        (
            {"sending": {"window": {"start": "17:00", "end": "09:00"}}},
            "sending.window: never opens: start 17:00 is not before end 09:00",
        ),
        ({"icp": {"titles": ["CEO"]}}, "icp: says nothing about the company; give at least one of"),
        ({"sources": []}, "test.yaml: sources:"),
        (
            {"routing": {"owners": [{"name": "A", "email": "a@example.com"}] * 2}},
            "routing.owners: the name 'A' is used twice",
        ),
        (
            {"routing": {"owners": [{"name": "A", "email": "nobody"}]}},
            "routing.owners[1].email: 'nobody' is not",
        ),
        ({"routing": {"sequences": {"HOT": "x"}}}, "routing.sequences: has no sequence for WARM, COOL, COLD"),
    ],
)
def test_a_message_names_the_place_and_the_remedy(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in message(**changes)


def test_every_problem_is_told_in_a_line_of_its_own() -> None:
    lines = message(max_leads=0, mode="test", nmae="x").splitlines()
    assert len(lines) == 3
    assert all(line.startswith("test.yaml: ") for line in lines)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"test.yaml: icp is missing"):
        document.parse({"key": "test", "name": "Test", "sources": [{"type": "manual"}]}, "test.yaml")


@pytest.mark.parametrize("content", [None, [], "text", 5])
def test_a_document_that_is_no_mapping_is_refused(content: object) -> None:
    with pytest.raises(ConfigurationError, match="a campaign is a mapping that begins with key: and name:"):
        document.parse(content, "test.yaml")


def test_a_file_is_read_as_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "test.yaml"
    path.write_text(yaml.safe_dump(SMALLEST | {"name": "Größe"}, allow_unicode=True), encoding="utf-8")
    assert document.load(path).name == "Größe"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("name: Größe".encode("latin-1"), "is not UTF-8 (byte 8); save it as UTF-8"),
        (b"key: [", "is not YAML"),
        (b"", "a campaign is a mapping"),
        (b"!!python/object/apply:os.system ['true']", "is not YAML"),
    ],
)
def test_a_file_that_is_no_campaign_is_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "test.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        document.load(path)
    assert sentence in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_file_and_a_folder_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no such file"):
        document.load(tmp_path / "missing.yaml")
    with pytest.raises(ConfigurationError, match="is a folder; name the campaign file in it"):
        document.load(tmp_path)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("9:00", 'put quotes around the time: "09:00"'),
        ("17:00", 'put quotes around the time: "17:00"'),
        ('"09:00+02:00"', "without a zone"),
        ("soon", "write it like"),
    ],
)
def test_a_time_that_yaml_or_a_zone_would_change_is_refused(tmp_path: Path, written: str, said: str) -> None:
    path = tmp_path / "campaign.yaml"
    path.write_text(
        "key: a\nname: A\nicp: {industries: [x]}\nsources: [{type: manual}]\n"
        f"sending: {{window: {{start: {written}}}}}\n"
    )
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        document.load(path)


def test_a_quoted_local_time_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "campaign.yaml"
    path.write_text(
        "key: a\nname: A\nicp: {industries: [x]}\nsources: [{type: manual}]\n"
        'sending: {window: {start: "08:30", end: "16:00"}}\n'
    )
    window = document.load(path).sending.window
    assert (window.start, window.end) == (time(8, 30), time(16))
