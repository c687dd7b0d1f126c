import json

from aicmo_dagster_tests.cli.command_line import in_a_process


def test_linkage_prints_how_well_doubles_are_found() -> None:
    printed = in_a_process("bench", "linkage", "--leads", "1000", "--json")
    figures = json.loads(printed.stdout)
    assert figures["sets"]["invented"]["precision"] > 0.9
    assert figures["fresh_s"] > 0


def test_titles_prints_which_classes_are_confused() -> None:
    printed = in_a_process("bench", "titles")
    assert "tuning.csv" in printed.stdout
    assert "C-Suite" in printed.stdout
