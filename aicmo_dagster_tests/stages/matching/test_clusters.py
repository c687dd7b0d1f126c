import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.stages.matching.clusters import clusters, contradictions
from aicmo_dagster.stages.matching.pairs import compare
from aicmo_dagster_tests.stages.lead_frames import lead_frame


def _pairs(*pairs: tuple[int, int, float]) -> pd.DataFrame:
    columns = {"lead_id": "int64", "other_id": "int64", "probability": "float64"}
    return pd.DataFrame(pairs, columns=list(columns)).astype(columns)


def _apart(*pairs: tuple[int, int]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["lead_id", "other_id"], dtype="int64")


def _clusters(pairs: pd.DataFrame, apart: pd.DataFrame | None = None) -> dict[int, int]:
    found = clusters(pairs, apart)
    return dict(zip(found["lead_id"].tolist(), found["cluster"].tolist(), strict=True))


def test_pairs_that_share_a_lead_are_one_person() -> None:
    pairs = _pairs((1, 2, 0.99), (2, 5, 0.99), (3, 4, 0.99))
    assert _clusters(pairs) == {1: 1, 2: 1, 5: 1, 3: 3, 4: 3}


def test_no_pairs_are_no_persons() -> None:
    assert clusters(_pairs()).empty


def test_of_two_leads_that_are_apart_the_clearly_better_one_is_joined() -> None:
    pairs = _pairs((1, 2, 0.99999), (2, 3, 0.98))
    assert _clusters(pairs, _apart((1, 3))) == {1: 1, 2: 1, 3: 3}


def test_a_lead_that_fits_two_who_are_apart_alike_joins_neither() -> None:
    pairs = _pairs((1, 2, 0.99), (2, 3, 0.985))
    assert _clusters(pairs, _apart((1, 3))) == {1: 1, 2: 2, 3: 3}


def test_a_long_chain_does_not_join_what_is_apart() -> None:
    found = _clusters(_pairs((1, 2, 0.999), (2, 3, 0.99), (3, 4, 0.999)), _apart((1, 4)))
    assert found[1] != found[4]


def test_j_smith_does_not_make_john_and_jane_one() -> None:
    def lead(first: str, email: str | None) -> dict[str, str | None]:
        return {"first_name": first, "last_name": "Specimen", "company": "Acme Optics", "email": email}

    leads = lead_frame(
        lead("Jonathan", "jo@acme.example"), lead("J.", None), lead("Judith", "ju@acme.example")
    )
    pairs = compare(leads, _apart((1, 2), (2, 3), (1, 3)), 0.9)
    assert pairs[["lead_id", "other_id"]].to_numpy().tolist() == [[1, 2], [2, 3]]
    apart = contradictions(leads, pairs)
    assert apart.to_numpy().tolist() == [[1, 3]]
    assert len(set(_clusters(pairs, apart).values())) == 3


_EDGES = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from([0.98, 0.99, 0.9999999])), max_size=15
).map(lambda edges: [(min(a, b), max(a, b), p) for a, b, p in edges if a != b])


@given(_EDGES, _EDGES)
def test_leads_that_are_apart_never_end_in_one_cluster(
    edges: list[tuple[int, int, float]], against: list[tuple[int, int, float]]
) -> None:
    pairs = _pairs(*edges).drop_duplicates(["lead_id", "other_id"])
    found = _clusters(pairs, _apart(*((a, b) for a, b, _ in against)))
    assert not [1 for a, b, _ in against if a in found and found.get(a) == found.get(b)]
    assert all(cluster <= lead for lead, cluster in found.items())
