"""Leads as people look for them: by any stage's facts, a page at a time, or all of them in one stream.

The numbers of those that may fit come from `lead_search` in a large campaign, and in a small one from its leads,
scores, verdicts and routes; then these leads are read from their own tables, one by one, and what does not fit is left
out. So no page waits for what is so of all leads of all campaigns, as `lead_status` tells it.
"""

import string
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal
from unicodedata import category

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.store import database
from aicmo_dagster.store.search_table import marked, parted, wanted_words, words
from aicmo_dagster.store.tables import SEARCHED

Sort = Literal["-id", "id", "-score", "score"]

COLUMNS = (
    "id", "email", "first_name", "last_name", "title", "company", "city", "state", "country", "status", "score",
    "tier", "verdict", "reason", "owner", "sequence", "source", "source_label", "harvested_at", "updated_at",
)  # fmt: skip
"""What a list shows of a lead."""

_SELECT = """
SELECT l.id, l.email, l.first_name, l.last_name, l.title, l.company, l.city, l.state, l.country, s.status, k.score,
    k.tier, v.verdict, v.reason, r.owner, r.sequence, l.source, l.source_label, l.harvested_at, l.updated_at
FROM leads l JOIN lead_status s ON s.lead_id = l.id LEFT JOIN lead_scores k ON k.lead_id = l.id
LEFT JOIN lead_verdicts v ON v.lead_id = l.id LEFT JOIN lead_routes r ON r.lead_id = l.id
WHERE l.campaign_id = %(campaign)s AND l.merged_into IS NULL
"""
_FILTERS = {
    "q": f"{words('l.first_name', 'l.last_name', 'l.email', 'l.company', 'l.title')} @@ to_tsquery('simple', %(q)s)",
    "email": "l.identity IN (lower(%(email)s), mailbox(lower(%(email)s)))",
    "domain": "l.email_domain = lower(%(domain)s)",
    "company": f"{words('l.company')} @@ to_tsquery('simple', %(company)s)",
    "title": f"{words('l.title')} @@ to_tsquery('simple', %(title)s)",
    "country": "lower(l.country) = lower(%(country)s)",
    "source": "l.source = %(source)s",
    "status": "s.status = %(status)s",
    "tier": "k.tier = %(tier)s",
    "min_score": "k.score >= %(min_score)s",
    "max_score": "k.score <= %(max_score)s",
    "verdict": "v.verdict = %(verdict)s",
    "reason": "v.reason = %(reason)s",
    "owner": "r.owner = %(owner)s",
    "sequence": "r.sequence = %(sequence)s",
    "harvested_since": "l.harvested_at >= %(harvested_since)s",
    "updated_since": "l.updated_at >= %(updated_since)s",
}
FILTERS = tuple(_FILTERS)
"""By what leads can be looked for."""

_BY_TABLE = {
    **{name: f"{name} = %({name})s" for name in SEARCHED},
    "country": "country = lower(%(country)s)",
    "domain": "domain = lower(%(domain)s)",
    "min_score": "score >= %(min_score)s",
    # Without a score it is -1.
    "max_score": "score BETWEEN 0 AND %(max_score)s",
    "harvested_since": "harvested_at >= %(harvested_since)s",
    "updated_since": "updated_at >= %(updated_since)s",
}
_LEADING = ("domain", "country", "owner", "reason", "sequence", "status", "source", "tier", "verdict")
"""Filters that have an index in the order of leads and of scores; the most telling first."""
_WORDS = {"q": "", "company": "C", "title": "D"}
"""Filters of words, and the weight of such words in `lead_search`."""

