"""The waterfall and the verification on the database, asking real HTTP servers."""

import os
import signal
import subprocess
import sys
import textwrap
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.campaign.config import ApolloAccount, Budget
from aicmo_dagster.errors import CampaignNotRunnableError
from aicmo_dagster.flow.asked import Asked
from aicmo_dagster.flow.enrich import Enriched, enrich
from aicmo_dagster.flow.run import start
from aicmo_dagster.store import campaigns, database, suppressions
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.rate_limits import RateLimits
from aicmo_dagster.vendors.apollo import ApolloVendor
from aicmo_dagster_tests import outreach, pipelines
from aicmo_dagster_tests.flow.directory import asked, serving

ANN, BOB, CYD = (f"https://www.linkedin.com/in/{name}-sample" for name in ("ann", "bob", "cyd"))
KNOWN = {
    ANN: {"email": "ann@a.example.org", "phone": "+49 30 1"},
    BOB: {"email": "bob@b.example.org"},
    CYD: {"phone": "+49 30 3"},
}


def campaign(*wanted: str, **changes: Any) -> Campaign:
    """A campaign that wants these fields and merges no probable duplicates."""
    enrichment = {"wanted": list(wanted or ("email",)), "wait_s": 0, **changes.pop("enrichment", {})}
    return outreach.add_campaign(
        outreach.config(enrichment=enrichment, matching={"enabled": False}, **changes)
    )


def add(campaign: Campaign, *profiles: str, **fields: Any) -> list[int]:
    """Leads known by their LinkedIn profiles only."""
    return [
        outreach.add_lead(
            campaign.id,
            None,
            **{
                "identity": f"linkedin:{profile}",
                "linkedin_url": profile,
                "first_name": profile.rpartition("/")[2].partition("-")[0].title(),
                "last_name": "Sample",
                "company": f"Company of {profile[-10:]}",
                **fields,
            },
        )
        for profile in profiles
    ]


def run(enriching: Sequence[Asked] = (), verifying: Sequence[Asked] = (), key: str = "test") -> Enriched:
    return enrich(start(key, uuid.uuid4()), enriching, verifying)


def known(field: str = "email") -> list[Any]:
    return pipelines.values(f"SELECT {field} FROM leads WHERE merged_into IS NULL ORDER BY id")


def outcomes() -> list[tuple[str, list[str], list[str]]]:
    found = database.fetch("SELECT outcome, missing, asked FROM lead_enrichments ORDER BY lead_id")
    return [(row["outcome"], row["missing"], row["asked"]) for row in found]


def test_a_lead_that_has_what_is_wanted_is_not_asked_about(store: URL) -> None:
    outreach.add_lead(campaign().id, "known@example.org", linkedin_url=ANN)
    with serving(people=KNOWN) as directory:
        run([asked(directory)])
        assert directory.asked == []
    assert outcomes() == []


def test_the_second_vendor_is_asked_only_about_what_the_first_did_not_find(store: URL) -> None:
    add(campaign(), ANN, BOB, CYD)
    with serving(people={ANN: KNOWN[ANN]}) as first, serving(people=KNOWN) as second:
        enriched = run([asked(first, name="first", batch=3), asked(second, name="second", batch=3)])
        assert [sorted(people) for people in first.asked] == [[ANN, BOB, CYD]]
        assert [sorted(people) for people in second.asked] == [[BOB, CYD]]
    assert known() == ["ann@a.example.org", "bob@b.example.org", None]
    assert outcomes() == [
        ("complete", [], ["first"]),
        ("complete", [], ["first", "second"]),
        ("exhausted", ["email"], ["first", "second"]),
    ]
    assert [(one.vendor, one.asked, one.found, one.credits) for one in enriched.tallies] == [
        ("first", 3, 1, 1.0),
        ("second", 2, 2, 2.0),
    ]


def test_a_vendor_that_cannot_give_what_is_missing_is_not_asked(store: URL) -> None:
    add(campaign("email"), ANN)
    with serving(people=KNOWN) as directory:
        run([asked(directory, gives=frozenset({"phone"}))])
        assert directory.asked == []


