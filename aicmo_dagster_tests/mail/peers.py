"""Postfix and Dovecot of Debian's packages, for tests: on loopback, with everything of theirs in one folder.

`dovecot` runs as any user, `postfix` as root only, since its master process refuses to be anybody else. Whoever
cannot have them is told by a skipped test. Nothing leaves the machine: whatever is not for `DOMAINS` bounces.
"""

import contextlib
import grp
import imaplib
import os
import pwd
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from aicmo_dagster_tests.mail.servers import PASSWORD, certificate

DOMAINS = ("example.com", "example.org")
"""Mail to these is Dovecot's; who has no mailbox there does not exist."""

_PATIENCE_S = 30
_T = TypeVar("_T")


@dataclass(frozen=True)
class Mailboxes:
    """A running Dovecot: its ports, the certificate to trust, and its log."""

    imap: int
    imaps: int
    lmtp: int
    certificate: Path
    folder: Path

    def session(self, address: str) -> imaplib.IMAP4_SSL:
        """A connection of that address's owner."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        session = imaplib.IMAP4_SSL("127.0.0.1", self.imaps, ssl_context=context)
        session.login(address, PASSWORD)
        return session

    def put(self, address: str, *contents: bytes, folder: str = "INBOX", at: float | None = None) -> None:
        """Put messages into a folder, as if they had come at that time (default: now)."""
        with self.session(address) as session:
            for content in contents:
                when = imaplib.Time2Internaldate(at or time.time())
                kind, told = session.append(folder, "", when, content)
                assert kind == "OK", told

    def mails(self, address: str) -> list[bytes]:
        """Every message in the address's INBOX."""
        with self.session(address) as session:
            session.select("INBOX", readonly=True)
            _, (numbers,) = session.search(None, "ALL")
            found = []
            for number in numbers.split():
                _, parts = session.fetch(number, "(BODY.PEEK[])")
                assert isinstance(parts[0], tuple)
                found.append(parts[0][1])
            return found

    def wait(self, address: str, count: int) -> list[bytes]:
        """The messages, as soon as there are so many."""
        return until(lambda: found if len(found := self.mails(address)) >= count else None)


def until(look: Callable[[], _T | None]) -> _T:
    """What `look` finds, as soon as it finds anything."""
    end = time.monotonic() + _PATIENCE_S
    while (found := look()) is None:
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
    return found


@contextmanager
def dovecot(addresses: Sequence[str]) -> Iterator[Mailboxes]:
    """An IMAP and LMTP server with mailboxes of these addresses, all with the password of `mail.servers`."""
    program = _program("dovecot", "dovecot-imapd", "dovecot-lmtpd")
    with _folder() as folder:
        cert, key = certificate(folder)
        imap, imaps, lmtp = _ports(3)
        me = pwd.getpwuid(os.getuid())
        # Dovecot wants nobody's mail read with the rights of root.
        owner = pwd.getpwnam("nobody") if me.pw_uid == 0 else me
        group = grp.getgrgid(owner.pw_gid).gr_name
        login = "dovenull" if me.pw_uid == 0 else me.pw_name
        internal = "dovecot" if me.pw_uid == 0 else me.pw_name
        users = folder / "users"
        mail = folder / "mail"
        users.write_text(
            "".join(
                f"{address}:{{PLAIN}}{PASSWORD}:{owner.pw_uid}:{owner.pw_gid}::{mail}/{address}\n"
                for address in addresses
            )
        )
        mail.mkdir()
        if me.pw_uid == 0:
            os.chown(mail, owner.pw_uid, owner.pw_gid)
            os.chown(users, pwd.getpwnam(internal).pw_uid, -1)
        services = "\n".join(
            f"service {name} {{\n  chroot =\n}}"
            for name in ("imap-login", "anvil", "stats", "ipc", "director", "pop3-login")
            if me.pw_uid != 0
        )
        configuration = folder / "dovecot.conf"
        configuration.write_text(
            f"""
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
listen = 127.0.0.1
protocols = imap lmtp
default_internal_user = {internal}
default_internal_group = {grp.getgrgid(pwd.getpwnam(internal).pw_gid).gr_name}
default_login_user = {login}
first_valid_uid = 1
mail_location = maildir:{mail}/%u
mail_uid = {owner.pw_name}
mail_gid = {group}
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
disable_plaintext_auth = yes
passdb {{
  driver = passwd-file
  args = {users}
}}
userdb {{
  driver = passwd-file
  args = {users}
}}
{services}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  unix_listener sasl {{
    mode = 0666
  }}
}}
"""
        )
        with _running([program, "-F", "-c", str(configuration)], folder / "dovecot.log", (imap, imaps, lmtp)):
            yield Mailboxes(imap, imaps, lmtp, cert, folder)


