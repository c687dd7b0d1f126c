"""Callers by tokens of an OpenID Connect issuer, where one is configured.

`AICMO_OIDC_ISSUER` and `AICMO_OIDC_AUDIENCE` switch it on. The role is the highest of the values of the claim
`AICMO_OIDC_ROLE_CLAIM` ("roles") that are names of roles, with or without "aicmo-" before them; a token without one is
refused. The issuer's keys are read by OpenID Connect Discovery 1.0, kept for an hour, and read again for a key that is
not among them.
"""

import os
import threading
import time
from dataclasses import dataclass
from typing import Any, get_args

import requests
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from aicmo_dagster.errors import ConfigurationError, VendorUnavailableError
from aicmo_dagster.store.api_keys import Role

ISSUER, AUDIENCE, ROLE_CLAIM = "AICMO_OIDC_ISSUER", "AICMO_OIDC_AUDIENCE", "AICMO_OIDC_ROLE_CLAIM"
_ALGORITHMS = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
    "EdDSA",
]
_KEPT_S, _AGAIN_S = 3600.0, 30.0
_LEEWAY_S = 30
_TIMEOUT_S = 10
_REQUESTS_PER_MINUTE = 600
_LONGEST_SUB = 255
"""OpenID Connect Core 2: of ASCII."""
_ROLES: tuple[Role, ...] = get_args(Role)


@dataclass
class _Keys:
    """The issuer's keys, and when they were read (monotonic seconds)."""

    issuer: str
    keys: KeySet
    read_at: float


_kept: _Keys | None = None
_reading = threading.Lock()


def caller(token: str) -> tuple[str, Role, None, int] | None:
    """Name, role, campaigns (all) and requests a minute of whom a token speaks for; None where it is not valid.

    Raises ConfigurationError where only half of OIDC is configured, VendorUnavailableError where the issuer's keys
    cannot be had.
    """
    issuer, audience = os.environ.get(ISSUER, "").rstrip("/"), os.environ.get(AUDIENCE, "")
    if not issuer:
        return None
    if not audience:
        raise ConfigurationError(f"{ISSUER} is set and {AUDIENCE} is not; name the audience of this system")
    claims = _claims(token, issuer, audience)
    if claims is None or not (role := _role(claims)):
        return None
    # Only that says who it is; a name can be changed, and be another's (OpenID Connect Core 5.7).
    who = claims["sub"]
    if (
        not isinstance(who, str)
        or not 0 < len(who) <= _LONGEST_SUB
        or not (who.isascii() and who.isprintable())
    ):
        return None
    return f"oidc {who}", role, None, _REQUESTS_PER_MINUTE


def _claims(token: str, issuer: str, audience: str) -> dict[str, Any] | None:
    for again in (False, True):
        try:
            decoded = jwt.decode(token, _keys(issuer, again), algorithms=_ALGORITHMS)
            jwt.JWTClaimsRegistry(
                leeway=_LEEWAY_S,
                iss={"essential": True, "values": [issuer, issuer + "/"]},
                aud={"essential": True, "value": audience},
                exp={"essential": True},
                sub={"essential": True},
            ).validate(decoded.claims)
        except (InvalidKeyIdError, ValueError):  # no key of that name, or no token at all
            if again:
                return None
        except JoseError:
            return None
        else:
            return dict(decoded.claims)
    return None


def _keys(issuer: str, again: bool) -> KeySet:
    """The issuer's keys; `again` asks anew, though not more than every half minute."""
    global _kept  # noqa: PLW0603
    with _reading:
        age_s = time.monotonic() - _kept.read_at if _kept and _kept.issuer == issuer else _KEPT_S
        if _kept is None or age_s >= (_AGAIN_S if again else _KEPT_S):
            try:
                found = _fetched(f"{issuer}/.well-known/openid-configuration")
                keys = KeySet.import_key_set(_fetched(found["jwks_uri"]))
            except (requests.RequestException, ValueError, KeyError, JoseError):
                raise VendorUnavailableError(f"the keys of {issuer} cannot be read just now") from None
            _kept = _Keys(issuer, keys, time.monotonic())
        return _kept.keys


def _fetched(url: str) -> Any:
    answer = requests.get(url, timeout=_TIMEOUT_S, allow_redirects=False)
    answer.raise_for_status()
    return answer.json()


def _role(claims: dict[str, Any]) -> Role | None:
    """The highest role among the values of the claim."""
    said: Any = claims
    for part in (os.environ.get(ROLE_CLAIM) or "roles").split("."):
        said = said.get(part) if isinstance(said, dict) else None
    values = said if isinstance(said, list) else [said]
    names = {str(value).removeprefix("aicmo-") for value in values}
    return next((role for role in reversed(_ROLES) if role in names), None)
