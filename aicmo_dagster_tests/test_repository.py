"""The repository itself: what it says of itself is true, and its layers are where they should be."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
import yaml
from typer.core import TyperCommand, TyperGroup

from aicmo_dagster.campaign import document, reference
from aicmo_dagster.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")
_PACKAGE = "aicmo_dagster"
_NOT_IMPORTED = {"dagster-webserver", "psycopg2-binary", "tzdata"}
"""Dependencies that no import names: a program, a driver of SQLAlchemy's, and files."""


def _blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)


def _commands() -> dict[str, TyperCommand]:
    """Every command of `aicmo`, by its words."""
    found: dict[str, TyperCommand] = {}

    def walk(words: str, command: object) -> None:
        if isinstance(command, TyperGroup):
            for name, below in command.commands.items():
                walk(f"{words} {name}", below)
        elif isinstance(command, TyperCommand):
            found[words] = command

    walk("aicmo", typer.main.get_command(app))
    return found


def test_readme_is_short() -> None:
    assert len(README.splitlines()) < 150


def test_readme_begins_with_the_demo_and_the_tests() -> None:
    install, tests, *_ = _blocks(ROOT / "README.md", "sh")
    assert install.splitlines()[-1].endswith(".venv/bin/aicmo demo")
    assert tests.startswith(".venv/bin/pytest")


def test_every_example_of_aicmo_is_a_command_that_exists() -> None:
    commands = _commands()
    for page in PAGES:
        lines = [line for block in _blocks(page, "sh") for line in block.splitlines()]
        said = [
            re.split(r"\baicmo ", line, maxsplit=1)[1]
            for line in lines
            if re.search(r"(^|/)aicmo [a-z]", line)
        ]
        for words in said:
            tokens = words.split()
            assert any(f"aicmo {' '.join(tokens[:count])}" in commands for count in (1, 2)), (
                f"{page.name}: {words}"
            )


def test_every_command_is_documented() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert [words for words in _commands() if not re.search(rf"`{words}[ `]", page)] == []


def test_every_documented_command_exists() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(aicmo [a-z]+(?: [a-z-]+)?)", page, re.M)
    commands = _commands()
    assert [row for row in rows if row not in commands and row.rpartition(" ")[0] not in commands] == []


def test_every_command_has_help_with_an_example() -> None:
    lacking = [
        words
        for words, command in _commands().items()
        if not command.help or "Example" not in (command.epilog or "")
    ]
    assert lacking == []


def test_the_campaign_reference_is_up_to_date() -> None:
    written = (ROOT / "docs" / "campaign-reference.md").read_text(encoding="utf-8")
    assert written == reference.markdown(), (
        "python -m aicmo_dagster.campaign.reference > docs/campaign-reference.md"
    )


def test_every_link_leads_somewhere() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"https?:", target):
                continue
            path, _, anchor = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            assert file.exists(), f"{page.name}: {target}"
            if anchor:
                assert anchor in _anchors(file), f"{page.name}: {target}"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_example_of_a_campaign_is_accepted(page: Path) -> None:
    whole = yaml.safe_load(_blocks(ROOT / "docs" / "getting-started.md", "yaml")[0])
    for block in _blocks(page, "yaml"):
        document.parse(_merged(whole, yaml.safe_load(block)), page.name)


def _merged(below: object, above: object) -> object:
    if isinstance(below, dict) and isinstance(above, dict):
        return below | {key: _merged(below.get(key), value) for key, value in above.items()}
    return above


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this is no git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_package_registry_or_a_path_of_one_machine() -> None:
    hosts = ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("debian", "org")
    registries = "|".join(rf"{name}\.{end}" for name, end in hosts)
    folders = "|".join(("root", "work", "home"))
    wrong = re.compile(rf"\b(?:{registries})\b|--(?:extra-)?index-url|(?<![\w.$}}~/-])/(?:{folders})/\w")
    for file in _tracked():
        if file.suffix in (".png",):
            continue
        found = wrong.search(file.read_text(encoding="utf-8"))
        assert found is None, f"{file.relative_to(ROOT)}: {found and found[0]}"


def test_the_constraints_are_names_and_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    wrong = [line for line in lines if not re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[0-9][\w.]*", line)]
    assert wrong == []


def _imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{file}: a relative import"
            if node.module == _PACKAGE:
                yield from (f"{_PACKAGE}.{name.name}" for name in node.names)
            yield node.module


def _rooms(folder: str) -> set[str]:
    """The rooms of the package that the files of one of them import."""
    names = {name for file in (ROOT / _PACKAGE / folder).rglob("*.py") for name in _imports(file)}
    return {name.split(".")[1] for name in names if name.startswith(f"{_PACKAGE}.")}


@pytest.mark.parametrize(
    ("room", "allowed"),
    [
        ("campaign", {"campaign", "errors"}),
        ("stages", {"stages", "campaign", "lead", "errors", "json_text"}),
        ("store", {"store", "campaign", "lead", "errors", "settings", "json_text", "privacy"}),
        ("vendors", {"vendors", "store", "campaign", "lead", "errors", "json_text", "privacy"}),
        ("sources", {"sources", "vendors", "store", "campaign", "lead", "errors", "json_text", "privacy"}),
        ("mail", {"mail", "store", "campaign", "lead", "errors", "settings", "stages", "privacy"}),
    ],
)
def test_a_room_imports_only_what_lies_below_it(room: str, allowed: set[str]) -> None:
    assert _rooms(room) - allowed == set()


@pytest.mark.parametrize("room", ["stages", "campaign", "store", "vendors", "sources", "mail"])
def test_what_lies_below_dagster_does_not_know_it(room: str) -> None:
    files = [file for file in (ROOT / _PACKAGE / room).rglob("*.py") if file.name != "dagster_storage.py"]
    knowing = [file.name for file in files if any(name.split(".")[0] == "dagster" for name in _imports(file))]
    assert knowing == []


def test_stages_touch_neither_files_nor_network_nor_database() -> None:
    world = {"psycopg", "sqlalchemy", "requests", "socket", "smtplib", "subprocess", "pathlib", "os"}
    names = {
        name.split(".")[0] for file in (ROOT / _PACKAGE / "stages").rglob("*.py") for name in _imports(file)
    }
    assert names & world == set()


def test_what_is_imported_is_what_is_depended_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {_plain(re.split(r"[^\w.-]", one, maxsplit=1)[0]) for one in project["dependencies"]}
    of_module = importlib.metadata.packages_distributions()
    tops = {name.split(".")[0] for file in (ROOT / _PACKAGE).rglob("*.py") for name in _imports(file)}
    tops -= {_PACKAGE, *sys.stdlib_module_names}
    imported = {top: {_plain(one) for one in of_module.get(top, [top])} for top in tops}
    assert {top for top, names in imported.items() if not names & declared} == set(), "no dependency"
    assert declared - set().union(*imported.values()) - _NOT_IMPORTED == set(), "imported nowhere"


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
