import re

import pytest

from aicmo_dagster.campaign.sequences import of, shipped
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.mail.linter import check
from aicmo_dagster.mail.templates import render, values
from aicmo_dagster_tests.outreach import config

VARIABLES = {
    "offer": "bookkeeping",
    "benefit": "close the month in a day",
    "proof": "See [how that goes](https://example.com/how).",
    "booking_link": "https://example.com/b",
    "address_source": "the list of exhibitors",
}
OWN = {"days": 3, "steps": [{"day": 0, "subject": "Own", "text": "Own"}]}


@pytest.mark.parametrize(
    ("name", "days", "on"),
    [
        ("aggressive_close", 7, [0, 2, 5]),
        ("regular_nurture", 14, [0, 3, 7, 10]),
        ("long_term_nurture", 30, [0, 5, 10, 15, 20, 25]),
        ("cold_outreach", 60, [0, 7, 14, 21, 28, 35, 42, 49]),
    ],
)
def test_the_shipped_sequences_keep_their_days(name: str, days: int, on: list[int]) -> None:
    sequence = shipped()[name]
    assert (sequence.days, [step.day for step in sequence.steps]) == (days, on)


@pytest.mark.parametrize("name", shipped())
@pytest.mark.parametrize("variables", [{}, VARIABLES, *({name: VARIABLES[name]} for name in VARIABLES)])
def test_the_shipped_texts_are_sound_with_and_without_variables(name: str, variables: dict[str, str]) -> None:
    assert check(name, shipped()[name], config(sending={"variables": variables})) == []


@pytest.mark.parametrize("name", shipped())
@pytest.mark.parametrize("variables", [{}, VARIABLES])
@pytest.mark.parametrize(
    "lead", [{}, {"first_name": "Test", "company": "Acme", "title": "Tester", "industry": "Software"}]
)
def test_every_shipped_mail_reads_well_whatever_is_known(
    name: str, variables: dict[str, str], lead: dict[str, str]
) -> None:
    document = config(sending={"variables": variables})
    for step in shipped()[name].steps:
        seen = values(lead, "Owner", document, document.sending.senders[0])
        text = render(step, seen, subject=None if step.subject else "Re: x").text
        assert text.startswith(f"Hello {lead.get('first_name', 'there')},\n\n")
        assert not re.search(r"  |\n\n\n| [.,:?]|\.\.|[*\[\]{}|]|\b(?:at|about)[.,:?]", text)


def test_follow_ups_go_in_the_thread_of_what_they_follow() -> None:
    threads = {name: [step.thread for step in one.steps] for name, one in shipped().items()}
    assert threads == {
        "aggressive_close": [False, True, True],
        "regular_nurture": [False, True, False, True],
        "long_term_nurture": [False, False, False, False, False, True],
        "cold_outreach": [False, True, False, False, True, False, False, True],
    }


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_mail_ends_with_the_senders_name(name: str) -> None:
    assert all(step.text.rstrip().endswith("{{ sender.name }}") for step in shipped()[name].steps)


def test_a_campaigns_own_sequence_replaces_the_shipped_one_of_its_name() -> None:
    sequences = of(config(sequences={"cold_outreach": OWN, "mine": OWN}))
    assert sequences["cold_outreach"].steps[0].text == "Own"
    assert set(sequences) == {*shipped(), "mine"}


def test_a_tier_without_its_sequence_is_refused_with_a_suggestion() -> None:
    routes = {"HOT": "agressive_close", "WARM": "mine", "COOL": "mine", "COLD": "mine"}
    with pytest.raises(
        ConfigurationError, match=r"tier HOT .*'agressive_close'.*did you mean 'aggressive_cl"
    ):
        of(config(sequences={"mine": OWN}, routing={"sequences": routes}))
