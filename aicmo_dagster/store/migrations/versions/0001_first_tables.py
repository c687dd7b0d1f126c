"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


_LEAD_STATUS_VIEW = """
CREATE VIEW aicmo.lead_status AS
SELECT l.id AS lead_id, l.campaign_id,
    CASE
        WHEN e.converted THEN 'converted'
        WHEN e.lost THEN 'lost'
        WHEN e.unsubscribed OR s.unsubscribed THEN 'unsubscribed'
        WHEN e.bounced OR s.bounced THEN 'bounced'
        WHEN e.replied THEN 'replied'
        WHEN c.lead_id IS NOT NULL THEN 'contacted'
        WHEN v.verdict = 'rejected' THEN 'rejected'
        WHEN r.lead_id IS NOT NULL THEN 'routed'
        WHEN v.verdict IS NOT NULL THEN v.verdict
        WHEN k.lead_id IS NOT NULL THEN 'scored'
        ELSE 'new'
    END AS status
FROM aicmo.leads l
LEFT JOIN aicmo.lead_scores k ON k.lead_id = l.id
LEFT JOIN aicmo.lead_verdicts v ON v.lead_id = l.id
LEFT JOIN aicmo.lead_routes r ON r.lead_id = l.id
LEFT JOIN (SELECT DISTINCT lead_id FROM aicmo.sends WHERE state IN ('sending', 'sent', 'uncertain')) c
    ON c.lead_id = l.id
LEFT JOIN (
    SELECT lead_id, bool_or(kind = 'converted') AS converted, bool_or(kind = 'lost') AS lost,
        bool_or(kind IN ('unsubscribed', 'complained')) AS unsubscribed,
        bool_or(kind = 'bounced') AS bounced, bool_or(kind = 'replied') AS replied
    FROM aicmo.engagement_events GROUP BY lead_id
) e ON e.lead_id = l.id
LEFT JOIN (
    SELECT value, reason IN ('unsubscribed', 'complained') AS unsubscribed, reason = 'bounced' AS bounced
    FROM aicmo.suppressions WHERE kind = 'address'
) s ON s.value = l.email
"""

