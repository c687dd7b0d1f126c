import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pytest

from aicmo_dagster.campaign.config import ApolloSearch, ApolloSource, CampaignConfig
from aicmo_dagster.campaign.icp import Icp
from aicmo_dagster.errors import (
    BudgetError,
    SourceError,
    VendorRefusedError,
    VendorUnavailableError,
    VendorUncertainError,
)
from aicmo_dagster.sources.apollo import ApolloPeopleSource, search_parameters
from aicmo_dagster.sources.source import Chunk
from aicmo_dagster.stages.harvest import clean
from aicmo_dagster.store import database
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.ledger import Ledger
from aicmo_dagster.store.rate_limits import RateLimits
from aicmo_dagster_tests.outreach import RUN, add_campaign, config
from aicmo_dagster_tests.vendors.apollo_server import (
    BULK_MATCH,
    KEY,
    SEARCH,
    ApolloServer,
    carried_out_but,
    cut_after,
    cut_before,
    malformed,
    person,
    serving,
    slow,
    status,
)

pytestmark = pytest.mark.usefixtures("store")

SALES = {"titles": ["Sales"]}


@pytest.fixture
def apollo(monkeypatch: pytest.MonkeyPatch) -> Iterator[ApolloServer]:
    monkeypatch.setenv("AICMO_APOLLO_KEY", KEY)
    with serving() as server:
        yield server


@pytest.fixture
def campaign() -> Campaign:
    return add_campaign()


def by_number(records: pd.DataFrame) -> "pd.Series[float]":
    """People with higher numbers fit better."""
    return records["first_name"].str.removeprefix("Given").astype("float64")


def alike(records: pd.DataFrame) -> "pd.Series[float]":
    return pd.Series(np.zeros(len(records)))


class Fetched:
    """One fetch of the source, over a ledger of its own."""

    def __init__(
        self,
        apollo: ApolloServer,
        campaign: Campaign,
        rank: "Callable[[pd.DataFrame], pd.Series[float]]" = by_number,
        run_id: UUID = RUN,
        **changes: Any,
    ) -> None:
        self._stack = ExitStack()
        document = ApolloSource.model_validate(
            {"type": "apollo", "base_url": apollo.url, "search": SALES, "timeout_s": 1.0, **changes}
        )
        limits = self._stack.enter_context(RateLimits())
        ledger = self._stack.enter_context(
            Ledger(campaign, run_id, "apollo", "bulk_match", document.budget, document.max_age_days)
        )
        self.source = ApolloPeopleSource(document, campaign.config, limits, ledger, rank)
        self.chunks: list[Chunk] = []

    def all(self, limit: int = 20) -> "Fetched":
        with self._stack:
            for chunk in self.source.fetch(limit):
                self.chunks.append(chunk)
        return self

    def until(self, leads: int) -> "Fetched":
        """As the harvest does: it stops when it has enough."""
        with self._stack:
            for chunk in self.source.fetch(leads):
                self.chunks.append(chunk)
                if len(self.emails) >= leads:
                    break
        return self

    def raising(self, error: type[Exception], match: str, limit: int = 20) -> "Fetched":
        with pytest.raises(error, match=match):
            self.all(limit)
        return self

    @property
    def emails(self) -> list[str]:
        return [email for chunk in self.chunks if len(chunk.records) for email in chunk.records["email"]]

    @property
    def credits(self) -> float:
        return sum(chunk.credits for chunk in self.chunks)


def requests(state: str) -> list[dict[str, Any]]:
    return database.fetch("SELECT * FROM vendor_requests WHERE state = %s ORDER BY id", [state])


def addresses(numbers: list[int]) -> list[str]:
    return [f"given{number}.family{number}@example.com" for number in numbers]


def test_the_best_fits_are_bought_and_nobody_else(apollo: ApolloServer, campaign: Campaign) -> None:
    fetched = Fetched(apollo, campaign).all(12)
    best = [number for number in range(119, -1, -1) if number % 4 in (1, 2) and number % 10 != 9]
    assert fetched.emails == addresses(best[:12])
    assert set(apollo.credits) == {person(number)["id"] for number in best[:12]}
    assert fetched.credits == 12


def test_of_equal_fits_the_earlier_in_the_search_is_bought(apollo: ApolloServer, campaign: Campaign) -> None:
    assert Fetched(apollo, campaign, rank=alike).all(3).emails == addresses([1, 2, 5])


