import base64
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from aicmo_dagster.api.cam import oidc
from aicmo_dagster.api.cam.application import PATH
from aicmo_dagster.store import database
from aicmo_dagster_tests.api.cam.conftest import Client, Clients
from aicmo_dagster_tests.outreach import add_campaign, config

AUDIENCE = "aicmo"
NO_ALGORITHM, SYMMETRIC = b'{"alg":"none","kid":"first"}', b'{"alg":"HS256","kid":"first"}'


def test_without_a_key_there_is_no_access(client: Clients) -> None:
    campaign = add_campaign()
    nobody = Client(client().address, None)
    for path in ("/campaigns", f"/campaigns/{campaign.id}", "/campaigns/none", "/keys"):
        answer = nobody.get(path)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:aicmo:problem:not-authenticated"


def test_a_key_that_differs_in_one_letter_is_unknown(client: Clients) -> None:
    known = client()
    assert known.text is not None
    for text in (
        known.text[:-1] + ("A" if known.text[-1] != "A" else "B"),
        known.text + "x",
        known.text[:-1],
        "aicmo_",
    ):
        answer = Client(known.address, text).get("/campaigns")
        assert answer.status_code == 401
        assert text not in answer.text


def test_a_key_is_taken_from_the_header_alone(client: Clients) -> None:
    known = client()
    address = f"{known.address}{PATH}/campaigns"
    assert requests.get(address, params={"key": known.text}, timeout=30).status_code == 401
    assert (
        requests.get(address, cookies={"Authorization": f"Bearer {known.text}"}, timeout=30).status_code
        == 401
    )
    assert requests.get(address, auth=("user", str(known.text)), timeout=30).status_code == 401
    assert (
        requests.get(address, headers={"Authorization": f"bearer {known.text}"}, timeout=30).status_code
        == 200
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(text=st.text(st.characters(min_codepoint=33, max_codepoint=255), min_size=1, max_size=200))
@pytest.mark.usefixtures("store")
def test_nothing_else_is_a_key(address: str, text: str) -> None:
    header = f"Bearer {text}".encode("latin-1")
    answer = requests.get(f"{address}{PATH}/keys", headers={"Authorization": header}, timeout=30)
    assert answer.status_code in (400, 401)


def test_a_key_whose_time_is_over_is_refused(client: Clients) -> None:
    now = datetime.now(UTC)
    assert client(expires_at=now + timedelta(hours=1)).get("/campaigns").status_code == 200
    assert client(expires_at=now - timedelta(seconds=1)).get("/campaigns").status_code == 401


def test_a_key_for_named_campaigns_learns_nothing_of_others(client: Clients) -> None:
    mine, other = add_campaign(), add_campaign(config(key="another"))
    limited = client("admin", [mine.id])
    assert [one["key"] for one in limited.get("/campaigns").json()["items"]] == ["test"]
    assert limited.get("/campaigns/test").status_code == 200
    details = {}
    # One that is there, by key and by number, and such as are not, also where the nearest key would be told.
    for name in ("another", str(other.id), "anothe", "nothing-like-it", "999"):
        answer = limited.get(f"/campaigns/{name}")
        assert answer.status_code == 404
        details[answer.json()["detail"].replace(name, "NAME")] = name
    assert [*details] == ["there is no campaign 'NAME'"]
    assert "did you mean 'another'" in client().get("/campaigns/anothe").json()["detail"]


def test_a_key_for_a_campaign_that_is_gone_sees_nothing(client: Clients) -> None:
    add_campaign()
    limited = client("admin", [999])
    assert limited.get("/campaigns").json()["items"] == []
    assert limited.get("/campaigns/test").status_code == 404


def test_too_many_requests_are_refused_and_told_when_to_come_again(client: Clients) -> None:
    slow = client("viewer", requests_per_minute=3)
    assert [slow.get("/campaigns").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = slow.get("/campaigns/none")
    assert answer.status_code == 429
    assert answer.json()["type"] == "urn:aicmo:problem:too-many-requests"
    assert 1 <= int(answer.headers["Retry-After"]) <= 120
    assert client("viewer", requests_per_minute=3).get("/campaigns").status_code == 200


def test_requests_beyond_the_role_count_too(client: Clients) -> None:
    slow = client("viewer", requests_per_minute=2)
    assert [slow.get("/keys").status_code for _ in range(3)] == [403, 403, 429]


def test_when_a_key_was_used_is_kept(client: Clients) -> None:
    admin, viewer = client(), client("viewer")
    assert viewer.key is not None
    assert admin.get(f"/keys/{viewer.key.id}").json()["last_used_at"] is None
    viewer.get("/campaigns")
    assert admin.get(f"/keys/{viewer.key.id}").json()["last_used_at"] is not None


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator["Issuer"]:
    found = Issuer()
    monkeypatch.setattr(oidc, "_kept", None)
    monkeypatch.setenv(oidc.ISSUER, found.address)
    monkeypatch.setenv(oidc.AUDIENCE, AUDIENCE)
    yield found
    found.server.shutdown()
    found.server.server_close()


class Issuer:
    """An OpenID Connect issuer on loopback, with keys that it may change."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {"first": RSAKey.generate_key(2048, {"kid": "first"})}
        self.asked = 0
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked += 1
                pages: dict[str, Any] = {
                    "/.well-known/openid-configuration": {"jwks_uri": f"{issuer.address}/keys"},
                    "/keys": {"keys": [key.as_dict(private=False) for key in issuer.keys.values()]},
                }
                content = pages.get(self.path)
                body = json.dumps(content).encode()
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, key: str = "first", algorithm: str = "RS256", **changes: Any) -> str:
        now = int(datetime.now(UTC).timestamp())
        claims = {
            "iss": self.address,
            "aud": AUDIENCE,
            "sub": "42",
            "exp": now + 300,
            "iat": now,
            "roles": ["aicmo-operator"],
            "preferred_username": "ann",
            **changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": algorithm, "kid": key}, claims, self.keys[key], algorithms=[algorithm])


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def asked(client: Clients, token: str, path: str = "/campaigns") -> int:
    return Client(client().address, token).get(path).status_code


def test_a_token_of_the_issuer_is_a_key_with_its_highest_role(client: Clients, issuer: Issuer) -> None:
    add_campaign()
    ann = Client(client().address, issuer.token(roles=["aicmo-viewer", "operator", "staff"]))
    assert ann.get("/campaigns").status_code == 200
    assert ann.get("/keys").status_code == 403
    assert ann.post("/campaigns/test/state", json={"state": "paused"}).status_code == 200
    (entry,) = database.fetch("SELECT actor FROM audit_log WHERE action = 'campaign.state'")
    assert entry["actor"] == "oidc 42"
    assert asked(client, issuer.token(roles="admin"), "/keys") == 200


def test_the_role_may_be_in_a_claim_of_another_name(
    client: Clients, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(oidc.ROLE_CLAIM, "realm_access.roles")
    assert asked(client, issuer.token()) == 401
    assert asked(client, issuer.token(realm_access={"roles": ["viewer"]})) == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another"},
        {"sub": "a\nkey 1 (first)"},
        {"sub": "a" * 256},
        {"aud": None},
        {"iss": "https://issuer.example.com"},
        {"iss": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"nbf": 4_000_000_000},
        {"sub": None},
        {"roles": ["staff"]},
        {"roles": None},
        {"roles": {"admin": True}},
    ],
)
def test_a_token_that_is_not_for_here_is_refused(
    client: Clients, issuer: Issuer, changes: dict[str, Any]
) -> None:
    token = issuer.token(**changes)
    answer = Client(client().address, token).get("/campaigns")
    assert answer.status_code == 401
    assert token not in answer.text


def test_a_token_that_somebody_else_signed_is_refused(client: Clients, issuer: Issuer) -> None:
    forger = Issuer()
    forger.server.shutdown()
    forger.server.server_close()
    assert asked(client, forger.token(iss=issuer.address)) == 401
    header, _, signature = issuer.token().split(".")
    claims = issuer.token(roles=["admin"]).split(".")[1]
    assert asked(client, f"{header}.{claims}.{signature}") == 401
    assert asked(client, f"{header}.{claims}.") == 401


def test_an_algorithm_that_proves_nothing_is_refused(client: Clients, issuer: Issuer) -> None:
    claims = issuer.token().split(".")[1]
    assert asked(client, f"{encoded(NO_ALGORITHM)}.{claims}.") == 401
    # The public key, which everybody has, as the secret of a symmetric signature.
    signed = f"{encoded(SYMMETRIC)}.{claims}"
    for secret in (issuer.keys["first"].as_pem(private=False), issuer.keys["first"].as_der(private=False)):
        signature = hmac.digest(secret, signed.encode(), "sha256")
        assert asked(client, f"{signed}.{encoded(signature)}") == 401


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("ES256", ECKey.generate_key("P-256", {"kid": "new"})),
        ("Ed25519", OKPKey.generate_key("Ed25519", {"kid": "new"})),
    ],
    ids=["ES256", "Ed25519"],
)
def test_keys_of_other_kinds_are_taken(client: Clients, issuer: Issuer, algorithm: str, key: Any) -> None:
    issuer.keys["new"] = key
    assert asked(client, issuer.token("new", algorithm)) == 200


def test_a_key_that_the_issuer_has_only_now_is_asked_for_and_not_too_often(
    client: Clients, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(client, issuer.token()) == 200
    issuer.keys["second"] = RSAKey.generate_key(2048, {"kid": "second"})
    before = issuer.asked
    assert asked(client, issuer.token("second")) == 401
    assert issuer.asked == before
    monkeypatch.setattr(oidc, "_AGAIN_S", 0.0)
    assert asked(client, issuer.token("second")) == 200


def test_an_issuer_that_is_away_is_said_to_be(client: Clients, issuer: Issuer) -> None:
    token = issuer.token()
    issuer.server.shutdown()
    issuer.server.server_close()
    known = client()
    answer = Client(known.address, token).get("/campaigns")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert known.get("/campaigns").status_code == 200


def test_without_an_issuer_no_token_counts(
    client: Clients, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(oidc.ISSUER)
    assert asked(client, issuer.token()) == 401
    assert issuer.asked == 0


def test_a_body_without_a_key_is_refused_before_it_is_read(client: Clients) -> None:
    """The answer comes while most of the body is still to be sent."""
    address = urlsplit(client().address)
    for path in ("/leads/import", "/suppressions"):
        with socket.create_connection((str(address.hostname), int(str(address.port))), 10) as asking:
            asking.sendall(
                f"POST {PATH}/campaigns/demo{path} HTTP/1.1\r\nHost: localhost\r\n"
                "Content-Type: text/csv\r\nContent-Length: 100000000\r\n\r\nEmail".encode()
            )
            assert asking.recv(100).startswith(b"HTTP/1.1 401 ")


def test_a_file_with_a_wrong_key_is_refused_before_it_is_read(client: Clients) -> None:
    address = urlsplit(client().address)
    with socket.create_connection((str(address.hostname), int(str(address.port))), 10) as asking:
        asking.sendall(
            f"POST {PATH}/campaigns/demo/leads/import HTTP/1.1\r\nHost: localhost\r\n"
            "Authorization: Bearer aicmo_wrong\r\nContent-Length: 100000000\r\n\r\nEmail".encode()
        )
        assert asking.recv(100).startswith(b"HTTP/1.1 401 ")
