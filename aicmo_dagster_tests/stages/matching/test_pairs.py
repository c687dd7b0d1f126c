import json
from math import log2
from typing import Any

import pandas as pd
import pytest

from aicmo_dagster.benchmarks.doubles import leads_with_doubles
from aicmo_dagster.campaign.config import Matching
from aicmo_dagster.stages.matching.keys import candidate_pairs, match_keys
from aicmo_dagster.stages.matching.model import LEAST_SURE
from aicmo_dagster.stages.matching.pairs import compare
from aicmo_dagster_tests.stages.lead_frames import lead_frame

_ACCEPT, _REVIEW = Matching().accept, Matching().review
_KIM = {
    "first_name": "Robert",
    "last_name": "Placeholder",
    "title": "Head of Sales",
    "company": "Acme Optics GmbH",
    "email": "robert.placeholder@acme.example",
    "account_domain": "acme.example",
    "country_code": "DE",
    "city": "Berlin",
}


def _pair() -> pd.DataFrame:
    return pd.DataFrame({"lead_id": [1], "other_id": [2]})


def _probability(one: dict[str, Any], other: dict[str, Any]) -> float:
    return float(compare(lead_frame(one, other), _pair(), 0.0)["probability"].iloc[0])


@pytest.mark.parametrize(
    "change",
    [
        {"email": "rplaceholder@mailbox.example", "account_domain": None},
        {"first_name": "Bob", "email": "bob@acme.example"},
        {"last_name": "Placeholdr", "email": "rp@acme.example"},
        {"last_name": "Placehodler", "email": "rp@acme.example"},
        {"first_name": "Placeholder", "last_name": "Robert", "email": None},
        {"first_name": "R.", "email": "rp@acme.example"},
        {"first_name": "RÓBERT", "company": "ACME OPTICS", "email": None, "account_domain": None},
        {"title": None, "city": None, "country_code": None, "email": None},
    ],
    ids=str,
)
def test_one_person_is_found_in_spite_of(change: dict[str, Any]) -> None:
    assert _probability(_KIM, {**_KIM, **change}) >= _ACCEPT


@pytest.mark.parametrize(
    "change",
    [
        {"first_name": "Vera", "email": "vera.placeholder@acme.example", "title": "CEO"},
        {"last_name": "Sample", "email": "robert.sample@acme.example"},
        {"first_name": "Vera", "last_name": "Sample", "email": "vera.sample@acme.example"},
        {
            "company": "Other Works",
            "email": "robert@other.example",
            "account_domain": "other.example",
            "city": "Paris",
            "country_code": "FR",
            "title": "Buyer",
        },
    ],
    ids=str,
)
def test_two_persons_are_not_even_reviewed(change: dict[str, Any]) -> None:
    assert _probability(_KIM, {**_KIM, **change}) < _REVIEW


def test_family_at_one_address_and_telephone_is_not_one_person() -> None:
    home = {**_KIM, "street": "Hauptstr. 5", "postal_code": "10115", "phone": "+49 30 12345678"}
    assert _probability(home, {**home, "first_name": "Vera", "email": "vera@acme.example"}) < _REVIEW


@pytest.mark.parametrize(
    ("his", "her"),
    [
        ("Martin", "Martina"),
        ("Peter", "Petra"),
        ("Christian", "Christina"),
        ("Andreas", "Andrea"),
        ("Mario", "Maria"),
        ("Simon", "Simone"),
        ("Stefan", "Stefanie"),
    ],
)
def test_names_of_two_sexes_are_no_typo_of_each_other(his: str, her: str) -> None:
    couple = [
        {**_KIM, "first_name": name, "email": f"{name}.placeholder@acme.example"} for name in (his, her)
    ]
    assert _probability(*couple) < _REVIEW
    assert _probability(*reversed(couple)) < _REVIEW


@pytest.mark.parametrize(("one", "other"), [("Sofia", "Sofie"), ("Hannah", "Hanna"), ("Martina", "Martna")])
def test_two_spellings_of_a_feminine_name_are_one(one: str, other: str) -> None:
    assert _probability({**_KIM, "first_name": one}, {**_KIM, "first_name": other, "email": None}) >= _ACCEPT


def test_two_first_names_at_one_telephone_number_are_two_persons() -> None:
    one = {"first_name": "Robert", "last_name": "Placeholder", "phone": "+49 30 12345678"}
    assert _probability(one, {**one, "first_name": "Vera"}) < _REVIEW


