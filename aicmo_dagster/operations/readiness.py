"""Whether the system can do its work: the database, Dagster's daemon, its code, each mailbox and each vendor."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import dagster as dg
from dagster._core.definitions.run_request import InstigatorType

from aicmo_dagster.errors import AicmoError
from aicmo_dagster.operations import senders
from aicmo_dagster.store import campaigns, database
from aicmo_dagster.store.database import rows

Status = Literal["ok", "degraded", "down"]

_QUIET_S = 90.0
"""The daemon beats every 30 s and the sensor of run requests ticks every 5 s."""


@dataclass(frozen=True)
class Component:
    """A part of the system. `needed`: without it nothing works. `detail` may name mailboxes; `summary` never does."""

    name: str
    status: Status
    summary: str
    detail: str
    needed: bool = False
    each: tuple["Component", ...] = ()
    """What it consists of: mailboxes, vendors."""


def components(dagster: dg.DagsterInstance | None) -> list[Component]:
    """Every part, the needed ones first; the others only where the database answers."""
    try:
        began = time.perf_counter()
        with database.transaction() as cursor:
            rows(cursor, "SELECT FROM campaigns LIMIT 1")
        took_ms = 1000 * (time.perf_counter() - began)
    except Exception:
        return [Component("database", "down", "does not answer", "does not answer", True)]
    found = [Component("database", "ok", f"answers in {took_ms:.0f} ms", "", True)]
    found += _dagster(dagster)
    return [*found, _senders(), _vendors()]


def _dagster(dagster: dg.DagsterInstance | None) -> list[Component]:
    if dagster is None:
        said = "there is no dagster.yaml where this program was started"
        return [Component("dagster_daemon", "down", said, "", True)]
    newest = max((beat.timestamp for beat in dagster.get_daemon_heartbeats().values()), default=None)
    daemon = _alive("dagster_daemon", newest, "the daemon", "start it: aicmo up")
    ticks = [
        getattr(state.instigator_data, "last_tick_timestamp", None)
        for state in dagster.all_instigator_state(instigator_type=InstigatorType.SENSOR)
        if state.instigator_name == "run_requests"
    ]
    ticked = max((tick for tick in ticks if tick), default=None)
    return [
        daemon,
        _alive("code_location", ticked, "its sensor", "the daemon's log says why it does not load"),
    ]


def _alive(name: str, at: float | None, what: str, remedy: str) -> Component:
    if at is None:
        return Component(name, "down", f"{what} has never run; {remedy}", "", True)
    age_s = time.time() - at
    if age_s > _QUIET_S:
        return Component(name, "down", f"{what} was last seen {age_s:,.0f} s ago; {remedy}", "", True)
    return Component(name, "ok", f"{what} was seen {age_s:.0f} s ago", "", True)


def _senders() -> Component:
    now = datetime.now(UTC)
    wrong: dict[str, str] = {}
    mailboxes: dict[str, Component] = {}
    with database.transaction() as cursor:
        for campaign in campaigns.listing(cursor, "active"):
            try:
                states = senders.states(cursor, campaign, now)
            except AicmoError as error:
                wrong[campaign.key] = str(error)
                continue
            for one in states:
                if one.held_until is not None:
                    wrong[one.address] = f"held until {one.held_until:%Y-%m-%d %H:%M} UTC: {one.held_reason}"
                elif one.refused:
                    wrong[one.address] = one.refused
                mailboxes[one.address] = _part(one.address, wrong.get(one.address))
    return Component(
        "senders",
        "degraded" if wrong else "ok",
        f"{len(mailboxes) - len(wrong.keys() & mailboxes.keys())} of {len(mailboxes)} mailboxes may send",
        "; ".join(f"{name}: {why}" for name, why in wrong.items()),
        each=tuple(mailboxes[address] for address in sorted(mailboxes)),
    )


def _part(name: str, why: str | None) -> Component:
    return Component(name, "degraded" if why else "ok", why or "may be used", "")


def _vendors() -> Component:
    """A vendor is ill whose last request of the last day failed, or who asked to be spared."""
    with database.transaction() as cursor:
        found = rows(
            cursor,
            "SELECT DISTINCT ON (vendor) vendor, state FROM vendor_requests "
            "WHERE created_at > now() - interval '1 day' AND state <> 'sending' ORDER BY vendor, id DESC",
        )
        spared = rows(cursor, "SELECT name FROM rate_limits WHERE blocked_until > now() ORDER BY name")
    ill = {
        row["vendor"]: "the last request failed" for row in found if row["state"] in ("refused", "uncertain")
    }
    ill |= {row["name"]: "asked not to be asked for now" for row in spared}
    return Component(
        "vendors",
        "degraded" if ill else "ok",
        "; ".join(f"{name}: {why}" for name, why in ill.items()) or f"{len(found)} asked in the last day",
        "",
        each=tuple(
            _part(name, ill.get(name)) for name in sorted({row["vendor"] for row in found} | ill.keys())
        ),
    )
