"""Mails both ways: several mailboxes with counted caps, variants, what comes back, and who wants no more."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

_KINDS = (
    "opened", "clicked", "replied", "interested", "meeting", "bounced", "unsubscribed", "complained",
    "converted", "lost",
)  # fmt: skip
_NEW_KINDS = ("delivered", "soft_bounced", "auto_replied")

# HMAC-SHA-256 (RFC 2104), which PostgreSQL has only in an extension: the key is 64 bytes, so it needs no hash.
_MAILBOX_HASH = """
CREATE FUNCTION aicmo.mailbox_hash(address text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to(aicmo.mailbox(address), 'UTF8'))), 'hex')
    FROM (
        SELECT decode(string_agg(lpad(to_hex(get_byte(value, i) # 92), 2, '0'), '' ORDER BY i), 'hex') AS outer_pad,
            decode(string_agg(lpad(to_hex(get_byte(value, i) # 54), 2, '0'), '' ORDER BY i), 'hex') AS inner_pad
        FROM aicmo.secrets, generate_series(0, 63) AS i WHERE name = 'suppression'
    ) k
$$
"""


def upgrade() -> None:
    op.add_column(
        "campaigns",
        sa.Column("state_reason", sa.Text(), comment="why it was paused by itself"),
        schema="aicmo",
    )
    op.alter_column(
        "sends",
        "claimed_by",
        type_=sa.BigInteger(),
        postgresql_using="NULL",
        comment="number of the worker; its session holds a lock of that number",
        schema="aicmo",
    )
    op.alter_column(
        "sends",
        "sender",
        comment="address of the mailbox; chosen with the plan, kept for the lead",
        schema="aicmo",
    )
    op.execute("UPDATE aicmo.sends SET state = 'planned' WHERE state = 'claimed'")
    op.add_column(
        "sends",
        sa.Column(
            "priority",
            sa.REAL(),
            nullable=False,
            server_default="0",
            comment="the lead's score when it was planned",
        ),
        schema="aicmo",
    )
    op.add_column(
        "sends", sa.Column("variant", sa.Text(), comment="of the step; NULL = its own text"), schema="aicmo"
    )
    op.create_index(
        "sends_waiting_idx",
        "sends",
        ["campaign_id", "sender", "due_at", sa.literal_column("priority DESC"), "id"],
        schema="aicmo",
        postgresql_where=sa.text("state IN ('planned', 'held')"),
    )
    op.create_index(
        "sends_taken_idx",
        "sends",
        ["claimed_by"],
        schema="aicmo",
        postgresql_where=sa.text("state IN ('claimed', 'sending')"),
    )
    op.create_table(
        "send_counts",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column(
            "key",
            sa.Text(),
            nullable=False,
            comment="of the campaign, the mailbox, or the mailbox and a domain",
        ),
        sa.Column("day", sa.Date(), nullable=False, comment="by the campaign's clock"),
        sa.Column("started", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "scope IN ('campaign', 'mailbox', 'domain')", name=op.f("send_counts_scope_check")
        ),
        sa.PrimaryKeyConstraint("scope", "key", "day", name=op.f("send_counts_pkey")),
        schema="aicmo",
        comment="Mails started a day; what the caps are kept by.",
    )
    op.create_table(
        "mailboxes",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column(
            "first_day",
            sa.Date(),
            nullable=True,
            comment="on which it sent its first mail: the ramp counts from here",
        ),
        sa.Column(
            "next_at", sa.DateTime(timezone=True), nullable=True, comment="earliest time of its next mail"
        ),
        sa.Column(
            "troubles",
            sa.SmallInteger(),
            server_default="0",
            nullable=False,
            comment="connections failed in a row",
        ),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("address", name=op.f("mailboxes_pkey")),
        schema="aicmo",
        comment="What is remembered of a mailbox that mails are sent from.",
    )
    op.create_table(
        "sending_domains",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("selector", sa.Text(), nullable=False, comment="of the DKIM key; empty = none is known"),
        sa.Column(
            "findings",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="per check: good, bad or unknown, and why",
        ),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("domain", "selector", name=op.f("sending_domains_pkey")),
        schema="aicmo",
        comment="What DNS says of the domains that mails are sent from.",
    )
    op.create_table(
        "variant_winners",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Text(), nullable=False),
        sa.Column("sequence_version", sa.Integer(), nullable=False),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("chosen_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["aicmo.campaigns.id"], name=op.f("variant_winners_campaign_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "campaign_id", "sequence", "sequence_version", "step", name=op.f("variant_winners_pkey")
        ),
        schema="aicmo",
        comment="New leads get this variant of the step only.",
    )
    op.create_table(
        "lead_waits",
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["aicmo.leads.id"], name=op.f("lead_waits_lead_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("lead_waits_pkey")),
        schema="aicmo",
        comment="Leads that get no mail before a time, such as the end of a holiday.",
    )
    op.create_table(
        "opt_outs",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["aicmo.campaigns.id"], name=op.f("opt_outs_campaign_id_fkey")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "mailbox", name=op.f("opt_outs_pkey")),
        schema="aicmo",
        comment="People who want no more mails of this campaign.",
    )
    op.create_table(
        "mailbox_cursors",
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", "folder", name=op.f("mailbox_cursors_pkey")),
        schema="aicmo",
        comment="How far each folder was read.",
    )
    op.create_table(
        "received_messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column(
            "message_id",
            sa.Text(),
            nullable=False,
            comment="a hash of the headers where the message has none",
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=True),
        sa.Column("send_id", sa.BigInteger(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True, comment="of a reply"),
        sa.Column("confidence", sa.REAL(), nullable=True, comment="in the category"),
        sa.Column("words", sa.Text(), nullable=True, comment="what a person wrote, without what was quoted"),
        sa.Column(
            "detail",
            sa.Text(),
            nullable=True,
            comment="of a bounce: its class and the server's words; of an auto-reply: its kind",
        ),
        sa.Column("return_on", sa.Date(), nullable=True, comment="of an auto-reply"),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('reply', 'auto_reply', 'bounce', 'complaint', 'unsubscribe')",
            name=op.f("received_messages_kind_check"),
        ),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("received_messages_confidence_check")),
        sa.ForeignKeyConstraint(["lead_id"], ["aicmo.leads.id"], name=op.f("received_messages_lead_id_fkey")),
        sa.ForeignKeyConstraint(["send_id"], ["aicmo.sends.id"], name=op.f("received_messages_send_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("received_messages_pkey")),
        sa.UniqueConstraint("mailbox", "message_id", name=op.f("received_messages_mailbox_message_id_key")),
        schema="aicmo",
        comment="What came back to a mailbox and is about a mail of ours; nothing else is kept.",
    )
    op.create_table(
        "provider_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column(
            "event_key", sa.Text(), nullable=False, comment="what the provider tells its events apart by"
        ),
        sa.Column(
            "body", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="the event as it came"
        ),
        sa.Column(
            "kind", sa.Text(), nullable=True, comment="what it was taken for; NULL = nothing that concerns us"
        ),
        sa.Column("send_id", sa.BigInteger(), nullable=True),
        sa.Column("rules_version", sa.Integer(), nullable=True),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["send_id"], ["aicmo.sends.id"], name=op.f("provider_events_send_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("provider_events_pkey")),
        sa.UniqueConstraint("provider", "event_key", name=op.f("provider_events_provider_event_key_key")),
        schema="aicmo",
        comment="What providers report of mails, kept to be read again by newer rules.",
    )
    op.create_index("received_messages_lead_id_idx", "received_messages", ["lead_id"], schema="aicmo")
    for table, column, values in (
        ("suppressions", "kind", ("address", "domain", "hash")),
        ("engagement_events", "kind", (*_KINDS, *_NEW_KINDS)),
    ):
        op.drop_constraint(op.f(f"{table}_{column}_check"), table, schema="aicmo")
        op.create_check_constraint(
            op.f(f"{table}_{column}_check"), table, f"{column} IN {values}", schema="aicmo"
        )
    op.create_table_comment(
        "suppressions",
        "Nobody here gets a mail from any campaign. hash: `mailbox_hash` of an address that was erased.",
        schema="aicmo",
    )
    op.create_index("engagement_events_send_id_idx", "engagement_events", ["send_id"], schema="aicmo")
    op.execute(
        "INSERT INTO aicmo.secrets (name, value) SELECT 'suppression', "
        "decode(string_agg(replace(gen_random_uuid()::text, '-', ''), ''), 'hex') FROM generate_series(1, 4)"
    )
    op.execute(_MAILBOX_HASH)
    op.execute("CREATE SEQUENCE aicmo.send_workers")
