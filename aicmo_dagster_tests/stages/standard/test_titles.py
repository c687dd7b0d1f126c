import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aicmo_dagster.campaign.icp import DEPARTMENTS, LEVELS
from aicmo_dagster.stages.standard import titles
from aicmo_dagster.stages.standard.titles import Reading, department_of, read

LEVEL_OF = {
    "owner": [
        "Founder",
        "Co-Founder & CTO",
        "Business Owner",
        "Owner/Operator",
        "Managing Partner",
        "Partner",
        "Tax Partner",
        "Partner at a law firm",
        "Chef d'entreprise",
        "Associé gérant",
        "Geschäftsführender Gesellschafter",
        "Inhaberin",
        "Mitgründerin",
        "Propietaria",
        "Socio fundador",
        "Titolare",
        "Sócio-proprietário",
        "Directeur-eigenaar",
        "Mede-oprichter",
    ],
    "c_level": [
        "CEO",
        "C.E.O.",
        "C.T.O",
        "Interim CFO",
        "CFO & COO",
        "Chief Executive",
        "Chief Technology Officer",
        "Chief Sales & Marketing Officer",
        "Managing Director",
        "MD",
        "MD, Europe",
        "President",
        "Chairman of the Board",
        "Board Member",
        "Executive Director",
        "General Counsel",
        "VP of Engineering & CTO",
        "Président-Directeur Général",
        "Gérant",
        "DIRECTRICE GÉNÉRALE",
        "Geschäftsführer:in",
        "Geschaeftsfuehrerin",
        "GeschäftsführerIn Vertrieb",
        "Finanzvorstand",
        "Mitglied der Geschäftsleitung",
        "Gerente General",
        "Consejera Delegada",
        "Director Ejecutivo",
        "Amministratore Delegato",
        "A.D.",
        "Direttrice generale",
        "Diretor Executivo",
        "Diretora Geral",
        "Algemeen directeur",
        "Gedelegeerd bestuurder",
    ],
    "vp": [
        "VP, Sales & Marketing (EMEA)",
        "V.P. of Sales",
        "EVP / SVP",
        "AVP",
        "Vice President",
        "Assistant Vice President",
        "Senior Vice-President, Operations",
        "Vice-président ventes",
        "Vizepräsidentin",
        "Vicepresidente comercial",
    ],
    "head": [
        "Head of Marketing",
        "Deputy Head of IT",
        "Global Head, Procurement",
        "Chief of Staff to the CEO",
        "Chief Accountant",
        "School Principal",
        "Dean",
        "Editor-in-Chief",
        "Chef de service",
        "Cheffe de département RH",
        "Vertriebsleiter",
        "Abteilungsleiterin",
        "Bereichsleiter",
        "Leiter/in Vertrieb (m/w/d)",
        "Leitung Einkauf",
        "IT-Leiter",
        "Jefe de ventas",
        "Capo ufficio",
        "Chefe",
        "Hoofd Marketing",
        "Afdelingshoofd",
    ],
    "director": [
        "Director",
        "Sr. Dir. of Sales",
        "Associate Director",
        "Director, Sales",
        "Executive Director of Sales",
        "Creative Director",
        "Directeur commercial",
        "Directeur·rice marketing",
        "Directeur(trice) des ventes H/F",
        "DRH",
        "Vertriebsdirektor",
        "Director Comercial",
        "Subdirectora",
        "Direttore vendite",
        "Diretora Financeira",
        "Verkoopdirecteur",
    ],
    "manager": [
        "Manager",
        "Assistant Manager",
        "Account Manager",
        "Project Manager",
        "Product Manager",
        "General Manager",
        "GM",
        "Sr. Mgr., Operations",
        "Office Manager and Assistant to the CEO",
        "Manager, CEO Office",
        "Partner Manager",
        "Responsable marketing",
        "Chef de projet",
        "Gérante de magasin",
        "Projektleiter",
        "Filialleiterin",
        "Produktmanager*in",
        "Gerente de ventas",
        "Responsabile acquisti",
        "Gerente comercial",
        "Bedrijfsleider",
        "Projectleider",
    ],
    "lead": [
        "Tech Lead",
        "Team Leader",
        "Supervisor",
        "Foreman",
        "Head Nurse",
        "Chef d'équipe",
        "Teamleiterin",
        "Schichtleiter",
        "Jefe de equipo",
        "Caporeparto",
        "Encarregado",
        "Teamleider",
    ],
    "senior": ["Senior Software Engineer", "Sr Analyst", "Principal Engineer", "Staff Engineer", "Oberarzt"],
    "individual_contributor": [
        "Software Engineer",
        "Registered Nurse",
        "Accountant",
        "Account Executive",
        "Marketing Intern",
        "Trainee Sales Manager",
        "Chef",
        "Head Chef",
        "Chef de cuisine",
        "Director of Photography",
        "Art Director",
        "Funeral Director",
        "Product Owner",
        "Process Owner",
        "HR Business Partner",
        "Lead Generation Specialist",
        "Headhunter",
        "Assistant to the CEO",
        "CEO Assistant",
        "Executive Assistant to the CEO and Founder",
        "Executive Assistant, CEO",
        "Office of the CEO",
        "Lab Tech",
        "Founder's Associate",
        "Physician, MD",
        "M.D.",
        "Student Nurse",
        "Zookeeper",
        "Vertriebsmitarbeiter",
        "Halbleiteringenieur",
        "Zugbegleiterin",
        "Assistentin der Geschäftsführung",
        "Referent der Geschäftsleitung",
        "Assistante du directeur général",
        "Secrétaire de direction",
        "Ingénieur d'affaires",
        "Director de cine",
        "Asistente de dirección",
        "Impiegata",
        "Assistente di direzione",
        "Analista de sistemas",
        "Medewerker klantenservice",
        "Directiesecretaresse",
        "Bestuurder van een bus",
    ],
    "other": [
        "Student",
        "Retired",
        "N/A",
        "Volunteer",
        "Looking for opportunities",
        "Ex-CEO",
        "Former Director of Sales",
        "Founder's Office",
        "Aspiring Product Manager",
        "Estudiante",
        "社長",
    ],
}


