"""The application's tables. The migrations make them; this is what the code and the migration check refer to.

No stage writes a lead's status: the view `lead_status`, made by the migrations, derives it.
"""

from sqlalchemy import (
    ARRAY,
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from aicmo_dagster.campaign.config import CONSENTS, SIGNALS, VERIFICATIONS
from aicmo_dagster.campaign.crm import CRMS
from aicmo_dagster.campaign.icp import FUNDING_STAGES
from aicmo_dagster.campaign.scoring import EVENT_KINDS
from aicmo_dagster.campaign.tiers import TIERS
from aicmo_dagster.store.database import SCHEMA

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    },
)

_Time = DateTime(timezone=True)


SEARCHED = ("status", "tier", "verdict", "reason", "owner", "sequence", "source", "country", "domain")
"""Columns of lead_search whose values many leads share: each is indexed in either order of a list."""


def _now() -> Column[object]:
    return Column("created_at", _Time, nullable=False, server_default=func.now())


def _key() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def _campaign() -> Column[int]:
    return Column("campaign_id", BigInteger, ForeignKey(f"{SCHEMA}.campaigns.id"), nullable=False)


def _lead() -> Column[int]:
    return Column("lead_id", BigInteger, ForeignKey(f"{SCHEMA}.leads.id", ondelete="CASCADE"), nullable=False)


def _staged_lead() -> Column[int]:
    """The lead of a stage table, without a foreign key.

    PostgreSQL checks foreign keys row by row: 3-4 s per million rows and key, as much as the merge itself.
    Instead a trigger on `leads` waits for the stages of a campaign and removes the deleted leads' rows.
    """
    return Column("lead_id", BigInteger, nullable=False)


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


campaigns = Table(
    "campaigns",
    metadata,
    _key(),
    Column("key", Text, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False, server_default="active"),
    Column("mode", Text, nullable=False),
    Column("config", JSONB, nullable=False),
    _now(),
    Column("updated_at", _Time, nullable=False, server_default=func.now()),
    Column("state_reason", Text, comment="why it was paused by itself"),
    CheckConstraint("key ~ '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$'", name="key"),
    _one_of("state", ("draft", "active", "paused", "completed", "archived")),
    _one_of("mode", ("live", "simulation")),
)

campaign_versions = Table(
    "campaign_versions",
    metadata,
    _campaign(),
    Column("version", Integer, nullable=False),
    Column("config", JSONB, nullable=False),
    Column("base_folder", Text, comment="where relative paths of the document start"),
    Column("created_by", Text, nullable=False),
    _now(),
    Column("backtest", JSONB, comment="what it would have changed, found out when it was activated"),
    PrimaryKeyConstraint("campaign_id", "version"),
)

sequences = Table(
    "sequences",
    metadata,
    _campaign(),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("content", JSONB, nullable=False),
    _now(),
    PrimaryKeyConstraint("campaign_id", "name", "version"),
    comment="Every version a lead may still be in; rows are never changed.",
)

