from typing import Any

import pytest

from aicmo_dagster.campaign.steps import Sequence, Step, Variant
from aicmo_dagster.mail.linter import check, check_senders
from aicmo_dagster_tests.outreach import config

VARIABLES = {
    "offer": "bookkeeping",
    "link": "https://example.com/book",
    "plain": "example.com/book",
    "old": "http://example.com",
    "bold": "<b>us</b>",
}
CONFIG = config(sending={"variables": VARIABLES})
SENDER = {"mailbox": "ann@example.com", "postal_address": "1 Test Street, Testtown"}


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
        "{{ campaign.offer }} {{ campaign.url | default: 'x' }}{% if campaign.url %}{{ campaign.url }}{% endif %}",
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
            "{{ campaign.url }}",
            "which sending.variables does not define; define it there or give it a default",
        ),
        ("{{ frist_name }}", "{{ frist_name }} is not known; did you mean first_name?"),
        ("{{ zzz }}", "there are email, first_name"),
        ("{{ first_name.size }}", "is not known"),
        ("{{ extra }}", "is not known"),
        ("{% if cty %}x{% endif %}", "did you mean city?"),
        ("{{ place }}{% assign place = 'x' %}", "{{ place }} is not known"),
        ("a\n{% if city %}{% assign a = 'x' %}{% endif %}{{ a }}", "line 2: 'a' is undefined"),
        ("Hello\n{{ first_name", "text line 2: a placeholder or tag is not closed; close it with }}"),
        ("{% if city %}x", "{% endif %} is missing"),
        ("{{ first_name }}\n\nfirst_name }}", "text line 3: '}}' would be in the mail"),
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
    "subject", ["Re: x", "RE : x", "Re[2]: x", "Re^2: x", "{{ 'Re' }}: x", " re:x", "回复：x"]
)
def test_a_first_mail_that_pretends_to_answer_is_refused(subject: str) -> None:
    (problem,) = check("mine", sequence(subject=subject), CONFIG)
    assert "the mail answers nothing" in problem


@pytest.mark.parametrize(
    "prefix",
    ["Fwd", "fw", "AW", "WG", "SV", "VS", "TR", "RV", "Antw", "ENC", "Odp", "YNT", "R", "RES", "Továbbítás"],
)
def test_the_prefix_is_known_in_many_languages(prefix: str) -> None:
    (problem,) = check("mine", sequence(subject=f"{prefix}: x"), CONFIG)
    assert f"starts with '{prefix}:'" in problem


@pytest.mark.parametrize("subject", ["Regarding: x", "Reminder: x", "Results", "Re-think"])
def test_a_subject_that_only_looks_like_an_answer_is_fine(subject: str) -> None:
    assert check("mine", sequence(subject=subject), CONFIG) == []


def test_only_a_mail_in_a_thread_may_answer() -> None:
    def later(thread: bool) -> list[str]:
        steps = [Step(day=0, subject="a", text="a"), Step(day=1, subject="Re: a", text="a", thread=thread)]
        return check("mine", Sequence(days=1, steps=steps), CONFIG)

    assert later(thread=True) == []
    (problem,) = later(thread=False)
    assert "step 2, subject: starts with 'Re:', but the mail answers nothing" in problem
    assert "or give the step thread: true" in problem


def test_a_follow_up_without_subject_is_checked_too() -> None:
    steps = [Step(day=0, subject="a", text="a"), Step(day=1, text="a {{ city }}", thread=True)]
    (problem,) = check("mine", Sequence(days=1, steps=steps), CONFIG)
    assert "step 2, text line 1: uses {{ city }}" in problem


