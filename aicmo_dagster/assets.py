"""The stages as assets, one partition per campaign. Each is a few lines around one function of `flow`."""

import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import dagster as dg
import psycopg
from sqlalchemy import Table

from aicmo_dagster import checks, pictures
from aicmo_dagster.campaign.crm import CrmName
from aicmo_dagster.errors import AicmoError, ConfigurationError, StoreError
from aicmo_dagster.flow import conversion, crm, engagement, sending_domains
from aicmo_dagster.flow.enrich import enrich
from aicmo_dagster.flow.harvest import harvest
from aicmo_dagster.flow.nurture import deliver, plan
from aicmo_dagster.flow.qualify import qualify
from aicmo_dagster.flow.route import route
from aicmo_dagster.flow.run import Run, Streamed, start, utc_now
from aicmo_dagster.flow.score import score
from aicmo_dagster.operations import health, senders, variants
from aicmo_dagster.operations.runs import BATCH_TAG
from aicmo_dagster.partitions import campaigns_partitions, missing_keys
from aicmo_dagster.privacy import sentence, without_addresses
from aicmo_dagster.store import crm as crm_store
from aicmo_dagster.store import database, figures, ledger, reviews, tables

_LOG_EVERY_S = 10.0
_PASSING = (psycopg.OperationalError, OSError)
"""Errors that may be gone when the step is tried again."""

_MOST_RETRIES = 3
_FIRST_PAUSE_S = 5

listener: ContextVar[Callable[[str, int], None] | None] = ContextVar("listener", default=None)
"""Called with (asset, leads of a chunk) while a run works in this process: the command line's progress bar."""

_Context = dg.AssetExecutionContext
if TYPE_CHECKING:
    _Result = dg.MaterializeResult[None]
else:
    _Result = dg.MaterializeResult  # what Dagster looks for in an annotation


def _asset(
    table: Table,
    *,
    description: str,
    kinds: set[str],
    deps: list[dg.AssetsDefinition] | None = None,
    check_specs: list[dg.AssetCheckSpec] | None = None,
) -> Callable[[Callable[[_Context], Any]], dg.AssetsDefinition]:
    """The decorator of a stage: what all have in common."""
    return dg.asset(
        partitions_def=campaigns_partitions,
        group_name="leads",
        owners=["team:growth"],
        kinds=kinds | {"python", "postgres"},
        deps=deps,
        check_specs=check_specs,
        description=description,
        metadata=_columns(table),
    )


def _columns(table: Table) -> dict[str, Any]:
    """Definition metadata: the table an asset is kept in, and its columns."""
    columns = [
        dg.TableColumn(
            column.name,
            str(column.type).lower(),
            column.comment,
            dg.TableColumnConstraints(nullable=bool(column.nullable), unique=bool(column.unique)),
        )
        for column in table.columns
    ]
    return {"dagster/column_schema": dg.TableSchema(columns), "dagster/table_name": table.fullname}


@_asset(
    tables.leads,
    kinds={"csv"},
    check_specs=[checks.UNIQUE_ADDRESSES],
    description="Leads of the campaign from its sources, in the order of its fallback chain; every row that "
    "could not be imported is kept with the reason.",
)
def raw_leads(context: _Context) -> _Result:
    with _stage(context) as (run, metadata):
        batch = context.run.tags.get(BATCH_TAG)
        attempts = harvest(run, max_leads=None if batch is None else int(batch))
        with database.transaction() as cursor:
            checked = checks.unique_addresses(cursor, run.campaign.id)
        totals = {
            name: sum(getattr(attempt, name) for attempt in attempts)
            for name in (
                "discovered",
                "inserted",
                "updated",
                "unchanged",
                "duplicates",
                "rejected",
                "credits",
            )
        }
        outcomes = [attempt.outcome for attempt in attempts]
        metadata.update(totals)
        metadata["sources_tried"] = len(outcomes) - outcomes.count("not_configured")
        metadata["sources_failed"] = outcomes.count("failed")
        metadata["sources_succeeded"] = outcomes.count("succeeded")
        metadata["sources"] = _table(map(asdict, attempts))
        metadata["picture"] = pictures.bars("What became of the rows", _without_zero(totals, "credits"))
    return dg.MaterializeResult(metadata=metadata, check_results=[checked])