def test_an_answer_says_where_it_comes_from(store: URL) -> None:
    (lead,) = add(campaign(), ANN)
    with serving(people=KNOWN) as directory:
        run([asked(directory)])
    (change,) = database.fetch("SELECT * FROM lead_changes")
    (request,) = database.fetch("SELECT * FROM vendor_requests")
    assert (change["lead_id"], change["request_id"]) == (lead, request["id"])
    assert (change["source"], change["source_label"]) == ("http", "directory")
    assert change["after"]["email"] == "ann@a.example.org"
    assert pipelines.values("SELECT identity FROM leads") == ["ann@a.example.org"]


def test_a_second_run_asks_nobody_and_writes_nothing(store: URL) -> None:
    add(campaign("email", "phone"), ANN, BOB, CYD)
    outreach.add_lead(1, "some@example.org", phone="+49 30 9")
    with serving(people=KNOWN) as directory, serving() as verifier:
        vendors = [asked(directory)], [asked(verifier, name="verifier", operation="verify", by="email")]
        run(*vendors)
        requests, before = list(directory.asked), pipelines.row_versions()
        enriched = run(*vendors)
        assert directory.asked == requests
        assert pipelines.row_versions() == before
    assert enriched.updated == 0
    assert sum(tally.asked for tally in enriched.tallies) == 0


def test_what_was_answered_to_one_campaign_is_not_asked_again_for_another(store: URL) -> None:
    with serving(people=KNOWN) as directory:
        add(campaign(), ANN)
        run([asked(directory)])
        add(campaign(key="other"), ANN, BOB)
        enriched = run([asked(directory)], key="other")
        assert directory.asked == [[ANN], [BOB]]
    assert known() == ["ann@a.example.org", "ann@a.example.org", "bob@b.example.org"]
    assert (enriched.tallies[0].cached, enriched.tallies[0].asked) == (1, 1)


def test_a_person_who_got_another_name_is_not_asked_about_again(store: URL) -> None:
    add(campaign("email", "phone"), BOB)
    with serving(people=KNOWN | {f"linkedin:{BOB}": KNOWN[BOB]}) as directory:
        run([asked(directory, by="identity")])
        assert pipelines.values("SELECT identity FROM leads") == ["bob@b.example.org"]
        run([asked(directory, by="identity")])
        assert len(directory.asked) == 1
    assert outcomes() == [("exhausted", ["phone"], ["directory"])]


def test_an_answer_that_is_too_old_is_asked_for_again(store: URL) -> None:
    add(campaign(enrichment={"max_age_days": 30}), CYD)
    with serving(people=KNOWN) as directory:
        run([asked(directory)])
        pipelines.execute("UPDATE vendor_answers SET answered_at = now() - interval '31 days'")
        pipelines.execute("UPDATE lead_enrichments SET enriched_at = now() - interval '31 days'")
        run([asked(directory)])
        assert directory.asked == [[CYD], [CYD]]


def test_the_budget_goes_to_the_best_fits_and_the_others_wait(store: URL) -> None:
    here = campaign()
    add(here, ANN, industry="Farming")
    add(here, BOB, CYD, industry="Software")
    with serving(people=KNOWN) as directory:
        enriched = run([asked(directory, Budget(credits_per_run=2))])
        assert directory.asked == [[BOB, CYD]]
    assert [outcome for outcome, _, _ in outcomes()] == ["waiting", "complete", "exhausted"]
    assert "credits_per_run" in (enriched.tallies[0].error or "")
    assert enriched.tallies[0].waiting == 1


def test_a_budget_for_less_than_a_batch_is_used_up(store: URL) -> None:
    add(campaign(), ANN, BOB, CYD)
    with serving(people=KNOWN) as directory:
        enriched = run([asked(directory, Budget(credits_per_run=1), batch=3)])
        assert directory.asked == [[ANN]]
    assert [outcome for outcome, _, _ in outcomes()] == ["complete", "waiting", "waiting"]
    assert enriched.tallies[0].error


@pytest.mark.parametrize("behaves", ["refuses", "is down"])
def test_a_vendor_that_fails_lets_the_next_one_answer_and_costs_nothing(store: URL, behaves: str) -> None:
    add(campaign(), ANN, BOB, CYD)
    with serving(behaves=behaves) as broken, serving(people=KNOWN) as sound:
        enriched = run([asked(broken, name="broken"), asked(sound, name="sound")])
    assert known() == ["ann@a.example.org", "bob@b.example.org", None]
    assert outcomes()[-1] == ("waiting", ["email"], ["sound"])
    broken_tally, _ = enriched.tallies
    assert broken_tally.error
    assert (broken_tally.asked, broken_tally.waiting) == (0, 1)
    states = pipelines.values("SELECT state FROM vendor_requests WHERE vendor = 'broken'")
    assert states == ["refused"]


