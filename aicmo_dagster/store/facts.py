"""What is known of leads, now or as it was known at a time: the rows that scores and verdicts are made from.

History is rolled back, never guessed: `lead_changes` says what every fact was before, and what stands in other
tables counts from the moment when it was written down.
"""

from collections.abc import Collection

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.lead import FIELDS_THAT_MATTER, LEAD_COLUMNS, SCORING_COLUMNS

_OF_LEAD = {
    "updated_on": "(l.updated_at AT TIME ZONE 'UTC')::date",
    "identity_kind": "CASE WHEN l.identity LIKE 'linkedin:%%' THEN 'linkedin' "
    "WHEN l.identity LIKE 'person:%%' THEN 'person' ELSE 'mailbox' END",
    "known_fields": " + ".join(
        f"(num_nonnulls({', '.join(f'l.{name}' for name in names)}) > 0)::int * {1 << bit}"
        for bit, names in enumerate(FIELDS_THAT_MATTER)
    ),
}
"""Column that follows from the lead's own -> its expression."""

# Of a table that has grown since the last statistics the planner believes that it is empty, and compares each lead
# with each of its rows; so every relation beside the leads has a part that it takes for hundreds of rows.
_NOT_FEW = "UNION ALL SELECT {} FROM generate_series(1, 1000) few WHERE few < 0"

_BESIDE = {
    "match_probability": (
        "m.probability",
        """LEFT JOIN LATERAL (
            SELECT max(x.probability) AS probability FROM lead_matches x
            WHERE (x.lead_id = l.id OR x.other_id = l.id) AND x.created_at <= p.as_of
                AND (x.state = 'review' OR x.decided_at > p.as_of) OFFSET 0
        ) m ON (SELECT EXISTS (SELECT FROM lead_matches WHERE campaign_id = %(campaign)s))""",
    ),
    "account_customer": (
        "coalesce(w.times @> p.as_of, false)",
        f"""LEFT JOIN (
            SELECT d.account_domain, range_agg(tstzrange(greatest(e.since, d.since), d.until)) AS times
            FROM (
                SELECT lead_id, min(created_at) AS since FROM engagement_events
                WHERE kind = 'converted' GROUP BY lead_id
            ) e CROSS JOIN LATERAL (
                SELECT c.account_domain, NULL::timestamptz AS until, (
                    SELECT max(h.changed_at) FROM lead_changes h WHERE h.lead_id = c.id AND h.before ? 'account_domain'
                ) AS since FROM leads c WHERE c.id = e.lead_id
                UNION ALL
                SELECT h.before ->> 'account_domain', h.changed_at, lag(h.changed_at) OVER (ORDER BY h.id)
                FROM lead_changes h WHERE h.lead_id = e.lead_id AND h.before ? 'account_domain'
            ) d
            WHERE d.account_domain IS NOT NULL AND greatest(e.since, d.since) < coalesce(d.until, 'infinity')
            GROUP BY d.account_domain {_NOT_FEW.format("NULL, NULL")}
        ) w ON w.account_domain = l.account_domain""",
    ),
    "contacted_at": (
        "CASE WHEN s.first_at <= p.as_of THEN s.first_at END",
        f"""LEFT JOIN (
            SELECT lead_id, min(started_at) AS first_at FROM sends
            WHERE campaign_id = %(campaign)s AND started_at IS NOT NULL GROUP BY lead_id
            {_NOT_FEW.format("NULL, NULL")}
        ) s ON s.lead_id = l.id""",
    ),
    "opted_out_elsewhere": (
        "coalesce(u.since <= p.as_of, false)",
        f"""LEFT JOIN (
            SELECT o.identity, min(e.created_at) AS since FROM engagement_events e
            JOIN leads o ON o.id = e.lead_id
            WHERE e.kind IN ('unsubscribed', 'complained') AND o.campaign_id <> %(campaign)s GROUP BY o.identity
            {_NOT_FEW.format("NULL, NULL")}
        ) u ON u.identity = l.identity""",
    ),
}
"""Column that stands in other tables -> its expression, and the join that it needs."""


def columns(needed: Collection[str], left_out: Collection[str] = ()) -> dict[str, str]:
    """Columns of `select` for these facts, in its order, with their pandas dtypes."""
    asked = {name: dtype for name, dtype in SCORING_COLUMNS.items() if name in needed and name in _SELECTED}
    all_ = {"lead_id": "int64", "revision": "int64", "as_of": SCORING_COLUMNS["as_of"], **asked}
    return {name: dtype for name, dtype in all_.items() if name not in left_out}


def select(
    needed: Collection[str], points: str | None = None, where: str = "true", left_out: Collection[str] = ()
) -> str:
    """The statement that reads the facts of `needed`: the columns of `columns`, ordered by lead and time.

    Without `points` it reads the leads of %(campaign)s as they are, at %(now)s. `points` is a relation (SQL) of
    `lead_id` and `as_of`; the statement has a row for each whose lead was there by then, and not merged into
    another, with the facts as they were known at that time. `where` is a condition on `l` (a lead) and `p`. Columns
    of `left_out` are not read.
    """
    chosen = list(columns(needed, left_out))[1:]
    expressions = ", ".join(_expression(name) for name in chosen)
    joins = "\n".join(_BESIDE[name][1] for name in chosen if name in _BESIDE)
    if points is None:
        source = "leads l CROSS JOIN (SELECT %(now)s::timestamptz AS as_of) p"
        where = f"l.campaign_id = %(campaign)s AND l.merged_into IS NULL AND {where}"
        order = "l.id"
    else:
        source = f"{_known(points)} l CROSS JOIN LATERAL (SELECT l.point_at AS as_of) p"
        order = "l.id, p.as_of"
    return f"SELECT l.id, {expressions} FROM {source}\n{joins}\nWHERE {where} ORDER BY {order}"


