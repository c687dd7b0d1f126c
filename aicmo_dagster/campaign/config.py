"""What a campaign says: the typed document behind `aicmo campaigns apply`.

One document per campaign, YAML in files and JSON in the table. Every number of the pipeline's rules is a
field here with its default. Unknown keys are refused (see `campaign.document`, which adds the suggestion).
Units are part of the field names: `_usd`, `_s`, `_per_day`.
"""

import difflib
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from typing import Annotated, Literal, Self, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, field_validator, model_validator

from aicmo_dagster.campaign.crm import Crm
from aicmo_dagster.campaign.hours import WorkingHours
from aicmo_dagster.campaign.icp import Icp
from aicmo_dagster.campaign.qualification import Qualification
from aicmo_dagster.campaign.scoring import Scoring
from aicmo_dagster.campaign.section import Domain, Section, Share
from aicmo_dagster.campaign.sending import Sending
from aicmo_dagster.campaign.steps import Sequence
from aicmo_dagster.campaign.texts import EnvironmentName, HttpUrl, Mailbox, TimeZone, http_url
from aicmo_dagster.campaign.tiers import TIERS, Tier

KEY_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$"

Mode = Literal["live", "simulation"]
State = Literal["draft", "active", "paused", "completed", "archived"]
Signal = Literal[
    "recent_job_change",
    "company_funded_recently",
    "company_hiring",
    "recent_activity",
    "is_decision_maker",
    "has_budget_authority",
]
SIGNALS: tuple[Signal, ...] = get_args(Signal)
SOURCE_FIELDS: tuple[str, ...] = (
    "email",
    "first_name",
    "last_name",
    "full_name",
    "title",
    "company",
    "website",
    "industry",
    "employees",
    "company_size",
    "revenue",
    "city",
    "state",
    "country",
    "phone",
    "linkedin_url",
    "street",
    "postal_code",
    "verification",
    *SIGNALS,
    "department",
    "technologies",
    "keywords",
    "founded_year",
    "funding_stage",
    "headcount_growth",
    "job_started_on",
    "open_positions",
    "technology_change",
    "company_in_news",
    "website_visits",
    "consent",
    "consent_on",
)
"""What a source can say of a lead, as text."""
PLACEHOLDERS: tuple[str, ...] = (
    "email",
    "email_domain",
    "account_domain",
    "first_name",
    "last_name",
    "title",
    "company",
    "website",
    "city",
    "state",
    "country",
    "country_code",
    "phone",
    "linkedin_url",
)
"""Columns of a lead that a request about it may name in braces."""


def _request_url(text: str) -> str:
    http_url(text)
    if PLACEHOLDER.search(urlsplit(text).netloc):
        raise ValueError("must name its host; only the rest of an address can depend on the lead")
    return text


def _json_path(text: str) -> str:
    if "[" in text or text.startswith("$"):
        raise ValueError(f"{text!r} is not a path; write names and places with dots, such as emails.0.value")
    if "" in text.split(".") and text:
        raise ValueError(f"{text!r} has an empty name between its dots")
    return text


def _lead_fields(names: Iterable[str]) -> None:
    for name in names:
        if name not in SOURCE_FIELDS:
            raise ValueError(f"{name!r} is no field of a lead; {_nearest(name, SOURCE_FIELDS)}")


def _nearest(name: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name, known, 1, 0.5)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"


PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""What stands for a column of the lead in a request about it."""


def placeholders(value: object) -> Iterator[str]:
    """The names in braces in a text, or in the texts of a JSON value, in their order, repeated ones too."""
    if isinstance(value, str):
        yield from PLACEHOLDER.findall(value)
    elif isinstance(value, dict):
        for one in value.values():
            yield from placeholders(one)
    elif isinstance(value, list):
        for one in value:
            yield from placeholders(one)


def _employee_range(text: str) -> str:
    found = re.fullmatch(r"(\d+),(\d+)", text)
    if found is None or int(found[1]) > int(found[2]):
        raise ValueError(f"{text!r} is not a range; write it like '11,50'")
    return text


RequestUrl = Annotated[str, AfterValidator(_request_url)]
JsonPath = Annotated[str, AfterValidator(_json_path)]
EmployeeRange = Annotated[str, AfterValidator(_employee_range)]
Slug = Annotated[str, Field(pattern=KEY_PATTERN)]
LawfulBasis = Literal[
    "consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests"
]
SourceType = Literal[
    "csv", "excel", "jsonl", "parquet", "manual", "api", "apollo", "http", "dropcontact", "hunter"
]
WantedField = Literal[
    "email", "first_name", "last_name", "title", "company", "website", "industry", "employees",
    "revenue_usd", "city", "country", "phone", "linkedin_url",
]  # fmt: skip
CONSENTS = ("express", "purchase", "inquiry", "published")
"""How somebody agreed to be written to: said so, bought, asked, or published the address for it."""
VERIFICATIONS = ("valid", "risky", "invalid", "unknown")


class Origin(Section):
    """What every origin of personal data says of itself."""

    lawful_basis: LawfulBasis = Field(
        "legitimate_interests", description="GDPR article 6(1) ground on which its data is kept."
    )


class FileSource(Origin):
    """Leads from files with named columns."""

    path: str = Field(
        description="File, glob or http(s) URL; relative paths start at the folder of the campaign file."
    )
    columns: dict[str, str] = Field(
        {}, description="Header in the file -> field of a lead, for headers that are not known."
    )


class CsvSource(FileSource):
    """Leads from delimited text with a header row; delimiter and encoding are found by themselves."""

    type: Literal["csv"] = Field("csv", description="Which source this is.")
    delimiter: str | None = Field(None, min_length=1, max_length=1, description="Only where it is not found.")
    encoding: str | None = Field(None, description="Only where it is not found, e.g. latin-1.")


class ExcelSource(FileSource):
    """Leads from a sheet of a workbook: xlsx, xlsm, xlsb, xls or ods."""

    type: Literal["excel"] = Field("excel", description="Which source this is.")
    sheet: str | None = Field(None, description="Name of the sheet; default the first that lists leads.")


class JsonLinesSource(FileSource):
    """Leads from a file with one JSON object a line; nested fields are named with dots."""

    type: Literal["jsonl"] = Field("jsonl", description="Which source this is.")


class ParquetSource(FileSource):
    """Leads from an Apache Parquet file."""

    type: Literal["parquet"] = Field("parquet", description="Which source this is.")


class ManualSource(Origin):
    """Leads queued by `aicmo leads add`; each is taken once."""

    type: Literal["manual"] = Field("manual", description="Which source this is.")


class ApiSource(Origin):
    """Leads pushed to the inbox of the campaign over HTTP; each is taken once."""

    type: Literal["api"] = Field("api", description="Which source this is.")
    token_env: EnvironmentName = Field(
        "AICMO_INBOX_TOKEN", description="Environment variable with the token that senders must show."
    )
    columns: dict[str, str] = Field(
        {}, description="Name in the pushed object -> field of a lead, for names that are not known."
    )

    @field_validator("columns")
    @classmethod
    def _known_fields(cls, value: dict[str, str]) -> dict[str, str]:
        _lead_fields(value.values())
        return value


class Budget(Section):
    """What may be spent at a vendor; a request that could go beyond it is not made."""

    credits_per_run: float = Field(100, ge=0, description="Credits a run of the campaign.")
    credits_per_day: float = Field(500, ge=0, description="Credits a day, in the campaign's time zone.")
    credits_per_campaign: float = Field(10_000, ge=0, description="Credits in all.")


class VendorAccount(Origin):
    """How a vendor is reached and what may be spent there. The key comes from the environment."""

    budget: Budget = Budget()
    timeout_s: float = Field(30.0, gt=0, le=600, description="Longest wait for one answer.")


class ApolloAccount(VendorAccount):
    """An account at Apollo."""

    type: Literal["apollo"] = Field("apollo", description="Which vendor this is.")
    key_env: EnvironmentName = Field("AICMO_APOLLO_KEY", description="Environment variable with the API key.")
    base_url: HttpUrl = Field("https://api.apollo.io/api/v1", description="Where its API is.")


class ApolloSearch(Section):
    """Who to search for, where it differs from the campaign's icp; see Apollo's People API Search."""

    titles: list[str] | None = Field(None, description="Default icp.titles.")
    include_similar_titles: bool = Field(True, description="Apollo's own idea of similar titles.")
    seniorities: list[str] = Field([], description="owner, founder, c_suite, partner, vp, head, director ...")
    person_locations: list[str] = Field([], description="Where the person lives.")
    company_locations: list[str] | None = Field(None, description="Default icp.locations.")
    employees: list[EmployeeRange] | None = Field(
        None, description="Ranges like '11,50'; default from icp.company_sizes."
    )
    keywords: str | None = Field(None, description="Words to look for.")
    company_domains: list[Domain] = Field([], description="Only people of these companies.")
    technologies: list[str] = Field([], description="Apollo's ids of technologies that the company uses.")
    hiring_titles: list[str] = Field([], description="Titles that the company is hiring for.")


class ApolloSource(ApolloAccount):
    """People found by Apollo: a free search, then credits for the best fits only."""

    search: ApolloSearch = ApolloSearch()
    candidates: int = Field(
        1_000, ge=1, le=50_000, description="How many people of the free search are compared."
    )
    max_age_days: int = Field(90, ge=0, description="An answer that is paid is used again for so long.")


class PagePaging(Section):
    """Pages by number. They end with an empty one, or one that is shorter than a full one before it."""

    type: Literal["page"] = "page"
    parameter: str = Field(
        "page", description="Query parameter with the page's number, or member of the body where it has one."
    )
    first: int = Field(1, ge=0, description="Number of the first page.")
    size_parameter: str | None = Field(None, description="The same with the page's size.")
    size: int = Field(100, ge=1, le=10_000, description="Records a page, where size_parameter says so.")


class CursorPaging(Section):
    """Pages by a cursor in the answer."""

    type: Literal["cursor"] = "cursor"
    parameter: str = Field(
        "cursor", description="Query parameter that takes the cursor, or member of the body where it has one."
    )
    path: JsonPath = Field(
        min_length=1, description="Where the answer says the next cursor, e.g. paging.next.after."
    )


class LinkPaging(Section):
    """Pages by an address in the answer, or in its Link header (RFC 8288); of the same host only."""

    type: Literal["link"] = "link"
    path: JsonPath | None = Field(
        None, description="Where the answer says the next address; default the Link header, rel=next."
    )


Paging = Annotated[PagePaging | CursorPaging | LinkPaging, Field(discriminator="type")]


class JsonRequest(Section):
    """A request to a JSON API. `{email}` in url, parameters and body is the lead's address (vendors only)."""

    url: RequestUrl = Field(description="Address; parameters may be given apart.")
    method: Literal["GET", "POST"] = Field("GET", description="HTTP method.")
    parameters: dict[str, str] = Field({}, description="Query parameters.")
    headers: dict[str, str] = Field({}, description="Headers that are no secret.")
    secret_headers: dict[str, EnvironmentName] = Field(
        {}, description="Header -> environment variable with its whole value, e.g. 'Bearer ...'."
    )
    body: dict[str, object] | None = Field(None, description="JSON of a POST.")
    timeout_s: float = Field(30.0, gt=0, le=600, description="Longest wait for one answer.")
    requests_per_minute: int = Field(60, ge=1, le=60_000, description="Over all processes.")

    @field_validator("headers")
    @classmethod
    def _no_secrets(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if name.lower() in ("authorization", "proxy-authorization", "cookie", "x-api-key", "api-key"):
                raise ValueError(f"{name} is a secret; put it into secret_headers")
        return value

    @model_validator(mode="after")
    def _body_is_posted(self) -> Self:
        if self.body is not None and self.method != "POST":
            raise ValueError("a body needs method: POST")
        return self

    def placeholders(self) -> list[str]:
        """The columns of the lead that the request names, in order, each once."""
        return list(dict.fromkeys(placeholders([self.url, self.parameters, self.body])))


class HttpSource(Origin):
    """Leads from any JSON API."""

    type: Literal["http"] = Field("http", description="Which source this is.")
    name: Slug = Field(description="What to call it in figures and reasons.")
    request: JsonRequest
    records: JsonPath = Field(
        "", description="Where the answer has its list, e.g. data.people; default the top."
    )
    fields: dict[str, JsonPath] = Field(
        {}, description="Field of a lead -> path in a record; names that are known are found by themselves."
    )
    paging: Paging | None = Field(None, description="Default: one request.")
    max_pages: int = Field(1_000, ge=1, description="Stop after so many requests.")

    @field_validator("fields")
    @classmethod
    def _known_fields(cls, value: dict[str, str]) -> dict[str, str]:
        _lead_fields(value)
        return value

    @field_validator("request")
    @classmethod
    def _about_nobody(cls, value: JsonRequest) -> JsonRequest:
        names = value.placeholders()
        if names:
            raise ValueError(
                f"{{{names[0]}}} stands for a field of a lead, and a source has no lead to ask about; "
                "write spaces in the braces where it is meant literally"
            )
        return value


FILE_SOURCES = (CsvSource, ExcelSource, JsonLinesSource, ParquetSource)
Source = Annotated[
    CsvSource
    | ExcelSource
    | JsonLinesSource
    | ParquetSource
    | ManualSource
    | ApiSource
    | ApolloSource
    | HttpSource,
    Field(discriminator="type"),
]


class DropcontactAccount(VendorAccount):
    """An account at Dropcontact: finds and verifies business addresses."""

    type: Literal["dropcontact"] = Field("dropcontact", description="Which vendor this is.")
    key_env: EnvironmentName = Field(
        "AICMO_DROPCONTACT_KEY", description="Environment variable with the access token."
    )
    base_url: HttpUrl = Field("https://api.dropcontact.com", description="Where its API is.")
    path: str = Field("/v1/enrich/all", description="Older accounts: https://api.dropcontact.io with /batch.")


class HunterAccount(VendorAccount):
    """An account at Hunter: verifies addresses."""

    type: Literal["hunter"] = Field("hunter", description="Which vendor this is.")
    key_env: EnvironmentName = Field("AICMO_HUNTER_KEY", description="Environment variable with the API key.")
    base_url: HttpUrl = Field("https://api.hunter.io/v2", description="Where its API is.")


class HttpVendor(Origin):
    """Any JSON API that answers about one person."""

    type: Literal["http"] = Field("http", description="Which vendor this is.")
    name: Slug = Field(description="What to call it in figures and reasons.")
    request: JsonRequest
    record: JsonPath = Field(
        "", description="Where the answer has the person, e.g. data.person; default the top."
    )
    fields: dict[str, JsonPath] = Field(min_length=1, description="Field of a lead -> path in the person.")
    credits: float = Field(0, ge=0, description="What an answer costs.")
    budget: Budget = Budget()

    @field_validator("fields")
    @classmethod
    def _known_fields(cls, value: dict[str, str]) -> dict[str, str]:
        _lead_fields(value)
        return value

    @field_validator("request")
    @classmethod
    def _about_somebody(cls, value: JsonRequest) -> JsonRequest:
        names = value.placeholders()
        for name in names:
            if name not in PLACEHOLDERS:
                raise ValueError(f"{{{name}}} is nothing to ask about; {_nearest(name, PLACEHOLDERS)}")
        if not names:
            raise ValueError("names nobody to ask about; put {email}, say, into url, parameters or body")
        return value


class Enrichment(Section):
    """A waterfall: each vendor is asked about the leads whose wanted fields are still unknown."""

    wanted: list[WantedField] = Field(
        ["email"], min_length=1, description="A lead that has them all is not asked about."
    )
    vendors: list[Annotated[ApolloAccount | DropcontactAccount | HttpVendor, Field(discriminator="type")]] = (
        Field([], description="Asked in this order.")
    )
    max_age_days: int = Field(90, ge=0, description="An answer is used again for so long, by all campaigns.")
    wait_s: float = Field(
        120,
        ge=0,
        le=3_600,
        description="How long a run waits for answers that take time; later ones are fetched later.",
    )


class Dns(Section):
    """Whether the domains of addresses take mail at all. A domain that cannot be asked about is no reason."""

    enabled: bool = Field(True, description="No: what is known already still counts.")
    max_age_days: int = Field(30, ge=0, description="An answer is used again for so long, by all campaigns.")
    budget_s: float = Field(60, ge=0, le=3_600, description="Longest time a run spends on it.")
    timeout_s: float = Field(3, gt=0, le=60, description="Longest wait for one domain.")


class Verification(Section):
    """Whether addresses take mail: valid, risky, invalid or unknown. What fails is unknown, never valid."""

    vendors: list[Annotated[DropcontactAccount | HunterAccount, Field(discriminator="type")]] = Field(
        [], description="Asked in this order until one knows."
    )
    max_age_days: int = Field(90, ge=0, description="A verification is used again for so long.")
    dns: Dns = Dns()


class Matching(Section):
    """When two leads are one person, and whose word counts where sources differ."""

    enabled: bool = Field(True, description="No: only equal addresses are one lead.")
    accept: Share = Field(0.98, description="Merged from this probability; a merge can be undone.")
    review: Share = Field(0.80, description="From this probability a person decides.")
    trust: dict[SourceType, Share] = Field(
        {
            "manual": 1.0,
            "api": 0.9,
            "dropcontact": 0.85,
            "hunter": 0.85,
            "apollo": 0.8,
            "http": 0.7,
            "csv": 0.7,
            "excel": 0.7,
            "jsonl": 0.7,
            "parquet": 0.7,
        },
        description="Where sources differ in a field, the more trusted and the newer one counts.",
    )
    trust_half_life_days: float = Field(
        365, gt=0, description="After so long a source's word counts half as much."
    )

    @field_validator("trust")
    @classmethod
    def _complete(cls, value: dict[SourceType, float]) -> dict[SourceType, float]:
        return {**cls.model_fields["trust"].default, **value}

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.review > self.accept:
            raise ValueError(f"review {self.review:g} must not be above accept {self.accept:g}")
        return self


class Owner(Section):
    """A person of the team who takes leads."""

    name: str = Field(min_length=1, description="Shown to people; unique in the campaign.")
    email: Mailbox = Field(description="Their mailbox.")
    weight: float = Field(1.0, gt=0, description="Share of leads relative to the other owners.")
    capacity: int | None = Field(None, ge=0, description="Most leads in a running sequence at once.")
    territories: list[str] = Field([], description="Countries; empty = any.")
    working_hours: WorkingHours | None = Field(None, description="Takes leads only then; empty = always.")
    time_zone: TimeZone | None = Field(None, description="Zone of working_hours; default the campaign's.")


class Routing(Section):
    """Which sequence and which owner a qualified lead gets."""

    sequences: dict[Tier, str] = Field(
        {
            "HOT": "aggressive_close",
            "WARM": "regular_nurture",
            "COOL": "long_term_nurture",
            "COLD": "cold_outreach",
        },
        description="Tier -> sequence.",
    )
    intent_lift: Share = Field(0.15, description="Added to the score for routing where intent is strong.")
    strong_intent_signals: int = Field(3, ge=1, le=6, description="Signals that make intent strong.")
    owners: list[Owner] = Field([], description="Who takes leads.")
    fallback_owner: str = Field("unassigned", min_length=1, description="Takes leads when nobody is free.")

    @field_validator("sequences")
    @classmethod
    def _every_tier(cls, value: dict[Tier, str]) -> dict[Tier, str]:
        missing = [tier for tier in TIERS if tier not in value]
        if missing:
            raise ValueError(f"has no sequence for {', '.join(missing)}")
        return value

    @field_validator("owners")
    @classmethod
    def _unique_names(cls, value: list[Owner]) -> list[Owner]:
        names = [owner.name for owner in value]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"the name {twice[0]!r} is used twice")
        return value


