from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.stages.humanity import AGENTS, agent_of, judge

SENT = pd.Timestamp("2026-03-02 10:00", tz="UTC")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def hit(seconds: float, link: int | None = 0, send_id: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "send_id": send_id,
        "kind": "opened" if link is None else "clicked",
        "link": link,
        "at": SENT + pd.Timedelta(seconds=seconds),
        "sent_at": SENT,
        "agent": "browser",
        "headers_only": False,
        **changes,
    }


def judged(*hits: dict[str, Any]) -> list[tuple[float, str]]:
    found = judge(pd.DataFrame(hits).astype({"link": "Int64"}))
    return list(zip(found.human.tolist(), found.sign.tolist(), strict=True))


@pytest.mark.parametrize(
    ("said", "agent"),
    [
        (FIREFOX, "browser"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
            "browser",
        ),
        (
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
            "gmail",
        ),
        ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", "yahoo"),
        ("Mozilla/5.0", "apple"),
        ("Barracuda Sentinel (EE)", "scanner"),
        ("python-requests/2.32", "program"),
        ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "program"),
        ("", "none"),
        (None, "none"),
    ],
)
def test_who_asks_is_told_by_its_name(said: str | None, agent: str) -> None:
    assert agent_of(said) == agent


def test_a_person_who_follows_a_link_after_reading_is_believed() -> None:
    ((human, sign),) = judged(hit(600))
    assert human >= 0.8
    assert sign == "browser"


@pytest.mark.parametrize(
    ("hits", "sign"),
    [
        ([hit(600, headers_only=True)], "headers_only"),
        ([hit(2)], "at_once"),
        ([hit(600, link) for link in range(4)], "together"),
        ([hit(600 + second) for second in (0, 3, 6)], "repeated"),
        ([hit(600, agent="scanner")], "scanner"),
        ([hit(600, agent="program")], "program"),
        ([hit(600, None, agent="apple")], "apple"),
        ([hit(1, None)], "at_once"),
    ],
)
def test_what_gives_a_machine_away_is_not_taken_for_a_person(hits: list[dict[str, Any]], sign: str) -> None:
    for human, why in judged(*hits):
        assert human < 0.5
        assert why == sign


def test_a_scanner_does_not_discredit_the_person_who_comes_later() -> None:
    scanned = [hit(3, link) for link in range(3)]
    *machines, person = judged(*scanned, hit(7_200, 1))
    assert max(human for human, _ in machines) < 0.1
    assert person == judged(hit(7_200, 1))[0]


def test_two_links_in_a_minute_are_a_persons() -> None:
    assert all(human >= 0.8 for human, _ in judged(hit(600, 0), hit(645, 1)))


def test_mails_are_judged_apart() -> None:
    together = judged(*(hit(600, number, send_id=number) for number in range(5)))
    assert together == judged(hit(600)) * 5


def test_a_mail_of_which_nobody_knows_when_it_left_is_judged_by_the_rest() -> None:
    assert judged(hit(1, sent_at=pd.NaT), hit(600, send_id=2))[0][0] >= 0.8


@given(
    st.lists(
        st.builds(
            hit,
            st.floats(0, 100),
            st.none() | st.integers(0, 3),
            st.integers(1, 3),
            agent=st.sampled_from(AGENTS),
            headers_only=st.booleans(),
        ),
        min_size=1,
        max_size=12,
    ),
    st.randoms(),
)
def test_the_order_of_the_hits_means_nothing(hits: list[dict[str, Any]], random: Any) -> None:
    order = list(range(len(hits)))
    random.shuffle(order)
    straight, shuffled = judged(*hits), judged(*(hits[place] for place in order))
    assert [shuffled[order.index(place)] for place in range(len(hits))] == straight
    assert all(0 <= human <= 1 for human, _ in straight)