def test_the_same_name_alone_is_not_enough() -> None:
    one = {"first_name": "Robert", "last_name": "Placeholder"}
    assert _probability(one, one) < _REVIEW


def test_a_numbered_mailbox_at_one_domain_is_not_merged() -> None:
    second = {**_KIM, "email": "robert.placeholder2@acme.example", "title": "Buyer"}
    assert _probability(_KIM, second) < _ACCEPT


def test_one_domain_of_differently_named_companies_is_not_one_company() -> None:
    here = {
        **_KIM,
        "email": "robert@isp.example",
        "account_domain": "isp.example",
        "title": None,
        "city": None,
    }
    there = {**here, "company": "Quite Another Works", "email": "placeholder@isp.example"}
    assert _probability(here, there) < _ACCEPT <= _probability(here, {**there, "company": "ACME OPTICS"})


def test_a_common_name_weighs_less() -> None:
    rare = {"first_name": "Robert", "last_name": "Placeholder", "company": "Acme"}
    common = {"first_name": "John", "last_name": "Smith", "company": "Acme"}
    assert _probability(common, common) < _probability(rare, rare)


def test_what_is_missing_is_no_evidence() -> None:
    known = {"first_name": "Robert", "last_name": "Placeholder", "company": "Acme Optics"}
    for field in ("title", "phone", "city", "street", "linkedin_url", "email"):
        more = {**known, field: _KIM.get(field, "https://www.linkedin.com/in/robert")}
        assert _probability(known, more) == pytest.approx(_probability(known, known))


def test_the_weights_add_up_to_the_probability() -> None:
    found = compare(lead_frame(_KIM, {**_KIM, "first_name": "Rob", "title": "Buyer"}), _pair(), 0.0)
    probability = found["probability"].iloc[0]
    weights = json.loads(found["weights"].iloc[0])
    assert sum(weights.values()) == pytest.approx(log2(probability / (1 - probability)), abs=0.05)
    assert weights["title"] < 0 < weights["last_name"]


def test_a_probability_does_not_depend_on_the_order_or_the_other_leads() -> None:
    other = {**_KIM, "first_name": "Bob", "email": None}
    alone = _probability(_KIM, other)
    assert _probability(other, _KIM) == alone
    crowd = lead_frame(_KIM, other, *[{**_KIM, "title": f"Buyer {number}"} for number in range(20)])
    pairs = pd.DataFrame({"lead_id": [1] * 21, "other_id": range(2, 23)})
    assert compare(crowd, pairs, 0.0)["probability"].iloc[0] == alone


def test_pairs_below_the_least_are_left_out() -> None:
    leads = lead_frame(_KIM, {**_KIM, "email": None}, {"first_name": "Vera", "company": "Acme"})
    pairs = pd.DataFrame({"lead_id": [1, 1], "other_id": [2, 3]})
    assert compare(leads, pairs, _REVIEW)["other_id"].tolist() == [2]


def test_no_pairs_give_no_rows_but_the_columns() -> None:
    found = compare(lead_frame(_KIM), _pair().head(0), 0.5)
    assert found.empty
    assert list(found) == ["lead_id", "other_id", "probability", "weights"]


def test_what_is_passed_over_at_first_sight_would_not_have_been_found() -> None:
    leads, _ = leads_with_doubles(3000, 5)
    pairs = candidate_pairs(match_keys(leads))
    everything = compare(leads, pairs, 0.0)
    assert len(everything) == len(pairs)
    likely = everything[everything["probability"] >= LEAST_SURE].reset_index(drop=True)
    pd.testing.assert_frame_equal(compare(leads, pairs, LEAST_SURE), likely)


def test_nothing_makes_up_for_another_name_but_a_profile_or_a_handle() -> None:
    # What `HOPELESS` rests on: everything else agrees, exactly or nearly.
    near = {"title": "CEO", "city": "Berlin", "postal_code": "10115", "phone": "+49 30 12345678 x1"}
    near |= {"country_code": "DE", "first_name": "Vera", "last_name": "Placeholder", "email": "vp@a.example"}
    for street, other_street in (("Hauptstr. 5", "Hauptstr. 5"), ("Hauptstrasse 5", "Hauptgasse 5")):
        for company in (None, "Acme Optics"):
            one = {**near, "street": street, "company": company}
            other = {**one, "street": other_street, "first_name": "Hugo", "email": "vp@b.example"}
            assert _probability(one, other) < LEAST_SURE
