"""The table that leads of large campaigns are looked for by: written behind the stages, so that none waits for it.

A campaign has a mark as soon as all its leads are in `lead_search`; from then on the rows that transactions since
the mark have written are brought up to date, whatever wrote them. `keep` does that in a thread of the API's process;
`refresh` does it at once for the leads that a person has just changed. What is found by the table is read from the
leads themselves, so it may lack what is new, and never says what is no longer so.
"""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.errors import AicmoError
from aicmo_dagster.store import database
from aicmo_dagster.store.tables import SEARCHED

_LOG = logging.getLogger(__name__)

SMALL = 5_000
"""Campaigns of up to so many leads are looked through without the table."""
_FEW = 20_000
"""So many changed leads are looked up one by one; of more, the whole campaign is read anew."""
_CHUNK = 10_000
_AT_ONCE = 1_000
_PAUSE_S = 10.0
_LONGEST_WAIT_S = 120.0
_LOCK = 0x61_69_73

_PUNCTUATION = "".join(chr(code) for code in range(1, 128) if not chr(code).isalnum())


def words(*columns: str) -> str:
    """SQL: the words of the columns as a tsvector. Punctuation of ASCII parts words."""
    text = f"concat_ws(' ', {', '.join(columns)})"
    return f"to_tsvector('simple', translate({text}, {_quoted(_PUNCTUATION)}, {_quoted(' ' * len(_PUNCTUATION))}))"


def _quoted(text: str) -> str:
    escaped = "".join(
        f"\\{ord(one):03o}" if not 32 <= ord(one) < 127 or one in "'\\%" else one for one in text
    )
    return f"E'{escaped}'"


def parted(text: str) -> list[str]:
    """The words of a text that is looked for."""
    for one in _PUNCTUATION:
        text = text.replace(one, " ")
    return text.split()


def wanted_words(text: str, weight: str = "") -> list[str]:
    """A tsquery for each word of the text, which may be the beginning of one."""
    return [f"'{word}':*{weight}" for word in parted(text)]


_ROW = f"""
SELECT l.id AS lead_id, l.campaign_id, coalesce(k.score, -1) AS score, l.harvested_at, l.updated_at, s.status, k.tier,
    v.verdict, v.reason, r.owner, r.sequence, l.source, lower(l.country) AS country, l.email_domain AS domain,
    setweight({words("l.first_name", "l.last_name")}, 'A') || setweight({words("l.email")}, 'B')
    || setweight({words("l.company")}, 'C') || setweight({words("l.title")}, 'D') AS words
FROM leads l JOIN lead_status s ON s.lead_id = l.id LEFT JOIN lead_scores k ON k.lead_id = l.id
LEFT JOIN lead_verdicts v ON v.lead_id = l.id LEFT JOIN lead_routes r ON r.lead_id = l.id
"""
_COLUMNS = ("lead_id", "campaign_id", "score", "harvested_at", "updated_at", *SEARCHED, "words")
_SET = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])
_WAS = ", ".join(f"t.{name}" for name in _COLUMNS[1:])
_IS = ", ".join(f"excluded.{name}" for name in _COLUMNS[1:])

# The lock on the lead: whoever is erasing it deletes its row here, too, or it is gone and gets none.
_PUT = f"""
WITH there AS (SELECT id FROM leads WHERE id = ANY(%(ids)s) ORDER BY id FOR KEY SHARE)
INSERT INTO lead_search AS t ({", ".join(_COLUMNS)})
SELECT {", ".join(f"f.{name}" for name in _COLUMNS)} FROM there JOIN {{fresh}} f ON f.lead_id = there.id
ON CONFLICT (lead_id) DO UPDATE SET {_SET} WHERE ({_WAS}) IS DISTINCT FROM ({_IS})
"""
# The view is read for one lead at a time: for a few that is much less than for all.
_SINGLE = (
    f"(SELECT x.* FROM unnest(%(ids)s::bigint[]) i CROSS JOIN LATERAL ({_ROW} WHERE l.id = i OFFSET 0) x)"
)
_TAKE_OUT = """
DELETE FROM lead_search t WHERE t.lead_id = ANY(%(ids)s)
    AND NOT EXISTS (SELECT FROM leads l WHERE l.id = t.lead_id AND l.merged_into IS NULL)
"""


