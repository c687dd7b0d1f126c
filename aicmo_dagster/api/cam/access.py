"""Who asks, and what they may: API keys and OIDC tokens with a role, for all or for named campaigns.

A route says what it takes by the type of its parameter: `Viewer` … `Admin` is the caller with at least that role,
`OperatorEverywhere` and `AdminEverywhere` one whose key is not for named campaigns only, `ViewedCampaign` …
`AdministeredCampaign` the campaign of the path with a caller of that role. A campaign that a key may not see is to it
as one that is not there.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, cast, get_args

from fastapi import Depends, Path
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.api.cam import oidc
from aicmo_dagster.api.cam.problems import ProblemError
from aicmo_dagster.errors import CampaignNotFoundError
from aicmo_dagster.store import api_keys, campaigns, database
from aicmo_dagster.store.api_keys import Role
from aicmo_dagster.store.campaigns import Campaign

ROLES: tuple[Role, ...] = get_args(Role)
bearer = HTTPBearer(
    auto_error=False, scheme_name="API key", description="An API key, or a token of the OIDC issuer."
)
Shown = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
_counts = SlidingWindowCounterRateLimiter(MemoryStorage())


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    name: str
    """For the audit log."""
    role: Role
    campaign_ids: tuple[int, ...] | None
    """Those that the caller may see; None = all."""
    requests_per_minute: int

    def sees(self, campaign_id: int) -> bool:
        """Whether the caller may know of the campaign."""
        return self.campaign_ids is None or campaign_id in self.campaign_ids


@dataclass(frozen=True)
class Scope:
    """A campaign, and who asks for it."""

    caller: Caller
    campaign: Campaign


def may(role: Role) -> Any:
    """A dependency: the caller, with at least that role."""

    def caller(shown: Shown) -> Caller:
        with _allowed(shown, role) as (found, _):
            return found

    cast(Any, caller).role = role
    return Depends(caller)


def everywhere(role: Role) -> Any:
    """A dependency: the caller, with at least that role, for all campaigns."""

    def caller(found: Annotated[Caller, may(role)]) -> Caller:
        if found.campaign_ids is not None:
            raise ProblemError(
                403,
                "campaigns-limited",
                "The key may not do this",
                "this key is for named campaigns, and this concerns all of them",
            )
        return found

    return Depends(caller)


def campaign_for(role: Role) -> Any:
    """A dependency: the campaign of the path's `id`, for a caller with at least that role."""

    def scope(
        id: Annotated[
            str,
            Path(description="The campaign's key or number.", pattern="^[a-z0-9-]{1,64}$", examples=["demo"]),
        ],
        shown: Shown,
    ) -> Scope:
        with _allowed(shown, role) as (caller, cursor):
            try:
                campaign = campaigns.find(cursor, id)
            except CampaignNotFoundError:
                if caller.campaign_ids is None:
                    raise
                campaign = None  # which campaigns there are instead is not for this caller
        if campaign is None or not caller.sees(campaign.id):
            raise CampaignNotFoundError(f"there is no campaign '{id}'")
        return Scope(caller, campaign)

    cast(Any, scope).role = role
    return Depends(scope)


Viewer = Annotated[Caller, may("viewer")]
Reviewer = Annotated[Caller, may("reviewer")]
Operator = Annotated[Caller, may("operator")]
Admin = Annotated[Caller, may("admin")]
OperatorEverywhere = Annotated[Caller, everywhere("operator")]
AdminEverywhere = Annotated[Caller, everywhere("admin")]
ViewedCampaign = Annotated[Scope, campaign_for("viewer")]
ReviewedCampaign = Annotated[Scope, campaign_for("reviewer")]
OperatedCampaign = Annotated[Scope, campaign_for("operator")]
AdministeredCampaign = Annotated[Scope, campaign_for("admin")]


def role_of(function: Callable[..., Any]) -> Role | None:
    """The least role that a dependency made by `may` asks for; None for any other function."""
    return getattr(function, "role", None)


@contextmanager
def _allowed(
    shown: HTTPAuthorizationCredentials | None, role: Role
) -> Iterator[tuple[Caller, Cursor[TupleRow]]]:
    """The caller, with at least that role, and the cursor that they were found with."""
    with identified(shown) as (caller, cursor):
        _count(caller)
        if ROLES.index(caller.role) < ROLES.index(role):
            raise ProblemError(
                403,
                "role-too-low",
                "The key may not do this",
                f"this takes a key with the role {role}; this one is a {caller.role}'s",
            )
        yield caller, cursor


@contextmanager
def identified(shown: HTTPAuthorizationCredentials | None) -> Iterator[tuple[Caller, Cursor[TupleRow]]]:
    """Who shows that, and the cursor that they were found with. Raises ProblemError where it is nobody."""
    if shown is None:
        raise _unknown(
            "send the header Authorization: Bearer KEY; an administrator makes keys with: aicmo keys create"
        )
    is_key = shown.credentials.startswith(api_keys.PREFIX)
    # Before the connection is borrowed: it may ask the issuer.
    claimed = None if is_key else oidc.caller(shown.credentials)
    if not is_key and claimed is None:
        raise _unknown("this is neither an API key nor a valid token of the OIDC issuer")
    with database.reading() as cursor:
        yield _of_key(cursor, shown.credentials) if claimed is None else Caller(*claimed), cursor


def _of_key(cursor: Cursor[TupleRow], text: str) -> Caller:
    key = api_keys.shown_by(cursor, text)
    if key is None:
        raise _unknown("this key is unknown, revoked or its time is over; ask an administrator for another")
    return Caller(f"key {key.id} ({key.name})", key.role, key.campaign_ids, key.requests_per_minute)


def _unknown(remedy: str) -> ProblemError:
    return ProblemError(
        401, "not-authenticated", "Who asks is not known", remedy, headers={"WWW-Authenticate": "Bearer"}
    )


def _count(caller: Caller) -> None:
    """Each process of the server counts for itself."""
    limit = RateLimitItemPerMinute(caller.requests_per_minute)
    if not _counts.hit(limit, caller.name):
        wait_s = max(1, round(_counts.get_window_stats(limit, caller.name).reset_time - time.time()))
        raise ProblemError(
            429,
            "too-many-requests",
            "Too many requests",
            f"this key may ask {caller.requests_per_minute:,} times a minute; ask again in {wait_s} s",
            headers={"Retry-After": str(wait_s)},
        )