@_asset(
    tables.lead_enrichments,
    deps=[raw_leads],
    kinds=set(),
    description="What leads lacked, asked of vendors one after the other, and whether addresses take mail; each "
    "person is paid for once. Leads that are one person are merged first.",
)
def enriched_leads(context: _Context) -> _Result:
    with _stage(context) as (run, metadata):
        enriched = enrich(run)
        with database.transaction() as cursor:
            counts = {"merged": enriched.merged, "to review": enriched.review}
            if enriched.tallies:  # looking at a million leads to say that nobody was asked takes a second
                metadata["outcomes"] = figures.enrichments(cursor, run.campaign.id)
                metadata["verifications"] = figures.verifications(cursor, run.campaign.id)
                metadata["fields_found"] = {
                    f"{row['vendor']} {row['operation']}": row["fields"]
                    for row in ledger.spending(cursor, run.campaign.id)
                }
                metadata["vendors"] = _table(map(asdict, enriched.tallies))
                counts |= metadata["outcomes"]
                counts |= {f"address {word}": leads for word, leads in metadata["verifications"].items()}
        metadata.update({"merged": enriched.merged, "review": enriched.review, "updated": enriched.updated})
        metadata.update({"domains_asked": enriched.domains_asked, "domains_known": enriched.domains_known})
        metadata["credits"] = sum(tally.credits for tally in enriched.tallies)
        metadata["picture"] = pictures.bars("What enrichment made of the leads", counts)
    return dg.MaterializeResult(metadata=metadata)


@_asset(
    tables.lead_scores,
    deps=[enriched_leads],
    kinds=set(),
    check_specs=[checks.SCORES_IN_RANGE],
    description="ICP fit, opportunity, score, confidence and tier of every lead, by the campaign's model; each "
    "dimension's value is kept, so every score can say why.",
)
def scored_leads(context: _Context) -> _Result:
    with _stage(context) as (run, metadata):
        metadata.update(_counts(score(run)))
        with database.transaction() as cursor:
            scored = figures.scored(cursor, run.campaign.id)
        checked = checks.scores_in_range(scored.out_of_range)
        metadata.update(scored.tiers)
        tiers = run.campaign.config.scoring.tiers
        marks = {"COOL": tiers.cool, "WARM": tiers.warm, "HOT": tiers.hot}
        metadata["picture"] = pictures.histogram("Leads by score", scored.histogram, marks)
    return dg.MaterializeResult(metadata=metadata, check_results=[checked])


@_asset(
    tables.lead_verdicts,
    deps=[scored_leads],
    kinds=set(),
    check_specs=[checks.REVIEWS_IN_TIME],
    description="The verdict on every scored lead: qualified, manual_review or rejected, with every rule that "
    "it failed; a reviewer's decision wins while the lead's facts are the same.",
)
def qualified_leads(context: _Context) -> _Result:
    with _stage(context) as (run, metadata):
        metadata.update(_counts(qualify(run)))
        with database.transaction() as cursor:
            verdicts = figures.verdicts(cursor, run.campaign.id)
            limit_hours = run.campaign.config.qualification.review_limit_hours
            queue = reviews.queue(cursor, run.campaign.id, run.now, run.now - timedelta(hours=limit_hours))
        metadata["verdicts"] = dict(verdicts)
        metadata.update(
            {
                "reviews_waiting": queue.waiting,
                "reviews_overdue": queue.overdue,
                "reviews_snoozed": queue.snoozed,
            }
        )
        if queue.oldest:
            metadata["oldest_review_hours"] = round((run.now - queue.oldest) / timedelta(hours=1), 1)
        metadata["picture"] = pictures.bars("Leads by verdict and reason", verdicts)
    checked = checks.reviews_in_time(queue, limit_hours)
    return dg.MaterializeResult(metadata=metadata, check_results=[checked])


