"""`aicmo explain`: why a lead is where it is, from its source row to its mails."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from aicmo_dagster.cli.campaigns import AsJson
from aicmo_dagster.cli.leads import short, whose_word
from aicmo_dagster.cli.opened import opened
from aicmo_dagster.cli.output import local, say, say_json, table

if TYPE_CHECKING:
    from aicmo_dagster.operations.explanation import (
        Enrichment,
        Mails,
        Origin,
        Recomputed,
        Route,
        Score,
        Verdict,
    )

_DONE = {"approve": "approved", "reject": "rejected", "snooze": "snoozed"}
_RESULTS = {True: "passed", False: "failed", None: "not asked"}
_SAME_PERSON = {
    "merged": "merged into this lead",
    "former": "what this lead was before",
    "review": "may be the same person",
    "apart": "somebody else, as a person said",
}


def explain(
    who: Annotated[str, typer.Argument(metavar="LEAD", help="The lead's address or number.")],
    key: Annotated[
        str | None, typer.Option("--campaign", help="Of which campaign, where several have the address.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show why a lead is where it is: source, answers, score, verdict, owner, mails, as each was decided."""
    from aicmo_dagster.operations import explanation

    with opened() as cursor:
        found = explanation.explain(cursor, who, key)
    if as_json:
        say_json(asdict(found))
        return
    say(f"{found.name}  ({found.status.replace('_', ' ')})", "bold")
    say(f"Lead {found.lead_id} of {found.campaign}, revision {found.revision} of its facts", "dim")
    _origin(found.origin)
    _enrichment(found.enrichment)
    _score(found.score)
    _verdict(found.verdict)
    _route(found.route)
    _mails(found.mails)


def _head(text: str) -> None:
    say(f"\n{text}", "bold")


def _recomputed(recomputed: "Recomputed") -> None:
    say(
        f"{recomputed.sentence[0].upper()}{recomputed.sentence[1:]}.",
        "yellow" if not recomputed.same else "dim",
    )


def _made(what: str, version: int, campaign_version: int, revision: int | None, *, changed: bool) -> str:
    on = "" if revision is None else f", on revision {revision} of the facts"
    since = ", which have changed since" if changed else ""
    return f"{what} {version}, campaign version {campaign_version}{on}{since}"


def _origin(origin: "Origin") -> None:
    _head("1. Where it comes from")
    say(f"{origin.source} {origin.label}, line {origin.line}, {local(origin.harvested_at)}")
    say(f"Lawful basis: {origin.lawful_basis.replace('_', ' ')}")
    own = [one for one in origin.facts if one["at"] == origin.harvested_at and one["request"] is None]
    say("; ".join(f"{one['field'].replace('_', ' ')} {short(one['value'], 40)}" for one in own))
    later = [one for one in origin.facts if one not in own]
    if later:
        table(
            ["Fact", "Value", "From", "When"],
            [
                [one["field"].replace("_", " "), short(one["value"], 40), whose_word(one), local(one["at"])]
                for one in later
            ],
        )
    for change in origin.changes:
        changed = "; ".join(
            f"{fact.replace('_', ' ')} {short(change.before[fact], 30)} → {short(after, 30)}"
            for fact, after in change.after.items()
        )
        say(f"{local(change.at)} {whose_word(asdict(change))}: {changed}", "dim")


def _enrichment(enrichment: "Enrichment") -> None:
    _head("2. Who was asked about it")
    asked = f"Asked: {', '.join(enrichment.asked)}. " if enrichment.asked else ""
    missing = f"; missing: {', '.join(enrichment.missing).replace('_', ' ')}" if enrichment.missing else ""
    say(f"{asked}{enrichment.sentence[0].upper()}{enrichment.sentence[1:]}{missing}.")
    if enrichment.answers:
        table(
            ["Request", "Vendor", "When", "Credits", "What it said"],
            [
                [
                    one.request,
                    one.vendor,
                    local(one.answered_at or one.asked_at),
                    f"{one.credits:g}",
                    one.sentence,
                ]
                for one in enrichment.answers
            ],
            ["Request", "Credits"],
        )
    for one in enrichment.same_person:
        sure = "" if one.probability is None else f", probability {one.probability:.2f}"
        by = f", by {one.decided_by}" if one.decided_by else ""
        say(
            f"{one.name} (lead {one.lead_id}, {one.label} line {one.line}): {_SAME_PERSON[one.state]}{sure}{by}"
        )


