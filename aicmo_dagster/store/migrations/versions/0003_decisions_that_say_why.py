"""Scores and verdicts that say why: more facts of leads, events, the review queue, predictive models, back-tests."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

# As in 0002; who showed interest or met somebody has replied.
_LEAD_STATUS_VIEW = """
CREATE OR REPLACE VIEW aicmo.lead_status AS
SELECT l.id AS lead_id, l.campaign_id,
    CASE
        WHEN e.converted OR m.converted THEN 'converted'
        WHEN e.lost OR m.lost THEN 'lost'
        WHEN e.unsubscribed OR m.unsubscribed OR s.unsubscribed OR ms.unsubscribed THEN 'unsubscribed'
        WHEN e.bounced OR s.bounced THEN 'bounced'
        WHEN e.replied OR m.replied THEN 'replied'
        WHEN c.lead_id IS NOT NULL THEN 'contacted'
        WHEN v.verdict = 'rejected' THEN 'rejected'
        WHEN r.lead_id IS NOT NULL THEN 'routed'
        WHEN v.verdict IS NOT NULL THEN v.verdict
        WHEN k.lead_id IS NOT NULL THEN 'scored'
        WHEN n.outcome IN ('complete', 'exhausted') THEN 'enriched'
        ELSE 'new'
    END AS status
FROM aicmo.leads l
LEFT JOIN aicmo.lead_enrichments n ON n.lead_id = l.id
LEFT JOIN aicmo.lead_scores k ON k.lead_id = l.id
LEFT JOIN aicmo.lead_verdicts v ON v.lead_id = l.id
LEFT JOIN aicmo.lead_routes r ON r.lead_id = l.id
LEFT JOIN (SELECT DISTINCT lead_id FROM aicmo.sends WHERE state IN ('sending', 'sent', 'uncertain')) c
    ON c.lead_id = l.id
