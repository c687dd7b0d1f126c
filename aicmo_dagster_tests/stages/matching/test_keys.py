import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.benchmarks.doubles import leads_with_doubles
from aicmo_dagster.stages.matching.keys import MOST_PER_KEY, candidate_pairs, match_keys
from aicmo_dagster_tests.stages.lead_frames import lead_frame

_JANE = {"first_name": "Jane", "last_name": "Doe", "company": "Acme Ltd", "email": "jane@acme.example"}


def _meet(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return len(candidate_pairs(match_keys(lead_frame(one, other)))) == 1


def test_leads_meet_in_a_company_whatever_happened_to_their_names() -> None:
    for names in (("Doe", "Jane"), ("J.", "Doe"), ("Jnae", "Dow"), ("JANE", "D.")):
        assert _meet(_JANE, {"first_name": names[0], "last_name": names[1], "company": "ACME"}), names


def test_a_nickname_meets_its_formal_name() -> None:
    bob, robert = ({"first_name": name, "last_name": "Roe", "company": "Acme"} for name in ("Bob", "Robert"))
    assert _meet(bob, robert)


def test_a_company_meets_its_domain() -> None:
    other = {"first_name": "Jane", "last_name": "Do", "account_domain": "acme.example"}
    assert _meet(_JANE, other)


def test_the_same_names_meet_without_a_company() -> None:
    assert _meet({"first_name": "Jane", "last_name": "Doe"}, {"first_name": "jane", "last_name": "DOE"})


def test_one_profile_is_enough_to_meet() -> None:
    url = "https://www.linkedin.com/in/jane-doe"
    assert _meet({"linkedin_url": url}, {"linkedin_url": url.upper()})


def test_leads_with_nothing_in_common_do_not_meet() -> None:
    assert not _meet(_JANE, {"first_name": "Max", "last_name": "Roe", "company": "Acme Ltd"})


def test_a_lead_of_whom_nothing_is_known_has_no_key() -> None:
    assert match_keys(lead_frame({})).empty


def test_a_lead_has_each_key_once() -> None:
    leads, _ = leads_with_doubles(2000, 4)
    assert not match_keys(leads).duplicated().any()


def test_a_key_is_the_same_for_ever() -> None:
    # Keys are kept in the database: were these values to change, every campaign's keys would have to be made anew.
    keys = match_keys(lead_frame({"first_name": "Jane", "last_name": "Doe"}))
    assert keys["key"].tolist() == [2671559995179914749]


def test_a_key_is_the_same_in_another_process() -> None:
    code = (
        "from aicmo_dagster_tests.stages.lead_frames import lead_frame;"
        "from aicmo_dagster.stages.matching import match_keys;"
        f"print(sorted(match_keys(lead_frame({_JANE!r}))['key']))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == str(sorted(match_keys(lead_frame(_JANE))["key"]))


def _keys(rows: list[tuple[int, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["lead_id", "key"], dtype="int64")


def test_a_key_that_too_many_share_gives_no_pair() -> None:
    most = _keys([(lead, 7) for lead in range(MOST_PER_KEY)])
    assert len(candidate_pairs(most)) == MOST_PER_KEY * (MOST_PER_KEY - 1) // 2
    assert candidate_pairs(_keys([(lead, 7) for lead in range(MOST_PER_KEY + 1)])).empty


def test_only_pairs_with_a_fresh_lead_are_wanted() -> None:
    pairs = candidate_pairs(_keys([(1, 7), (2, 7), (3, 7)]), np.array([3]))
    assert pairs.to_numpy().tolist() == [[1, 3], [2, 3]]


_ROWS = st.lists(st.tuples(st.integers(1, 12), st.integers(-3, 3)), unique=True)


@given(_ROWS, st.sets(st.integers(1, 12)))
def test_pairs_are_those_that_share_a_key_with_a_fresh_lead(
    rows: list[tuple[int, int]], fresh: set[int]
) -> None:
    expected = {
        (a, b)
        for a, key in rows
        for b, other in rows
        if key == other and a < b and fresh.intersection((a, b))
    }
    pairs = candidate_pairs(_keys(rows), np.array(sorted(fresh), dtype=np.int64))
    assert [tuple(pair) for pair in pairs.to_numpy().tolist()] == sorted(expected)