@_asset(
    tables.lead_routes,
    deps=[qualified_leads],
    kinds=set(),
    description="The sequence (by tier, lifted by strong intent) and the owner (territory, account, weighted "
    "round robin within capacity) of every qualified lead; once routed, a lead keeps both.",
)
def routed_leads(context: _Context) -> _Result:
    with _stage(context) as (run, metadata):
        metadata.update(_counts(route(run)))
        with database.transaction() as cursor:
            metadata["sequences"] = figures.sequences(cursor, run.campaign.id)
            owners = figures.owners(cursor, run.campaign.id)
        metadata["picture"] = pictures.bars("Leads by owner", owners)
    return dg.MaterializeResult(metadata=metadata)


@_asset(
    tables.sends,
    deps=[routed_leads],
    kinds={"email"},
    check_specs=[checks.NO_SUPPRESSED_PLANNED, checks.SENDING_DOMAINS_IN_ORDER, checks.FEW_COME_BACK],
    description="The ledger of mails: the next step of every routed lead is planned, and what is due inside "
    "the lead's sending window is sent, each mail once. In a simulation mails go to files.",
)
def nurture_sends(context: _Context) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
    with _stage(context) as (run, metadata):
        sending_domains.check(run.campaign.config.sending.senders, run.now)
        with database.transaction() as cursor:
            metadata["variants_chosen"] = len(variants.choose_winners(cursor, run.campaign, run.now))
        planned = plan(run)
        with database.transaction() as cursor:
            checked = checks.no_suppressed_planned(cursor, run.campaign.id)
            in_order = checks.sending_domains_in_order(senders.states(cursor, run.campaign, run.now))
            come_back = health.rates(cursor, run.campaign, run.now)
            stopped = health.stop_reason(cursor, run.campaign, run.now)
        yield in_order
        yield checks.few_mails_come_back(stopped, come_back, run.campaign.config)
        yield checked
        if not checked.passed:
            raise dg.Failure("no mail was sent: " + str(checked.description), allow_retries=False)

        def watch() -> None:
            with database.transaction() as cursor:
                health.stop_reason(cursor, run.campaign, utc_now())

        delivered = deliver(run, watch)
        with database.transaction() as cursor:
            funnel = figures.funnel(cursor, run.campaign.id)
            states = figures.send_states(cursor, run.campaign.id)
        metadata.update({"planned": planned.written.inserted, **_numbers(asdict(delivered))})
        metadata["mode"] = run.campaign.config.mode
        metadata["sends"] = states
        metadata["held_because"] = dict(delivered.reasons)
        if delivered.sender_refused:
            # What was sent is recorded; a run that cannot send must not look like one that had nothing to.
            raise dg.Failure(
                f"{delivered.sent} mails were sent, then: {delivered.stopped}",
                metadata=metadata,
                allow_retries=False,
            )
        if delivered.stopped:
            metadata["stopped"] = delivered.stopped
        metadata["picture"] = pictures.bars("Funnel of the campaign", funnel)
    yield dg.MaterializeResult(metadata=metadata)


@_asset(
    tables.engagement_events,
    deps=[nurture_sends],
    kinds={"email"},
    description="What came back of the mails: replies, bounces, complaints, wishes. Events are only ever added; what "
    "they do to leads happens when they are read, every few minutes and here.",
)
def engagement_events(context: _Context) -> _Result:
    with _stage(context) as (run, metadata):
        found = engagement.collect(run)
        metadata.update(found.events)
        metadata["leads_contacted"] = found.contacted
        metadata["rates"] = found.rates
        metadata["picture"] = pictures.bars(
            "Leads by what came back", {"contacted": found.contacted, **found.leads}
        )
        if found.problems:
            # The job that reads all mailboxes every few minutes fails for it; the funnel does not.
            metadata["unread_mailboxes"] = without_addresses("; ".join(found.problems))
    return dg.MaterializeResult(metadata=metadata)