LEFT JOIN (
    SELECT lead_id, bool_or(kind = 'converted') AS converted, bool_or(kind = 'lost') AS lost,
        bool_or(kind IN ('unsubscribed', 'complained')) AS unsubscribed,
        bool_or(kind = 'bounced') AS bounced, bool_or(kind IN ('replied', 'interested', 'meeting')) AS replied
    FROM aicmo.engagement_events GROUP BY lead_id
) e ON e.lead_id = l.id
LEFT JOIN (
    SELECT value, reason IN ('unsubscribed', 'complained') AS unsubscribed, reason = 'bounced' AS bounced
    FROM aicmo.suppressions WHERE kind = 'address'
) s ON s.value = l.identity
LEFT JOIN (
    SELECT p.merged_into AS lead_id, bool_or(kind = 'converted') AS converted, bool_or(kind = 'lost') AS lost,
        bool_or(kind IN ('unsubscribed', 'complained')) AS unsubscribed, bool_or(kind IN ('replied', 'interested', 'meeting')) AS replied
    FROM aicmo.engagement_events x JOIN aicmo.leads p ON p.id = x.lead_id
    WHERE p.merged_into IS NOT NULL GROUP BY p.merged_into
) m ON m.lead_id = l.id
LEFT JOIN (
    SELECT p.merged_into AS lead_id, bool_or(x.reason IN ('unsubscribed', 'complained')) AS unsubscribed
    FROM aicmo.suppressions x JOIN aicmo.leads p ON p.identity = x.value
    WHERE x.kind = 'address' AND p.merged_into IS NOT NULL GROUP BY p.merged_into
) ms ON ms.lead_id = l.id
WHERE l.merged_into IS NULL
"""


def upgrade() -> None:
    for column in (
        sa.Column("department", sa.Text()),
        sa.Column("technologies", sa.Text()),
        sa.Column("keywords", sa.Text()),
        sa.Column("founded_year", sa.BigInteger()),
        sa.Column("funding_stage", sa.Text()),
        sa.Column("headcount_growth", sa.Double(), comment="in a year; 0.2 = 20 %"),
        sa.Column("job_started_on", sa.Date()),
        sa.Column("open_positions", sa.Text()),
        sa.Column("technology_change", sa.Boolean()),
        sa.Column("company_in_news", sa.Boolean()),
        sa.Column("website_visits", sa.BigInteger(), comment="of the company in the last thirty days"),
        sa.Column("consent", sa.Text(), comment="how the person agreed to be written to"),
        sa.Column("consent_on", sa.Date()),
    ):
        op.add_column("leads", column, schema="aicmo")
    op.create_check_constraint(
        op.f("leads_funding_stage_check"),
        "leads",
        "funding_stage IN ('bootstrapped', 'pre_seed', 'seed', 'series_a', 'series_b', 'series_c', 'late', "
        "'private_equity', 'public')",
        schema="aicmo",
    )
    op.create_check_constraint(
        op.f("leads_consent_check"),
        "leads",
        "consent IN ('express', 'purchase', 'inquiry', 'published')",
        schema="aicmo",
    )
    op.add_column(
        "campaign_versions",
        sa.Column(
            "backtest",
            postgresql.JSONB(astext_type=sa.Text()),
            comment="what it would have changed, found out when it was activated",
        ),
        schema="aicmo",
    )
    for column in (
        sa.Column(
            "lead_revision", sa.Integer(), comment="the facts it was scored on; NULL = before this was kept"
        ),
        sa.Column(
            "conversion_model",
            sa.Integer(),
            comment="number of the predictive model that had a part in it",
        ),
    ):
        op.add_column("lead_scores", column, schema="aicmo")
    op.add_column(
        "lead_verdicts",
        sa.Column(
            "lead_revision", sa.Integer(), comment="the facts it was judged on; NULL = before this was kept"
        ),
        schema="aicmo",
    )
    op.add_column(
        "lead_verdicts",
        sa.Column("since", sa.DateTime(timezone=True), comment="since when it is this verdict"),
        schema="aicmo",
    )
    op.execute("UPDATE aicmo.lead_verdicts SET since = judged_at")
    op.alter_column("lead_verdicts", "since", nullable=False, server_default=sa.text("now()"), schema="aicmo")
    op.add_column(
        "reviews",
        sa.Column("until", sa.DateTime(timezone=True), comment="of a snooze: when the lead waits again"),
        schema="aicmo",
    )
    op.drop_constraint(op.f("reviews_decision_check"), "reviews", schema="aicmo")
    op.create_check_constraint(
        op.f("reviews_decision_check"),
        "reviews",
        "decision IN ('approve', 'reject', 'snooze')",
        schema="aicmo",
    )
    op.create_check_constraint(
        op.f("reviews_until_check"), "reviews", "(decision = 'snooze') = (until IS NOT NULL)", schema="aicmo"
    )
    op.add_column(
        "engagement_events",
        sa.Column("human", sa.REAL(), comment="probability that a person did it; NULL = certain"),
        schema="aicmo",
    )
    op.drop_constraint(op.f("engagement_events_kind_check"), "engagement_events", schema="aicmo")
    op.create_check_constraint(
        op.f("engagement_events_kind_check"),
        "engagement_events",
        "kind IN ('opened', 'clicked', 'replied', 'interested', 'meeting', 'bounced', 'unsubscribed', "
        "'complained', 'converted', 'lost')",
        schema="aicmo",
    )
    op.create_check_constraint(
        op.f("engagement_events_human_check"), "engagement_events", "human BETWEEN 0 AND 1", schema="aicmo"
    )
    op.create_index(
        "engagement_events_created_at_idx", "engagement_events", ["created_at"], unique=False, schema="aicmo"
    )
    op.create_table(
        "mail_domains",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("takes_mail", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False, comment="the host that takes it, or why nobody does"),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("domain", name=op.f("mail_domains_pkey")),
        schema="aicmo",
        comment="What DNS says of the domains of addresses; one that could not be asked about has no row.",
    )
    op.create_table(
        "conversion_models",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="1, 2, ... in the campaign"),
        sa.Column("trained_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=True),
        sa.Column("leads", sa.Integer(), nullable=False, comment="with a known outcome"),
        sa.Column("conversions", sa.Integer(), nullable=False),
        sa.Column("metrics", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "content",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="what predicts; NULL where there was too little to train on",
        ),
        sa.Column(
            "problem",
            sa.Text(),
            nullable=True,
            comment="why it is not used; NULL = it is, until a newer one is",
        ),
        sa.Column("campaign_version", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["aicmo.campaigns.id"], name=op.f("conversion_models_campaign_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("conversion_models_pkey")),
        sa.UniqueConstraint("campaign_id", "number", name=op.f("conversion_models_campaign_id_number_key")),
        schema="aicmo",
        comment="Every predictive model that was trained; rows are never changed but for `problem`.",
    )
    op.execute(_LEAD_STATUS_VIEW)
