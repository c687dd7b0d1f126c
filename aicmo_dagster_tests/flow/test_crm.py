"""CRMs on the database, told over real HTTP servers that refuse what HubSpot and Salesforce refuse."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import time_machine
from sqlalchemy.engine import URL

from aicmo_dagster.errors import ConfigurationError, VendorRefusedError, VendorUnavailableError
from aicmo_dagster.flow import crm
from aicmo_dagster.flow.crm import Pushed
from aicmo_dagster.flow.run import start
from aicmo_dagster.mail import effects
from aicmo_dagster.store import campaigns, database, persons, suppressions
from aicmo_dagster.vendors import client
from aicmo_dagster_tests import outreach, pipelines
from aicmo_dagster_tests.vendors.hubspot_server import UPSERT, HubSpotServer
from aicmo_dagster_tests.vendors.salesforce_server import SalesforceServer
from aicmo_dagster_tests.vendors.vendor_server import Fault, after, cut, says

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
OWNERS = [
    {"name": "Ann Owner", "email": "Ann Owner <Ann.Owner@example.com>"},
    {"name": "Bob Owner", "email": "bob.owner@example.com"},
]


@pytest.fixture
def hubspot(store: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubSpotServer]:
    monkeypatch.setattr(client, "_LONGEST_PAUSE_S", 0.01)
    with HubSpotServer() as running:
        running.owners = {"ann.owner@example.com": "71", "bob.owner@example.com": "72"}
        monkeypatch.setenv("AICMO_HUBSPOT_TOKEN", running.token)
        yield running


@pytest.fixture
def salesforce(store: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[SalesforceServer]:
    monkeypatch.setattr(client, "_LONGEST_PAUSE_S", 0.01)
    with SalesforceServer() as running:
        running.users = {"ann.owner@example.com": ["005A"], "bob.owner@example.com": ["005B"]}
        monkeypatch.setenv("AICMO_SALESFORCE_CLIENT_ID", running.client_id)
        monkeypatch.setenv("AICMO_SALESFORCE_CLIENT_SECRET", running.client_secret)
        yield running


def campaign(server: HubSpotServer | SalesforceServer, **account: Any) -> campaigns.Campaign:
    """A campaign (version by version) that pushes to the server."""
    name = "hubspot" if isinstance(server, HubSpotServer) else "salesforce"
    block = {"in_simulation": True, name: {"base_url": server.url, **account}}
    return outreach.add_campaign(outreach.config(crm=block, routing={"owners": OWNERS}))


def route(campaign: campaigns.Campaign, email: str, owner: str = "Ann Owner", **fields: Any) -> int:
    """The number of a routed lead."""
    lead = outreach.add_lead(
        campaign.id, email, **{"last_name": "Sample", "company": "Example Inc", **fields}
    )
    pipelines.execute(
        "INSERT INTO lead_routes (lead_id, tier, routing_score, intent_lifted, sequence, sequence_version, owner, "
        "owner_reason, rules_version, campaign_version, run_id, enrolled_at) "
        "VALUES (%s, 'WARM', 0.7, false, 'regular_nurture', 1, %s, 'test', 1, 1, %s, %s)",
        lead, owner, outreach.RUN, NOW,
    )  # fmt: skip
    return lead


def route_many(campaign: campaigns.Campaign, number: int) -> None:
    """As many routed leads of nobody, `lead0@example.org` and so on."""
    pipelines.execute(
        """
        WITH added AS (
            INSERT INTO leads (campaign_id, identity, email, email_status, email_domain, last_name, company, source,
                source_label, source_line, run_id, harvested_at, updated_at)
            SELECT %s, 'lead' || n || '@example.org', 'lead' || n || '@example.org', 'valid', 'example.org', 'Sample',
                'Example Inc', 'manual', 'test', n, %s, %s, %s
            FROM generate_series(0, %s) AS n ORDER BY n RETURNING id
        )
        INSERT INTO lead_routes (lead_id, tier, routing_score, intent_lifted, sequence, sequence_version, owner,
            owner_reason, rules_version, campaign_version, run_id, enrolled_at)
        SELECT id, 'WARM', 0.7, false, 'regular_nurture', 1, 'unassigned', 'test', 1, 1, %s, %s FROM added
        """,
        campaign.id, outreach.RUN, NOW, NOW, number - 1, outreach.RUN, NOW,
    )  # fmt: skip


def as_usual(server: HubSpotServer, before: Callable[[], None] = lambda: None) -> Fault:
    """No fault at all, but something happens before the answer."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        before()
        says(*server.answer(server.requests[-1]))(handler)

    return reply


