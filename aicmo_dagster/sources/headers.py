"""Which column of a file is which field of a lead."""

import dataclasses
import difflib
import json
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aicmo_dagster.errors import SourceError
from aicmo_dagster.lead import SOURCE_FIELDS
from aicmo_dagster.sources import neutral

PREAMBLE = 30
"""Rows among which the header is looked for: LinkedIn, for one, writes notes above it."""

# Per field the headers it is known by, best first, written without case, accents, spaces and punctuation (see
# `normal`). They are the usual words in English, German and French, and those of the exports of
# - Apollo (people), HubSpot (contacts), Salesforce (leads, in reports and in the API), Datablist;
# - LinkedIn (connections), and lists of its Sales Navigator as PhantomBuster ("defaultProfileUrl") and Pronto
#   ("Prospect Linkedin URL", "Prospect Position") export them: public repositories that read such files;
# - Pipedrive (people: "Person - Email - Work"): likewise;
# - Mautic (contacts): the core fields of its LeadBundle's FieldModel.
# `verification` has none: only a vendor that was asked may say it. An export's "Email Status" stays extra.
_ALIASES: dict[str, str] = {
    "email": "email emailaddress workemail businessemail primaryemail emailprimary email1 contactemail mail "
    "emailadresse mailadresse adresseemail courriel personemail personemailwork personemailother "
    "personemailhome personalemail secondaryemail emailsecondary email2",
    "first_name": "firstname givenname primarycontactfirstname contactfirstname personfirstname forename "
    "vorname prenom",
    "last_name": "lastname surname familyname primarycontactlastname contactlastname personlastname "
    "nachname nomdefamille",
    "full_name": "fullname contactname leadname personname primarycontact name contact",
    # "Title" may be a form of address where there is a job title besides.
    "title": "jobtitle title personjobtitle persontitle position currentpositiontitle prospectposition "
    "currentjobtitle role jobrole job headline berufsbezeichnung funktion poste fonction",
    "company": "company companyname companyaccount organization organisation organizationname "
    "organisationname personorganization personorganisation currentcompanyname currentcompany account "
    "accountname associatedcompany primaryassociatedcompany employer companynameforemails firma "
    "unternehmen entreprise societe",
    "website": "website companywebsite websiteurl companydomain companydomainname domain domainname "
    "organizationwebsite personwebsite homepage web url webseite siteweb",
    "industry": "industry companyindustry currentindustry industrytype sector branche secteur",
    "employees": "employees numberofemployees noofemployees numemployees employeecount employeescount "
    "estimatednumemployees companyemployees companyemployeecount companynumberofemployees "
    "organizationnumberofemployees headcount companyheadcount mitarbeiter effectif",
    "company_size": "companysize size sizeofcompany unternehmensgrosse",
    "revenue": "revenue annualrevenue companyrevenue companyannualrevenue organizationannualrevenue "
    "yearlyrevenue revenueusd umsatz",
    "city": "city town personcity personcitytownvillagelocalityofpostaladdress contactcity companycity "
    "organizationcitytownvillagelocalityofaddress stadt ort ville",
    "state": "state stateregion stateprovince region province personstate "
    "personstatecountyofpostaladdress companystate organizationstatecountyofaddress bundesland",
    "country": "country countryregion personcountry personcountryofpostaladdress contactcountry "
    "companycountry organizationcountryofaddress land pays",
    "phone": "phone phonenumber phone1 phoneprimary primaryphone workphone workdirectphone directphone "
    "firstphone personphone personphonework personphonemobile mobilephone mobile mobilephonenumber phone2 "
    "phonesecondary corporatephone companyphone homephone personphonehome personphoneother otherphone "
    "telephone telefon tel",
    "linkedin_url": "linkedinurl linkedin personlinkedinurl linkedinprofile linkedinprofileurl "
    "defaultprofileurl prospectlinkedinurl linkedinmemberprofile linkedinidurl prospectlinkedinidurl "
    "profileurl personlinkedin personlinkedinprofile hslinkedinurl linkedinbio",
    "street": "street streetaddress street1 address1 addressline1 addressstreet mailingstreet billingstreet "
    "personstreetroadnameofpostaladdress companystreet companystreetaddress companyaddress1 "
    "address strasse rue",
    "postal_code": "postalcode zip zipcode zippostalcode postcode personzippostalcodeofpostaladdress "
    "organizationzippostalcodeofaddress mailingpostalcode billingpostalcode companypostalcode companyzip "
    "companyzipcode plz postleitzahl codepostal",
    "recent_job_change": "recentjobchange jobchange changedjobs",
    "company_funded_recently": "companyfundedrecently recentlyfunded recentfunding",
    "company_hiring": "companyhiring ishiring hiring",
    "recent_activity": "recentactivity recentlyactive",
    "is_decision_maker": "isdecisionmaker decisionmaker",
    "has_budget_authority": "hasbudgetauthority budgetauthority",
    "department": "department departments persondepartment persondepartments contactdepartment jobdepartment "
    "jobfunction function abteilung",
    "technologies": "technologies technologynames technologiesused companytechnologies "
    "organizationtechnologies webtechnologies currenttechnologies techstack technology technologien",
    "keywords": "keywords companykeywords organizationkeywords companyspecialties specialties specialities "
    "schlagworte schlagworter motscles",
    # "Founded" may be a date.
    "founded_year": "foundedyear yearfounded companyfoundedyear companyyearfounded organizationfoundedyear "
    "founded companyfounded foundedon foundeddate companyfoundeddate yearestablished grundungsjahr gegrundet "
    "anneedecreation",
    "funding_stage": "fundingstage latestfundingstage lastfundingstage companyfundingstage "
    "organizationlatestfundingstage latestfunding latestfundinground lastfundinground lastfundingtype "
    "fundinground",
    # Of a year: growth in six months or two years is another thing.
    "headcount_growth": "headcountgrowth employeegrowth companyheadcountgrowth headcountgrowth1year "
    "headcountgrowth1y companyheadcountgrowth1y 1yearheadcountgrowth 1yheadcountgrowth headcountgrowthyoy "
    "employeegrowthyoy 12monthheadcountgrowth headcountgrowth12months headcountgrowthlast12months "
    "organizationheadcounttwelvemonthgrowth yearlyheadcountgrowth",
    "job_started_on": "jobstartedon jobstartdate currentjobstartdate startdateinposition startdateinrole "
    "positionstartdate currentpositionstartdate currentpositionstartedon rolestartdate datestartedcurrentrole "
    "startedcurrentjobon inpositionsince inrolesince",
    "open_positions": "openpositions openroles openjobs jobopenings openings openvacancies vacancies "
    "jobpostings companyjobopenings offenestellen",
    "technology_change": "technologychange techstackchange technologychanged",
    "company_in_news": "companyinnews companyinthenews inthenews",
    "website_visits": "websitevisits companywebsitevisits websitevisitslast30days websitevisits30d sitevisits",
    "consent": "consent consenttype optin marketingconsent emailconsent gdprconsent marketingoptin emailoptin "
    "legalbasisforprocessingcontactsdata einwilligung consentement",
    "consent_on": "consenton consentdate consentgivenon consenttimestamp consentat optindate optinon "
    "optintime optintimestamp confirmtime einwilligungam datedeconsentement",
}
_FIELD_AND_RANK: dict[str, tuple[str, int]] = {
    alias: (field, rank) for field, aliases in _ALIASES.items() for rank, alias in enumerate(aliases.split())
}
_COMPANY_LIST = {"organizationid", "companyid", "founded", "numberofemployees", "employees"}
_PERSON = {"email", "first_name", "last_name", "title", "linkedin_url"}
REJECTED_ID = "aicmo_rejected_id"
OWN_COLUMNS = (REJECTED_ID, "aicmo_file", "aicmo_line", "aicmo_reason", "aicmo_raw")
"""Columns of an export of rejected rows that are ours; `aicmo_rejected_id` says that a file is one."""
_NEAR = 0.85
# Words of exports that are near to another field's by chance.
_OTHER_WORDS = {"county", "stage", "counter", "persona", "contract"}


