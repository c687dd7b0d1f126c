"""Write the mail of a claimed send: its words, its place in a thread, its headers, its signature."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from aicmo_dagster.campaign import steps
from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.campaign.steps import BASE, Step
from aicmo_dagster.errors import MailError
from aicmo_dagster.mail import templates
from aicmo_dagster.mail.compose import Composed, compose
from aicmo_dagster.store import sends
from aicmo_dagster.store.campaigns import Campaign


class Writer:
    """Writes the mails of one campaign. Templates are compiled and keys loaded once; no database."""

    def __init__(
        self,
        campaign: Campaign,
        sequences: Mapping[tuple[str, int], steps.Sequence],
        key: bytes,
        public_url: str | None,
    ) -> None:
        self._campaign = campaign
        self._sequences = sequences
        self._key = key
        self._public_url = public_url

    def write(self, claimed: sends.Claimed, sender: Sender, now: datetime) -> Composed:
        """The mail, the same bytes for the same arguments. Raises MailError, saying what is in the way."""
        sequence = self._sequences.get((claimed.sequence, claimed.sequence_version))
        if sequence is None or claimed.step > len(sequence.steps):
            raise MailError(f"sequence {claimed.sequence!r} has no step {claimed.step}")
        step = worded(sequence.steps[claimed.step - 1], getattr(claimed, "variant", None))
        thread: Sequence[Any] = ()
        if step.thread:
            first = first_of_thread(sequence, claimed.step)
            thread = [mail for mail in getattr(claimed, "earlier", ()) if first <= mail.step < claimed.step]
            if step.subject is None:
                variant = next((mail.variant for mail in thread if mail.step == first), None)
                subject = worded(sequence.steps[first - 1], variant).subject
                step = step.model_copy(update={"subject": f"Re: {subject}" if thread else subject})
        seen = templates.values(claimed.lead, claimed.owner, self._campaign.config, sender)
        names = (claimed.lead["first_name"], claimed.lead["last_name"])
        return compose(
            templates.render(step, seen),
            sender,
            recipient=claimed.lead["email"] or "",
            recipient_name=templates.one_line(" ".join(name for name in names if name)),
            send_id=claimed.id,
            lead_id=claimed.lead_id,
            key=self._key,
            public_url=self._public_url,
            now=now,
            thread=[mail.message_id for mail in thread],
        )


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
