"""Leads from Apollo: everybody whom the free search finds is compared, and the best fits are bought.

1. The search is read page by page. Whom Apollo has no address of is left out.
2. `rank` compares people by what the search tells: first name, title and company.
3. Who was bought before, by any campaign, costs nothing and comes first.
4. The others are bought in tens, the best first: claimed in the ledger within the budget, asked about, recorded,
   yielded. A process may end anywhere: what was paid is in the ledger, and is found there by 3 the next time.

Who turns out to have no address is no lead: there would be nothing to do with it but review it by hand.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from babel import Locale

from aicmo_dagster.campaign.config import ApolloSearch, ApolloSource, CampaignConfig
from aicmo_dagster.campaign.icp import CompanySize, Icp
from aicmo_dagster.errors import BudgetError, SourceError, VendorError, VendorUncertainError
from aicmo_dagster.sources.source import Chunk, rejected_frame
from aicmo_dagster.store.ledger import Claim, Ledger
from aicmo_dagster.store.rate_limits import RateLimits
from aicmo_dagster.vendors.apollo import (
    BATCH,
    CREDITS_EACH,
    MOST_PAGES,
    PER_PAGE,
    ApolloApi,
    detail_of,
    record_of,
    subject_of,
)
from aicmo_dagster.vendors.vendor import Answers, Record

_EMPLOYEES: Mapping[CompanySize, str] = {
    "startup": "1,9",
    "small": "10,49",
    "medium": "50,499",
    "enterprise": "500,10000000",
}
_MOST_UNCERTAIN = 3
"""Requests in a row without any answer, after which Apollo is left alone for this run."""


class ApolloPeopleSource:
    """People of Apollo's database who fit the campaign.

    `rank` gives each of the records it is shown (see `Chunk.records`) a score, higher is better; of equal ones
    the earlier in Apollo's order is bought first. `ledger` is entered, for Apollo and `bulk_match`.
    """

    name = "apollo"
    label = "people search"

    def __init__(
        self,
        config: ApolloSource,
        campaign: CampaignConfig,
        limits: RateLimits,
        ledger: Ledger,
        rank: "Callable[[pd.DataFrame], pd.Series[float]]",
    ) -> None:
        self.notes: list[str] = []
        self._candidates = config.candidates
        self._parameters = search_parameters(config.search, campaign.icp)
        self._ledger = ledger
        self._rank = rank
        self._api = ApolloApi(config, limits)
        self._line = 0

    def is_configured(self) -> bool:
        """Whether there is a key."""
        return self._api.is_configured()

    def fetch(self, limit: int) -> Iterator[Chunk]:
        """Yields who is paid for already, then buys until `limit` more have an address, or the budget is spent.

        Best fits first within each. Raises VendorRefusedError or VendorUnavailableError, VendorUncertainError after
        several requests without any answer, and BudgetError where nobody could be given at all.
        """
        self.notes.clear()
        self._line = 0
        try:
            yield from self._leads(limit)
        finally:
            self._api.close()

    def _leads(self, limit: int) -> Iterator[Chunk]:
        people = self._best_first(self._found())
        known = self._ledger.answers(people)
        paid = [known[one].record for one in people if one in known]
        if paid:
            yield self._chunk(paid, 0.0)
        people = [one for one in people if one not in known]
        busy = self._ledger.open(people)
        if busy:
            self.notes.append(
                f"{len(busy):,} people are left out: they are in requests to Apollo of which no answer is known"
            )
        yield from self._buy([one for one in people if one not in busy], limit, bool(paid))

    def _buy(self, people: Sequence[str], limit: int, given: bool) -> Iterator[Chunk]:
        turn: list[str] = []
        reached = bought = uncertain = 0
        while bought < limit:
            size = min(BATCH, limit - bought)
            # Who could not be claimed is tried again, in case it was the budget and not another run.
            end = max(reached, reached + size - len(turn))
            turn += people[reached:end]
            reached = end
            if not turn:
                return
            try:
                claim = self._ledger.claim(turn[:size], CREDITS_EACH)
            except BudgetError as error:
                if not given:
                    raise
                self.notes.append(str(error))
                return
            if claim is None:
                turn = turn[size:]
                continue
            turn = [one for one in turn if one not in claim.subjects]
            try:
                answers = self._ask(claim)
            except VendorUncertainError as error:
                uncertain += 1
                if uncertain == _MOST_UNCERTAIN:
                    raise
                self.notes.append(f"{error} ({len(claim.subjects)} people are left out)")
                continue
            uncertain = 0
            given = True
            chunk = self._chunk(answers.records, answers.credits)
            bought += len(chunk.records)
            yield chunk

    def _ask(self, claim: Claim) -> Answers:
        try:
            answers = self._api.bulk_match([detail_of(subject) for subject in claim.subjects])
        except VendorUncertainError as error:
            self._ledger.uncertain(claim.request_id, str(error))
            raise
        except VendorError as error:
            self._ledger.refused(claim.request_id, str(error))
            raise
        self._ledger.answered(claim.request_id, answers.records, answers.credits)
        return answers

    def _found(self) -> dict[str, Record]:
        """Whom the search finds and Apollo has an address of, in its order: subject -> what it tells of them."""
        if not self._parameters:
            raise SourceError(
                "apollo: the search would find everybody; say whom to look for in `search` of the source, or "
                "titles, locations, company_sizes or revenue_usd in `icp`"
            )
        found: dict[str, Record] = {}
        looked_at = 0
        total: int | None = None
        for number in range(1, MOST_PAGES + 1):
            page = self._api.search(self._parameters, number)
            looked_at += len(page.people)
            total = page.total
            for person in page.people:
                if person.get("has_email") is True and len(found) < self._candidates:
                    found.setdefault(subject_of(person), record_of(person) or {})
            is_last = not page.people or (total is not None and number * PER_PAGE >= total)
            if is_last or len(found) == self._candidates:
                break
        self.notes.append(
            f"the search finds {looked_at if total is None else total:,} people; compared {len(found):,} of whom "
            f"Apollo has an address, of the first {looked_at:,}"
        )
        return found

    def _best_first(self, found: Mapping[str, Record]) -> list[str]:
        if not found:
            return []
        scores = np.asarray(self._rank(_frame(found.values(), 1)), dtype="float64")
        order = np.argsort(-scores, kind="stable")
        subjects = list(found)
        return [subjects[place] for place in order]

    def _chunk(self, records: Iterable[Mapping[str, str] | None], credits: float) -> Chunk:
        leads = [one for one in records if one is not None and "email" in one]
        frame = _frame(leads, self._line + 1)
        self._line += len(leads)
        return Chunk(frame, rejected_frame([]), credits)


def search_parameters(search: ApolloSearch, icp: Icp) -> dict[str, str | list[str]]:
    """Returns what Apollo's search is told, by its names; empty where that would leave nobody out.

    What `search` leaves out is taken from the icp. Its industries are not told: Apollo knows them by numbers of
    its own.
    """
    titles = icp.titles if search.titles is None else search.titles
    places = icp.locations if search.company_locations is None else search.company_locations
    employees = [_EMPLOYEES[size] for size in icp.company_sizes]
    filters: dict[str, list[str]] = {
        "person_titles[]": titles,
        "person_seniorities[]": search.seniorities,
        "person_locations[]": _named(search.person_locations),
        "organization_locations[]": _named(places),
        "organization_num_employees_ranges[]": employees if search.employees is None else search.employees,
        "q_organization_domains_list[]": search.company_domains,
        "currently_using_any_of_technology_uids[]": search.technologies,
        "q_organization_job_titles[]": search.hiring_titles,
    }
    parameters: dict[str, str | list[str]] = {name: values for name, values in filters.items() if values}
    if search.keywords:
        parameters["q_keywords"] = search.keywords
    for end in ("min", "max"):
        if icp.revenue_usd is not None and (bound := getattr(icp.revenue_usd, end)) is not None:
            parameters[f"revenue_range[{end}]"] = f"{bound:.0f}"
    if titles:
        parameters["include_similar_titles"] = str(search.include_similar_titles).lower()
    return parameters


def _named(places: Sequence[str]) -> list[str]:
    """The places with codes of countries written out: to Apollo DE may as well be Delaware."""
    names = Locale("en").territories
    return [names.get(place, place) if len(place) == 2 else place for place in places]


def _frame(records: Iterable[Mapping[str, str]], first_line: int) -> pd.DataFrame:
    listed = list(records)
    frame = pd.DataFrame(listed, range(len(listed)), dtype="str")
    frame.insert(0, "line", pd.Series(range(first_line, first_line + len(listed)), dtype="int64"))
    return frame