def marked(cursor: Cursor[TupleRow], campaign_id: int) -> bool:
    """Whether the campaign is looked through by the table."""
    cursor.execute("SELECT FROM lead_search_marks WHERE campaign_id = %s", [campaign_id])
    return cursor.fetchone() is not None


def refresh(cursor: Cursor[TupleRow], lead_ids: Sequence[int]) -> None:
    """Have these leads, and those that they were merged into, found as they are now, in the caller's transaction.

    For the few that a person has changed; many are left to `catch_up`.
    """
    if not 0 < len(lead_ids) <= _AT_ONCE:
        return
    cursor.execute(
        "SELECT i FROM leads l JOIN lead_search_marks m ON m.campaign_id = l.campaign_id, "
        "unnest(ARRAY[l.id, l.merged_into]) i WHERE l.id = ANY(%s) AND i IS NOT NULL GROUP BY i",
        [list(lead_ids)],
    )
    if ids := [lead_id for (lead_id,) in cursor.fetchall()]:
        _put(cursor, ids, _SINGLE)


def _put(cursor: Cursor[TupleRow], ids: list[int], fresh: str) -> None:
    cursor.execute(_PUT.replace("{fresh}", fresh).encode(), {"ids": ids})
    cursor.execute(_TAKE_OUT.encode(), {"ids": ids})


