from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.store.replay import Said, flat, folded, replayed


def change(before: Any, after: Any, lead: int | None = None, void: bool = False) -> dict[str, Any]:
    origin = ["csv", "2026-03-02", f"lead {lead}" if lead else "file"]
    return {"before": before, "after": after, "origin": origin, "lead": lead, "lent": None, "void": void}


@given(
    st.dictionaries(st.sampled_from(["title", "phone"]), st.text()),
    st.none() | st.dictionaries(st.text(), st.text(), min_size=1),
)
def test_folding_undoes_flattening(facts: dict[str, Any], extra: dict[str, str] | None) -> None:
    assert folded(flat({**facts, "extra": extra})) == {**facts, "extra": extra}


def test_the_last_word_counts_and_says_whose_it_is() -> None:
    history = [change({"title": None}, {"title": "CEO"}, lead=2), change({"title": "CEO"}, {"title": "CTO"})]
    assert replayed(history, ()) == {"title": Said("CTO", ["csv", "2026-03-02", "file"])}


def test_without_a_lead_its_words_were_never_said() -> None:
    history = [
        change({"title": "VP"}, {"title": "CEO"}, lead=2),
        change({"phone": None}, {"phone": "1"}, lead=3),
    ]
    known = replayed(history, [2])
    assert known["title"] == Said("VP")
    assert known["phone"].value == "1"


def test_what_is_void_counts_for_nothing() -> None:
    history = [
        change({"title": None}, {"title": "CEO"}),
        change({"title": "CEO"}, {"title": None}, void=True),
    ]
    assert replayed(history, ())["title"].value == "CEO"


def test_extra_facts_are_kept_or_taken_one_by_one() -> None:
    history = [
        change({"extra": None}, {"extra": {"a": "1"}}, lead=2),
        change({"extra": {"a": "1"}}, {"extra": {"a": "1", "b": "2"}}),
    ]
    known = replayed(history, [2])
    assert known["extra/a"].value is None
    assert known["extra/b"].value == "2"
