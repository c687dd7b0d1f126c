import json

from aicmo_dagster.benchmarks import composing
from aicmo_dagster.campaign.sequences import shipped
from aicmo_dagster_tests.cli.command_line import aicmo


def test_every_shipped_sequence_is_written() -> None:
    figures = composing.run(10)
    assert figures["mails"] == 40
    assert {*figures["us_per_mail"]} == {*shipped()}
    assert figures["octets"] > 1_000


def test_the_figures_can_be_printed() -> None:
    assert json.loads(aicmo("bench", "compose", "--mails", "2", "--json"))["mails"] == 8
    assert "EmailMessage" in aicmo("bench", "compose", "--mails", "2")
