from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.campaign.steps import Step
from aicmo_dagster.errors import MailError
from aicmo_dagster.mail.templates import render, values
from aicmo_dagster_tests.outreach import config

CONFIG = config(sending={"variables": {"offer": "bookkeeping"}})


def text(template: str, **lead: Any) -> str:
    seen = values(lead, "Owner", CONFIG, CONFIG.sending.senders[0])
    return render(Step(day=0, subject="s", text=template), seen).text.removesuffix("\n")


def test_lead_sender_owner_and_campaign_are_filled_in() -> None:
    template = (
        "{{ first_name }} {{ employees }} {{ extra.team }} {{ sender.name }} {{ sender.email }} {{ owner }} "
        "{{ campaign.name }} {{ campaign.offer }}"
    )
    lead = {"first_name": "Test", "employees": 12, "extra": {"team": "Red"}}
    assert text(template, **lead) == "Test 12 Red Test Sender sender@example.com Owner Test bookkeeping"


@pytest.mark.parametrize("missing", [None, "", "  ", "\u200e"])
def test_a_missing_value_prints_its_fallback(missing: str | None) -> None:
    lead = {"first_name": missing, "company": missing, "title": missing}
    assert text("{{ first_name }}, {{ company }}, {{ title }}", **lead) == "there, your company, professional"


def test_a_missing_value_yields_to_a_default_and_is_false() -> None:
    assert text("{{ first_name | default: 'friend' }}{% if first_name %}!{% endif %}") == "friend"


def test_filters_see_the_fallback() -> None:
    assert text("{{ first_name | capitalize }} {{ company | upcase }}") == "There YOUR COMPANY"


def test_a_missing_value_without_fallback_is_never_printed_as_nothing() -> None:
    with pytest.raises(MailError, match="undefined"):
        text("{{ campaign.link }}")


def test_values_are_not_templates() -> None:
    assert text("{{ first_name }}", first_name="{{ sender.email }}{% if %}") == "{{ sender.email }}{% if %}"


def test_values_are_no_markdown_and_words_of_the_campaign_are() -> None:
    document = config(sending={"variables": {"offer": "**more** [here](https://example.com)"}})
    step = Step(day=0, subject="s", text="{{ first_name }} {{ campaign.offer }}")
    rendered = render(step, values({"first_name": "*Test*"}, "Owner", document))
    assert rendered.text == "*Test* more here <https://example.com>\n"
    assert '*Test* <strong>more</strong> <a href="https://example.com">here</a>' in rendered.html


def test_a_variable_that_is_too_long_is_named() -> None:
    with pytest.raises(MailError, match=r"sending.variables.offer has more than 5,000 characters"):
        values({}, "Owner", config(sending={"variables": {"offer": "x" * 5_001}}))


def test_blank_lines_that_conditions_leave_are_closed_up() -> None:
    assert text("a\n\n{% if city %}x{% endif %}\n\nb") == "a\n\nb"


@given(st.text(), st.text())
def test_no_value_adds_a_line_to_a_subject_or_a_control_character(first: str, company: str) -> None:
    step = Step(
        day=0, subject="Hello {{ first_name }} of {{ company }}", text="{{ first_name }}\n{{ company }}"
    )
    seen = values({"first_name": first[:100], "company": company[:100]}, "Owner", CONFIG)
    rendered = render(step, seen)
    assert len(rendered.subject.splitlines()) == 1
    assert rendered.subject.isprintable() or not any(ord(char) < 32 for char in rendered.subject)
    assert len(rendered.text.strip("\n").split("\n")) == 2


def test_a_subject_that_is_too_long_is_refused() -> None:
    with pytest.raises(MailError, match="subject has"):
        render(Step(day=0, subject="{{ company }}", text="x"), values({"company": "x" * 500}, "", CONFIG))


def test_an_empty_subject_is_refused() -> None:
    with pytest.raises(MailError, match="subject is empty"):
        render(Step(day=0, subject="{% if city %}x{% endif %}", text="x"), values({}, "", CONFIG))
