"""JSON objects as text, one per row, made column by column."""

import json
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

_TEXT = pa.large_string()
# Without the three that JSON has short escapes for. NUL is left out: PostgreSQL's jsonb refuses it.
_RARE = [chr(code) for code in range(0x20) if chr(code) not in "\n\r\t"]


def json_objects(columns: Mapping[str, pa.ChunkedArray], rows: int) -> pa.Array | pa.ChunkedArray:
    """Returns a large_string array of `rows` JSON objects with the columns' values that are not null.

    Null where a row has none. The columns are large_string arrays; NUL is left out of the values.
    """
    members = [_members(name, column) for name, column in columns.items() if column.null_count < len(column)]
    if not members:
        return pa.nulls(rows, _TEXT)
    # Each member brings its comma: null_handling="skip" of pyarrow 26 loses the rows where all are null.
    joined = pc.binary_join_element_wise(*members, _scalar(""), null_handling="replace", null_replacement="")
    objects = pc.binary_join_element_wise(_scalar("{"), joined, _scalar("}"), _scalar(""))
    objects = pc.replace_substring(objects, "{, ", "{", max_replacements=1)
    return pc.if_else(pc.equal(joined, ""), pa.scalar(None, _TEXT), objects)


def merge_objects(first: pa.ChunkedArray, second: pa.ChunkedArray) -> pa.ChunkedArray:
    """Returns objects with the members of both, which must not share names; null where both are null."""
    both = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(first, 0, -1), pc.utf8_slice_codeunits(second, 1), _scalar(", ")
    )
    return pc.coalesce(both, first, second)


def _members(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    key = json.dumps(name.replace("\0", ""), ensure_ascii=False)
    prefix = f', {key}: "'
    return pc.binary_join_element_wise(_scalar(prefix), _escaped(column), _scalar('"'), _scalar(""))


def _escaped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pc.any(pc.match_substring_regex(column, r'["\\\x00-\x1f]')).as_py():
        return column
    for character, escape in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        column = pc.replace_substring(column, character, escape)
    if pc.any(pc.match_substring_regex(column, r"[\x00-\x1f]")).as_py():
        for character in _RARE:
            escape = "" if character == "\0" else f"\\u{ord(character):04x}"
            column = pc.replace_substring(column, character, escape)
    return column


def _scalar(text: str) -> pa.Scalar:
    return pa.scalar(text, _TEXT)
