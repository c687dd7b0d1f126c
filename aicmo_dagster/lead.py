"""The fields of a lead: one list that sources, stages and tables share.

A source delivers `SOURCE_FIELDS` as text. `stages.harvest` turns them into `LEAD_COLUMNS`, typed; those are
the columns of the table `leads` and of every DataFrame that a stage function receives.
"""

from aicmo_dagster.campaign.config import SIGNALS, SOURCE_FIELDS

__all__ = ["DATE", "FIELDS_THAT_MATTER", "LEAD_COLUMNS", "SCORING_COLUMNS", "SOURCE_FIELDS"]

DATE = "date32[day][pyarrow]"

LEAD_COLUMNS: dict[str, str] = {
    "identity": "str",
    "email": "str",
    "email_status": "str",
    "email_problem": "str",
    "email_domain": "str",
    "account_domain": "str",
    "first_name": "str",
    "last_name": "str",
    "title": "str",
    "company": "str",
    "website": "str",
    "industry": "str",
    "employees": "Int64",
    "company_size": "str",
    "revenue_usd": "Float64",
    "city": "str",
    "state": "str",
    "country": "str",
    "country_code": "str",
    "time_zone": "str",
    "phone": "str",
    "linkedin_url": "str",
    "street": "str",
    "postal_code": "str",
    "verification": "str",
    **dict.fromkeys(SIGNALS, "boolean"),
    "department": "str",
    "technologies": "str",
    "keywords": "str",
    "founded_year": "Int64",
    "funding_stage": "str",
    "headcount_growth": "Float64",
    "job_started_on": DATE,
    "open_positions": "str",
    "technology_change": "boolean",
    "company_in_news": "boolean",
    "website_visits": "Int64",
    "consent": "str",
    "consent_on": DATE,
    "extra": "str",
}
"""Column -> pandas dtype.

`identity` is what makes a lead one lead in its campaign: the mailbox of its e-mail address (see
`stages.addresses.mailboxes`), else `linkedin:<url>`, else `person:<first>|<last>|<company>`. `email_status`
is `valid`, `invalid` or `missing`, `email_problem` the sentence that goes with `invalid`. `email_domain` is
the part after the @, in ASCII lower case. `account_domain` is the registrable domain of the company: of the
address unless a free provider hosts it, else of the website. `country_code` is ISO 3166-1 alpha-2,
`time_zone` an IANA name; both missing where unknown. `verification` is a vendor's word on the address:
`valid`, `risky`, `invalid` or `unknown`; missing where none was asked. `extra` is a JSON object of the
columns that no field stands for.

`department` is what the source says of the person's, as it says it. `technologies` and `keywords` of the company
and the `open_positions` that it advertises are texts with commas. `headcount_growth` is the growth of its staff in
a year, 0.2 = 20 %. `funding_stage` is one of `FUNDING_STAGES`. `website_visits` are the company's in the last
thirty days, as the source counts them. `consent` is how the person agreed to be written to (`CONSENTS`), on
`consent_on`.
"""

FIELDS_THAT_MATTER: tuple[tuple[str, ...], ...] = (
    ("first_name",),
    ("last_name",),
    ("title",),
    ("company",),
    ("industry",),
    ("employees", "company_size"),
    ("country_code",),
    ("phone", "linkedin_url"),
    ("website", "account_domain"),
    ("email",),
)
"""What should be known of a lead; of several in one place any will do."""

SCORING_COLUMNS: dict[str, str] = {
    **LEAD_COLUMNS,
    "as_of": "datetime64[us, UTC]",
    "source": "str",
    "updated_on": DATE,
    "identity_kind": "str",
    "known_fields": "Int64",
    "match_probability": "Float64",
    "account_customer": "boolean",
    "contacted_at": "datetime64[us, UTC]",
    "opens": "Float64",
    "clicks": "Float64",
    "replies": "Float64",
    "meetings": "Float64",
    "engaged_days": "Float64",
    "last_engaged_at": "datetime64[us, UTC]",
    "opted_out_elsewhere": "boolean",
    "conversion": "Float64",
}
"""What a lead is scored by: its own columns, and what is known beside them at the time `as_of`.

`source` brought it; `updated_on` is the day on which its facts last changed. `identity_kind` is what it is told
apart by: mailbox, linkedin or person. Bit i of `known_fields` is set where a field of `FIELDS_THAT_MATTER[i]` is
known. `match_probability` is that of the likeliest match
that waits for a person. `account_customer`: somebody of the company was won, in whatever campaign.
`contacted_at` is its first mail. `opens`, `clicks`, `replies`, `meetings` are sums of events, decayed and capped
(see `stages.standard.engagement`); 0 where it was mailed and did nothing, missing where nothing could have
happened. `engaged_days` are the days with a sign of the lead within the campaign's `frequency_days`,
`last_engaged_at` the latest. `opted_out_elsewhere`: the person unsubscribed from, or complained about, another
campaign. `conversion` is the calibrated probability by the campaign's predictive model; missing without one.
"""
