import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages.industries import check_industries, industries_of, names, similarity, title_of
from aicmo_dagster.stages.industry_names import COMPOUNDS, INDUSTRIES, KIN
from aicmo_dagster_tests.stages.lead_frames import campaign

LINKEDIN = """
Accounting; Airlines/Aviation; Alternative Dispute Resolution; Alternative Medicine; Animation; Apparel &
Fashion; Architecture & Planning; Arts and Crafts; Automotive; Aviation & Aerospace; Banking; Biotechnology;
Broadcast Media; Building Materials; Business Supplies and Equipment; Capital Markets; Chemicals; Civic &
Social Organization; Civil Engineering; Commercial Real Estate; Computer & Network Security; Computer Games;
Computer Hardware; Computer Networking; Computer Software; Construction; Consumer Electronics; Consumer Goods;
Consumer Services; Cosmetics; Dairy; Defense & Space; Design; Education Management; E-Learning;
Electrical/Electronic Manufacturing; Entertainment; Environmental Services; Events Services; Executive Office;
Facilities Services; Farming; Financial Services; Fine Art; Fishery; Food & Beverages; Food Production; Fund-
Raising; Furniture; Gambling & Casinos; Glass, Ceramics & Concrete; Government Administration; Government
Relations; Graphic Design; Health, Wellness and Fitness; Higher Education; Hospital & Health Care;
Hospitality; Human Resources; Import and Export; Individual & Family Services; Industrial Automation;
Information Services; Information Technology and Services; Insurance; International Affairs; International
Trade and Development; Internet; Investment Banking; Investment Management; Judiciary; Law Enforcement; Law
Practice; Legal Services; Legislative Office; Leisure, Travel & Tourism; Libraries; Logistics and Supply
Chain; Luxury Goods & Jewelry; Machinery; Management Consulting; Maritime; Market Research; Marketing and
Advertising; Mechanical or Industrial Engineering; Media Production; Medical Devices; Medical Practice; Mental
Health Care; Military; Mining & Metals; Motion Pictures and Film; Museums and Institutions; Music;
Nanotechnology; Newspapers; Non-Profit Organization Management; Oil & Energy; Online Media;
Outsourcing/Offshoring; Package/Freight Delivery; Packaging and Containers; Paper & Forest Products;
Performing Arts; Pharmaceuticals; Philanthropy; Photography; Plastics; Political Organization;
Primary/Secondary Education; Printing; Professional Training & Coaching; Program Development; Public Policy;
Public Relations and Communications; Public Safety; Publishing; Railroad Manufacture; Ranching; Real Estate;
Recreational Facilities and Services; Religious Institutions; Renewables & Environment; Research; Restaurants;
Retail; Security and Investigations; Semiconductors; Shipbuilding; Sporting Goods; Sports; Staffing and
Recruiting; Supermarkets; Telecommunications; Textiles; Think Tanks; Tobacco; Translation and Localization;
Transportation/Trucking/Railroad; Utilities; Venture Capital & Private Equity; Veterinary; Warehousing;
Wholesale; Wine and Spirits; Wireless; Writing and Editing
"""
"""The industries that LinkedIn offered to choose from until 2022; Apollo and HubSpot still do."""
SALESFORCE = """
Agriculture; Apparel; Banking; Biotechnology; Chemicals; Communications; Construction; Consulting; Education;
Electronics; Energy; Engineering; Entertainment; Environmental; Finance; Food & Beverage; Government;
Healthcare; Hospitality; Insurance; Machinery; Manufacturing; Media; Not For Profit; Recreation; Retail;
Shipping; Technology; Telecommunications; Transportation; Utilities
"""
"""The industries that Salesforce offers to choose from, but for "Other"."""


def offered(text: str) -> list[str]:
    return [" ".join(name.split()) for name in text.split(";")]


@pytest.mark.parametrize("name", offered(LINKEDIN) + offered(SALESFORCE))
def test_what_linkedin_and_salesforce_offer_is_known(name: str) -> None:
    assert industries_of(name)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("SaaS", ("5132",)),
        ("B2B Software", ("5132",)),
        ("COMPUTER_SOFTWARE", ("5132",)),
        ("Enterprise cloud software solutions", ("5132",)),
        ("Information Technology & Services", ("5415",)),
        ("IT", ("5415",)),
        ("MedTech", ("3391",)),
        ("FinTech", ("5132+52",)),
        ("Maschinenbau", ("333",)),
        ("édition de logiciels", ("5132",)),
        ("Servicios financieros", ("52",)),
        ("Farmacêutica", ("3254",)),
        ("Verzekeringen", ("524",)),
        ("Abbigliamento", ("315",)),
        ("Security", ("5616",)),
        ("Securities", ("523",)),
        ("Retail & E-Commerce", ("44+51929",)),
        ("Banking, Insurance", ("5221", "524")),
        ("Medical device manufacturing", ("3391",)),
        ("Manufacturing > Chemical Manufacturing > Pharmaceuticals", ("3254",)),
        ("Automotive software", ("3361+5132",)),
        ("541511", ("541511",)),
        ("NAICS 541511 - Custom Computer Programming", ("541511",)),
    ],
)
def test_usual_words_are_read(text: str, codes: tuple[str, ...]) -> None:
    assert industries_of(text) == codes


