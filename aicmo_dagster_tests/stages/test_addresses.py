import pyarrow as pa
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from aicmo_dagster.stages.addresses import account_domains, mailboxes, read_addresses


def read(*texts: str | None) -> list[tuple[str | None, str, str | None, str | None]]:
    found = read_addresses(pa.array(texts, pa.large_string()))
    columns = (found.email, found.status, found.domain, found.unread)
    return list(zip(*(column.to_pylist() for column in columns), strict=True))


@given(
    st.from_regex(r"\A[a-z.'+ü\"-]{1,70}@[a-zü0-9.-]{1,70}\.(com|test|local|c|x1|xn--p1ai)\Z")
    | st.text(max_size=20)
)
@example("a@b--c.com")
@example("a@" + "b" * 64 + ".com")
@example("a" * 65 + "@example.com")
@example("a@" + "b." * 130 + "com")
@example("a@example.test")
def test_addresses_are_valid_exactly_where_email_validator_says_so(text: str) -> None:
    address = text.lower().strip()
    if "<" in address or address.startswith("mailto:"):
        return
    try:
        validate_email(address, check_deliverability=False, strict=True, allow_smtputf8=False)
        expected = "valid"
    except EmailNotValidError:
        expected = "invalid"
    [(_, status, _, _)] = read(address)
    assert status in (expected, "missing")


@pytest.mark.parametrize(
    "text",
    [
        "Ann@Example.COM",
        "mailto:ann@example.com?subject=x",
        "Ann Test <ann@example.com>",
        "<ann@example.com>",
    ],
)
def test_an_address_has_one_spelling(text: str) -> None:
    [(email, status, domain, _)] = read(text)
    assert (email, status, domain) == ("ann@example.com", "valid", "example.com")


def test_what_an_address_does_not_say_is_kept() -> None:
    assert read("Ann Test <ann@example.com>")[0][3] == "Ann Test <ann@example.com>"
    assert read("ANN@example.com")[0][3] is None


def test_a_foreign_domain_is_written_in_ascii() -> None:
    assert read("ann@Bücher.example")[0][0] == "ann@xn--bcher-kva.example"


def test_an_invalid_address_keeps_its_text_and_gets_a_reason() -> None:
    found = read_addresses(pa.array(["Ann(at)Example.com", "b@example.com"], pa.large_string()))
    assert found.email.to_pylist() == ["ann(at)example.com", "b@example.com"]
    assert found.status.to_pylist() == ["invalid", "valid"]
    assert found.problem.to_pylist()[0].endswith(".")
    assert found.domain.to_pylist() == [None, "example.com"]


def test_words_for_nothing_are_no_address() -> None:
    assert [row[1] for row in read("n/a", "-", "NULL", None)] == ["missing"] * 4


def accounts(domain: str | None, website: str | None) -> str | None:
    column = account_domains(pa.array([domain], pa.large_string()), pa.array([website], pa.large_string()))
    [account] = column.to_pylist()
    return account  # type: ignore[no-any-return]


def test_the_account_is_the_registrable_domain_of_the_address() -> None:
    assert accounts("mail.eu.example.co.uk", "https://other.example.com") == "example.co.uk"


def test_what_stands_below_a_domain_for_examples_is_a_company_of_its_own() -> None:
    assert accounts("sales.one.example.com", None) == "one.example.com"
    assert accounts("example.com", None) == "example.com"


def test_a_free_provider_is_nobodys_account() -> None:
    assert accounts("gmail.com", "https://www.shop.example.de:443/about?x#y") == "example.de"
    assert accounts("gmail.com", None) is None


@pytest.mark.parametrize(
    "website", ["n/a", "http://", "10.0.0.1", "https://www.linkedin.com/company/x", "co.uk", "."]
)
def test_a_website_that_is_no_companys_gives_no_account(website: str) -> None:
    assert accounts(None, website) is None


@given(st.text())
def test_any_website_is_read(website: str) -> None:
    accounts(None, website)


def mailbox(address: str) -> str:
    column = pa.array([address], pa.large_string())
    return str(mailboxes(column, read_addresses(column).domain)[0].as_py())


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("jane.doe+crm@gmail.com", "janedoe@gmail.com"),
        ("jane.doe@googlemail.com", "janedoe@gmail.com"),
        ("jane.doe+crm@me.com", "jane.doe@icloud.com"),
        ("Jane_Doe.x-y+a+b@pm.me", "janedoexy@proton.me"),
        ("jane.doe+crm@ya.ru", "jane.doe+crm@yandex.ru"),
        ("jane.doe+crm@hotmail.co.uk", "jane.doe@hotmail.co.uk"),
        ("jane.doe+crm@fastmail.fm", "jane.doe@fastmail.fm"),
        ("jane-crm@yahoo.com", "jane-crm@yahoo.com"),
        ("jane.doe+crm@example.org", "jane.doe+crm@example.org"),
        ("jane.doe@mail.gmail.com", "jane.doe@mail.gmail.com"),
    ],
)
def test_spellings_of_one_mailbox_are_one_where_the_provider_says_so(address: str, expected: str) -> None:
    assert mailbox(address.lower()) == expected


@pytest.mark.parametrize("address", ["+crm@gmail.com", "_-_@proton.me", "+@me.com"])
def test_a_name_of_nothing_but_what_is_ignored_is_left_as_it_is(address: str) -> None:
    assert mailbox(address) == address


def test_an_address_that_is_not_valid_is_no_mailbox_of_a_provider() -> None:
    assert mailbox("jane..doe@gmail.com") == "jane..doe@gmail.com"


def test_missing_addresses_stay_missing() -> None:
    email = pa.array([None, "a.b@gmail.com", None], pa.large_string())
    domain = pa.array([None, "gmail.com", None], pa.large_string())
    assert mailboxes(email, domain).to_pylist() == [None, "ab@gmail.com", None]