def push(name: Any = "hubspot", at: datetime = NOW) -> Pushed:
    with time_machine.travel(at, tick=False):
        return crm.push(start("test", uuid.uuid4()), name)


def records(column: str = "state") -> list[Any]:
    return pipelines.values(f"SELECT {column} FROM crm_records ORDER BY lead_id")


def happened(lead: int, kind: str) -> None:
    pipelines.execute(
        "INSERT INTO engagement_events (lead_id, kind, happened_at) VALUES (%s, %s, %s)", lead, kind, NOW
    )


def test_hubspot_is_told_of_routed_leads_with_their_owner(hubspot: HubSpotServer) -> None:
    here = campaign(hubspot)
    route(here, "Lead.One@example.org", first_name="One", city="Köln", country="Germany")
    outreach.add_lead(here.id, "not.routed@example.org")
    pushed = push()
    assert (pushed.pushed, pushed.created, pushed.failed) == (1, 1, 0)
    assert hubspot.contacts == {
        "lead.one@example.org": {
            "email": "lead.one@example.org",
            "firstname": "One",
            "lastname": "Sample",
            "company": "Example Inc",
            "city": "Köln",
            "country": "Germany",
            "hubspot_owner_id": "71",
        }
    }
    assert records("vendor_id") == ["1000"]


def test_salesforce_is_told_of_routed_leads_with_their_owner(salesforce: SalesforceServer) -> None:
    route(campaign(salesforce), "Lead.One@example.org", "Bob Owner", employees=120, city="x" * 99)
    pushed = push("salesforce")
    assert (pushed.pushed, pushed.created, pushed.failed) == (1, 1, 0)
    (lead,) = salesforce.leads.values()
    assert lead == {
        "Id": "00Q000000000000000",
        "Aicmo_Key__c": "lead.one@example.org",
        "LastName": "Sample",
        "Company": "Example Inc",
        "Email": "lead.one@example.org",
        "NumberOfEmployees": 120,
        "City": "x" * 40,
        "OwnerId": "005B",
    }