@pytest.mark.parametrize(
    ("title", "level"), [(title, level) for level, found in LEVEL_OF.items() for title in found]
)
def test_a_title_has_its_level(title: str, level: str) -> None:
    assert read(title).level == level


@pytest.mark.parametrize(
    ("title", "departments"),
    [
        ("VP, Sales & Marketing (EMEA)", ("sales", "marketing")),
        ("Director, Sales", ("sales",)),
        ("Marketing, Director", ("marketing",)),
        ("Technical Product Manager", ("product", "engineering")),
        ("Marketing Operations Manager", ("marketing",)),
        ("IT Project Manager", ("it", "operations")),
        ("CFO", ("finance",)),
        ("Chief Information Security Officer", ("it",)),
        ("CEO", ("general_management",)),
        ("Co-Founder & CTO", ("engineering", "general_management")),
        ("Managing Director Sales", ("sales",)),
        ("Product Manager, CEO", ("general_management",)),
        ("Assistant to the Sales Director", ("administration",)),
        ("Manager", ()),
        ("Vertriebsmitarbeiter", ("sales",)),
        ("Innovationsmanager", ("research",)),
        ("Responsable des ressources humaines", ("human_resources",)),
        ("Director de compras", ("procurement",)),
        ("Responsabile logistica", ("operations",)),
        ("Gerente financeiro", ("finance",)),
        ("Medewerker klantenservice", ("customer_success",)),
        ("Rechtsanwältin", ("legal",)),
        ("Registered Nurse", ("health",)),
        ("Professor of Physics", ("education", "research")),
        ("Director of Photography", ("media",)),
        ("UX Designer", ("design",)),
        ("Data Scientist", ("data",)),
        ("Head Chef", ("other",)),
    ],
)
def test_a_title_has_its_departments_the_main_one_first(title: str, departments: tuple[str, ...]) -> None:
    assert read(title).departments == departments


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("Sales & BizDev", "sales"),
        ("engineering_technical", "engineering"),
        ("information_technology", "it"),
        ("master_human_resources", "human_resources"),
        ("medical_health", "health"),
        ("product_management", "product"),
        ("C-Suite", "general_management"),
        ("customer_success", "customer_success"),
        ("Vertrieb", "sales"),
        ("other", "other"),
        ("Third floor", None),
        ("", None),
    ],
)
def test_a_source_says_a_department_in_its_own_words(text: str, department: str | None) -> None:
    assert department_of(text) == department


