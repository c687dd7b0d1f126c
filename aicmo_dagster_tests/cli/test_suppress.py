import json
from pathlib import Path

from sqlalchemy.engine import URL

from aicmo_dagster.store import database
from aicmo_dagster_tests.cli.command_line import aicmo


def test_an_address_and_a_domain_are_suppressed_once(store: URL) -> None:
    assert "writes to ann@example.com any more" in aicmo(
        "suppress", "add", "ann@example.com", "--reason", "asked"
    )
    assert "already" in aicmo("suppress", "add", "Ann@Example.com")
    assert "@example.org and its subdomains" in aicmo("suppress", "add", "@example.org")
    entries = json.loads(aicmo("suppress", "list", "--json"))
    assert [(entry["kind"], entry["value"]) for entry in entries] == [
        ("domain", "example.org"),
        ("address", "ann@example.com"),
    ]
    assert "ann@example.com" in aicmo("suppress", "list")


def test_what_is_neither_is_refused_with_a_sentence(store: URL) -> None:
    assert "is not a domain" in aicmo("suppress", "add", "nonsense", code=1)
    assert "is not an address" in aicmo("suppress", "add", "a b@example.com", code=1)
    assert "is empty" in aicmo("suppress", "list")


def test_who_is_taken_off_the_list_gets_mail_again(store: URL) -> None:
    aicmo("suppress", "add", "a.nn@gmail.com", "--reason", "asked")
    aicmo("suppress", "add", "@example.org")
    assert "for: asked" in aicmo("suppress", "remove", "Ann+x@googlemail.com")
    assert "Example.org is off the list" in aicmo("suppress", "remove", "@Example.org")
    assert json.loads(aicmo("suppress", "list", "--json")) == []
    assert "is not on the list" in aicmo("suppress", "remove", "ann@gmail.com", code=1)


def test_an_erased_person_comes_off_the_list_only_when_that_is_said(store: URL) -> None:
    aicmo("person", "erase", "ann@example.com", "--yes")
    assert "is not on the list" in aicmo("suppress", "remove", "ann@example.com", code=1)
    assert "for: erased" in aicmo("suppress", "remove", "ann@example.com", "--erased")


def test_a_file_is_taken_row_by_row_and_again_changes_nothing(store: URL, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(
        "email;reason\nann@example.com;said no\nA.nn@Gmail.com;\nann@gmail.com;\n@example.org;rival\n"
        "jösé@bücher.example.de;\nno body@example.com;\n;empty\n",
        encoding="utf-8",
    )
    output = aicmo("suppress", "import", str(file), "--reason", "old tool", code=1)
    assert "7 rows: 4 new, 1 known already, 2 not taken." in output
    assert "line 7, value: 'no body@example.com' is not an address" in output
    assert "line 8, value: it is empty" in output
    entries = json.loads(aicmo("suppress", "list", "--json"))
    assert {(entry["kind"], entry["value"], entry["reason"]) for entry in entries} == {
        ("address", "ann@example.com", "said no"),
        ("address", "ann@gmail.com", "old tool"),
        ("domain", "example.org", "rival"),
        ("address", "jösé@xn--bcher-kva.example.de", "old tool"),
    }
    assert "7 rows: 0 new, 5 known already, 2 not taken." in aicmo("suppress", "import", str(file), code=1)
    assert "ann@gmail.com" in aicmo("suppress", "list", "--search", "a.nn@gmail.com")
    assert len(json.loads(aicmo("suppress", "list", "--kind", "domain", "--json"))) == 1


def test_the_list_goes_out_and_comes_in_as_it_was(store: URL, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    aicmo("suppress", "add", "ann@example.com", "--reason", 'said "no", twice')
    aicmo("suppress", "add", "@example.org")
    aicmo("person", "erase", "bob@example.com", "--yes")
    assert "3 entries are in" in aicmo("suppress", "export", str(file))
    assert "bob@" not in file.read_text()
    with database.transaction() as cursor:
        before = database.rows(cursor, "SELECT kind, value, reason FROM suppressions ORDER BY value")
        cursor.execute("DELETE FROM suppressions")
    assert "3 rows: 3 new" in aicmo("suppress", "import", str(file))
    assert database.fetch("SELECT kind, value, reason FROM suppressions ORDER BY value") == before


def test_an_erased_person_is_not_written_down_again_by_a_file(store: URL, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("email\nbob@example.com\n")
    aicmo("person", "erase", "bob@example.com", "--yes")
    assert "1 row: 0 new, 1 known already" in aicmo("suppress", "import", str(file))
    assert "Nothing holds the address." in aicmo("person", "check", "bob@example.com")


def test_a_file_without_a_first_line_is_told_so_without_its_addresses(store: URL, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("ann@example.com\nbob@example.com\n")
    output = aicmo("suppress", "import", str(file), code=1)
    assert "Name the column value, email, domain or hash in a first line" in output
    assert "ann@" not in output