leads = Table(
    "leads",
    metadata,
    _key(),
    Column("campaign_id", BigInteger, nullable=False, comment="the campaign it belongs to"),
    Column("identity", Text, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("email", Text),
    Column("email_status", Text, nullable=False),
    Column("email_problem", Text),
    Column("email_domain", Text),
    Column("account_domain", Text),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("title", Text),
    Column("company", Text),
    Column("website", Text),
    Column("industry", Text),
    Column("employees", BigInteger),
    Column("company_size", Text),
    Column("revenue_usd", Double),
    Column("city", Text),
    Column("state", Text),
    Column("country", Text),
    Column("country_code", Text),
    Column("time_zone", Text),
    Column("phone", Text),
    Column("linkedin_url", Text),
    *(Column(signal, Boolean) for signal in SIGNALS),
    Column("extra", JSONB),
    Column("source", Text, nullable=False),
    Column("source_label", Text, nullable=False, comment="file name, or what the source calls itself"),
    Column("source_line", BigInteger, nullable=False),
    Column("run_id", Uuid, nullable=False, comment="the run that last changed the row"),
    Column("harvested_at", _Time, nullable=False),
    Column("updated_at", _Time, nullable=False),
    Column("street", Text),
    Column("postal_code", Text),
    Column("verification", Text, comment="whether a vendor says that the address takes mail"),
    Column("lawful_basis", Text, nullable=False, server_default="legitimate_interests"),
    Column("first_run_id", Uuid, comment="the run that brought the lead"),
    Column("field_origins", JSONB, comment="field -> [source, time] where it is not the row's own origin"),
    Column(
        "merged_into", BigInteger, comment="the lead that is the same person; this row is out of the stages"
    ),
    Column("department", Text),
    Column("technologies", Text),
    Column("keywords", Text),
    Column("founded_year", BigInteger),
    Column("funding_stage", Text),
    Column("headcount_growth", Double, comment="in a year; 0.2 = 20 %"),
    Column("job_started_on", Date),
    Column("open_positions", Text),
    Column("technology_change", Boolean),
    Column("company_in_news", Boolean),
    Column("website_visits", BigInteger, comment="of the company in the last thirty days"),
    Column("consent", Text, comment="how the person agreed to be written to"),
    Column("consent_on", Date),
    UniqueConstraint("identity", "campaign_id"),
    _one_of("funding_stage", FUNDING_STAGES),
    _one_of("consent", CONSENTS),
    _one_of("email_status", ("valid", "invalid", "missing")),
    _one_of("verification", VERIFICATIONS),
    CheckConstraint("email IS NOT NULL OR email_status = 'missing'", name="email"),
    comment="A person in a campaign. The same identity in several campaigns is one contact.",
)
Index("leads_campaign_id_id_idx", leads.c.campaign_id, leads.c.id)

Index("leads_merged_into_idx", leads.c.merged_into, postgresql_where=leads.c.merged_into.is_not(None))

lead_changes = Table(
    "lead_changes",
    metadata,
    _key(),
    Column("campaign_id", BigInteger, nullable=False),
    Column("lead_id", BigInteger, nullable=False),
    Column("changed_at", _Time, nullable=False),
    Column("run_id", Uuid, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_label", Text, nullable=False),
    Column("source_line", BigInteger, nullable=False),
    Column("request_id", BigInteger, comment="the vendor request that answered"),
    Column("lawful_basis", Text, nullable=False),
    Column("before", JSONB, nullable=False, comment="field -> value, of the fields that changed"),
    Column("after", JSONB, nullable=False),
    comment="Append-only: what changed in a lead after it was brought, and by whose word.",
)
Index("lead_changes_lead_id_id_idx", lead_changes.c.lead_id, lead_changes.c.id)
Index("lead_changes_campaign_id_id_idx", lead_changes.c.campaign_id, lead_changes.c.id)

vendor_requests = Table(
    "vendor_requests",
    metadata,
    _key(),
    _campaign(),
    Column("run_id", Uuid, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("subjects", Integer, nullable=False, comment="how many people it asks about"),
    Column("found", Integer, comment="how many of them the answer knew"),
    Column(
        "credits", Double, nullable=False, comment="reserved while open or uncertain, charged when answered"
    ),
    Column("vendor_request_id", Text, comment="by which an answer that takes time is fetched"),
    Column("next_poll_at", _Time),
    Column("error", Text),
    _now(),
    Column("finished_at", _Time),
    _one_of("state", ("sending", "pending", "answered", "refused", "uncertain")),
    comment="Every request that costs something, written before it is made.",
)
Index(
    "vendor_requests_spent_idx", vendor_requests.c.campaign_id, vendor_requests.c.vendor, vendor_requests.c.id
)
Index(
    "vendor_requests_open_idx",
    vendor_requests.c.campaign_id,
    vendor_requests.c.id,
    postgresql_where=text("state IN ('sending', 'pending')"),
)

vendor_answers = Table(
    "vendor_answers",
    metadata,
    Column("vendor", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("subject", Text, nullable=False, comment="whom it is about, as the vendor was asked"),
    Column("request_id", BigInteger, ForeignKey(f"{SCHEMA}.vendor_requests.id"), nullable=False),
    Column("place", Integer, nullable=False, comment="position in the request, from 0"),
    Column("record", JSONB, comment="fields of a lead in text; NULL = open, or nothing was found"),
    Column("answered_at", _Time, comment="NULL while the request is open or uncertain"),
    PrimaryKeyConstraint("vendor", "operation", "subject"),
    comment="Who is being asked about and what was answered: nobody pays twice for the same person.",
)
Index("vendor_answers_request_id_idx", vendor_answers.c.request_id)

rate_limits = Table(
    "rate_limits",
    metadata,
    Column("name", Text, primary_key=True),
    Column("slot", BigInteger, nullable=False, comment="number of the newest slot of the window"),
    Column("taken", ARRAY(Integer), nullable=False, comment="requests by slot, newest first"),
    Column("blocked_until", _Time, comment="the vendor said to wait until then"),
    comment="Requests to vendors in windows of time, counted for all processes; see store/rate_limits.py.",
)

lead_enrichments = Table(
    "lead_enrichments",
    metadata,
    _staged_lead(),
    Column("outcome", Text, nullable=False),
    Column("missing", ARRAY(Text), nullable=False, comment="wanted fields that nobody could tell"),
    Column("asked", ARRAY(Text), nullable=False, comment="vendors asked, in order"),
    Column("campaign_version", Integer, nullable=False),
    Column("run_id", Uuid, nullable=False),
    Column("enriched_at", _Time, nullable=False),
    PrimaryKeyConstraint("lead_id"),
    _one_of("outcome", ("complete", "pending", "exhausted", "waiting")),
    comment="How far the waterfall got; `waiting` for budget or for a vendor that could not be reached.",
)

lead_keys = Table(
    "lead_keys",
    metadata,
    Column("campaign_id", BigInteger, nullable=False),
    Column("key", BigInteger, nullable=False, comment="hash of what probable duplicates have in common"),
    Column("lead_id", BigInteger, nullable=False),
    PrimaryKeyConstraint("campaign_id", "key", "lead_id"),
)
Index("lead_keys_lead_id_idx", lead_keys.c.lead_id)

match_marks = Table(
    "match_marks",
    metadata,
    Column("campaign_id", BigInteger, ForeignKey(f"{SCHEMA}.campaigns.id"), primary_key=True),
    Column("lead_id", BigInteger, nullable=False, comment="leads up to it have been compared"),
    Column("change_id", BigInteger, nullable=False, comment="and so have changes up to it"),
    Column("leads", BigInteger, nullable=False, comment="how many leads that were"),
    Column(
        "since_accounts",
        BigInteger,
        nullable=False,
        comment="how many came or changed since companies were compared",
    ),
)

lead_matches = Table(
    "lead_matches",
    metadata,
    _key(),
    _campaign(),
    _lead(),
    Column("other_id", BigInteger, ForeignKey(f"{SCHEMA}.leads.id", ondelete="CASCADE"), nullable=False),
    Column("probability", Double, nullable=False),
    Column("weights", JSONB, nullable=False, comment="what was compared -> bits for or against"),
    Column("state", Text, nullable=False),
    Column("survivor_id", BigInteger, comment="the lead that stayed, when merged"),
    Column("decided_by", Text),
    Column("decided_at", _Time),
    Column("run_id", Uuid, nullable=False),
    _now(),
    UniqueConstraint("lead_id", "other_id"),
    CheckConstraint("lead_id < other_id", name="order"),
    CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
    _one_of("state", ("merged", "review", "apart")),
    comment="Pairs of leads that may be one person; `apart` is a person's word and is kept.",
)
Index("lead_matches_other_id_idx", lead_matches.c.other_id)
Index("lead_matches_campaign_id_state_idx", lead_matches.c.campaign_id, lead_matches.c.state)

account_aliases = Table(
    "account_aliases",
    metadata,
    _campaign(),
    Column("alias", Text, nullable=False, comment="a domain, or company:<name> where a lead has none"),
    Column("account", Text, nullable=False, comment="the domain or name that stands for the company"),
    Column("probability", Double, nullable=False),
    Column("weights", JSONB, nullable=False),
    Column("run_id", Uuid, nullable=False),
    _now(),
    PrimaryKeyConstraint("campaign_id", "alias"),
    comment="Companies under several names or domains.",
)

rejected_rows = Table(
    "rejected_rows",
    metadata,
    _key(),
    _campaign(),
    Column("source", Text, nullable=False),
    Column("source_label", Text, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("field", Text),
    Column("reason", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("run_id", Uuid, nullable=False),
    _now(),
    Column("header", ARRAY(Text), comment="the file's columns, where it has any"),
    Column("cells", JSONB, comment="the row's cells by column, where it could be split"),
    Column("mended_at", _Time, comment="when it came back, and was taken or rejected anew"),
    Column("mended_run_id", Uuid, comment="the run in which it came back"),
)
Index(
    "rejected_rows_once_key",
    rejected_rows.c.campaign_id,
    rejected_rows.c.source_label,
    rejected_rows.c.line,
    func.md5(rejected_rows.c.reason + rejected_rows.c.raw),
    unique=True,
)

queued_leads = Table(
    "queued_leads",
    metadata,
    _key(),
    _campaign(),
    Column("record", JSONB, nullable=False),
    Column("added_by", Text, nullable=False),
    _now(),
    Column("taken_run_id", Uuid, comment="the run that harvested it; each is taken once"),
    Column("source", Text, nullable=False, server_default="manual"),
    Column("delivery", Text, comment="the sender's key of the delivery and the place in it; taken once"),
    UniqueConstraint("campaign_id", "source", "delivery"),
    _one_of("source", ("manual", "api")),
)
Index(
    "queued_leads_waiting_idx",
    queued_leads.c.campaign_id,
    queued_leads.c.id,
    postgresql_where=queued_leads.c.taken_run_id.is_(None),
)

source_attempts = Table(
    "source_attempts",
    metadata,
    _key(),
    _campaign(),
    Column("run_id", Uuid, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_label", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("error", Text),
    Column("discovered", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("inserted", BigInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("unchanged", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("credits", Double, nullable=False),
    Column("duration_s", Double, nullable=False),
    _now(),
    _one_of("outcome", ("succeeded", "empty", "failed", "not_configured")),
)
Index("source_attempts_campaign_id_id_idx", source_attempts.c.campaign_id, source_attempts.c.id)

lead_scores = Table(
    "lead_scores",
    metadata,
    _staged_lead(),
    Column("icp_fit", Double, nullable=False),
    Column("opportunity", Double, nullable=False),
    Column("score", Double, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("tier", Text, nullable=False),
    Column("dimensions", ARRAY(REAL), nullable=False, comment="in the model's order; NULL = unknown"),
    Column("model", Text, nullable=False),
    Column("model_version", Integer, nullable=False),
    Column("campaign_version", Integer, nullable=False),
    Column("run_id", Uuid, nullable=False),
    Column("scored_at", _Time, nullable=False),
    Column("lead_revision", Integer, comment="the facts it was scored on; NULL = before this was kept"),
    Column("conversion_model", Integer, comment="number of the predictive model that had a part in it"),
    PrimaryKeyConstraint("lead_id"),
    _one_of("tier", TIERS),
    CheckConstraint("icp_fit BETWEEN 0 AND 1", name="icp_fit"),
    CheckConstraint("opportunity BETWEEN 0 AND 1", name="opportunity"),
    CheckConstraint("score BETWEEN 0 AND 1", name="score"),
    CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
)

lead_verdicts = Table(
    "lead_verdicts",
    metadata,
    _staged_lead(),
    Column("verdict", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("failed", ARRAY(Text), nullable=False),
    Column("intent", Double, nullable=False),
    Column("rules_version", Integer, nullable=False),
    Column("campaign_version", Integer, nullable=False),
    Column("run_id", Uuid, nullable=False),
    Column("judged_at", _Time, nullable=False),
    Column("lead_revision", Integer, comment="the facts it was judged on; NULL = before this was kept"),
    Column(
        "since", _Time, nullable=False, server_default=func.now(), comment="since when it is this verdict"
    ),
    PrimaryKeyConstraint("lead_id"),
    _one_of("verdict", ("qualified", "manual_review", "rejected")),
)

reviews = Table(
    "reviews",
    metadata,
    _key(),
    _lead(),
    Column("lead_revision", Integer, nullable=False, comment="the facts it was decided on"),
    Column("decision", Text, nullable=False),
    Column("reason", Text),
    Column("reviewer", Text, nullable=False),
    _now(),
    Column("until", _Time, comment="of a snooze: when the lead waits again"),
    _one_of("decision", ("approve", "reject", "snooze")),
    CheckConstraint("(decision = 'snooze') = (until IS NOT NULL)", name="until"),
)
Index("reviews_lead_id_id_idx", reviews.c.lead_id, reviews.c.id)

lead_routes = Table(
    "lead_routes",
    metadata,
    _staged_lead(),
    Column("tier", Text, nullable=False),
    Column("routing_score", Double, nullable=False),
    Column("intent_lifted", Boolean, nullable=False),
    Column("sequence", Text, nullable=False),
    Column("sequence_version", Integer, nullable=False),
    Column("owner", Text, nullable=False),
    Column("owner_reason", Text, nullable=False),
    Column("rules_version", Integer, nullable=False),
    Column("campaign_version", Integer, nullable=False),
    Column("run_id", Uuid, nullable=False),
    Column("enrolled_at", _Time, nullable=False),
    Column("left_at", _Time, comment="when the lead left the sequence"),
    PrimaryKeyConstraint("lead_id"),
    _one_of("tier", TIERS),
)

sends = Table(
    "sends",
    metadata,
    _key(),
    _campaign(),
    _lead(),
    Column("sequence", Text, nullable=False),
    Column("sequence_version", Integer, nullable=False),
    Column("step", SmallInteger, nullable=False),
    Column("state", Text, nullable=False, server_default="planned"),
    Column("due_at", _Time, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("next_try_at", _Time, comment="of a held send"),
    Column("reason", Text, comment="why it is held, failed, skipped or uncertain"),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("claimed_by", BigInteger, comment="number of the worker; its session holds a lock of that number"),
    Column("lease_until", _Time),
    Column("mode", Text),
    Column("sender", Text, comment="address of the mailbox; chosen with the plan, kept for the lead"),
    Column("recipient", Text),
    Column("message_id", Text),
    Column("reply", Text, comment="the server's last words"),
    Column("started_at", _Time, comment="when `sending` was committed; counts against the daily cap"),
    Column("sent_at", _Time),
    Column("run_id", Uuid, nullable=False),
    _now(),
    Column(
        "priority", REAL, nullable=False, server_default="0", comment="the lead's score when it was planned"
    ),
    Column("variant", Text, comment="of the step; NULL = its own text"),
    Column("subject", Text, comment="as it was sent; the mails that follow it in its thread answer to it"),
    UniqueConstraint("lead_id", "sequence", "sequence_version", "step"),
    _one_of("state", ("planned", "claimed", "sending", "sent", "held", "failed", "uncertain", "skipped")),
    CheckConstraint("state <> 'sent' OR sent_at IS NOT NULL", name="sent_at"),
)
Index(
    "sends_started_idx",
    sends.c.campaign_id,
    sends.c.started_at,
    postgresql_where=sends.c.started_at.is_not(None),
)
Index(
    "sends_message_id_idx",
    sends.c.message_id,
    unique=True,
    postgresql_where=sends.c.message_id.is_not(None),
)
Index(
    "sends_waiting_idx",
    sends.c.campaign_id,
    sends.c.sender,
    sends.c.due_at,
    sends.c.priority.desc(),
    sends.c.id,
    postgresql_where=text("state IN ('planned', 'held')"),
)
Index(
    "sends_recipient_idx",
    text("aicmo.mailbox(recipient)"),
    sends.c.started_at,
    postgresql_where=sends.c.recipient.is_not(None),
)
Index("sends_taken_idx", sends.c.claimed_by, postgresql_where=text("state IN ('claimed', 'sending')"))

send_counts = Table(
    "send_counts",
    metadata,
    Column("scope", Text, nullable=False),
    Column("key", Text, nullable=False, comment="of the campaign, the mailbox, or the mailbox and a domain"),
    Column("day", Date, nullable=False, comment="by the campaign's clock"),
    Column("started", Integer, nullable=False),
    PrimaryKeyConstraint("scope", "key", "day"),
    _one_of("scope", ("campaign", "mailbox", "domain")),
    comment="Mails started a day; what the caps are kept by.",
)
mailboxes = Table(
    "mailboxes",
    metadata,
    Column("address", Text, primary_key=True),
    Column("first_day", Date, comment="on which it sent its first mail: the ramp counts from here"),
    Column("next_at", _Time, comment="earliest time of its next mail"),
    Column(
        "troubles", SmallInteger, nullable=False, server_default="0", comment="connections failed in a row"
    ),
    Column("held_until", _Time),
    Column("held_reason", Text),
    comment="What is remembered of a mailbox that mails are sent from.",
)
sending_domains = Table(
    "sending_domains",
    metadata,
    Column("domain", Text, nullable=False),
    Column("selector", Text, nullable=False, comment="of the DKIM key; empty = none is known"),
    Column("findings", JSONB, nullable=False, comment="per check: good, bad or unknown, and why"),
    Column("checked_at", _Time, nullable=False),
    PrimaryKeyConstraint("domain", "selector"),
    comment="What DNS says of the domains that mails are sent from.",
)
variant_winners = Table(
    "variant_winners",
    metadata,
    _campaign(),
    Column("sequence", Text, nullable=False),
    Column("sequence_version", Integer, nullable=False),
    Column("step", SmallInteger, nullable=False),
    Column("variant", Text, nullable=False),
    Column("chosen_by", Text, nullable=False),
    _now(),
    PrimaryKeyConstraint("campaign_id", "sequence", "sequence_version", "step"),
    comment="New leads get this variant of the step only.",
)
lead_waits = Table(
    "lead_waits",
    metadata,
    _lead(),
    Column("until", _Time, nullable=False),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("lead_id"),
    comment="Leads that get no mail before a time, such as the end of a holiday.",
)

suppressions = Table(
    "suppressions",
    metadata,
    _key(),
    Column("kind", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    _now(),
    UniqueConstraint("kind", "value"),
    _one_of("kind", ("address", "domain", "hash")),
    comment="Nobody here gets a mail from any campaign. hash: `mailbox_hash` of an address that was erased.",
)
stopped_accounts = Table(
    "stopped_accounts",
    metadata,
    _campaign(),
    Column("account_domain", Text, nullable=False),
    _now(),
    PrimaryKeyConstraint("campaign_id", "account_domain"),
    comment="Companies of which somebody replied, where a reply stops the colleagues, too.",
)
opt_outs = Table(
    "opt_outs",
    metadata,
    _campaign(),
    Column("mailbox", Text, nullable=False),
    _now(),
    PrimaryKeyConstraint("campaign_id", "mailbox"),
    comment="People who want no more mails of this campaign.",
)

engagement_events = Table(
    "engagement_events",
    metadata,
    _key(),
    _lead(),
    Column("send_id", BigInteger, ForeignKey(f"{SCHEMA}.sends.id")),
    Column("kind", Text, nullable=False),
    Column("happened_at", _Time, nullable=False),
    _now(),
    Column("human", REAL, comment="probability that a person did it; NULL = certain"),
    Column("value", Numeric(14, 2), comment="what an outcome is worth, in whatever is counted in"),
    UniqueConstraint("lead_id", "kind", "happened_at"),
    _one_of("kind", EVENT_KINDS),
    CheckConstraint("human BETWEEN 0 AND 1", name="human"),
    CheckConstraint("value >= 0", name="value"),
)
Index("engagement_events_created_at_idx", engagement_events.c.created_at)
Index("engagement_events_send_id_idx", engagement_events.c.send_id)

tracking_hits = Table(
    "tracking_hits",
    metadata,
    _key(),
    Column("send_id", BigInteger, ForeignKey(f"{SCHEMA}.sends.id", ondelete="CASCADE"), nullable=False),
    Column("link", SmallInteger, comment="its place in the mail, from 0; NULL = the picture"),
    Column("at", _Time, nullable=False),
    Column("agent", Text, nullable=False, comment="what kind of program asked"),
    Column("headers_only", Boolean, nullable=False),
    comment="Requests for links and pictures of mails, which judge each other; never from where.",
)
Index("tracking_hits_send_id_idx", tracking_hits.c.send_id)

mailbox_cursors = Table(
    "mailbox_cursors",
    metadata,
    Column("mailbox", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("uid_validity", BigInteger, nullable=False),
    Column("last_uid", BigInteger, nullable=False),
    Column("read_at", _Time, nullable=False),
    PrimaryKeyConstraint("mailbox", "folder"),
    comment="How far each folder was read.",
)
received_messages = Table(
    "received_messages",
    metadata,
    _key(),
    Column("mailbox", Text, nullable=False),
    Column("message_id", Text, nullable=False, comment="a hash of the headers where the message has none"),
    Column("kind", Text, nullable=False),
    Column("lead_id", BigInteger, ForeignKey(f"{SCHEMA}.leads.id")),
    Column("send_id", BigInteger, ForeignKey(f"{SCHEMA}.sends.id")),
    Column("category", Text, comment="of a reply"),
    Column("confidence", REAL, comment="in the category"),
    Column("words", Text, comment="what a person wrote, without what was quoted"),
    Column(
        "detail", Text, comment="of a bounce: its class and the server's words; of an auto-reply: its kind"
    ),
    Column("return_on", Date, comment="of an auto-reply"),
    Column("received_at", _Time, nullable=False),
    Column("rules_version", Integer, nullable=False),
    Column("reviewed_by", Text),
    Column("reviewed_at", _Time),
    _now(),
    UniqueConstraint("mailbox", "message_id"),
    _one_of("kind", ("reply", "auto_reply", "bounce", "complaint", "unsubscribe")),
    CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
    comment="What came back to a mailbox and is about a mail of ours; nothing else is kept.",
)
Index("received_messages_lead_id_idx", received_messages.c.lead_id)
provider_events = Table(
    "provider_events",
    metadata,
    _key(),
    Column("provider", Text, nullable=False),
    Column("event_key", Text, nullable=False, comment="what the provider tells its events apart by"),
    Column("body", JSONB, nullable=False, comment="the event as it came"),
    Column("kind", Text, comment="what it was taken for; NULL = nothing that concerns us"),
    Column("send_id", BigInteger, ForeignKey(f"{SCHEMA}.sends.id")),
    Column("rules_version", Integer),
    Column("processed_at", _Time),
    _now(),
    UniqueConstraint("provider", "event_key"),
    comment="What providers report of mails, kept to be read again by newer rules.",
)

mail_domains = Table(
    "mail_domains",
    metadata,
    Column("domain", Text, primary_key=True),
    Column("takes_mail", Boolean, nullable=False),
    Column("detail", Text, nullable=False, comment="the host that takes it, or why nobody does"),
    Column("checked_at", _Time, nullable=False),
    comment="What DNS says of the domains of addresses; one that could not be asked about has no row.",
)

conversion_models = Table(
    "conversion_models",
    metadata,
    _key(),
    _campaign(),
    Column("number", Integer, nullable=False, comment="1, 2, ... in the campaign"),
    Column("trained_at", _Time, nullable=False),
    Column("algorithm", Text),
    Column("leads", Integer, nullable=False, comment="with a known outcome"),
    Column("conversions", Integer, nullable=False),
    Column("metrics", JSONB, nullable=False),
    Column("content", JSONB, comment="what predicts; NULL where there was too little to train on"),
    Column("problem", Text, comment="why it is not used; NULL = it is, until a newer one is"),
    Column("campaign_version", Integer, nullable=False),
    Column("run_id", Uuid, nullable=False),
    _now(),
    UniqueConstraint("campaign_id", "number"),
    comment="Every predictive model that was trained; rows are never changed but for `problem`.",
)

run_requests = Table(
    "run_requests",
    metadata,
    _key(),
    _campaign(),
    Column("job", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    _now(),
    Column("state", Text, nullable=False, server_default="requested"),
    Column("dagster_run_id", Text),
    Column("finished_at", _Time),
    Column(
        "public_id",
        Uuid,
        nullable=False,
        unique=True,
        server_default=text("gen_random_uuid()"),
        comment="the run's name at the REST API, before Dagster has one for it",
    ),
    Column("batch_size", Integer),
    Column("timeout_minutes", Integer),
    Column(
        "queued",
        Boolean,
        nullable=False,
        server_default=text("true"),
        comment="may wait behind other runs of its campaign",
    ),
    Column("idempotency_key", Text, comment="asked again with the same one, it is this run"),
    _one_of("state", ("requested", "launched", "succeeded", "failed", "canceled")),
    comment="The outbox: a sensor turns each row into one Dagster run.",
)
Index(
    "run_requests_once_key",
    run_requests.c.requested_by,
    run_requests.c.idempotency_key,
    unique=True,
    postgresql_where=text("idempotency_key IS NOT NULL"),
)
Index(
    "run_requests_alone_key",
    run_requests.c.campaign_id,
    unique=True,
    postgresql_where=text("NOT queued AND state IN ('requested', 'launched')"),
)
Index("run_requests_campaign_id_idx", run_requests.c.campaign_id, run_requests.c.id)
Index(
    "run_requests_open_idx",
    run_requests.c.id,
    postgresql_where=text("state IN ('requested', 'launched')"),
)

schedules = Table(
    "schedules",
    metadata,
    _key(),
    _campaign(),
    Column("job", Text, nullable=False),
    Column("cron", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("batch_size", Integer),
    Column("timeout_minutes", Integer),
    Column("enabled", Boolean, nullable=False),
    Column("created_by", Text, nullable=False),
    _now(),
    Column("updated_at", _Time, nullable=False, server_default=func.now()),
    UniqueConstraint("campaign_id", "job"),
    comment="When jobs of a campaign run, beside or instead of the daily run of its document.",
)

api_keys = Table(
    "api_keys",
    metadata,
    _key(),
    Column("name", Text, nullable=False),
    Column("shown", Text, nullable=False, comment="its first characters, to know it by"),
    Column("hash", LargeBinary, nullable=False, unique=True, comment="SHA-256; the key itself is not kept"),
    Column("role", Text, nullable=False),
    Column("campaign_ids", ARRAY(BigInteger), comment="those that it may see; NULL = all"),
    Column("requests_per_minute", Integer, nullable=False),
    Column("created_by", Text, nullable=False),
    _now(),
    Column("expires_at", _Time),
    Column("revoked_at", _Time),
    Column("last_used_at", _Time),
    _one_of("role", ("viewer", "reviewer", "operator", "admin")),
)

crm_records = Table(
    "crm_records",
    metadata,
    _campaign(),
    _lead(),
    Column("crm", Text, nullable=False),
    Column("fingerprint", Text, nullable=False, comment="hash of all that it was told, or refused, last"),
    Column("vendor_id", Text, comment="number of the record there"),
    Column("state", Text, nullable=False),
    Column("error", Text, comment="codes and names of fields, never their values"),
    Column("attempts", Integer, nullable=False, comment="failed in a row with this content"),
    Column("next_try_at", _Time),
    Column("pushed_at", _Time, comment="when it last took all"),
    PrimaryKeyConstraint("lead_id", "crm"),
    _one_of("crm", CRMS),
    _one_of("state", ("synced", "failed")),
    comment="What each CRM knows of each lead.",
)
Index("crm_records_campaign_id_crm_idx", crm_records.c.campaign_id, crm_records.c.crm)

webhooks = Table(
    "webhooks",
    metadata,
    _key(),
    Column("url", Text, nullable=False),
    Column("events", ARRAY(Text), nullable=False, comment="those that it is told of"),
    Column(
        "campaign_id",
        BigInteger,
        ForeignKey(f"{SCHEMA}.campaigns.id"),
        comment="of this one alone; NULL = all",
    ),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("disabled_reason", Text, comment="why it was switched off by itself"),
    Column("failures", Integer, nullable=False, server_default="0", comment="of the receiver, in a row"),
    Column("not_before", _Time, comment="the receiver does not answer: it is left alone until then"),
    Column("created_by", Text, nullable=False),
    _now(),
    comment="Receivers that are told of what happens.",
)

webhook_secrets = Table(
    "webhook_secrets",
    metadata,
    Column("webhook_id", BigInteger, ForeignKey(f"{SCHEMA}.webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    _now(),
    Column("expires_at", _Time, comment="of one that was replaced"),
    PrimaryKeyConstraint("webhook_id", "secret"),
    # In a table of their own, without text: the export of a person shows whole rows of others.
    comment="What messages are signed with.",
)

webhook_messages = Table(
    "webhook_messages",
    metadata,
    Column(
        "id",
        Uuid,
        primary_key=True,
        server_default=text("gen_random_uuid()"),
        comment="the header webhook-id",
    ),
    Column("event", Text, nullable=False),
    Column("campaign_id", BigInteger),
    Column("lead_id", BigInteger, comment="whom it is about; a trigger on leads deletes it with the lead"),
    Column("happened_key", Text, nullable=False, unique=True, comment="the same happening is one message"),
    Column("payload", JSONB, nullable=False),
    _now(),
    comment="What happened and is to be told, written with it in one transaction.",
)
Index(
    "webhook_messages_lead_id_idx",
    webhook_messages.c.lead_id,
    postgresql_where=webhook_messages.c.lead_id.is_not(None),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    _key(),
    Column(
        "message_id", Uuid, ForeignKey(f"{SCHEMA}.webhook_messages.id", ondelete="CASCADE"), nullable=False
    ),
    Column("webhook_id", BigInteger, ForeignKey(f"{SCHEMA}.webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("since", _Time, nullable=False, server_default=func.now(), comment="the day of tries begins"),
    Column("attempts", Integer, nullable=False, server_default="0", comment="in that day"),
    Column("next_try_at", _Time, nullable=False, server_default=func.now()),
    Column("tried_at", _Time),
    Column("status", Integer, comment="HTTP status of the last answer"),
    Column("error", Text, comment="of the last try; never what the receiver wrote"),
    Column("delivered_at", _Time),
    UniqueConstraint("message_id", "webhook_id"),
    _one_of("state", ("waiting", "delivered", "dead")),
)
Index("webhook_deliveries_webhook_id_id_idx", webhook_deliveries.c.webhook_id, webhook_deliveries.c.id)
Index(
    "webhook_deliveries_waiting_idx",
    webhook_deliveries.c.webhook_id,
    webhook_deliveries.c.next_try_at,
    webhook_deliveries.c.id,
    postgresql_where=text("state = 'waiting'"),
)
Index("webhook_deliveries_dead_idx", webhook_deliveries.c.id, postgresql_where=text("state = 'dead'"))

audit_log = Table(
    "audit_log",
    metadata,
    _key(),
    _now(),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("before", JSONB),
    Column("after", JSONB),
)
Index("audit_log_subject_idx", audit_log.c.subject, audit_log.c.id)

lead_search = Table(
    "lead_search",
    metadata,
    Column(
        "lead_id",
        BigInteger,
        autoincrement=False,
        nullable=False,
        comment="a trigger on leads deletes the row with the lead",
    ),
    Column("campaign_id", BigInteger, nullable=False),
    Column("score", Double, nullable=False, comment="-1 of a lead without one"),
    Column("harvested_at", _Time, nullable=False),
    Column("updated_at", _Time, nullable=False),
    *(Column(name, Text(collation="C")) for name in SEARCHED),
    Column("words", TSVECTOR, nullable=False, comment="A: of the name, B: address, C: company, D: title"),
    PrimaryKeyConstraint("lead_id"),
    comment="What leads of large campaigns are looked for by, written behind their stages; see store/search_table.py.",
)
Index("lead_search_id_idx", lead_search.c.campaign_id, lead_search.c.lead_id)
Index("lead_search_score_idx", lead_search.c.campaign_id, lead_search.c.score, lead_search.c.lead_id)
for _name in SEARCHED:
    _column = lead_search.c[_name]
    Index(f"lead_search_{_name}_idx", lead_search.c.campaign_id, _column, lead_search.c.lead_id)
    Index(
        f"lead_search_{_name}_score_idx",
        lead_search.c.campaign_id,
        _column,
        lead_search.c.score,
        lead_search.c.lead_id,
    )
for _name in ("harvested_at", "updated_at"):
    Index(f"lead_search_{_name}_idx", lead_search.c.campaign_id, lead_search.c[_name])
Index("lead_search_words_idx", lead_search.c.words, postgresql_using="gin")

lead_search_marks = Table(
    "lead_search_marks",
    metadata,
    Column("campaign_id", BigInteger, primary_key=True, autoincrement=False),
    Column("xid", BigInteger, nullable=False, comment="what older transactions wrote is in lead_search"),
    Column("changes", ARRAY(BigInteger), nullable=False, comment="the server's counts of changes then"),
    comment="Campaigns that are looked through by lead_search; the others are small enough without.",
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    comment="Keys made by the application itself, such as the one that signs Message-IDs and links.",
)
