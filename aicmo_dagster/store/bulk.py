"""Frames in and out of PostgreSQL at the speed of COPY, in chunks.

A million rows are read in about two seconds and merged in five to ten, in bounded memory: `frames` streams a
query, `Merge` brings frames to a table, and `prefetched` lets the two sides work at the same time.
"""

import io
import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.csv
from psycopg import sql
from psycopg.abc import PQGen
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.rows import TupleRow
from psycopg.waiting import Wait

from aicmo_dagster.store import binary_copy
from aicmo_dagster.store.binary_copy import Field

CHUNK_ROWS = 50_000
_PIECE_ROWS = 10_000

_T = TypeVar("_T")

_ARROW: dict[str, pa.DataType] = {
    "int64": pa.int64(),
    "Int64": pa.int64(),
    "float64": pa.float64(),
    "Float64": pa.float64(),
    "str": pa.string(),
    "boolean": pa.bool_(),
    "bool": pa.bool_(),
    "datetime64[us, UTC]": pa.timestamp("us", tz="UTC"),
    "date32[day][pyarrow]": pa.date32(),
}
_PANDAS: dict[str, Any] = {
    "Int64": pd.Int64Dtype(),
    "Float64": pd.Float64Dtype(),
    "str": pd.StringDtype("pyarrow", na_value=np.nan),
    "boolean": pd.BooleanDtype(),
    "date32[day][pyarrow]": pd.ArrowDtype(pa.date32()),
}
_SQL: dict[str, str] = {
    "int64": "bigint",
    "Int64": "bigint",
    "float64": "double precision",
    "Float64": "double precision",
    "boolean": "boolean",
    "bool": "boolean",
    "str": "text",
    "date32[day][pyarrow]": "date",
}


def frames(
    connection: psycopg.Connection[TupleRow],
    statement: str,
    parameters: Mapping[str, object],
    dtypes: Mapping[str, str],
    chunk_rows: int = CHUNK_ROWS,
) -> Generator[pd.DataFrame]:
    """Yield the rows of a SELECT as DataFrames of `chunk_rows` rows and the columns and dtypes of `dtypes`, in order.

    Strings missing in the table are NA, empty ones stay empty. Timestamps arrive as UTC when asked for as
    `datetime64[us, UTC]`. Nothing is yielded for no rows. Close the generator before
    its connection: an open COPY holds it.
    """
    names = list(dtypes)
    convert = pyarrow.csv.ConvertOptions(
        column_types={name: _ARROW[dtype] for name, dtype in dtypes.items()},
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        true_values=["t"],
        false_values=["f"],
        timestamp_parsers=[pyarrow.csv.ISO8601, "%Y-%m-%d %H:%M:%S"],
    )
    parse = pyarrow.csv.ParseOptions(newlines_in_values=True)
    copy_out = f"COPY ({statement}) TO STDOUT (FORMAT csv)".encode()
    with closing(_rows_out(connection, copy_out, parameters, chunk_rows)) as chunks:
        for chunk in chunks:
            # Read as one block, which need not be searched for a row's end before it is parsed.
            read = pyarrow.csv.ReadOptions(column_names=names, block_size=len(chunk) + 1, use_threads=False)
            yield _to_pandas(pyarrow.csv.read_csv(pa.BufferReader(chunk), read, parse, convert), dtypes)


def _rows_out(
    connection: psycopg.Connection[TupleRow], statement: bytes, parameters: Mapping[str, object], rows: int
) -> Generator[bytearray]:
    """What a COPY TO STDOUT gives, `rows` rows at a time; the server sends one a message (protocol, 55.2.6).

    Row by row through `Copy` they cost as much as reading what is in them.
    """
    with connection.cursor() as cursor:
        with cursor.copy(statement, parameters):
            while True:
                chunk, ended = connection.wait(_next_rows(connection.pgconn, rows))
                if ended:
                    break
                yield chunk
        if chunk:
            yield chunk