@contextmanager
def kept() -> Iterator[None]:
    """Keep the table up to date, in a thread of this process, as long as this lasts."""
    over = threading.Event()
    thread = threading.Thread(target=_keep, args=[over], name="search", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()


def _keep(over: threading.Event) -> None:
    seen: list[int] = []
    done: list[int] = []
    waited = _LONGEST_WAIT_S
    while True:
        try:
            with database.connect(autocommit=True) as connection, connection.cursor() as cursor:
                now = _changes(cursor)
            # While stages are at work, what is written would be written again behind the next one.
            if now != done and (now == seen or waited >= _LONGEST_WAIT_S):
                if catch_up():
                    done, waited = now, 0.0
            elif now != done:
                waited += _PAUSE_S
            seen = now
        except (AicmoError, OSError) as error:
            _LOG.warning("The search of leads is not brought up to date: %s", error)
        except Exception as error:
            # An error of the database may quote a row.
            _LOG.warning("The search of leads is not brought up to date: %s", type(error).__name__)
        if over.wait(_PAUSE_S):
            return


def catch_up(*, counted: bool = True) -> bool:
    """Bring the table up to date with all that is committed, if the server has counted any change since the last time.

    It counts some seconds late: not `counted`, the tables are read anyway. One at a time: where another process is at
    it, it does nothing and returns False. Leads are locked for a moment, and no stage waits.
    """
    with database.connect(autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if cursor.fetchone() != (True,):
            return False
        changes = _changes(cursor)
        marks = database.rows(cursor, "SELECT campaign_id, xid, changes FROM lead_search_marks")
        known = [row["campaign_id"] for row in marks]
        behind = [row for row in marks if not counted or row["changes"] != changes]
        rebuilt = [row["campaign_id"] for row in behind if row["changes"][1] != changes[1]]
        cursor.execute(_LARGE, [known, SMALL])
        rebuilt += [campaign_id for (campaign_id,) in cursor.fetchall()]
        if since := {row["campaign_id"]: row["xid"] for row in behind if row["campaign_id"] not in rebuilt}:
            xid = _xid(cursor)
            for campaign_id, ids in _changed(cursor, since).items():
                if len(ids) > _FEW:
                    rebuilt.append(campaign_id)
                    continue
                for start in range(0, len(ids), _CHUNK):
                    with connection.transaction():
                        _put(cursor, ids[start : start + _CHUNK], _SINGLE)
                _mark(cursor, campaign_id, xid, changes)
        for campaign_id in rebuilt:
            _rebuild(cursor, campaign_id, changes)
    return True


_LARGE = """
SELECT id FROM campaigns c WHERE id <> ALL(%s)
    AND EXISTS (SELECT FROM leads l WHERE l.campaign_id = c.id OFFSET %s LIMIT 1)
"""
_TABLES = {
    "leads": "id",
    "lead_enrichments": "lead_id",
    "lead_scores": "lead_id",
    "lead_verdicts": "lead_id",
    "lead_routes": "lead_id",
    "sends": "lead_id",
    "engagement_events": "lead_id",
}


def _changes(cursor: Cursor[TupleRow]) -> list[int]:
    """What the server counts of rows written and of rows deleted in the tables that a search is about."""
    cursor.execute(
        "SELECT sum(n_tup_ins + n_tup_upd)::bigint, sum(n_tup_del) FILTER (WHERE relname <> 'leads')::bigint FROM "
        "pg_stat_user_tables WHERE schemaname = %s AND relname = ANY(%s)",
        [database.SCHEMA, [*_TABLES, "suppressions"]],
    )
    return [int(one or 0) for one in cursor.fetchone() or ()]


def _xid(cursor: Cursor[TupleRow]) -> int:
    """All transactions before this one are over, and whoever looks now sees what they wrote."""
    cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    (xid,) = cursor.fetchone() or (0,)
    return int(xid)


_CHANGED = " UNION ".join(
    f"SELECT {key} FROM {name} WHERE age(xmin) <= age(%(since)s::xid)" for name, key in _TABLES.items()
)
_CHANGED_LEADS = f"""
WITH touched AS (
    {_CHANGED}
    UNION SELECT l.id FROM suppressions x JOIN leads l ON l.identity = x.value
    WHERE x.kind = 'address' AND age(x.xmin) <= age(%(since)s::xid)
)
SELECT l.campaign_id, array_agg(DISTINCT x.id ORDER BY x.id) FROM touched t JOIN leads l ON l.id = t.id
CROSS JOIN LATERAL (VALUES (l.id), (l.merged_into)) x (id)
WHERE l.campaign_id = ANY(%(campaigns)s) AND x.id IS NOT NULL GROUP BY l.campaign_id
"""


def _changed(cursor: Cursor[TupleRow], since: Mapping[int, int]) -> dict[int, list[int]]:
    """Of each campaign in `since` the leads that something has been written about since its transaction.

    The tables are read once for all, so from the oldest of the transactions on.
    """
    # Rows have the lower half of the number.
    oldest = str(min(since.values()) % 2**32)
    cursor.execute(_CHANGED_LEADS, {"since": oldest, "campaigns": list(since)})
    return {**{campaign_id: [] for campaign_id in since}, **dict(cursor.fetchall())}


def _rebuild(cursor: Cursor[TupleRow], campaign_id: int, changes: list[int]) -> None:
    """All leads of a campaign: read at once, and written some thousand at a time."""
    xid = _xid(cursor)
    cursor.execute(
        f"CREATE TEMP TABLE fresh AS {_ROW} WHERE l.campaign_id = %s ORDER BY l.id".encode(), [campaign_id]
    )
    cursor.execute("CREATE UNIQUE INDEX ON fresh (lead_id)")
    cursor.execute("ANALYZE fresh")
    cursor.execute(
        "SELECT array_agg(lead_id) FROM (SELECT lead_id, (row_number() OVER (ORDER BY lead_id) - 1) / %s AS chunk "
        "FROM fresh) x GROUP BY chunk ORDER BY chunk",
        [_CHUNK],
    )
    for (ids,) in cursor.fetchall():
        cursor.execute(_PUT.replace("{fresh}", "fresh").encode(), {"ids": ids})
    cursor.execute(
        "DELETE FROM lead_search t WHERE campaign_id = %s "
        "AND NOT EXISTS (SELECT FROM leads l WHERE l.id = t.lead_id AND l.merged_into IS NULL)",
        [campaign_id],
    )
    cursor.execute("DROP TABLE fresh")
    cursor.execute("VACUUM ANALYZE lead_search")
    _mark(cursor, campaign_id, xid, changes)


def _mark(cursor: Cursor[TupleRow], campaign_id: int, xid: int, changes: list[int]) -> None:
    cursor.execute(
        "INSERT INTO lead_search_marks AS m (campaign_id, xid, changes) VALUES (%s, %s, %s) "
        "ON CONFLICT (campaign_id) DO UPDATE SET xid = excluded.xid, changes = excluded.changes",
        [campaign_id, xid, changes],
    )
