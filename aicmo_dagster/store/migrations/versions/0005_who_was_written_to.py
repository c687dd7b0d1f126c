"""Mails to a person over all campaigns, their subjects and who opened them, and companies of which somebody has replied."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

# As before, but the key is put together once for good instead of once a call: 2 µs instead of 16.
_PADS = """
INSERT INTO aicmo.secrets (name, value) SELECT 'suppression pads',
    decode(string_agg(lpad(to_hex(get_byte(value, i) # 54), 2, '0'), '' ORDER BY i), 'hex')
    || decode(string_agg(lpad(to_hex(get_byte(value, i) # 92), 2, '0'), '' ORDER BY i), 'hex')
FROM aicmo.secrets, generate_series(0, 63) AS i WHERE name = 'suppression'
"""
_MAILBOX_HASH = """
CREATE OR REPLACE FUNCTION aicmo.mailbox_hash(address text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    pads bytea;
BEGIN
    SELECT value INTO pads FROM aicmo.secrets WHERE name = 'suppression pads';
    RETURN encode(sha256(
        substr(pads, 65) || sha256(substr(pads, 1, 64) || convert_to(aicmo.mailbox(address), 'UTF8'))
    ), 'hex');
END
$$
"""

# Mails of the last week were counted in `sends`; the caps of today and the ramps of mailboxes go on from there.
_STARTED = """
WITH started AS (
    SELECT CASE WHEN s.mode = 'simulation' THEN 'simulation ' ELSE '' END AS prefix, c.key, s.sender,
        (coalesce(s.started_at, s.sent_at) AT TIME ZONE coalesce(c.config->>'time_zone', 'UTC'))::date AS day,
        coalesce(split_part(coalesce(s.recipient, l.email), '@', 2), '') AS domain
    FROM aicmo.sends s JOIN aicmo.campaigns c ON c.id = s.campaign_id JOIN aicmo.leads l ON l.id = s.lead_id
    WHERE coalesce(s.started_at, s.sent_at) IS NOT NULL
)
"""
_COUNT_STARTED = (
    _STARTED
    + """
INSERT INTO aicmo.send_counts AS k (scope, key, day, started)
SELECT n.scope, n.key, s.day, count(*) FROM started s, LATERAL (VALUES
    ('campaign', s.prefix || s.key), ('mailbox', s.prefix || s.sender), ('domain', s.prefix || s.sender || ' ' || s.domain)
) AS n (scope, key)
WHERE s.day > current_date - 9 AND n.key IS NOT NULL GROUP BY 1, 2, 3
ON CONFLICT (scope, key, day) DO UPDATE SET started = greatest(k.started, excluded.started)
"""
)
_REMEMBER_MAILBOXES = (
    _STARTED
    + """
INSERT INTO aicmo.mailboxes AS m (address, first_day)
SELECT s.prefix || s.sender, min(s.day) FROM started s WHERE s.sender IS NOT NULL GROUP BY 1
ON CONFLICT (address) DO UPDATE SET first_day = least(m.first_day, excluded.first_day)
"""
)


def upgrade() -> None:
    op.execute(_COUNT_STARTED)
    op.execute(_REMEMBER_MAILBOXES)
    op.execute(_PADS)
    op.execute(_MAILBOX_HASH)
    op.add_column(
        "sends",
        sa.Column(
            "subject",
            sa.Text(),
            comment="as it was sent; the mails that follow it in its thread answer to it",
        ),
        schema="aicmo",
    )
    # A row of the ledger changes three times until it is sent, and each time in every index that it is in.
    op.drop_index("sends_open_idx", "sends", schema="aicmo")
    op.drop_index("sends_started_idx", "sends", schema="aicmo")
    op.drop_constraint("sends_message_id_key", "sends", schema="aicmo")
    op.create_index(
        "sends_started_idx",
        "sends",
        ["campaign_id", "started_at"],
        schema="aicmo",
        postgresql_where=sa.text("started_at IS NOT NULL"),
    )
    op.create_index(
        "sends_message_id_idx",
        "sends",
        ["message_id"],
        unique=True,
        schema="aicmo",
        postgresql_where=sa.text("message_id IS NOT NULL"),
    )
    op.create_index(
        "sends_recipient_idx",
        "sends",
        [sa.text("aicmo.mailbox(recipient)"), "started_at"],
        schema="aicmo",
        postgresql_where=sa.text("recipient IS NOT NULL"),
    )
    op.create_table(
        "tracking_hits",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("send_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "link",
            sa.SmallInteger(),
            nullable=True,
            comment="its place in the mail, from 0; NULL = the picture",
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False, comment="what kind of program asked"),
        sa.Column("headers_only", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["send_id"], ["aicmo.sends.id"], name=op.f("tracking_hits_send_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("tracking_hits_pkey")),
        schema="aicmo",
        comment="Requests for links and pictures of mails, which judge each other; never from where.",
    )
    op.create_index("tracking_hits_send_id_idx", "tracking_hits", ["send_id"], schema="aicmo")
    op.create_table(
        "stopped_accounts",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("account_domain", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["aicmo.campaigns.id"], name=op.f("stopped_accounts_campaign_id_fkey")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "account_domain", name=op.f("stopped_accounts_pkey")),
        schema="aicmo",
        comment="Companies of which somebody replied, where a reply stops the colleagues, too.",
    )
