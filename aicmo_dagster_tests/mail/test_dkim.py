import re
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.errors import ConfigurationError, MailError
from aicmo_dagster.mail.dkim import Key, dns_record, signer

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()
KEYS = pytest.mark.parametrize("key", [RSA, ED25519], ids=["rsa", "ed25519"])

MAIL = (
    b"From: Test Sender <sender@example.com>\r\n"
    b"Reply-To: answers@example.com\r\n"
    b'To: "Test Lead"\r\n <lead@example.org>\r\n'
    b"Subject: A test  of signatures\r\n"
    b"Date: Mon, 02 Mar 2026 10:00:00 +0000\r\n"
    b"Message-ID: <1.abc@example.com>\r\n"
    b"In-Reply-To: <0.abc@example.com>\r\n"
    b"References: <0.abc@example.com>\r\n"
    b"List-Unsubscribe: <https://mail.example.com/u/token>,\r\n <mailto:sender@example.com?subject=unsubscribe>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: text/plain; charset="utf-8"\r\n'
    b"Content-Transfer-Encoding: 7bit\r\n\r\n"
    b"Hello  there,\r\n\r\nthis is a test. \r\n\r\n"
)


def pem(key: Key | ec.EllipticCurvePrivateKey, passphrase: bytes | None = None) -> str:
    hidden = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden).decode()


def sender(**dkim_: str) -> Sender:
    return Sender.model_validate(
        {
            "mailbox": "Test Sender <sender@example.com>",
            "postal_address": "1 Test Street, Testtown",
            "dkim": {"selector": "aicmo", **dkim_},
        }
    )


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> bytes:
    monkeypatch.setenv("TEST_DKIM_KEY", pem(request.param))
    sign = signer(sender(key_env="TEST_DKIM_KEY"))
    assert sign is not None
    return sign(MAIL)


BOTH = pytest.mark.parametrize("signed", [RSA, ED25519], ids=["rsa", "ed25519"], indirect=True)
ONE = pytest.mark.parametrize("signed", [RSA], indirect=True)


def verified(content: bytes) -> bool:
    """Whether dkimpy, as a receiver, believes the signature."""
    key: Key = ED25519 if b"a=ed25519" in content else RSA

    def dns(name: bytes, timeout: int) -> str | None:
        return dns_record(key) if name == b"aicmo._domainkey.example.com." else None

    return bool(dkim.verify(content, dnsfunc=dns))


@BOTH
def test_a_receiver_believes_the_signature(signed: bytes) -> None:
    assert verified(signed)
    assert signed.endswith(MAIL)


@BOTH
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (b"this is a test", b"this is a trap"),
        (b"From: Test Sender", b"From: Test Forger"),
        (b"Test Lead", b"Test Person"),
        (b"A test  of", b"No test of"),
        (b"Date: Mon, 02", b"Date: Tue, 03"),
        (b"<1.abc@", b"<2.abc@"),
        (b"answers@", b"others@"),
        (b"In-Reply-To: <0", b"In-Reply-To: <3"),
        (b"References: <0", b"References: <3"),
        (b"MIME-Version: 1.0", b"MIME-Version: 1.1"),
        (b"text/plain", b"text/html"),
        (b"/u/token", b"/u/other"),
        (b"One-Click", b"Two-Click"),
        (b"MIME-Version", b"From: Test Forger <forger@example.org>\r\nMIME-Version"),
        (b"MIME-Version", b"Subject: Another\r\nMIME-Version"),
        (b"MIME-Version", b"To: other@example.org\r\nMIME-Version"),
        (b"MIME-Version", b"Reply-To: other@example.org\r\nMIME-Version"),
        (b"MIME-Version", b"Cc: other@example.org\r\nMIME-Version"),
    ],
)
def test_a_change_on_the_way_breaks_it(signed: bytes, ours: bytes, theirs: bytes) -> None:
    assert signed.count(ours, len(signed) - len(MAIL)) == 1
    head, mail = signed[: -len(MAIL)], signed[-len(MAIL) :]
    assert not verified(head + mail.replace(ours, theirs))


