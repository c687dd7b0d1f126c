"""What makes a mail look like advertising to people and to filters: worth a second thought, never refused."""

from collections.abc import Iterator

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.campaign.steps import Sequence, Step
from aicmo_dagster.errors import MailError
from aicmo_dagster.mail import markup
from aicmo_dagster.mail.templates import LEAD_FIELDS, Seen, filled, render, shared
from aicmo_dagster.mail.writer import worded

_LONGEST_SUBJECT = 78
_MOST_LINKS = 3
_MOST_EXCLAMATION_MARKS = 2


def doubts(sequence_name: str, sequence: Sequence, config: CampaignConfig) -> list[str]:
    """What to think over in texts that `linter.check` has found sound: a sentence each, with the place."""
    known = {**shared("x", config), "sender": {"name": "x", "email": "x"}}
    seen = Seen(dict.fromkeys(LEAD_FIELDS, "x"), known)
    found: list[str] = []
    for number, step in enumerate(sequence.steps, 1):
        for variant in (None, *(one.name for one in step.variants)):
            where = f"sequence {sequence_name!r} step {number}" + (f" variant {variant!r}" if variant else "")
            try:
                found += [f"{where}: {doubt}" for doubt in _of_step(worded(step, variant), seen)]
            except MailError:  # of what is wrong, rather than doubtful, the linter speaks
                continue
    return found


def _of_step(step: Step, seen: Seen) -> Iterator[str]:
    rendered = render(step, seen, subject=None if step.subject else "")
    letters = [letter for letter in rendered.subject if letter.isalpha()]
    if len(letters) > 7 and all(letter.isupper() for letter in letters):
        yield "the subject is all in capitals"
    if len(rendered.subject) > _LONGEST_SUBJECT:
        yield f"the subject has {len(rendered.subject)} characters; most readers see less of it"
    if (marks := (rendered.subject + rendered.text).count("!")) > _MOST_EXCLAMATION_MARKS:
        yield f"has {marks} exclamation marks"
    if (links := len(markup.parsed(filled(step.text, seen)[0]).links)) > _MOST_LINKS:
        yield f"has {links} links; filters of spam count them"