_TEXTS = {
    "q": "concat_ws(' ', l.first_name, l.last_name, l.email, l.company, l.title)",
    "company": "l.company",
    "title": "l.title",
}
_ALPHANUMERIC = frozenset(string.ascii_letters + string.digits)
_SENT = "EXISTS (SELECT FROM sends c WHERE c.lead_id = l.id AND c.state IN ('sending', 'sent', 'uncertain'))"
_TOUCHED = (
    "(EXISTS (SELECT FROM engagement_events e WHERE e.lead_id = l.id) "
    "OR EXISTS (SELECT FROM leads p WHERE p.merged_into = l.id) "
    "OR EXISTS (SELECT FROM suppressions x WHERE x.kind = 'address' AND x.value = l.identity))"
)
_UNSENT = {
    "rejected": "v.verdict = 'rejected'",
    "routed": "r.lead_id IS NOT NULL",
    "qualified": "v.verdict = 'qualified' AND r.lead_id IS NULL",
    "manual_review": "v.verdict = 'manual_review' AND r.lead_id IS NULL",
    "scored": "k.lead_id IS NOT NULL AND v.lead_id IS NULL AND r.lead_id IS NULL",
    "enriched": "k.lead_id IS NULL AND v.lead_id IS NULL AND r.lead_id IS NULL",
    "new": "k.lead_id IS NULL AND v.lead_id IS NULL AND r.lead_id IS NULL",
}
_MAY_BE = {
    "contacted": _SENT,
    **{name: f"{condition} AND NOT {_SENT}" for name, condition in _UNSENT.items()},
}
"""What is so of every lead of that status, and of few others; of those not named `_TOUCHED` is."""

_ORDERS: dict[Sort, tuple[str, str]] = {
    "-id": ("{id} < %(after_id)s", "{id} DESC"),
    "id": ("{id} > %(after_id)s", "{id}"),
    "-score": ("({score}, {id}) < (%(after_score)s, %(after_id)s)", "{score} DESC, {id} DESC"),
    "score": ("({score}, {id}) > (%(after_score)s, %(after_id)s)", "{score}, {id}"),
}
_PORTION = 5_000
_LOOKED_THROUGH = 3_000
_MOST_LOOKED_THROUGH = 30_000
"""Rows of the table, in the order asked for, before the index of words is."""
_SAMPLED = 1_000
_TELLING = 0.3
"""A share of leads; a word of fewer is looked up in the index."""
_MOST_PASSED_OVER = 5_000
"""Rows of the table that do not fit any more, before a page ends with fewer leads than asked for."""

Place = tuple[float, int]
"""Where a page ends: score, -1 where there is none, and number of its last lead."""


def page(
    cursor: Cursor[TupleRow],
    campaign_id: int,
    wanted: Mapping[str, Any],
    *,
    sort: Sort = "-id",
    after: Place | None = None,
    limit: int = 50,
) -> tuple[list[dict[str, Any]], Place | None]:
    """Up to `limit` leads of the campaign that fit `wanted` (of `FILTERS`), behind the place `after`.

    And the place to go on from, None where no more are there. Right after many leads have changed at once a page may
    hold fewer, or none, and yet not be the last.
    """
    asked = {name: value for name, value in wanted.items() if value is not None}
    if "email" in asked:
        found = _of_address(cursor, campaign_id, asked, sort, after)
        shown = found[:limit]
        return shown, _place(shown[-1]) if len(found) > limit else None
    places_of = _by_table if marked(cursor, campaign_id) else _by_leads
    shown = []
    passed_over = 0
    portion = limit + 1
    while True:
        places = places_of(cursor, campaign_id, asked, sort, after, portion)
        fitting = _fitting(cursor, campaign_id, asked, [lead_id for _, lead_id in places])
        for place in places:
            if (row := fitting.get(place[1])) is None:
                passed_over += 1
            elif len(shown) == limit:
                return shown, after
            else:
                shown.append(row)
            after = place
        if len(places) < portion:
            return shown, None
        if passed_over > _MOST_PASSED_OVER:
            return shown, after
        portion = min(2 * portion, 1_000)


def stream(campaign_id: int, wanted: Mapping[str, Any]) -> Iterator[list[TupleRow]]:
    """All leads that fit, by number, some thousand at a time with the values of `COLUMNS`."""
    asked = {name: value for name, value in wanted.items() if value is not None}
    with database.connect() as connection, connection.cursor("leads") as cursor:
        statement = f"{_SELECT}{_conditions(_FILTERS, asked)} ORDER BY l.id"
        cursor.execute(statement.encode(), _parameters(campaign_id, asked))
        while portion := cursor.fetchmany(_PORTION):
            yield portion


def _place(row: Mapping[str, Any]) -> Place:
    return (-1.0 if row["score"] is None else float(row["score"]), int(row["id"]))