@_asset(
    tables.conversion_models,
    kinds={"scikitlearn"},
    check_specs=[checks.CONVERSION_MODEL_IS_FIT],
    description="Who converts, learnt from recorded outcomes and from what was known of each lead when it was first "
    "written to. It is judged on leads that it has not learnt from, beside the model in use; one that is not fit is "
    "kept and not used.",
)
def conversion_model(context: _Context) -> _Result:
    with _stage(context) as (run, metadata):
        trained = conversion.train(run)
        stored = trained.stored
        metrics = stored.metrics
        previous = metrics.get("previous")
        metadata.update(
            {
                "number": stored.number,
                "in_use": trained.in_use or "none",
                "leads": stored.leads,
                "conversions": stored.conversions,
                "outcomes_before_the_lead": metrics["known_only_after_outcome"],
            }
        )
        if stored.problem is not None:
            metadata["problem"] = stored.problem
        if stored.content is not None:
            metadata["algorithm"] = stored.algorithm
            metadata.update({name: metrics[name] for name in _FIGURES if metrics[name] is not None})
            metadata["what_moves_the_odds"] = metrics["importance"]
            metadata["what_drifted"] = metrics["drift"]
            bins = {f"model {stored.number}": metrics["bins"]}
            if previous is not None:
                metadata["previous"] = {name: previous[name] for name in ("number", "gain", *_FIGURES[:4])}
                bins[f"model {previous['number']}, in use before"] = previous["bins"]
            metadata["picture"] = pictures.reliability("Predicted and observed conversions", bins)
        checked = checks.conversion_model_is_fit(trained.problem, stored.problem)
    return dg.MaterializeResult(metadata=metadata, check_results=[checked])


@_asset(
    tables.crm_records,
    deps=[routed_leads, engagement_events],
    kinds={"hubspot"},
    description="Routed leads as contacts at HubSpot, with owner and status, where the campaign has crm.hubspot: only "
    "what changed; what it refuses is kept lead by lead and tried again.",
)
def hubspot_contacts(context: _Context) -> _Result:
    return _pushed(context, "hubspot")


@_asset(
    tables.crm_records,
    deps=[routed_leads, engagement_events],
    kinds={"salesforce"},
    description="Routed leads as Leads at Salesforce, with owner and status, where the campaign has crm.salesforce: "
    "only what changed; what it refuses is kept lead by lead and tried again.",
)
def salesforce_leads(context: _Context) -> _Result:
    return _pushed(context, "salesforce")


def _pushed(context: _Context, name: CrmName) -> _Result:
    with _stage(context) as (run, metadata):
        pushed = crm.push(run, name)
        if pushed.skipped:
            metadata["skipped"] = pushed.skipped
            return dg.MaterializeResult(metadata=metadata)
        with database.transaction() as cursor:
            state = crm_store.state(cursor, run.campaign.id, name)
            errors = crm_store.errors(cursor, run.campaign.id, name)
        metadata.update(_numbers(asdict(pushed)))
        metadata["unchanged"] = state.synced - pushed.pushed
        metadata["failed_in_all"] = state.failed
        if errors:  # a table without rows would have no columns
            metadata["errors"] = _table({"error": one["error"], "leads": one["leads"]} for one in errors)
        if pushed.owners_not_found:
            metadata["owners_not_found"] = ", ".join(pushed.owners_not_found)
        counts = {name: metadata[name] for name in ("pushed", "unchanged", "told_at_last", "failed_in_all")}
        metadata["picture"] = pictures.bars("Leads by what became of them", _without_zero(counts))
    return dg.MaterializeResult(metadata=metadata)


_FIGURES = ("auc", "brier", "lift", "calibration_error", "auc_error", "psi")

