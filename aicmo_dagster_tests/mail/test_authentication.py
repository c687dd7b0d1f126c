import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.mail import dkim
from aicmo_dagster.mail.authentication import CHECKS, key_of, look_up
from aicmo_dagster.store.sending_domains import Finding

from .name_server import NXDOMAIN, SERVFAIL, SILENT, Zone, serving

OURS = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=1024)
ED25519 = ed25519.Ed25519PrivateKey.generate()
NAME = "s1._domainkey.mail.firm.zz"

GOOD: dict[str, Any] = {
    "mail.firm.zz": ["MX 10 in.firm.zz.", 'TXT "v=spf1 mx -all"', 'TXT "something else"'],
    "_dmarc.firm.zz": ['TXT "v=DMARC1; p=reject; sp=none"'],
}


def txt(text: str) -> str:
    """A TXT record; its strings have 255 characters at most."""
    return "TXT " + " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))


def sender(key: dkim.Key | None = None, folder: Path | None = None, **dkim_: str) -> Sender:
    plain: dict[str, Any] = {"mailbox": "ann@mail.firm.zz", "postal_address": "1 Test Street, Testtown"}
    if key is not None and folder is not None:
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / "key.pem").write_bytes(pem)
        plain["dkim"] = {"selector": "s1", "key_file": str(folder / "key.pem"), **dkim_}
    return Sender.model_validate(plain)


def found(
    zone: Mapping[str, Any], one: Sender | None = None, world: Zone | None = None
) -> dict[str, Finding]:
    one = one or sender()
    with serving(zone, *([world] if world else [])) as server:
        (findings,) = look_up([one], [server.address], timeout_s=0.3).values()
    return {str(name): finding for name, finding in findings.items()}


def test_a_domain_in_order_is_good(tmp_path: Path) -> None:
    zone = {**GOOD, NAME: [txt(dkim.dns_record(OURS))]}
    assert found(zone, sender(OURS, tmp_path)) == {
        "mx": Finding("good", "in.firm.zz"),
        "spf": Finding("good", "1 of 10 lookups, ends with -all"),
        "dkim": Finding("good", f"RSA key of 2048 bits at {NAME}"),
        "dmarc": Finding("good", "p=none at _dmarc.firm.zz, alignment relaxed"),
    }


@pytest.mark.parametrize("trouble", [SILENT, SERVFAIL])
def test_what_dns_does_not_answer_is_unknown(trouble: str, tmp_path: Path) -> None:
    names = ("mail.firm.zz", NAME, "_dmarc.mail.firm.zz", "_dmarc.firm.zz")
    findings = found(dict.fromkeys(names, trouble), sender(OURS, tmp_path))
    assert {one.outcome for one in findings.values()} == {"unknown"}
    assert findings["spf"].says == "DNS did not answer about mail.firm.zz"


def test_a_server_that_is_cut_off_from_the_world_says_nothing() -> None:
    findings = found({}, world={".": NXDOMAIN, "com": NXDOMAIN})
    assert {one.outcome for one in findings.values()} == {"unknown"}


def test_without_servers_everything_is_unknown() -> None:
    (findings,) = look_up([sender()], []).values()
    assert [one.outcome for one in findings.values()] == ["unknown"] * len(CHECKS)


def test_reserved_domains_are_not_asked_about() -> None:
    one = Sender(mailbox="ann@example.com", postal_address="1 Test Street, Testtown")
    with serving({}) as server:
        (findings,) = look_up([one], [server.address]).values()
        assert server.asked == []
    assert findings["spf"] == Finding("unknown", "example.com is reserved for examples and local use")


@pytest.mark.parametrize("records", [["MX 0 ."], []])
def test_a_domain_to_which_nothing_comes_back_is_bad(records: list[str]) -> None:
    one = found({"mail.firm.zz": records})["mx"]
    assert one.outcome == "bad"
    assert one.says.endswith("so neither bounces nor replies come back")


def test_a_domain_that_does_not_exist_is_bad() -> None:
    findings = found({})
    assert [findings[name].outcome for name in CHECKS] == ["bad", "bad", "unknown", "bad"]


def test_a_key_whose_name_nobody_knows_is_unknown() -> None:
    assert found(GOOD)["dkim"].outcome == "unknown"


def key_found(record: str | list[str], folder: Path, key: dkim.Key = OURS) -> Finding:
    records = [txt(one) for one in ([record] if isinstance(record, str) else record)]
    return found({**GOOD, NAME: records}, sender(key, folder))["dkim"]


PUBLIC = dkim.dns_record(OURS).partition("p=")[2]


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ([], f"no key at {NAME}"),
        (["something else"], f"no key at {NAME}"),
        ([dkim.dns_record(OURS), dkim.dns_record(OTHER)], f"2 keys at {NAME}"),
        ("v=DKIM1; k=rsa; p=", f"the key at {NAME} is revoked"),
        (f"v=DKIM1; h=sha1; p={PUBLIC}", f"the key at {NAME} is not for SHA-256"),
        (f"v=DKIM1; s=other; p={PUBLIC}", f"the key at {NAME} is not for e-mail"),
        (dkim.dns_record(OTHER), f"the key at {NAME} is not the one that signs here"),
        (dkim.dns_record(ED25519), f"the key at {NAME} is not the one that signs here"),
        (f"p={PUBLIC[:100]}", f"what is at {NAME} is not a key"),
        ("p=not base64!", f"what is at {NAME} is not a key"),
    ],
    # Keys are made anew each time; a name made of one would differ between the processes that share the tests.
    ids=lambda one: "" if isinstance(one, str) and "p=" in one else None,
)
def test_a_key_that_receivers_cannot_use_is_bad(record: str | list[str], says: str, tmp_path: Path) -> None:
    one = key_found(record, tmp_path)
    assert (one.outcome, one.says) == ("bad", says)
    assert one.remedy.startswith(f"publish at {NAME}: v=DKIM1; k=rsa; p=")


