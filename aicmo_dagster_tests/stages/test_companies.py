from typing import Any

import pandas as pd
import pytest

from aicmo_dagster.stages.companies import LEAST, accounts, aliases

_Row = tuple[str | None, str | None, str | None, int]


def _companies(*rows: _Row) -> pd.DataFrame:
    columns: list[Any] = list(zip(*rows, strict=True)) if rows else [[], [], [], []]
    names = ("company", "account_domain", "country_code")
    frame = {name: pd.Series(values, dtype="str") for name, values in zip(names, columns[:3], strict=True)}
    return pd.DataFrame({**frame, "n": pd.Series(columns[3], dtype="int64")})


def _accounts(*rows: _Row) -> dict[str, str]:
    found = accounts(_companies(*rows))
    assert (found["probability"] >= LEAST).all()
    return dict(zip(found["alias"], found["account"], strict=True))


def test_one_company_under_several_names_and_domains_is_the_alias_that_most_leads_have() -> None:
    found = _accounts(
        ("Acme GmbH", "acme.de", "DE", 5),
        ("ACME", "acme.com", "US", 3),
        ("Acme", None, "DE", 1),
    )
    assert found == {"acme.com": "acme.de", "company:acme": "acme.de"}


@pytest.mark.parametrize(
    "rows",
    [
        [("Delta Air Lines", "delta.com", "US", 5), ("Delta Faucet", "delta.de", "DE", 2)],
        [("Nova GmbH", "nova.de", "DE", 5), ("Nova Inc", "novasystems.com", "US", 2)],
        [
            ("Shepard, Love and Luna", "one.example", None, 2),
            ("Shepard, Love and Luna", "two.example", None, 2),
        ],
        [("Siemens AG", "siemens.com", "DE", 4), ("Siemens Energy", "siemens-energy.com", "DE", 4)],
        [(None, "acme.com", "US", 1), (None, "acme.de", "DE", 1)],
    ],
    ids=str,
)
def test_different_companies_stay_different(rows: list[_Row]) -> None:
    assert _accounts(*rows) == {}


def test_a_name_that_fits_two_companies_stays_alone() -> None:
    nameless: _Row = ("Summit Consulting Ltd", None, "DE", 1)
    one: _Row = ("Summit Consulting", "one.example", "DE", 5)
    other: _Row = ("Summit Consulting", "two.example", "DE", 5)
    assert _accounts(one, nameless) == {"company:summit consulting": "one.example"}
    assert _accounts(one, other, nameless) == {}


def test_a_domain_of_many_companies_bears_the_name_of_none() -> None:
    clients: list[_Row] = [(f"Client Number {letter}", "provider.example", "DE", 1) for letter in "ABCDEF"]
    assert _accounts(*clients, ("Client Number A", None, "DE", 1)) == {}


def test_an_alias_is_the_domain_or_the_name_without_legal_form() -> None:
    found = aliases(
        _companies(
            ("Acme Ltd", "acme.com", None, 1), ("Acme Optics Ltd", None, None, 1), (None, None, None, 1)
        )
    )
    assert found.tolist()[:2] == ["acme.com", "company:acme optics"]
    assert found.isna().tolist() == [False, False, True]


def test_no_companies_have_no_aliases() -> None:
    assert list(accounts(_companies())) == ["alias", "account", "probability", "weights"]
