"""Keys of the REST API, schedules beside the campaign's own, and runs that are asked for once under a name."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


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