def _of_address(
    cursor: Cursor[TupleRow], campaign_id: int, asked: Mapping[str, Any], sort: Sort, after: Place | None
) -> list[dict[str, Any]]:
    """Those that fit, found by the leads' own index; seldom more than one."""
    cursor.execute(
        "SELECT id FROM leads l WHERE campaign_id = %(campaign)s AND " + _FILTERS["email"],
        {"campaign": campaign_id, "email": asked["email"]},
    )
    found = _fitting(cursor, campaign_id, asked, [lead_id for (lead_id,) in cursor.fetchall()])
    return _in_order(list(found.values()), sort, after)


def _by_leads(
    cursor: Cursor[TupleRow],
    campaign_id: int,
    asked: Mapping[str, Any],
    sort: Sort,
    after: Place | None,
    limit: int,
) -> list[Place]:
    """Where the first `limit` leads are that may fit: of those that do, none is left out."""
    parameters = {**_parameters(campaign_id, asked), **_behind(after), "limit": limit}
    conditions = _conditions(_FILTERS, {name: value for name, value in asked.items() if name != "status"})
    for name in _WORDS.keys() & asked.keys():
        if not parted(asked[name]):
            return []
        # Where the letters are, the words are looked at.
        for number, word in enumerate(_letters(asked[name])):
            parameters[f"{name}{number}"] = word
            conditions += f" AND strpos(lower({_TEXTS[name]}), lower(%({name}{number})s)) > 0"
    if "status" in asked:
        conditions += f" AND {_MAY_BE.get(asked['status'], _TOUCHED)}"
    behind, order = (part.format(id="l.id", score="coalesce(k.score, -1)") for part in _ORDERS[sort])
    cursor.execute(
        f"""
        SELECT coalesce(k.score, -1), l.id FROM leads l LEFT JOIN lead_scores k ON k.lead_id = l.id
        LEFT JOIN lead_verdicts v ON v.lead_id = l.id LEFT JOIN lead_routes r ON r.lead_id = l.id
        WHERE l.campaign_id = %(campaign)s AND l.merged_into IS NULL {conditions}
        {"" if after is None else f"AND {behind}"} ORDER BY {order} LIMIT %(limit)s
        """.encode(),
        parameters,
    )
    return [(float(score), int(lead_id)) for score, lead_id in cursor.fetchall()]


def _letters(text: str) -> list[str]:
    """What a text with the words of `text` holds: they are parted at whatever the database takes for punctuation."""
    return "".join(
        one if one in _ALPHANUMERIC or category(one).startswith("L") else " " for one in text
    ).split()


def _in_order(found: list[dict[str, Any]], sort: Sort, after: Place | None) -> list[dict[str, Any]]:
    key: Callable[[Place], Any] = (
        (lambda place: place) if sort.endswith("score") else (lambda place: place[1])
    )
    down = sort.startswith("-")
    found.sort(key=lambda row: key(_place(row)), reverse=down)
    if after is None:
        return found
    behind = key(after)
    return [row for row in found if (key(_place(row)) < behind if down else key(_place(row)) > behind)]