def test_a_request_that_was_cut_off_is_not_made_again_and_the_next_vendor_is_asked(store: URL) -> None:
    add(campaign(), ANN, BOB)
    with serving(people=KNOWN, behaves="hangs up") as broken, serving(people={BOB: KNOWN[BOB]}) as sound:
        vendors = [asked(broken, name="broken", batch=2), asked(sound, name="sound")]
        run(vendors)
        broken.behaves = "well"
        enriched = run(vendors)
        assert [sorted(people) for people in broken.asked] == [[ANN, BOB]]
    assert known() == [None, "bob@b.example.org"]
    assert outcomes()[0] == ("exhausted", ["email"], ["sound"])
    assert enriched.tallies[0].uncertain == 1


def test_a_vendor_that_keeps_hanging_up_is_left_alone(store: URL) -> None:
    profiles = [f"{ANN}-{number}" for number in range(6)]
    add(campaign(), *profiles)
    with serving(behaves="hangs up") as broken:
        enriched = run([asked(broken, batch=1)])
        assert broken.asked == [[profile] for profile in profiles[:3]]
    assert (enriched.tallies[0].uncertain, enriched.tallies[0].waiting) == (3, 3)


def test_a_vendor_without_its_key_is_told_and_its_leads_wait(store: URL) -> None:
    add(campaign(), ANN)
    with serving(people=KNOWN) as directory:
        enriched = run([asked(directory, has_key=False)])
        assert directory.asked == []
    assert outcomes() == [("waiting", ["email"], [])]
    assert enriched.tallies[0].error


def test_an_answer_that_takes_time_is_waited_for(store: URL) -> None:
    add(campaign(enrichment={"wait_s": 30}), ANN)
    with serving(people=KNOWN, late=True) as directory:
        client = asked(directory)
        collect = client.vendor.collect

        def ready_next_time(*arguments: Any) -> Any:
            found = collect(*arguments)
            directory.late = False
            return found

        client.vendor.collect = ready_next_time  # type: ignore[method-assign,assignment]
        run([client])
        assert (len(directory.asked), directory.polled) == (1, 2)
    assert known() == ["ann@a.example.org"]


def test_an_answer_that_takes_longer_is_fetched_by_a_later_run_and_nobody_else_is_asked(store: URL) -> None:
    add(campaign(), ANN)
    with serving(people=KNOWN, late=True) as late, serving(people=KNOWN) as second:
        vendors = [asked(late, name="late"), asked(second, name="second")]
        enriched = run(vendors)
        assert outcomes() == [("pending", ["email"], ["late"])]
        assert enriched.tallies[0].pending == 1
        late.late = False
        pipelines.execute("UPDATE vendor_requests SET next_poll_at = now()")
        run(vendors)
        assert (late.asked, second.asked) == ([[ANN]], [])
    assert known() == ["ann@a.example.org"]
    assert outcomes() == [("complete", [], ["late"])]


def test_a_killed_run_loses_no_request_and_pays_for_none_twice(store: URL) -> None:
    add(campaign(enrichment={"wait_s": 600}), ANN, BOB)
    program = textwrap.dedent(
        """
        import sys
        from aicmo_dagster_tests.flow.directory import Directory, asked
        from aicmo_dagster_tests.flow.test_enrich import run
        run([asked(Directory(address=sys.argv[1]))])
        """
    )
    with serving(people=KNOWN, late=True) as directory:
        with subprocess.Popen([sys.executable, "-c", program, directory.address]) as process:
            while directory.polled < 2:
                assert process.poll() is None
            os.kill(process.pid, signal.SIGKILL)
        assert pipelines.values("SELECT state FROM vendor_requests") == ["pending"]
        directory.late = False
        pipelines.execute("UPDATE vendor_requests SET next_poll_at = now()")
        run([asked(directory)])
        assert [sorted(people) for people in directory.asked] == [[ANN, BOB]]
    assert known() == ["ann@a.example.org", "bob@b.example.org"]


