"""Whose word counts: how what somebody says of a known lead becomes its facts, and how that is remembered.

A missing value never erases a known one. Of two values the one with the greater weight counts: the trust in its
source, halved with every half-life of its age. A source that is not trusted more than the one behind the present
value must come with something new: what was replaced once is not brought back by the daily reading of an old
file. A missing value is filled by whoever knows it, but for one that a person took away: that is a value to be
outweighed, too. Facts that belong together are decided together: a valid address is replaced only by its own other
spelling, or when a vendor calls it dead, and a verification counts for the address that it was made for. The day of
a consent comes and goes with the consent.

Every change is a row of `lead_changes` with what was before, so that it can be shown and undone.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from aicmo_dagster.campaign.config import Matching
from aicmo_dagster.lead import LEAD_COLUMNS

FACTS = [column for column in LEAD_COLUMNS if column != "identity"]
VERIFIERS = ("apollo", "dropcontact", "hunter")
_ADDRESS = ("email", "email_status", "email_problem", "email_domain")
_ADDRESS_KEYS = f"'{{{', '.join((*_ADDRESS, 'verification'))}}}'::text[]"


@dataclass(frozen=True)
class Word:
    """Somebody's word about leads, in SQL over the incoming row `i` (with `FACTS` and `identity`) and the lead `t`.

    `rows` is the FROM clause that brings the two together. `origin` gives for a fact who said it, as a JSON array
    [source, time, label]. `source`, `label`, `line`, `request` and `lawful_basis` go into `lead_changes`. With
    `moves`, the lead may take another address and with it another identity, unless another lead has that
    already; an address that is not taken is kept in `extra` as `other_email`. A word that `yields` must weigh
    more than the present value, not just as much. A word that `rules` is that of a person who looks at the lead: all
    that `i` says is so, also that something is not known.
    """

    rows: str
    origin: Callable[[str], str]
    source: str
    label: str
    line: str
    request: str
    lawful_basis: str
    moves: bool = False
    yields: bool = False
    rules: bool = False


def own_origin(row: str, fact: str) -> str:
    """Who said a fact of the row of `leads`: itself where `field_origins` says nothing else."""
    return (
        f"coalesce({row}.field_origins -> '{fact}', "
        f"jsonb_build_array({row}.source, {row}.harvested_at, {row}.source_label))"
    )


def parameters(matching: Matching) -> dict[str, object]:
    """What the statement wants to know of the campaign, besides %(run)s and %(now)s."""
    return {"trust": json.dumps(matching.trust), "half_life_s": matching.trust_half_life_days * 86_400}


def update_statement(word: Word) -> str:
    """The statement that updates the leads for which `word` has news; its row count is theirs."""
    facts = ", ".join(f"t.{fact} AS old_{fact}, {_resolved(fact, word)} AS {fact}" for fact in FACTS)
    known = ", ".join(f"t.{fact}" for fact in FACTS)
    filled = ", ".join(_filled(fact, word) for fact in FACTS)
    origins = ", ".join(f"{word.origin(fact)} AS origin_{fact}" for fact in FACTS)
    compared = ", ".join(
        f"('{fact}', to_jsonb(n.old_{fact}), to_jsonb(n.{fact}), n.origin_{fact})" for fact in FACTS
    )
    sets = ", ".join(f"{fact} = c.{fact}" for fact in FACTS)
    return f"""
        WITH news AS MATERIALIZED (
            SELECT t.id AS lead_id, t.campaign_id, {word.label} AS label, {word.line} AS line,
                {word.request} AS request_id, {word.lawful_basis} AS lawful_basis,
                CASE WHEN a.adopted THEN i.identity ELSE t.identity END AS identity, {facts}, {origins}
            FROM {word.rows} CROSS JOIN LATERAL (SELECT {_adopted(word)} AS adopted) a
            WHERE ROW({known}) IS DISTINCT FROM ROW({filled})
        ), changed AS MATERIALIZED (
            SELECT n.*, d.* FROM news n CROSS JOIN LATERAL (
                SELECT jsonb_object_agg(v.name, v.before) AS before, jsonb_object_agg(v.name, v.after) AS after,
                    jsonb_object_agg(v.name, v.origin) AS origins
                FROM (VALUES {compared}) v(name, before, after, origin) WHERE v.before IS DISTINCT FROM v.after
            ) d WHERE d.before IS NOT NULL
        ), logged AS (
            INSERT INTO lead_changes (campaign_id, lead_id, changed_at, run_id, source, source_label,
                source_line, request_id, lawful_basis, before, after)
            SELECT campaign_id, lead_id, %(now)s, %(run)s, {word.source}, label, line, request_id, lawful_basis,
                before, after
            FROM changed ORDER BY lead_id
        )
        UPDATE leads t SET {sets}, identity = c.identity, revision = t.revision + 1, run_id = %(run)s,
            updated_at = %(now)s, field_origins = coalesce(t.field_origins, '{{}}') || c.origins
        FROM changed c WHERE t.id = c.lead_id
    """


def revert_statement(chosen: str) -> str:
    """The statement that takes back changes: where a lead still has what a change brought, it gets what was before.

    `chosen` is a condition on `h`, rows of `lead_changes`, at most one of a lead. Takes %(run)s, %(now)s,
    %(label)s (what is undone, in words).
    """
    sets = ", ".join(f"{fact} = (c.restored).{fact}" for fact in FACTS)
    return f"""
        WITH reverted AS MATERIALIZED (
            SELECT t.id AS lead_id, t.campaign_id, h.lawful_basis, d.*,
                jsonb_populate_record(t, d.after) AS restored
            FROM lead_changes h JOIN leads t ON t.id = h.lead_id CROSS JOIN LATERAL (
                SELECT jsonb_object_agg(b.key, h.after -> b.key) AS before, jsonb_object_agg(b.key, b.value) AS after,
                    coalesce(jsonb_object_agg(b.key, o.origin) FILTER (WHERE o.origin IS NOT NULL), '{{}}')
                        AS origins
                FROM jsonb_each(h.before) b LEFT JOIN LATERAL (
                    SELECT jsonb_build_array(e.source, e.changed_at, e.source_label) AS origin
                    FROM lead_changes e WHERE e.lead_id = h.lead_id AND e.id < h.id AND e.after ? b.key
                    ORDER BY e.id DESC LIMIT 1
                ) o ON true
                WHERE h.after -> b.key = coalesce(to_jsonb(t) -> b.key, 'null') AND (
                    b.key <> ALL ({_ADDRESS_KEYS}) OR NOT h.before ? 'email'
                    OR h.after -> 'email' = coalesce(to_jsonb(t.email), 'null'))
            ) d
            WHERE {chosen} AND d.before IS NOT NULL
        ), logged AS (
            INSERT INTO lead_changes (campaign_id, lead_id, changed_at, run_id, source, source_label,
                source_line, lawful_basis, before, after)
            SELECT campaign_id, lead_id, %(now)s, %(run)s, 'undo', %(label)s, 0, lawful_basis, before, after
            FROM reverted ORDER BY lead_id
        )
        UPDATE leads t SET {sets}, revision = t.revision + 1, run_id = %(run)s, updated_at = %(now)s,
            field_origins = nullif(
                (t.field_origins - ARRAY(SELECT jsonb_object_keys(c.before))) || c.origins, '{{}}')
        FROM reverted c WHERE t.id = c.lead_id
    """


def _filled(fact: str, word: Word) -> str:
    """The fact if the word counted: where that is what is known, it brings no news."""
    if word.rules:
        return _resolved(fact, word)
    return _extra(word) if fact == "extra" else f"coalesce(i.{fact}, t.{fact})"


def _adopted(word: Word) -> str:
    """Whether the lead takes the incoming address, with what belongs to it."""
    if word.rules:
        return "true"
    allowed = (
        "NOT EXISTS (SELECT FROM leads o WHERE o.identity = i.identity "
        "AND o.campaign_id = t.campaign_id AND o.id <> t.id)"
        if word.moves
        else "i.identity = t.identity"
    )
    return f"""
        coalesce(i.email IS DISTINCT FROM t.email AND i.email IS NOT NULL AND (
            t.email IS NULL
            OR i.email_status = 'valid' AND t.email_status <> 'valid'
            OR i.email_status = 'valid' AND t.verification = 'invalid' AND i.verification IS DISTINCT FROM 'invalid'
            OR i.identity = t.identity AND {_wins("email", word)}
        ) AND {allowed}, false)
    """


def _resolved(fact: str, word: Word) -> str:
    """The fact after hearing the word."""
    if word.rules:
        return "i.extra::jsonb" if fact == "extra" else f"i.{fact}"
    if fact in _ADDRESS:
        return f"CASE WHEN a.adopted THEN i.{fact} ELSE t.{fact} END"
    if fact == "verification":
        return f"""CASE WHEN a.adopted THEN i.verification
            WHEN i.verification IS NULL OR i.email IS DISTINCT FROM t.email THEN t.verification
            WHEN t.verification IS NULL THEN i.verification
            WHEN i.verification <> 'unknown' AND ({_verified(word.origin(fact))} OR {_outweighs(fact, word)})
                THEN i.verification
            ELSE t.verification END"""
    if fact == "consent_on":
        return f"""CASE WHEN i.consent = t.consent OR coalesce(i.consent, t.consent) IS NULL
            THEN {_stronger(fact, word)}
            WHEN i.consent IS NOT NULL AND ({_vacant("consent")} OR {_wins("consent", word)}) THEN i.consent_on
            ELSE t.consent_on END"""
    if fact == "extra":
        return f"""CASE WHEN t.extra IS NULL OR i.extra IS NOT NULL AND {_wins(fact, word)}
            THEN {_extra(word)} ELSE {_incoming_extra(word)} || t.extra END"""
    return _stronger(fact, word)


def _stronger(fact: str, word: Word) -> str:
    return f"""CASE WHEN i.{fact} IS NULL OR i.{fact} = t.{fact} THEN t.{fact} WHEN {_vacant(fact)}
        THEN i.{fact} WHEN {_wins(fact, word)} THEN i.{fact} ELSE t.{fact} END"""


def _vacant(fact: str) -> str:
    """Whether nobody knows the fact, and no person took it away."""
    return f"(t.{fact} IS NULL AND t.field_origins -> '{fact}' ->> 0 IS DISTINCT FROM 'manual')"


def _incoming_extra(word: Word) -> str:
    extra = "coalesce(i.extra::jsonb, '{}')"
    if not word.moves:
        return extra
    other = (
        "CASE WHEN i.email <> t.email AND NOT a.adopted THEN jsonb_build_object('other_email', i.email) END"
    )
    return f"({extra} || coalesce({other}, '{{}}'))"


def _extra(word: Word) -> str:
    """Both objects in one; nothing where neither says anything."""
    return f"nullif(coalesce(t.extra, '{{}}') || {_incoming_extra(word)}, '{{}}')"


def _wins(fact: str, word: Word) -> str:
    # A scalar subquery, because of EXISTS the planner may make a hash of all campaigns' changes.
    same = f"h.before -> '{fact}' = to_jsonb(i.{fact})"
    if fact == "extra":
        same = "h.before -> 'extra' @> i.extra::jsonb"
    theirs, ours = word.origin(fact), own_origin("t", fact)
    return f"""({_outweighs(fact, word)} AND (
        {_trust(theirs)} > {_trust(ours)} OR {theirs} ->> 2 = {ours} ->> 2
        OR NOT EXISTS (
            SELECT FROM lead_changes h WHERE h.lead_id = t.id AND h.source <> 'undo' AND {same})))"""


def _outweighs(fact: str, word: Word) -> str:
    more = ">" if word.yields else ">="
    return f"{_weight(word.origin(fact))} {more} {_weight(own_origin('t', fact))}"


def _trust(origin: str) -> str:
    return f"coalesce((%(trust)s::jsonb ->> ({origin} ->> 0))::float8, 0.5)"


def _verified(origin: str) -> str:
    """Whether who says so has tried the address: no person's word stands against that."""
    return f"({origin} ->> 0) IN ({', '.join(repr(one) for one in VERIFIERS)})"


def _weight(origin: str) -> str:
    age_s = f"greatest(extract(epoch FROM %(now)s::timestamptz - ({origin} ->> 1)::timestamptz), 0)::float8"
    return f"{_trust(origin)} * power(0.5::float8, {age_s} / %(half_life_s)s)"