def _by_table(
    cursor: Cursor[TupleRow],
    campaign_id: int,
    asked: Mapping[str, Any],
    sort: Sort,
    after: Place | None,
    limit: int,
) -> list[Place]:
    """Where the first `limit` rows of the table that fit are.

    By the index of the leading filter: a range of one value, that the order begins with, keeps the planner from going
    through all leads in order, as if those with the value were spread evenly. Of words it knows too little: if the
    first thousands of rows do not hold enough that fit, few do, and the index of words tells which.
    """
    behind, order = (part.format(id="lead_id", score="score") for part in _ORDERS[sort])
    others = {name: value for name, value in asked.items() if name not in _WORDS}
    parameters = {**others, **_behind(after), "campaign": campaign_id, "limit": limit}
    rows_of = "SELECT score, lead_id, words FROM lead_search WHERE campaign_id = %(campaign)s"
    filters = _BY_TABLE
    if (leading := next((name for name in _LEADING if name in others), None)) is not None:
        column, value = _BY_TABLE[leading].split(" = ")
        filters = _BY_TABLE | {leading: f"{column} BETWEEN {value} AND {value}"}
        order = f"{column} {'DESC' if sort.startswith('-') else 'ASC'}, {order}"
    rest = _conditions(filters, others) + ("" if after is None else f" AND {behind}")
    queries = [query for name in _WORDS if name in asked for query in wanted_words(asked[name], _WORDS[name])]
    if len(others) == len(asked):
        statement = f"{rows_of}{rest} ORDER BY {order} LIMIT %(limit)s"
    elif not queries:
        return []
    else:
        parameters |= {"all": " & ".join(queries)}
        fits = "FILTER (WHERE words @@ to_tsquery('simple', %(all)s))"
        first = f"FROM ({rows_of}{rest} ORDER BY {order} LIMIT %(looked)s) x"
        look = f"SELECT count(*), array_agg(score) {fits}, array_agg(lead_id) {fits} {first}"
        looked = _LOOKED_THROUGH
        while True:
            cursor.execute(look.encode(), {**parameters, "looked": looked}, prepare=False)
            number, scores, ids = cursor.fetchone() or (0, None, None)
            found = list(zip(scores or [], ids or [], strict=True))
            if len(found) >= limit or number < looked:
                return found[:limit]
            needed = 2 * looked * limit // max(len(found), 1)
            if looked > _LOOKED_THROUGH or needed > _MOST_LOOKED_THROUGH:
                break
            looked = needed
        parameters |= {f"word{number}": query for number, query in enumerate(queries)}
        shares = ", ".join(
            f"count(*) FILTER (WHERE words @@ to_tsquery('simple', %(word{number})s))"
            for number in range(len(queries))
        )
        cursor.execute(
            f"SELECT count(*), {shares} {first}".encode(), {**parameters, "looked": _SAMPLED}, prepare=False
        )
        number, *having = cursor.fetchone() or (0,)
        # The index reads all rows of a word; of one that very many have, that is more than looking at the others' rows.
        telling = [word for word, rows_with in enumerate(having) if rows_with < number * _TELLING]
        telling = telling or [having.index(min(having))]
        indexed = " AND ".join(f"words @@ to_tsquery('simple', %(word{word})s)" for word in telling)
        statement = (
            f"SELECT score, lead_id FROM (SELECT * FROM lead_search WHERE {indexed} OFFSET 0) x "
            f"WHERE campaign_id = %(campaign)s AND words @@ to_tsquery('simple', %(all)s){rest} "
            f"ORDER BY {order} LIMIT %(limit)s"
        )
    cursor.execute(statement.encode(), parameters, prepare=False)
    return [(float(score), int(lead_id)) for score, lead_id, *_ in cursor.fetchall()]


def _fitting(
    cursor: Cursor[TupleRow], campaign_id: int, asked: Mapping[str, Any], ids: list[int]
) -> dict[int, dict[str, Any]]:
    """Number -> lead, of those among `ids` that fit now. Read lead by lead: what is so of all takes seconds to know."""
    if not ids:
        return {}
    cursor.execute(
        _FITTING.encode(),
        {**dict.fromkeys(FILTERS), **_parameters(campaign_id, asked), "ids": ids},
        prepare=True,
    )
    found = [dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()]
    return {row["id"]: row for row in found}


def _typed(name: str) -> str:
    kind = {"min_score": "float8", "max_score": "float8"}.get(name, "text")
    return f"%({name})s::{'timestamptz' if name.endswith('_since') else kind}"


_EVERY = " AND ".join(
    f"({_typed(name)} IS NULL OR {condition.replace(f'%({name})s', _typed(name))})"
    for name, condition in _FILTERS.items()
)
# One statement for all searches: it takes longer to plan than to run.
_FITTING = f"""
SELECT x.* FROM unnest(%(ids)s::bigint[]) i
CROSS JOIN LATERAL ({_SELECT} AND l.id = i AND {_EVERY} OFFSET 0) x
"""


def _conditions(filters: Mapping[str, str], asked: Mapping[str, Any]) -> str:
    return "".join(f" AND {filters[name]}" for name in asked)


def _behind(after: Place | None) -> dict[str, Any]:
    return {} if after is None else {"after_score": after[0], "after_id": after[1]}


def _parameters(campaign_id: int, asked: Mapping[str, Any]) -> dict[str, Any]:
    read = {
        name: " & ".join(wanted_words(value)) if name in _WORDS else value for name, value in asked.items()
    }
    return {**read, "campaign": campaign_id}
