import base64
import io
import re

import dagster as dg
import numpy as np
from PIL import Image

from aicmo_dagster import pictures


def _size(picture: dg.MarkdownMetadataValue) -> tuple[int, int]:
    found = re.fullmatch(r"!\[.*\]\(data:image/png;base64,(.+)\)", picture.md_str or "")
    assert found is not None
    with Image.open(io.BytesIO(base64.b64decode(found[1]))) as image:
        return image.size


def test_bars_grow_with_the_number_of_entries() -> None:
    few, many = (pictures.bars("t", {f"entry {n}": n for n in range(count)}) for count in (2, 10))
    assert _size(few)[1] < _size(many)[1]


def test_nothing_to_show_is_a_picture_too() -> None:
    assert _size(pictures.bars("nothing", {}))[0] > 100
    assert _size(pictures.histogram("nothing", [0] * 20, {"HOT": 0.85}))[0] > 100


def test_the_longest_bar_belongs_to_the_highest_count() -> None:
    def painted(counts: dict[str, int]) -> int:
        found = re.search(r"base64,(.+)\)", pictures.bars("t", counts).md_str or "")
        assert found is not None
        with Image.open(io.BytesIO(base64.b64decode(found[1]))) as image:
            return int((np.asarray(image.convert("RGB")) == (0x4F, 0x43, 0xDD)).all(axis=2).sum())

    assert painted({"a": 100, "b": 100}) > 1.5 * painted({"a": 100, "b": 10}) > painted({"a": 100, "b": 1})


def test_two_sides_are_drawn_beside_each_other_by_their_counts() -> None:
    def painted(before: int, after: int) -> tuple[int, int]:
        content = pictures.beside("t", {"Group": {"a": (before, after)}})
        with Image.open(io.BytesIO(content)) as image:
            pixels = np.asarray(image.convert("RGB"))
        grey, blue = (
            (pixels == colour).all(axis=2).sum() for colour in ((0x9A, 0x9F, 0xA6), (0x4F, 0x43, 0xDD))
        )
        return int(grey), int(blue)

    grey, blue = painted(100, 20)
    assert grey > 2 * blue
    grey, blue = painted(20, 100)
    assert blue > 2 * grey
