"""`qualified_leads`: a verdict for every scored lead, into `lead_verdicts`."""

from collections.abc import Sequence

import pandas as pd

from aicmo_dagster.campaign.config import SIGNALS
from aicmo_dagster.flow.run import Run, Streamed, stream, writing
from aicmo_dagster.stages.qualification import JUDGED_COLUMNS, RULES_VERSION
from aicmo_dagster.stages.qualification import qualify as decide
from aicmo_dagster.store import decisions, webhooks

_SELECT = """
SELECT l.id, l.email, l.email_status, l.email_domain, l.country_code, l.verification,
    l.consent, l.consent_on, l.lawful_basis, {signals}, k.icp_fit,
    s.id IS NOT NULL OR m.lead_id IS NOT NULL OR {erased}, d.takes_mail, v.decision, l.revision
FROM leads l JOIN lead_scores k ON k.lead_id = l.id
LEFT JOIN mail_domains d ON d.domain = l.email_domain
LEFT JOIN suppressions s ON s.kind = 'address' AND s.value = l.identity
LEFT JOIN (
    SELECT DISTINCT g.merged_into AS lead_id FROM leads g
    JOIN suppressions x ON x.kind = 'address' AND x.value = g.identity AND x.reason <> 'bounced'
    WHERE g.merged_into IS NOT NULL
) m ON m.lead_id = l.id
LEFT JOIN (
    SELECT DISTINCT ON (lead_id) lead_id, lead_revision, decision FROM reviews WHERE decision <> 'snooze'
    ORDER BY lead_id, id DESC
) v ON v.lead_id = l.id AND v.lead_revision = l.revision
WHERE l.campaign_id = %(campaign)s AND {only} ORDER BY l.id
"""
_ERASED = "EXISTS (SELECT FROM suppressions h WHERE h.kind = 'hash' AND h.value = mailbox_hash(coalesce(l.email, '')))"
_DTYPES: dict[str, str] = {
    **{name: dtype for name, dtype in JUDGED_COLUMNS.items() if name != "as_of"},
    "revision": "int64",
}


def qualify(run: Run, only: Sequence[int] | None = None) -> Streamed:
    """Judge the campaign's scored leads, or `only` these.

    A person's decision counts while the lead's facts are the same.
    """
    with writing(run) as cursor:
        domains = decisions.suppressed_domains(cursor)
        cursor.execute("SELECT EXISTS (SELECT FROM suppressions WHERE kind = 'hash')")
        (any_erased,) = cursor.fetchone() or (False,)

        def judge(leads: pd.DataFrame) -> pd.DataFrame:
            leads["suppressed"] |= in_domains(leads["email_domain"], domains)
            leads["as_of"] = pd.Timestamp(run.now)
            return decide(leads, run.campaign.config).assign(lead_revision=leads["revision"])

        parameters = {"rules_version": RULES_VERSION}
        select = _SELECT.format(
            signals=", ".join(f"l.{one}" for one in SIGNALS),
            # A hash costs more than all else here, and mostly nobody was erased.
            erased=_ERASED if any_erased else "false",
            only="true" if only is None else "l.id = ANY(%(only)s)",
        )
        judged = stream(run, cursor, select, _DTYPES, judge, decisions.VERDICTS, parameters, {"only": only})
        webhooks.tell_of_run(cursor, "lead.qualified", run.campaign.id, run.run_id, run.now)
        return judged


def in_domains(found: pd.Series, domains: frozenset[str]) -> pd.Series:
    """Whether each domain is one of `domains` or below one; False where missing."""
    if not domains:
        return pd.Series(False, index=found.index)
    codes, distinct = pd.factorize(found)
    inside = [any(part in domains for part in _with_parents(str(domain))) for domain in distinct]
    return pd.Series(pd.array([*inside, False], dtype="bool").take(codes), index=found.index)


def _with_parents(domain: str) -> list[str]:
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]