def test_whom_the_rank_says_nothing_of_is_bought_last(apollo: ApolloServer, campaign: Campaign) -> None:
    def rank(records: pd.DataFrame) -> "pd.Series[float]":
        scores = by_number(records)
        return scores.mask(scores >= 3)

    assert Fetched(apollo, campaign, rank=rank).all(3).emails == addresses([2, 1, 5])


def test_people_are_compared_once_by_what_the_free_search_tells(
    apollo: ApolloServer, campaign: Campaign
) -> None:
    seen: list[pd.DataFrame] = []

    def rank(records: pd.DataFrame) -> "pd.Series[float]":
        seen.append(records)
        return by_number(records)

    Fetched(apollo, campaign, rank=rank).all(1)
    (records,) = seen
    assert len(records) == 54
    assert records["line"].tolist() == list(range(1, 55))
    first = records.to_dict("records")[0]
    assert (first["first_name"], first["title"], first["company"]) == (
        "Given1",
        "VP Sales",
        "Example Works 1",
    )
    assert "last_name" not in records


def test_the_search_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch, campaign: Campaign) -> None:
    monkeypatch.setenv("AICMO_APOLLO_KEY", KEY)
    with serving(people=520) as apollo:
        fetched = Fetched(apollo, campaign).all(1)
    assert apollo.asked[SEARCH] == 3
    assert fetched.source.notes == [
        "the search finds 260 people; compared 234 of whom Apollo has an address, of the first 260"
    ]


def test_no_more_candidates_are_compared_than_the_campaign_says(
    apollo: ApolloServer, campaign: Campaign
) -> None:
    fetched = Fetched(apollo, campaign, candidates=5).all(50)
    assert fetched.emails == addresses([10, 6, 5, 2, 1])


def test_somebody_who_is_on_two_pages_is_bought_once(apollo: ApolloServer, campaign: Campaign) -> None:
    apollo.people = [person(1), *apollo.people, person(1)]
    fetched = Fetched(apollo, campaign, rank=alike).all(100)
    assert Counter(fetched.emails)[addresses([1])[0]] == 1
    assert apollo.credits[person(1)["id"]] == 1


def test_nobody_is_asked_about_who_has_no_address(apollo: ApolloServer, campaign: Campaign) -> None:
    Fetched(apollo, campaign).all(100)
    assert {one["id"] for batch in apollo.batches for one in batch}.isdisjoint(
        one["id"] for one in apollo.people if one["email"] is None
    )


def test_who_turns_out_to_have_no_address_is_no_lead_and_does_not_count(
    apollo: ApolloServer, campaign: Campaign
) -> None:
    apollo.people = [person(number) for number in range(20)]

    def lost(records: pd.DataFrame) -> "pd.Series[float]":
        for one in apollo.people:
            if one["id"] != person(1)["id"]:
                one["email"] = None
        return alike(records)

    fetched = Fetched(apollo, campaign, rank=lost).all(5)
    assert fetched.emails == addresses([1])
    assert fetched.credits == sum(apollo.credits.values()) == 9


def test_whom_apollo_does_not_know_any_more_costs_nothing(apollo: ApolloServer, campaign: Campaign) -> None:
    def gone(records: pd.DataFrame) -> "pd.Series[float]":
        apollo.people = [one for one in apollo.people if one["first_name"] != "Given1"]
        return alike(records)

    first, second = Fetched(apollo, campaign, rank=gone).all(3).chunks
    assert first.records["email"].tolist() == addresses([2, 5])
    assert second.records["email"].tolist() == addresses([6])
    assert (first.credits, second.credits) == (2, 1)


def test_a_record_is_a_lead_with_what_apollo_says(apollo: ApolloServer, campaign: Campaign) -> None:
    fetched = Fetched(apollo, campaign, rank=alike).all(1)
    cleaned = clean(fetched.chunks[0].records)
    (lead,) = cleaned.leads.to_dict("records")
    assert len(cleaned.rejected) == 0
    assert {
        name: lead[name] for name in ("email", "company_size", "revenue_usd", "industry", "country_code")
    } == {
        "email": "given1.family1@example.com",
        "company_size": "small",
        "revenue_usd": 1_000_000.0,
        "industry": "machinery",
        "country_code": "DE",
    }
    assert lead["verification"] == "valid"
    assert '"apollo_id"' in lead["extra"]


