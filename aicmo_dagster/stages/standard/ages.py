"""Ages in whole days, so that scoring twice on a day gives the same."""

import numpy as np
import pandas as pd
import pyarrow as pa

from aicmo_dagster.stages.model import FloatArray


def days_before(as_of: pd.Series, column: pd.Series) -> FloatArray:
    """Whole UTC days from the date of `column` to that of `as_of`; negative where it is later, NaN where missing.

    `column` holds dates (`lead.DATE`) or instants in UTC, `as_of` instants.
    """
    return _days(as_of) - _days(column)


def _days(column: pd.Series) -> FloatArray:
    """Days since 1970."""
    if isinstance(column.dtype, pd.ArrowDtype):
        days = pa.array(column.array).cast(pa.int32()).cast(pa.float64())
        return np.asarray(days.to_numpy(zero_copy_only=False), dtype=float)
    instants = column.to_numpy(dtype="datetime64[D]")
    missing = np.isnat(instants)
    days = instants.view(np.int64).astype(float)
    if missing.any():
        days[missing] = np.nan
    return days
