from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicmo_dagster.campaign.scoring import EVENT_KINDS, Decay, Engagement
from aicmo_dagster.lead import SCORING_COLUMNS
from aicmo_dagster.stages.standard import engagement
from aicmo_dagster.stages.standard.engagement import SUMS
from aicmo_dagster.store.facts import EVENT_COLUMNS
from aicmo_dagster_tests.stages.lead_frames import AS_OF, campaign, lead_frame

from . import frames

RULES = Engagement(
    opens=Decay(half_life_days=10, most_per_day=1, full=3),
    clicks=Decay(half_life_days=20, most_per_day=2, full=2),
    replies=Decay(half_life_days=60, most_per_day=1, full=1),
    meetings=Decay(half_life_days=90, most_per_day=1, full=1),
    frequency_days=30,
)
ACTS = {
    "opened": "opens",
    "clicked": "clicks",
    "replied": "replies",
    "interested": "replies",
    "meeting": "meetings",
}

Event = tuple[int, str, datetime, datetime, float | None]
instants = st.integers(-(60 * 24 * 2), 48).map(lambda halves: AS_OF + timedelta(minutes=30 * halves))
one_event: st.SearchStrategy[Event] = st.tuples(
    st.integers(1, 4),
    st.sampled_from(EVENT_KINDS),
    instants,
    instants,
    st.sampled_from([None, 0.0, 0.25, 0.5, 1.0]) | st.integers(0, 1000).map(lambda share: share / 1000),
)
one_row = st.fixed_dictionaries(
    {"lead_id": st.integers(1, 4), "as_of": instants, "contacted_at": st.none() | instants}
)


def event(kind: str, days: float = 0, human: float | None = None, lead: int = 1) -> Event:
    at = AS_OF - timedelta(days=days)
    return lead, kind, at, at, human


def event_frame(events: list[Event]) -> pd.DataFrame:
    return pd.DataFrame(events, columns=list(EVENT_COLUMNS)).astype(EVENT_COLUMNS)


def row_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    columns = {"lead_id": "int64"} | {name: SCORING_COLUMNS[name] for name in ("as_of", "contacted_at")}
    return pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype=columns[name]) for name in columns}
    )


def sums(events: list[Event], *rows: dict[str, Any]) -> list[dict[str, Any]]:
    default = {"lead_id": 1, "as_of": AS_OF, "contacted_at": AS_OF - timedelta(days=99)}
    found = engagement.sums(event_frame(events), row_frame([default | row for row in rows or ({},)]), RULES)
    assert list(found) == list(SUMS)
    return [{name: None if pd.isna(row[name]) else row[name] for name in SUMS} for _, row in found.iterrows()]


def by_hand(events: list[Event], row: dict[str, Any]) -> dict[str, Any]:
    """What the rules say of one row, event by event."""
    days: dict[tuple[str, Any], float] = defaultdict(float)
    likeliest: dict[Any, float] = defaultdict(float)
    latest = None
    contacted = row["contacted_at"]
    seen = contacted is not None and (row["as_of"].date() - contacted.date()).days >= RULES.patience_days
    for lead, kind, happened, created, human in events:
        if lead != row["lead_id"] or kind not in ACTS or max(happened, created) > row["as_of"]:
            continue
        seen = True
        weight = 1.0 if human is None else human
        days[ACTS[kind], happened.date()] += weight
        likeliest[happened.date()] = max(likeliest[happened.date()], weight)
        if weight >= 0.5:
            latest = max(latest or happened, happened)
    if not seen:
        return dict.fromkeys(SUMS)
    found: dict[str, Any] = dict.fromkeys(SUMS, 0.0) | {"last_engaged_at": latest}
    for (name, day), weight in days.items():
        rules = getattr(RULES, name)
        age = (row["as_of"].date() - day).days
        found[name] += min(weight, rules.most_per_day) * 0.5 ** (age / rules.half_life_days)
    for day, weight in likeliest.items():
        found["engaged_days"] += weight * ((row["as_of"].date() - day).days < RULES.frequency_days)
    return found


@given(st.lists(one_event, max_size=25), st.lists(one_row, max_size=6))
@settings(max_examples=100, deadline=None)
def test_the_sums_are_those_computed_event_by_event(events: list[Event], rows: list[dict[str, Any]]) -> None:
    found = engagement.sums(event_frame(events), row_frame(rows), RULES)
    for at, row in enumerate(rows):
        expected = by_hand(events, row)
        for name in SUMS:
            value = found[name].iloc[at]
            if expected[name] is None or name == "last_engaged_at":
                assert pd.isna(value) if expected[name] is None else value == expected[name], name
            else:
                assert value == pytest.approx(expected[name], abs=1e-5), name


