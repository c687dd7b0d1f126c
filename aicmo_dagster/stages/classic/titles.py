"""The level of a job title, by whole words and known abbreviations in seven languages.

A title is cut into roles at commas, slashes and the like. In each role the longest known phrase is taken
from left to right, so that "vice president" is not also a "president" and a "product owner" owns nothing.
What stands behind "to", "for" or "of the" is another person's level, and so is what stands beside
"assistant". The highest level of all roles is the title's.
"""

import re
from functools import lru_cache

import numpy as np
import pandas as pd

from aicmo_dagster.stages.words import fold

LEVELS: tuple[str, ...] = (
    "c_level",
    "founder",
    "president",
    "vp",
    "executive",
    "director",
    "head",
    "manager",
    "lead",
    "senior",
    "other",
)
"""Highest first."""

_PHRASES: dict[str, str] = {
    "c_level": """
        ceo, cto, cfo, coo, cmo, cio, cro, cpo, cso, ciso, chro, cdo, cco, clo, cao, cbo, cgo, cpto, cxo,
        c level, chief executive, pdg, dg, president directeur general, presidente directrice generale,
        directeur general, directrice generale, gerant, gerante, dirigeant, dirigeante, chef d entreprise,
        geschaftsfuhrer, geschaftsfuhrerin, geschaeftsfuehrer, geschaeftsfuehrerin, geschaftsfuhrung,
        geschaftsfuhrender gesellschafter, geschaftsfuhrende gesellschafterin, geschaeftsfuehrung,
        geschaftsleiter, geschaftsleiterin, geschaftsleitung, vorstand, vorstandin, vorstandsvorsitzender,
        vorstandsvorsitzende, vorstandsmitglied, mitglied des vorstands, hauptgeschaftsfuhrer,
        director general, directora general, director ejecutivo, directora ejecutiva, gerente general,
        consejero delegado, consejera delegada, administrador unico, administradora unica,
        amministratore delegato, amministratrice delegata, amministratore unico, amministratrice unica,
        direttore generale, direttrice generale, diretor geral, diretora geral, diretor executivo,
        diretora executiva, diretor presidente, diretora presidente, administrador delegado,
        algemeen directeur, gedelegeerd bestuurder, afgevaardigd bestuurder, bestuursvoorzitter,
        zaakvoerder, zaakvoerster""",
    "founder": """
        founder, cofounder, owner, proprietor, grunder, grunderin, gruender, gruenderin, mitgrunder,
        mitgrunderin, mitgruender, inhaber, inhaberin, eigentumer, eigentumerin, fondateur, fondatrice,
        cofondateur, cofondatrice, proprietaire, fundador, fundadora, cofundador, cofundadora, propietario,
        propietaria, dueno, duena, fondatore, cofondatore, titolare, proprietario, proprietaria, dono,
        oprichter, oprichtster, medeoprichter, eigenaar, eigenaresse""",
    "president": """
        president, presidente, presidenta, prasident, prasidentin, praesident, praesidentin, chairman,
        chairwoman, chairperson, voorzitter""",
    "vp": """
        vp, svp, evp, avp, rvp, gvp, vice president, vicepresident, vice presidente, vicepresidente,
        vice presidenta, vicepresidenta, vizeprasident, vizeprasidentin, vizepraesident, vizepraesidentin,
        vice chair, vice chairman, vice chairwoman""",
    "executive": """
        executive director, executive officer, executive board, executive committee, managing director,
        managing partner, general partner, senior partner, equity partner, board member, board director,
        member of the board, general counsel, company secretary, secretary general, general secretary,
        secretaire general, secretaire generale, generalsekretar, generalsekretarin, prokurist,
        prokuristin, aufsichtsrat, directeur general adjoint, directrice generale adjointe, socio director,
        socia directora, dirigente, bestuurder, bestuurslid, directielid""",
    "director": """
        director, directora, directeur, directrice, direktor, direktorin, direttore, direttrice, diretor,
        diretora, directrix, subdirector, subdirectora, vicedirettore, drh, dsi, daf""",
    "head": """
        head, hoofd, afdelingshoofd, leiter, leiterin, leitung, jefe, jefa, capo, chefe, chef de service,
        chef de departement, chef de division, chef du service, chief of staff""",
    "manager": """
        manager, manageress, manageuse, gerente, responsable, responsabile, responsavel, verantwoordelijke,
        projektleiter, projektleiterin, projektleitung, filialleiter, filialleiterin, bauleiter,
        bauleiterin, chef de projet, chef de produit, chef de chantier, jefe de proyecto, jefa de proyecto,
        jefe de producto, jefa de producto, capo progetto, capoprogetto, projectleider, projectleidster,
        bedrijfsleider, bedrijfsleidster""",
    "lead": """
        lead, leader, lider, teamlead, techlead, teamleiter, teamleiterin, teamleitung, gruppenleiter,
        gruppenleiterin, schichtleiter, schichtleiterin, leitender, leitende, chef d equipe, jefe de equipo,
        jefa de equipo, capo squadra, caposquadra, teamleider, teamleidster""",
    "senior": "senior, principal",
    # Crafts, functions and things that only look like a rank.
    "other": """
        art director, art direktor, director of photography, photography director, casting director,
        film director, video director, stage director, theatre director, theater director, music director,
        funeral director, directeur artistique, directrice artistique, directeur de la photographie,
        directrice de la photographie, director de arte, directora de arte, director de fotografia,
        directora de fotografia, diretor de arte, diretora de arte, diretor de fotografia,
        direttore della fotografia, product owner, process owner, service owner, system owner, data owner,
        lead generation, lead gen, lead management, lead qualification, head office, head and neck,
        senior living, senior care""",
}
_LEVEL_OF: dict[tuple[str, ...], str] = {
    tuple(phrase.split()): level for level, text in _PHRASES.items() for phrase in text.split(",")
}
_LONGEST = max(map(len, _LEVEL_OF))

