import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.stages.classic.titles import LEVELS, level, levels

TITLES = {
    "c_level": [
        "CEO",
        "C.E.O.",
        "CTO",
        "Interim CFO",
        "Chief Technology Officer",
        "Chief Sales & Marketing Officer",
        "Chief Executive",
        "Geschäftsführer",
        "Geschaeftsfuehrerin",
        "Geschäftsführer:in",
        "GeschäftsführerIn Vertrieb",
        "PDG",
        "Président-Directeur Général",
        "DIRECTRICE GÉNÉRALE",
        "Director General",
        "Gerente General",
        "Consejera Delegada",
        "Amministratore Delegato",
        "Diretor Geral",
        "Algemeen directeur",
        "Gedelegeerd bestuurder",
    ],
    "founder": ["Founder", "Co-Founder", "Owner", "Inhaberin", "Fondatrice", "Propietario", "Oprichter"],
    "president": ["President", "Présidente", "Präsident", "Chairwoman of the Board"],
    "vp": [
        "VP Sales",
        "V.P. of Sales",
        "Vice President",
        "Senior Vice-President, EMEA",
        "VP, Sales & Marketing (EMEA)",
        "Executive Vice President",
        "Assistant Vice President",
        "Vicepresidente",
        "Vizepräsidentin",
    ],
    "executive": ["Managing Director", "MD, Europe", "Executive Director", "Executive", "Bestuurder"],
    "director": [
        "Director",
        "Dir. of Sales",
        "Sales Director - EMEA",
        "Creative Director",
        "Assistant Director of Sales",
        "Directeur commercial",
        "Direktorin",
        "Vertriebsdirektor",
        "Direttore vendite",
        "Diretora",
        "Verkoopdirecteur",
    ],
    "head": [
        "Head of Marketing",
        "Leiter Vertrieb",
        "Vertriebsleiterin",
        "Abteilungsleitung Einkauf",
        "Jefe de ventas",
        "Chef de service",
        "Capo reparto",
        "Hoofd Marketing",
        "Chief of Staff to the CEO",
    ],
    "manager": [
        "Sr. Manager, Operations",
        "Housing manager/officer",
        "Gerente",
        "Responsable marketing",
        "Chef de projet",
        "Projektleiter",
        "Produktmanagerin",
        "Office Manager and Assistant to the CEO",
    ],
    "lead": ["Tech Lead", "Lead Engineer", "Team Leader", "Teamleiterin", "Chef d'équipe", "Teamleider"],
    "senior": ["Senior Software Engineer", "Sr Analyst", "Principal Engineer", "Senior Art Director"],
    "other": [
        "Software Engineer",
        "Coordinator",
        "Marketing Coordinator",
        "Assistant to the CEO",
        "Executive Assistant",
        "Executive Assistant to the CEO and Founder",
        "CEO Assistant",
        "Office of the CEO",
        "Assistentin der Geschäftsführung",
        "Assistante du directeur général",
        "Former CEO",
        "Account Executive",
        "Product Owner",
        "HR Business Partner",
        "Art Director",
        "Director of Photography",
        "Lead Generation Specialist",
        "Head Office Receptionist",
        "Founder's Associate",
        "Halbleiteringenieur",
        "Zugbegleiter",
        "Headhunter",
        "社長",
    ],
}


@pytest.mark.parametrize(
    ("title", "expected"), [(t, name) for name, titles in TITLES.items() for t in titles]
)
def test_a_title_has_its_level(title: str, expected: str) -> None:
    assert level(title) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Founder & CEO", "c_level"),
        ("Head of Sales / VP EMEA", "vp"),
        ("President, Director", "president"),
        ("Senior Manager", "manager"),
        ("CTO-Director", "c_level"),
        ("Executive Assistant and Office Manager", "manager"),
    ],
)
def test_of_several_roles_the_highest_counts(title: str, expected: str) -> None:
    assert level(title) == expected


def test_no_title_has_no_level() -> None:
    titles = pd.Series(["CEO", None, " - ", "CEO"], index=[7, 3, 5, 1], dtype="str")
    found = levels(titles)
    assert found.index.tolist() == [7, 3, 5, 1]
    assert found.isna().tolist() == [False, True, True, False]
    assert found[7] == found[1] == "c_level"


def test_levels_are_ordered_and_empty_input_is_fine() -> None:
    assert levels(pd.Series([], dtype="str")).cat.categories.tolist() == list(LEVELS)


@given(st.text())
def test_every_text_has_a_level_or_no_word(title: str) -> None:
    assert level(title) in (*LEVELS, None)


@given(
    st.text(st.characters(categories=("Ll", "Lu", "Zs", "Nd"))), st.sampled_from(["Director", "Coordinator"])
)
def test_a_second_role_never_lowers_the_level(first: str, second: str) -> None:
    both = level(f"{first}, {second}")
    alone = level(first)
    assert both is not None
    assert alone is None or LEVELS.index(both) <= LEVELS.index(alone)