@pytest.mark.parametrize("start", ["", "v=DKIM1;", "k=rsa; s=*; h=sha1:sha256; n=a note;"])
def test_what_a_key_record_may_leave_out_or_add_does_not_matter(start: str, tmp_path: Path) -> None:
    spaced = f"{PUBLIC[:50]} {PUBLIC[50:]}"
    assert key_found(f"{start} p={spaced}", tmp_path).outcome == "good"


def test_the_older_form_of_an_rsa_key_is_read(tmp_path: Path) -> None:
    older = OURS.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    assert key_found(f"p={base64.b64encode(older).decode()}", tmp_path).outcome == "good"


def test_a_short_key_is_good_with_advice(tmp_path: Path) -> None:
    assert key_found(dkim.dns_record(OTHER), tmp_path, OTHER) == Finding(
        "good", f"RSA key of 1024 bits at {NAME}", "make one of 2048 bits"
    )


def test_ed25519_is_good_with_advice(tmp_path: Path) -> None:
    one = key_found(dkim.dns_record(ED25519), tmp_path, ED25519)
    assert (one.outcome, one.remedy) == ("good", "some receivers read RSA only; sign with RSA of 2048 bits")


def test_our_own_key_that_cannot_be_read_is_bad_and_says_which_field() -> None:
    broken = Sender.model_validate(
        {**sender().model_dump(), "dkim": {"selector": "s1", "key_file": "/nowhere/key.pem"}}
    )
    one = found(GOOD, broken)["dkim"]
    assert (one.outcome, one.says) == ("bad", "our key cannot be used")
    assert "dkim.key_file: /nowhere/key.pem" in one.remedy


@pytest.mark.parametrize(
    ("domain", "adkim", "outcome"),
    [
        ("firm.zz", "r", "good"),
        ("firm.zz", "s", "bad"),
        ("mail.firm.zz", "s", "good"),
        ("host.zz", "r", "bad"),
    ],
)
def test_a_signature_must_be_aligned_with_from(domain: str, adkim: str, outcome: str, tmp_path: Path) -> None:
    zone = {
        **GOOD,
        "_dmarc.firm.zz": [txt(f"v=DMARC1; p=none; adkim={adkim}")],
        f"s1._domainkey.{domain}": [txt(dkim.dns_record(OURS))],
    }
    assert found(zone, sender(OURS, tmp_path, domain=domain))["dkim"].outcome == outcome


@pytest.mark.parametrize(
    ("records", "outcome", "says"),
    [
        (
            {"_dmarc.mail.firm.zz": ["v=DMARC1;p=quarantine;aspf=s"]},
            "good",
            "p=quarantine at _dmarc.mail.firm.zz, alignment aspf strict",
        ),
        ({"_dmarc.firm.zz": ["v=DMARC1; p=reject"]}, "good", "p=reject at _dmarc.firm.zz, alignment relaxed"),
        (
            {"_dmarc.firm.zz": ["v=DMARC1; p=reject; sp=none"]},
            "good",
            "p=none at _dmarc.firm.zz, alignment relaxed",
        ),
        ({}, "bad", "no DMARC record, or several, at _dmarc.firm.zz"),
        (
            {"_dmarc.firm.zz": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]},
            "bad",
            "no DMARC record, or several, at _dmarc.firm.zz",
        ),
        (
            {"_dmarc.firm.zz": ["v=DMARC1; p=nothing"]},
            "bad",
            "the DMARC record at _dmarc.firm.zz has no policy",
        ),
        ({"_dmarc.firm.zz": ["v=DMARC10; p=none"]}, "bad", "no DMARC record, or several, at _dmarc.firm.zz"),
    ],
)
def test_the_policy_is_that_of_the_domain_or_of_the_registered_one(
    records: dict[str, list[str]], outcome: str, says: str
) -> None:
    zone = {
        "mail.firm.zz": GOOD["mail.firm.zz"],
        **{name: [txt(one) for one in texts] for name, texts in records.items()},
    }
    one = found(zone)["dmarc"]
    assert (one.outcome, one.says) == (outcome, says)


def test_each_domain_and_key_is_looked_up_once(tmp_path: Path) -> None:
    one, two = sender(OURS, tmp_path), sender(OURS, tmp_path, domain="firm.zz")
    with serving(GOOD) as server:
        looked_up = look_up([one, one, two, sender()], [server.address], timeout_s=0.3)
    assert set(looked_up) == {("mail.firm.zz", "s1"), ("mail.firm.zz", "s1@firm.zz"), ("mail.firm.zz", "")}
    assert key_of(one) == ("mail.firm.zz", "s1")