@dataclass(frozen=True)
class HeaderMap:
    """`names`: one unique name per column. `fields`: field -> its column's index. `extra`: the others.

    `rejected_id` is the column with ids of rejected rows that come back, in a file that we exported.
    `suggestions`: name of an extra column -> the field that it looks like, where no column is that field.
    """

    names: list[str]
    fields: dict[str, int]
    extra: list[int]
    rejected_id: int | None = None
    suggestions: dict[str, str] = dataclasses.field(default_factory=dict)

    def notes(self) -> list[str]:
        """Sentences for a person about columns that may have been meant otherwise."""
        return [
            f"Column {name!r} was kept as extra; if it is {field}, say columns: {{{_yaml_key(name)}: {field}}}."
            for name, field in self.suggestions.items()
        ]

    def label(self, column: int | None) -> str | None:
        """Returns what to call a column in a message: its field, else its header; None for no column."""
        if column is None or column >= len(self.names):
            return None
        return next((field for field, index in self.fields.items() if index == column), self.names[column])

    def identifies(self, cells: Sequence[str]) -> bool:
        """Whether a row of cells, which may be short, says who the lead is."""
        present = {
            field for field, index in self.fields.items() if index < len(cells) and cells[index].strip()
        }
        return _identifies(present)


def normal(header: str) -> str:
    """Returns the header without case, accents, spaces, punctuation and byte order mark."""
    text = unicodedata.normalize("NFKD", header).casefold()
    return "".join(character for character in text if character.isalnum())


