"""Words of a title that mean what their neighbours say: chief, head, principal, partner, executive, chef …"""

from aicmo_dagster.campaign.icp import Department
from aicmo_dagster.stages.standard.titles.lexicon import Term, of_word, phrase_at, phrases
from aicmo_dagster.stages.standard.titles.marks import Kind

_OFFICES: dict[str, Department] = {
    "executive": "general_management",
    "operating": "operations",
    "operations": "operations",
    "information": "it",
    "digital": "it",
    "security": "it",
    "technology": "engineering",
    "technical": "engineering",
    "administrative": "administration",
    "strategy": "general_management",
    "business": "general_management",
    "transformation": "general_management",
    "experience": "customer_success",
    "commercial": "sales",
    "content": "marketing",
    "investment": "finance",
}
"""What a chief … officer is in charge of, where the word alone says something else or nothing."""

_NO_PARTNERS = frozenset(
    phrases("""
    acquisition, alliance, alliances, business, care, channel, client, community, customer, dance,
    data, delivery, development, engagement, finance, growth, hr, innovation, it, learning, life,
    marketing, people, recruiting, recruitment, sales, service, solution, solutions, sourcing,
    sparring, strategic, success, talent, technology, training
""")
)
"""Before "partner" they make an employee or a reseller of the partner of a firm."""

_NO_OWNERS = frozenset(
    phrases("""
    api, application, budget, capability, category, content, data, delivery, development, feature,
    journey, platform, portfolio, process, product, program, project, risk, service, software,
    solution, stream, system, systems, technology
""")
)
"""Before "owner" they make an employee of the owner of a firm."""

_BUSINESS = frozenset(("business", "biz", "product", "sales", "corporate", "market"))
_SCHOOLS = frozenset(
    phrases("academy, assistant, college, deputy, elementary, high, middle, primary, school, secondary, vice")
)
_OF_ROMANCE = frozenset(("d", "da", "de", "des", "do", "du", "van"))
_FIRMS = frozenset(("", "entreprise", "l", "sarl", "societe"))
_ENDS_ROLE = frozenset(("", "and", "at", "for", "in", "of", "to"))
_OF_CHEFS = frozenset(phrases("magasin, produit, produits, projet, projets, secteur, rayon, agence, zone"))
_MANAGER = Term(Kind.RANK, "manager")
_LEAD = Term(Kind.RANK, "lead")


def term_at(words: list[str], i: int) -> tuple[Term | None, int]:
    """The longest term at word `i`, in the light of the words beside it, and how many words it takes."""
    word = words[i]
    if word == "chief" and (chief := _chief(words, i)) is not None:
        return chief
    term, length = phrase_at(words, i)
    if length == 1 and word in _BY_NEIGHBOURS:
        before = words[i - 1] if i else ""
        after = words[i + 1] if i + 1 < len(words) else ""
        if word == "executive" and after == "director":
            # Without a department, who runs an organisation.
            whole = not before and i + 2 == len(words)
            return Term(Kind.RANK, "c_level" if whole else "director"), 2
        if word in ("gerant", "gerante"):
            of = words[i + 2] if i + 2 < len(words) else ""
            return (_MANAGER if after in _OF_ROMANCE and of not in _FIRMS else term), 1
        return _single(word, before, after, term), 1
    return term, length


_BY_NEIGHBOURS = frozenset(
    phrases(
        "ad, arts, bestuurder, chair, chef, chefe, cheffe, dev, eng, executive, gerant, gerante, head, md, "
        "owner, partner, principal, tech"
    )
)


def _single(word: str, before: str, after: str, term: Term | None) -> Term | None:
    follows = of_word(after) if after else None
    craft_follows = follows is not None and follows.kind is Kind.CRAFT
    if word == "head":
        return _LEAD if craft_follows else term
    if word == "principal":
        if after in _ENDS_ROLE and before in _SCHOOLS:
            return Term(Kind.RANK, "head", "education")
        return Term(Kind.RANK, "head" if after in _ENDS_ROLE and not before else "senior")
    if word == "partner":
        if after not in _ENDS_ROLE:
            return Term(Kind.FIELD, None, "sales")
        return Term(Kind.CRAFT, "individual_contributor") if before in _NO_PARTNERS else _PARTNER
    if word == "executive":
        if not before and not after:
            return Term(Kind.RANK, "c_level")
        return None if follows is not None and follows.kind is not Kind.AND else term
    if word in ("chef", "cheffe", "chefe"):
        # A cook alone, but in French and Portuguese in charge of what "de" names.
        if after in _OF_ROMANCE:
            return _MANAGER
        if (
            follows is not None
            and follows.kind is Kind.FIELD
            and follows.department != "other"
            and not before
        ):
            return _MANAGER if after in _OF_CHEFS else Term(Kind.RANK, "head")
        return _LEAD if craft_follows and not before else term
    if word == "chair":
        return Term(Kind.RANK, "c_level" if before in ("", "board", "co") else "head")
    if word == "ad" and not before and not after:
        return Term(Kind.RANK, "c_level", "general_management")  # amministratore delegato
    if word in ("tech", "dev", "eng") and before and not after and before not in _BUSINESS:
        return Term(Kind.CRAFT, "individual_contributor", None if word == "tech" else "engineering")
    if word == "owner" and before in _NO_OWNERS:
        return Term(Kind.CRAFT, "individual_contributor")
    if word == "bestuurder" and after == "van":
        return Term(Kind.CRAFT, "individual_contributor", "operations")
    if (word == "md" and before) or (word == "arts" and not before and not after):
        return Term(Kind.CRAFT, "individual_contributor", "health")
    return term


_PARTNER = Term(Kind.RANK, "owner")


def _chief(words: list[str], start: int) -> tuple[Term, int] | None:
    """ "Chief … officer" as one term; "chief marketing" likewise, but not "chief engineer"."""
    end = words.index("officer", start) if "officer" in words[start + 1 : start + 8] else None
    between = words[start + 1 : end if end is not None else start + 2]
    if not between:
        return None
    department: Department | None = None
    for i, word in enumerate(between):
        term = phrase_at(between, i)[0]
        said = _OFFICES.get(word) if len(between) < 3 else None
        department = department or said or (term.department if term else None)
    if end is not None:
        return Term(Kind.RANK, "c_level", department), end - start + 1
    follows = of_word(between[0])
    if phrase_at(words, start)[1] > 1 or (follows is not None and follows.kind is not Kind.FIELD):
        return None
    if between[0] in _OFFICES or follows is not None:
        return Term(Kind.RANK, "c_level", department), 2
    return None
