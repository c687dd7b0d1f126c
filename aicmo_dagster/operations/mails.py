"""A mail as a lead would get it, to look at or to send to oneself. The ledger knows nothing of it."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster import settings
from aicmo_dagster.campaign.sending import Sender, Tracking
from aicmo_dagster.campaign.steps import Sequence
from aicmo_dagster.errors import ConfigurationError, MailError
from aicmo_dagster.mail import tokens
from aicmo_dagster.mail.compose import Composed, is_address
from aicmo_dagster.mail.outbox import Outbox
from aicmo_dagster.mail.outcome import Transport
from aicmo_dagster.mail.smtp import SmtpTransport
from aicmo_dagster.mail.templates import LEAD_FIELDS
from aicmo_dagster.mail.writer import Writer
from aicmo_dagster.store import leads, sends
from aicmo_dagster.store.campaigns import Campaign, sequence_versions
from aicmo_dagster.store.database import rows
from aicmo_dagster.store.sends import Claimed, Earlier

_NOBODY = 2**62
"""Ids from here on are no lead's and no send's, so that no link of such a mail can stop a lead's mails."""

_FACTS = (*LEAD_FIELDS, "extra")
_UNKNOWN: dict[str, Any] = {**dict.fromkeys(_FACTS), "email": "somebody@example.com"}


@dataclass(frozen=True)
class Wanted:
    """Which mail: `who` is a lead's address or number, None for somebody of whom only the address is known.

    Without `sequence` it is the lead's, else that of HOT leads; `draft` is one that the campaign does not have yet.
    `sender` is the address of a mailbox, the campaign's first where it is None.
    """

    who: str | None = None
    sequence: str | None = None
    step: int = 1
    variant: str | None = None
    sender: str | None = None
    draft: Sequence | None = None


@dataclass(frozen=True)
class Preview:
    """What the reader sees: header lines, the plain text, and the HTML."""

    headers: dict[str, str]
    text: str
    html: str


def preview(cursor: Cursor[TupleRow], campaign: Campaign, wanted: Wanted, now: datetime) -> Preview:
    """The mail, follow-ups as if all mails before them had been sent; without tracking.

    Raises LeadNotFoundError, ConfigurationError when the campaign has no such sender or mail, MailError when it
    cannot be written.
    """
    _, composed = _written(cursor, campaign, wanted, now, None)
    message = message_from_bytes(composed.content, policy=default)
    parts = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
    text, html = (part.get_content().replace("\r\n", "\n") if part else "" for part in parts.values())
    shown = ("From", "Reply-To", "To", "Subject", "List-Unsubscribe")
    return Preview({name: str(message[name]) for name in shown if name in message}, text, html)


def send_test(cursor: Cursor[TupleRow], campaign: Campaign, wanted: Wanted, to: str, now: datetime) -> str:
    """Send the mail to `to` and return what the server, or in a simulation the outbox, said.

    Its unsubscribe link is nobody's. Raises what `preview` raises, and MailError when it is not taken, or when the
    person wants no mail.
    """
    if not is_address(to):
        raise ConfigurationError(f"{to!r} is not an address that mail can be sent to")
    if sends.declined(cursor, campaign.id, to):
        raise MailError(f"{to} asked for no mails, or is on the suppression list; send the test to yourself")
    sender, composed = _written(cursor, campaign, wanted, now, to)
    transport: Transport = Outbox(Path(settings.home()), campaign.key)
    if campaign.config.mode == "live" and sender.smtp is not None:
        transport = SmtpTransport(sender.smtp)
    try:
        outcome = transport.deliver(sender.address, to, composed.content, lambda: True)
    finally:
        transport.close()
    if outcome.kind != "sent":
        raise MailError(f"the mail was not taken: {outcome.reply}")
    return outcome.reply


def _written(
    cursor: Cursor[TupleRow], campaign: Campaign, wanted: Wanted, now: datetime, to: str | None
) -> tuple[Sender, Composed]:
    lead, owner, route = _lead(cursor, campaign, wanted)
    sender = _sender(campaign, wanted.sender)
    versions = sequence_versions(cursor, campaign.id)
    if wanted.draft is None:
        name, version = _sequence(campaign, wanted, versions, route)
    else:
        name, version = wanted.sequence or "draft", 0
        versions[name, version] = wanted.draft
    sequence = versions[name, version]
    if not 1 <= wanted.step <= len(sequence.steps):
        raise ConfigurationError(
            f"sequence {name!r} has no step {wanted.step}; it has {len(sequence.steps)} of them"
        )
    step = sequence.steps[wanted.step - 1]
    if wanted.variant not in (None, "base", *(one.name for one in step.variants)):
        known = ", ".join(one.name for one in step.variants) or "none"
        raise ConfigurationError(f"step {wanted.step} has no variant {wanted.variant!r}; there are: {known}")
    quiet = campaign.config.sending.model_copy(update={"tracking": Tracking()})
    campaign = replace(campaign, config=campaign.config.model_copy(update={"sending": quiet}))
    writer = Writer(campaign, versions, tokens.secret(cursor), settings.public_url())
    claimed = Claimed(
        id=_NOBODY + secrets.randbits(61),
        lead_id=_NOBODY,
        sequence=name,
        sequence_version=version,
        step=wanted.step,
        owner=owner,
        lead=lead if to is None else {**lead, "email": to},
        variant=wanted.variant,
        earlier=tuple(
            Earlier(number, None, f"<{number}@{sender.domain}>") for number in range(1, wanted.step)
        ),
    )
    return sender, writer.write(claimed, sender, now)


def _lead(
    cursor: Cursor[TupleRow], campaign: Campaign, wanted: Wanted
) -> tuple[dict[str, Any], str, tuple[str, int] | None]:
    """What is known of the lead, its owner, and its sequence with the version it is in."""
    if wanted.who is None:
        return _UNKNOWN, "", None
    (found,) = rows(
        cursor,
        f"SELECT {', '.join(f'l.{name}' for name in _FACTS)}, r.owner, r.sequence, r.sequence_version "
        "FROM leads l LEFT JOIN lead_routes r ON r.lead_id = l.id WHERE l.id = %s",
        [leads.find(cursor, campaign.id, wanted.who)],
    )
    lead = {name: found[name] for name in _FACTS}
    if lead["email"] is None:
        raise MailError(f"lead {wanted.who!r} has no address")
    route = None if found["sequence"] is None else (found["sequence"], found["sequence_version"])
    return lead, found["owner"] or "", route


def _sender(campaign: Campaign, address: str | None) -> Sender:
    senders = campaign.config.sending.senders
    if not senders:
        raise ConfigurationError(
            f"campaign {campaign.key!r} has no sender; give sending.senders with mailbox and postal_address"
        )
    for sender in senders:
        if address is None or sender.address == address.lower():
            return sender
    known = ", ".join(sender.address for sender in senders)
    raise ConfigurationError(f"campaign {campaign.key!r} has no sender {address!r}; there are: {known}")


def _sequence(
    campaign: Campaign,
    wanted: Wanted,
    versions: dict[tuple[str, int], Sequence],
    route: tuple[str, int] | None,
) -> tuple[str, int]:
    """The name and version: the one the lead is in, else the newest."""
    if route in versions and wanted.sequence in (None, route[0]):
        return route
    name = wanted.sequence or campaign.config.routing.sequences["HOT"]
    numbers = [version for one, version in versions if one == name]
    if not numbers:
        known = ", ".join(sorted({one for one, _ in versions}))
        raise ConfigurationError(f"campaign {campaign.key!r} has no sequence {name!r}; there are: {known}")
    return name, max(numbers)