_SAME_WORD = {
    "sr": "senior",
    "snr": "senior",
    "dir": "director",
    "mgr": "manager",
    "mngr": "manager",
    "exec": "executive",
    "pres": "president",
    "asst": "assistant",
}

# Compounds that German and Dutch write as one word. A semiconductor ("Halbleiter") and a companion
# ("Zugbegleiter") lead nobody.
_COMPOUNDS = (
    (re.compile(r"\w+(?<!halb)(?<!beg)(?<!ab)(?:leiter|leiterin|leitung)"), "head"),
    (re.compile(r"\w+(?:direktor|direktorin|directeur|directrice)"), "director"),
    (re.compile(r"\w+(?:manager|managerin)"), "manager"),
)
_AIDE = re.compile(
    r"\w*(?:assistant|assistante|assistent|assistentin|assistente|assistenz|assistentie|asistente|asistenta)"
    r"|\w*(?:sekretar|sekretarin|sekretariat)|secretary|secretaire|secretari[ao]|segretari[ao]|secretaresse"
)
_AND = frozenset({"and", "und", "et", "y", "e", "en"})
_OTHERS = frozenset({("to",), ("for",), ("of", "the"), ("of", "our")})
_NO_MORE = frozenset({"former", "formerly", "ex", "retired", "aspiring"})
_ROLE_BREAK = re.compile(r"[,;/|()\[\]\n•·–—]|\s-\s")
_DOTTED = re.compile(r"\b(?:\w\.\s?){2,}")
_MANAGING_DIRECTOR = re.compile(r"^\s*MD\b")


def levels(titles: pd.Series) -> pd.Series:
    """The level of each title, one of `LEVELS`, missing where there is no title.

    An ordered categorical with the index of `titles`; computed once per distinct title.
    """
    codes, distinct = pd.factorize(titles)
    found = [level(title) for title in distinct.tolist()]
    of_distinct = np.array([*(LEVELS.index(one) if one else -1 for one in found), -1], dtype=np.intp)
    categories = pd.Categorical.from_codes(of_distinct[codes], pd.Index(LEVELS), ordered=True)
    return pd.Series(categories, index=titles.index, name=titles.name)


@lru_cache(maxsize=1 << 16)
def level(title: str) -> str | None:
    """The level of one title, one of `LEVELS`; None where the text has no word."""
    if not fold(title):
        return None
    title = _MANAGING_DIRECTOR.sub("Managing Director", title)
    title = _DOTTED.sub(lambda dotted: re.sub(r"[.\s]", "", dotted.group()) + " ", title)
    found = {"other"}
    for role in _ROLE_BREAK.split(title):
        words = [_SAME_WORD.get(word, word) for word in fold(role).split()]
        found.update(_levels_of_role(words))
    return min(found, key=LEVELS.index)


def _levels_of_role(words: list[str]) -> list[str]:
    if words in (["partner"], ["executive"], ["senior", "executive"], ["chair"]):
        return ["president" if words == ["chair"] else "executive"]
    found: list[str] = []
    since_and = 0
    i = 0
    while i < len(words):
        if tuple(words[i : i + 1]) in _OTHERS or tuple(words[i : i + 2]) in _OTHERS or words[i] in _NO_MORE:
            break
        length, rank = _phrase_at(words, i)
        if rank:
            found.append(rank)
        elif _AIDE.fullmatch(words[i]):
            # Of "CEO assistant" only the assistant is the lead; an "assistant director" directs.
            found[since_and:] = [rank for rank in found[since_and:] if rank == "senior"]
            beside = _phrase_at(words, i + 1)[1]
            joined = i + 1 < len(words) and words[i + 1] in _AND
            if not joined and beside not in ("vp", "director", "head", "manager", "lead"):
                break
        elif words[i] in _AND:
            since_and = len(found)
        i += length
    return found


def _phrase_at(words: list[str], start: int) -> tuple[int, str | None]:
    """How many words the phrase at `start` takes, and its level; 1 and None where none begins there."""
    if words[start : start + 1] == ["chief"] and "officer" in words[start + 1 : start + 6]:
        return words.index("officer", start) - start + 1, "c_level"
    for length in range(min(_LONGEST, len(words) - start), 0, -1):
        rank = _LEVEL_OF.get(tuple(words[start : start + length]))
        if rank:
            return length, rank
    if start < len(words):
        if words[start] == "chief":
            return 1, "head"
        for pattern, rank in _COMPOUNDS:
            if pattern.fullmatch(words[start]):
                return 1, rank
    return 1, None
