"""Tables whose labels follow a known rule."""

import numpy as np
import numpy.typing as npt
import pandas as pd


def table(rows: int, seed: int = 1) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
    """Numbers, words, both with gaps; the log-odds of the label are a sum of the first two and their product."""
    random = np.random.default_rng(seed)
    size = random.lognormal(4, 1, rows)
    trade = random.choice(["software", "mining", "retail"], rows)
    log_odds = (
        -1.5
        + 0.8 * (np.log(size) - 4)
        + 1.2 * (trade == "software") * (size > 50)
        - 0.7 * (trade == "mining")
    )
    labels = random.random(rows) < 1 / (1 + np.exp(-log_odds))
    frame = pd.DataFrame(
        {
            "size": np.where(random.random(rows) < 0.1, np.nan, size),
            "trade": pd.Series(trade, dtype="str").mask(random.random(rows) < 0.1),
            "noise": random.normal(size=rows),
            "empty": pd.array([None] * rows, dtype="str"),
        }
    )
    return frame, labels
