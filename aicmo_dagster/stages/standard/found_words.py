"""Which of the words that a campaign wants stand in the texts of a lead, as whole words."""

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

BoolArray = npt.NDArray[np.bool_]
_WORD = re.compile(r"[^\W_]+[+#]*|&")


def found(column: pd.Series, wanted: Sequence[str]) -> BoolArray:
    """Row by row, whether each of `wanted` stands in the text: a column per wanted; all False where it is missing.

    Case and accents do not matter, "&" is "and"; "C" is neither "C++" nor "C#".
    """
    codes, distinct = pd.factorize(column)
    texts = _plain(pa.array(distinct.astype("str"), pa.large_string()))
    answers = np.zeros((len(distinct) + 1, len(wanted)), dtype=bool)  # the last row is that of missing texts
    for number, words in enumerate(wanted):
        pattern, literal = _pattern(words)
        if pattern:
            # Looking for a word's letters is ten times cheaper than for the word.
            maybe = np.flatnonzero(pc.match_substring(texts, literal).to_numpy(zero_copy_only=False))
            there = pc.match_substring_regex(texts.take(maybe), pattern)
            answers[maybe, number] = there.to_numpy(zero_copy_only=False)
    return answers[codes]


def found_in(text: object, wanted: Sequence[str]) -> list[str]:
    """Those of `wanted` that stand in one text; none in None."""
    here = found(pd.Series([text], dtype="str"), wanted)[0]
    return [words for words, there in zip(wanted, here.tolist(), strict=True) if there]


@lru_cache(maxsize=1 << 10)
def _pattern(words: str) -> tuple[str, str]:
    """An expression of RE2, which has no look-around, and letters that every match has; "" without a word."""
    [plain] = _plain(pa.array([words], pa.large_string())).to_pylist()
    found = _WORD.findall(plain)
    parts = ["(?:and|&)" if word in ("and", "&") else re.escape(word) for word in found]
    literal = max((word for word in found if word not in ("and", "&")), key=len, default="")
    between = r"(?:[^\pL\pN+#]+|\b)".join(parts)
    return (rf"(?:^|[^\pL\pN]){between}(?:$|[^\pL\pN+#])" if parts else ""), literal


def _plain(texts: pa.Array) -> pa.Array:
    """In lower case, without accents."""
    if pc.all(pc.string_is_ascii(texts)).as_py():
        return pc.ascii_lower(texts)
    return pc.utf8_lower(pc.replace_substring_regex(pc.utf8_normalize(texts, "NFKD"), r"\p{Mn}", ""))
