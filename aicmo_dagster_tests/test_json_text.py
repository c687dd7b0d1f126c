import json

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.json_text import json_objects, merge_objects

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ROWS = st.lists(st.tuples(*[st.none() | TEXT] * 3), max_size=10)


def objects(names: tuple[str, ...], rows: list[tuple[str | None, ...]]) -> list[dict[str, str] | None]:
    return [
        {n: v.replace("\0", "") for n, v in zip(names, row, strict=True) if v is not None} or None
        for row in rows
    ]


def made(names: tuple[str, ...], rows: list[tuple[str | None, ...]]) -> pa.Array:
    columns = [pa.array([row[index] for row in rows], pa.large_string()) for index in range(3)]
    return json_objects(dict(zip(names, columns, strict=True)), len(rows))


def loaded(texts: pa.Array) -> list[dict[str, str] | None]:
    return [None if text is None else json.loads(text) for text in texts.to_pylist()]


@given(ROWS)
def test_objects_have_the_values_that_are_there(rows: list[tuple[str | None, ...]]) -> None:
    names = ("a", 'q"\\\n', "{, ")
    assert loaded(made(names, rows)) == objects(names, rows)


@given(ROWS, st.randoms())
def test_merged_objects_have_the_members_of_both(rows: list[tuple[str | None, ...]], random) -> None:  # type: ignore[no-untyped-def]
    others = random.sample(rows, len(rows))
    merged = loaded(merge_objects(made(("a", "b", "c"), rows), made(("d", "e", "f"), others)))
    expected = [
        ((one or {}) | (two or {})) or None
        for one, two in zip(objects(("a", "b", "c"), rows), objects(("d", "e", "f"), others), strict=True)
    ]
    assert merged == expected
