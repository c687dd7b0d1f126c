"""Cells that a spreadsheet would run as a formula, made harmless in a way that can be undone exactly.

A cell that begins with one of `= + - @` (also in full width), a tab or a line end, behind any blanks and
apostrophes, gets an apostrophe in front: what OWASP's page "CSV Injection" advises. Counting apostrophes as
blanks is what makes it exact: `'=x` becomes `''=x`, and taking one away gives `'=x` again, while `'s-Hertogenbosch`
is left alone both ways.
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

_FORMULA = "[ \\t\\r\\n']*[=+\\-@\\t\\r\\n＝＋－＠]"
_DANGEROUS = re.compile(_FORMULA)
_NEUTRAL = re.compile("'" + _FORMULA)


def neutral(cell: str) -> str:
    """Returns the cell as it may be written to a file that a person opens in a spreadsheet."""
    return f"'{cell}" if _DANGEROUS.match(cell) else cell


def undone(cell: str) -> str:
    """Returns the cell that `neutral` was given."""
    return cell[1:] if _NEUTRAL.match(cell) else cell


def undone_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Returns a column of text with every cell `undone`."""
    return pc.replace_substring_regex(column, f"^'({_FORMULA})", r"\1", max_replacements=1)
