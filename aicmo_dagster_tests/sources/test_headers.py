import pytest

from aicmo_dagster.errors import SourceError
from aicmo_dagster.lead import SOURCE_FIELDS
from aicmo_dagster.sources.headers import (
    OWN_COLUMNS,
    REJECTED_ID,
    header_row,
    map_headers,
    normal,
    recognised,
)

EXPORTS = {
    "apollo": (
        "First Name,Last Name,Title,Company Name,Company Name for Emails,Email,Email Status,Seniority,"
        "Work Direct Phone,Mobile Phone,# Employees,Industry,Keywords,Person Linkedin Url,Website,"
        "Company Linkedin Url,City,State,Country,Company City,Company State,Company Country,Annual Revenue",
        {
            "first_name": "First Name",
            "last_name": "Last Name",
            "title": "Title",
            "company": "Company Name",
            "email": "Email",
            "phone": "Work Direct Phone",
            "employees": "# Employees",
            "industry": "Industry",
            "linkedin_url": "Person Linkedin Url",
            "website": "Website",
            "city": "City",
            "state": "State",
            "country": "Country",
            "keywords": "Keywords",
            "revenue": "Annual Revenue",
        },
    ),
    "hubspot": (
        "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Primary Associated Company ID,"
        "Company Name,Job Title,Lead Status,City,State/Region,Country/Region,Website URL,"
        "Number of Employees,Annual Revenue,Industry",
        {
            "first_name": "First Name",
            "last_name": "Last Name",
            "email": "Email",
            "phone": "Phone Number",
            "company": "Company Name",
            "title": "Job Title",
            "city": "City",
            "state": "State/Region",
            "country": "Country/Region",
            "website": "Website URL",
            "employees": "Number of Employees",
            "revenue": "Annual Revenue",
            "industry": "Industry",
        },
    ),
    "salesforce report": (
        "Lead Owner,First Name,Last Name,Title,Company / Account,Email,Phone,Mobile,Street,City,"
        "State/Province,Zip/Postal Code,Country,No. of Employees,Annual Revenue,Lead Source",
        {
            "first_name": "First Name",
            "last_name": "Last Name",
            "title": "Title",
            "company": "Company / Account",
            "email": "Email",
            "phone": "Phone",
            "street": "Street",
            "city": "City",
            "state": "State/Province",
            "postal_code": "Zip/Postal Code",
            "country": "Country",
            "employees": "No. of Employees",
            "revenue": "Annual Revenue",
        },
    ),
    "salesforce API": (
        "Id,FirstName,LastName,Title,Company,Email,NumberOfEmployees,AnnualRevenue",
        {
            "first_name": "FirstName",
            "last_name": "LastName",
            "title": "Title",
            "company": "Company",
            "email": "Email",
            "employees": "NumberOfEmployees",
            "revenue": "AnnualRevenue",
        },
    ),
    "linkedin": (
        "First Name,Last Name,URL,Email Address,Company,Position,Connected On",
        {
            "first_name": "First Name",
            "last_name": "Last Name",
            "linkedin_url": "URL",
            "email": "Email Address",
            "company": "Company",
            "title": "Position",
        },
    ),
    "datablist": (
        "Index,Company Name,Primary Contact First Name,Primary Contact Last Name,Secondary Contact First Name,"
        "Email Primary,Email Secondary,Phone Primary,Phone Secondary,Number of Employees,Annual Revenue",
        {
            "company": "Company Name",
            "first_name": "Primary Contact First Name",
            "last_name": "Primary Contact Last Name",
            "email": "Email Primary",
            "phone": "Phone Primary",
            "employees": "Number of Employees",
            "revenue": "Annual Revenue",
        },
    ),
    "apollo, with all columns": (
        "First Name,Last Name,Title,Company Name,Company Name for Emails,Email,Email Status,"
        "Primary Email Source,Email Confidence,Primary Email Catch-all Status,Primary Email Last Verified At,"
        "Seniority,Departments,Contact Owner,Work Direct Phone,Home Phone,Mobile Phone,Corporate Phone,"
        "Other Phone,Stage,Lists,Last Contacted,Account Owner,# Employees,Industry,Keywords,"
        "Person Linkedin Url,Website,Company Linkedin Url,Facebook Url,Twitter Url,City,State,Country,"
        "Company Address,Company City,Company State,Company Country,Company Phone,Technologies,"
        "Annual Revenue,Total Funding,Latest Funding,Latest Funding Amount,Last Raised At,Subsidiary of,"
        "Email Sent,Email Open,Email Bounced,Replied,Demoed,Number of Retail Locations,Apollo Contact Id,"
        "Apollo Account Id,Secondary Email,Secondary Email Source,Tertiary Email,Tertiary Email Source",
        {
            "first_name": "First Name",
            "last_name": "Last Name",
            "title": "Title",
            "company": "Company Name",
            "email": "Email",
            "phone": "Work Direct Phone",
            "employees": "# Employees",
            "industry": "Industry",
            "linkedin_url": "Person Linkedin Url",
            "website": "Website",
            "city": "City",
            "state": "State",
            "country": "Country",
            "department": "Departments",
            "keywords": "Keywords",
            "technologies": "Technologies",
            "funding_stage": "Latest Funding",
            "revenue": "Annual Revenue",
        },
    ),
    "hubspot, with addresses": (
        "Record ID,Salutation,First Name,Last Name,Email,Email Domain,Job Title,Associated Company,"
        "Street Address,City,State/Region,Postal Code,Country/Region,LinkedIn URL,Lifecycle Stage",
        {
            "first_name": "First Name",
            "last_name": "Last Name",
            "email": "Email",
            "title": "Job Title",
            "company": "Associated Company",
            "street": "Street Address",
            "city": "City",
            "state": "State/Region",
            "postal_code": "Postal Code",
            "country": "Country/Region",
            "linkedin_url": "LinkedIn URL",
        },
    ),
    "pipedrive people": (
        "Person - ID,Person - Name,Person - First name,Person - Last name,Person - Organization,"
        "Person - Organization ID,Person - Job title,Person - Email - Work,Person - Email - Home,"
        "Person - Email - Other,Person - Phone - Work,Person - Phone - Mobile,Person - Labels,Person - Owner,"
        "Person - Marketing status,Person - Full/combined address of Postal address,"
        "Person - Street/road name of Postal address,Person - City/town/village/locality of Postal address,"
        "Person - State/county of Postal address,Person - ZIP/Postal code of Postal address,"
        "Person - Country of Postal address,Person - Notes,Person - Person created",
        {
            "full_name": "Person - Name",
            "first_name": "Person - First name",
            "last_name": "Person - Last name",
            "company": "Person - Organization",
            "title": "Person - Job title",
            "email": "Person - Email - Work",
            "phone": "Person - Phone - Work",
            "street": "Person - Street/road name of Postal address",
            "city": "Person - City/town/village/locality of Postal address",
            "state": "Person - State/county of Postal address",
            "postal_code": "Person - ZIP/Postal code of Postal address",
            "country": "Person - Country of Postal address",
        },
    ),
    "mautic": (
        "id,title,firstname,lastname,company,position,email,mobile,phone,points,fax,address1,address2,city,"
        "state,zipcode,country,preferred_locale,timezone,attribution_date,attribution,website,facebook,"
        "linkedin,companyname,companynumber_of_employees,companyannual_revenue,companyindustry",
        {
            "title": "position",
            "first_name": "firstname",
            "last_name": "lastname",
            "company": "company",
            "email": "email",
            "phone": "phone",
            "street": "address1",
            "city": "city",
            "state": "state",
            "postal_code": "zipcode",
            "country": "country",
            "website": "website",
            "linkedin_url": "linkedin",
            "employees": "companynumber_of_employees",
            "revenue": "companyannual_revenue",
            "industry": "companyindustry",
        },
    ),
    "sales navigator by phantombuster": (
        "profileUrl,fullName,firstName,lastName,companyName,title,companyId,companyUrl,regularCompanyUrl,"
        "summary,titleDescription,industry,companyLocation,location,durationInRole,durationInCompany,"
        "pastExperienceCompanyName,pastExperienceCompanyUrl,pastExperienceCompanyTitle,pastExperienceDate,"
        "pastExperienceDuration,connectionDegree,profileImageUrl,sharedConnectionsCount,name,vmid,"
        "linkedInProfileUrl,isPremium,isOpenLink,query,timestamp,defaultProfileUrl",
        {
            "full_name": "fullName",
            "first_name": "firstName",
            "last_name": "lastName",
            "company": "companyName",
            "title": "title",
            "industry": "industry",
            "linkedin_url": "linkedInProfileUrl",
        },
    ),
    "sales navigator by pronto": (
        "First Name,Last Name,Prospect Position,Company Name,Prospect Linkedin URL,"
        "Prospect Sales Navigator URL,Prospect Location",
        {
            "first_name": "First Name",
            "last_name": "Last Name",
            "title": "Prospect Position",
            "company": "Company Name",
            "linkedin_url": "Prospect Linkedin URL",
        },
    ),
    "our own": (
        ",".join(SOURCE_FIELDS),
        {field: field for field in SOURCE_FIELDS if field != "verification"},
    ),
}


