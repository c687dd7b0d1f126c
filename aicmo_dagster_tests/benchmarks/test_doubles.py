from aicmo_dagster.benchmarks.doubles import leads_with_doubles
from aicmo_dagster.stages.matching import MATCH_COLUMNS


def test_one_seed_gives_the_same_leads() -> None:
    (one, who), (again, too) = leads_with_doubles(1000, 3), leads_with_doubles(1000, 3)
    assert one.equals(again)
    assert who.equals(too)


def test_some_persons_occur_several_times_and_no_address_does() -> None:
    leads, person = leads_with_doubles(1000, 3)
    assert list(leads) == list(MATCH_COLUMNS)
    assert person.nunique() == 1000
    assert 100 < person.duplicated().sum() < 200
    assert not leads["email"].dropna().duplicated().any()