def _expression(name: str) -> str:
    if name == "as_of":
        return "p.as_of"
    return _BESIDE[name][0] if name in _BESIDE else _OF_LEAD.get(name, f"l.{name}")


def constants(cursor: Cursor[TupleRow], campaign_id: int) -> frozenset[str]:
    """The columns that stand in tables where nothing of the campaign is written yet: every lead has the same."""
    cursor.execute(
        "SELECT EXISTS (SELECT FROM lead_matches WHERE campaign_id = %(campaign)s), "
        "EXISTS (SELECT FROM sends WHERE campaign_id = %(campaign)s AND started_at IS NOT NULL), "
        "EXISTS (SELECT FROM engagement_events)",
        {"campaign": campaign_id},
    )
    matches, sends, events = cursor.fetchone() or (True, True, True)
    written = {
        "match_probability": matches,
        "contacted_at": sends,
        "account_customer": events,
        "opted_out_elsewhere": events,
    }
    return frozenset(name for name, any_ in written.items() if not any_)


def _known(points: str) -> str:
    """A relation with the columns of `leads` and `point_at`: each point's lead as it was known then."""
    names = ", ".join(["id", "campaign_id", "revision", "source", "updated_at", *LEAD_COLUMNS])
    was = ", ".join(_WAS.get(one, f"r.{one}") for one in names.split(", "))
    here = ", ".join(f"c.{one}" for one in names.split(", "))
    later = "FROM lead_changes h WHERE h.lead_id = c.id AND h.changed_at > q.as_of"
    there = "JOIN leads c ON c.id = q.lead_id AND c.campaign_id = %(campaign)s AND c.harvested_at <= q.as_of"
    return f"""(
        SELECT q.as_of AS point_at, {here} FROM {points} q {there}
        WHERE c.merged_into IS NULL AND NOT EXISTS (SELECT {later})
        UNION ALL
        SELECT q.as_of AS point_at, {was} FROM {points} q {there}
        CROSS JOIN LATERAL (
            SELECT jsonb_object_agg(k.name, k.value) AS facts FROM (
                SELECT DISTINCT ON (b.key) b.key AS name, b.value
                FROM lead_changes h CROSS JOIN LATERAL jsonb_each(h.before) b
                WHERE h.lead_id = c.id AND h.changed_at > q.as_of ORDER BY b.key, h.id
            ) k
        ) o
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE NOT h.after ? 'merged_into') AS changes {later}
        ) n
        CROSS JOIN LATERAL (
            SELECT max(h.changed_at) AS updated_at FROM lead_changes h
            WHERE h.lead_id = c.id AND h.changed_at <= q.as_of AND NOT h.after ? 'merged_into'
        ) e
        CROSS JOIN LATERAL jsonb_populate_record(c, o.facts || jsonb_build_object(
            'revision', c.revision - n.changes, 'updated_at', coalesce(e.updated_at, c.harvested_at)
        )) r
        WHERE EXISTS (SELECT {later}) AND r.merged_into IS NULL
    )"""


_WAS = {
    "identity": """CASE WHEN o.facts ? 'email' THEN coalesce(
        mailbox(r.email), 'linkedin:' || r.linkedin_url, concat_ws('|', 'person:' || r.first_name, r.last_name)
    ) ELSE c.identity END AS identity"""
}
"""Who a lead is is not in its history; it follows from its address, else from its facts."""

_SELECTED = {*LEAD_COLUMNS, "source", *_OF_LEAD, *_BESIDE}

EVENTS = """
SELECT lead_id, kind, happened_at, created_at, human FROM engagement_events WHERE lead_id = ANY(%(leads)s)
UNION ALL
SELECT l.merged_into, e.kind, e.happened_at, greatest(e.created_at, m.merged_at), e.human
FROM leads l JOIN engagement_events e ON e.lead_id = l.id CROSS JOIN LATERAL (
    SELECT max(h.changed_at) AS merged_at FROM lead_changes h WHERE h.lead_id = l.id AND h.after ? 'merged_into'
) m
WHERE l.merged_into = ANY(%(leads)s)
"""
"""What leads did; those of a lead that was merged are the survivor's too, from the merge on."""

EVENT_COLUMNS = {
    "lead_id": "int64",
    "kind": "str",
    "happened_at": "datetime64[us, UTC]",
    "created_at": "datetime64[us, UTC]",
    "human": "float64",
}


def tracked(cursor: Cursor[TupleRow], campaign_id: int) -> frozenset[str]:
    """Which of `opened` and `clicked` was ever seen of a lead of the campaign."""
    cursor.execute(
        "SELECT k.kind FROM unnest(ARRAY['opened', 'clicked']) AS k(kind) WHERE EXISTS ("
        "SELECT FROM engagement_events e JOIN leads l ON l.id = e.lead_id "
        "WHERE e.kind = k.kind AND l.campaign_id = %s)",
        [campaign_id],
    )
    return frozenset(str(kind) for (kind,) in cursor.fetchall())
