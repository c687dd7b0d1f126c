from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from aicmo_dagster.benchmarks.addresses import Case, explanation, read_suite, run
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster_tests.cli.command_line import in_a_process


def suite(folder: Path, *cases: tuple[str, str, str]) -> Path:
    """A suite of (address, category, diagnosis)."""
    tests = (
        f"<test id='{number}'><address>{escape(address)}</address><category>ISEMAIL_{category}</category>"
        f"<diagnosis>ISEMAIL_{diagnosis}</diagnosis></test>"
        for number, (address, category, diagnosis) in enumerate(cases, 1)
    )
    path = folder / "tests.xml"
    path.write_text(f"<tests>{''.join(tests)}</tests>", encoding="utf-8")
    return path


def test_agreement_is_counted_and_disagreement_explained(tmp_path: Path) -> None:
    path = suite(
        tmp_path,
        ("jane@example.com.zz", "VALID_CATEGORY", "VALID"),
        ("jane@@zz", "ERR", "ERR_EXPECTING_ATEXT"),
        ('"jane"@mail.zz', "RFC5321", "RFC5321_QUOTEDSTRING"),
        ("jane@mail.zz\u240a", "ERR", "ERR_EXPECTING_ATEXT"),
    )
    figures = run(path)
    assert (figures["agreed"], figures["addresses"], figures["usable"]) == (2, 4, 2)
    assert [one["number"] for one in figures["disagreements"]] == ["3", "4"]
    assert all(one["why"] for one in figures["disagreements"])


def test_symbols_of_control_characters_are_read_as_these(tmp_path: Path) -> None:
    (case,) = read_suite(suite(tmp_path, ("a\u2400b@\u2407.zz", "ERR", "ERR_EXPECTING_ATEXT")))
    assert case == Case("1", "a\x00b@\x07.zz", False, "ERR_EXPECTING_ATEXT")


def test_an_address_that_is_wrongly_taken_has_no_explanation() -> None:
    assert explanation(Case("1", "jane@@mail.zz", False, "ERR_EXPECTING_ATEXT")) is None
    assert explanation(Case("1", "jane@mail.zz", True, "VALID")) is not None


@pytest.mark.parametrize("text", ["no XML", "<tests/>"])
def test_a_file_that_is_no_suite_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "tests.xml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"tests\.xml"):
        read_suite(path)


def test_the_command_prints_agreement_and_reasons(tmp_path: Path) -> None:
    path = suite(tmp_path, ("jane@[192.0.2.1]", "RFC5321", "RFC5321_ADDRESSLITERAL"))
    printed = in_a_process("bench", "addresses", str(path))
    assert "Agreement: 0 of 1" in printed.stdout
    assert "no company" in printed.stdout


@pytest.mark.thirdparty
def test_every_disagreement_with_the_published_suite_is_explained(thirdparty: Path) -> None:
    path = thirdparty / "is-email" / "tests.xml"
    if not path.exists():
        pytest.skip("the suite is not here")
    figures = run(path)
    assert [one for one in figures["disagreements"] if one["why"] is None] == []
    assert figures["agreement"] >= 0.745
