"""The six intent signals as arrays. A signal is true, false or unknown, never text: "False" is not false."""

import numpy as np
import numpy.typing as npt
import pandas as pd

BoolArray = npt.NDArray[np.bool_]


def true_signal(leads: pd.DataFrame, name: str) -> BoolArray:
    """Where the signal is known to be true. Raises TypeError where the column is not boolean."""
    return _boolean(leads, name).to_numpy(dtype=bool, na_value=False)


def known_signal(leads: pd.DataFrame, name: str) -> BoolArray:
    """Where the signal is known at all. Raises TypeError where the column is not boolean."""
    return _boolean(leads, name).notna().to_numpy()


def _boolean(leads: pd.DataFrame, name: str) -> "pd.Series[bool]":
    column = leads[name]
    if not (isinstance(column.dtype, pd.BooleanDtype) or column.dtype == np.dtype(bool)):
        raise TypeError(
            f"the signal {name!r} has the type {column.dtype}; signals must be 'boolean' (true, false or "
            "unknown), which stages.harvest makes of a source's text"
        )
    return column
