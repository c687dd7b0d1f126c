"""From which mailboxes a campaign sends, when, how many mails, and what stops it."""

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from email.utils import parseaddr
from functools import lru_cache
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from aicmo_dagster.campaign.hours import Weekday, WorkingHours
from aicmo_dagster.campaign.section import Domain, Section, Share
from aicmo_dagster.campaign.texts import EnvironmentName, Mailbox, VariableName

Security = Literal["starttls", "tls", "none"]


class Smtp(Section):
    """The server that takes the mails. The password comes from the environment."""

    host: str = Field(description="Name or address.")
    port: int = Field(587, ge=1, le=65535, description="Usually 587 with starttls, 465 with tls.")
    security: Security = Field(
        "starttls", description="starttls and tls verify the certificate; none only for a local relay."
    )
    username: str | None = Field(None, description="Login, where the server wants one.")
    password_env: EnvironmentName = Field(
        "AICMO_SMTP_PASSWORD", description="Name of the environment variable with the password."
    )
    ca_file: str | None = Field(None, description="Certificates to trust instead of the system's.")
    timeout_s: float = Field(30.0, gt=0, le=600, description="Longest wait for one answer of the server.")
    connections: int = Field(
        1, ge=1, le=64, description="Most at once; more than one only for servers meant for many mails."
    )


class Imap(Section):
    """Where what comes back to the mailbox is read. Nothing is deleted, moved or marked there."""

    host: str = Field(description="Name or address.")
    port: int = Field(993, ge=1, le=65535, description="Usually 993 with tls, 143 with starttls.")
    security: Security = Field("tls", description="starttls and tls verify the certificate.")
    username: str | None = Field(None, description="Login; default the mailbox's address.")
    password_env: EnvironmentName = Field(
        "AICMO_IMAP_PASSWORD", description="Name of the environment variable with the password."
    )
    folders: list[str] = Field(["INBOX"], min_length=1, description="Read for what comes back.")
    sent_folder: str | None = Field(
        None, description="Where the server keeps what was sent: evidence for mails that are uncertain."
    )
    ca_file: str | None = Field(None, description="Certificates to trust instead of the system's.")
    timeout_s: float = Field(60.0, gt=0, le=600, description="Longest wait for one answer of the server.")


class Dkim(Section):
    """Signing here (RFC 6376), for servers that do not sign themselves. The key is PEM, RSA or Ed25519."""

    selector: str = Field(
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", description="Name of the key in DNS."
    )
    domain: Domain | None = Field(None, description="Signs for this domain; default that of the mailbox.")
    key_file: str | None = Field(None, description="File with the private key.")
    key_env: EnvironmentName | None = Field(None, description="Or the environment variable that holds it.")

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if (self.key_file is None) == (self.key_env is None):
            raise ValueError("give key_file or key_env, one of them")
        return self


class Pace(Section):
    """How fast one mailbox may send; over all campaigns that use it."""

    first_day: int = Field(5, ge=1, le=1_000_000, description="Mails on its first day.")
    per_day: int = Field(40, ge=1, le=1_000_000, description="Mails a day once it is warm.")
    ramp_days: int = Field(14, ge=0, le=365, description="Days from the one to the other; 0 = warm at once.")
    per_week: int = Field(5_000, ge=1, le=10_000_000, description="Ceiling of any seven days.")
    gap_minutes: float = Field(3.0, ge=0, le=1_440, description="Least time between two mails.")
    gap_jitter: Share = Field(0.5, description="Share of the gap that is added at most, at random.")

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if self.first_day > self.per_day:
            raise ValueError(f"first_day {self.first_day} is more than per_day {self.per_day}")
        return self

    def allowance(self, began: date | None, day: date) -> int:
        """Mails that the mailbox may send on `day`, when it sent its first one on `began` (None: never yet).

        Grows evenly from `first_day` to `per_day`, which it reaches after `ramp_days`.
        """
        passed = 0 if began is None else max(0, (day - began).days)
        if passed >= self.ramp_days:
            return self.per_day
        return self.first_day + (self.per_day - self.first_day) * passed // self.ramp_days

    def gap(self, send_id: int) -> timedelta:
        """How long the mailbox rests behind that mail: the gap, and a part of the jitter that the mail decides."""
        digest = hashlib.blake2b(send_id.to_bytes(8, "big"), digest_size=4).digest()
        share = int.from_bytes(digest, "big") / 2**32
        return timedelta(minutes=self.gap_minutes * (1 + self.gap_jitter * share))


