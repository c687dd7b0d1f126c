"""The tables in which the stages record what they decided: one row per lead, merged set-wise."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.store.binary_copy import Field, constant, integers, numbers, reals, text_arrays, texts
from aicmo_dagster.store.bulk import Merge
from aicmo_dagster.store.database import rows

_STAMPS = {"campaign_version": "%(campaign_version)s", "run_id": "%(run)s"}


def _merge(
    table: str,
    columns: dict[str, str],
    compared: Sequence[str],
    fields: Callable[[pd.DataFrame, Mapping[str, Any]], Mapping[str, Field]] | None = None,
) -> Merge:
    """One row per lead; all its columns change together when one of `compared` does."""
    changing = {name: value for name, value in columns.items() if name != "lead_id"} if compared else {}
    if "since" in changing:
        changing["since"] = "CASE WHEN t.verdict = i.verdict THEN t.since ELSE %(now)s END"
    return Merge(table, ["lead_id"], columns, changing, compared, fields=fields)


def scores(dimensions: Sequence[str]) -> Merge:
    """Merge of `stages.scoring.score`'s frame.

    Its parameters are model, model_version, conversion_model (a number or None), campaign_version, run, now.
    """
    array = ", ".join(f"i.{name}" for name in dimensions)
    plain = ("lead_id", "icp_fit", "opportunity", "score", "confidence", "tier")
    columns = {
        **{name: f"i.{name}" for name in plain},
        "dimensions": f"ARRAY[{array}]::real[]",
        "model": "%(model)s",
        "model_version": "%(model_version)s",
        **_STAMPS,
        "scored_at": "%(now)s",
        "lead_revision": "i.lead_revision",
        "conversion_model": "%(conversion_model)s::int",
    }

    def fields(frame: pd.DataFrame, parameters: Mapping[str, Any]) -> dict[str, Field]:
        values = [frame[name].to_numpy() for name in dimensions]
        return {
            **{name: numbers(frame[name]) for name in plain[:-1]},
            "tier": texts(frame["tier"]),
            "dimensions": reals(values),
            **{name: constant(parameters[name]) for name in ("model", "model_version", "conversion_model")},
            **_stamps(parameters),
            "scored_at": constant(parameters["now"]),
            "lead_revision": integers(frame["lead_revision"]),
        }

    compared = [*plain[1:], "dimensions", "model", "model_version", "lead_revision"]
    return _merge("lead_scores", columns, compared, fields)


def _stamps(parameters: Mapping[str, Any]) -> dict[str, Field]:
    return {
        "campaign_version": constant(parameters["campaign_version"]),
        "run_id": constant(parameters["run"]),
    }


def _verdict_fields(frame: pd.DataFrame, parameters: Mapping[str, Any]) -> dict[str, Field]:
    now = constant(parameters["now"])
    return {
        "lead_id": numbers(frame["lead_id"]),
        "verdict": texts(frame["verdict"]),
        "reason": texts(frame["reason"]),
        "failed": text_arrays(frame["failed"]),
        "intent": numbers(frame["intent"]),
        "rules_version": constant(parameters["rules_version"]),
        **_stamps(parameters),
        "judged_at": now,
        "lead_revision": integers(frame["lead_revision"]),
        "since": now,
    }


VERDICTS = _merge(
    "lead_verdicts",
    {
        "lead_id": "i.lead_id",
        "verdict": "i.verdict",
        "reason": "i.reason",
        "failed": "i.failed::text[]",
        "intent": "i.intent",
        "rules_version": "%(rules_version)s",
        **_STAMPS,
        "judged_at": "%(now)s",
        "lead_revision": "i.lead_revision",
        "since": "%(now)s",
    },
    ["verdict", "reason", "failed", "intent", "rules_version", "lead_revision"],
    _verdict_fields,
)
"""Merge of `stages.qualification.qualify`'s frame; parameters rules_version, campaign_version, run, now."""

ROUTES = _merge(
    "lead_routes",
    {
        "lead_id": "i.lead_id",
        "tier": "i.tier",
        "routing_score": "i.routing_score",
        "intent_lifted": "i.intent_lifted",
        "sequence": "i.sequence",
        "sequence_version": "i.sequence_version",
        "owner": "i.owner",
        "owner_reason": "i.owner_reason",
        "rules_version": "%(rules_version)s",
        **_STAMPS,
        "enrolled_at": "%(now)s",
    },
    [],
)
"""Merge of `stages.routing.route`'s frame. A routed lead keeps its route, so known rows are left alone."""


def active_by_owner(cursor: Cursor[TupleRow], campaign_id: int) -> dict[str, int]:
    """Owner -> leads that are in a running sequence of the campaign."""
    found = rows(
        cursor,
        "SELECT r.owner, count(*) AS leads FROM lead_routes r JOIN leads l ON l.id = r.lead_id "
        "WHERE l.campaign_id = %s AND r.left_at IS NULL GROUP BY r.owner",
        [campaign_id],
    )
    return {row["owner"]: row["leads"] for row in found}


def suppressed_domains(cursor: Cursor[TupleRow]) -> frozenset[str]:
    """Domains that get no mail, subdomains included."""
    cursor.execute("SELECT value FROM suppressions WHERE kind = 'domain'")
    return frozenset(str(value) for (value,) in cursor.fetchall())