@pytest.mark.parametrize("text", ["", "Other", "-", "it is what it is", "Xyzzy", "999999"])
def test_what_names_no_industry_is_not_known(text: str) -> None:
    assert industries_of(text) == ()


def test_near_is_better_than_far() -> None:
    of_software = [
        similarity(text, "Software") or 0
        for text in ("SaaS", "IT services", "Technology", "Telecommunications", "Newspapers", "Hospitals")
    ]
    assert of_software[0] == 1
    assert of_software[-1] == 0.2
    assert of_software == sorted(of_software, reverse=True)


@pytest.mark.parametrize(
    ("text", "target", "value"),
    [
        ("Brewery", "Beverages", 1.0),  # a part of what is wanted
        ("Manufacturing", "Pharmaceuticals", 0.7),  # may be it
        ("Architecture", "Surveying", 1.0),
        ("Hospitals", "Doctors", 0.5),
        ("Dairy", "Bakeries", 0.7),
        ("Legal services", "IT services", 0.5),
        ("Bank", "Tailor", None),
        ("Software", "FinTech", 0.6),  # half of it
        ("FinTech", "Software", 1.0),
        ("Xyzzy", "xyzzy", 1.0),
        ("Xyzzy", "Software", None),
    ],
)
def test_similarity_goes_by_the_tree(text: str, target: str, value: float | None) -> None:
    assert similarity(text, target) == (value if value is None else pytest.approx(value))


def test_several_industries_count_by_the_nearest() -> None:
    assert similarity("Newspapers; Software", "Software") == 1


@given(st.sampled_from(names()), st.sampled_from(names()))
def test_similarity_of_known_names_is_a_share_and_one_of_the_same(one: str, other: str) -> None:
    value = similarity(one, other)
    assert value is not None
    assert 0.2 <= value <= 1
    assert similarity(one, one) == 1


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    for code in industries_of(text):
        assert title_of(code)


def test_every_code_of_the_tables_has_its_levels_in_naics() -> None:
    compounds = [part for code in COMPOUNDS for part in re.split(r"[+/]", code)]
    kin = [code for _value, codes in KIN for code in codes.split()]
    for code in [*INDUSTRIES, *compounds, *kin]:
        assert re.fullmatch(r"(11|2[123]|3[123]|4[24589]|5[1-6]|6[12]|7[12]|81|92)\d{0,4}", code)
    assert set(compounds) <= set(INDUSTRIES)


def test_titles_say_what_a_code_stands_for() -> None:
    assert title_of("5132") == "Software Publishers"
    assert title_of("541511") == "Custom Computer Programming Services"
    assert title_of("5132+52") == "Software Publishers and Finance and Insurance"


def standard(*industries: str) -> None:
    check_industries(campaign(icp={"industries": list(industries)}, scoring={"model": "standard"}))


def test_known_industries_are_accepted() -> None:
    standard("Software", "SaaS", "Financial Services", "Healthcare", "Cloud Software", "IT", "Forestry")


def test_an_unknown_industry_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigurationError, match=r"'test'.*icp\.industries.*'Sofwtare'.*'[Ss]oftware'"):
        standard("Software", "Sofwtare")


def test_an_industry_like_none_is_refused_with_examples() -> None:
    with pytest.raises(ConfigurationError, match="'Qqqqqq', use a name of NAICS 2022"):
        standard("Qqqqqq")


def test_the_classic_model_takes_any_industry() -> None:
    check_industries(campaign(icp={"industries": ["Qqqqqq"]}, scoring={"model": "classic"}))


@pytest.mark.thirdparty
def test_industries_of_a_file_written_by_others_are_known(thirdparty: Path) -> None:
    column = pd.read_csv(thirdparty / "organizations-1000.csv")["Industry"]
    known = column.map(lambda text: bool(industries_of(text)))
    assert known.mean() > 0.98
