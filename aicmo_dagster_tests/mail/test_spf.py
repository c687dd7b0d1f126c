import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.mail.spf import judge
from aicmo_dagster.store.sending_domains import Finding


def judged(record: str | list[str] | None, **others: str) -> Finding:
    zone = {"example.zz": [record] if isinstance(record, str) else record or []}
    zone |= {name.replace("_", "."): [text] for name, text in others.items()}
    return judge("example.zz", lambda name: zone.get(name, []))


def test_a_record_that_keeps_others_out_is_good() -> None:
    assert judged("v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 a mx/24 -all") == Finding(
        "good", "2 of 10 lookups, ends with -all"
    )


def test_no_record_is_bad_and_the_remedy_is_one() -> None:
    found = judged(["google-site-verification=x", "v=spf10 -all"])
    assert (found.outcome, found.says) == ("bad", "no SPF record")
    assert "publish one at example.zz: v=spf1 " in found.remedy


def test_two_records_are_bad() -> None:
    found = judged(["v=spf1 -all", "V=SPF1 mx -all"])
    assert (found.outcome, found.says) == ("bad", "example.zz has 2 SPF records; one is allowed")


def test_lookups_of_what_is_included_count() -> None:
    found = judged(
        "v=spf1 include:a.zz ~all", a_zz="v=spf1 a mx include:b.zz -all", b_zz="v=spf1 exists:%{i}.zz ?all"
    )
    assert found == Finding("good", "5 of 10 lookups, ends with ~all")


@pytest.mark.parametrize(("number", "outcome"), [(10, "good"), (11, "bad")])
def test_more_than_ten_lookups_are_bad(number: int, outcome: str) -> None:
    assert judged(f"v=spf1 {'a ' * number}-all").outcome == outcome


def test_a_record_that_includes_itself_is_bad() -> None:
    assert judged("v=spf1 include:example.zz -all").says == "more than 10 lookups, the last at example.zz"


def test_an_include_without_a_record_is_bad() -> None:
    assert (
        judged("v=spf1 include:a.zz -all").says
        == "the SPF record of example.zz leads to a.zz, which has none"
    )


@pytest.mark.parametrize("end", ["+all", "all"])
def test_a_record_that_lets_everybody_send_is_bad(end: str) -> None:
    assert judged(f"v=spf1 a {end}").outcome == "bad"


@pytest.mark.parametrize("end", ["?all", ""])
def test_a_record_that_says_nothing_of_others_is_good_with_advice(end: str) -> None:
    found = judged(f"v=spf1 a {end}")
    assert (found.outcome, found.remedy) == ("good", "end it with ~all or -all")


def test_a_redirect_ends_as_its_target_does() -> None:
    assert judged("v=spf1 redirect=a.zz", a_zz="v=spf1 a -all").says == "2 of 10 lookups, ends with -all"


def test_what_is_behind_all_does_not_count() -> None:
    assert judged("v=spf1 -all include:a.zz redirect=b.zz").says == "0 of 10 lookups, ends with -all"


def test_an_include_that_depends_on_the_mail_is_not_followed() -> None:
    assert judged("v=spf1 include:%{i}._spf.zz -all").says == "1 of 10 lookups, ends with -all"


@pytest.mark.parametrize(
    "term",
    [
        "ip4:2001:db8::1",
        "ip6:192.0.2.1",
        "ip4",
        "ip4:300.1.1.1",
        "include:",
        "ipv4:192.0.2.1",
        "-",
        "include",
    ],
)
def test_a_term_that_means_nothing_is_bad(term: str) -> None:
    found = judged(f"v=spf1 {term} -all")
    assert found.outcome == "bad"
    assert repr(term) in found.says


@given(st.text("vspf1= aipncludemx46:/.%-~+?", max_size=60))
def test_any_record_is_judged(text: str) -> None:
    assert judged(f"v=spf1 {text}").outcome in ("good", "bad")
