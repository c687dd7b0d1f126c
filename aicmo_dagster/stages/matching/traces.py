"""What of a lead is compared, in the one spelling in which it is compared."""

MATCH_COLUMNS: tuple[str, ...] = (
    "lead_id",
    "email",
    "account_domain",
    "first_name",
    "last_name",
    "title",
    "company",
    "website",
    "city",
    "state",
    "country_code",
    "phone",
    "linkedin_url",
    "street",
    "postal_code",
)
"""The columns that the functions of this package read; a column that is absent counts as missing."""
