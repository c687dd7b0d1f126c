import base64
import io
import re

import dagster as dg
import matplotlib.image

from aicmo_dagster import pictures


def _size(picture: dg.MarkdownMetadataValue) -> tuple[int, int]:
    found = re.fullmatch(r"!\[.*\]\(data:image/png;base64,(.+)\)", picture.md_str or "")
    assert found is not None
    image = matplotlib.image.imread(io.BytesIO(base64.b64decode(found[1])), format="png")
    return image.shape[1], image.shape[0]


def test_bars_grow_with_the_number_of_entries() -> None:
    few, many = (pictures.bars("t", {f"entry {n}": n for n in range(count)}) for count in (2, 10))
    assert _size(few)[1] < _size(many)[1]


def test_nothing_to_show_is_a_picture_too() -> None:
    assert _size(pictures.bars("nothing", {}))[0] > 100
    assert _size(pictures.histogram("nothing", [0] * 20, {"HOT": 0.85}))[0] > 100
