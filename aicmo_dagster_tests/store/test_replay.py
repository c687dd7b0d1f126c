from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.store.replay import Said, flat, folded, replayed


def change(before: Any, after: Any, lead: int | None = None, unmerges: bool = False) -> dict[str, Any]:
    source = "undo" if unmerges else "merge" if lead else "csv"
    origin = ["csv", "2026-03-02", f"lead {lead}" if lead else "file"]
    return {
        "before": before,
        "after": after,
        "source": source,
        "origin": origin,
        "lent": None,
        "unmerges": unmerges,
    }


@given(
    st.dictionaries(st.sampled_from(["title", "phone"]), st.text()),
    st.none() | st.dictionaries(st.text(), st.text(), min_size=1),
)
def test_folding_undoes_flattening(facts: dict[str, Any], extra: dict[str, str] | None) -> None:
    assert folded(flat({**facts, "extra": extra})) == {**facts, "extra": extra}


def test_the_last_word_counts_and_says_whose_it_is() -> None:
    history = [change({"title": None}, {"title": "CEO"}, lead=2), change({"title": "CEO"}, {"title": "CTO"})]
    assert replayed(history)["title"].known == Said("CTO", ["csv", "2026-03-02", "file"])


def test_without_merged_leads_their_words_were_never_said() -> None:
    history = [
        change({"title": "VP"}, {"title": "CEO"}, lead=2),
        change({"phone": None}, {"phone": "1"}),
    ]
    told = replayed(history)
    assert told["title"].own == Said("VP")
    assert told["phone"].own == told["phone"].known == Said("1", ["csv", "2026-03-02", "file"])


def test_who_says_the_same_is_only_remembered_where_it_was_news() -> None:
    history = [
        change({"title": "VP"}, {"title": "CEO"}, lead=2),
        change({"title": "CEO"}, {"title": "VP"}, lead=3),
    ]
    told = replayed(history)["title"]
    assert told.own == Said("VP")
    assert told.known == Said("VP", ["csv", "2026-03-02", "lead 3"])


def test_what_was_said_before_merges_were_undone_is_gone_and_what_is_said_after_counts() -> None:
    history = [
        change({"title": None}, {"title": "CEO"}, lead=2),
        change({"title": "CEO"}, {"title": None}, unmerges=True),
        change({"title": None}, {"title": "CEO"}, lead=3),
    ]
    assert replayed(history[:2])["title"].known == Said(None)
    assert replayed(history)["title"].known == Said("CEO", ["csv", "2026-03-02", "lead 3"])


def test_what_a_person_takes_away_of_a_merged_lead_is_remembered_without_that_lead() -> None:
    history = [
        change({"title": None}, {"title": "CEO"}, lead=2),
        {
            **change({"title": "CEO"}, {"title": None}),
            "source": "manual",
            "origin": ["manual", "2026-03-03", ""],
        },
    ]
    assert replayed(history)["title"].own == Said(None, ["manual", "2026-03-03", ""])


def test_extra_facts_are_kept_or_taken_one_by_one() -> None:
    history = [
        change({"extra": None}, {"extra": {"a": "1"}}, lead=2),
        change({"extra": {"a": "1"}}, {"extra": {"a": "1", "b": "2"}}),
    ]
    told = replayed(history)
    assert told["extra/a"].own.value is None
    assert told["extra/b"].own.value == "2"
