"""A table that leads of large campaigns are looked for by; what webhooks were told; what outcomes are worth."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

_FORGET_LEAD_SEARCH = """
CREATE FUNCTION aicmo.forget_lead_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM aicmo.lead_search t USING gone WHERE t.lead_id = gone.id;
    RETURN NULL;
END $$;
CREATE TRIGGER forget_lead_search AFTER DELETE ON aicmo.leads
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION aicmo.forget_lead_search();
"""
_SEARCHED = ("status", "tier", "verdict", "reason", "owner", "sequence", "source", "country", "domain")


def upgrade() -> None:
    # A delivery that a worker is at is due again when its lease is over.
    op.drop_column("webhook_deliveries", "lease_until", schema="aicmo")
    op.add_column(
        "engagement_events",
        sa.Column("value", sa.Numeric(14, 2), comment="what an outcome is worth, in whatever is counted in"),
        schema="aicmo",
    )
    op.create_check_constraint(
        op.f("engagement_events_value_check"), "engagement_events", "value >= 0", schema="aicmo"
    )
    op.create_table(
        "lead_search",
        sa.Column(
            "lead_id",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="a trigger on leads deletes the row with the lead",
        ),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False, comment="-1 of a lead without one"),
        sa.Column("harvested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text(collation="C")) for name in _SEARCHED),
        sa.Column(
            "words",
            postgresql.TSVECTOR(),
            nullable=False,
            comment="A: of the name, B: address, C: company, D: title",
        ),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("lead_search_pkey")),
        schema="aicmo",
        comment="What leads of large campaigns are looked for by, written behind their stages; "
        "see store/search_table.py.",
    )
    op.create_index("lead_search_id_idx", "lead_search", ["campaign_id", "lead_id"], schema="aicmo")
    op.create_index(
        "lead_search_score_idx", "lead_search", ["campaign_id", "score", "lead_id"], schema="aicmo"
    )
    for name in _SEARCHED:
        columns = ["campaign_id", name, "lead_id"]
        op.create_index(f"lead_search_{name}_idx", "lead_search", columns, schema="aicmo")
        columns.insert(2, "score")
        op.create_index(f"lead_search_{name}_score_idx", "lead_search", columns, schema="aicmo")
    for name in ("harvested_at", "updated_at"):
        op.create_index(f"lead_search_{name}_idx", "lead_search", ["campaign_id", name], schema="aicmo")
    op.create_index("lead_search_words_idx", "lead_search", ["words"], schema="aicmo", postgresql_using="gin")
    op.create_table(
        "lead_search_marks",
        sa.Column("campaign_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "xid", sa.BigInteger(), nullable=False, comment="what older transactions wrote is in lead_search"
        ),
        sa.Column(
            "changes",
            sa.ARRAY(sa.BigInteger()),
            nullable=False,
            comment="the server's counts of changes then",
        ),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("lead_search_marks_pkey")),
        schema="aicmo",
        comment="Campaigns that are looked through by lead_search; the others are small enough without.",
    )
    # Whether few leads are in a range decides which index is the short way.
    for name in ("score", "harvested_at", "updated_at"):
        op.execute(f"ALTER TABLE aicmo.lead_search ALTER {name} SET STATISTICS 1000")
    op.execute(_FORGET_LEAD_SEARCH)
