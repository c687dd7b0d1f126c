import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from aicmo_dagster.cli import app
from aicmo_dagster_tests.cli.command_line import aicmo


def _walk(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from _walk(child, f"{path} {name}")


_COMMANDS = dict(_walk(typer.main.get_command(app), "aicmo"))


@pytest.mark.parametrize("path", _COMMANDS)
def test_every_command_has_a_help_text_and_an_example_of_itself(path: str) -> None:
    command = _COMMANDS[path]
    assert command.help
    assert command.epilog
    example = "aicmo demo" if path == "aicmo" else path
    assert example in command.epilog


@pytest.mark.parametrize("path", _COMMANDS)
def test_every_help_page_can_be_shown(path: str) -> None:
    assert "Usage" in aicmo(*path.split()[1:], "--help")


def test_help_does_not_import_what_takes_seconds() -> None:
    slow = "import sys, aicmo_dagster.cli; print([m for m in ('dagster', 'pandas', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", slow], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n"