def recognised(headers: Sequence[str]) -> int:
    """Returns how many different fields of a lead these cells name: how much they look like a header row."""
    ours = sum(header.strip() in OWN_COLUMNS for header in headers)
    return ours + len({_FIELD_AND_RANK[key][0] for key in map(normal, headers) if key in _FIELD_AND_RANK})


def header_row(rows: Sequence[Sequence[str]]) -> int:
    """Returns the index of the row that names most fields, else of the first as wide as most of them are."""
    among = rows[:PREAMBLE]
    names = [recognised(cells) for cells in among]
    if max(names, default=0):
        return names.index(max(names))
    widths = Counter(_width(cells) for cells in rows)
    usual = max(widths, key=lambda width: (widths[width], width), default=0)
    return next((index for index, cells in enumerate(among) if _width(cells) == usual), 0)


def _width(cells: Sequence[str]) -> int:
    return max((number for number, cell in enumerate(cells, 1) if cell.strip()), default=0)


def map_headers(headers: Sequence[str], columns: Mapping[str, str], label: str) -> HeaderMap:
    """Returns which column is which field, as `matched` does.

    Raises SourceError also for a file that cannot say who a lead is.
    """
    mapped = matched(headers, columns, label)
    if not _identifies(set(mapped.fields)):
        raise SourceError(_nobody(mapped, label))
    return mapped


def matched(headers: Sequence[str], columns: Mapping[str, str], label: str) -> HeaderMap:
    """Returns which column is which field, whether or not they say who a lead is.

    `columns` (header -> field, from the campaign) wins over what is known by itself; of two headers for one
    field the better one wins and the other becomes extra. `label` names the file in messages. Raises
    SourceError for an unknown header or field in `columns`.
    """
    exported = REJECTED_ID in map(str.strip, headers)
    names = _unique_names([neutral.undone(header) for header in headers] if exported else headers)
    keys = [normal(name) for name in names]
    own = {index for index, name in enumerate(names) if name in OWN_COLUMNS}
    if exported:
        # It may hold the rows of other files only, and those of several.
        columns = {header: field for header, field in columns.items() if normal(header) in keys}
    fields = _configured(names, keys, columns, label)
    taken = set(fields.values()) | own
    best: dict[str, tuple[int, int]] = {}
    for index, key in enumerate(keys):
        if exported and names[index] in SOURCE_FIELDS and index not in taken:
            field, rank = names[index], -1
        elif index in taken or key not in _FIELD_AND_RANK:
            continue
        else:
            field, rank = _in_context(key, keys)
        if field not in fields and (field not in best or rank < best[field][0]):
            best[field] = (rank, index)
    fields |= {field: index for field, (_, index) in best.items()}
    if "full_name" in fields and "company" not in fields and _lists_companies(fields, keys, columns):
        fields["company"] = fields.pop("full_name")
    used = set(fields.values()) | own
    extra = [index for index in range(len(names)) if index not in used]
    if exported:
        return HeaderMap(names, fields, extra, names.index(REJECTED_ID))
    return HeaderMap(names, fields, extra, None, _suggestions(names, keys, extra, fields))


def _in_context(key: str, keys: list[str]) -> tuple[str, int]:
    if key == "url" and "connectedon" in keys:  # LinkedIn's export of connections calls the profile "URL"
        return "linkedin_url", 0
    if key == "title" and "position" in keys and "points" in keys:  # Mautic's title is a form of address
        return "title", len(_ALIASES["title"])
    return _FIELD_AND_RANK[key]


def _suggestions(
    names: list[str], keys: list[str], extra: list[int], fields: Mapping[str, int]
) -> dict[str, str]:
    """Returns the columns whose names are a slip away from those of a field that no column is."""
    wanted = {alias: field for alias, (field, _) in _FIELD_AND_RANK.items() if field not in fields}
    if "company" in fields or {"first_name", "last_name"} <= set(fields):
        wanted = {alias: field for alias, field in wanted.items() if field != "full_name"}
    found: dict[str, str] = {}
    for index in extra:
        key = keys[index]
        if len(key) < 4 or key in _OTHER_WORDS:
            continue
        alias = max(wanted, key=lambda alias: _closeness(key, alias), default="")
        if _closeness(key, alias) >= _NEAR and wanted[alias] not in found.values():
            found[names[index]] = wanted[alias]
    return found


