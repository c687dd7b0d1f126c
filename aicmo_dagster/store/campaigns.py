"""The campaigns: apply a document, find one, change its state. The table is the truth, Dagster follows it."""

import difflib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args
from uuid import uuid4

from psycopg import Cursor
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from aicmo_dagster.campaign import sequences
from aicmo_dagster.campaign.config import CampaignConfig, State
from aicmo_dagster.campaign.steps import Sequence
from aicmo_dagster.errors import (
    AicmoError,
    CampaignNotFoundError,
    CampaignNotRunnableError,
    ConflictError,
    StaleVersionError,
)
from aicmo_dagster.store import webhooks
from aicmo_dagster.store.audit import record
from aicmo_dagster.store.database import rows

_LOCK_SPACE = 0x6169
"""First half of the advisory locks on campaigns; the second is the campaign's id."""

_DIGITS = 18
"""So many fit into a number of the database's."""

_ALLOWED: dict[State, tuple[State, ...]] = {
    "draft": ("active", "archived"),
    "active": ("paused", "completed", "archived"),
    "paused": ("active", "completed", "archived"),
    "completed": ("active", "archived"),
    "archived": ("active",),
}


@dataclass(frozen=True)
class Campaign:
    """A campaign as the table has it."""

    id: int
    key: str
    version: int
    state: State
    config: CampaignConfig
    base_folder: Path
    state_reason: str | None = None
    """Why it was paused by itself; None where a person did it."""


Outcome = Literal["created", "changed", "unchanged"]


def apply(
    cursor: Cursor[TupleRow],
    config: CampaignConfig,
    base_folder: Path | None,
    actor: str,
    on: int | None = None,
) -> tuple[Campaign, Outcome]:
    """Create the campaign or give it a new version; the same document again changes nothing.

    Relative paths in it start at `base_folder`; None leaves them where they started. `on` is the version that the
    document was made on, 0 for a new campaign: raises ConflictError or StaleVersionError unless it is the present one.
    """
    document = config.model_dump(mode="json")
    cursor.execute(
        "INSERT INTO campaigns (key, version, mode, config) VALUES (%s, 0, %s, %s) "
        "ON CONFLICT (key) DO NOTHING",
        [config.key, config.mode, Jsonb(document)],
    )
    created = cursor.rowcount == 1
    (before,) = rows(
        cursor,
        "SELECT c.id, c.version, c.config, v.base_folder FROM campaigns c LEFT JOIN campaign_versions v "
        "ON v.campaign_id = c.id AND v.version = c.version WHERE c.key = %s FOR UPDATE OF c",
        [config.key],
    )
    if on is not None and on != before["version"]:
        raise _not_on(config.key, on, before["version"])
    folder = before["base_folder"] if base_folder is None else str(base_folder.resolve())
    if not created and before["config"] == document and before["base_folder"] == folder:
        # The sequences that come with the program may have changed with it.
        _store_sequences(cursor, before["id"], config)
        return get(cursor, config.key), "unchanged"
    parameters = {
        "id": before["id"],
        "version": before["version"] + 1,
        "mode": config.mode,
        "config": Jsonb(document),
        "folder": folder,
        "actor": actor,
    }
    cursor.execute(
        "UPDATE campaigns SET version = %(version)s, mode = %(mode)s, config = %(config)s, "
        "updated_at = now() WHERE id = %(id)s",
        parameters,
    )
    cursor.execute(
        "INSERT INTO campaign_versions (campaign_id, version, config, base_folder, created_by) "
        "VALUES (%(id)s, %(version)s, %(config)s, %(folder)s, %(actor)s)",
        parameters,
    )
    _store_sequences(cursor, before["id"], config)
    old = None if created else before["config"]
    record(cursor, actor, "campaign.create" if created else "campaign.change", config.key, old, document)
    return get(cursor, config.key), "created" if created else "changed"


def _not_on(key: str, wanted: int, present: int) -> AicmoError:
    if wanted == 0:
        return ConflictError(f"there is a campaign '{key}' already; change it, or choose another key")
    return StaleVersionError(
        f"campaign '{key}' is at version {present}, not {wanted}; read it again and repeat the change on it"
    )


def _store_sequences(cursor: Cursor[TupleRow], campaign_id: int, config: CampaignConfig) -> None:
    """Keep a new version of each sequence whose content is not that of its newest version."""
    contents = {name: one.model_dump(mode="json") for name, one in sequences.of(config).items()}
    cursor.execute(
        "INSERT INTO sequences (campaign_id, name, version, content) "
        "SELECT %(id)s, n.name, coalesce(o.version, 0) + 1, n.content "
        "FROM jsonb_each(%(contents)s) AS n(name, content) LEFT JOIN LATERAL ("
        "  SELECT version, content FROM sequences s WHERE s.campaign_id = %(id)s AND s.name = n.name "
        "  ORDER BY version DESC LIMIT 1) o ON true WHERE o.content IS DISTINCT FROM n.content",
        {"id": campaign_id, "contents": Jsonb(contents)},
    )


def sequence_versions(cursor: Cursor[TupleRow], campaign_id: int) -> dict[tuple[str, int], Sequence]:
    """Every version of every sequence of the campaign, leads may still be in old ones."""
    found = rows(cursor, "SELECT name, version, content FROM sequences WHERE campaign_id = %s", [campaign_id])
    return {(row["name"], row["version"]): Sequence.model_validate(row["content"]) for row in found}


