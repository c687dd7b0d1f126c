"""What matching keeps between runs: how far it came, under which keys a lead is found, names of companies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.lead import LEAD_COLUMNS
from aicmo_dagster.store.bulk import Merge, copy_in, frames, incoming_table, probing
from aicmo_dagster.store.database import rows
from aicmo_dagster.store.replay import OWN_SOURCES

_KEYS_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Marks:
    """How far a campaign has been compared.

    Leads up to `lead_id` and changes up to `change_id` have; `leads` is how many leads that were.
    `since_accounts` is how many came or changed since the companies were compared.
    """

    lead_id: int = 0
    change_id: int = 0
    leads: int = 0
    since_accounts: int = 0


def marks(cursor: Cursor[TupleRow], campaign_id: int) -> Marks:
    """How far the campaign has been compared."""
    found = rows(
        cursor,
        "SELECT lead_id, change_id, leads, since_accounts FROM match_marks WHERE campaign_id = %s",
        [campaign_id],
    )
    return Marks(**found[0]) if found else Marks()


def newest(cursor: Cursor[TupleRow], campaign_id: int) -> tuple[int, int]:
    """The highest numbers of the campaign's leads and of their changes.

    Under the campaign's lock nobody can commit a lower one later.
    """
    cursor.execute(
        "SELECT coalesce((SELECT max(id) FROM leads WHERE campaign_id = %(campaign)s), 0), "
        "coalesce((SELECT max(id) FROM lead_changes WHERE campaign_id = %(campaign)s), 0)",
        {"campaign": campaign_id},
    )
    lead, change = cursor.fetchone() or (0, 0)
    return int(lead), int(change)


def keep_marks(cursor: Cursor[TupleRow], campaign_id: int, reached: Marks) -> None:
    """Remember how far the campaign has been compared."""
    cursor.execute(
        "INSERT INTO match_marks (campaign_id, lead_id, change_id, leads, since_accounts) "
        "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (campaign_id) DO UPDATE SET lead_id = excluded.lead_id, "
        "change_id = excluded.change_id, leads = excluded.leads, since_accounts = excluded.since_accounts",
        [campaign_id, reached.lead_id, reached.change_id, reached.leads, reached.since_accounts],
    )


def columns_of(columns: Sequence[str]) -> tuple[str, dict[str, str]]:
    """What to select of `leads l` for a stage function that reads `columns`, and their dtypes."""
    dtypes = {"lead_id": "int64", **{one: LEAD_COLUMNS[one] for one in columns if one != "lead_id"}}
    return ", ".join("l.id" if one == "lead_id" else f"l.{one}" for one in dtypes), dtypes


NEW_LEADS = "FROM leads l WHERE l.campaign_id = %(campaign)s AND l.id > %(lead_id)s ORDER BY l.id"
"""Leads that came since the mark `lead_id`."""

CHANGED_LEADS = f"""
FROM (
    SELECT DISTINCT lead_id FROM lead_changes WHERE campaign_id = %(campaign)s AND id > %(change_id)s
        AND lead_id <= %(lead_id)s AND source NOT IN {OWN_SOURCES}
) h JOIN leads l ON l.id = h.lead_id ORDER BY l.id
"""
"""Older leads that somebody changed since the mark `change_id`."""


def keep(cursor: Cursor[TupleRow], campaign_id: int, keys: pd.DataFrame, changed: np.ndarray) -> None:
    """Add `keys` (`lead_id`, `key`); those that leads in `changed` had before are replaced."""
    if len(changed):
        cursor.execute(
            "DELETE FROM lead_keys WHERE lead_id = ANY(%s::bigint[])",
            [changed.tolist()],
        )
    if not keys.empty:
        # In the order of the index, so that neighbours find its pages in memory.
        copy_in(cursor, "lead_keys", keys.sort_values("key").assign(campaign_id=campaign_id))


def has_any(cursor: Cursor[TupleRow], campaign_id: int) -> bool:
    """Whether any lead of the campaign has keys yet."""
    cursor.execute("SELECT EXISTS (SELECT FROM lead_keys WHERE campaign_id = %s)", [campaign_id])
    return bool((cursor.fetchone() or (False,))[0])


def bearers(cursor: Cursor[TupleRow], campaign_id: int, keys: np.ndarray, most: int) -> pd.DataFrame:
    """Who bears the given keys: `lead_id`, `key`, at most `most` leads of each key, from the index alone."""
    found = [pd.DataFrame({"lead_id": np.empty(0, "int64"), "key": np.empty(0, "int64")})]
    distinct = np.unique(keys)
    for start in range(0, len(distinct), _KEYS_AT_ONCE):
        incoming_table(
            cursor, "incoming_keys", pd.DataFrame({"key": distinct[start : start + _KEYS_AT_ONCE]})
        )
        with probing(cursor):
            found += frames(
                cursor.connection,
                "SELECT k.lead_id, k.key FROM incoming_keys i CROSS JOIN LATERAL (SELECT lead_id, key "
                "FROM lead_keys WHERE campaign_id = %(campaign)s AND key = i.key LIMIT %(most)s) k",
                {"campaign": campaign_id, "most": most},
                {"lead_id": "int64", "key": "int64"},
            )
    return pd.concat(found, ignore_index=True)


def facts(cursor: Cursor[TupleRow], lead_ids: np.ndarray, columns: Sequence[str]) -> pd.DataFrame:
    """The `columns` of the leads with these numbers."""
    incoming_table(cursor, "incoming_ids", pd.DataFrame({"id": np.unique(lead_ids)}))
    selected, dtypes = columns_of(columns)
    with probing(cursor):
        found = list(
            frames(
                cursor.connection,
                f"SELECT {selected} FROM incoming_ids i JOIN leads l ON l.id = i.id",
                {},
                dtypes,
            )
        )
    return pd.concat(found, ignore_index=True)


COMPANIES = """
SELECT company, account_domain, country_code, count(*) FROM leads
WHERE campaign_id = %(campaign)s AND merged_into IS NULL AND (company IS NOT NULL OR account_domain IS NOT NULL)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
COMPANY_DTYPES = {"company": "str", "account_domain": "str", "country_code": "str", "n": "int64"}

_ALIASES = Merge(
    table="account_aliases",
    key=["campaign_id", "alias"],
    columns={
        "campaign_id": "%(campaign)s",
        "alias": "i.alias",
        "account": "i.account",
        "probability": "i.probability",
        "weights": "i.weights::jsonb",
        "run_id": "%(run)s",
    },
    updates={name: f"i.{name}" for name in ("account", "probability")} | {"weights": "i.weights::jsonb"},
    compared=["account", "probability", "weights"],
    also=", run_id = %(run)s",
)


def keep_aliases(
    cursor: Cursor[TupleRow], campaign_id: int, aliases: pd.DataFrame, stamps: dict[str, object]
) -> int:
    """Make `aliases` (`alias`, `account`, `probability`, `weights`) the campaign's; returns what changed."""
    parameters = {**stamps, "campaign": campaign_id}
    written = _ALIASES.write(cursor, aliases, parameters)
    cursor.execute(
        "DELETE FROM account_aliases WHERE campaign_id = %s AND alias <> ALL(%s)",
        [campaign_id, aliases["alias"].tolist()],
    )
    return written.inserted + written.updated + cursor.rowcount