def test_a_column_is_read_with_its_index_and_an_order() -> None:
    column = pd.Series(["CFO", None, "Sales Director", "CFO", "--"], index=[5, 4, 3, 2, 1], dtype="str")
    levels = titles.levels(column)
    assert levels.index.tolist() == [5, 4, 3, 2, 1]
    assert levels.cat.ordered
    assert levels.cat.categories.tolist() == list(LEVELS)
    assert levels.dropna().tolist() == ["c_level", "director", "c_level"]
    departments = titles.departments(column)
    assert departments.dropna().to_dict() == {5: "finance", 3: "sales", 2: "finance"}


def test_an_empty_column_stays_one() -> None:
    assert titles.levels(pd.Series([], dtype="str")).empty
    assert titles.departments(pd.Series([], dtype="str")).empty


WORDS = st.sampled_from(
    [
        "CEO",
        "VP",
        "Director",
        "Head",
        "Manager",
        "Lead",
        "Senior",
        "Engineer",
        "Assistant",
        "Sales",
        "Marketing",
        "of",
        "to",
        "the",
        "and",
        ",",
        "/",
        "-",
        "(",
        ")",
        "Chef",
        "Leiter",
        "Geschäftsführer",
        "Directeur",
        "Responsable",
        "Gerente",
        "Direttore",
        "Hoofd",
        "Partner",
        "Owner",
        "Founder",
        "Chief",
        "Officer",
        "Principal",
        "Executive",
        "Former",
        "Student",
        "Intern",
        "Product",
        "MD",
        "de",
        "der",
        "at",
        "Secretary",
        "President",
        "Vice",
    ]
)
TITLES = st.one_of(st.lists(WORDS, max_size=8).map(" ".join), st.text(max_size=60))


@given(TITLES)
def test_any_text_is_read(title: str) -> None:
    found = read(title)
    assert found.level is None or found.level in LEVELS
    assert set(found.departments) <= set(DEPARTMENTS)
    assert len(set(found.departments)) == len(found.departments)


@given(st.text(alphabet=" .,;:/|()-–—_*·•&'\n\t", max_size=20).filter(lambda text: "&" not in text))
def test_a_text_without_a_word_has_no_level(text: str) -> None:
    assert read(text) == Reading(None)


@given(TITLES.filter(str.isascii), st.sampled_from([str.lower, str.upper, str.title]))
@example("Geschaeftsfuehrer", str.upper)
def test_case_and_spacing_change_nothing(title: str, recased: object) -> None:
    assert callable(recased)
    assert read(f"  {recased(title)} ") == read(title)


@pytest.mark.parametrize("title", [title for found in LEVEL_OF.values() for title in found])
def test_accents_change_nothing(title: str) -> None:
    plain = title.translate(str.maketrans("éèêàçäöüñíóúáãôõ", "eeeacaounioaaaoo"))
    assert read(plain).level == read(title).level


@given(TITLES)
def test_to_assist_somebody_never_raises_the_level(title: str) -> None:
    alone = read(title).level
    assisting = read(f"assistant to the {title}").level
    assert assisting is not None
    allowed = min(LEVELS.index(alone or "other"), LEVELS.index("individual_contributor"))
    assert LEVELS.index(assisting) >= allowed