def test_a_variant_is_named_for_what_it_alone_has() -> None:
    variants = [Variant(name="short", subject="{{ cty }}"), Variant(name="fine", text="Hi")]
    step = Step(day=0, subject="a", text="Hello {{ city }}", variants=variants)
    assert [one.partition("step 1")[2] for one in check("mine", Sequence(days=1, steps=[step]), CONFIG)] == [
        ', text line 1: uses {{ city }}, which leads may lack; give it a default: {{ city | default: "your city" }}',
        " variant 'short', subject: {{ cty }} is not known; did you mean city?",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[Book](https://example.com/book) or https://example.com/a_(b).",
        "[Book]({{ campaign.link }}) {{ campaign.link }}",
        "[Book]({{ campaign.nothing | default: 'https://example.com' }})",
        "[Book](https://example.com/?for={{ company | url_encode }})",
        "<https://example.com/>",
        "Write to ann@example.com or <ann@example.com>, 3 < 5 > 2, a <- b",
        "[not a link] (really), at 10:30, Note: this",
        "{% if city %}" + "x" * 990 + "{% endif %}",
    ],
)
def test_a_sound_text_has_no_problem(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "a\n[x](http://example.com/)",
            "text line 2: links to 'http://example.com/'; links must begin with https://",
        ),
        ("see http://example.com/a.", "links to 'http://example.com/a.'"),
        ("<http://example.com>", "links to 'http://example.com'"),
        ("ftp://example.com", "links to 'ftp://example.com'"),
        ("[x](javascript:alert(1))", "links to 'javascript:alert(1'"),
        ("[x](mailto:a@example.com)", "links to 'mailto:a@example.com'"),
        ("<mailto:a@example.com>", "links to 'mailto:a@example.com'"),
        ("[x](example.com/book)", "links to 'example.com/book'"),
        ("[x](https://{{ company }}.example.com/)", "links to 'https://{{ }}.example.com/'"),
        ("[x](https://user@example.com/)", "links to 'https://user@example.com/'"),
        ("[x]({{ website | default: 'https://example.com' }})", "links to where {{ website }} says"),
        ("[x]({{ campaign.plain }})", "links to campaign.plain, which is 'example.com/book'"),
        ("{{ campaign.old }}", "{{ campaign.old }} links to 'http://example.com'"),
        ("{{ campaign.bold }}", "{{ campaign.bold }} '<b>' would be shown as it is"),
        ("{% assign a = campaign.plain %}\n[x]({{ a }})", "text line 2: '[x](example.com/book)' is no link"),
        ("a\n\n<b>x</b>", "text line 3: '<b>' would be shown as it is; mails are Markdown"),
        ("<br/>", "'<br/>' would be shown as it is"),
        ("<!-- x -->", "'<!--' would be shown as it is"),
        ("![x](https://example.com/x.png)", "'![x](' would be a picture"),
        ("a\n" + "x" * 999, "text line 2: has 999 octets, and a line of a mail at most 998; break it"),
        ("ü" * 500, "has 1,000 octets"),
        ("{{ unsubscribe_link }}", "unsubscribe link are put below every mail by themselves"),
        ("{{ postal_address }}", "put below every mail by themselves"),
    ],
)
def test_a_problem_of_the_text_is_named_with_line_and_remedy(text: str, problem: str) -> None:
    (only,) = found(text)
    assert problem in only


def test_a_variable_is_not_taken_for_a_field_of_its_name() -> None:
    named = config(sending={"variables": {"title": "http://example.com"}})
    assert check("mine", sequence(text="{{ title }}"), named) == []
    (problem,) = check("mine", sequence(text="a\n{{ campaign.title }}"), named)
    assert "text line 2: {{ campaign.title }} links to 'http://example.com'" in problem


def test_a_sender_needs_a_postal_address() -> None:
    assert check_senders(CONFIG, None) == []
    (problem,) = check_senders(config(sending={"sender": {**SENDER, "postal_address": " - - - - -"}}), None)
    assert "sending.senders: ann@example.com: postal_address holds no address" in problem


def test_tracking_needs_an_address_that_links_lead_to() -> None:
    tracked = config(sending={"tracking": {"clicks": True}})
    (problem,) = check_senders(tracked, None)
    assert "sending.tracking needs AICMO_PUBLIC_URL" in problem
    assert check_senders(tracked, "https://mail.example.com") == []


def test_a_live_campaign_needs_a_way_to_unsubscribe() -> None:
    sender: dict[str, Any] = {**SENDER, "smtp": {"host": "mail.example.com"}}
    live = {"mode": "live", "sending": {"sender": sender}}
    (problem,) = check_senders(config(**live), None)
    assert "ann@example.com: nobody could unsubscribe: set AICMO_PUBLIC_URL" in problem
    assert check_senders(config(**live), "https://mail.example.com") == []
    sender["imap"] = {"host": "mail.example.com"}
    assert check_senders(config(**live), None) == []


@pytest.mark.parametrize("subject", ["a\nb", "a\r\nBcc: x@example.com", "a\n"])
def test_a_subject_of_more_than_one_line_is_refused(subject: str) -> None:
    (problem,) = check("mine", sequence(subject=subject), CONFIG)
    assert "more than one line" in problem
