from datetime import datetime, timedelta
from typing import Any

from aicmo_dagster.mail.providers import Event
from aicmo_dagster.mail.providers.likelihood import likelihood
from aicmo_dagster_tests.outreach import NOW

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def act(link: str = "", at: datetime = NOW, agent: str = BROWSER, **more: Any) -> tuple[Event, int]:
    """A click, or without a link an open, of mail 1."""
    return Event("clicked" if link else "opened", "<1@example.com>", None, at, agent, link, **more), 1


def judged(*acts: tuple[Event, int], after: timedelta | None = timedelta(hours=1)) -> list[float]:
    return likelihood(acts, {1: None if after is None else NOW - after})


def test_a_browsers_click_an_hour_later_is_likely_a_persons() -> None:
    assert judged(act("a"))[0] > 0.8
    assert judged(act("a"), after=None)[0] > 0.8


def test_what_the_provider_takes_for_a_machines_is_not() -> None:
    assert judged(act(by_machine=True))[0] <= 0.05


def test_what_the_provider_does_not_describe_is_undecided() -> None:
    assert judged(act(agent=""), act("a", agent="")) == [0.5, 0.5]


def test_all_links_at_once_and_a_click_with_the_delivery_are_a_scanners() -> None:
    assert max(judged(act("a"), act("b"), act("c"))) < 0.1
    assert judged(act("a"), after=timedelta(seconds=2))[0] < 0.1


def test_clicks_of_different_mails_are_not_taken_together() -> None:
    events = [(act(link)[0], mail) for mail, link in enumerate("abc")]
    assert min(likelihood(events, {})) > 0.8


def test_nothing_is_judged_as_nothing() -> None:
    assert likelihood([], {}) == []