def test_an_answer_is_fetched_although_its_lead_needs_it_no_more(store: URL) -> None:
    here = campaign()
    (lead,) = add(here, ANN)
    with serving(people=KNOWN, late=True) as directory:
        run([asked(directory)])
        pipelines.execute(
            "UPDATE leads SET email = 'a@example.org', email_status = 'valid' WHERE id = %s", lead
        )
        directory.late = False
        pipelines.execute("UPDATE vendor_requests SET next_poll_at = now()")
        run([asked(directory)])
    assert pipelines.values("SELECT state FROM vendor_requests") == ["answered"]
    assert outcomes() == [("complete", [], ["directory"])]


def test_leads_for_whom_the_same_address_is_found_are_merged(store: URL) -> None:
    first, second = add(campaign(), ANN, BOB)
    with serving(people={ANN: KNOWN[ANN], BOB: KNOWN[ANN]}) as directory:
        enriched = run([asked(directory)])
    assert enriched.merged == 1
    assert pipelines.values("SELECT merged_into FROM leads ORDER BY id") == [None, first]
    assert known() == ["ann@a.example.org"]
    assert pipelines.values("SELECT lead_id FROM lead_enrichments") == [first]
    assert second


def verified(word: str, email: str = "a@example.org") -> dict[str, Mapping[str, str]]:
    return {email: {"email": email, "verification": word}}


def verifier(directory: Any, name: str = "hunter") -> Asked:
    return asked(directory, name=name, operation="verify", by="email", gives=frozenset({"verification"}))


@pytest.mark.parametrize("word", ["valid", "risky", "invalid", "unknown"])
def test_the_verification_is_the_vendors_word(store: URL, word: str) -> None:
    outreach.add_lead(campaign().id, "a@example.org")
    with serving(people=verified(word)) as directory:
        run(verifying=[verifier(directory)])
    assert known("verification") == [word]


@pytest.mark.parametrize("behaves", ["refuses", "is down", "hangs up", "well"])
def test_a_verification_that_fails_or_finds_nothing_is_unknown(store: URL, behaves: str) -> None:
    outreach.add_lead(campaign().id, "a@example.org")
    with serving(behaves=behaves) as directory:
        run(verifying=[verifier(directory)])
    assert known("verification") == ["unknown"]


def test_a_verification_for_which_there_is_no_budget_was_not_made(store: URL) -> None:
    outreach.add_lead(campaign().id, "a@example.org")
    with serving(people=verified("valid")) as directory:
        run(verifying=[Asked(verifier(directory).vendor, Budget(credits_per_run=0), "consent")])
    assert known("verification") == [None]


def test_the_next_vendor_verifies_what_the_first_does_not_know(store: URL) -> None:
    here = campaign()
    for email in ("a@example.org", "b@example.org"):
        outreach.add_lead(here.id, email)
    with (
        serving(people=verified("unknown") | verified("valid", "b@example.org")) as first,
        serving(people=verified("invalid")) as second,
    ):
        run(verifying=[verifier(first, "first"), verifier(second, "second")])
        assert second.asked == [["a@example.org"]]
    assert known("verification") == ["invalid", "valid"]


def test_a_files_word_on_an_address_does_not_spare_its_verification(store: URL) -> None:
    outreach.add_lead(campaign().id, "a@example.org", verification="valid")
    with serving(people=verified("invalid")) as directory:
        run(verifying=[verifier(directory)])
        run(verifying=[verifier(directory)])
        assert len(directory.asked) == 1


def test_the_word_on_another_address_says_nothing_of_the_leads(store: URL) -> None:
    outreach.add_lead(campaign().id, "a@example.org")
    with serving(people={"a@example.org": {"email": "b@example.org", "verification": "valid"}}) as directory:
        run(verifying=[verifier(directory)])
    assert (known(), known("verification")) == (["a@example.org"], ["unknown"])


def test_who_asked_a_vendor_to_be_removed_is_suppressed(store: URL) -> None:
    outreach.add_lead(campaign().id, "a@example.org")
    removed = {"verification": "unknown", "extra": '{"removal_requested": true}'}
    with serving(people={"a@example.org": removed}) as directory:
        run(verifying=[verifier(directory)])
    (row,) = database.fetch("SELECT value, reason FROM suppressions")
    assert (row["value"], row["reason"]) == ("a@example.org", "removal_requested")