@pytest.mark.parametrize("export", EXPORTS)
def test_the_headers_of_an_export_are_known(export: str) -> None:
    headers, expected = EXPORTS[export]
    mapped = map_headers(headers.split(","), {}, "leads.csv")
    assert {field: mapped.names[index] for field, index in mapped.fields.items()} == expected
    assert sorted([*mapped.fields.values(), *mapped.extra]) == list(range(len(mapped.names)))


ROWS = {
    "apollo, with all columns": {"First Name": "Test", "Last Name": "Person", "Email": "test@example.com"},
    "hubspot, with addresses": {"Email": "test@example.com", "Street Address": "1 Example Road"},
    "pipedrive people": {"Person - Name": "Test Person", "Person - Email - Work": "test@example.com"},
    "mautic": {"title": "Mr", "position": "Tester", "email": "test@example.com"},
    "sales navigator by phantombuster": {
        "defaultProfileUrl": "x",
        "fullName": "Test Person",
        "companyName": "X",
    },
    "sales navigator by pronto": {"Prospect Linkedin URL": "https://www.linkedin.com/in/test-person"},
}


@pytest.mark.parametrize("export", ROWS)
def test_a_row_of_an_export_says_who_the_lead_is_and_gets_no_false_hint(export: str) -> None:
    headers = EXPORTS[export][0].split(",")
    mapped = map_headers(headers, {}, "leads.csv")
    assert mapped.identifies([ROWS[export].get(header, "") for header in headers])
    assert mapped.notes() == []


