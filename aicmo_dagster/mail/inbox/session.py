"""A mailbox by IMAP (RFC 3501), only to be looked at: EXAMINE and BODY.PEEK change nothing, not even a flag."""

import contextlib
import logging
import os
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Any, Self

from imapclient import IMAPClient
from imapclient.exceptions import CapabilityError, IMAPClientError, LoginError

from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.errors import MailError
from aicmo_dagster.privacy import without_addresses

MOST_BYTES = 2_000_000
"""Of one message: its header and the beginning of its text. What follows, such as attachments, stays unread."""

LOST = (OSError, IMAPClient.AbortError)
"""What a connection that is gone raises; a new one may do better."""

# The library tells everything it hears at the level DEBUG, which is other people's mail.
logging.getLogger("imapclient").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Folder:
    """A folder as it was opened. UIDs rise and name a message for good, as long as `uid_validity` is the same."""

    uid_validity: int
    uid_next: int


@dataclass(frozen=True)
class Head:
    """A message's number in its folder, its size in bytes, and when the server took it (aware)."""

    uid: int
    size: int
    received_at: datetime


class Session:
    """One connection, secured and logged in. A context manager.

    Raises MailError where somebody has to mend something, one of `LOST` where it may work again later.
    """

    def __init__(self, sender: Sender) -> None:
        imap = sender.imap
        assert imap is not None
        self._where = f"{imap.host}:{imap.port}"
        user = imap.username or sender.address
        password = os.environ.get(imap.password_env, "")
        if not password:
            raise MailError(
                f"no password for the mailbox at {self._where}: set the environment variable {imap.password_env}"
            )
        try:
            context = ssl.create_default_context(cafile=imap.ca_file)
        except OSError as error:
            raise MailError(f"sending.senders: imap.ca_file {imap.ca_file}: {error}") from None
        try:
            self._client = IMAPClient(
                imap.host,
                imap.port,
                ssl=imap.security == "tls",
                ssl_context=context,
                timeout=imap.timeout_s,
            )
        except ssl.SSLCertVerificationError as error:
            raise MailError(self._refusal("its certificate is not trusted", error)) from None
        self._client.normalise_times = False
        try:
            if imap.security == "starttls":
                self._client.starttls(context)
            self._client.login(user, password)
        except LoginError as error:
            self.close()
            raise MailError(
                self._refusal(f"the login was refused; look at imap.username and {imap.password_env}", error)
            ) from None
        except (CapabilityError, ssl.SSLCertVerificationError) as error:
            self.close()
            raise MailError(self._refusal("the connection cannot be secured", error)) from None
        except UnicodeEncodeError:
            self.close()
            raise MailError(self._refusal("the login needs user name and password in ASCII")) from None
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Say goodbye, or hang up where nobody answers."""
        try:
            self._client.logout()
        except Exception:
            with contextlib.suppress(Exception):
                self._client.shutdown()

    def open(self, folder: str) -> Folder:
        """Look into a folder. Raises MailError when there is none of that name."""
        try:
            told = self._client.select_folder(folder, readonly=True)
        except LOST:
            raise
        except IMAPClientError as error:
            raise MailError(self._refusal(f"the folder {folder!r} cannot be opened", error)) from None
        validity = _number(told.get(b"UIDVALIDITY"))
        if validity is None:
            raise MailError(self._refusal(f"the folder {folder!r} has no UIDVALIDITY"))
        return Folder(validity, _number(told.get(b"UIDNEXT")) or 0)

    def uids(self, after: int, since: date | None = None) -> list[int]:
        """Numbers of the open folder's messages, rising; with `since`, of those that came on that day or later."""
        wanted: list[Any] = ["UID", f"{after + 1}:*"]
        if since is not None:
            wanted += ["SINCE", since]
        # n:* names the last message also where its number is lower than n (RFC 3501 6.4.8).
        return sorted(uid for uid in self._client.search(wanted) if uid > after)

    def heads(self, uids: Sequence[int]) -> list[Head]:
        """Size and time of the messages, by their numbers, rising; those that are gone meanwhile are left out."""
        found = self._client.fetch(list(uids), ["RFC822.SIZE", "INTERNALDATE"])
        return [_head(uid, found[uid]) for uid in sorted(found)]

    def contents(self, uids: Sequence[int]) -> dict[int, bytes]:
        """The first `MOST_BYTES` of the messages. Raises IMAPClientError when the server cannot give one of them."""
        found = self._client.fetch(list(uids), [f"BODY.PEEK[]<0.{MOST_BYTES}>"])
        contents = {}
        for uid, parts in found.items():
            text = next((value for name, value in parts.items() if name.startswith(b"BODY[")), None)
            if isinstance(text, bytes):
                contents[uid] = text[:MOST_BYTES]
        return contents

    def holds(self, message_id: str) -> bool:
        """Whether the open folder has a message with that Message-ID."""
        return bool(self._client.search(["HEADER", "Message-ID", message_id]))

    def _refusal(self, what: str, error: BaseException | None = None) -> str:
        words = f"{self._where}: {what}" + (f": {error}" if error else "")
        return without_addresses(" ".join(words.split()))[:500]


def _head(uid: int, told: Mapping[bytes, Any]) -> Head:
    came = told.get(b"INTERNALDATE")
    at = came.astimezone(UTC) if isinstance(came, datetime) and came.tzinfo else datetime.now(UTC)
    return Head(uid, _number(told.get(b"RFC822.SIZE")) or MOST_BYTES, at)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