def test_lines_number_the_leads_over_all_chunks(apollo: ApolloServer, campaign: Campaign) -> None:
    fetched = Fetched(apollo, campaign).all(25)
    assert [len(chunk.records) for chunk in fetched.chunks] == [10, 10, 5]
    assert [line for chunk in fetched.chunks for line in chunk.records["line"]] == list(range(1, 26))


def test_a_second_fetch_pays_for_nobody_again(apollo: ApolloServer, campaign: Campaign) -> None:
    first = Fetched(apollo, campaign).all(100)
    again = Fetched(apollo, campaign).all(100)
    assert again.emails == first.emails
    assert again.credits == 0
    assert set(apollo.credits.values()) == {1}
    assert len(apollo.batches) == 6


def test_what_was_paid_is_given_before_more_is_bought(apollo: ApolloServer, campaign: Campaign) -> None:
    bought = Fetched(apollo, campaign).all(12)
    again = Fetched(apollo, campaign).until(12)
    assert again.emails == bought.emails
    assert sum(apollo.credits.values()) == 12


def test_people_who_are_known_do_not_count_as_new_ones(apollo: ApolloServer, campaign: Campaign) -> None:
    Fetched(apollo, campaign).all(12)
    again = Fetched(apollo, campaign).all(5)
    assert len(again.emails) == 17
    assert again.credits == 5


def test_another_campaign_pays_for_nobody_again(apollo: ApolloServer, campaign: Campaign) -> None:
    first = Fetched(apollo, campaign).all(10)
    other = add_campaign(config(key="other"))
    assert Fetched(apollo, other).until(10).emails == first.emails
    assert sum(apollo.credits.values()) == 10


def test_an_answer_that_is_too_old_is_bought_again(apollo: ApolloServer, campaign: Campaign) -> None:
    Fetched(apollo, campaign).all(1)
    with database.transaction() as cursor:
        cursor.execute("UPDATE vendor_answers SET answered_at = answered_at - interval '91 days'")
    Fetched(apollo, campaign).all(1)
    assert list(apollo.credits.values()) == [2]


def test_a_fetch_that_is_left_early_loses_nothing_that_was_paid(
    apollo: ApolloServer, campaign: Campaign
) -> None:
    fetched = Fetched(apollo, campaign)
    chunks = fetched.source.fetch(30)
    first = next(iter(chunks))
    chunks.close()  # type: ignore[attr-defined]
    assert Fetched(apollo, campaign).until(10).emails == first.records["email"].tolist()
    assert sum(apollo.credits.values()) == 10


@pytest.mark.parametrize("credits", [1, 7, 10, 13])
def test_a_run_spends_its_budget_and_no_credit_more(
    apollo: ApolloServer, campaign: Campaign, credits: int
) -> None:
    fetched = Fetched(apollo, campaign, budget={"credits_per_run": credits}).all(50)
    assert sum(apollo.credits.values()) == fetched.credits == credits
    assert len(fetched.emails) == credits
    assert f"spent {credits} of the {credits} credits that credits_per_run allows" in fetched.source.notes[-1]


def test_what_was_not_charged_is_spent_on_the_next_best(apollo: ApolloServer, campaign: Campaign) -> None:
    def gone(records: pd.DataFrame) -> "pd.Series[float]":
        apollo.people = [one for one in apollo.people if one["first_name"] != "Given118"]
        return by_number(records)

    fetched = Fetched(apollo, campaign, rank=gone, budget={"credits_per_run": 3}).all(50)
    assert fetched.emails == addresses([117, 114, 113])
    assert sum(apollo.credits.values()) == 3


def test_a_budget_that_is_spent_fails_only_where_nobody_can_be_given(
    apollo: ApolloServer, campaign: Campaign
) -> None:
    budget = {"credits_per_day": 5}
    Fetched(apollo, campaign, budget=budget).all(50)
    next_run = Fetched(apollo, campaign, budget=budget, run_id=UUID(int=2)).all(50)
    assert len(next_run.emails) == 5
    assert "credits_per_day" in next_run.source.notes[-1]
    apollo.people = apollo.people[:40]
    Fetched(apollo, campaign, budget=budget, run_id=UUID(int=3)).raising(BudgetError, "credits_per_day")
    assert sum(apollo.credits.values()) == 5


