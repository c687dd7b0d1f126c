"""Which companies are one account."""

import pandas as pd


def accounts(companies: pd.DataFrame) -> pd.DataFrame:
    """Returns `alias`, `account`, `probability` and `weights` of companies known under several names.

    `companies`: `company`, `account_domain`, `country_code`, `n` (leads that say so), a row per distinct
    combination. An alias is a domain, or `company:<normalised name>` where no domain is known; its account
    is the alias of the same company that most leads have. `weights` is JSON text: what was compared -> bits.
    Aliases that are their own account are left out.
    """
    raise NotImplementedError


def alias(companies: pd.DataFrame) -> pd.Series:
    """Returns the alias of each row of `company` and `account_domain`; missing where both are."""
    raise NotImplementedError
