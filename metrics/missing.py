"""What people without a second score leave open: the same rate counted four ways, side by side, so that none of them stands alone.

Sources: Manski (1990), Am Econ Rev 80:319-323 (worst-case bounds); NHS Talking Therapies counts the missing as not improved.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from metrics.intervals import wilson

WAYS = ("paired only", "missing as not improved", "lowest possible", "highest possible")


def ways(numerator: ArrayLike, paired: ArrayLike, due: ArrayLike, about_gain: bool = True, confidence: float = 0.95) -> pd.DataFrame:
    """One row per way of counting and per element of the counts (`item`): item, way, numerator, denominator, value, lower, upper.

    Paired only; missing as not improved (for a rate about getting worse: as not worse, the same count); the lowest possible (nobody of those
    missing) and the highest possible (all of them). Wilson's intervals, shares between 0 and 1; not-a-number where there is nobody. Of a rate
    that is not about gain the second way is left out. Raises ValueError unless 0 <= numerator <= paired <= due.
    """
    x, n, d = (np.atleast_1d(np.asarray(v, dtype=float)) for v in np.broadcast_arrays(numerator, paired, due))
    if np.any((x < 0) | (x > n) | (n > d)):
        raise ValueError("this needs 0 <= numerator <= paired <= due")
    counted = dict(zip(WAYS, ((x, n), (x, d), (x, d), (x + d - n, d)), strict=True))
    if not about_gain:
        del counted["missing as not improved"]
    rows = []
    for way, (a, b) in counted.items():
        value, lower, upper = wilson(a, b, confidence)
        rows.append(pd.DataFrame({"item": np.arange(len(x)), "way": way, "numerator": a, "denominator": b, "value": value, "lower": lower, "upper": upper}))
    return pd.concat(rows, ignore_index=True).sort_values("item", kind="stable", ignore_index=True)
