import pytest

from aicmo_dagster.errors import SourceError
from aicmo_dagster.lead import SOURCE_FIELDS
from aicmo_dagster.sources.headers import map_headers, normal, recognised

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
            "city": "City",
            "state": "State/Province",
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
    "our own": (",".join(SOURCE_FIELDS), {field: field for field in SOURCE_FIELDS}),
}


@pytest.mark.parametrize("export", EXPORTS)
def test_the_headers_of_an_export_are_known(export: str) -> None:
    headers, expected = EXPORTS[export]
    mapped = map_headers(headers.split(","), {}, "leads.csv")
    assert {field: mapped.names[index] for field, index in mapped.fields.items()} == expected
    assert sorted([*mapped.fields.values(), *mapped.extra]) == list(range(len(mapped.names)))


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
