import pandas as pd
from sqlalchemy.engine import URL

from aicmo_dagster.store import bulk, database


def test_a_frame_that_begins_with_an_empty_piece_arrives_whole(store: URL) -> None:
    rows = pd.DataFrame({"line": [4], "reason": pd.Series(["nothing says who it is"], dtype="str")})
    frame = pd.concat([rows.iloc[:0], rows], ignore_index=True)
    with database.transaction() as cursor:
        bulk.incoming_table(cursor, "incoming", frame)
        cursor.execute("SELECT line, reason FROM incoming")
        assert cursor.fetchall() == [(4, "nothing says who it is")]


def test_the_incoming_table_has_the_columns_of_its_last_frame(store: URL) -> None:
    with database.transaction() as cursor:
        for name in ("one", "other"):
            bulk.incoming_table(cursor, "incoming", pd.DataFrame({name: [1, 2]}))
            cursor.execute(f"SELECT {name} FROM incoming ORDER BY 1".encode())
            assert cursor.fetchall() == [(1,), (2,)]
