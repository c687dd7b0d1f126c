"""Write the mail of a claimed send: its words, its place in a thread, its headers, its signature."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from aicmo_dagster.campaign import steps
from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.campaign.steps import BASE, Step
from aicmo_dagster.errors import ConfigurationError, MailError
from aicmo_dagster.mail import templates
from aicmo_dagster.mail.compose import Composed, compose
from aicmo_dagster.mail.templates import Rendered
from aicmo_dagster.mail.tracking import tracked
from aicmo_dagster.store import sends
from aicmo_dagster.store.campaigns import Campaign

_Sign = Callable[[bytes], bytes]


class Writer:
    """Writes the mails of one campaign. Templates are compiled and keys loaded once; no database."""

    def __init__(
        self,
        campaign: Campaign,
        sequences: Mapping[tuple[str, int], steps.Sequence],
        key: bytes,
        public_url: str | None,
    ) -> None:
        self._config = campaign.config
        self._sequences = sequences
        self._key = key
        self._public_url = public_url
        self._shared: dict[tuple[str, str], dict[str, Any]] = {}
        self._signers: dict[str, _Sign | None] = {}

    def write(self, claimed: sends.Claimed, sender: Sender, now: datetime) -> Composed:
        """The mail, the same bytes for the same arguments. Raises MailError, saying what is in the way."""
        sequence = self._sequences.get((claimed.sequence, claimed.sequence_version))
        if sequence is None or claimed.step > len(sequence.steps):
            raise MailError(f"sequence {claimed.sequence!r} has no step {claimed.step}")
        thread = earlier_in_thread(sequence, claimed.step, claimed.earlier)
        rendered = self._rendered(claimed, sequence, thread, sender)
        names = (claimed.lead["first_name"], claimed.lead["last_name"])
        composed = compose(
            self._tracked(claimed.id, rendered),
            sender,
            recipient=claimed.lead["email"] or "",
            recipient_name=templates.one_line(" ".join(name for name in names if name)),
            send_id=claimed.id,
            lead_id=claimed.lead_id,
            key=self._key,
            public_url=self._public_url,
            now=now,
            thread=[mail.message_id for mail in thread],
            language=sequence.language,
        )
        sign = self._signer(sender)
        return replace(composed, content=sign(composed.content)) if sign else composed

    def _rendered(
        self,
        claimed: sends.Claimed,
        sequence: steps.Sequence,
        thread: Sequence[sends.Earlier],
        sender: Sender,
    ) -> Rendered:
        known = (claimed.owner, sender.mailbox)
        if (shared := self._shared.get(known)) is None:
            shared = self._shared[known] = templates.shared(claimed.owner, self._config, sender)
        return in_thread(
            sequence,
            claimed.step,
            claimed.variant,
            thread,
            templates.Seen(claimed.lead, shared),
        )

    def _tracked(self, send_id: int, rendered: Rendered) -> Rendered:
        """With links of the words tracked, not those below: nobody's unsubscribing is counted as interest."""
        tracking = self._config.sending.tracking
        if not (tracking.clicks or tracking.opens):
            return rendered
        if self._public_url is None:
            raise MailError("sending.tracking needs AICMO_PUBLIC_URL, the address that links lead over")
        html = tracked(
            rendered.html, base_url=self._public_url, key=self._key, send_id=send_id, tracking=tracking
        )
        return replace(rendered, html=html)

    def _signer(self, sender: Sender) -> _Sign | None:
        if sender.dkim is None:
            return None
        if sender.mailbox not in self._signers:
            from aicmo_dagster.mail import dkim

            try:
                self._signers[sender.mailbox] = dkim.signer(sender)
            except ConfigurationError as error:
                raise MailError(str(error)) from None
        return self._signers[sender.mailbox]


def in_thread(
    sequence: steps.Sequence,
    number: int,
    variant: str | None,
    thread: Sequence[sends.Earlier],
    seen: Mapping[str, Any],
) -> Rendered:
    """The words of step `number`; `thread` holds the mails it follows, oldest first.

    Without a subject of its own it gets that of the thread's first mail, as that lead got it, with `Re:`; and
    without that `Re:`, in any case, where nothing was sent that it could answer.
    """
    step = worded(sequence.steps[number - 1], variant)
    if not step.thread or (thread and step.subject is not None):
        return templates.render(step, seen)
    first = first_of_thread(sequence, number)
    got = next((mail for mail in thread if mail.step == first), None)
    subject = got.subject if got else None
    if subject is None:
        began = worded(sequence.steps[first - 1], got.variant if got else None)
        subject = templates.one_subject(began.subject or "", seen)
    return templates.render(step, seen, subject=f"Re: {subject}" if thread else subject)


def worded(step: Step, variant: str | None) -> Step:
    """The step with the words of its variant; None and `base` are its own. Raises MailError for an unknown one."""
    if variant is None or variant == BASE:
        return step
    for one in step.variants:
        if one.name == variant:
            words = {"subject": one.subject or step.subject, "text": one.text or step.text}
            return step.model_copy(update=words)
    raise MailError(f"the step has no variant {variant!r}")


def first_of_thread(sequence: steps.Sequence, number: int) -> int:
    """The number of the step that began the thread of step `number`; steps count from 1."""
    while sequence.steps[number - 1].thread:
        number -= 1
    return number


def earlier_in_thread(
    sequence: steps.Sequence, number: int, earlier: Sequence[sends.Earlier]
) -> list[sends.Earlier]:
    """Those of the mails already sent that step `number` follows in its thread; none for a first mail."""
    first = first_of_thread(sequence, number)
    return [mail for mail in earlier if first <= mail.step < number]
