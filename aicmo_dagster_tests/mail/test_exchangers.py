import itertools

import pytest

from aicmo_dagster.mail.exchangers import AT_ONCE, is_public, look_up
from aicmo_dagster.store.mail_domains import MailDomain

from .name_server import NXDOMAIN, SERVFAIL, SILENT, serving

ZONE = {
    "several.zz": ["MX 20 second.several.zz.", "MX 10 First.several.zz."],
    "host.zz": ["A 192.0.2.1"],
    "host6.zz": ["AAAA 2001:db8::1"],
    "null.zz": ["MX 0 ."],
    "empty.zz": [],
    "broken.zz": SERVFAIL,
    "silent.zz": SILENT,
}


def found(*domains: str, timeout_s: float = 3) -> dict[str, MailDomain]:
    with serving(ZONE) as server:
        return {one.domain: one for one in look_up(domains, [server.address], 10, timeout_s)}


def test_a_domain_takes_mail_at_its_most_preferred_mx() -> None:
    assert found("several.zz") == {"several.zz": MailDomain("several.zz", True, "first.several.zz")}


@pytest.mark.parametrize("domain", ["host.zz", "host6.zz"])
def test_a_domain_without_mx_takes_mail_at_its_own_address(domain: str) -> None:
    assert found(domain)[domain].takes_mail


def test_a_null_mx_means_no_mail() -> None:
    assert found("null.zz") == {
        "null.zz": MailDomain("null.zz", False, "says that it takes no mail (null MX)")
    }


def test_a_domain_with_neither_mx_nor_address_takes_no_mail() -> None:
    assert found("empty.zz") == {
        "empty.zz": MailDomain("empty.zz", False, "has neither an MX nor an address")
    }


def test_a_domain_that_does_not_exist_takes_no_mail() -> None:
    assert found("nowhere.zz") == {"nowhere.zz": MailDomain("nowhere.zz", False, "does not exist")}


@pytest.mark.parametrize("domain", ["broken.zz", "silent.zz", "a..zz", f"{'a' * 64}.zz"])
def test_what_cannot_be_known_now_is_left_out(domain: str) -> None:
    assert found(domain) == {}


def test_one_domain_that_is_not_answered_holds_up_no_other() -> None:
    heard = found("silent.zz", "several.zz", "broken.zz", "host.zz", timeout_s=1)
    assert heard.keys() == {"several.zz", "host.zz"}


@pytest.mark.parametrize(
    "domain",
    [
        *(
            "example.com",
            "mail.example.org",
            "example.net",
            "company.example",
            "x.test",
            "invalid",
            "a.b.invalid",
        ),
        *("localhost", "printer.local", "mail.localhost"),
    ],
)
def test_names_that_are_reserved_are_never_asked(domain: str) -> None:
    assert not is_public(domain)
    with serving({}) as server:
        assert list(look_up([domain], [server.address], 10, 1)) == []
        assert server.asked == []


@pytest.mark.parametrize("domain", ["myexample.com", "example.de", "latest", "contest.zz", "example.com.zz"])
def test_names_that_only_look_reserved_are_asked(domain: str) -> None:
    assert is_public(domain)


def test_nobody_is_asked_without_servers() -> None:
    assert list(look_up(["several.zz"], [], 10, 1)) == []


@pytest.mark.parametrize("root", [NXDOMAIN, SERVFAIL, []])
def test_a_server_that_does_not_know_the_world_is_not_believed(root: str | list[str]) -> None:
    with serving(ZONE, {".": root, "com": NXDOMAIN}) as server:
        assert list(look_up(["several.zz", "nowhere.zz"], [server.address], 10, 1)) == []
        assert server.asked == []


def test_a_server_that_knows_com_but_keeps_the_root_to_itself_is_believed() -> None:
    with serving(ZONE, {".": SERVFAIL, "com": ["NS a.gtld-servers.net."]}) as server:
        assert len(list(look_up(["several.zz"], [server.address], 10, 1))) == 1


def test_silent_servers_are_given_up_long_before_the_budget_is_spent() -> None:
    silent = {f"d{number}.zz": SILENT for number in range(4 * AT_ONCE)}
    with serving(silent) as server:
        assert list(look_up(silent, [server.address], 3_600, 0.2)) == []
        assert len({question.partition(" ")[0] for question in server.asked}) <= 2 * AT_ONCE


def test_it_ends_when_the_budget_is_spent() -> None:
    endless = (f"d{number}.zz" for number in itertools.count())
    with serving({}) as server:
        assert {one.takes_mail for one in look_up(endless, [server.address], 0.3, 1)} == {False}
