"""The numbers that people look at: what each stage made of a campaign's leads."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.store.database import rows


def funnel(cursor: Cursor[TupleRow], campaign_id: int) -> dict[str, int]:
    """Leads that reached each stage, widest first, and the mails that left.

    `enriched`, where the campaign asks vendors, are those that no vendor has to be asked about any more.
    """
    (row,) = rows(
        cursor,
        """
        SELECT count(*) AS harvested, count(n.lead_id) AS asked_about,
            count(*) FILTER (WHERE n.outcome IN ('pending', 'waiting')) AS waiting, count(k.lead_id) AS scored,
            count(*) FILTER (WHERE v.verdict = 'qualified') AS qualified, count(r.lead_id) AS routed,
            (SELECT count(DISTINCT s.lead_id) FROM sends s
                WHERE s.campaign_id = %(campaign)s AND s.state IN ('sending', 'sent', 'uncertain')) AS contacted
        FROM leads l LEFT JOIN lead_enrichments n ON n.lead_id = l.id
        LEFT JOIN lead_scores k ON k.lead_id = l.id
        LEFT JOIN lead_verdicts v ON v.lead_id = l.id LEFT JOIN lead_routes r ON r.lead_id = l.id
        WHERE l.campaign_id = %(campaign)s AND l.merged_into IS NULL
        """,
        {"campaign": campaign_id},
    )
    asked_about, waiting = row.pop("asked_about"), row.pop("waiting")
    harvested = {"harvested": row.pop("harvested")}
    if asked_about:
        harvested["enriched"] = harvested["harvested"] - waiting
    return {**harvested, **row}


def _counted(cursor: Cursor[TupleRow], expression: str, source: str, campaign_id: int) -> dict[str, int]:
    """Rows of the campaign by the value of an expression, most frequent first."""
    statement = (
        f"SELECT {expression} AS value, count(*) AS n FROM {source} "
        "WHERE l.campaign_id = %(campaign)s GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    return {str(row["value"]): int(row["n"]) for row in rows(cursor, statement, {"campaign": campaign_id})}


def merged(cursor: Cursor[TupleRow], campaign_id: int) -> int:
    """Leads that are the same person as another one of the campaign, and were merged into it."""
    (row,) = rows(
        cursor,
        "SELECT count(*) AS n FROM leads WHERE campaign_id = %s AND merged_into IS NOT NULL",
        [campaign_id],
    )
    return int(row["n"])


def enrichments(cursor: Cursor[TupleRow], campaign_id: int) -> dict[str, int]:
    """Outcome of the waterfall -> leads."""
    return _counted(cursor, "n.outcome", "leads l JOIN lead_enrichments n ON n.lead_id = l.id", campaign_id)


def verifications(cursor: Cursor[TupleRow], campaign_id: int) -> dict[str, int]:
    """What vendors say of the leads' addresses -> leads; `never asked` for those of which none was asked."""
    source = "(SELECT * FROM leads WHERE email_status = 'valid' AND merged_into IS NULL) l"
    return _counted(cursor, "coalesce(l.verification, 'never asked')", source, campaign_id)


@dataclass(frozen=True)
class Scored:
    """The scores of a campaign: leads by tier, by equally wide interval from 0 to 1, and those that lack a score."""

    tiers: dict[str, int]
    histogram: list[int]
    out_of_range: int


def scored(cursor: Cursor[TupleRow], campaign_id: int, bins: int = 20) -> Scored:
    """How the campaign's leads are scored, from one look at them.

    Out of range is a lead without a score, or with one that is not between 0 and 1 (NaN included).
    """
    found = rows(
        cursor,
        f"SELECT k.tier, least(floor(k.score * {bins})::int, {bins - 1}) AS place, count(*) AS n, "
        "count(*) FILTER (WHERE k.lead_id IS NULL OR k.score NOT BETWEEN 0 AND 1 OR k.icp_fit NOT BETWEEN 0 AND 1 "
        "OR k.opportunity NOT BETWEEN 0 AND 1 OR k.confidence NOT BETWEEN 0 AND 1) AS wrong "
        "FROM leads l LEFT JOIN lead_scores k ON k.lead_id = l.id "
        "WHERE l.campaign_id = %s AND l.merged_into IS NULL GROUP BY 1, 2",
        [campaign_id],
    )
    tiers: Counter[str] = Counter()
    histogram = [0] * bins
    for row in found:
        if row["tier"] is not None:
            tiers[row["tier"]] += row["n"]
            histogram[row["place"]] += row["n"]
    return Scored(dict(tiers.most_common()), histogram, sum(row["wrong"] for row in found))


