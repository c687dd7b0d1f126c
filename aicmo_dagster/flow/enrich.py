"""`enriched_leads`: probable duplicates merged, what leads lack asked of vendors, addresses verified.

An asset of its own: it costs money and waits for others, so it is retried by itself, and it commits answer by
answer, where the harvest is one transaction. What was asked and paid is in the ledger (`store.ledger`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import numpy as np
import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.flow import mail_domains
from aicmo_dagster.flow.asked import Asked, enrichment_vendors, verification_vendors
from aicmo_dagster.flow.candidates import loaded, loaded_by, scanned
from aicmo_dagster.flow.match import match, unite
from aicmo_dagster.flow.questions import Patience, Questions, Take, Tally
from aicmo_dagster.flow.run import Run, writing
from aicmo_dagster.stages.harvest import clean
from aicmo_dagster.stages.waterfall import State, given, outcomes, records, word_on_address
from aicmo_dagster.store import enrichments, leads, suppressions
from aicmo_dagster.store.ledger import Answer, Ledger
from aicmo_dagster.store.rate_limits import RateLimits

ENRICHMENT, VERIFICATION = "enrichment", "verification"
_VERIFIERS = ("dropcontact", "hunter")
"""Types of vendors whose word on an address counts also where they were asked for something else."""

NOT_CONFIGURED = "its key is not set"
_NO_STATES = pd.DataFrame(
    {
        "lead_id": pd.Series(dtype="int64"),
        "state": pd.Series(dtype="str"),
        "answered_at": pd.Series(dtype="datetime64[us, UTC]"),
        "vendor": pd.Series(dtype="str"),
    }
)


@dataclass(frozen=True)
class Enriched:
    """What a run made of the campaign's leads, and how each vendor did."""

    merged: int = 0
    review: int = 0
    updated: int = 0
    tallies: list[Tally] = field(default_factory=list)
    domains_asked: int = 0
    domains_known: int = 0


