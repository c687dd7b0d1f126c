import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.campaign.steps import Step
from aicmo_dagster.errors import MailError
from aicmo_dagster.mail.linter import check
from aicmo_dagster.mail.templates import render, values
from aicmo_dagster_tests.mail.test_linter import sequence
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


ATTACKS = {
    "loop": "{% for i in (1..1000000000) %}x{% endfor %}",
    "nested loops": "{% for i in (1..9999) %}{% for j in (1..9999) %}x{% endfor %}{% endfor %}",
    "table": "{% tablerow i in (1..1000000000) %}x{% endtablerow %}",
    "doubling": "{% assign a = 'x' %}" + "{% assign a = a | append: a %}" * 600,
    "doubling by capture": "{% capture a %}x{% endcapture %}"
    + "{% capture a %}{{a}}{{a}}{% endcapture %}" * 300,
    "replace": "{{ 'aaaaaaaaaa'" + " | replace: 'a', 'aaaaaaaaaa'" * 50 + " }}",
    "split and join": "{{ 'aaaaaaaa'" + " | split: '' | join: 'aaaaaaaa'" * 50 + " }}",
    "base64": "{{ 'aaaaaaaa'" + " | base64_encode" * 1000 + " }}",
    "url": "{% assign a = '" + "%" * 9000 + "' %}{{ a" + " | url_encode" * 600 + " }}",
    "wide date": "{{ 'now' | date: '%99999999Y' }}",
    "big number": "{{ 9" + " | times: 999999999999999999" * 500 + " }}",
    "long number": "{{ " + "9" * 19000 + " }}",
    "range": "{{ (1..99999999999) | join: 'x' }}",
    "deep conditions": "{% if " + " and ".join(["city"] * 2500) + " %}x{% endif %}",
    "deep brackets": "{{ city" + "[city" * 3500 + "]" * 3500 + " }}",
    "deep blocks": "{% if city %}" * 700 + "x" + "{% endif %}" * 700,
    "include itself": "{% include 'self' %}{% render 'self' %}",
    "long output": "{% assign a = '" + "x" * 9000 + "' %}" + "{{ a }}" * 1500,
    "work on long text": "{% assign a = '"
    + "x" * 9000
    + "' %}"
    + "{% assign b = a | upcase | downcase %}" * 280,
    "python": "{{ sender.__class__.__mro__ }}{{ first_name.__init__.__globals__ }}",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_template_ends_soon_and_small(attack: str) -> None:
    template = ATTACKS[attack][:20_000]
    began = time.process_time()
    tracemalloc.start()
    try:
        check("hostile", sequence(text=template), CONFIG)
        made = text(template, first_name="Test", city="x" * 1000)
    except MailError:
        made = ""
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    # Bounds on what must never be unbounded, with room for slow machines; none is near them.
    assert time.process_time() - began < 20
    assert peak < 50_000_000
    assert len(made) <= 65_536
    assert "class" not in made