@pytest.mark.parametrize("export", EXPORTS)
def test_no_export_says_of_an_address_that_it_was_verified(export: str) -> None:
    assert "verification" not in map_headers(EXPORTS[export][0].split(","), {}, "leads.csv").fields


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Compny", "company"),
        ("Job Titel", "title"),
        ("Contry", "country"),
        ("Postl Code", "postal_code"),
        ("Phoen", "phone"),
    ],
)
def test_a_header_with_a_slip_gets_a_hint(header: str, field: str) -> None:
    mapped = map_headers(["Email", header], {}, "leads.csv")
    assert mapped.suggestions == {header: field}
    assert mapped.notes() == [
        f"Column {header!r} was kept as extra; if it is {field}, say columns: {{{header}: {field}}}."
    ]


@pytest.mark.parametrize(
    "header",
    [
        "Company ID",
        "County",
        "Stage",
        "Lead Owner",
        "Email Domain",
        "Contract",
        "Address 2",
        "Note",
        "E-Mails",
    ],
)
def test_a_header_of_something_else_gets_no_hint(header: str) -> None:
    assert map_headers(["Email", header], {}, "leads.csv").notes() == []


def test_a_field_that_is_there_is_not_hinted_at() -> None:
    assert map_headers(["Email", "Company", "Compny"], {}, "leads.csv").notes() == []


