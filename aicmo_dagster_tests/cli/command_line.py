"""Type a command: in this process, or in one of its own."""

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

from typer.testing import CliRunner

from aicmo_dagster.cli import app

DEMO = Path(str(files("aicmo_dagster") / "samples" / "demo.yaml"))
COMMAND = [sys.executable, "-m", "aicmo_dagster.cli"]


def aicmo(*words: str, code: int = 0) -> str:
    """What the command prints; it must end with the exit code, and never with a traceback."""
    result = CliRunner().invoke(app, words)
    assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
    assert "Traceback" not in result.output
    return result.output


def in_a_process(*words: str) -> "subprocess.CompletedProcess[str]":
    """The finished command."""
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=120, check=False)
