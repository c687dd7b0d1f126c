"""Work done once per distinct value of a column."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa


def per_distinct(column: pa.Array, function: Callable[[str], Any], kind: pa.DataType) -> pa.Array:
    """Returns the column with `function` applied, called once per distinct text; null stays null."""
    encoded = column.dictionary_encode()
    return pa.array([function(text) for text in encoded.dictionary.to_pylist()], kind).take(encoded.indices)
