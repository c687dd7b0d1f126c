import os
from pathlib import Path

import pytest

from aicmo_dagster.benchmarks import bounces
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster_tests.mail.bounces.samples import SAMPLES


def labelled(folder: Path, kind: str) -> Path:
    (folder / "one.eml").write_bytes(next(one.content for one in SAMPLES if one.name == "qmail"))
    (folder / "two.eml").write_bytes(b"Subject: Hello\n\nHello")
    (folder / "labels.csv").write_text(
        f"file,recipient,class\none.eml,lead@example.com,{kind}\ntwo.eml,,\n", "utf-8"
    )
    return folder


def test_recipients_and_classes_are_counted(tmp_path: Path) -> None:
    figures = bounces.run(labelled(tmp_path, "hard"))
    assert (figures["messages"], figures["recipients"], figures["found"], figures["other"]) == (2, 1, 1, 0)
    assert figures["hard_precision"] == 1


def test_a_living_lead_called_dead_lowers_the_precision(tmp_path: Path) -> None:
    figures = bounces.run(labelled(tmp_path, "soft"))
    assert figures["hard_precision"] == 0
    assert figures["classes"]["soft"]["hard"] == 1


def test_a_recipient_missed_and_one_too_many_are_told_by_file(tmp_path: Path) -> None:
    folder = labelled(tmp_path, "hard")
    (folder / "labels.csv").write_text(
        "file,recipient,class\none.eml,other@example.com,\ntwo.eml,,\n", "utf-8"
    )
    figures = bounces.run(folder)
    assert (figures["missed_in"], figures["other_in"]) == (["one.eml"], ["one.eml"])


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"labels\.csv"):
        bounces.run(tmp_path)


def test_no_file_has_two_classes() -> None:
    names = " ".join(bounces.OURS.values()).split()
    assert len(names) == len(set(names))


@pytest.mark.thirdparty
def test_every_failed_recipient_of_the_published_messages_is_found_and_no_other() -> None:
    folder = Path(os.environ.get("AICMO_BOUNCE_CORPUS", ""))
    if not os.environ.get("AICMO_BOUNCE_CORPUS") or not folder.is_dir():
        pytest.skip("AICMO_BOUNCE_CORPUS names no folder: tests/data of flufl.bounce's source")
    figures = bounces.run(folder)
    assert figures["recipients"] >= 130
    assert (figures["missed_in"], figures["other_in"]) == ([], [])
    assert figures["hard_precision"] == 1