_SELECT = (
    "SELECT c.id, c.key, c.version, c.state, c.state_reason, c.config::text AS config, v.base_folder FROM campaigns c "
    "JOIN campaign_versions v ON v.campaign_id = c.id AND v.version = c.version "
)


def get(cursor: Cursor[TupleRow], key: str) -> Campaign:
    """The campaign with that key. Raises CampaignNotFoundError with the nearest key."""
    found = rows(cursor, _SELECT + "WHERE c.key = %s", [key])
    if not found:
        keys = [row["key"] for row in rows(cursor, "SELECT key FROM campaigns ORDER BY key")]
        close = difflib.get_close_matches(key, keys, 1, 0.5)
        if close:
            hint = f"did you mean '{close[0]}'?"
        elif keys:
            hint = f"there are: {', '.join(keys[:10])}"
        else:
            hint = "there is none yet; apply one with: aicmo campaigns apply FILE"
        raise CampaignNotFoundError(f"there is no campaign '{key}'; {hint}")
    return _campaign(found[0])


def find(cursor: Cursor[TupleRow], name: str) -> Campaign:
    """The campaign with that number, else with that key. Raises CampaignNotFoundError."""
    if name.isascii() and name.isdigit() and len(name) <= _DIGITS:
        found = rows(
            cursor,
            _SELECT + "WHERE c.key = %(key)s OR c.id = %(id)s ORDER BY c.id = %(id)s DESC LIMIT 1",
            {"key": name, "id": int(name)},
        )
        if found:
            return _campaign(found[0])
    return get(cursor, name)


def version(cursor: Cursor[TupleRow], campaign_id: int, number: int) -> CampaignConfig:
    """The document of a version, as decisions were made by it. Raises CampaignNotFoundError where it is not kept."""
    found = rows(
        cursor,
        "SELECT config FROM campaign_versions WHERE campaign_id = %s AND version = %s",
        [campaign_id, number],
    )
    if not found:
        raise CampaignNotFoundError(f"version {number} of the campaign is not kept")
    return CampaignConfig.model_validate_json(json.dumps(found[0]["config"]))


def runnable(cursor: Cursor[TupleRow], key: str) -> Campaign:
    """The campaign with that key, active. Raises CampaignNotRunnableError with the command that helps."""
    campaign = get(cursor, key)
    must_run(campaign)
    return campaign


def must_run(campaign: Campaign) -> None:
    """Raises CampaignNotRunnableError, with the command that helps, unless the campaign is active."""
    if campaign.state != "active":
        raise CampaignNotRunnableError(
            f"campaign '{campaign.key}' is {campaign.state}, so it does not run; "
            f"make it active with: aicmo campaigns resume {campaign.key}"
        )


def listing(cursor: Cursor[TupleRow], state: State | None = None) -> list[Campaign]:
    """All campaigns by key, or those in one state."""
    found = rows(
        cursor,
        _SELECT + "WHERE %(state)s::text IS NULL OR c.state = %(state)s ORDER BY c.key",
        {"state": state},
    )
    return [_campaign(row) for row in found]


def set_state(
    cursor: Cursor[TupleRow], key: str, state: State, actor: str, reason: str | None = None
) -> Campaign:
    """Change the state, with the reason where no person does it.

    Raises AicmoError where the present state does not lead there.
    """
    cursor.execute("SELECT 1 FROM campaigns WHERE key = %s FOR UPDATE", [key])
    campaign = get(cursor, key)
    if campaign.state == state:
        return campaign
    if state not in _ALLOWED[campaign.state]:
        possible = ", ".join(_ALLOWED[campaign.state])
        raise AicmoError(f"campaign '{key}' is {campaign.state}; from there it can become: {possible}")
    cursor.execute(
        "UPDATE campaigns SET state = %s, state_reason = %s, updated_at = now() WHERE key = %s",
        [state, reason, key],
    )
    before = _told(campaign.state, campaign.state_reason)
    record(cursor, actor, "campaign.state", key, before, _told(state, reason))
    changed = get(cursor, key)
    if state == "paused" and reason is not None:
        webhooks.tell(
            cursor,
            "campaign.held",
            changed.id,
            f"campaign.held/{uuid4()}",
            datetime.now(UTC),
            {"reason": reason},
        )
    return changed


def _told(state: State, reason: str | None) -> dict[str, str]:
    """A state for the audit log."""
    return {"state": state} if reason is None else {"state": state, "reason": reason}


def lock(cursor: Cursor[TupleRow], campaign_id: int) -> None:
    """Wait until no other transaction writes this campaign's stages; held to the end of the transaction."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, campaign_id])


@lru_cache(maxsize=256)
def _parsed(config: str) -> CampaignConfig:
    """The document; nobody changes it, so whoever has the same text shares it."""
    return CampaignConfig.model_validate_json(config)


def _campaign(row: dict[str, Any]) -> Campaign:
    state: State = row["state"]
    if state not in get_args(State):
        raise ValueError(f"unknown state {state!r}")
    return Campaign(
        id=row["id"],
        key=row["key"],
        version=row["version"],
        state=state,
        config=_parsed(row["config"]),
        base_folder=Path(row["base_folder"]),
        state_reason=row["state_reason"],
    )
