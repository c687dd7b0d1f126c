from typing import Any

import pytest

from aicmo_dagster.errors import MailError
from aicmo_dagster.mail.dialect import Authored, Skeleton, Text, printed
from aicmo_dagster.mail.markup import FIRST_PLACE

ONE, TWO = chr(FIRST_PLACE), chr(FIRST_PLACE + 1)


def skeleton(template: str, **seen: Any) -> tuple[str, list[str]]:
    buffer = Skeleton()
    return printed(template, seen, buffer), buffer.values


def test_a_letter_stands_for_every_value() -> None:
    assert skeleton("{{ a }} and {{ b }}", a="*x*", b="y") == (f"{ONE} and {TWO}", ["*x*", "y"])


def test_words_of_the_campaign_stand_for_themselves() -> None:
    assert skeleton("*a* {{ '*b*' }} {{ c }}", c=Authored("*c*")) == ("*a* *b* *c*", [])
    assert skeleton("{{ none | default: '*b*' }}{{ c | default: 'x' }}", c=Authored("c")) == ("*b*c", [])


@pytest.mark.parametrize("filters", ["append: a", "prepend: a", "truncate: 4, a", "default: a | upcase"])
def test_words_that_are_mixed_with_a_value_are_a_value(filters: str) -> None:
    made, values = skeleton(f"{{{{ 'some words' | {filters} | append: a }}}}", a="*x*")
    assert (made, len(values)) == (ONE, 1)


def test_a_blank_value_leaves_no_letter() -> None:
    assert skeleton("{{ a }}{{ b }}", a="", b=" ") == (" ", [])


def test_a_value_of_several_lines_becomes_one() -> None:
    assert skeleton("{{ a }}", a="x\ny") == (ONE, ["x y"])


def test_letters_that_stand_for_values_cannot_be_written_in_a_template() -> None:
    assert skeleton(f"a{ONE}{{{{ 'b{TWO}' }}}}") == ("ab", [])


def test_a_subject_is_printed_with_its_values() -> None:
    assert printed("Hello {{ a }}", {"a": "*x*"}, Text()) == "Hello *x*"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("a\nb {{ c", "line 2: expected '}}', found end of file"),
        ("{{ a {{ b }}", "expected '}}', found end of file"),
        ("{% if a }}", "expected '%}', found end of file"),
        ("{{ a" + " | strip" * 11 + " }}", "more than 10 filters in a row"),
        ("{{ a | strip }}" * 101, "more than 100 filters in all"),
        ("{{ '" + "x" * 2_000 + "' }}", "a placeholder has more than 2,000 characters"),
        ("{{" + " " * 100 + "a }}", "begins with a hundred spaces"),
        ("{% raw %}{{{% endraw %}", "unexpected tag 'raw'"),
        ("{% for a in b %}{% endfor %}", "unexpected tag 'for'"),
        ("{{ a | times: 2 }}", "unknown filter 'times'"),
        ("{{ c }}", "'c' is undefined"),
        ("{% if a %}" * 25 + "{% endif %}" * 25, "nesting limit"),
        ("{{ a | append: a }}", "a filter gives more than 5,000 characters"),
        ("{{ a }}" * 22, "output stream limit"),
    ],
)
def test_what_is_wrong_or_too_much_is_named(template: str, message: str) -> None:
    with pytest.raises(MailError, match=message):
        skeleton(template, a="x" * 3_000)
