"""The vendors of a campaign's enrichment and verification, made of its configuration."""

from dataclasses import dataclass
from typing import Literal

from aicmo_dagster.campaign.config import (
    ApolloAccount,
    Budget,
    CampaignConfig,
    DropcontactAccount,
    HttpVendor,
    HunterAccount,
    LawfulBasis,
)
from aicmo_dagster.store.rate_limits import RateLimits
from aicmo_dagster.vendors.vendor import Vendor

Purpose = Literal["enrich", "verify"]
Account = ApolloAccount | DropcontactAccount | HunterAccount | HttpVendor


@dataclass(frozen=True)
class Asked:
    """A vendor with what the campaign says of it."""

    vendor: Vendor
    budget: Budget
    lawful_basis: LawfulBasis


def enrichment_vendors(config: CampaignConfig, limits: RateLimits) -> list[Asked]:
    """Who is asked for what leads lack, in order."""
    return [_asked(account, "enrich", limits) for account in config.enrichment.vendors]


def verification_vendors(config: CampaignConfig, limits: RateLimits) -> list[Asked]:
    """Who is asked whether addresses take mail, in order."""
    return [_asked(account, "verify", limits) for account in config.verification.vendors]


def _asked(account: Account, purpose: Purpose, limits: RateLimits) -> Asked:
    return Asked(_vendor(account, purpose, limits), account.budget, account.lawful_basis)


def _vendor(account: Account, purpose: Purpose, limits: RateLimits) -> Vendor:
    # Imported where they are used: most campaigns ask nobody, and an HTTP library takes a tenth of a second.
    match account:
        case ApolloAccount():
            from aicmo_dagster.vendors.apollo import ApolloVendor

            return ApolloVendor(account, limits)
        case DropcontactAccount():
            from aicmo_dagster.vendors.dropcontact import DropcontactVendor

            return DropcontactVendor(account, limits, purpose)
        case HunterAccount():
            from aicmo_dagster.vendors.hunter import HunterVendor

            return HunterVendor(account, limits)
        case HttpVendor():
            from aicmo_dagster.vendors.json_api import JsonVendor

            return JsonVendor(account, limits)
