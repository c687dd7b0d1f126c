import pytest

from aicmo_dagster.campaign.steps import Sequence, Step
from aicmo_dagster.mail.linter import check
from aicmo_dagster_tests.outreach import config

CONFIG = config(sending={"variables": {"offer": "bookkeeping"}})


def sequence(subject: str = "Hello", text: str = "Hello") -> Sequence:
    return Sequence(days=1, steps=[Step(day=0, subject=subject, text=text)])


def found(text: str) -> list[str]:
    return [problem.partition(", ")[2] for problem in check("mine", sequence(text=text), CONFIG)]


@pytest.mark.parametrize(
    "text",
    [
        "{{ first_name }} {{ company }} {{ title }} {{ email }} {{ owner }} {{ sender.name }} {{ campaign.name }}",
        "{{ city | default: 'your city' }}",
        "{{ city | upcase | default: 'your city' }}",
        "{% if city %}in {{ city }}{% endif %}",
        "{% if city and country %}{{ city }}, {{ country }}{% elsif country %}{{ country }}{% endif %}",
        "{% unless city %}nowhere{% endunless %}",
        "{% assign place = city | default: 'your city' %}{{ place }}",
        "{% case industry %}{% when 'Software' %}a{% else %}b{% endcase %}",
        "{{ campaign.offer }} {{ campaign.link | default: 'x' }}{% if campaign.link %}{{ campaign.link }}{% endif %}",
        "{{ extra.icebreaker | default: 'Hello' }}",
        "{% comment %}{{ nothing }}{% endcomment %}",
        "{ not a placeholder } { 1 }",
    ],
)
def test_a_sound_template_has_no_problem(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "Hello\n{{ city }}",
            "text line 2: uses {{ city }}, which leads may lack; "
            'give it a default: {{ city | default: "your city" }}',
        ),
        ("{% if country %}{{ city }}{% endif %}", "{{ city | default:"),
        ("{% if city or country %}{{ city }}{% endif %}", "{{ city | default:"),
        ("{% if city %}a{% else %}{{ city }}{% endif %}", "{{ city | default:"),
        ("{{ last_name }}", '{{ last_name | default: "" }}'),
        ("{{ 'in ' | append: city }}", "put it into {% if city %}"),
        ("{% assign a = city %}{{ a }}", "{{ city | default:"),
        ("{{ extra.team }}", '{{ extra.team | default: "your team" }}'),
        (
            "{{ campaign.link }}",
            "which sending.variables does not define; define it there or give it a default",
        ),
        ("{{ frist_name }}", "{{ frist_name }} is not known; did you mean first_name?"),
        ("{{ zzz }}", "there are email, first_name"),
        ("{{ first_name.size }}", "is not known"),
        ("{{ extra }}", "is not known"),
        ("{% if cty %}x{% endif %}", "did you mean city?"),
        ("{{ place }}{% assign place = 'x' %}", "{{ place }} is not known"),
        ("{% if city %}{% assign a = 'x' %}{% endif %}{{ a }}", "'a' is undefined"),
        ("Hello\n{{ first_name", "text line 2: a placeholder or tag is not closed; close it with }}"),
        ("{% if city %}x", "{% endif %} is missing"),
        ("first_name }}", "'}}' would be in the mail"),
        ("Hello {first_name}", "{first_name} is no placeholder; write {{ first_name }}"),
        ("{{ company | upcaes }}", "filter 'upcaes' is not known; did you mean upcase?"),
        ("{% for a in b %}{% endfor %}", "tag 'for' has no place here"),
        ("{{ }}", "cannot be used: expected"),
        ("{{ company" + " | strip" * 11 + " }}", "more than 10 filters"),
    ],
)
def test_a_problem_is_named_with_its_remedy(text: str, problem: str) -> None:
    (only,) = found(text)
    assert problem in only


def test_a_problem_says_campaign_sequence_and_step() -> None:
    two = Sequence(
        days=1, steps=[Step(day=0, subject="a", text="a"), Step(day=1, subject="{{ city }}", text="a")]
    )
    (problem,) = check("mine", two, CONFIG)
    assert problem.startswith("campaign 'test': sequence 'mine' step 2, subject: uses {{ city }}")


@pytest.mark.parametrize(
    "subject", ["Re: hello", "RE : x", "Fwd: x", "fw: x", "AW: x", "Re[2]: x", "{{ 'Re' }}: x", " re:x"]
)
def test_a_first_mail_that_pretends_to_answer_is_refused(subject: str) -> None:
    (problem,) = check("mine", sequence(subject=subject), CONFIG)
    assert "the first mail answers nothing" in problem


@pytest.mark.parametrize("subject", ["Regarding: x", "Reminder: x", "Results", "Re-think"])
def test_a_subject_that_only_looks_like_an_answer_is_fine(subject: str) -> None:
    assert check("mine", sequence(subject=subject), CONFIG) == []


def test_a_later_mail_may_answer() -> None:
    steps = [Step(day=0, subject="a", text="a"), Step(day=1, subject="Re: a", text="a")]
    assert check("mine", Sequence(days=1, steps=steps), CONFIG) == []


@pytest.mark.parametrize("subject", ["a\nb", "a\r\nBcc: x@example.com", "a\n"])
def test_a_subject_of_more_than_one_line_is_refused(subject: str) -> None:
    (problem,) = check("mine", sequence(subject=subject), CONFIG)
    assert "more than one line" in problem
