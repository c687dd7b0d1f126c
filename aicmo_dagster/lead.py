"""The fields of a lead: one list that sources, stages and tables share.

A source delivers `SOURCE_FIELDS` as text. `stages.harvest` turns them into `LEAD_COLUMNS`, typed; those are
the columns of the table `leads` and of every DataFrame that a stage function receives.
"""

from aicmo_dagster.campaign.config import SIGNALS, SOURCE_FIELDS

__all__ = ["LEAD_COLUMNS", "SOURCE_FIELDS"]

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
"""