# Leads are deleted seldom and in sets; one statement per table keeps the stage tables free of orphans
# without the row-by-row cost of foreign keys on every merge. The lock is store.campaigns.lock: a stage that
# is deciding on these leads finishes first, and what it wrote is deleted too.
_FORGET_DELETED_LEADS = """
CREATE FUNCTION aicmo.forget_deleted_leads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(24937, c.campaign_id::int)
        FROM (SELECT DISTINCT campaign_id FROM gone ORDER BY 1) c;
    DELETE FROM aicmo.lead_scores t USING gone WHERE t.lead_id = gone.id;
    DELETE FROM aicmo.lead_verdicts t USING gone WHERE t.lead_id = gone.id;
    DELETE FROM aicmo.lead_routes t USING gone WHERE t.lead_id = gone.id;
    RETURN NULL;
END $$;
CREATE TRIGGER forget_deleted_leads AFTER DELETE ON aicmo.leads
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION aicmo.forget_deleted_leads();
"""


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_log_pkey")),
        schema="aicmo",
    )
    op.create_table(
        "campaigns",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("config", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("key ~ '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$'", name=op.f("campaigns_key_check")),
        sa.CheckConstraint("mode IN ('live', 'simulation')", name=op.f("campaigns_mode_check")),
        sa.CheckConstraint(
            "state IN ('draft', 'active', 'paused', 'completed', 'archived')",
            name=op.f("campaigns_state_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("campaigns_pkey")),
        sa.UniqueConstraint("key", name=op.f("campaigns_key_key")),
        schema="aicmo",
    )
    op.create_table(
        "lead_routes",
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("routing_score", sa.Double(), nullable=False),
        sa.Column("intent_lifted", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.Text(), nullable=False),
        sa.Column("sequence_version", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("owner_reason", sa.Text(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("campaign_version", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "left_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the lead left the sequence",
        ),
        sa.CheckConstraint("tier IN ('HOT', 'WARM', 'COOL', 'COLD')", name=op.f("lead_routes_tier_check")),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("lead_routes_pkey")),
        schema="aicmo",
    )
    op.create_table(
        "lead_scores",
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("icp_fit", sa.Double(), nullable=False),
        sa.Column("opportunity", sa.Double(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column(
            "dimensions", sa.ARRAY(sa.REAL()), nullable=False, comment="in the model's order; NULL = unknown"
        ),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Integer(), nullable=False),
        sa.Column("campaign_version", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("tier IN ('HOT', 'WARM', 'COOL', 'COLD')", name=op.f("lead_scores_tier_check")),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("lead_scores_confidence_check")),
        sa.CheckConstraint("icp_fit BETWEEN 0 AND 1", name=op.f("lead_scores_icp_fit_check")),
        sa.CheckConstraint("opportunity BETWEEN 0 AND 1", name=op.f("lead_scores_opportunity_check")),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name=op.f("lead_scores_score_check")),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("lead_scores_pkey")),
        schema="aicmo",
    )
    op.create_table(
        "lead_verdicts",
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("failed", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("intent", sa.Double(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("campaign_version", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('qualified', 'manual_review', 'rejected')", name=op.f("lead_verdicts_verdict_check")
        ),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("lead_verdicts_pkey")),
        schema="aicmo",
    )
    op.create_table(
        "leads",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False, comment="the campaign it belongs to"),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_status", sa.Text(), nullable=False),
        sa.Column("email_problem", sa.Text(), nullable=True),
        sa.Column("email_domain", sa.Text(), nullable=True),
        sa.Column("account_domain", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("industry", sa.Text(), nullable=True),
        sa.Column("employees", sa.BigInteger(), nullable=True),
        sa.Column("company_size", sa.Text(), nullable=True),
        sa.Column("revenue_usd", sa.Double(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("country_code", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("linkedin_url", sa.Text(), nullable=True),
        sa.Column("recent_job_change", sa.Boolean(), nullable=True),
        sa.Column("company_funded_recently", sa.Boolean(), nullable=True),
        sa.Column("company_hiring", sa.Boolean(), nullable=True),
        sa.Column("recent_activity", sa.Boolean(), nullable=True),
        sa.Column("is_decision_maker", sa.Boolean(), nullable=True),
        sa.Column("has_budget_authority", sa.Boolean(), nullable=True),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "source_label", sa.Text(), nullable=False, comment="file name, or what the source calls itself"
        ),
        sa.Column("source_line", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False, comment="the run that last changed the row"),
        sa.Column("harvested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("email IS NOT NULL OR email_status = 'missing'", name=op.f("leads_email_check")),
        sa.CheckConstraint(
            "email_status IN ('valid', 'invalid', 'missing')", name=op.f("leads_email_status_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("leads_pkey")),
        sa.UniqueConstraint("identity", "campaign_id", name=op.f("leads_identity_campaign_id_key")),
        schema="aicmo",
        comment="A person in a campaign. The same identity in several campaigns is one contact.",
    )
    op.create_index("leads_campaign_id_id_idx", "leads", ["campaign_id", "id"], unique=False, schema="aicmo")
    op.create_table(
        "secrets",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("secrets_pkey")),
        schema="aicmo",
        comment="Keys made by the application itself, such as the one that signs Message-IDs and links.",
    )
    op.create_table(
        "suppressions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('address', 'domain')", name=op.f("suppressions_kind_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("suppressions_pkey")),
        sa.UniqueConstraint("kind", "value", name=op.f("suppressions_kind_value_key")),
        schema="aicmo",
        comment="Nobody here gets a mail from any campaign.",
    )
    op.create_table(
        "campaign_versions",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("config", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "base_folder", sa.Text(), nullable=True, comment="where relative paths of the document start"
        ),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["aicmo.campaigns.id"], name=op.f("campaign_versions_campaign_id_fkey")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "version", name=op.f("campaign_versions_pkey")),
        schema="aicmo",
    )
    op.create_table(
        "queued_leads",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("record", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "taken_run_id", sa.Uuid(), nullable=True, comment="the run that harvested it; each is taken once"
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["aicmo.campaigns.id"], name=op.f("queued_leads_campaign_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("queued_leads_pkey")),
        schema="aicmo",
    )
    op.create_index(
        "queued_leads_waiting_idx",
        "queued_leads",
        ["campaign_id", "id"],
        unique=False,
        schema="aicmo",
        postgresql_where=sa.text("taken_run_id IS NULL"),
    )
    op.create_table(
        "rejected_rows",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_label", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["aicmo.campaigns.id"], name=op.f("rejected_rows_campaign_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("rejected_rows_pkey")),
        schema="aicmo",
    )
    op.create_index(
        "rejected_rows_once_key",
        "rejected_rows",
        ["campaign_id", "source_label", "line", sa.literal_column("md5(reason || raw)")],
        unique=True,
        schema="aicmo",
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("lead_revision", sa.Integer(), nullable=False, comment="the facts it was decided on"),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("decision IN ('approve', 'reject')", name=op.f("reviews_decision_check")),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["aicmo.leads.id"], name=op.f("reviews_lead_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("reviews_pkey")),
        schema="aicmo",
    )
    op.create_index("reviews_lead_id_id_idx", "reviews", ["lead_id", "id"], unique=False, schema="aicmo")
    op.create_table(
        "run_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("state", sa.Text(), server_default="requested", nullable=False),
        sa.Column("dagster_run_id", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('requested', 'launched', 'succeeded', 'failed', 'canceled')",
            name=op.f("run_requests_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["aicmo.campaigns.id"], name=op.f("run_requests_campaign_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("run_requests_pkey")),
        schema="aicmo",
        comment="The outbox: a sensor turns each row into one Dagster run.",
    )
    op.create_index(
        "run_requests_open_idx",
        "run_requests",
        ["id"],
        unique=False,
        schema="aicmo",
        postgresql_where=sa.text("state IN ('requested', 'launched')"),
    )
    op.create_table(
        "sends",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Text(), nullable=False),
        sa.Column("sequence_version", sa.Integer(), nullable=False),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="planned", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True, comment="of a held send"),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it is held, failed, skipped or uncertain"),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mode", sa.Text(), nullable=True),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("recipient", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True, comment="the server's last words"),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when `sending` was committed; counts against the daily cap",
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state <> 'sent' OR sent_at IS NOT NULL", name=op.f("sends_sent_at_check")),
        sa.CheckConstraint(
            "state IN ('planned', 'claimed', 'sending', 'sent', 'held', 'failed', 'uncertain', 'skipped')",
            name=op.f("sends_state_check"),
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["aicmo.campaigns.id"], name=op.f("sends_campaign_id_fkey")),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["aicmo.leads.id"], name=op.f("sends_lead_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("sends_pkey")),
        sa.UniqueConstraint(
            "lead_id",
            "sequence",
            "sequence_version",
            "step",
            name=op.f("sends_lead_id_sequence_sequence_version_step_key"),
        ),
        sa.UniqueConstraint("message_id", name=op.f("sends_message_id_key")),
        schema="aicmo",
    )
    op.create_index(
        "sends_open_idx",
        "sends",
        ["campaign_id", "due_at"],
        unique=False,
        schema="aicmo",
        postgresql_where=sa.text("state IN ('planned', 'claimed', 'sending', 'held')"),
    )
    op.create_index("sends_started_idx", "sends", ["campaign_id", "started_at"], unique=False, schema="aicmo")
    op.create_table(
        "sequences",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["aicmo.campaigns.id"], name=op.f("sequences_campaign_id_fkey")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "name", "version", name=op.f("sequences_pkey")),
        schema="aicmo",
        comment="Every version a lead may still be in; rows are never changed.",
    )
    op.create_table(
        "source_attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_label", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("discovered", sa.BigInteger(), nullable=False),
        sa.Column("duplicates", sa.BigInteger(), nullable=False),
        sa.Column("inserted", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("credits", sa.Double(), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('succeeded', 'empty', 'failed', 'not_configured')",
            name=op.f("source_attempts_outcome_check"),
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["aicmo.campaigns.id"], name=op.f("source_attempts_campaign_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("source_attempts_pkey")),
        schema="aicmo",
    )
    op.create_index(
        "source_attempts_campaign_id_id_idx",
        "source_attempts",
        ["campaign_id", "id"],
        unique=False,
        schema="aicmo",
    )
    op.create_table(
        "engagement_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("send_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('replied', 'bounced', 'unsubscribed', 'complained', 'converted', 'lost')",
            name=op.f("engagement_events_kind_check"),
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["aicmo.leads.id"], name=op.f("engagement_events_lead_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["send_id"], ["aicmo.sends.id"], name=op.f("engagement_events_send_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("engagement_events_pkey")),
        sa.UniqueConstraint(
            "lead_id", "kind", "happened_at", name=op.f("engagement_events_lead_id_kind_happened_at_key")
        ),
        schema="aicmo",
    )
    op.execute(_LEAD_STATUS_VIEW)
    op.execute(_FORGET_DELETED_LEADS)