class _Enrichment:
    """One run of the asset: what its steps share."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.patience = Patience(run.campaign.config.enrichment.wait_s)
        self.tallies: list[Tally] = []
        self.updated = 0
        self.merged = 0

    def consult(
        self,
        asked: Asked,
        purpose: str,
        max_age_days: float,
        statement: str,
        parameters: Mapping[str, object],
        left_out: "np.ndarray[tuple[int], np.dtype[np.int64]]",
        take: Take,
    ) -> pd.DataFrame:
        """Ask one vendor about the leads of `statement`; returns `Questions.states`."""
        run, vendor = self.run, asked.vendor
        tally = Tally(vendor.name, purpose)
        self.tallies.append(tally)
        with Ledger(
            run.campaign, run.run_id, vendor.name, vendor.operation, asked.budget, max_age_days
        ) as ledger:
            questions = Questions(run, vendor, ledger, max_age_days, self.patience, take, tally)
            chosen = {"campaign": run.campaign.id, "vendor": vendor.name, **parameters}
            for chunk in scanned(statement, chosen, enrichments.CANDIDATE_DTYPES, run.chunk_rows):
                questions.sort(chunk[~chunk["lead_id"].isin(left_out)].reset_index(drop=True))
                run.progress(len(chunk))
            questions.ask()
            questions.wait()
            questions.clear()
        return questions.states()

    def take(self, asked: Asked, ids: Sequence[int], answers: Sequence[Answer]) -> pd.DataFrame:
        """Bring answers to leads; returns these leads as they were before, in the order of `answers`."""
        run, vendor = self.run, asked.vendor
        with writing(run) as cursor:
            found = loaded_by(cursor.connection, ids)
            of_lead = dict(zip(ids, answers, strict=True))
            mine = [of_lead[number] for number in found["lead_id"]]
            said = [answer.record or {} for answer in mine]
            cleaned = clean(records(found, said)).leads
            place = cleaned["line"].to_numpy()
            frame = cleaned.assign(
                line=0,
                lead_id=found["lead_id"].to_numpy()[place],
                request_id=pd.array([mine[one].request_id or None for one in place], dtype="Int64"),
                answered_at=pd.Series(
                    [mine[one].answered_at for one in place], dtype="datetime64[us, UTC]", index=cleaned.index
                ),
            )
            origin = leads.Origin(
                run.campaign.id,
                vendor.type,
                vendor.name,
                run.run_id,
                run.now,
                asked.lawful_basis,
                run.campaign.config.matching,
            )
            enriched = leads.enrich(cursor, frame, origin)
            self.updated += enriched.updated
            if enriched.conflicts:
                self.merged += _merge(cursor, run, enriched.conflicts)
            _suppress_removed(cursor, found["email"].tolist(), said, vendor.name)
        return found.assign(record=pd.Series(said, dtype="object", index=found.index))


def enrich(
    run: Run, enriching: Sequence[Asked] | None = None, verifying: Sequence[Asked] | None = None
) -> Enriched:
    """Merge duplicates, fill in what leads lack, verify addresses and their domains.

    What is known already is not asked again.

    Without `enriching` and `verifying` the campaign's own vendors.
    """
    config = run.campaign.config
    enrichment = _Enrichment(run)
    matched = match(run)
    enrichment.merged = matched.merged
    with RateLimits() as limits:
        if vendors := enrichment_vendors(config, limits) if enriching is None else enriching:
            _waterfall(enrichment, vendors)
        if vendors := verification_vendors(config, limits) if verifying is None else verifying:
            _verify(enrichment, vendors)
    domains = mail_domains.ask(run)
    return Enriched(enrichment.merged, matched.review, enrichment.updated, enrichment.tallies, *domains)


def _merge(cursor: Cursor[TupleRow], run: Run, conflicts: Sequence[tuple[int, int]]) -> int:
    """Merge leads for which the same address was found; returns how many."""
    pairs = pd.DataFrame(conflicts, columns=["lead_id", "other_id"], dtype="int64").assign(probability=1.0)
    return unite(run, cursor, pairs)


def _waterfall(enrichment: _Enrichment, vendors: Sequence[Asked]) -> None:
    """Ask each vendor about the leads that still lack what it gives and that no earlier one is at work on."""
    run = enrichment.run
    config = run.campaign.config.enrichment
    states = [_NO_STATES]
    out_of_reach: set[str] = set()
    for asked in vendors:
        fields = given(asked.vendor.gives, config.wanted)
        if not asked.vendor.is_configured():
            out_of_reach.update(fields)
            enrichment.tallies.append(Tally(asked.vendor.name, ENRICHMENT, error=NOT_CONFIGURED))
        elif fields:
            states.append(
                enrichment.consult(
                    asked,
                    ENRICHMENT,
                    config.max_age_days,
                    enrichments.lacking(fields),
                    {},
                    left_out=_in_state(states, "pending"),
                    take=partial(enrichment.take, asked),
                )
            )
    heard = pd.concat(states)
    wanted = run.campaign.config.enrichment.wanted
    dtypes: dict[str, str] = {"lead_id": "int64", **dict.fromkeys(wanted, "bool")}
    chosen = {"campaign": run.campaign.id, "heard": heard["lead_id"].unique().tolist()}
    with writing(run) as cursor:
        for missing in scanned(enrichments.looked_at(wanted), chosen, dtypes, run.chunk_rows):
            about = heard[heard["lead_id"].isin(missing["lead_id"])]
            frame = outcomes(about, missing, [asked.vendor.name for asked in vendors], out_of_reach)
            enrichments.OUTCOMES.write(cursor, frame, run.stamps())


def _verify(enrichment: _Enrichment, vendors: Sequence[Asked]) -> None:
    """Ask each vendor about the addresses on which none before it had a word. Whatever fails is `unknown`."""
    run = enrichment.run
    config = run.campaign.config.verification
    parameters = {
        "types": [*_VERIFIERS, *(asked.vendor.type for asked in vendors)],
        "oldest": run.now - timedelta(days=config.max_age_days),
    }
    states = [_NO_STATES]
    judged: set[int] = set()
    for asked in vendors:
        if not asked.vendor.is_configured():
            enrichment.tallies.append(Tally(asked.vendor.name, VERIFICATION, error=NOT_CONFIGURED))
            continue

        def take(ids: Sequence[int], answers: Sequence[Answer], asked: Asked = asked) -> None:
            taken = enrichment.take(asked, ids, answers)
            words = map(word_on_address, taken["record"], taken["email"])
            judged.update(
                number
                for number, word in zip(taken["lead_id"].tolist(), words, strict=True)
                if word != "unknown"
            )

        states.append(
            enrichment.consult(
                asked,
                VERIFICATION,
                config.max_age_days,
                enrichments.UNVERIFIED,
                parameters,
                left_out=np.array([*judged, *_in_state(states, "pending")], dtype=np.int64),
                take=take,
            )
        )
    nobody_knows = set(_in_state(states, "answered", "uncertain", "failed").tolist()) - judged
    unsaid = loaded(sorted(nobody_knows - set(_in_state(states, "pending").tolist())))
    unsaid = unsaid[unsaid["verification"].isna()]
    if len(unsaid):
        unknown = Answer({"verification": "unknown"}, 0, run.now)
        enrichment.take(vendors[-1], unsaid["lead_id"].tolist(), [unknown] * len(unsaid))


def _in_state(states: Sequence[pd.DataFrame], *wanted: State) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    found = pd.concat(states)
    return found.loc[found["state"].isin(wanted), "lead_id"].to_numpy(dtype=np.int64)


def _suppress_removed(
    cursor: Cursor[TupleRow], emails: Sequence[str], said: Sequence[Mapping[str, str]], vendor: str
) -> None:
    """Who asked the vendor to be removed gets no mail from us either."""
    for email, record in zip(emails, said, strict=True):
        address = record.get("email") or email
        if json.loads(record.get("extra") or "{}").get("removal_requested") and isinstance(address, str):
            suppressions.add(cursor, "address", address, "removal_requested", vendor)