class Sender(Section):
    """A mailbox that mails come from. A lead stays with the one that wrote to it first."""

    mailbox: Mailbox = Field(description="From, e.g. 'Ann Lee <ann@example.com>'.")
    reply_to: Mailbox | None = Field(None, description="Where answers go; default the mailbox.")
    postal_address: str = Field(min_length=8, description="In every mail; the law asks for it.")
    unsubscribe_mailbox: Mailbox | None = Field(
        None, description="Target of List-Unsubscribe; default the mailbox."
    )
    weight: float = Field(1.0, gt=0, le=1e6, description="Share of new leads relative to the other senders.")
    pace: Pace = Pace()
    smtp: Smtp | None = Field(None, description="Needed in live mode.")
    imap: Imap | None = Field(None, description="Without it nobody sees replies and bounces by mail.")
    dkim: Dkim | None = Field(None, description="Only where the server does not sign.")

    @property
    def address(self) -> str:
        """The address alone, in lower case: what the ledger and all counts know the mailbox by."""
        return _address_of(self.mailbox)

    @property
    def domain(self) -> str:
        """The domain of the address."""
        return self.address.rpartition("@")[2]


@lru_cache(maxsize=1_000)
def _address_of(mailbox: str) -> str:
    return parseaddr(mailbox)[1].lower()


class Tracking(Section):
    """What the mails report back. Both need the public address of this system, and change the mails."""

    clicks: bool = Field(False, description="Links lead over this system.")
    opens: bool = Field(False, description="An invisible picture; many mail programs fetch it unseen.")


class Holds(Section):
    """What stops a mailbox or the whole campaign by itself."""

    connection_errors: int = Field(
        5, ge=1, le=100, description="In a row: the mailbox pauses, longer every time."
    )
    bounce_rate: Share = Field(0.05, description="Hard bounces per mail of the last seven days.")
    complaint_rate: Share = Field(0.003, description="Complaints per mail of the last seven days.")
    least_mails: int = Field(50, ge=1, le=1_000_000, description="No rate is judged on fewer.")
    unknown_dns: Literal["send", "hold"] = Field(
        "send", description="Whether mails leave where DNS could not say that SPF, DKIM and DMARC are right."
    )


class Sending(Section):
    """When and how many mails leave."""

    window: WorkingHours = Field(WorkingHours(), description="In the lead's time zone.")
    working_days: list[Weekday] = Field(
        ["mon", "tue", "wed", "thu", "fri"], min_length=1, description="In the lead's time zone."
    )
    holidays: bool = Field(True, description="Public holidays of the lead's country are no working days.")
    cap_per_day: int = Field(20, ge=0, le=1_000_000, description="Mails of the campaign a day.")
    per_domain_a_day: int = Field(
        20, ge=1, le=1_000_000, description="Mails a day to addresses of one domain, from one mailbox."
    )
    per_person_a_week: int = Field(
        3, ge=1, le=100, description="Mails to one address in seven days, over all campaigns."
    )
    reply_stops_colleagues: bool = Field(
        False, description="A reply ends the mails to everybody of that company, too."
    )
    senders: list[Sender] = Field(
        [],
        max_length=200,
        description="Needed before a mail can be written; a single one can be called sender.",
    )
    tracking: Tracking = Tracking()
    holds: Holds = Holds()
    variables: dict[VariableName, str] = Field(
        {}, description="Values for templates: offer is written {{ campaign.offer }}."
    )

    @model_validator(mode="before")
    @classmethod
    def _single_sender(cls, value: Any) -> Any:
        if not isinstance(value, Mapping) or "sender" not in value:
            return value
        if value.get("senders"):
            raise ValueError("has sender and senders; put all into senders")
        rest = {name: one for name, one in value.items() if name != "sender"}
        return rest if value["sender"] is None else {**rest, "senders": [value["sender"]]}

    @field_validator("senders")
    @classmethod
    def _one_each(cls, value: list[Sender]) -> list[Sender]:
        addresses = [sender.address for sender in value]
        twice = sorted({address for address in addresses if addresses.count(address) > 1})
        if twice:
            raise ValueError(f"{twice[0]!r} is there twice")
        return value