all_assets = [
    raw_leads,
    enriched_leads,
    scored_leads,
    qualified_leads,
    routed_leads,
    nurture_sends,
    engagement_events,
    conversion_model,
    hubspot_contacts,
    salesforce_leads,
]


@contextmanager
def _stage(context: _Context) -> Iterator[tuple[Run, dict[str, Any]]]:
    """The run of this partition and the metadata to fill; errors come out as sentences.

    An unreachable database or network is tried again; what a person or a programmer has to mend is not.
    """
    asset = context.asset_key.to_user_string()
    progress = _Progress(context, asset)
    started = time.monotonic()
    try:
        if not context.has_partition_key:
            raise ConfigurationError(
                """no campaign is named; add --tags '{"dagster/partition": "KEY"}', or choose a partition"""
            )
        run = start(context.partition_key, UUID(context.run.run_id), progress)
        # A run by hand may come before the sensor; Dagster would refuse it after the stage's work is done.
        if missing := missing_keys(context.instance, [context.partition_key]):
            context.instance.add_dynamic_partitions("campaigns", missing)
        metadata: dict[str, Any] = {"campaign_version": run.campaign.version}
        yield run, metadata
        metadata["duration_s"] = round(time.monotonic() - started, 3)
    except dg.Failure:
        raise
    except AicmoError as error:
        raise _end(context, without_addresses(str(error)), passing=isinstance(error, StoreError)) from None
    except Exception as error:
        # Not `from error`: its text may quote a lead, and Dagster keeps what it is shown. The lines are enough.
        where = "".join(traceback.format_tb(error.__traceback__))
        raise _end(context, sentence(error), isinstance(error, _PASSING), where) from None


def _end(context: _Context, reason: str, passing: bool, where: str = "") -> dg.Failure | dg.RetryRequested:
    """How a step ends that could not do its work: tried again after a pause, or failed with its reason.

    Not by a retry policy: with one, Dagster would also try again what a person has just terminated.
    """
    if passing and context.retry_number < _MOST_RETRIES:
        pause_s = _FIRST_PAUSE_S * 2**context.retry_number
        context.log.warning(f"{reason}; trying again in {pause_s} s")
        return dg.RetryRequested(max_retries=_MOST_RETRIES, seconds_to_wait=pause_s)
    metadata = {"traceback": dg.MetadataValue.md(f"```\n{where}\n```")} if where else None
    return dg.Failure(reason, metadata=metadata, allow_retries=False)


class _Progress:
    """Tells the log every few seconds, and whoever listens at once, how many leads have gone through."""

    def __init__(self, context: _Context, asset: str) -> None:
        self._context, self._asset = context, asset
        self._done = 0
        self._told = time.monotonic()
        self._listener = listener.get()

    def __call__(self, leads: int) -> None:
        self._done += leads
        if self._listener is not None:
            self._listener(self._asset, leads)
        if time.monotonic() - self._told >= _LOG_EVERY_S:
            self._told = time.monotonic()
            self._context.log.info(f"{self._asset}: {self._done:,} leads so far")


def _table(records: Iterable[Mapping[str, Any]]) -> dg.TableMetadataValue:
    """A table of records; a list in one becomes text."""
    return dg.MetadataValue.table(
        [
            dg.TableRecord(
                {
                    name: " ".join(value) if isinstance(value, list) else value
                    for name, value in record.items()
                }
            )
            for record in records
        ]
    )


def _counts(streamed: Streamed) -> dict[str, int]:
    inserted, updated = streamed.written.inserted, streamed.written.updated
    return {
        "leads": streamed.leads,
        "inserted": inserted,
        "updated": updated,
        "unchanged": streamed.leads - inserted - updated,
    }


def _numbers(values: Mapping[str, Any]) -> dict[str, int]:
    return {name: value for name, value in values.items() if isinstance(value, int)}


def _without_zero(counts: Mapping[str, Any], *left_out: str) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count and name not in left_out}
