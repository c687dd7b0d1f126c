"""What was sent to a lead, what was not and why, and what has to happen for the next mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aicmo_dagster.operations.explanation.known import History
from aicmo_dagster.stages.qualification import describe
from aicmo_dagster.stages.sending_window import closing_times
from aicmo_dagster.store import caps, explanations
from aicmo_dagster.store.sends import UNTIL_RESUMED

_SKIPPED = {
    "suppressed": "the address is on the suppression list",
    "not_qualified": "the lead is not qualified any more",
    "no_email": "the lead has no address any more",
    "opted_out": "the person wants no more mails of this campaign",
    "colleague_replied": "somebody of the same company had replied",
    "replied": "the lead had replied",
    "interested": "the lead had replied with interest",
    "meeting": "a meeting was recorded",
    "converted": "the lead was won",
    "lost": "the lead was lost",
    "bounced": "the address had bounced",
    "unsubscribed": "the lead had unsubscribed",
    "complained": "the lead had complained",
}


@dataclass(frozen=True)
class Mail:
    """A row of the ledger of mails; `sentence` says what became of it."""

    number: int
    sequence: str
    sequence_version: int
    step: int
    state: str
    due_at: datetime
    time_zone: str
    sent_at: datetime | None
    next_try_at: datetime | None
    attempts: int
    sentence: str


@dataclass(frozen=True)
class Event:
    """What the lead did, or what was recorded; `human` is the probability that a person did it, None = certain."""

    kind: str
    at: datetime
    human: float | None


@dataclass(frozen=True)
class Mails:
    """The lead's mails and events, oldest first; `next` says what has to happen for the next one, or why none comes."""

    mails: tuple[Mail, ...]
    events: tuple[Event, ...]
    next: str


def explained_mails(history: History, now: datetime) -> Mails:
    """What was sent and what comes next, as it stands at `now`."""
    sends = history.parts["sends"]
    own = (
        "sequence", "sequence_version", "step", "state", "due_at", "time_zone", "sent_at", "next_try_at", "attempts",
    )  # fmt: skip
    return Mails(
        mails=tuple(
            Mail(number=one["id"], **{name: one[name] for name in own}, sentence=_sentence(one))
            for one in sends
        ),
        events=tuple(Event(one["kind"], one["happened_at"], one["human"]) for one in history.parts["events"]),
        next=_next(history, now),
    )


def _sentence(send: Mapping[str, Any]) -> str:
    reason = send["reason"] or ""
    if send["state"] == "skipped":
        return f"not sent: {_SKIPPED.get(reason, reason)}"
    if send["state"] == "sent":
        return "written to a file, as a simulation does" if send["mode"] == "simulation" else "sent"
    if send["state"] == "held":
        return f"held back: {reason or 'the server asked to try later'}"
    if send["state"] in ("failed", "uncertain"):
        return f"{send['state']}: {reason}"
    return "is being sent" if send["state"] in ("claimed", "sending") else "waits"


def _next(history: History, now: datetime) -> str:
    campaign = history.campaign
    key = campaign.key
    verdict, route, sends = history.row("verdict"), history.row("route"), history.parts["sends"]
    if history.row("score") is None or verdict is None:
        return f"No mail: the lead is not judged yet. Run the campaign: aicmo run {key}"
    if verdict["verdict"] == "rejected":
        return f"No mail: the lead is rejected, because it {describe(verdict['reason'], campaign.config)}."
    if verdict["verdict"] == "manual_review":
        return f"No mail before a person decides: aicmo review list {key}"
    if campaign.state != "active":
        return f"No mail while the campaign is {campaign.state}: aicmo campaigns resume {key}"
    if route is None:
        return f"The lead gets a sequence, an owner and its first mail with the next run: aicmo run {key}"
    if not campaign.config.sending.senders:
        return "No mail: the campaign has no sender; give sending.senders with mailbox and postal_address."
    stopped = [one for one in sends if one["state"] in ("skipped", "failed")]
    uncertain = [one for one in sends if one["state"] == "uncertain"]
    if uncertain:
        return (
            f"No mail before a person says what became of mail {uncertain[-1]['id']}: "
            f"aicmo sends resolve {uncertain[-1]['id']} sent"
        )
    if route["left_at"] is not None or stopped:
        if stopped:
            return f"No more mails: step {stopped[-1]['step']} was {_sentence(stopped[-1])}."
        return "No more mails: the last step of the sequence is sent."
    waiting = [one for one in sends if one["state"] in ("planned", "held")]
    if waiting:
        return _waits(history, waiting[0], now)
    steps = explanations.steps(history.cursor, campaign.id, route["sequence"], route["sequence_version"])
    sent = max((one["step"] for one in sends if one["state"] == "sent"), default=0)
    if sent >= steps:
        return "No more mails: the last step of the sequence is sent."
    return f"Step {sent + 1} of {steps} is planned by the next run: aicmo run {key}"


def _waits(history: History, send: Mapping[str, Any], now: datetime) -> str:
    config = history.campaign.config
    sending = config.sending
    step = f"Step {send['step']}"
    if send["next_try_at"] == UNTIL_RESUMED:
        return f"{step} is {send['reason']}; let it go on with: aicmo sends resume {history.campaign.key} {send['id']}"
    at = max(send["due_at"], send["next_try_at"] or send["due_at"])
    if at > now:
        return f"{step} leaves with the first run after {at:%Y-%m-%d %H:%M} UTC, within the sending window."
    if not closing_times([send["time_zone"]], sending, now):
        window = (
            f"{sending.window.start:%H:%M} to {sending.window.end:%H:%M}, {', '.join(sending.working_days)}"
        )
        return f"{step} is due and waits for the sending window in {send['time_zone']}: {window}."
    if caps.of_campaign(history.cursor, config, now) >= sending.cap_per_day:
        return f"{step} is due and waits for tomorrow: the daily cap of {sending.cap_per_day:,} is reached."
    return f"{step} is due: the next run sends it: aicmo run {history.campaign.key}"
