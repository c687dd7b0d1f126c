"""Text compared by whole words, case and accents folded: "DIRECTEUR Général" is "directeur general".

By whole words, because "director" contains "cto" and "coordinator" contains "coo".
"""

import re
import unicodedata
from functools import lru_cache

_APOSTROPHE_S = re.compile(r"['’`]s\b")
_NO_WORD = re.compile(r"[\W_]+")


@lru_cache(maxsize=1 << 16)
def fold(text: str) -> str:
    """`text` in lower case without accents, its words parted by single blanks; "" where it has no word.

    "&" becomes "and"; the letters of an abbreviation stay apart ("C.E.O." is "c e o").
    """
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text)
        text = "".join(letter for letter in parts if not unicodedata.combining(letter))
    text = _APOSTROPHE_S.sub("s", text.casefold().replace("&", " and "))
    return _NO_WORD.sub(" ", text).strip()


def equal_words(a: str, b: str) -> bool:
    """Whether both say the same words; False where either has none."""
    return fold(a) == fold(b) != ""


def contains_words(a: str, b: str) -> bool:
    """Whether the words of one occur side by side, as whole words, in the other."""
    first, second = f" {fold(a)} ", f" {fold(b)} "
    if first.isspace() or second.isspace():
        return False
    return first in second or second in first
