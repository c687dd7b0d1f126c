from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.errors import MailError
from aicmo_dagster.mail.markup import FIRST_PLACE, parsed

ONE, TWO = chr(FIRST_PLACE), chr(FIRST_PLACE + 1)
PRINTABLE = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Co", "Cn"])
VALUE = st.text(PRINTABLE, min_size=1, max_size=40)
MARKS = st.lists(
    st.sampled_from(
        ["*", "**", "_", "[", "](", ")", "<", ">", "- ", "1. ", "# ", "\\", "\n", "\n\n", " ", "a"]
    )
    | st.sampled_from(["https://example.com/", "](https://example.com/?q=", "`", "!", "&amp;", ONE, TWO]),
    max_size=30,
).map("".join)


class Words(HTMLParser):
    """The text that a reader sees, and the tags and links around it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen, self.tags, self.links = "", list[str](), list[str]()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.seen += data


def test_emphasis_and_links_are_html_and_leave_no_marks_in_the_text() -> None:
    both = parsed("*a* **b** _c_ [d](https://example.com/x) \\*e\\*")
    assert both.plain([]) == "a b c d <https://example.com/x> *e*\n"
    assert '<em>a</em> <strong>b</strong> <em>c</em> <a href="https://example.com/x">d</a> *e*' in both.html(
        []
    )


def test_a_line_end_is_kept_and_a_blank_line_ends_a_paragraph() -> None:
    both = parsed("Kind regards,\nAnn\n\n\n\nPS")
    assert both.plain([]) == "Kind regards,\nAnn\n\nPS\n"
    assert Words(both.html([])).tags == ["p", "br", "p"]


def test_lists_and_quotations_read_well_as_text() -> None:
    text = "- a\n- b\n  c\n  - d\n\nx\n\n3. e\n4. f\n\n> g\n>\n> h\n\n# Head\n\n***"
    assert parsed(text).plain([]) == (
        "- a\n- b\n  c\n  - d\n\nx\n\n3. e\n4. f\n\n> g\n>\n> h\n\nHead\n\n----------\n"
    )
    assert '<ol start="3"' in parsed(text).html([])


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("see https://example.com/a.", "https://example.com/a"),
        ("(https://example.com/a_(b))", "https://example.com/a_(b)"),
        ("https://example.com/_a_*b*c", "https://example.com/_a_*b*c"),
        ("<https://example.com/>", "https://example.com/"),
        ("**https://example.com/**", "https://example.com/"),
    ],
)
def test_a_bare_address_is_a_link_that_is_written_once(text: str, link: str) -> None:
    both = parsed(text)
    assert Words(both.html([])).links == [link]
    assert both.plain([]).count(link) == 1


@pytest.mark.parametrize(
    "text",
    [
        "[a](javascript:alert)",
        "[a](data:text/html,x)",
        "[a](//example.com)",
        "[a](mailto:a@example.com)",
        "<javascript:alert>",
        "https://user@example.com/",
        f"[a]({ONE})",
        f"[a](https://{ONE}/)",
        f"[a](https://{ONE}.example.com/)",
        f"[a](https://example.com{ONE}/)",
        f"https://{ONE}.example.com/",
    ],
)
def test_what_leads_to_no_host_of_the_templates_is_no_link(text: str) -> None:
    both = parsed(text)
    assert Words(both.html(["evil.example"])).links == []
    assert both.plain(["evil.example"]) == text.replace(ONE, "evil.example") + "\n"


def test_html_pictures_and_code_are_shown_as_they_are() -> None:
    text = "<b>a</b> &amp; `b` <script>c</script>"
    both = parsed(f"{text}\n\n    d")
    assert both.plain([]) == f"{text}\n\nd\n"
    assert Words(both.html([])).tags == ["p", "p"]


def test_a_value_in_a_link_is_percent_encoded_once() -> None:
    both = parsed(f"[a](https://example.com/?b={ONE}&c) https://example.com/{TWO}")
    links = ["https://example.com/?b=x%26y%20%22&c", "https://example.com/a%26b"]
    assert Words(both.html(['x&y "', "a%26b"])).links == links
    assert both.plain(['x&y "', "a%26b"]) == f"a <{links[0]}> {links[1]}\n"


@given(VALUE, VALUE)
def test_a_value_is_shown_as_it_is_whatever_it_holds(first: str, second: str) -> None:
    both = parsed(f"Hello **{ONE}**,\n\n- {TWO}\n- [{ONE}](https://example.com/) {TWO}{ONE}")
    values = [first, second]
    words = Words(both.html(values))
    assert words.tags == ["p", "strong", "ul", "li", "li", "a"]
    assert words.links == ["https://example.com/"]
    assert words.seen.split("\n") == [f"Hello {first},", "", second, f"{first} {second}{first}", "", ""]
    assert both.plain(values) == (
        f"Hello {first},\n\n- {second}\n- {first} <https://example.com/> {second}{first}\n"
    )


@given(MARKS, VALUE, VALUE)
def test_what_values_hold_does_not_change_what_a_text_is(skeleton: str, first: str, second: str) -> None:
    """Filling in afterwards is the same as letters that Markdown cannot read, whatever stands around them."""
    both = parsed(skeleton)
    plainest = Words(both.html(["x", "y"]))
    words = Words(both.html([first, second]))
    assert words.tags == plainest.tags
    assert len(words.links) == len(plainest.links)
    assert all(link.startswith("https://example.com") for link in words.links)


@given(MARKS)
def test_a_letter_is_treated_as_the_value_of_one_letter(skeleton: str) -> None:
    """The fast way, parsing once with a place, is exactly the slow one, parsing every text of its own."""
    slow = parsed(skeleton.replace(ONE, "x").replace(TWO, "y"))
    fast = parsed(skeleton)
    links = tuple(link.replace(ONE, "x").replace(TWO, "y") for link in fast.links)
    if links == slow.links:  # not where a value would have to be a part of a host
        assert fast.html(["x", "y"]) == slow.html([])
        assert fast.plain(["x", "y"]) == slow.plain([])


def test_a_text_that_would_cost_too_much_is_refused() -> None:
    with pytest.raises(MailError, match="at most 30,000"):
        parsed("x" * 30_001)
    with pytest.raises(MailError, match="Markdown marks"):
        parsed("[" * 3_000)