def _next_rows(pgconn: PGconn, rows: int) -> PQGen[tuple[bytearray, bool]]:
    """The next rows of the COPY that is going on, and whether it has ended with them."""
    # Each row is let go at once: kept apart, they would be spread over the memory.
    received = bytearray()
    while rows:
        size, row = pgconn.get_copy_data(1)
        if size > 0:
            received += row
            rows -= 1
        elif size == 0:
            yield from _more(pgconn)
        else:
            while (result := (yield from _result(pgconn))) is not None:
                if result.status != ExecStatus.COMMAND_OK:
                    raise psycopg.errors.error_from_result(result)
            return received, True
    return received, False


def _result(pgconn: PGconn) -> PQGen[PGresult | None]:
    while pgconn.is_busy():
        yield from _more(pgconn)
    return pgconn.get_result()


def _more(pgconn: PGconn) -> PQGen[None]:
    while not (yield Wait.R):
        continue
    pgconn.consume_input()


def _to_pandas(table: Any, dtypes: Mapping[str, str]) -> pd.DataFrame:
    columns = {
        name: pd.Series(
            column.to_pandas() if dtype not in _PANDAS else _PANDAS[dtype].__from_arrow__(column), name=name
        )
        for (name, dtype), column in zip(dtypes.items(), table.columns, strict=True)
    }
    return pd.DataFrame(columns, copy=False)


def copy_in(cursor: psycopg.Cursor[TupleRow], table: str, frame: pd.DataFrame) -> None:
    """Append the frame's rows to the columns of `table` that have its columns' names."""
    content = io.BytesIO()
    # In one piece: of a column in pieces the first of which is empty, write_csv 26 makes NUL bytes.
    arrow = pa.Table.from_pandas(frame, preserve_index=False).combine_chunks()
    pyarrow.csv.write_csv(
        arrow,
        content,
        pyarrow.csv.WriteOptions(include_header=False),
    )
    columns = sql.SQL(", ").join(map(sql.Identifier, frame.columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(sql.Identifier(table), columns)
    with cursor.copy(statement) as copy:
        copy.write(content.getbuffer())


def incoming_table(cursor: psycopg.Cursor[TupleRow], name: str, frame: pd.DataFrame) -> None:
    """(Re)fill the transaction's temporary table `name` with the frame; its columns are the frame's."""
    cursor.execute(
        "SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute "
        "WHERE attrelid = to_regclass(%s) AND attnum > 0",
        [f"pg_temp.{name}"],
    )
    row = cursor.fetchone()
    if row is not None and row[0] == list(frame.columns):
        cursor.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(name)))
    else:
        cursor.execute(sql.SQL("DROP TABLE IF EXISTS pg_temp.{}").format(sql.Identifier(name)))
        columns = sql.SQL(", ").join(
            [
                sql.SQL("{} {}").format(sql.Identifier(str(column)), sql.SQL(_sql_type(dtype)))
                for column, dtype in frame.dtypes.items()
            ]
        )
        create = sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP")
        cursor.execute(create.format(sql.Identifier(name), columns))
    copy_in(cursor, name, frame)


def _sql_type(dtype: Any) -> str:
    if isinstance(dtype, pd.DatetimeTZDtype):
        return "timestamptz"
    if pd.api.types.is_string_dtype(dtype):
        return "text"
    return _SQL[str(dtype)]


@dataclass(frozen=True)
class Written:
    """What a merge did to the table; rows it left alone are in neither count."""

    inserted: int = 0
    updated: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(self.inserted + other.inserted, self.updated + other.updated)