@pytest.mark.parametrize("name", ["hubspot", "salesforce"])
def test_a_second_run_costs_no_request(name: str, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue(name)
    here = campaign(server)
    route_many(here, 3)
    assert push(name).pushed == 3
    server.requests.clear()
    assert push(name) == Pushed()
    assert server.requests == []
    assert records() == ["synced"] * 3


@pytest.mark.parametrize("name", ["hubspot", "salesforce"])
def test_only_what_changed_is_pushed(name: str, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue(name)
    here = campaign(server)
    lead, _ = route(here, "a@example.org"), route(here, "b@example.org")
    push(name)
    server.requests.clear()
    pipelines.execute("UPDATE leads SET title = 'CTO' WHERE id = %s", lead)
    assert push(name).pushed == 1
    ((told,),) = server.upserts()
    assert told.get("id", told.get("Aicmo_Key__c")) == "a@example.org"


def test_leads_leave_in_the_batches_that_the_vendor_takes(hubspot: HubSpotServer) -> None:
    here = campaign(hubspot)
    route_many(here, 205)
    assert push().requests == 3
    assert [len(batch) for batch in hubspot.upserts()] == [100, 100, 5]


def test_salesforce_takes_200_at_once(salesforce: SalesforceServer) -> None:
    here = campaign(salesforce)
    route_many(here, 201)
    assert push("salesforce").requests == 2
    assert [len(batch) for batch in salesforce.upserts()] == [200, 1]


def test_two_leads_with_one_address_never_share_a_batch(hubspot: HubSpotServer) -> None:
    here = campaign(hubspot)
    route(here, "same@example.org")
    route(here, "Same@example.org", identity="linkedin:same")
    route(here, "other@example.org")
    assert push().failed == 0
    assert [len(batch) for batch in hubspot.upserts()] == [2, 1]


def test_status_changes_are_pushed_in_the_crms_words(hubspot: HubSpotServer) -> None:
    here = campaign(hubspot)
    lead = route(here, "a@example.org")
    push()
    contact = hubspot.contacts["a@example.org"]
    assert "hs_lead_status" not in contact
    outreach.add_send(here.id, lead, state="sent", sent_at=NOW)
    push()
    assert contact["hs_lead_status"] == "ATTEMPTED_TO_CONTACT"
    happened(lead, "replied")
    push()
    assert contact["hs_lead_status"] == "CONNECTED"
    happened(lead, "meeting")
    push()
    assert contact["hs_lead_status"] == "IN_PROGRESS"
    happened(lead, "converted")
    push()
    assert (contact["hs_lead_status"], contact["lifecyclestage"]) == ("OPEN_DEAL", "customer")


def test_a_meeting_of_a_merged_lead_is_one_of_the_lead_that_stayed(salesforce: SalesforceServer) -> None:
    here = campaign(salesforce, statuses={"meeting": "Met"})
    lead = route(here, "a@example.org")
    merged = outreach.add_lead(here.id, "b@example.org", merged_into=lead)
    happened(merged, "meeting")
    push("salesforce")
    assert salesforce.leads["a@example.org"]["Status"] == "Met"


def test_a_new_owner_is_pushed(hubspot: HubSpotServer) -> None:
    lead = route(campaign(hubspot), "a@example.org")
    push()
    pipelines.execute("UPDATE lead_routes SET owner = 'Bob Owner' WHERE lead_id = %s", lead)
    push()
    assert hubspot.contacts["a@example.org"]["hubspot_owner_id"] == "72"


def test_an_owner_whose_id_is_given_is_not_looked_up(hubspot: HubSpotServer) -> None:
    route(campaign(hubspot, owners={"Ann Owner": "72"}), "a@example.org")
    push()
    assert hubspot.contacts["a@example.org"]["hubspot_owner_id"] == "72"
    assert {request.path for request in hubspot.requests} == {UPSERT}


def test_a_lead_of_nobody_has_no_owner_there(hubspot: HubSpotServer) -> None:
    route(campaign(hubspot), "a@example.org", "unassigned")
    assert push().pushed == 1
    assert "hubspot_owner_id" not in hubspot.contacts["a@example.org"]


def test_without_its_owner_a_lead_is_pushed_and_tried_again(salesforce: SalesforceServer) -> None:
    salesforce.users["ann.owner@example.com"] = ["005A", "005C"]
    here = campaign(salesforce)
    route(here, "a@example.org")
    route(here, "b@example.org", "Bob Owner")
    pushed = push("salesforce")
    assert (dict(pushed.errors), pushed.owners_not_found) == ({crm.NO_OWNER: 1}, ["Ann Owner"])
    assert "OwnerId" not in salesforce.leads["a@example.org"]
    salesforce.users["ann.owner@example.com"] = ["005A"]
    assert push("salesforce", NOW + timedelta(minutes=16)).pushed == 1
    assert salesforce.leads["a@example.org"]["OwnerId"] == "005A"


@pytest.mark.parametrize("strict", [False, True])
def test_one_refused_contact_stops_no_other(hubspot: HubSpotServer, strict: bool) -> None:
    hubspot.refused, hubspot.strict = {"bad@example.org"}, strict
    here = campaign(hubspot)
    for name in ("a", "b", "bad", "c", "d"):
        route(here, f"{name}@example.org")
    pushed = push()
    assert (pushed.pushed, pushed.failed) == (4, 1)
    assert dict(pushed.errors) == {"VALIDATION_ERROR INVALID_EMAIL (email)": 1}
    assert records() == ["synced", "synced", "failed", "synced", "synced"]
    assert len(hubspot.contacts) == 4


def test_one_refused_lead_stops_no_other(salesforce: SalesforceServer) -> None:
    salesforce.converted = {"bad@example.org"}
    here = campaign(salesforce)
    for name in ("a", "bad", "c"):
        route(here, f"{name}@example.org")
    pushed = push("salesforce")
    assert (pushed.pushed, dict(pushed.errors)) == (2, {"CANNOT_UPDATE_CONVERTED_LEAD": 1})


def test_what_was_refused_is_tried_again_after_growing_pauses(hubspot: HubSpotServer) -> None:
    hubspot.refused = {"bad@example.org"}
    route(campaign(hubspot), "bad@example.org")
    at, pauses = NOW, []
    for _ in range(4):
        assert push(at=at).failed == 1
        assert push(at=at + timedelta(minutes=1)) == Pushed()
        (until,) = records("next_try_at")
        pauses.append((until - at) / timedelta(minutes=1))
        at = until
    assert pauses == [15, 30, 60, 120]
    assert records("attempts") == [4]
    hubspot.refused.clear()
    assert push(at=at).pushed == 1
    assert (records(), records("error"), records("attempts")) == (["synced"], [None], [0])


def test_a_pause_is_never_longer_than_a_week(hubspot: HubSpotServer) -> None:
    hubspot.refused = {"bad@example.org"}
    route(campaign(hubspot), "bad@example.org")
    push()
    pipelines.execute("UPDATE crm_records SET attempts = 1000, next_try_at = now()")
    push(at=(at := datetime(2027, 1, 1, tzinfo=UTC)))
    assert records("next_try_at") == [at + timedelta(days=7)]


def test_what_was_refused_is_tried_again_at_once_when_it_changed(hubspot: HubSpotServer) -> None:
    hubspot.refused = {"bad@example.org"}
    lead = route(campaign(hubspot), "bad@example.org")
    push()
    pipelines.execute("UPDATE leads SET email = 'good@example.org' WHERE id = %s", lead)
    assert push().pushed == 1


def test_what_failed_before_goes_behind_what_is_new(hubspot: HubSpotServer) -> None:
    hubspot.refused = {f"bad{number}@example.org" for number in range(100)}
    here = campaign(hubspot)
    for number in range(100):
        route(here, f"bad{number}@example.org")
    push()
    route(here, "new@example.org")
    hubspot.requests.clear()
    push(at=NOW + timedelta(minutes=16))
    assert hubspot.upserts()[0][0]["id"] == "new@example.org"


def test_a_changed_mapping_is_pushed_to_all(hubspot: HubSpotServer) -> None:
    here = campaign(hubspot)
    route(here, "a@example.org")
    push()
    campaign(hubspot, properties={"aicmo_tier": "tier"}, constants={"city": "Testtown"})
    assert push().pushed == 1
    assert hubspot.contacts["a@example.org"]["aicmo_tier"] == "WARM"
    assert push().requests == 0


def test_a_property_that_there_is_not_is_named_and_nothing_is_lost(hubspot: HubSpotServer) -> None:
    route(campaign(hubspot, properties={"aicmo_sequence": "sequence"}), "a@example.org")
    with pytest.raises(VendorRefusedError, match="contacts have no property aicmo_sequence; create it there"):
        push()
    assert records() == []


def test_a_field_that_there_is_not_is_named(salesforce: SalesforceServer) -> None:
    route(campaign(salesforce, fields={"Tier__c": "tier"}), "a@example.org")
    with pytest.raises(VendorRefusedError, match=r"INVALID_FIELD \(Tier__c\)"):
        push("salesforce")


def test_tiers_below_the_lowest_are_not_pushed(hubspot: HubSpotServer) -> None:
    route(campaign(hubspot, min_tier="HOT"), "a@example.org")
    assert push() == Pushed()
    assert hubspot.requests == []


def unsubscribe(lead: int) -> None:
    with database.transaction() as cursor:
        effects.unsubscribed(cursor, lead, NOW, "test")


def test_who_unsubscribed_is_told_with_their_status_alone_and_then_no_more(hubspot: HubSpotServer) -> None:
    here = campaign(hubspot, constants={"city": "Testtown"})
    lead, unknown = route(here, "a@example.org"), route(here, "b@example.org")
    pipelines.execute("UPDATE leads SET email_status = 'invalid' WHERE id = %s", unknown)
    push()
    pipelines.execute("UPDATE leads SET email_status = 'valid', title = 'CEO'")
    unsubscribe(lead)
    unsubscribe(unknown)
    hubspot.requests.clear()
    assert push().told_at_last == 1
    ((told,),) = hubspot.upserts()
    assert (told["id"], told["properties"]) == ("a@example.org", {"hs_lead_status": "UNQUALIFIED"})
    assert records() == []
    pipelines.execute("UPDATE leads SET title = 'CTO'")
    assert push() == Pushed()


def test_a_wish_that_could_not_be_told_is_told_later(hubspot: HubSpotServer) -> None:
    lead = route(campaign(hubspot), "a@example.org")
    push()
    unsubscribe(lead)
    hubspot.refused = {"a@example.org"}
    assert push().failed == 1
    hubspot.refused.clear()
    assert push(at=NOW + timedelta(minutes=16)).told_at_last == 1


def test_salesforce_is_told_the_wish_in_the_field_it_has_for_it(salesforce: SalesforceServer) -> None:
    lead = route(campaign(salesforce, fields={"HasOptedOutOfEmail": "unsubscribed"}), "a@example.org")
    push("salesforce")
    assert "HasOptedOutOfEmail" not in salesforce.leads["a@example.org"]
    unsubscribe(lead)
    push("salesforce")
    assert salesforce.leads["a@example.org"]["HasOptedOutOfEmail"] is True


@pytest.mark.parametrize("kind", ["address", "domain"])
def test_who_is_suppressed_is_not_pushed_and_the_record_goes(hubspot: HubSpotServer, kind: Any) -> None:
    lead = route(campaign(hubspot), "a@example.org")
    push()
    hubspot.requests.clear()
    with database.transaction() as cursor:
        suppressions.add(
            cursor, kind, "a@example.org" if kind == "address" else "example.org", "asked", "test"
        )
    pipelines.execute("UPDATE leads SET title = 'CEO' WHERE id = %s", lead)
    assert push() == Pushed(forgotten=1)
    assert (hubspot.requests, records()) == ([], [])


def test_a_bounce_is_no_wish(hubspot: HubSpotServer) -> None:
    lead = route(campaign(hubspot, statuses={"bounced": "BAD_TIMING"}), "a@example.org")
    with database.transaction() as cursor:
        suppressions.add(cursor, "address", "a@example.org", "bounced", "test")
    happened(lead, "bounced")
    assert push().pushed == 1
    assert hubspot.contacts["a@example.org"]["hs_lead_status"] == "BAD_TIMING"


def test_who_is_erased_leaves_no_record_and_is_not_pushed_again(hubspot: HubSpotServer) -> None:
    here = campaign(hubspot)
    route(here, "a@example.org")
    push()
    with database.transaction() as cursor:
        persons.erase(cursor, "a@example.org", "test")
    assert records() == []
    route(here, "a@example.org")
    hubspot.requests.clear()
    assert push() == Pushed()
    assert hubspot.requests == []


def test_who_is_erased_while_they_are_pushed_leaves_no_record(hubspot: HubSpotServer) -> None:
    route(campaign(hubspot), "a@example.org", "unassigned")

    def erase() -> None:
        with database.transaction() as cursor:
            persons.erase(cursor, "a@example.org", "test")

    hubspot.faults.append(as_usual(hubspot, erase))
    push()
    assert records() == []


def test_who_is_suppressed_while_others_are_pushed_is_left_out(hubspot: HubSpotServer) -> None:
    here = campaign(hubspot)
    route_many(here, 101)

    def suppress() -> None:
        with database.transaction() as cursor:
            suppressions.add(cursor, "address", "lead100@example.org", "asked", "test")

    hubspot.faults.append(as_usual(hubspot, suppress))
    push()
    assert "lead100@example.org" not in hubspot.contacts
    assert len(hubspot.upserts()) == 1


def test_a_merged_lead_is_forgotten(hubspot: HubSpotServer) -> None:
    here = campaign(hubspot)
    first, second = route(here, "a@example.org"), route(here, "b@example.org")
    push()
    pipelines.execute("UPDATE leads SET merged_into = %s WHERE id = %s", first, second)
    assert push() == Pushed(forgotten=1)


def test_a_limit_is_waited_for(hubspot: HubSpotServer) -> None:
    route(campaign(hubspot, owners={"Ann Owner": "71"}), "a@example.org")
    hubspot.faults.append(says(429, {"category": "RATE_LIMITS"}, retry_after="1"))
    assert push_in_time().pushed == 1


def push_in_time() -> Pushed:
    return crm.push(start("test", uuid.uuid4()), "hubspot")


def test_a_request_that_was_carried_out_and_cut_off_is_repeated_without_harm(hubspot: HubSpotServer) -> None:
    route(campaign(hubspot, owners={"Ann Owner": "71"}), "a@example.org")
    hubspot.faults.append(after(hubspot, cut))
    assert push().pushed == 1
    assert len(hubspot.contacts) == 1


def test_what_was_taken_before_the_vendor_broke_down_is_kept(hubspot: HubSpotServer) -> None:
    here = campaign(hubspot)
    route_many(here, 150)
    hubspot.faults.append(as_usual(hubspot))
    hubspot.faults.extend([says(500)] * 5)
    with pytest.raises(VendorUnavailableError):
        push()
    assert records() == ["synced"] * 100
    hubspot.requests.clear()
    assert push().pushed == 50
    assert [len(batch) for batch in hubspot.upserts()] == [50]


def test_an_ended_session_is_renewed_once(salesforce: SalesforceServer) -> None:
    here = campaign(salesforce)
    salesforce.session_requests = 2
    route_many(here, 401)
    assert push("salesforce").pushed == 401
    assert len(salesforce.sessions) == 2
    salesforce.session_requests = 0
    pipelines.execute("UPDATE leads SET title = 'CEO'")
    with pytest.raises(VendorRefusedError, match=r"HTTP 401 \(INVALID_SESSION_ID\)"):
        push("salesforce")


def test_an_org_without_requests_left_is_tried_later(salesforce: SalesforceServer) -> None:
    route(campaign(salesforce), "a@example.org", "unassigned")
    salesforce.requests_left = 0
    with pytest.raises(VendorUnavailableError, match="used up its requests of the day"):
        push("salesforce")
    assert records() == []


def test_a_lead_without_a_name_is_created_all_the_same(salesforce: SalesforceServer) -> None:
    lead = route(campaign(salesforce), "a@example.org", last_name=None, company=None)
    push("salesforce")
    contact = salesforce.leads["a@example.org"]
    assert (contact["LastName"], contact["Company"]) == ("[not provided]", "[not provided]")
    contact["LastName"] = "found out by sales"
    pipelines.execute("UPDATE leads SET title = 'CEO' WHERE id = %s", lead)
    push("salesforce")
    assert contact["LastName"] == "found out by sales"


def test_a_wrong_key_is_refused_without_it_being_told(hubspot: HubSpotServer) -> None:
    route(campaign(hubspot), "a@example.org", "unassigned")
    hubspot.faults.append(says(401, {"message": f"the token {hubspot.token} of a@example.org has expired"}))
    with pytest.raises(VendorRefusedError, match="AICMO_HUBSPOT_TOKEN") as caught:
        push()
    assert hubspot.token not in str(caught.value)
    assert "example.org" not in str(caught.value)


def test_a_wrong_secret_is_refused_without_it_being_told(
    salesforce: SalesforceServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    route(campaign(salesforce), "a@example.org", "unassigned")
    monkeypatch.setenv("AICMO_SALESFORCE_CLIENT_SECRET", "another-secret")
    with pytest.raises(VendorRefusedError, match="check AICMO_SALESFORCE_CLIENT_ID") as caught:
        push("salesforce")
    assert "another-secret" not in str(caught.value)


def test_errors_that_are_kept_have_no_personal_data(hubspot: HubSpotServer) -> None:
    hubspot.refused = {"bad@example.org"}
    route(campaign(hubspot), "bad@example.org", first_name="Elena")
    push()
    (error,) = records("error")
    assert "@" not in error
    assert "Elena" not in error


def test_a_campaign_without_the_block_costs_nothing(hubspot: HubSpotServer) -> None:
    outreach.add_campaign(outreach.config())
    assert push() == Pushed(skipped="the campaign has no crm.hubspot")


def test_a_simulation_pushes_nothing(hubspot: HubSpotServer) -> None:
    here = outreach.add_campaign(outreach.config(crm={"hubspot": {"base_url": hubspot.url}}))
    route(here, "a@example.org")
    assert "is a simulation" in push().skipped
    assert hubspot.requests == []


def test_a_missing_key_is_said(hubspot: HubSpotServer, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign(hubspot)
    monkeypatch.delenv("AICMO_HUBSPOT_TOKEN")
    with pytest.raises(ConfigurationError, match="set AICMO_HUBSPOT_TOKEN"):
        push()


def test_work_is_seen_before_it_is_begun(hubspot: HubSpotServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def has_work() -> bool:
        with database.transaction() as cursor:
            return crm.has_work(cursor, campaigns.get(cursor, "test"), NOW)

    here = campaign(hubspot)
    assert not has_work()
    route(here, "a@example.org")
    assert has_work()
    push()
    assert not has_work()
    pipelines.execute("UPDATE leads SET title = 'CEO'")
    assert has_work()
    monkeypatch.delenv("AICMO_HUBSPOT_TOKEN")
    assert not has_work()