def _closeness(key: str, alias: str) -> float:
    """Returns how likely `key` is `alias` with a slip: 0 to 1; another word before or behind it is no slip."""
    if abs(len(key) - len(alias)) > 2 or not alias:
        return 0.0
    if key == alias + "s":
        return 1.0
    if key.rstrip("0123456789") == alias.rstrip("0123456789"):  # the second of several
        return 0.0
    if key.startswith(alias) or key.endswith(alias) or alias.startswith(key) or alias.endswith(key):
        return 0.0
    if key[0] == alias[0] and sorted(key) == sorted(alias):
        return 0.95
    return difflib.SequenceMatcher(None, key, alias).ratio()


def _yaml_key(name: str) -> str:
    return name if name.replace(" ", "").replace("_", "").isalnum() else json.dumps(name, ensure_ascii=False)


def _lists_companies(fields: dict[str, int], keys: list[str], columns: Mapping[str, str]) -> bool:
    return not columns and not _PERSON & set(fields) and bool(_COMPANY_LIST & set(keys))


def _identifies(fields: set[str]) -> bool:
    named = bool(fields & {"first_name", "last_name", "full_name"})
    return bool(fields & {"email", "linkedin_url"}) or (named and "company" in fields)


def _unique_names(headers: Sequence[str]) -> list[str]:
    names: list[str] = []
    for number, header in enumerate(headers, 1):
        plain = header.replace("\ufeff", "").strip() or f"column {number}"
        name, copy = plain, 2
        while name in names:
            name, copy = f"{plain} ({copy})", copy + 1
        names.append(name)
    return names


def _configured(names: list[str], keys: list[str], columns: Mapping[str, str], label: str) -> dict[str, int]:
    fields: dict[str, int] = {}
    for header, field in columns.items():
        if field not in SOURCE_FIELDS:
            near = difflib.get_close_matches(field, SOURCE_FIELDS, 1, 0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"the fields are {', '.join(SOURCE_FIELDS)}."
            raise SourceError(
                f"{label}: `columns` maps {header!r} to {field!r}, which is no field of a lead; {hint}"
            )
        if header in names:
            index = names.index(header)
        elif normal(header) in keys:
            index = keys.index(normal(header))
        else:
            near = difflib.get_close_matches(header, names, 1, 0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"the file has {_listed(names)}."
            raise SourceError(f"{label}: `columns` names {header!r}, which the file does not have; {hint}")
        if field in fields:
            raise SourceError(
                f"{label}: `columns` maps both {names[fields[field]]!r} and {header!r} to {field!r}; "
                "leave one out."
            )
        fields[field] = index
    return fields


def _nobody(mapped: HeaderMap, label: str) -> str:
    found = ", ".join(f"{mapped.names[index]!r} as {field}" for field, index in mapped.fields.items())
    missing = "email, linkedin_url, or a name together with a company"
    has_company = "company" in mapped.fields
    if has_company:
        missing = (
            "email, linkedin_url, or full_name or first_name and last_name (it lists companies, not persons)"
        )
    elif set(mapped.fields) & {"first_name", "last_name", "full_name"}:
        missing = "email, linkedin_url, or company (a name alone is not one person)"
    wanted = {
        alias: field
        for field in ("email", "linkedin_url", "full_name" if has_company else "company")
        for alias in _ALIASES[field].split()
    }
    nearest = max(
        (
            (difflib.SequenceMatcher(None, normal(mapped.names[index]), alias).ratio(), index, field)
            for index in mapped.extra
            for alias, field in wanted.items()
        ),
        default=(0.0, 0, "email"),
    )
    example = (
        f"{{{mapped.names[nearest[1]]!r}: {nearest[2]}}}" if nearest[0] >= 0.75 else "{'Your header': email}"
    )
    return (
        f"{label} has no column that says who a lead is. Found: {found or 'no known column'}"
        f"{'; not known: ' + _listed([mapped.names[i] for i in mapped.extra]) if mapped.extra else ''}. "
        f"Missing: {missing}. If a column holds it under another name, say so in the campaign's source, "
        f"e.g. `columns: {example}`."
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(name[:60]) for name in names[:15])
    return shown + (f" and {len(names) - 15} more" if len(names) > 15 else "")
