from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.stages.matching.traces import bare_names, traces
from aicmo_dagster_tests.stages.lead_frames import lead_frame


def _trace(**lead: Any) -> dict[str, Any]:
    return traces(lead_frame(lead)).to_pylist()[0]  # type: ignore[no-any-return]


def test_case_accents_and_transliteration_make_no_difference() -> None:
    umlaut = _trace(first_name="Jürgen", last_name="Müller", company="Größe AG", city="Köln")
    plain = _trace(first_name="JUERGEN", last_name="Mueller", company="Grösse", city="KOLN")
    assert umlaut["first"] == plain["first"]
    assert umlaut["last"] == plain["last"]
    assert umlaut["firm"] == plain["firm"]
    assert umlaut["city"] == plain["city"]


def test_a_cyrillic_name_is_compared_in_latin_letters() -> None:
    assert _trace(first_name="Ольга", last_name="Иванов")["last"] == _trace(last_name="Ivanov")["last"]


def test_a_title_before_the_name_is_not_part_of_it() -> None:
    assert _trace(first_name="Dr. Anna")["first"] == "anna"


def test_the_legal_form_is_not_part_of_the_company() -> None:
    written = ["Acme GmbH", "ACME", "Acme G.m.b.H. & Co. KG", "Acme, Inc.", "acme s.a."]
    assert {_trace(company=company)["firm"] for company in written} == {"acme"}


def test_a_company_called_like_a_legal_form_keeps_its_name() -> None:
    assert _trace(company="Co")["firm"] == "co"


def test_ways_to_write_a_telephone_number_make_no_difference() -> None:
    written = ["+49 30 12345678", "030 1234 5678", "0049-30/12345678", "+49 (0)30 12345678 ext. 12"]
    assert {_trace(phone=phone)["phone"] for phone in written} == {"12345678"}
    assert _trace(phone=written[3])["extension"] == "12"


def test_too_short_a_number_is_no_telephone_number() -> None:
    assert _trace(phone="12345")["phone"] is None


def test_a_local_part_made_of_the_names_says_no_more_than_they_do() -> None:
    for local in ("jane.doe", "doe-jane", "jdoe", "janed", "jane", "doe"):
        assert _trace(email=f"{local}@example.com", first_name="Jane", last_name="Doe")["handle"] is None
    lead = _trace(email="kestrel77+x@example.com", first_name="Jane", last_name="Doe")
    assert lead["handle"] == "kestrel77"


def test_a_mailbox_of_an_office_is_nobodys() -> None:
    lead = _trace(email="info@example.com", first_name="Jane")
    assert lead["box"] is None
    assert lead["handle"] is None


def test_only_a_persons_profile_counts_as_one() -> None:
    base = "https://www.linkedin.com"
    assert _trace(linkedin_url=f"{base}/in/Jane-Doe-1")["profile"] == "jane-doe-1"
    assert _trace(linkedin_url=f"{base}/company/acme")["profile"] is None


def test_a_page_in_a_social_network_is_no_website() -> None:
    assert _trace(website="https://www.linkedin.com/company/acme")["web"] is None
    assert _trace(website="http://www.acme.example/about")["web"] == "acme.example"


def test_columns_that_are_absent_count_as_missing() -> None:
    assert traces(lead_frame({})[["lead_id"]]).to_pylist() == traces(lead_frame({})).to_pylist()


@given(st.lists(st.fixed_dictionaries({"first_name": st.text(), "company": st.text(), "phone": st.text()})))
def test_any_text_gives_a_row_per_lead(leads: list[dict[str, str]]) -> None:
    assert traces(lead_frame(*leads))["lead_id"].to_pylist() == list(range(1, len(leads) + 1))


def bare(name: str) -> str | None:
    [found] = bare_names(pa.array([name], pa.large_string())).to_pylist()
    return found  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "name",
    [
        "ACME", "Acme, Inc.", "Acme LLC", "Acme L.L.C.", "Acme Ltd.", "Acme PLC", "Acme Corporation", "Acme Pty Ltd",
        "Acme GmbH", "Acme GmbH & Co. KG", "Acme mbH", "Acme AG & Co. KGaA", "Acme UG (haftungsbeschränkt)",
        "Acme e.K.", "Acme S.A.", "Acme SARL", "Acme S.A.S.", "Acme S.L.", "Acme S.p.A.", "Acme Srl",
        "Acme Ltda.", "Acme LDA", "Acme B.V.", "Acme N.V.", "Acme AB", "Acme Oy", "Acme A/S", "Acme ApS",
        "Acme Sp. z o.o.", "Acme s.r.o.", "Acme Kft.", "Acme EOOD", "Acme Sdn Bhd", "Acme Pvt. Ltd.", "Acme Co., Ltd.",
    ],
)  # fmt: skip
def test_a_company_is_called_the_same_without_its_legal_form(name: str) -> None:
    assert bare(name) == "acme"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("GmbH", "gmbh"), ("SE", "se"), ("S.A. Acme", "sa acme"), ("Agnes Oyster", "agnes oyster")],
)
def test_a_name_is_not_cut_where_no_legal_form_ends_it(name: str, expected: str) -> None:
    assert bare(name) == expected


@pytest.mark.parametrize("name", ["", " ", "-", "..."])
def test_a_company_without_a_letter_has_no_name(name: str) -> None:
    assert bare(name) is None


@given(st.text())
def test_any_name_of_a_company_is_read(name: str) -> None:
    assert bare(name) != ""
