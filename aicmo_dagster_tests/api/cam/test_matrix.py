"""Who may do what, written down a second time: every route x every role x a key for another campaign."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from aicmo_dagster.api.cam.access import ROLES, role_of
from aicmo_dagster.api.cam.application import ROUTES
from aicmo_dagster.store.api_keys import Role
from aicmo_dagster_tests import outreach
from aicmo_dagster_tests.api.cam.conftest import Clients
from aicmo_dagster_tests.depth import SHORT

Reach = Literal["public", "campaign", "some", "all"]
"""Of a route: takes no key; is about the campaign of its path; shows of all campaigns those that the key may see; or is
about all campaigns, and so not for a key that is limited to some."""

MATRIX: dict[tuple[str, str], tuple[Role | None, Reach]] = {
    ("GET", "/health/live"): (None, "public"),
    ("GET", "/health"): (None, "public"),
    ("GET", "/metrics"): ("viewer", "all"),
    ("GET", "/campaigns"): ("viewer", "some"),
    ("POST", "/campaigns"): ("operator", "all"),
    ("POST", "/campaigns/validate"): ("operator", "some"),
    ("GET", "/campaigns/{id}"): ("viewer", "campaign"),
    ("PUT", "/campaigns/{id}"): ("operator", "campaign"),
    ("PATCH", "/campaigns/{id}"): ("operator", "campaign"),
    ("POST", "/campaigns/{id}/state"): ("operator", "campaign"),
    ("GET", "/campaigns/{id}/versions"): ("viewer", "campaign"),
    ("GET", "/campaigns/{id}/versions/{number}"): ("viewer", "campaign"),
    ("GET", "/campaigns/{id}/dashboard"): ("viewer", "campaign"),
    ("GET", "/campaigns/{id}/status"): ("viewer", "campaign"),
    ("GET", "/stats"): ("viewer", "some"),
    ("POST", "/campaigns/{id}/execute/{stage}"): ("operator", "campaign"),
    ("GET", "/campaigns/{id}/leads"): ("viewer", "campaign"),
    ("POST", "/campaigns/{id}/leads"): ("operator", "campaign"),
    ("POST", "/campaigns/{id}/leads/import"): ("operator", "campaign"),
    ("GET", "/campaigns/{id}/leads/export"): ("operator", "campaign"),
    ("GET", "/campaigns/{id}/leads/{lead_id:int}"): ("viewer", "campaign"),
    ("GET", "/campaigns/{id}/leads/{lead_id:int}/why"): ("viewer", "campaign"),
    ("PATCH", "/campaigns/{id}/leads/{lead_id:int}"): ("reviewer", "campaign"),
    ("DELETE", "/campaigns/{id}/leads/{lead_id:int}"): ("operator", "campaign"),
    ("GET", "/campaigns/{id}/rejected-rows"): ("viewer", "campaign"),
    ("GET", "/campaigns/{id}/imports"): ("viewer", "campaign"),
    ("POST", "/campaigns/{id}/imports/{number}/undo"): ("operator", "campaign"),
    ("GET", "/campaigns/{id}/matches"): ("viewer", "campaign"),
    ("GET", "/campaigns/{id}/matches/{number}"): ("viewer", "campaign"),
    ("POST", "/campaigns/{id}/matches/{number}/merge"): ("reviewer", "campaign"),
    ("POST", "/campaigns/{id}/matches/{number}/apart"): ("reviewer", "campaign"),
    ("GET", "/campaigns/{id}/review"): ("viewer", "campaign"),
    ("POST", "/campaigns/{id}/review/decisions"): ("reviewer", "campaign"),
    ("GET", "/campaigns/{id}/inbox"): ("viewer", "campaign"),
    ("GET", "/campaigns/{id}/inbox/{number}"): ("viewer", "campaign"),
    ("POST", "/campaigns/{id}/inbox/{number}/decision"): ("reviewer", "campaign"),
    ("GET", "/campaigns/{id}/vendors"): ("viewer", "campaign"),
    ("GET", "/campaigns/{id}/vendors/uncertain"): ("viewer", "campaign"),
    ("POST", "/campaigns/{id}/vendors/uncertain/{number}/release"): ("operator", "campaign"),
    ("GET", "/campaigns/{id}/outcomes"): ("viewer", "campaign"),
    ("POST", "/campaigns/{id}/outcomes/import"): ("operator", "campaign"),
    ("POST", "/campaigns/{id}/leads/{lead_id:int}/outcomes"): ("reviewer", "campaign"),
    ("DELETE", "/campaigns/{id}/leads/{lead_id:int}/outcomes/{outcome}"): ("reviewer", "campaign"),
    ("GET", "/campaigns/{id}/engagement"): ("viewer", "campaign"),
    ("GET", "/campaigns/{id}/engagement/summary"): ("viewer", "campaign"),
    ("POST", "/persons/export"): ("admin", "all"),
    ("POST", "/persons/erase"): ("admin", "all"),
    ("GET", "/runs"): ("viewer", "some"),
    ("GET", "/campaigns/{id}/runs"): ("viewer", "campaign"),
    ("GET", "/runs/{run_id}"): ("viewer", "some"),
    ("POST", "/runs/{run_id}/cancel"): ("operator", "some"),
    ("GET", "/campaigns/{id}/crm"): ("viewer", "campaign"),
    ("GET", "/campaigns/{id}/crm/failed"): ("viewer", "campaign"),
    ("POST", "/campaigns/{id}/crm/retry"): ("operator", "campaign"),
    ("POST", "/campaigns/{id}/schedule"): ("operator", "campaign"),
    ("GET", "/campaigns/{id}/schedule"): ("viewer", "campaign"),
    ("GET", "/campaigns/{id}/schedule/{job}"): ("viewer", "campaign"),
    ("DELETE", "/campaigns/{id}/schedule/{job}"): ("operator", "campaign"),
    ("GET", "/keys"): ("admin", "all"),
    ("POST", "/keys"): ("admin", "all"),
    ("GET", "/keys/{number}"): ("admin", "all"),
    ("DELETE", "/keys/{number}"): ("admin", "all"),
    ("GET", "/webhooks"): ("admin", "all"),
    ("POST", "/webhooks"): ("admin", "all"),
    ("GET", "/webhooks/{number}"): ("admin", "all"),
    ("PATCH", "/webhooks/{number}"): ("admin", "all"),
    ("DELETE", "/webhooks/{number}"): ("admin", "all"),
    ("POST", "/webhooks/{number}/rotate-secret"): ("admin", "all"),
    ("POST", "/webhooks/{number}/test"): ("admin", "all"),
    ("GET", "/webhooks/{number}/deliveries"): ("admin", "all"),
    ("GET", "/webhooks/{number}/deliveries/{delivery}"): ("admin", "all"),
    ("POST", "/webhooks/{number}/resend"): ("admin", "all"),
    ("POST", "/webhooks/{number}/deliveries/{delivery}/resend"): ("admin", "all"),
    ("GET", "/audit-log"): ("admin", "all"),
    ("GET", "/campaigns/{id}/sends"): ("viewer", "campaign"),
    ("GET", "/campaigns/{id}/sends/{number}"): ("viewer", "campaign"),
    ("POST", "/campaigns/{id}/sends/{number}/hold"): ("operator", "campaign"),
    ("POST", "/campaigns/{id}/sends/{number}/resume"): ("operator", "campaign"),
    ("POST", "/campaigns/{id}/sends/{number}/resolve"): ("operator", "campaign"),
    ("GET", "/suppressions"): ("operator", "all"),
    ("POST", "/suppressions"): ("operator", "all"),
    ("POST", "/suppressions/import"): ("operator", "all"),
    ("GET", "/suppressions/export"): ("operator", "all"),
    ("DELETE", "/suppressions/{value:path}"): ("admin", "all"),
    ("GET", "/campaigns/{id}/sequences"): ("viewer", "campaign"),
    ("GET", "/campaigns/{id}/sequences/{name}"): ("viewer", "campaign"),
    ("POST", "/campaigns/{id}/templates/validate"): ("viewer", "campaign"),
    ("POST", "/campaigns/{id}/preview"): ("viewer", "campaign"),
    ("POST", "/campaigns/{id}/test-mail"): ("operator", "campaign"),
    ("GET", "/campaigns/{id}/senders"): ("viewer", "campaign"),
    ("POST", "/campaigns/{id}/senders/check"): ("operator", "campaign"),
    ("POST", "/campaigns/{id}/senders/{address}/release"): ("operator", "campaign"),
    ("GET", "/campaigns/{id}/variants"): ("viewer", "campaign"),
    ("POST", "/campaigns/{id}/variants/choose"): ("operator", "campaign"),
    ("GET", "/campaigns/{id}/model"): ("viewer", "campaign"),
    ("GET", "/campaigns/{id}/backtests"): ("viewer", "campaign"),
    ("GET", "/campaigns/{id}/backtests/{version}"): ("viewer", "campaign"),
    ("POST", "/campaigns/{id}/backtests"): ("operator", "campaign"),
}
_PLACES = {
    "number": "1",
    "delivery": "1",
    "lead_id:int": "1",
    "run_id": "00000000-0000-0000-0000-000000000001",
    "stage": "score",
    "job": "score",
    "name": "none",
    "address": "nobody@example.com",
    "value:path": "nobody@example.com",
    "version": "1",
    "outcome": "meeting",
}


def _routes() -> Iterator[tuple[str, APIRoute]]:
    for router in ROUTES:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            for method in route.methods or ():
                yield method, route


def _roles(dependant: Dependant) -> Iterator[Role]:
    for one in dependant.dependencies:
        if one.call is not None and (role := role_of(one.call)):
            yield role
        yield from _roles(one)


def test_every_route_has_its_entry() -> None:
    assert {(method, route.path) for method, route in _routes()} == MATRIX.keys()


@pytest.mark.parametrize(("method", "path"), MATRIX)
def test_a_route_takes_the_role_of_its_entry(method: str, path: str) -> None:
    (route,) = (one for name, one in _routes() if (name, one.path) == (method, path))
    asked, (role, _) = set(_roles(route.dependant)), MATRIX[method, path]
    assert asked == (set() if role is None else {role})


@pytest.mark.parametrize(("method", "path"), MATRIX)
def test_who_may_not_gets_nowhere_and_who_may_does(
    client: Clients, project: Path, method: str, path: str
) -> None:
    """401 without a key, 403 for too low a role, 404 for another campaign's key, and none of them for who may."""
    least, reach = MATRIX[method, path]
    mine = outreach.add_campaign(outreach.config(key="mine"))
    other = outreach.add_campaign(outreach.config(key="other"))
    target = path.replace("{id}", "mine")
    for name, value in _PLACES.items():
        target = target.replace(f"{{{name}}}", value)
    assert "{" not in target
    body: dict[str, object] | None = {} if method in ("POST", "PUT", "PATCH") else None

    def status(*key: object) -> int:
        return client(*key).ask(method, target, json=body).status_code

    without = client("viewer")
    without.text = None
    nobody = without.ask(method, target, json=body).status_code
    if least is None:
        assert nobody in (200, 503)
        return
    assert nobody == 401
    for role in ROLES[max(0, ROLES.index(least) - 1) : ROLES.index(least) + 1] if SHORT else ROLES:
        too_low = ROLES.index(role) < ROLES.index(least)
        assert (status(role) == 403) == too_low, role
        limited = status(role, [mine.id])
        strange = status(role, [other.id])
        if too_low:
            assert (limited, strange) == (403, 403), role
        elif reach == "campaign":
            assert strange == 404, role
            assert limited not in (401, 403), role
        elif reach == "all":
            assert (limited, strange) == (403, 403), role
        else:
            assert {limited, strange}.isdisjoint({401, 403}), role
