from pathlib import Path

import pytest

from aicmo_dagster.benchmarks import titles
from aicmo_dagster.errors import SourceError

HEADER = "title,language,level,department,source\n"


def test_the_titles_that_the_reader_was_made_with_are_read_right() -> None:
    figures = titles.measure(titles.read_file(titles.FOLDER / titles.TUNED[0]))
    assert figures["titles"] > 500
    assert figures["classes"] >= 0.98
    assert figures["levels"] >= 0.95
    assert figures["departments"] >= 0.85


def test_a_title_read_wrong_lowers_the_shares(tmp_path: Path) -> None:
    (tmp_path / "tuning.csv").write_text(
        HEADER + "CEO,en,c_level,general_management,test\nHead of Sales,en,manager,marketing,test\n"
    )
    figures = titles.run(tmp_path)["files"]["tuning.csv"]
    assert (figures["classes"], figures["levels"], figures["departments"]) == (0.5, 0.5, 0.5)
    assert figures["confusion"]["Manager"]["Director"] == 1
    assert figures["confusion"]["C-Suite"]["C-Suite"] == 1


def test_a_held_out_title_that_was_tuned_on_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "tuning.csv").write_text(HEADER + "Chef de projet,fr,manager,operations,test\n")
    (tmp_path / "held_out.csv").write_text(
        HEADER + "CHEF DE PROJET,fr,manager,operations,test\nCFO,en,c_level,finance,test\n"
    )
    figures = titles.run(tmp_path)["files"]["held_out.csv"]
    assert (figures["titles"], figures["left_out"]) == (1, 1)


def test_a_level_that_is_none_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "tuning.csv"
    path.write_text(HEADER + "CEO,en,c_level,,test\nCFO,en,boss,finance,test\n")
    with pytest.raises(SourceError, match=r"line 3: 'boss' is no level; use one of owner"):
        titles.read_file(path)
