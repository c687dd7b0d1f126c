"""Leads from vendors: provenance, requests and answers, probable duplicates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

# As in 0001, and: a merged lead is the lead it was merged into, which a wish of either holds for; `enriched` after the waterfall; a suppressed
# address counts for every spelling of its mailbox, which is what `identity` is.
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
        bool_or(kind = 'bounced') AS bounced, bool_or(kind = 'replied') AS replied
    FROM aicmo.engagement_events GROUP BY lead_id
) e ON e.lead_id = l.id
LEFT JOIN (
    SELECT value, reason IN ('unsubscribed', 'complained') AS unsubscribed, reason = 'bounced' AS bounced
    FROM aicmo.suppressions WHERE kind = 'address'
) s ON s.value = l.identity
LEFT JOIN (
    SELECT p.merged_into AS lead_id, bool_or(kind = 'converted') AS converted, bool_or(kind = 'lost') AS lost,
        bool_or(kind IN ('unsubscribed', 'complained')) AS unsubscribed, bool_or(kind = 'replied') AS replied
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

# One spelling of the addresses that a provider delivers to one person. Not STRICT, or it would not be inlined and
# take ten times as long. The reasons are in `stages.addresses.mailboxes`,
# which says the same.
_MAILBOX = """
CREATE FUNCTION aicmo.mailbox(address text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE
    WHEN address LIKE '%@%@%' THEN address
    WHEN split_part(address, '@', 2) IN ('gmail.com', 'googlemail.com')
        THEN coalesce(nullif(replace(split_part(split_part(address, '@', 1), '+', 1), '.', ''), '') || '@gmail.com',
            address)
    WHEN split_part(address, '@', 2) IN ('icloud.com', 'me.com', 'mac.com')
        THEN coalesce(nullif(split_part(split_part(address, '@', 1), '+', 1), '') || '@icloud.com', address)
    WHEN split_part(address, '@', 2) IN ('proton.me', 'protonmail.com', 'protonmail.ch', 'pm.me')
        THEN coalesce(nullif(translate(split_part(split_part(address, '@', 1), '+', 1), '._-', ''), '')
            || '@proton.me', address)
    WHEN split_part(address, '@', 2)
        IN ('yandex.ru', 'yandex.com', 'yandex.by', 'yandex.kz', 'yandex.ua', 'ya.ru')
        THEN split_part(address, '@', 1) || '@yandex.ru'
    WHEN split_part(address, '@', 2) IN (
            'outlook.com', 'outlook.de', 'outlook.es', 'outlook.fr', 'outlook.it',
            'hotmail.com', 'hotmail.co.uk', 'hotmail.de', 'hotmail.es', 'hotmail.fr', 'hotmail.it',
            'live.com', 'live.ca', 'live.co.uk', 'live.de', 'live.dk', 'live.fr', 'live.it', 'live.nl', 'live.se',
            'msn.com', 'fastmail.com', 'fastmail.fm'
        )
        THEN coalesce(
            nullif(split_part(split_part(address, '@', 1), '+', 1), '') || '@' || split_part(address, '@', 2),
            address)
    ELSE address
END $$;
"""

# Leads of one mailbox in a campaign are merged: into the one that is spelled so already, else the first.
_ONE_SPELLING = """
UPDATE aicmo.leads l SET identity = aicmo.mailbox(l.email)
WHERE l.id IN (
        SELECT DISTINCT ON (campaign_id, aicmo.mailbox(email)) id FROM aicmo.leads
        WHERE email_status = 'valid' AND identity <> aicmo.mailbox(email)
        ORDER BY campaign_id, aicmo.mailbox(email), id
    )
    AND NOT EXISTS (
        SELECT FROM aicmo.leads o WHERE o.campaign_id = l.campaign_id AND o.identity = aicmo.mailbox(l.email)
    );
UPDATE aicmo.leads l SET merged_into = o.id FROM aicmo.leads o
WHERE l.email_status = 'valid' AND l.identity <> aicmo.mailbox(l.email)
    AND o.campaign_id = l.campaign_id AND o.identity = aicmo.mailbox(l.email);
DELETE FROM aicmo.lead_scores t USING aicmo.leads l WHERE l.id = t.lead_id AND l.merged_into IS NOT NULL;
DELETE FROM aicmo.lead_verdicts t USING aicmo.leads l WHERE l.id = t.lead_id AND l.merged_into IS NOT NULL;
DELETE FROM aicmo.lead_routes t USING aicmo.leads l WHERE l.id = t.lead_id AND l.merged_into IS NOT NULL;
DELETE FROM aicmo.suppressions WHERE kind = 'address' AND id NOT IN (
    SELECT DISTINCT ON (aicmo.mailbox(value)) id FROM aicmo.suppressions WHERE kind = 'address'
    ORDER BY aicmo.mailbox(value), reason = 'bounced', id
);
UPDATE aicmo.suppressions SET value = aicmo.mailbox(value)
WHERE kind = 'address' AND value <> aicmo.mailbox(value);
"""

# As in 0001, with the tables that are new.
_FORGET_DELETED_LEADS = """
CREATE OR REPLACE FUNCTION aicmo.forget_deleted_leads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(24937, c.campaign_id::int)
        FROM (SELECT DISTINCT campaign_id FROM gone ORDER BY 1) c;
    DELETE FROM aicmo.lead_scores t USING gone WHERE t.lead_id = gone.id;
    DELETE FROM aicmo.lead_verdicts t USING gone WHERE t.lead_id = gone.id;
    DELETE FROM aicmo.lead_routes t USING gone WHERE t.lead_id = gone.id;
    DELETE FROM aicmo.lead_enrichments t USING gone WHERE t.lead_id = gone.id;
    DELETE FROM aicmo.lead_keys t USING gone WHERE t.lead_id = gone.id;
    DELETE FROM aicmo.lead_changes t USING gone WHERE t.lead_id = gone.id;
    UPDATE aicmo.leads t SET merged_into = NULL FROM gone WHERE t.merged_into = gone.id;
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.create_table(
        "lead_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_label", sa.Text(), nullable=False),
        sa.Column("source_line", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=True, comment="the vendor request that answered"),
        sa.Column("lawful_basis", sa.Text(), nullable=False),
        sa.Column(
            "before",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="field -> value, of the fields that changed",
        ),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("lead_changes_pkey")),
        schema="aicmo",
        comment="Append-only: what changed in a lead after it was brought, and by whose word.",
    )
    op.create_index(
        "lead_changes_campaign_id_id_idx", "lead_changes", ["campaign_id", "id"], unique=False, schema="aicmo"
    )
    op.create_index(
        "lead_changes_lead_id_id_idx", "lead_changes", ["lead_id", "id"], unique=False, schema="aicmo"
    )
    op.create_table(
        "lead_enrichments",
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column(
            "missing", sa.ARRAY(sa.Text()), nullable=False, comment="wanted fields that nobody could tell"
        ),
        sa.Column("asked", sa.ARRAY(sa.Text()), nullable=False, comment="vendors asked, in order"),
        sa.Column("campaign_version", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("enriched_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('complete', 'pending', 'exhausted', 'waiting')",
            name=op.f("lead_enrichments_outcome_check"),
        ),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("lead_enrichments_pkey")),
        schema="aicmo",
        comment="How far the waterfall got; `waiting` for budget or for a vendor that could not be reached.",
    )
    op.create_table(
        "lead_keys",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "key", sa.BigInteger(), nullable=False, comment="hash of what probable duplicates have in common"
        ),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "key", "lead_id", name=op.f("lead_keys_pkey")),
        schema="aicmo",
    )
    op.create_index("lead_keys_lead_id_idx", "lead_keys", ["lead_id"], unique=False, schema="aicmo")
    op.create_table(
        "rate_limits",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False, comment="number of the newest slot of the window"),
        sa.Column("taken", sa.ARRAY(sa.Integer()), nullable=False, comment="requests by slot, newest first"),
        sa.Column(
            "blocked_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="the vendor said to wait until then",
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("rate_limits_pkey")),
        schema="aicmo",
        comment="Requests to vendors in windows of time, counted for all processes; see store/rate_limits.py.",
    )
    op.create_table(
        "account_aliases",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "alias", sa.Text(), nullable=False, comment="a domain, or company:<name> where a lead has none"
        ),
        sa.Column(
            "account", sa.Text(), nullable=False, comment="the domain or name that stands for the company"
        ),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("weights", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["aicmo.campaigns.id"], name=op.f("account_aliases_campaign_id_fkey")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "alias", name=op.f("account_aliases_pkey")),
        schema="aicmo",
        comment="Companies under several names or domains.",
    )
    op.create_table(
        "lead_matches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column(
            "weights",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="what was compared -> bits for or against",
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("survivor_id", sa.BigInteger(), nullable=True, comment="the lead that stayed, when merged"),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('merged', 'review', 'apart')", name=op.f("lead_matches_state_check")),
        sa.CheckConstraint("lead_id < other_id", name=op.f("lead_matches_order_check")),
        sa.CheckConstraint("probability BETWEEN 0 AND 1", name=op.f("lead_matches_probability_check")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["aicmo.campaigns.id"], name=op.f("lead_matches_campaign_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["aicmo.leads.id"], name=op.f("lead_matches_lead_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["aicmo.leads.id"], name=op.f("lead_matches_other_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("lead_matches_pkey")),
        sa.UniqueConstraint("lead_id", "other_id", name=op.f("lead_matches_lead_id_other_id_key")),
        schema="aicmo",
        comment="Pairs of leads that may be one person; `apart` is a person's word and is kept.",
    )
    op.create_index(
        "lead_matches_campaign_id_state_idx",
        "lead_matches",
        ["campaign_id", "state"],
        unique=False,
        schema="aicmo",
    )
    op.create_index("lead_matches_other_id_idx", "lead_matches", ["other_id"], unique=False, schema="aicmo")
    op.create_table(
        "match_marks",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False, comment="leads up to it have been compared"),
        sa.Column("change_id", sa.BigInteger(), nullable=False, comment="and so have changes up to it"),
        sa.Column("leads", sa.BigInteger(), nullable=False, comment="how many leads that were"),
        sa.Column(
            "since_accounts",
            sa.BigInteger(),
            nullable=False,
            comment="how many came or changed since companies were compared",
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["aicmo.campaigns.id"], name=op.f("match_marks_campaign_id_fkey")
        ),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("match_marks_pkey")),
        schema="aicmo",
    )
    op.create_table(
        "vendor_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("subjects", sa.Integer(), nullable=False, comment="how many people it asks about"),
        sa.Column("found", sa.Integer(), nullable=True, comment="how many of them the answer knew"),
        sa.Column(
            "credits",
            sa.Double(),
            nullable=False,
            comment="reserved while open or uncertain, charged when answered",
        ),
        sa.Column(
            "vendor_request_id",
            sa.Text(),
            nullable=True,
            comment="by which an answer that takes time is fetched",
        ),
        sa.Column("next_poll_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('sending', 'pending', 'answered', 'refused', 'uncertain')",
            name=op.f("vendor_requests_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["aicmo.campaigns.id"], name=op.f("vendor_requests_campaign_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("vendor_requests_pkey")),
        schema="aicmo",
        comment="Every request that costs something, written before it is made.",
    )
    op.create_index(
        "vendor_requests_open_idx",
        "vendor_requests",
        ["campaign_id", "id"],
        unique=False,
        schema="aicmo",
        postgresql_where=sa.text("state IN ('sending', 'pending')"),
    )
    op.create_index(
        "vendor_requests_spent_idx",
        "vendor_requests",
        ["campaign_id", "vendor", "id"],
        unique=False,
        schema="aicmo",
    )
    op.create_table(
        "vendor_answers",
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="whom it is about, as the vendor was asked"),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, comment="position in the request, from 0"),
        sa.Column(
            "record",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="fields of a lead in text; NULL = open, or nothing was found",
        ),
        sa.Column(
            "answered_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="NULL while the request is open or uncertain",
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["aicmo.vendor_requests.id"], name=op.f("vendor_answers_request_id_fkey")
        ),
        sa.PrimaryKeyConstraint("vendor", "operation", "subject", name=op.f("vendor_answers_pkey")),
        schema="aicmo",
        comment="Who is being asked about and what was answered: nobody pays twice for the same person.",
    )
    op.create_index(
        "vendor_answers_request_id_idx", "vendor_answers", ["request_id"], unique=False, schema="aicmo"
    )
    op.add_column("leads", sa.Column("street", sa.Text(), nullable=True), schema="aicmo")
    op.add_column("leads", sa.Column("postal_code", sa.Text(), nullable=True), schema="aicmo")
    op.add_column(
        "leads",
        sa.Column(
            "verification",
            sa.Text(),
            nullable=True,
            comment="whether a vendor says that the address takes mail",
        ),
        schema="aicmo",
    )
    op.add_column(
        "leads",
        sa.Column("lawful_basis", sa.Text(), server_default="legitimate_interests", nullable=False),
        schema="aicmo",
    )
    op.add_column(
        "leads",
        sa.Column("first_run_id", sa.Uuid(), nullable=True, comment="the run that brought the lead"),
        schema="aicmo",
    )
    op.add_column(
        "leads",
        sa.Column(
            "field_origins",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="field -> [source, time] where it is not the row's own origin",
        ),
        schema="aicmo",
    )
    op.add_column(
        "leads",
        sa.Column(
            "merged_into",
            sa.BigInteger(),
            nullable=True,
            comment="the lead that is the same person; this row is out of the stages",
        ),
        schema="aicmo",
    )
    op.create_index(
        "leads_merged_into_idx",
        "leads",
        ["merged_into"],
        unique=False,
        schema="aicmo",
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.add_column(
        "queued_leads",
        sa.Column("source", sa.Text(), server_default="manual", nullable=False),
        schema="aicmo",
    )
    op.add_column(
        "queued_leads",
        sa.Column(
            "delivery",
            sa.Text(),
            nullable=True,
            comment="the sender's key of the delivery and the place in it; taken once",
        ),
        schema="aicmo",
    )
    op.create_unique_constraint(
        op.f("queued_leads_campaign_id_source_delivery_key"),
        "queued_leads",
        ["campaign_id", "source", "delivery"],
        schema="aicmo",
    )
    op.add_column(
        "rejected_rows",
        sa.Column(
            "header",
            sa.ARRAY(sa.Text()),
            nullable=True,
            comment="the file's columns, where it has any",
        ),
        schema="aicmo",
    )
    op.add_column(
        "rejected_rows",
        sa.Column(
            "cells",
            postgresql.JSONB(),
            nullable=True,
            comment="the row's cells by column, where it could be split",
        ),
        schema="aicmo",
    )
    op.add_column(
        "rejected_rows",
        sa.Column(
            "mended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it came back, and was taken or rejected anew",
        ),
        schema="aicmo",
    )
    op.add_column(
        "rejected_rows",
        sa.Column("mended_run_id", sa.Uuid(), nullable=True, comment="the run in which it came back"),
        schema="aicmo",
    )
    op.create_check_constraint(
        op.f("leads_verification_check"),
        "leads",
        "verification IN ('valid', 'risky', 'invalid', 'unknown')",
        schema="aicmo",
    )
    op.create_check_constraint(
        op.f("queued_leads_source_check"), "queued_leads", "source IN ('manual', 'api')", schema="aicmo"
    )
    op.execute("UPDATE aicmo.leads SET first_run_id = run_id WHERE revision = 1")
    op.execute(_MAILBOX)
    op.execute(_ONE_SPELLING)
    op.execute(_LEAD_STATUS_VIEW)
    op.execute(_FORGET_DELETED_LEADS)
