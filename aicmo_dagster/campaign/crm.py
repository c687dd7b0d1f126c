"""Where sales people look: which leads a CRM is told about, and what its fields are called."""

import re
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from aicmo_dagster.campaign.section import Section
from aicmo_dagster.campaign.texts import EnvironmentName, HttpUrl
from aicmo_dagster.campaign.tiers import Tier

CrmName = Literal["hubspot", "salesforce"]
CRMS: tuple[CrmName, ...] = get_args(CrmName)
Fact = Literal[
    "email", "first_name", "last_name", "title", "company", "website", "industry", "employees", "revenue_usd",
    "street", "postal_code", "city", "state", "country", "country_code", "phone", "linkedin_url", "department",
    "technologies", "account_domain", "source", "lead_number", "campaign", "campaign_name", "tier", "score",
    "sequence", "owner", "routed_on", "status", "unsubscribed",
]  # fmt: skip
"""What a CRM can be told of a lead."""
Status = Literal["routed", "contacted", "replied", "meeting", "converted", "lost", "bounced", "unsubscribed"]
"""How far a routed lead got: that of `lead_status`, and `meeting`, which is a reply there."""


def _field_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", text):
        raise ValueError(f"{text!r} cannot be the name of a field; give its internal (API) name")
    return text


FieldName = Annotated[str, AfterValidator(_field_name)]


class CrmAccount(Section):
    """What every CRM is told, and how."""

    min_tier: Tier = Field("COLD", description="Lowest tier of the leads that it is told about.")
    constants: dict[FieldName, str] = Field({}, description="Field -> the same value for every lead.")
    owners: dict[str, str] = Field(
        {}, description="Owner -> their id there; others of routing.owners are found by their e-mail address."
    )
    timeout_s: float = Field(60.0, gt=0, le=600, description="Longest wait for one answer.")

    @field_validator("properties", "fields", "statuses", check_fields=False)
    @classmethod
    def _beside_the_defaults(cls, value: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        return {**cls.model_fields[str(info.field_name)].default, **value}


class HubSpotAccount(CrmAccount):
    """Contacts at HubSpot, found by their address."""

    token_env: EnvironmentName = Field(
        "AICMO_HUBSPOT_TOKEN", description="Environment variable with the access token."
    )
    base_url: HttpUrl = Field("https://api.hubapi.com", description="Where its API is.")
    properties: dict[FieldName, Fact | None] = Field(
        {
            "firstname": "first_name",
            "lastname": "last_name",
            "jobtitle": "title",
            "company": "company",
            "website": "website",
            "industry": "industry",
            "phone": "phone",
            "address": "street",
            "zip": "postal_code",
            "city": "city",
            "state": "state",
            "country": "country",
        },
        description="Property of a contact -> what it is told; beside those of the default, none leaves one out.",
    )
    status_property: FieldName = Field("hs_lead_status", description="Property that takes the status.")
    statuses: dict[Status, str | None] = Field(
        {
            "contacted": "ATTEMPTED_TO_CONTACT",
            "replied": "CONNECTED",
            "meeting": "IN_PROGRESS",
            "converted": "OPEN_DEAL",
            "lost": "UNQUALIFIED",
            "unsubscribed": "UNQUALIFIED",
        },
        description="Status -> its internal value there, beside the default; of one without nothing is said.",
    )
    lifecycle_stages: dict[Status, str | None] = Field(
        {"converted": "customer"}, description="Status -> lifecyclestage; HubSpot only moves it forward."
    )

    def variables(self) -> tuple[str, ...]:
        """The environment variables that it needs."""
        return (self.token_env,)


class SalesforceAccount(CrmAccount):
    """Leads at Salesforce, found by an external id."""

    client_id_env: EnvironmentName = Field(
        "AICMO_SALESFORCE_CLIENT_ID", description="Environment variable with the consumer key of the app."
    )
    client_secret_env: EnvironmentName = Field(
        "AICMO_SALESFORCE_CLIENT_SECRET", description="Environment variable with its consumer secret."
    )
    base_url: HttpUrl = Field(description="The org's My Domain, such as https://example.my.salesforce.com.")
    api_version: str = Field("62.0", pattern=r"^\d{2,3}\.0$", description="Of its REST API; 46.0 or newer.")
    external_id_field: FieldName = Field(
        "Aicmo_Key__c",
        description="Text field of Lead, External ID and unique; it gets the address in lower case.",
    )
    fields: dict[FieldName, Fact | None] = Field(
        {
            "FirstName": "first_name",
            "LastName": "last_name",
            "Email": "email",
            "Title": "title",
            "Company": "company",
            "Website": "website",
            "Phone": "phone",
            "NumberOfEmployees": "employees",
            "Street": "street",
            "PostalCode": "postal_code",
            "City": "city",
            "Country": "country",
        },
        description="Field of a Lead -> what it is told; beside those of the default, none leaves one out.",
    )
    status_field: FieldName = Field("Status", description="Field that takes the status.")
    statuses: dict[Status, str | None] = Field(
        {
            "contacted": "Working - Contacted",
            "replied": "Working - Contacted",
            "meeting": "Working - Contacted",
            "lost": "Closed - Not Converted",
            "unsubscribed": "Closed - Not Converted",
        },
        description="Status -> value of the picklist, beside the default; of one without nothing is said.",
    )
    requests_per_day: int = Field(
        10_000, ge=1, description="Over all processes; the org's other programs share its limit."
    )

    @model_validator(mode="after")
    def _no_fields_of_our_own(self) -> Self:
        for name in (*self.fields, *self.constants):
            if name.lower() in ("id", "ownerid", "attributes", self.external_id_field.lower()):
                raise ValueError(f"{name} cannot be mapped: it is filled in already")
        return self

    def variables(self) -> tuple[str, ...]:
        """The environment variables that it needs."""
        return (self.client_id_env, self.client_secret_env)


class Crm(Section):
    """The CRMs that routed leads, their owner and their status are pushed to; see docs/crm.md."""

    in_simulation: bool = Field(False, description="Yes: also while the campaign is a simulation.")
    hubspot: HubSpotAccount | None = Field(None, description="Contacts at HubSpot.")
    salesforce: SalesforceAccount | None = Field(None, description="Leads at Salesforce.")

    def account(self, name: CrmName) -> HubSpotAccount | SalesforceAccount | None:
        """The account at the CRM of that name, if there is one."""
        return self.hubspot if name == "hubspot" else self.salesforce