@BOTH
def test_what_servers_change_of_spaces_does_not_break_it(signed: bytes) -> None:
    refolded = signed.replace(b"Subject: A test  of", b"Subject:  A test\r\n\tof")
    assert verified(refolded.replace(b"Hello  there,", b"Hello there, ") + b"\r\n\r\n")


@ONE
def test_its_lines_are_short(signed: bytes) -> None:
    assert max(map(len, signed[: -len(MAIL)].split(b"\r\n"))) <= 78


@KEYS
def test_the_same_mail_gets_the_same_signature(key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DKIM_KEY", pem(key))
    first, second = signer(sender(key_env="TEST_DKIM_KEY")), signer(sender(key_env="TEST_DKIM_KEY"))
    assert first is not None
    assert second is not None
    assert first(MAIL) == second(MAIL)


@given(
    body=st.lists(st.text("ab \t.é=", max_size=20), max_size=6),
    subject=st.text("ab \t=?:;<>", min_size=0, max_size=60),
)
def test_any_body_and_subject_can_be_signed(
    body: list[str], subject: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.pem"
    path.write_text(pem(ED25519))
    sign = signer(sender(key_file=str(path)))
    assert sign is not None
    mail = f"From: sender@example.com\r\nSubject: {subject}\r\n\r\n" + "\r\n".join(body)
    assert verified(sign(mail.encode()))


def test_a_mail_that_is_not_ours_is_not_signed_without_from(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text(pem(ED25519))
    sign = signer(sender(key_file=str(path)))
    assert sign is not None
    with pytest.raises(MailError, match="without From"):
        sign(b"To: lead@example.org\r\n\r\nHello\r\n")


def test_a_sender_without_dkim_signs_nothing() -> None:
    plain = {"mailbox": "sender@example.com", "postal_address": "1 Test Street, Testtown"}
    assert signer(Sender.model_validate(plain)) is None


def test_a_key_on_one_line_of_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DKIM_KEY", pem(RSA).replace("\n", "\\n"))
    sign = signer(sender(key_env="TEST_DKIM_KEY"))
    assert sign is not None
    assert verified(sign(MAIL))


def test_it_signs_for_the_domain_that_is_given(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(pem(RSA))
    sign = signer(sender(key_file=str(tmp_path / "key.pem"), domain="Mail.example.com"))
    assert sign is not None
    assert b"; d=mail.example.com; s=aicmo;" in sign(MAIL)


def refusal(**dkim_: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        signer(sender(**dkim_))
    return str(caught.value)


def test_a_missing_file_is_named_with_its_field(tmp_path: Path) -> None:
    said = refusal(key_file=str(tmp_path / "missing.pem"))
    assert said.startswith("sending.senders: sender@example.com: dkim.key_file: ")
    assert said.endswith("missing.pem: No such file or directory")


def test_a_missing_variable_is_named_with_its_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_DKIM_KEY", raising=False)
    assert refusal(key_env="TEST_DKIM_KEY") == (
        "sending.senders: sender@example.com: dkim.key_env: the environment variable TEST_DKIM_KEY is not set"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (pem(ED25519, b"secret"), "is encrypted"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "neither an RSA nor an Ed25519 key"),
        (pem(RSA)[:300], "not a private key in PEM form"),
        ("no key at all", "not a private key in PEM form"),
    ],
)
def test_what_is_no_key_for_this_is_refused_without_showing_it(
    content: str, reason: str, tmp_path: Path
) -> None:
    (tmp_path / "key.pem").write_text(content)
    said = refusal(key_file=str(tmp_path / "key.pem"))
    assert reason in said
    assert not any(line in said for line in re.findall(r"[A-Za-z0-9+/=]{20,}", content))


def weak_key() -> rsa.RSAPrivateKey:
    """An RSA key of 768 bits, which the library refuses to make."""
    # The Mersenne prime of 521 bits, and one of 247 beside it.
    p, q = 2**521 - 1, 2**247 - 81
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()


def test_a_key_that_receivers_do_not_take_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(pem(weak_key()))
    said = refusal(key_file=str(tmp_path / "key.pem"))
    assert (
        "of 768 bits; receivers take 1024 or more; make one with: openssl genrsa -out dkim.pem 2048" in said
    )