class Schedule(Section):
    """The daily run of the whole pipeline, in the campaign's time zone.

    Mails that it plans leave when the windows of their leads open: `due_mails` looks every quarter of an hour.
    """

    enabled: bool = Field(True, description="No: it runs only when asked.")
    hour: int = Field(2, ge=0, le=23, description="Local time of the campaign.")
    minute: int = Field(0, ge=0, le=59, description="Of that hour.")
    catch_up_minutes: int = Field(
        60, ge=1, le=720, description="A run missed by no more than this is made up for; an older one is not."
    )


class CampaignConfig(Section):
    """A campaign: who to reach and how. `key` is the partition; everything else can change by version."""

    key: str = Field(pattern=KEY_PATTERN, description="Slug: a-z, 0-9, hyphens; never changes.")
    name: str = Field(min_length=1, max_length=200, description="Shown to people.")
    mode: Mode = Field("simulation", description="simulation does everything but the SMTP dialogue.")
    time_zone: TimeZone = Field("UTC", description="For the schedule and for leads of unknown zone.")
    max_leads: int = Field(100, ge=1, le=1_000_000, description="New leads a run.")
    icp: Icp
    sources: list[Source] = Field(min_length=1, description="Asked in this order until max_leads is reached.")
    matching: Matching = Matching()
    enrichment: Enrichment = Enrichment()
    verification: Verification = Verification()
    scoring: Scoring = Scoring()
    qualification: Qualification = Qualification()
    routing: Routing = Routing()
    sequences: dict[str, Sequence] = Field({}, description="Replaces or adds to the four that ship.")
    sending: Sending = Sending()
    schedule: Schedule = Schedule()
    crm: Crm = Crm()

    @model_validator(mode="after")
    def _live_can_send(self) -> Self:
        senders = self.sending.senders
        if self.mode == "live" and (not senders or any(sender.smtp is None for sender in senders)):
            raise ValueError("mode live needs sending.senders, each with its smtp server")
        return self

    def day_of(self, at: datetime) -> tuple[datetime, datetime]:
        """Start and end of the day around `at` (aware) in the campaign's zone; the daily cap counts over it."""
        zone = ZoneInfo(self.time_zone)
        today = at.astimezone(zone).date()
        return datetime.combine(today, time(), zone), datetime.combine(
            today + timedelta(days=1), time(), zone
        )