@dataclass(frozen=True)
class MailServer:
    """A running Postfix: its port, which wants STARTTLS and the login of a mailbox."""

    port: int
    certificate: Path

    def send(self, message: EmailMessage, sender: str | None = None) -> None:
        """Send as the author of the message, or from another envelope address."""
        author = str(message["From"])
        with smtplib.SMTP("127.0.0.1", self.port, timeout=_PATIENCE_S) as session:
            session.starttls(context=ssl.create_default_context(cafile=str(self.certificate)))
            session.login(author, PASSWORD)
            session.send_message(message, from_addr=author if sender is None else sender)


@contextmanager
def postfix(mailboxes: Mailboxes) -> Iterator[MailServer]:
    """A mail server that takes mails of the mailboxes' owners and delivers those to `DOMAINS` to Dovecot."""
    program = _program("postfix", "postfix")
    if os.getuid() != 0:
        pytest.skip("Postfix can be started by root only")
    with _folder() as folder:
        cert, key = certificate(folder)
        (port,) = _ports(1)
        settings = folder / "etc"
        for made in (settings, folder / "queue", folder / "data"):
            made.mkdir()
        shutil.chown(folder / "data", "postfix")
        (settings / "main.cf").write_text(
            f"""
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.net
mydestination =
mynetworks =
alias_maps =
alias_database =
relay_domains = {", ".join(DOMAINS)}
relay_transport = lmtp:inet:127.0.0.1:{mailboxes.lmtp}
default_transport = error:5.4.4 nothing leaves this machine
smtp_dns_support_level = disabled
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = unix:{mailboxes.folder}/run/sasl
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions =
smtpd_peername_lookup = no
"""
        )
        unix = (
            *(
                "cleanup unix n - n - 0 cleanup",
                "qmgr unix n - n 300 1 qmgr",
                "tlsmgr unix - - n 1000? 1 tlsmgr",
            ),
            *(
                "rewrite unix - - n - - trivial-rewrite",
                "bounce unix - - n - 0 bounce",
                "trace unix - - n - 0 bounce",
            ),
            *(
                "defer unix - - n - 0 bounce",
                "verify unix - - n - 1 verify",
                "proxymap unix - - n - - proxymap",
            ),
            *("error unix - - n - - error", "retry unix - - n - - error", "lmtp unix - - n - - lmtp"),
            *("anvil unix - - n - 1 anvil", "scache unix - - n - 1 scache", "flush unix n - n 1000? 0 flush"),
            "postlog unix-dgram n - n - 1 postlogd",
        )
        lines = "\n".join([f"127.0.0.1:{port} inet n - n - - smtpd", *unix])
        (settings / "master.cf").write_text(lines + "\n")
        # Makes the folders of the queue. The master process alone stays in our process group, and ends with it.
        subprocess.run([program, "-c", str(settings), "check"], check=True, capture_output=True)
        master = Path("/usr/lib/postfix/sbin/master")
        with _running([str(master), "-c", str(settings), "-d"], folder / "postfix.log", (port,)):
            yield MailServer(port, cert)


def _program(name: str, *packages: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not here; on Debian: apt-get install {' '.join(packages)}")
    return found


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that other users may pass through, as pytest's may not, with a path short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="peer-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


def _ports(number: int) -> list[int]:
    with contextlib.ExitStack() as held:
        free = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [one.getsockname()[1] for one in free]


@contextmanager
def _running(command: Sequence[str], log: Path, ports: Sequence[int]) -> Iterator[None]:
    """The program and all that it starts, in a process group of their own, until they have ended."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        for port in ports:
            until(partial(_answers, process, port, log))
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def _answers(process: "subprocess.Popen[bytes]", port: int, log: Path) -> bool | None:
    if process.poll() is not None:
        assert process.stdout is not None
        told = log.read_text() if log.exists() else ""
        raise AssertionError(f"it ended: {process.stdout.read().decode()}{told}")
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return None
    return True
