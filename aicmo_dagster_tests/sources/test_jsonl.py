import contextlib
import gzip
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aicmo_dagster.errors import SourceError
from aicmo_dagster.sources import jsonl
from aicmo_dagster.sources.jsonl import JsonLines


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "leads.jsonl"


def read(path: Path, content: str | bytes, **options: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    chunks = list(JsonLines(path, **options).fetch(100))  # type: ignore[arg-type]
    return (
        pd.concat([chunk.records for chunk in chunks], ignore_index=True),
        pd.concat([chunk.rejected for chunk in chunks], ignore_index=True),
    )


def test_objects_may_have_different_names_and_nested_values(path: Path) -> None:
    records, rejected = read(
        path,
        '{"email": "a@example.com", "company": {"name": "Example Inc"}, "tags": ["x", "y"]}\n'
        '\n{"Email Address": "b@example.com", "employees": 5.0, "is_decision_maker": true}\n',
        columns={"company.name": "company"},
    )
    assert records["line"].tolist() == [1, 3]
    assert records["email"].tolist() == ["a@example.com", "b@example.com"]
    assert records.loc[0, "company"] == "Example Inc"
    assert json.loads(str(records.loc[0, "extra"])) == {"tags": "x, y"}
    assert records[["employees", "is_decision_maker"]].values.tolist()[1] == ["5", "true"]
    assert rejected.empty


def test_a_line_that_is_no_object_costs_only_itself(path: Path) -> None:
    lines = [
        '{"email": "a@example.com", "city": "Köln"}'.encode(),
        b'{"email": "b@',
        b'"text"',
        b'{"email": "\xff"}',
        b'{"email": "c@example.com"}',
    ]
    records, rejected = read(path, b"\r\n".join(lines))
    assert records["line"].tolist() == [1, 5]
    assert rejected["line"].tolist() == [2, 3, 4]
    assert rejected["raw"].tolist() == ['{"email": "b@', '"text"', '{"email": "\\xff"}']
    assert all(reason.endswith(".") for reason in rejected["reason"])


def test_an_array_is_read_like_lines(path: Path) -> None:
    people = [{"email": f"p{n}@example.com", "city": "Köln"} for n in range(3)]
    for indent in (None, 2):
        records, rejected = read(path, json.dumps([*people, 5], indent=indent, ensure_ascii=False))
        assert records["email"].tolist() == [one["email"] for one in people]
        assert records["city"].tolist() == ["Köln"] * 3
        assert rejected["raw"].tolist() == ["5"]
        assert records["line"].tolist() == ([1, 1, 1] if indent is None else [2, 6, 10])


@pytest.mark.parametrize("block", [1, 2, 7])
def test_the_size_of_blocks_does_not_matter(path: Path, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "_BLOCK", block)
    text = '[{"email": "a@example.com", "city": "Köln"},\n {"email": "b@example.com"}, 12]'
    records, rejected = read(path, text)
    assert records["line"].tolist() == [1, 2]
    assert records.loc[0, "city"] == "Köln"
    assert rejected["raw"].tolist() == ["12"]
    records, _ = read(path, '{"email": "a@example.com", "city": "Köln"}\n{"email": "b@example.com"}')
    assert records["line"].tolist() == [1, 2]


def test_an_array_that_is_not_sound_says_where(path: Path) -> None:
    with pytest.raises(SourceError, match="no sound JSON from line 2 on"):
        read(path, '[{"email": "a@example.com"},\n{"email": oops}]')


def test_a_line_beyond_all_measure_is_rejected_and_the_rest_is_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonl, "_LONGEST", 100)
    monkeypatch.setattr(jsonl, "_BLOCK", 50)
    records, rejected = read(
        path, '{"email": "a@example.com"}\n{"email": "' + "x" * 500 + '"}\n{"email": "b@example.com"}\n'
    )
    assert records["line"].tolist() == [1, 3]
    assert rejected["line"].tolist() == [2]


def test_gzip_is_read_through(path: Path) -> None:
    records, _ = read(path, gzip.compress(b'{"email": "a@example.com"}\n'))
    assert records["email"].tolist() == ["a@example.com"]


def test_objects_that_say_nobody_are_a_sentence(path: Path) -> None:
    with pytest.raises(SourceError, match="no column that says who a lead is"):
        read(path, '{"sum": 3}\n{"sum": 4}\n')


def test_one_document_in_place_of_lines_says_what_is_wanted(path: Path) -> None:
    with pytest.raises(SourceError, match=r"line 1: The line is no JSON object: .* one object in each line"):
        read(path, '{\n  "people": [\n    {\n      "email": "a@example.com"\n    }\n  ]\n}\n')


def test_a_column_with_a_slip_in_its_name_is_noted(path: Path) -> None:
    path.write_text('{"email": "a@example.com", "compny": "Example Inc"}')
    source = JsonLines(path)
    list(source.fetch(100))
    assert "if it is company" in source.notes[0]


def test_half_a_character_and_nul_do_not_break_a_lead(path: Path) -> None:
    records, _ = read(path, '{"email": "a@example.com", "city": "B\\ud800o\\u0000nn"}\n')
    assert records.loc[0, "city"] == "B?onn"


def test_chunks_are_as_long_as_asked_for(path: Path) -> None:
    path.write_text("".join(f'{{"email": "p{n}@example.com"}}\n' for n in range(5)))
    assert [len(chunk.records) for chunk in JsonLines(path, chunk_rows=2).fetch(100)] == [2, 2, 1]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.dictionaries(st.text(max_size=5), st.none() | st.booleans() | st.floats() | st.text(max_size=5))
    ),
    st.binary(max_size=30),
    st.booleans(),
)
def test_any_json_is_read_or_refused_in_a_sentence(
    path: Path, objects: list[dict[str, object]], tail: bytes, as_array: bool
) -> None:
    text = json.dumps(objects) if as_array else "\n".join(map(json.dumps, objects))
    path.write_bytes(text.encode() + tail)
    with contextlib.suppress(SourceError):
        list(JsonLines(path).fetch(100))