def test_two_fetches_at_once_pay_for_each_person_once(apollo: ApolloServer, campaign: Campaign) -> None:
    fetches = [Fetched(apollo, campaign, run_id=UUID(int=number)) for number in (1, 2, 3)]
    threads = [threading.Thread(target=one.all, args=(100,)) for one in fetches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(apollo.credits.values()) == {1}
    assert len(apollo.credits) == 54
    assert {email for one in fetches for email in one.emails} == set(
        Fetched(apollo, campaign).all(100).emails
    )


@pytest.mark.parametrize("fault", [status(401, b"Invalid API key."), status(403), status(422), status(402)])
def test_a_refusal_fails_the_source_and_costs_nothing(
    apollo: ApolloServer, campaign: Campaign, fault: Any
) -> None:
    apollo.fail_next(fault)
    Fetched(apollo, campaign).raising(VendorRefusedError, "apollo: bulk_match: HTTP 4")
    assert len(requests("refused")) == 1
    assert Fetched(apollo, campaign).until(10).credits == 10


def test_a_wrong_key_is_not_shown(
    apollo: ApolloServer, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AICMO_APOLLO_KEY", "wrong-key-that-is-secret")
    with pytest.raises(VendorRefusedError, match=r"HTTP 401.*AICMO_APOLLO_KEY") as caught:
        Fetched(apollo, campaign).all()
    assert "secret" not in str(caught.value)


def test_a_key_that_may_only_search_says_so(apollo: ApolloServer, campaign: Campaign) -> None:
    apollo.scopes = {SEARCH}
    Fetched(apollo, campaign).raising(VendorRefusedError, "HTTP 403.*not accessible")
    assert not apollo.credits


def test_what_was_given_before_a_refusal_stays_given(apollo: ApolloServer, campaign: Campaign) -> None:
    fetched = Fetched(apollo, campaign)
    chunks = iter(fetched.source.fetch(20))
    assert len(next(chunks).records) == 10
    apollo.fail_next(status(403))
    with pytest.raises(VendorRefusedError):
        next(chunks)


@pytest.mark.parametrize("fault", [status(429), status(429, retry_after="1"), status(503, retry_after="1")])
def test_who_is_too_fast_waits_and_is_answered(apollo: ApolloServer, campaign: Campaign, fault: Any) -> None:
    apollo.fail_next(fault)
    apollo.fail_next(fault, path=SEARCH)
    assert len(Fetched(apollo, campaign).all(10).emails) == 10
    assert apollo.asked[BULK_MATCH] == apollo.asked[SEARCH] == 2
    assert set(apollo.credits.values()) == {1}


def test_a_long_pause_that_apollo_asks_for_ends_the_fetch_without_charge(
    apollo: ApolloServer, campaign: Campaign
) -> None:
    apollo.fail_next(status(429, retry_after="3600"))
    Fetched(apollo, campaign).raising(VendorUnavailableError, "asked not to be asked again")
    assert not apollo.credits
    assert len(requests("refused")) == 1
    Fetched(apollo, campaign).raising(VendorUnavailableError, "asked not to be asked again")
    assert apollo.asked[BULK_MATCH] == 1


@pytest.mark.parametrize("fault", [status(500), cut_before, slow(1.5), malformed])
def test_the_free_search_is_tried_again(apollo: ApolloServer, campaign: Campaign, fault: Any) -> None:
    apollo.fail_next(fault, path=SEARCH)
    assert len(Fetched(apollo, campaign).all(1).emails) == 1
    assert apollo.asked[SEARCH] == 2


@pytest.mark.parametrize(
    ("fault", "charged"),
    [
        (status(500), 0),
        (carried_out_but(500), 10),
        (slow(1.5), 10),
        (cut_before, 0),
        (cut_after, 10),
        (malformed, 10),
    ],
)
def test_whom_a_request_without_answer_was_about_is_not_asked_about_again(
    apollo: ApolloServer, campaign: Campaign, fault: Any, charged: int
) -> None:
    apollo.fail_next(fault)
    fetched = Fetched(apollo, campaign, budget={"credits_per_run": 20}).all(100)
    assert len(fetched.emails) == 10
    assert sum(apollo.credits.values()) == 10 + charged
    (request,) = requests("uncertain")
    assert (request["subjects"], request["credits"]) == (10, 10)
    assert any("10 people are left out" in note for note in fetched.source.notes)
    Fetched(apollo, campaign, run_id=UUID(int=2)).all(100)
    assert set(apollo.credits.values()) == {1}
    assert sum(apollo.credits.values()) == 44 + charged
    asked = Counter(one["id"] for batch in apollo.batches for one in batch)
    assert max(asked.values()) == 1


def test_an_apollo_that_never_answers_is_left_alone(apollo: ApolloServer, campaign: Campaign) -> None:
    apollo.fail_next(*[carried_out_but(500)] * 9)
    Fetched(apollo, campaign).raising(VendorUncertainError, "HTTP 500", limit=100)
    assert apollo.asked[BULK_MATCH] == 3
    assert len(requests("uncertain")) == 3


def test_who_is_in_an_open_request_is_left_out_and_told(apollo: ApolloServer, campaign: Campaign) -> None:
    with Ledger(campaign, RUN, "apollo", "bulk_match", ApolloSource().budget, 90) as ledger:
        ledger.claim([f"apollo:{person(118)['id']}"], 1.0)
    fetched = Fetched(apollo, campaign).all(1)
    assert fetched.emails == addresses([117])
    assert any(note.startswith("1 people are left out") for note in fetched.source.notes)


def test_a_search_that_finds_nobody_gives_nobody(apollo: ApolloServer, campaign: Campaign) -> None:
    fetched = Fetched(apollo, campaign, search={"titles": ["Astronaut"]}).all()
    assert fetched.chunks == []
    assert fetched.source.notes == [
        "the search finds 0 people; compared 0 of whom Apollo has an address, of the first 0"
    ]


def test_a_search_for_everybody_is_not_made(apollo: ApolloServer, campaign: Campaign) -> None:
    Fetched(apollo, campaign, search={}).raising(SourceError, "would find everybody")
    assert not apollo.asked


def test_without_its_key_it_is_not_configured(
    apollo: ApolloServer, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Fetched(apollo, campaign).source.is_configured()
    monkeypatch.delenv("AICMO_APOLLO_KEY")
    assert not Fetched(apollo, campaign).source.is_configured()


ICP = Icp.model_validate(
    {
        "titles": ["CEO"],
        "locations": ["DE", "Berlin"],
        "company_sizes": ["startup", "enterprise"],
        "revenue_usd": {"min": 1_000_000},
        "industries": ["Software"],
    }
)


def test_the_search_is_made_of_the_icp() -> None:
    assert search_parameters(ApolloSearch(), ICP) == {
        "person_titles[]": ["CEO"],
        "organization_locations[]": ["Germany", "Berlin"],
        "organization_num_employees_ranges[]": ["1,9", "500,10000000"],
        "revenue_range[min]": "1000000",
        "include_similar_titles": "true",
    }


def test_what_the_search_says_itself_wins_over_the_icp() -> None:
    search = ApolloSearch.model_validate(
        {
            "titles": [],
            "company_locations": ["Texas"],
            "person_locations": ["AT"],
            "employees": ["11,50"],
            "seniorities": ["vp"],
            "keywords": "robots",
            "company_domains": ["example.com"],
            "technologies": ["example_crm"],
            "hiring_titles": ["Engineer"],
        }
    )
    assert search_parameters(search, ICP) == {
        "person_seniorities[]": ["vp"],
        "person_locations[]": ["Austria"],
        "organization_locations[]": ["Texas"],
        "organization_num_employees_ranges[]": ["11,50"],
        "q_organization_domains_list[]": ["example.com"],
        "currently_using_any_of_technology_uids[]": ["example_crm"],
        "q_organization_job_titles[]": ["Engineer"],
        "q_keywords": "robots",
        "revenue_range[min]": "1000000",
    }


def test_every_parameter_is_one_that_apollo_takes(apollo: ApolloServer, campaign: Campaign) -> None:
    document = CampaignConfig.model_validate({**campaign.config.model_dump(), "icp": ICP.model_dump()})
    other = add_campaign(document.model_copy(update={"key": "other"}))
    search = {"seniorities": ["c_suite"], "person_locations": ["DE"], "keywords": "x", "technologies": ["y"]}
    Fetched(apollo, other, search=search).all()
    (query,) = apollo.queries
    assert query["organization_locations[]"] == ["Germany", "Berlin"]
    assert query["page"] == ["1"]