def verdicts(cursor: Cursor[TupleRow], campaign_id: int) -> dict[str, int]:
    """`verdict: reason` -> leads."""
    expression = "CASE WHEN v.verdict = v.reason THEN v.verdict ELSE v.verdict || ': ' || v.reason END"
    return _counted(cursor, expression, "leads l JOIN lead_verdicts v ON v.lead_id = l.id", campaign_id)


def sequences(cursor: Cursor[TupleRow], campaign_id: int) -> dict[str, int]:
    """Sequence -> leads."""
    return _counted(cursor, "r.sequence", "leads l JOIN lead_routes r ON r.lead_id = l.id", campaign_id)


def owners(cursor: Cursor[TupleRow], campaign_id: int) -> dict[str, int]:
    """Owner -> leads."""
    return _counted(cursor, "r.owner", "leads l JOIN lead_routes r ON r.lead_id = l.id", campaign_id)


def engagement(cursor: Cursor[TupleRow], campaign_id: int) -> list[dict[str, Any]]:
    """Kind of event -> its number and the leads that had one, most frequent first."""
    return rows(
        cursor,
        "SELECT e.kind, count(*) AS events, count(DISTINCT e.lead_id) AS leads FROM engagement_events e "
        "JOIN leads l ON l.id = e.lead_id WHERE l.campaign_id = %s GROUP BY 1 ORDER BY 2 DESC, 1",
        [campaign_id],
    )


def send_states(cursor: Cursor[TupleRow], campaign_id: int) -> dict[str, int]:
    """`state: reason` of the campaign's sends -> number."""
    return _counted(cursor, "concat_ws(': ', l.state, l.reason)", "sends l", campaign_id)


def shared_addresses(cursor: Cursor[TupleRow], campaign_id: int) -> int:
    """Addresses that more than one lead of the campaign has, whatever their case."""
    (row,) = rows(
        cursor,
        "SELECT count(*) AS n FROM (SELECT lower(email) FROM leads WHERE campaign_id = %s "
        "AND email IS NOT NULL AND merged_into IS NULL GROUP BY 1 HAVING count(*) > 1) twice",
        [campaign_id],
    )
    return int(row["n"])


def rejected_by_field(cursor: Cursor[TupleRow], campaign_id: int) -> list[dict[str, Any]]:
    """Rows that could not be imported: field, rows, and the line and reason of the first of each field."""
    return rows(
        cursor,
        "SELECT coalesce(field, 'row') AS field, count(*) AS rows, (array_agg(line ORDER BY id))[1] AS line, "
        "(array_agg(reason ORDER BY id))[1] AS reason FROM rejected_rows WHERE campaign_id = %s AND mended_at IS NULL "
        "GROUP BY 1 ORDER BY 2 DESC, 1",
        [campaign_id],
    )


def last_harvest(cursor: Cursor[TupleRow], campaign_id: int) -> list[dict[str, Any]]:
    """How each source of the campaign answered last, the first time it answered so."""
    return rows(
        cursor,
        "SELECT DISTINCT ON (source, source_label) source, source_label, outcome, error, duplicates "
        "FROM source_attempts WHERE campaign_id = %s ORDER BY source, source_label, id DESC",
        [campaign_id],
    )


def mails(cursor: Cursor[TupleRow], campaign_id: int, now: datetime) -> list[dict[str, Any]]:
    """Mails by state, mode, reason, mailbox and zone: number, whether they are due, the first time of those waiting."""
    return rows(
        cursor,
        "SELECT state, mode, reason, sender, time_zone, state IN ('planned', 'held') AND "
        "coalesce(next_try_at, due_at) <= %(now)s AS due, count(*) AS mails, "
        "min(coalesce(next_try_at, due_at)) AS first_at FROM sends WHERE campaign_id = %(campaign)s "
        "GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY count(*) DESC, first_at",
        {"campaign": campaign_id, "now": now},
    )
