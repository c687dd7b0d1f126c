from html import escape, unescape
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.campaign.sending import Tracking
from aicmo_dagster.mail.tracking import (
    Click,
    click_token,
    open_token,
    read_click,
    read_open,
    tracked,
)

KEY = bytes(range(32))
CLICKS, OPENS = Tracking(clicks=True), Tracking(opens=True)
targets = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300).map(
    "https://example.org/".__add__
)
sends = st.integers(1, 2**63 - 1)


class Parts(HTMLParser):
    """Links and pictures of a page, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.pictures: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if (tag, name) == ("a", "href"):
                self.links.append(value or "")
            if (tag, name) == ("img", "src"):
                self.pictures.append(value or "")


def rewritten(html: str, tracking: Tracking = CLICKS) -> str:
    return tracked(html, base_url="https://mail.example.com/", key=KEY, send_id=7, tracking=tracking)


def token_of(link: str, kind: str = "c") -> str:
    start = f"https://mail.example.com/{kind}/"
    assert link.startswith(start)
    return link.removeprefix(start)


@given(sends, st.integers(0, 255), targets)
def test_a_token_says_what_was_signed(send_id: int, link: int, target: str) -> None:
    click = Click(send_id, link, target)
    assert read_click(KEY, click_token(KEY, click)) == click
    assert read_open(KEY, open_token(KEY, send_id)) == send_id


@given(targets, st.data())
def test_a_token_with_any_other_letter_says_nothing(target: str, data: st.DataObject) -> None:
    token = click_token(KEY, Click(1, 0, target))
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("AZaz09-_=/. ").filter(lambda one: one != token[place]))
    assert read_click(KEY, token[:place] + letter + token[place + 1 :]) is None


@given(st.text(max_size=80))
def test_what_nobody_signed_says_nothing(text: str) -> None:
    assert read_click(KEY, text) is None
    assert read_open(KEY, text) is None


def test_tokens_of_one_kind_or_key_are_none_of_another() -> None:
    click, picture = click_token(KEY, Click(1, 0, "https://example.org/")), open_token(KEY, 1)
    assert (read_open(KEY, click), read_click(KEY, picture)) == (None, None)
    assert read_click(bytes(32), click) is None


@given(st.lists(targets, min_size=1, max_size=5))
def test_each_link_leads_to_where_it_led_and_knows_its_place(links: list[str]) -> None:
    html = "".join(f'<p><a href="{escape(link)}">here</a></p>' for link in links)
    different = list(dict.fromkeys(links))
    followed = [read_click(KEY, token_of(link)) for link in Parts(rewritten(html)).links]
    assert followed == [Click(7, different.index(link), link) for link in links]


def test_only_https_links_are_tracked() -> None:
    html = '<a href="mailto:a@example.com">a</a><a href="#top">b</a><a href="http://example.org/">c</a>'
    assert rewritten(html) == html


def test_a_link_that_would_become_too_long_stays_as_it_is() -> None:
    html = f'<a href="https://example.org/{"x" * 1_500}">a</a>'
    assert rewritten(html) == html
    short = rewritten(f'<a href="https://example.org/{"x" * 1_200}">a</a>')
    assert len(Parts(short).links[0]) < 1_800


def test_the_text_stays_byte_for_byte() -> None:
    html = '<p>See https://example.org/ &amp; <a href="https://example.org/?a=1&amp;b=2">this</a>.</p>\n'
    found = rewritten(html)
    (link,) = Parts(found).links
    assert found.replace(link, escape("https://example.org/?a=1&b=2")) == html
    click = read_click(KEY, token_of(link))
    assert click is not None
    assert click.target == unescape("https://example.org/?a=1&amp;b=2")


def test_the_picture_is_there_only_where_opens_are_tracked() -> None:
    assert Parts(rewritten("<p>Hello</p>")).pictures == []
    (picture,) = Parts(rewritten("<p>Hello</p>", OPENS)).pictures
    assert read_open(KEY, token_of(picture, "o")) == 7
    assert rewritten("<p>Hello</p>", OPENS).startswith("<p>Hello</p>")
