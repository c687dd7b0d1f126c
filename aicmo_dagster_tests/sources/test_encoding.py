from pathlib import Path

import pytest

from aicmo_dagster.sources.encoding import open_utf8


def detected(folder: Path, content: bytes) -> tuple[str, bytes]:
    path = folder / "a.csv"
    path.write_bytes(content)
    stream, encoding = open_utf8(path, None)
    text = b"".join(iter(lambda: stream.read(7), b""))
    stream.close()
    return encoding, text


def test_a_foreign_letter_far_behind_the_beginning_is_seen(tmp_path: Path) -> None:
    encoding, text = detected(tmp_path, b"email\n" * 1_000_000 + "Köln\n".encode("latin-1"))
    assert encoding == "cp1252"
    assert text.endswith("Köln\n".encode())


def test_some_damaged_lines_do_not_make_a_file_of_utf8_another(tmp_path: Path) -> None:
    encoding, text = detected(tmp_path, "Köln\nZürich\n".encode() + b"K\xf6ln\n")
    assert encoding == "utf-8"
    assert text.endswith(b"K\xf6ln\n")


@pytest.mark.parametrize("encoding", ["cp1251", "cp1253", "shift_jis"])
def test_scripts_other_than_latin_are_told_by_statistics(tmp_path: Path, encoding: str) -> None:
    words = {
        "cp1251": "Компания по производству мебели и продаже книг в Москве, директор по развитию\n",
        "cp1253": "Εταιρεία παραγωγής επίπλων και πώλησης βιβλίων στην Αθήνα, διευθυντής ανάπτυξης\n",
        "shift_jis": "東京都の家具メーカーで働いている営業部長です。よろしくお願いします。\n",
    }[encoding]
    _, text = detected(tmp_path, (words * 20).encode(encoding))
    assert text.decode() == words * 20


def test_undecodable_bytes_stay_undecodable(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("a\nb\n".encode("utf-16-le") + b"\x00\xdc")
    text = open_utf8(path, "utf-16-le")[0].read(100)
    assert text.startswith(b"a\nb\n")
    with pytest.raises(UnicodeDecodeError):
        text.decode()