def _score(score: "Score | None") -> None:
    if score is None:
        _head("3. Score: none yet")
        return
    _head(f"3. Score {score.score:.2f}, {score.tier}")
    say(
        f"ICP fit {score.icp_fit:.2f}, opportunity {score.opportunity:.2f}; "
        f"{score.confidence:.0%} of the weight was known"
    )
    made = _made(
        f"model {score.model}, version", score.model_version, score.campaign_version, score.lead_revision,
        changed=score.facts_changed,
    )  # fmt: skip
    say(f"{local(score.scored_at)}: {made}", "dim")
    lines: list[list[object]] = []
    for group in score.groups:
        lines.append([
            Text(group.name.replace("_", " "), "bold"), "", Text(f"{group.weight:.3f}", "bold"),
            Text(f"{group.contribution:.4f}", "bold"), "",
        ])  # fmt: skip
        lines += [
            [
                f"  {one.name.replace('_', ' ')}",
                "?" if one.value is None else f"{one.value:.2f}",
                f"{one.weight:.3f}",
                f"{one.contribution:.4f}",
                one.sentence,
            ]
            for one in group.dimensions
        ]
    if lines:
        lines.append([
            Text("in all", "bold"), "", "", Text(f"{sum(one.contribution for one in score.groups):.4f}", "bold"), "",
        ])  # fmt: skip
        table(["Dimension", "Value", "Weight", "Adds", "Why"], lines, ["Value", "Weight", "Adds"])
    if score.prediction is not None:
        said = score.prediction
        known = (
            "cannot be read any more" if said.probability is None else f"{said.probability:.1%} will convert"
        )
        say(f"Predictive model {said.number}: {known}")
        for reason in said.reasons:
            say(f"  {reason.sentence}")
    _recomputed(score.recomputed)


def _verdict(verdict: "Verdict | None") -> None:
    if verdict is None:
        _head("4. Verdict: none yet")
        return
    _head(f"4. Verdict: {verdict.verdict.replace('_', ' ')}")
    say(f"The lead {verdict.sentence}. Intent {verdict.intent:.2f}.")
    made = _made(
        "rules version", verdict.rules_version, verdict.campaign_version, verdict.lead_revision,
        changed=verdict.facts_changed,
    )  # fmt: skip
    say(f"{local(verdict.judged_at)}: {made}", "dim")
    table(
        ["Rule", "Result", "It fails where the lead ...", "What it saw"],
        [
            [
                one.code.replace("_", " "),
                _RESULTS[one.passed] if one.passed is not False else Text(one.severity, "bold red"),
                one.sentence,
                one.evidence,
            ]
            for one in verdict.rules
        ],
    )
    for review in verdict.reviews:
        why = f": {review.reason}" if review.reason else ""
        facts = "" if review.on_present_facts else f" (on revision {review.lead_revision} of the facts)"
        say(f"{_DONE[review.decision].capitalize()} by {review.reviewer}, {local(review.at)}{why}{facts}")
    _recomputed(verdict.recomputed)


def _route(route: "Route | None") -> None:
    if route is None:
        _head("5. Route: none yet")
        return
    _head(f"5. Route: {route.sequence}, owner {route.owner}")
    strong = f"{len(route.signals)} of the signals are true, {route.signals_needed} make the intent strong"
    lift = f", lifted by {route.lift:.2f}" if route.intent_lifted else ""
    score = "unknown" if route.score is None else f"{route.score:.4f}"
    say(f"Tier {route.tier} from {route.routing_score:.4f}, which is the score of {score}{lift}: {strong}.")
    left = f"; left it {local(route.left_at)}" if route.left_at else ""
    say(f"Version {route.sequence_version} of the sequence since {local(route.enrolled_at)}{left}")
    made = _made("rules version", route.rules_version, route.campaign_version, None, changed=False)
    say(made.capitalize(), "dim")
    if route.considered:
        table(
            ["Owner", "Serves", "At work", "Leads", "Pointer", "Why"],
            [
                [
                    Text(one.owner, "bold") if one.chosen else one.owner,
                    "the country" if one.named else "any" if one.serves else "no",
                    "yes" if one.at_work else "no",
                    f"{one.active:,}" + ("" if one.capacity is None else f" of {one.capacity:,}"),
                    f"{one.pointer:.2f}",
                    one.sentence,
                ]
                for one in route.considered
            ],
            ["Leads", "Pointer"],
        )
    else:
        say(f"Owner: {route.owner_reason}.")
    _recomputed(route.recomputed)


def _mails(mails: "Mails") -> None:
    _head("6. Mails")
    if mails.mails:
        table(
            ["Number", "Step", "State", "Due", "Sent", "What became of it"],
            [[one.number, one.step, one.state, one.due_at, one.sent_at, one.sentence] for one in mails.mails],
            ["Number", "Step"],
        )
    for event in mails.events:
        human = "" if event.human is None else f", {event.human:.0%} likely by a person"
        say(f"{event.kind} {local(event.at)}{human}")
    say(mails.next)