@given(st.lists(one_event, max_size=25), st.lists(one_row, max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_neither_the_order_of_events_nor_chunks_of_leads_change_a_bit(
    events: list[Event], rows: list[dict[str, Any]], random: Any
) -> None:
    leads = row_frame(rows)
    whole = engagement.sums(event_frame(events), leads, RULES)
    random.shuffle(events)
    parts = [
        engagement.sums(event_frame(events), leads[at : at + 1], RULES) for at in reversed(range(len(leads)))
    ]
    if parts:
        pd.testing.assert_frame_equal(whole, pd.concat(parts[::-1]), check_exact=True)


def test_the_sums_have_the_types_and_the_index_of_the_leads() -> None:
    leads = row_frame([{"lead_id": 9, "as_of": AS_OF, "contacted_at": None}] * 2).set_index(pd.Index([5, 5]))
    for events in ([], [event("opened", lead=9)]):
        found = engagement.sums(event_frame(events), leads, RULES)
        assert found.index.tolist() == [5, 5]
        assert {name: str(dtype) for name, dtype in found.dtypes.items()} == {
            name: SCORING_COLUMNS[name] for name in SUMS
        }


def test_an_event_counts_half_after_its_half_life() -> None:
    found = sums([event("opened", 10), event("clicked", 40), event("replied", 60), event("meeting", 90)])[0]
    assert [found[name] for name in SUMS[:4]] == [0.5, 0.25, 0.5, 0.5]


def test_an_event_counts_with_the_probability_that_a_human_did_it() -> None:
    assert sums([event("opened", human=0.3)])[0]["opens"] == pytest.approx(0.3)
    assert sums([event("opened", human=None)])[0]["opens"] == 1


def test_more_on_one_day_than_the_most_is_the_most() -> None:
    same_day = [event("clicked", hours / 24) for hours in (0, 1, 2, 3)]
    assert sums(same_day)[0]["clicks"] == 2
    assert sums([event("opened", human=0.4), event("opened", human=0.4)])[0]["opens"] == pytest.approx(0.8)


def test_a_day_is_one_of_utc() -> None:
    late, early = (datetime(2026, 5, day, hour, tzinfo=UTC) for day, hour in ((31, 23), (30, 1)))
    found = sums([(1, "opened", late, late, None), (1, "opened", early, early, None)], {})[0]
    assert found["engaged_days"] == 2


def test_interest_is_a_reply_and_what_says_nothing_of_the_lead_counts_not_at_all() -> None:
    assert sums([event("interested")])[0]["replies"] == 1
    others = [event(kind) for kind in EVENT_KINDS if kind not in ACTS]
    assert sums(others)[0] == dict.fromkeys(SUMS, 0.0) | {"last_engaged_at": None}


def test_what_was_not_known_yet_does_not_count() -> None:
    yesterday, tomorrow = AS_OF - timedelta(days=1), AS_OF + timedelta(days=1)
    written_later: Event = (1, "opened", yesterday, tomorrow, None)
    happens_later: Event = (1, "opened", tomorrow, yesterday, None)
    assert sums([written_later, happens_later])[0]["opens"] == 0
    assert sums([written_later], {"as_of": tomorrow})[0]["opens"] > 0


def test_a_lead_at_several_times_has_the_sums_of_each() -> None:
    found = sums(
        [event("replied", 60)], {"as_of": AS_OF - timedelta(days=61)}, {"as_of": AS_OF}, {"lead_id": 2}
    )
    assert [one["replies"] for one in found] == [0, 0.5, 0]


def test_days_with_a_sign_are_counted_once_and_only_the_last_ones() -> None:
    events = [
        event("opened", human=0.25),
        event("clicked", human=0.75),
        event("opened", 29),
        event("replied", 30),
    ]
    assert sums(events)[0]["engaged_days"] == 1.75


def test_the_last_sign_is_one_that_a_human_gave_rather_than_not() -> None:
    found = sums([event("opened", 5, 0.5), event("opened", 1, 0.49)])[0]
    assert found["last_engaged_at"] == AS_OF - timedelta(days=5)


def test_the_sums_are_missing_only_where_nothing_could_have_happened() -> None:
    found = sums(
        [event("opened", lead=3)],
        {"lead_id": 2, "contacted_at": None},
        {"lead_id": 3, "contacted_at": None},
        {},
    )
    assert found[0] == dict.fromkeys(SUMS)
    assert [found[1]["opens"], found[1]["clicks"]] == [1, 0]
    assert found[2] == dict.fromkeys(SUMS, 0.0) | {"last_engaged_at": None}


@given(st.lists(one_event, max_size=15), st.integers(0, 60))
@settings(max_examples=50, deadline=None)
def test_the_same_events_longer_ago_never_add_up_to_more(events: list[Event], days: int) -> None:
    past = [one for one in events if max(one[2], one[3]) <= AS_OF]
    older = [(one[0], one[1], one[2] - timedelta(days=days), one[3], one[4]) for one in past]
    for newer_sum, older_sum in zip(
        sums(past, {}, {"lead_id": 2}), sums(older, {}, {"lead_id": 2}), strict=True
    ):
        for name in SUMS[:5]:
            assert newer_sum[name] >= older_sum[name] - 1e-9, name


@given(st.lists(one_event, max_size=15), one_event)
@settings(max_examples=30, deadline=None)
def test_one_more_event_never_makes_any_engagement_dimension_worse(events: list[Event], more: Event) -> None:
    contacted = {"contacted_at": AS_OF - timedelta(days=99)}
    before, after = (
        lead_frame(contacted | sums(some, {"lead_id": more[0]})[0]) for some in (events, [*events, more])
    )
    for one in engagement.DIMENSIONS:
        if one.name != "opt_outs":
            values = [one.rule(frame, frames.ASKING)[0] for frame in (before, after)]
            assert values[1] >= values[0] - 1e-9, one.name


def values(name: str, *leads: dict[str, Any], **rules: Any) -> list[float | None]:
    return frames.values(engagement.DIMENSIONS, name, *leads, config=campaign(scoring={"engagement": rules}))


def test_the_group_engagement_is_described() -> None:
    frames.check_description(engagement.DIMENSIONS, "engagement", 7)


@given(st.lists(frames.any_lead, max_size=4))
@settings(max_examples=20, deadline=None)
def test_every_rule_keeps_to_its_facts_and_the_order_of_leads_is_nothing(leads: list[dict[str, Any]]) -> None:
    frames.check_rules(engagement.DIMENSIONS, leads)


@pytest.mark.parametrize(
    ("name", "full", "silence", "half"),
    [
        ("opens", 3, 0.2, 0.6),
        ("clicks", 2, 0.35, 0.675),
        ("replies", 1, 0.4, 0.7),
        ("meetings", 1, 0.45, 0.725),
    ],
)
def test_a_sum_counts_as_a_share_of_the_most_above_silence(
    name: str, full: float, silence: float, half: float
) -> None:
    leads = [{name: one} for one in (0.0, full / 2, full, 9 * full, None)]
    assert values(name, *leads) == [silence, half, 1.0, 1.0, None]


def test_silence_says_less_than_a_lead_of_which_nothing_is_known_loses() -> None:
    assert all(value < 0.5 for value in engagement.SILENCE.values())


def test_one_open_leaves_a_lead_better_off_than_one_that_was_never_mailed() -> None:
    opened = {"contacted_at": AS_OF, "opted_out_elsewhere": False} | sums([event("opened")])[0]
    never = {"opted_out_elsewhere": False}

    def group(lead: dict[str, Any]) -> float:
        known = {one: values(one.name, lead)[0] for one in engagement.DIMENSIONS}
        return sum(one.weight * (0.5 if value is None else value) for one, value in known.items())

    assert group(opened) > group(never)


def test_recency_falls_by_half_with_every_half_life_towards_silence() -> None:
    leads = [{"last_engaged_at": AS_OF - timedelta(days=days)} for days in (0, 7, 14)]
    assert values("recency", *leads, recency_half_life_days=7) == [1.0, 0.6, 0.4]


def test_recency_is_low_for_a_silent_lead_and_unknown_for_one_that_could_not_answer_yet() -> None:
    assert values("recency", {"engaged_days": 0.0}, {}) == [0.2, None]


def test_silence_says_nothing_before_the_campaigns_patience_ends() -> None:
    mailed = [{"contacted_at": AS_OF - timedelta(days=days)} for days in (0, 2, 3)]
    assert [one["replies"] for one in sums([], *mailed)] == [None, None, 0.0]


def test_frequency_counts_days_with_a_sign() -> None:
    leads = [{"engaged_days": days} for days in (0.0, 2.0, 4.0, 30.0, None)]
    assert values("frequency", *leads) == [0.2, 0.6, 1.0, 1.0, None]


def test_who_opted_out_of_another_campaign_counts_nothing() -> None:
    leads = [{"opted_out_elsewhere": one} for one in (True, False, None)]
    assert values("opt_outs", *leads) == [0.0, 1.0, None]


@pytest.mark.parametrize(
    ("name", "lead", "said"),
    [
        ("opens", {"opens": 0.0}, "was mailed and has not opened any"),
        (
            "replies",
            {"replies": 0.5},
            "replies add up to 0.50, each counting half after 60 days; 1 is the most",
        ),
        ("recency", {"engaged_days": 0.0}, "was mailed and has given no sign yet"),
        (
            "recency",
            {"last_engaged_at": AS_OF},
            "gave the last sign on 2026-06-01; it counts half after 21 days",
        ),
        ("frequency", {"engaged_days": 1.5}, "gave a sign on 1.5 of the last 30 days; 4 is the most"),
        (
            "opt_outs",
            {"opted_out_elsewhere": True},
            "unsubscribed from, or complained about, another campaign",
        ),
    ],
)
def test_a_sentence_says_how_the_value_came_about(name: str, lead: dict[str, Any], said: str) -> None:
    assert frames.sentence(engagement.DIMENSIONS, name, lead) == said