def test_without_vendors_nothing_is_read_or_written(store: URL) -> None:
    add(campaign(), ANN)
    before = pipelines.row_versions()
    assert run() == Enriched()
    assert pipelines.row_versions() == before


def test_vendors_are_not_told_of_who_is_suppressed(store: URL) -> None:
    outreach.add_lead(campaign("phone").id, "a@example.org")
    with database.transaction() as cursor:
        suppressions.add(cursor, "address", "a@example.org", "unsubscribed", "test")
    with serving() as directory:
        run([asked(directory, by="email")], [verifier(directory)])
        assert directory.asked == []


def test_nothing_more_is_spent_once_the_campaign_is_paused(store: URL) -> None:
    add(campaign(), ANN, BOB)
    with serving(people=KNOWN) as directory:
        vendor = asked(directory, batch=1)
        ask = vendor.vendor.ask

        def paused_meanwhile(leads: pd.DataFrame) -> Any:
            with database.transaction() as cursor:
                campaigns.set_state(cursor, "test", "paused", "test")
            return ask(leads)

        vendor.vendor.ask = paused_meanwhile  # type: ignore[method-assign]
        with pytest.raises(CampaignNotRunnableError):
            run([vendor])
        assert directory.asked == [[ANN]]
    assert known() == ["ann@a.example.org", None]


def test_an_old_verification_is_made_again(store: URL) -> None:
    outreach.add_lead(campaign(verification={"max_age_days": 30}).id, "a@example.org")
    with serving(people=verified("valid")) as directory:
        run(verifying=[verifier(directory)])
        directory.people = verified("invalid")
        run(verifying=[verifier(directory)])
        assert known("verification") == ["valid"]
        pipelines.execute("UPDATE vendor_answers SET answered_at = answered_at - interval '31 days'")
        pipelines.execute(
            "UPDATE leads SET field_origins = jsonb_set(field_origins, '{verification,1}', to_jsonb(%s::text))",
            str(outreach.NOW - timedelta(days=31)),
        )
        run(verifying=[verifier(directory)])
    assert known("verification") == ["invalid"]


def test_who_was_asked_before_is_not_paid_again_when_more_is_wanted(store: URL) -> None:
    add(campaign("email", "phone"), BOB)
    people = KNOWN | {f"linkedin:{BOB}": KNOWN[BOB]}
    with serving(people=people) as first, serving(late=True) as second:
        by_name = asked(first, name="first", by="identity", gives=frozenset({"email", "title"}))
        vendors = [by_name, asked(second, name="second", gives=frozenset({"phone"}))]
        run(vendors)
        run(vendors)
        assert outcomes() == [("pending", ["phone"], ["first", "second"])]
        with database.transaction() as cursor:
            wants = outreach.config(enrichment={"wanted": ["title"]}, matching={"enabled": False})
            campaigns.apply(cursor, wants, Path("."), "test")
        run(vendors)
        assert first.asked == [[f"linkedin:{BOB}"]]


def test_vendors_are_not_told_of_who_is_suppressed_by_an_address_that_was_merged(store: URL) -> None:
    mine = campaign("phone").id
    outreach.add_lead(mine, "a@example.org")
    outreach.add_lead(mine, "b@example.org", merged_into=1)
    with database.transaction() as cursor:
        suppressions.add(cursor, "address", "b@example.org", "unsubscribed", "test")
    with serving() as directory:
        run([asked(directory, by="email")], [verifier(directory)])
        assert directory.asked == []


def test_a_key_that_cannot_be_sent_stops_no_other_vendor_and_leaves_nothing_open(
    store: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AICMO_APOLLO_KEY", "typed with a line break\n")
    add(campaign(), ANN)
    with serving(people=KNOWN) as directory, RateLimits() as limits:
        apollo = Asked(ApolloVendor(ApolloAccount(), limits), Budget(), "legitimate_interests")
        enriched = run([apollo, asked(directory)])
    assert "AICMO_APOLLO_KEY" in (enriched.tallies[0].error or "")
    assert known() == ["ann@a.example.org"]
    assert pipelines.values("SELECT state FROM vendor_requests ORDER BY id") == ["refused", "answered"]
