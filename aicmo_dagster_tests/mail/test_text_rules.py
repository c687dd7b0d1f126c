import pytest

from aicmo_dagster.mail.text_rules import of_variable, problems


def test_problems_have_the_line_they_are_in() -> None:
    text = "fine\n\nhttp://a.example\n{% if city %}\n[x](http://b.example) <b>\n{% endif %}" + "x" * 999
    assert [line for line, _ in problems(text, {})] == [3, 5, 5, 6]


def test_a_link_is_told_once_however_it_is_found() -> None:
    (only,) = problems("[http://a.example](https://a.example)", {})
    assert "links to 'http://a.example'" in only[1]
    assert len(list(problems("[a](http://a.example) <http://b.example>", {}))) == 2


def test_tags_do_not_count_as_words() -> None:
    assert (
        list(
            problems("{% if city == '<b>http://a.example' %}x{% endif %}" + "{% assign a = city %}" * 60, {})
        )
        == []
    )


def test_a_variable_of_several_lines_is_read_line_by_line() -> None:
    assert len(list(of_variable("https://a.example\nhttp://b.example\n<br>"))) == 2


@pytest.mark.parametrize(
    "words",
    [
        "https://{{ company }}.example.com/",
        "see https://a.example@{{ company }}/, please",
        "https://a.example@b.example/",
        "<https://{{ lead.company }}/>",
    ],
)
def test_a_bare_link_leads_to_no_host_that_a_lead_decides(words: str) -> None:
    assert len(list(problems(words, {}))) == 1


def test_a_bare_link_may_end_a_sentence() -> None:
    assert (
        list(
            problems(
                "See https://a.example/{{ company }}. Or **https://a.example/b**, (https://a.example)!", {}
            )
        )
        == []
    )
