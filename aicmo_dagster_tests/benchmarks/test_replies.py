from pathlib import Path

import pytest

from aicmo_dagster.benchmarks import replies
from aicmo_dagster.errors import SourceError

HEADER = "text,subject,language,category\n"


def test_figures_tell_what_is_acted_on_alone(tmp_path: Path) -> None:
    (tmp_path / "some.csv").write_text(
        HEADER
        + "No thanks.,Re: Idea,en,not_interested\nHm.,Re: Idea,en,interested\n"
        + "No thanks!,Re: Idea,de,unsubscribe\nBack on Monday,Automatic reply: Idea,de,auto_reply\n"
    )
    figures = replies.run(tmp_path)["files"]["some.csv"]
    assert (figures["accuracy"], figures["reviewed"], figures["unsubscribe_missed"]) == (0.5, 0.25, 1)
    assert figures["accuracy_unreviewed"] == pytest.approx(2 / 3)
    assert figures["languages"] == {"de": 0.5, "en": 0.5}
    assert figures["categories"]["not_interested"] == {"precision": 0.5, "recall": 1.0}
    assert figures["confusion"]["unsubscribe"]["not_interested"] == 1


def test_no_held_out_reply_was_tuned_on() -> None:
    files = [set(replies.read_file(path)["text"].str.casefold()) for path in replies.FOLDER.glob("*.csv")]
    assert len(files) == 2
    assert not files[0] & files[1]


def test_a_category_that_is_none_is_refused_with_its_reply(tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text(HEADER + "No,,en,not_interested\nYes,,en,keen\n")
    with pytest.raises(SourceError, match=r"reply 2: 'keen' is no category; use one of interested"):
        replies.read_file(path)
