import pytest

from aicmo_dagster.campaign.sequences import of, shipped
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.mail.linter import check
from aicmo_dagster_tests.outreach import config

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
@pytest.mark.parametrize("variables", [{}, {"offer": "bookkeeping", "booking_link": "https://example.com/b"}])
def test_the_shipped_texts_are_sound_with_and_without_variables(name: str, variables: dict[str, str]) -> None:
    assert check(name, shipped()[name], config(sending={"variables": variables})) == []


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
