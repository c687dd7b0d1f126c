import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any, get_args

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.mail import effects
from aicmo_dagster.store import database, lead_search, outcomes, search_table
from aicmo_dagster.store.lead_search import Place, Sort
from aicmo_dagster_tests.depth import SHORT
from aicmo_dagster_tests.outreach import NOW, RUN, add_campaign, add_lead, add_send, config

WORDS = ("Ann", "O'Neil", "Zoë", "co-op", "3M", "1e5", "Sales", "manager", "ltd.", "R&D")
VALUES: dict[str, list[Any]] = {
    "q": [
        *WORDS,
        "sal man",
        "an",
        "zo",
        "example org",
        "lead3",
        "1",
        "3m",
        "manager SALES",
        "&",
        "nobody",
        "'",
    ],
    "email": ["lead3@example.org", "LEAD4@company1.example", "no@example.com"],
    "domain": ["company1.example", "COMPANY2.example", "none.example"],
    "company": ["ltd", "co op", "r d", "an"],
    "title": ["sales", "man", "o'neil", "o’neil", "–head r", "nothing"],
    "country": ["germany", "FRANCE", "Nowhere"],
    "source": ["manual", "csv", "apollo"],
    "status": ["new", "scored", "qualified", "rejected", "routed", "contacted", "converted", "unsubscribed"],
    "tier": ["HOT", "COLD"],
    "min_score": [0.0, 0.5, 0.99],
    "max_score": [0.0, 0.5, 0.99],
    "verdict": ["qualified", "rejected"],
    "reason": ["qualified", "low_icp_fit"],
    "owner": ["Ann", "nobody"],
    "sequence": ["aggressive_close"],
    "harvested_since": [NOW, NOW + timedelta(days=5)],
    "updated_since": [NOW + timedelta(days=3)],
}
CHANGES = [
    "UPDATE leads SET company = 'Sales of nobody', country = 'Nowhere', email_domain = 'none.example' "
    "WHERE id % 3 = 0",
    "UPDATE lead_scores SET score = 1 - score, tier = 'HOT'",
    "UPDATE lead_verdicts SET verdict = 'qualified', reason = 'qualified'",
    "DELETE FROM lead_verdicts WHERE lead_id % 2 = 0",
    "DELETE FROM leads WHERE id % 3 = 1",
    "UPDATE leads SET merged_into = 2 WHERE id IN (4, 5, 6)",
    "INSERT INTO suppressions (kind, value, reason, added_by) SELECT 'address', identity, 'unsubscribed', 'x' "
    "FROM leads WHERE id % 4 = 0",
    "INSERT INTO engagement_events (lead_id, kind, happened_at) SELECT id, 'converted', now() FROM leads "
    "WHERE email = 'merged@example.org'",
]
Change = Callable[[], None]


@pytest.fixture
def large(store: URL, monkeypatch: pytest.MonkeyPatch) -> int:
    """A campaign of sixty leads of every kind, which is taken for a large one."""
    campaign = add_campaign().id
    chance = random.Random(1)
    for number in range(60):
        _add(campaign, number, chance)
    add_lead(campaign, "merged@example.org", merged_into=1, first_name="Ann")
    monkeypatch.setattr(search_table, "SMALL", 10)
    monkeypatch.setattr(lead_search, "_LOOKED_THROUGH", 7)
    monkeypatch.setattr(lead_search, "_MOST_LOOKED_THROUGH", 30)
    return campaign


def _add(campaign: int, number: int, chance: random.Random) -> int:
    lead = add_lead(
        campaign,
        f"lead{number}@company{number % 4}.example" if number % 7 else f"lead{number}@example.org",
        first_name=chance.choice(WORDS),
        last_name=chance.choice((None, *WORDS)),
        company=" ".join(chance.sample(WORDS, 2)),
        title=chance.choice((None, "Sales manager", "Head of R&D", "O'Neil")),
        country=chance.choice((None, "Germany", "France")),
        source=chance.choice(("manual", "csv")),
        harvested_at=NOW + timedelta(days=chance.randrange(8)),
        updated_at=NOW + timedelta(days=chance.randrange(8)),
    )
    with database.transaction() as cursor:
        if number % 5:
            score = chance.choice((0.0, 0.25, 0.5, 0.5, 0.99))
            cursor.execute(
                "INSERT INTO lead_scores (lead_id, icp_fit, opportunity, score, confidence, tier, dimensions, model, "
                "model_version, campaign_version, run_id, scored_at) VALUES (%s, 1, 1, %s, 1, %s, '{}', 'm', 1, 1, "
                "%s, %s)",
                [lead, score, "HOT" if score > 0.6 else "COLD", RUN, NOW],
            )
        if number % 3:
            cursor.execute("UPDATE lead_verdicts SET verdict = 'rejected', reason = 'low_icp_fit' "
                           "WHERE lead_id = %s", [lead])  # fmt: skip
        elif number % 2:
            cursor.execute(
                "INSERT INTO lead_routes (lead_id, tier, routing_score, intent_lifted, sequence, sequence_version, "
                "owner, owner_reason, rules_version, campaign_version, run_id, enrolled_at) VALUES (%s, 'HOT', 1, "
                "false, 'aggressive_close', 1, 'Ann', 'x', 1, 1, %s, %s)",
                [lead, RUN, NOW],
            )
    return lead


