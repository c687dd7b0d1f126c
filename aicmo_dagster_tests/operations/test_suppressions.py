import os
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.errors import ConfigurationError, SourceError
from aicmo_dagster.operations import suppressions
from aicmo_dagster.operations.suppressions import Refused
from aicmo_dagster.store import database, sends
from aicmo_dagster.store import suppressions as listed
from aicmo_dagster_tests.outreach import add_campaign, add_lead, add_send

HASH = "0123456789abcdef" * 4


def kept() -> list[tuple[str, str, str]]:
    found = database.fetch("SELECT kind, value, reason FROM suppressions ORDER BY kind, value")
    return [(row["kind"], row["value"], row["reason"]) for row in found]


def brought(tmp_path: Path, text: str | bytes) -> suppressions.Imported:
    file = tmp_path / "list.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return suppressions.import_file(file, "test", "from a file")


def test_a_mail_that_waits_is_not_sent_to_who_is_in_a_file(store: URL, tmp_path: Path) -> None:
    campaign = add_campaign()
    for address in ("lead@example.org", "other@sub.example.net", "free@example.com"):
        add_send(campaign.id, add_lead(campaign.id, address))
    brought(tmp_path, "email\nLead@Example.org\nexample.net\n")
    with database.transaction() as cursor:
        assert sends.skip_stopped(cursor, campaign.id) == {"suppressed": 2}


@pytest.mark.parametrize("header", ["Email Address", "E-Mail", "EmailAddress", "value", "\ufeffemail"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_files_of_other_programs_are_read(store: URL, tmp_path: Path, header: str, delimiter: str) -> None:
    rows = [["Origin", header, "Suppression Reason"], ["a list", "Test <ann@example.com>", "said no"]]
    found = brought(tmp_path, "\r\n".join(delimiter.join(row) for row in rows).encode("utf-16"))
    assert (found.new, found.refused) == (1, 0)
    assert kept() == [("address", "ann@example.com", "said no")]


def test_rows_that_are_wrong_are_told_by_line_and_column_and_stop_no_others(
    store: URL, tmp_path: Path
) -> None:
    found = brought(
        tmp_path,
        f"kind,value\naddress,ann@example.com\nperson,bob@example.com\n,{HASH}\nhash,{HASH}\nhash,1234\n"
        "domain,not a domain\naddress,\none,two,three\n\ndomain,Example.org.\n",
    )
    assert (found.new, found.known, found.refused) == (3, 0, 6)
    assert [(one.line, one.field) for one in found.listed] == [
        (9, "row"),
        *((line, "kind" if line == 3 else "value") for line in (3, 4, 6, 7, 8)),
    ]
    assert found.listed[1] == Refused(3, "kind", "write address, domain or hash, or leave it empty")
    assert kept() == [
        ("address", "ann@example.com", "from a file"),
        ("domain", "example.org", "from a file"),
        ("hash", HASH, "from a file"),
    ]


def test_a_file_that_is_wrong_in_every_row_lists_the_first_and_counts_all(store: URL, tmp_path: Path) -> None:
    found = brought(tmp_path, "email\n" + "nobody\n" * 1_500)
    assert (found.new, found.refused, len(found.listed)) == (0, 1_500, 1_000)


def test_a_bounce_takes_the_reason_that_says_more(store: URL, tmp_path: Path) -> None:
    brought(tmp_path, "email,reason\nann@example.com,bounced\nbob@example.com,complained\n")
    brought(tmp_path, "email,reason\nann@example.com,unsubscribed\nbob@example.com,bounced\n")
    assert [reason for *_, reason in kept()] == ["unsubscribed", "complained"]


def test_what_a_spreadsheet_would_run_goes_out_harmless_and_comes_in_as_it_was(
    store: URL, tmp_path: Path
) -> None:
    brought(tmp_path, 'email,reason\n=ann@example.com,"=1+1, ""quoted"""\n\'+bob@example.com,-\n')
    before = kept()
    assert [value for _, value, _ in before] == ["+bob@example.com", "=ann@example.com"]
    file = tmp_path / "out.csv"
    assert suppressions.export_file(file) == len(before)
    for line in file.read_text().splitlines():
        assert not any(cell.startswith(("=", "+", "-", "@", '"=')) for cell in line.split(","))
    with database.transaction() as cursor:
        cursor.execute("DELETE FROM suppressions")
    suppressions.import_file(file, "test")
    assert kept() == before


def test_a_list_is_written_for_its_owner_and_over_no_other_file(store: URL, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    suppressions.export_file(file)
    assert os.name == "nt" or file.stat().st_mode & 0o077 == 0
    with pytest.raises(ConfigurationError, match="is there already"):
        suppressions.export_file(file)


@pytest.mark.parametrize("text", ["", "\n\n", "name,company\nAnn,Test\n"])
def test_a_file_that_names_no_column_of_entries_is_refused(store: URL, tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError):
        brought(tmp_path, text)


@pytest.mark.parametrize("all_of_it", ["*@example.org", " *@Example.org", "%@example.org"])
def test_the_way_of_others_to_write_a_whole_domain_is_refused_with_the_way_that_counts(
    store: URL, tmp_path: Path, all_of_it: str
) -> None:
    found = brought(tmp_path, f"email\n{all_of_it}\nann@example.org\n")
    assert (found.new, [one.line for one in found.listed]) == (1, [2])
    assert "xample.org for the whole domain" in found.listed[0].reason
    with database.transaction() as cursor, pytest.raises(ConfigurationError, match="for the whole domain"):
        listed.add(cursor, "address", all_of_it, "test", "test")
