"""`routed_leads`: a sequence and an owner for every qualified lead that has none, into `lead_routes`."""

import pandas as pd

from aicmo_dagster.campaign.config import SIGNALS
from aicmo_dagster.flow.run import Run, Streamed, stream, writing
from aicmo_dagster.stages.routing import RULES_VERSION, OwnerLoad
from aicmo_dagster.stages.routing import route as decide
from aicmo_dagster.store import campaigns, decisions, webhooks

# Colleagues come one after the other, whatever chunk they fall into: accounts in order, then leads without. A
# company under several domains is one account.
_ALIAS = "LEFT JOIN account_aliases {1} ON {1}.campaign_id = %(campaign)s AND {1}.alias = {0}.account_domain"
_MINE, _THEIRS = "coalesce(x.account, l.account_domain)", "coalesce(y.account, c.account_domain)"
_SELECT = f"""
SELECT l.id, k.score, {", ".join(f"l.{one}" for one in SIGNALS)},
    CASE WHEN l.account_domain IS NOT NULL THEN dense_rank() OVER (ORDER BY {_MINE} COLLATE "C") END,
    a.owner, l.country_code
FROM leads l JOIN lead_verdicts v ON v.lead_id = l.id JOIN lead_scores k ON k.lead_id = l.id
LEFT JOIN lead_routes r ON r.lead_id = l.id
{_ALIAS.format("l", "x")}
LEFT JOIN (
    SELECT DISTINCT ON ({_THEIRS}) {_THEIRS} AS account, o.owner
    FROM lead_routes o JOIN leads c ON c.id = o.lead_id
    {_ALIAS.format("c", "y")}
    WHERE c.campaign_id = %(campaign)s AND c.account_domain IS NOT NULL
    ORDER BY {_THEIRS}, o.enrolled_at, o.lead_id
) a ON a.account = {_MINE}
WHERE l.campaign_id = %(campaign)s AND v.verdict = 'qualified' AND r.lead_id IS NULL
ORDER BY {_MINE} COLLATE "C" NULLS LAST, l.id
"""
_DTYPES: dict[str, str] = {
    "lead_id": "int64",
    "score": "float64",
    **dict.fromkeys(SIGNALS, "boolean"),
    "account_id": "Int64",
    "account_owner": "str",
    "country_code": "str",
}


def route(run: Run) -> Streamed:
    """Route the campaign's qualified leads; those that are routed already keep what they have."""
    with writing(run) as cursor:
        newest: dict[str, int] = {}
        for name, version in campaigns.sequence_versions(cursor, run.campaign.id):
            newest[name] = max(version, newest.get(name, 0))
        load = OwnerLoad(decisions.active_by_owner(cursor, run.campaign.id))

        def assign(leads: pd.DataFrame) -> pd.DataFrame:
            return decide(leads, run.campaign.config, newest, load, run.now)

        parameters = {"rules_version": RULES_VERSION}
        routed = stream(run, cursor, _SELECT, _DTYPES, assign, decisions.ROUTES, parameters)
        webhooks.tell_of_run(cursor, "lead.routed", run.campaign.id, run.run_id, run.now)
        return routed