@dataclass(frozen=True)
class Merge:
    """How frames become rows of `table`; nothing is written where nothing changed.

    `columns` maps a column of the table to the SQL expression over the incoming frame `i` (or a parameter)
    that fills it. `updates` maps those that may change later to the expression of their new value, over `i`
    and the row `t`; a row changes when one of `compared` does, and is then given `also` besides. Without
    `updates` existing rows are never touched. `order` is the order in which new rows are inserted.

    New rows are found by probing the key's index, not by ON CONFLICT, which doubles the cost of an insert.
    The caller holds the campaign's lock; a row that appears all the same is refused by the unique key.

    `fields` gives the frame and parameters as the columns of a binary COPY: where the table has no row yet between the
    first and the last lead of a frame, the rows go straight in, which takes a third of the time.
    """

    table: str
    key: Sequence[str]
    columns: Mapping[str, str]
    updates: Mapping[str, str] = field(default_factory=dict)
    compared: Sequence[str] = ()
    also: str = ""
    order: str = ""
    fields: Callable[[pd.DataFrame, Mapping[str, Any]], Mapping[str, Field]] | None = None

    def _matches(self) -> str:
        return " AND ".join(f"t.{name} = {self.columns[name]}" for name in self.key)

    def insert_statement(self) -> str:
        names, values = ", ".join(self.columns), ", ".join(self.columns.values())
        order = f"ORDER BY {self.order} " if self.order else ""
        return (
            f"INSERT INTO {self.table} ({names}) SELECT {values} FROM incoming i "
            # OFFSET 0 keeps it a probe for each row: the statistics of a table that was small a moment ago have the
            # planner put all rows of the campaign beside each incoming one.
            f"WHERE NOT EXISTS (SELECT FROM {self.table} t WHERE {self._matches()} OFFSET 0) {order}LIMIT %(most)s"
        )

    def update_statement(self) -> str:
        sets = ", ".join(f"{name} = {value}" for name, value in self.updates.items())
        old = ", ".join(f"t.{name}" for name in self.compared)
        new = ", ".join(self.updates[name] for name in self.compared)
        return (
            f"UPDATE {self.table} t SET {sets}{self.also} FROM incoming i "
            f"WHERE {self._matches()} AND ROW({old}) IS DISTINCT FROM ROW({new})"
        )

    def write(
        self,
        cursor: psycopg.Cursor[TupleRow],
        frame: pd.DataFrame,
        parameters: Mapping[str, object],
        most: int | None = None,
    ) -> Written:
        """Merge one frame, with at most `most` new rows; all frames of a run belong in one transaction."""
        if frame.empty:
            return Written()
        if self.fields is not None and not self._has_between(cursor, frame["lead_id"]):
            # In pieces that the allocator keeps: larger ones are taken from the system anew each time.
            for start in range(0, len(frame), _PIECE_ROWS):
                piece = frame.iloc[start : start + _PIECE_ROWS]
                binary_copy.copy_in(cursor, self.table, self.fields(piece, parameters), len(piece))
            return Written(len(frame))
        incoming_table(cursor, "incoming", frame)
        with probing(cursor):
            cursor.execute(self.insert_statement().encode(), {**parameters, "most": most})
            inserted = cursor.rowcount
            if inserted == len(frame) or not self.updates:
                return Written(inserted)
            cursor.execute(self.update_statement().encode(), parameters)
            return Written(inserted, cursor.rowcount)

    def _has_between(self, cursor: psycopg.Cursor[TupleRow], leads: "pd.Series[int]") -> bool:
        cursor.execute(
            f"SELECT EXISTS (SELECT FROM {self.table} WHERE lead_id BETWEEN %s AND %s)".encode(),
            [int(leads.min()), int(leads.max())],
        )
        return cursor.fetchone() == (True,)


@contextmanager
def probing(cursor: psycopg.Cursor[TupleRow]) -> Iterator[None]:
    """Have joins with the incoming rows probe the target's index.

    A temporary table has no statistics, and without them the planner reads the whole target for every chunk.
    """
    cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
    yield
    cursor.execute("SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on")


def prefetched(items: Iterable[_T], depth: int = 2) -> Generator[_T]:
    """Iterate `items` in a thread of its own, at most `depth` ahead.

    So that reading and computing the next chunk overlap with writing the present one. An error in `items` is
    raised here; leaving the loop early stops the thread and closes `items` there.
    """
    ready: queue.Queue[tuple[bool, Any]] = queue.Queue(depth)
    stopped = threading.Event()

    def put(item: tuple[bool, Any]) -> bool:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def run() -> None:
        try:
            for item in items:
                if not put((True, item)):
                    break
            else:
                put((False, None))
        except BaseException as error:
            put((False, error))
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()

    thread = threading.Thread(target=run, name="prefetched", daemon=True)
    thread.start()
    try:
        while True:
            more, item = ready.get()
            if more:
                yield item
            elif item is None:
                return
            else:
                raise item
    finally:
        stopped.set()
        thread.join()
