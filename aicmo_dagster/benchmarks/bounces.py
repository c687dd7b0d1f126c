"""How the failed recipients and classes of labelled bounces are read.

Made for the messages in tests/data of flufl.bounce's source (its packages leave them out): `pip download --no-deps
--no-binary :all: flufl.bounce` and unpack. Who failed there, its own tests say; whose fault it was we have labelled by
reading each message. Any other folder does with a labels.csv in it: file, recipient (empty: none failed), class.
"""

import ast
import csv
import time
from collections import Counter
from pathlib import Path
from typing import Any

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.mail.bounces import Report, read

CLASSES: tuple[str, ...] = ("hard", "soft", "sender", "content", "transient")

Labels = dict[str, dict[str, str | None]]
"""File -> failed recipient -> class, or None where nobody has labelled it."""

OURS = {
    "hard": "bounce_02 dsn_10 dsn_11 dsn_12 dsn_13 dsn_14 dsn_15 dsn_16 dsn_18 exim_01 groupwise_01 groupwise_02 "
    "llnl_01 microsoft_01 microsoft_02 microsoft_04 postfix_01 qmail_03 qmail_04 qmail_05 simple_04 "
    "simple_05 simple_06 simple_08 simple_11 simple_12 simple_13 simple_15 simple_19 simple_23 simple_25 "
    "simple_26 simple_27 simple_29 simple_30 simple_33 simple_34 simple_36 simple_37 simple_39 simple_41 "
    "smtp32_04 smtp32_06 smtp32_07 yahoo_03 yahoo_05 yahoo_06 yahoo_07 yahoo_08 yahoo_09 yahoo_10 "
    "yahoo_11 yahoo_13 yale_01",
    "soft": "bounce_03 caiwireless_01 dsn_01 dsn_02 dsn_04 hotpop_01 microsoft_03 netscape_01 newmailru_01 "
    "postfix_02 postfix_03 postfix_04 qmail_01 qmail_02 qmail_06 qmail_07 sendmail_01 simple_01 simple_02 "
    "simple_07 simple_09 simple_10 simple_14 simple_16 simple_17 simple_18 simple_20 simple_24 simple_31 "
    "simple_32 simple_38 simple_44 simple_45 sina_01 smtp32_01 smtp32_02 smtp32_03 smtp32_05 yahoo_01 "
    "yahoo_02 yahoo_04 yahoo_12",
    "sender": "aol_01 dsn_09",
    "content": "dsn_03 postfix_05 simple_42",
    "transient": "dsn_05 dsn_06 dsn_07 dsn_08 dsn_17 simple_03 simple_21 simple_22 simple_28 simple_35 simple_40",
}
"""Class -> files of flufl.bounce's tests. Where a message gives no reason at all, soft is right."""

UNTESTED: dict[str, tuple[str, ...]] = {
    "simple_42.txt": ("david...@gmail.com",),
    "bounce_01.txt": (),
    "dumbass_01.txt": (),
}
"""What the table of the tests leaves out: the first is there only for a detector that is not to recognise it."""

_CLASS_OF = {f"{name}.txt": kind for kind, names in OURS.items() for name in names.split()}


def run(folder: Path) -> dict[str, Any]:
    """Read every labelled message of the folder; returns what `aicmo bench bounces --json` prints."""
    labels = read_labels(folder)
    missed, others = [], []
    confusion: Counter[tuple[str, str]] = Counter()
    seconds = 0.0
    for name, failed in sorted(labels.items()):
        content = (folder / name).read_bytes()
        start = time.perf_counter()
        report = read(content)
        seconds += time.perf_counter() - start
        found = _kinds(report)
        wanted = {recipient.lower(): kind for recipient, kind in failed.items()}
        missed += [name] * len(wanted.keys() - found.keys())
        others += [name] * len(found.keys() - wanted.keys())
        for recipient in wanted.keys() & found.keys():
            if kind := wanted[recipient]:
                confusion[kind, found[recipient]] += 1
    recipients = sum(map(len, labels.values()))
    called_hard = sum(number for (_, read_as), number in confusion.items() if read_as == "hard")
    labelled_hard = sum(number for (kind, _), number in confusion.items() if kind == "hard")
    return {
        "messages": len(labels),
        "recipients": recipients,
        "found": recipients - len(missed),
        "other": len(others),
        "missed_in": sorted(set(missed)),
        "other_in": sorted(set(others)),
        "classes": {kind: {other: confusion[kind, other] for other in CLASSES} for kind in CLASSES},
        "hard_precision": confusion["hard", "hard"] / called_hard if called_hard else None,
        "hard_recall": confusion["hard", "hard"] / labelled_hard if labelled_hard else None,
        "messages_per_s": len(labels) / seconds if seconds else None,
    }


def read_labels(folder: Path) -> Labels:
    """The labels of a folder: its labels.csv, or the tests beside flufl.bounce's messages."""
    listed, tests = folder / "labels.csv", folder.parent / "test_detectors.py"
    if listed.is_file():
        return _of_table(listed)
    if tests.is_file():
        return _of_tests(tests)
    raise ConfigurationError(
        f"{folder} has no labels: give tests/data of flufl.bounce's unpacked source, or a folder with a labels.csv "
        "of the columns file, recipient, class"
    )


def _of_table(path: Path) -> Labels:
    labels: Labels = {}
    with path.open(encoding="utf-8", newline="") as table:
        rows = csv.DictReader(table)
        if not {"file", "recipient"} <= set(rows.fieldnames or ()):
            raise ConfigurationError(f"{path} lacks the columns file and recipient; class may be left out")
        for row in rows:
            failed = labels.setdefault(row["file"], {})
            if row["recipient"]:
                failed[row["recipient"]] = row.get("class") or None
    return labels


def _of_tests(path: Path) -> Labels:
    """From the table DETECTORS: (detector, file, addresses, temporary). A detector that finds none says nothing."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DETECTORS":
            rows = [
                (name, [one.decode() for one in found]) for _, name, found, _ in ast.literal_eval(node.value)
            ]
            labels: Labels = {}
            for name, addresses in [*rows, *UNTESTED.items()]:
                labels.setdefault(name, {}).update(dict.fromkeys(addresses, _CLASS_OF.get(name)))
            return labels
    raise ConfigurationError(f"{path} has no table DETECTORS; its form has changed since flufl.bounce 6")


def _kinds(report: Report | None) -> dict[str, str]:
    return {failure.recipient.lower(): failure.kind for failure in report.failures} if report else {}
