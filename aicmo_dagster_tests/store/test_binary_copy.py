import math
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from aicmo_dagster.store import binary_copy, database
from aicmo_dagster.store.binary_copy import (
    bigint,
    constant,
    integers,
    numbers,
    reals,
    singles,
    smallints,
    text_arrays,
    texts,
)

words = st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
codes = st.lists(st.sampled_from(["no_email", "policy", "low_intent"]), max_size=3)
values = st.none() | st.floats(0, 1, width=32)
times = st.integers(-(10**15), 10**15).map(lambda us: datetime.fromtimestamp(us // 1000 / 1000, UTC))
row = st.tuples(
    *(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), words, codes, values, values),
    *(times, st.integers(-(2**15), 2**15 - 1)),
)


def _narrow(elements: list[float | None]) -> list[float | None]:
    """As `real` has them: the driver reads the shortest text of one."""
    return [None if one is None else float(np.float32(one)) for one in elements]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(rows=st.lists(row, min_size=1, max_size=30))
def test_what_is_copied_in_is_what_the_table_holds(store: URL, rows: list[tuple[Any, ...]]) -> None:
    frame = pd.DataFrame(rows, columns=["id", "share", "word", "codes", "a", "b", "seen", "small"])
    at = datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC)
    run = UUID(int=7)
    with database.transaction() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE copied (id bigint, share float8, word text, codes text[], v real[], "
            "n int, k int, run uuid, at timestamptz, nothing text, name text, seen timestamptz, small smallint, "
            "single real, big bigint, place serial) ON COMMIT DROP"
        )
        fields = {
            "id": numbers(frame["id"].astype("int64")),
            "share": numbers(frame["share"].astype("float64")),
            "word": texts(frame["word"].astype("str")),
            "codes": text_arrays(frame["codes"].map(lambda one: "{" + ",".join(one) + "}").astype("str")),
            "v": reals([frame[name].to_numpy(dtype=np.float64) for name in ("a", "b")]),
            "n": integers(pd.Series(range(len(frame)), dtype="int64")),
            "k": constant(3),
            "run": constant(run),
            "at": constant(at),
            "nothing": constant(None),
            "name": constant("çé"),
            "seen": binary_copy.times(frame["seen"].astype("datetime64[us, UTC]")),
            "small": smallints(frame["small"]),
            "single": singles(frame["small"] / 8),
            "big": bigint(2**40),
        }
        binary_copy.copy_in(cursor, "copied", fields, len(frame))
        cursor.execute(
            "SELECT id, share, word, codes, v, n, k, run, at, nothing, name, seen, small, single, big "
            "FROM copied ORDER BY place"
        )
        found = [(*one[:4], _narrow(one[4]), *one[5:]) for one in cursor.fetchall()]
    expected = [
        (
            *(number, share, word, list(said), _narrow([a, b]), place, 3, run, at, None, "çé"),
            *(seen, small, small / 8, 2**40),
        )
        for place, (number, share, word, said, a, b, seen, small) in enumerate(rows)
    ]
    assert found == expected


def test_unknown_is_null_and_not_nan(store: URL) -> None:
    with database.transaction() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE copied (v real[]) ON COMMIT DROP")
        columns = [np.array([math.nan, 0.25]), np.array([math.nan, math.nan])]
        binary_copy.copy_in(cursor, "copied", {"v": reals(columns)}, 2)
        cursor.execute("SELECT v FROM copied")
        assert cursor.fetchall() == [([None, None],), ([0.25, None],)]


def test_a_constant_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="no constant"):
        constant(0.5)