def test_columns_of_our_own_export_are_no_facts_of_a_lead() -> None:
    mapped = map_headers([*OWN_COLUMNS, "Email", "Note"], {}, "mended.csv")
    assert mapped.rejected_id == 0
    assert [mapped.names[index] for index in mapped.extra] == ["Note"]


def test_in_our_own_export_the_campaigns_columns_hold_where_they_are() -> None:
    columns = {"Kontakt": "email", "Firmierung": "company"}
    mapped = map_headers([REJECTED_ID, "Kontakt", "Email"], columns, "mended.csv")
    assert mapped.fields == {"email": 1}


def test_in_our_own_export_a_fields_own_name_is_that_field() -> None:
    mapped = map_headers([REJECTED_ID, "Job Title", "title", "verification", "email"], {}, "mended.csv")
    assert mapped.fields == {"title": 2, "verification": 3, "email": 4}


def test_case_accents_spaces_punctuation_and_byte_order_mark_do_not_count() -> None:
    assert normal("\ufeff E-Mail_Adresse. ") == normal("email adresse")
    assert normal("Prénom") == "prenom"


def test_the_campaigns_columns_win_over_what_is_known() -> None:
    mapped = map_headers(["Email", "Work contact"], {"work CONTACT": "email"}, "leads.csv")
    assert mapped.fields == {"email": 1}
    assert mapped.extra == [0]


def test_headers_that_occur_twice_get_two_names() -> None:
    mapped = map_headers(["Email", "Email", "", "Note"], {}, "leads.csv")
    assert mapped.names == ["Email", "Email (2)", "column 3", "Note"]
    assert mapped.fields == {"email": 0}


def test_an_unknown_header_in_columns_gets_a_suggestion() -> None:
    with pytest.raises(SourceError, match=r"'Wrk Mail'.* did you mean 'Work Mail'"):
        map_headers(["Work Mail", "City"], {"Wrk Mail": "email"}, "leads.csv")


def test_an_unknown_field_in_columns_gets_a_suggestion() -> None:
    with pytest.raises(SourceError, match=r"'emial'.* did you mean 'email'"):
        map_headers(["Work Mail"], {"Work Mail": "emial"}, "leads.csv")


def test_two_columns_for_one_field_are_refused() -> None:
    with pytest.raises(SourceError, match="leave one out"):
        map_headers(["A", "B"], {"A": "email", "B": "email"}, "leads.csv")


def test_a_file_of_companies_is_told_apart() -> None:
    with pytest.raises(SourceError, match="lists companies, not persons") as caught:
        map_headers(["Organization Id", "Name", "Website", "Number of employees"], {}, "orgs.csv")
    assert "'Name' as company" in str(caught.value)


def test_a_file_without_identity_names_the_nearest_header_and_the_remedy() -> None:
    with pytest.raises(SourceError, match=r"columns: \{'e-mial': email\}"):
        map_headers(["Name", "e-mial"], {}, "leads.csv")


def test_a_name_with_a_company_identifies() -> None:
    assert map_headers(["Name", "Company"], {}, "leads.csv").identifies(["Test Person", "Example Inc"])
    assert not map_headers(["Name", "Company"], {}, "leads.csv").identifies(["Test Person"])


def test_a_header_row_is_recognised_by_the_fields_it_names() -> None:
    assert recognised(["Vorname", "Nachname", "Firma", "x"]) == 3
    assert recognised(["Test", "Person"]) == 0


def test_a_header_row_of_unknown_names_is_the_first_as_wide_as_most() -> None:
    assert header_row([["Report"], [], ["x", "y"], ["1", "2"], ["3", "4"]]) == 2
    assert header_row([]) == 0
