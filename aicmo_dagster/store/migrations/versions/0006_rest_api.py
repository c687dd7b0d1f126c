"""Keys of the REST API, schedules beside the campaign's own, runs asked for once under a name; CRMs and webhooks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

# Behind forget_deleted_leads, by its name: that waits for whoever still decides on these leads and tells of it.
_FORGET_WEBHOOK_MESSAGES = """
CREATE FUNCTION aicmo.forget_webhook_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM aicmo.webhook_messages t USING gone WHERE t.lead_id = gone.id;
    RETURN NULL;
END $$;
CREATE TRIGGER forget_webhook_messages AFTER DELETE ON aicmo.leads
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION aicmo.forget_webhook_messages();
"""


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False, comment="its first characters, to know it by"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="SHA-256; the key itself is not kept"),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column(
            "campaign_ids",
            sa.ARRAY(sa.BigInteger()),
            nullable=True,
            comment="those that it may see; NULL = all",
        ),
        sa.Column("requests_per_minute", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('viewer', 'reviewer', 'operator', 'admin')", name=op.f("api_keys_role_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("api_keys_pkey")),
        sa.UniqueConstraint("hash", name=op.f("api_keys_hash_key")),
        schema="aicmo",
    )
    op.create_table(
        "schedules",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("cron", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("batch_size", sa.Integer(), nullable=True),
        sa.Column("timeout_minutes", sa.Integer(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["aicmo.campaigns.id"], name=op.f("schedules_campaign_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("schedules_pkey")),
        sa.UniqueConstraint("campaign_id", "job", name=op.f("schedules_campaign_id_job_key")),
        schema="aicmo",
        comment="When jobs of a campaign run, beside or instead of the daily run of its document.",
    )
    op.add_column(
        "run_requests",
        sa.Column(
            "public_id",
            sa.Uuid(),
            server_default=sa.text("gen_random_uuid()"),
            nullable=False,
            comment="the run's name at the REST API, before Dagster has one for it",
        ),
        schema="aicmo",
    )
    op.add_column("run_requests", sa.Column("batch_size", sa.Integer(), nullable=True), schema="aicmo")
    op.add_column("run_requests", sa.Column("timeout_minutes", sa.Integer(), nullable=True), schema="aicmo")
    op.add_column(
        "run_requests",
        sa.Column(
            "queued",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="may wait behind other runs of its campaign",
        ),
        schema="aicmo",
    )
    op.add_column(
        "run_requests",
        sa.Column(
            "idempotency_key",
            sa.Text(),
            nullable=True,
            comment="asked again with the same one, it is this run",
        ),
        schema="aicmo",
    )
    op.create_unique_constraint("run_requests_public_id_key", "run_requests", ["public_id"], schema="aicmo")
    op.create_index(
        "run_requests_once_key",
        "run_requests",
        ["requested_by", "idempotency_key"],
        unique=True,
        schema="aicmo",
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_index(
        "run_requests_alone_key",
        "run_requests",
        ["campaign_id"],
        unique=True,
        schema="aicmo",
        postgresql_where=sa.text("NOT queued AND state IN ('requested', 'launched')"),
    )
    op.create_index("run_requests_campaign_id_idx", "run_requests", ["campaign_id", "id"], schema="aicmo")
    op.create_index("audit_log_subject_idx", "audit_log", ["subject", "id"], schema="aicmo")
    op.create_table(
        "crm_records",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("crm", sa.Text(), nullable=False),
        sa.Column(
            "fingerprint", sa.Text(), nullable=False, comment="hash of all that it was told, or refused, last"
        ),
        sa.Column("vendor_id", sa.Text(), nullable=True, comment="number of the record there"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True, comment="codes and names of fields, never their values"),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="failed in a row with this content"),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pushed_at", sa.DateTime(timezone=True), nullable=True, comment="when it last took all"),
        sa.CheckConstraint("crm IN ('hubspot', 'salesforce')", name=op.f("crm_records_crm_check")),
        sa.CheckConstraint("state IN ('synced', 'failed')", name=op.f("crm_records_state_check")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["aicmo.campaigns.id"], name=op.f("crm_records_campaign_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["aicmo.leads.id"], name=op.f("crm_records_lead_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("lead_id", "crm", name=op.f("crm_records_pkey")),
        schema="aicmo",
        comment="What each CRM knows of each lead.",
    )
    op.create_index("crm_records_campaign_id_crm_idx", "crm_records", ["campaign_id", "crm"], schema="aicmo")
    op.create_table(
        "webhooks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.ARRAY(sa.Text()), nullable=False, comment="those that it is told of"),
        sa.Column("campaign_id", sa.BigInteger(), nullable=True, comment="of this one alone; NULL = all"),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("disabled_reason", sa.Text(), nullable=True, comment="why it was switched off by itself"),
        sa.Column(
            "failures", sa.Integer(), server_default="0", nullable=False, comment="of the receiver, in a row"
        ),
        sa.Column(
            "not_before",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="the receiver does not answer: it is left alone until then",
        ),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["aicmo.campaigns.id"], name=op.f("webhooks_campaign_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("webhooks_pkey")),
        schema="aicmo",
        comment="Receivers that are told of what happens.",
    )
    op.create_table(
        "webhook_secrets",
        sa.Column("webhook_id", sa.BigInteger(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "expires_at", sa.DateTime(timezone=True), nullable=True, comment="of one that was replaced"
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["aicmo.webhooks.id"],
            name=op.f("webhook_secrets_webhook_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("webhook_id", "secret", name=op.f("webhook_secrets_pkey")),
        schema="aicmo",
        comment="What messages are signed with.",
    )
    op.create_table(
        "webhook_messages",
        sa.Column(
            "id",
            sa.Uuid(),
            server_default=sa.text("gen_random_uuid()"),
            nullable=False,
            comment="the header webhook-id",
        ),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "lead_id",
            sa.BigInteger(),
            nullable=True,
            comment="whom it is about; a trigger on leads deletes it with the lead",
        ),
        sa.Column("happened_key", sa.Text(), nullable=False, comment="the same happening is one message"),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("webhook_messages_pkey")),
        sa.UniqueConstraint("happened_key", name=op.f("webhook_messages_happened_key_key")),
        schema="aicmo",
        comment="What happened and is to be told, written with it in one transaction.",
    )
    op.create_index(
        "webhook_messages_lead_id_idx",
        "webhook_messages",
        ["lead_id"],
        schema="aicmo",
        postgresql_where=sa.text("lead_id IS NOT NULL"),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column(
            "since",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="the day of tries begins",
        ),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False, comment="in that day"),
        sa.Column("next_try_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "lease_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="a worker is at it; if that dies, the next may take it then",
        ),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True, comment="HTTP status of the last answer"),
        sa.Column(
            "error", sa.Text(), nullable=True, comment="of the last try; never what the receiver wrote"
        ),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'dead')", name=op.f("webhook_deliveries_state_check")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["aicmo.webhook_messages.id"],
            name=op.f("webhook_deliveries_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["aicmo.webhooks.id"],
            name=op.f("webhook_deliveries_webhook_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("webhook_deliveries_pkey")),
        sa.UniqueConstraint(
            "message_id", "webhook_id", name=op.f("webhook_deliveries_message_id_webhook_id_key")
        ),
        schema="aicmo",
    )
    op.create_index(
        "webhook_deliveries_webhook_id_id_idx", "webhook_deliveries", ["webhook_id", "id"], schema="aicmo"
    )
    op.create_index(
        "webhook_deliveries_waiting_idx",
        "webhook_deliveries",
        ["webhook_id", "next_try_at", "id"],
        schema="aicmo",
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "webhook_deliveries_dead_idx",
        "webhook_deliveries",
        ["id"],
        schema="aicmo",
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.execute(_FORGET_WEBHOOK_MESSAGES)
