from pathlib import Path

from aicmo_dagster.benchmarks.people import write_csv
from aicmo_dagster.sources.csv import CsvFile
from aicmo_dagster.stages.harvest import clean


def test_the_same_size_gives_the_same_file(tmp_path: Path) -> None:
    first, second = tmp_path / "1.csv", tmp_path / "2.csv"
    assert write_csv(first, 500) == first.stat().st_size
    write_csv(second, 500)
    assert first.read_bytes() == second.read_bytes()


def test_every_lead_can_be_imported_and_parts_do_not_overlap(tmp_path: Path) -> None:
    identities: set[str] = set()
    for start in (0, 300):
        path = tmp_path / "part.csv"
        write_csv(path, 300, start)
        for chunk in CsvFile(path).fetch(1000):
            assert chunk.rejected.empty
            leads = clean(chunk.records).leads
            assert len(leads) == len(chunk.records)
            identities.update(leads["identity"])
    # Role accounts of one company and the malformed address are the same identity several times.
    assert 570 <= len(identities) < 600