def _pages(campaign: int, wanted: dict[str, Any], sort: Sort, limit: int = 20) -> list[int]:
    found: list[int] = []
    after: Place | None = None
    with database.transaction() as cursor:
        while True:
            rows, after = lead_search.page(cursor, campaign, wanted, sort=sort, after=after, limit=limit)
            assert len(rows) <= limit
            found += [row["id"] for row in rows]
            if after is None:
                return found


def _live(campaign: int, wanted: dict[str, Any], sort: Sort) -> list[int]:
    """What the view of all leads says."""
    found = [
        dict(zip(lead_search.COLUMNS, row, strict=True))
        for portion in lead_search.stream(campaign, wanted)
        for row in portion
    ]
    return [row["id"] for row in lead_search._in_order(found, sort, None)]


def _agree(campaign: int, *, by_table: bool = True) -> None:
    """Every value by one of the orders, and all leads by each."""
    with database.transaction() as cursor:
        assert search_table.marked(cursor, campaign) == by_table
    sorts: tuple[Sort, ...] = get_args(Sort)
    asked = [{name: one} for name, values in VALUES.items() for one in values]
    asked += [
        {"q": "manager", "owner": "Ann"},
        {"q": "sal", "verdict": "rejected"},
        {"title": "manager", "company": "ann", "min_score": 0.2},
    ]
    for number, wanted in list(enumerate(asked))[:: 3 if SHORT else 1]:
        sort = sorts[number % 4]
        assert _pages(campaign, wanted, sort) == _live(campaign, wanted, sort), (wanted, sort)
    for sort in sorts:
        assert _pages(campaign, {}, sort, 7) == _live(campaign, {}, sort), sort


def test_the_table_finds_what_the_leads_themselves_say_in_every_order(large: int) -> None:
    assert set(VALUES) == set(lead_search.FILTERS)
    search_table.catch_up()
    _agree(large)


def test_a_small_campaign_is_found_to_be_the_same_without_the_table(large: int) -> None:
    _agree(large, by_table=False)
    for statement in CHANGES:
        _sql(statement)()
    _agree(large, by_table=False)


def _sql(statement: str) -> Change:
    def change() -> None:
        with database.transaction() as cursor:
            cursor.execute(statement.encode())

    return change


@pytest.mark.parametrize("statement", CHANGES)
def test_whatever_changes_leads_is_found_after_the_table_has_caught_up(large: int, statement: str) -> None:
    search_table.catch_up()
    _sql(statement)()
    # Before that, nothing is shown that is not so.
    for name in ("status", "company", "country", "tier"):
        wanted = {name: VALUES[name][0]}
        assert set(_pages(large, wanted, "-score")) <= set(_live(large, wanted, "-score"))
    search_table.catch_up(counted=False)
    _agree(large)


def test_leads_that_come_later_and_other_campaigns_are_caught_up_with(large: int) -> None:
    search_table.catch_up()
    chance = random.Random(2)
    for number in range(60, 70):
        _add(large, number, chance)
    other = add_lead(add_campaign(config(key="other")).id, "lead3@example.org")
    search_table.catch_up(counted=False)
    _agree(large)
    with database.transaction() as cursor:
        cursor.execute("SELECT FROM lead_search WHERE lead_id = %s", [other])
        assert cursor.fetchone() is None


def test_what_a_person_changes_is_found_at_once(large: int) -> None:
    search_table.catch_up()
    lead = _pages(large, {"email": "lead7@example.org"}, "id")[0]
    send = add_send(large, lead, state="sent", sent_at=NOW, started_at=NOW, recipient="lead7@example.org")
    with database.transaction() as cursor:
        outcomes.append(cursor, [(lead, "converted", NOW)], "ann", "test")
    assert _pages(large, {"status": "converted"}, "id") == [lead]
    with database.transaction() as cursor:
        outcomes.withdraw(cursor, lead, "converted", "ann")
        effects.unsubscribed(cursor, lead, NOW, "link")
    assert lead in _pages(large, {"status": "unsubscribed"}, "id")
    with database.transaction() as cursor:
        effects.resubscribed(cursor, lead, "ann")
        effects.replied(cursor, lead, send, NOW)
    assert _pages(large, {"status": "replied"}, "id") == [lead]


def test_an_erased_lead_leaves_no_row_even_if_the_table_is_being_written(large: int) -> None:
    search_table.catch_up()
    with database.connect() as one, one.cursor() as erasing:
        erasing.execute("DELETE FROM leads WHERE id = 3")
        one.commit()
    with database.transaction() as cursor:
        search_table.refresh(cursor, [3])
        cursor.execute("SELECT FROM lead_search WHERE lead_id = 3")
        assert cursor.fetchone() is None


def test_a_small_campaign_needs_no_table(store: URL) -> None:
    campaign = add_campaign().id
    search_table.catch_up()
    lead = add_lead(campaign)
    assert _pages(campaign, {"q": "LEAD"}, "id") == [lead]
    with database.transaction() as cursor:
        assert not search_table.marked(cursor, campaign)


def test_only_one_writes_the_table_at_a_time(large: int) -> None:
    with database.connect(autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [search_table._LOCK])
        assert not search_table.catch_up()
    with database.transaction() as cursor:
        assert not search_table.marked(cursor, large)


def test_a_page_of_rows_that_fit_no_more_ends_and_the_next_goes_on(
    large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lead_search, "_MOST_PASSED_OVER", 5)
    search_table.catch_up()
    _sql("UPDATE leads SET source = 'apollo' WHERE id > 20")()
    assert _pages(large, {"source": "csv"}, "-id") == _live(large, {"source": "csv"}, "-id")
