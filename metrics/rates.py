"""Events over time: whether they came less often later than early, among the same people.

Sources: exact conditional ratio of two Poisson rates, Przyborowski and Wilenski (1940), Biometrika 31:313-323, limits from Clopper and Pearson (1934);
bootstrap over people, Efron and Tibshirani (1993).
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import stats

from metrics.intervals import exact_poisson

DRAWS = 2_000


def ratio(events: int, time: float, others: int, other_time: float, confidence: float = 0.95) -> tuple[float, float, float]:
    """(ratio, lower, upper) of the first rate over the second, exact given the sum of the events; infinite where the second has none.

    Not-a-number where there is no event, or no time, on either side. Raises ValueError for a negative count.
    """
    if min(events, others) < 0:
        raise ValueError("a count cannot be negative")
    n = events + others
    if not n or not (time > 0 and other_time > 0):
        return (math.nan,) * 3
    tail = (1 - confidence) / 2
    low = float(stats.beta.ppf(tail, events, others + 1)) if events else 0.0
    high = float(stats.beta.ppf(1 - tail, events + 1, others)) if others else 1.0
    value, lower, upper = (math.inf if share >= 1 else share / (1 - share) * other_time / time for share in (events / n, low, high))
    return value, lower, upper


def bootstrap(people: pd.DataFrame, seed: int, draws: int = DRAWS, confidence: float = 0.95) -> tuple[float, float]:
    """(lower, upper) of late over early, people drawn again with all their events (early_events, early_days, late_events, late_days).

    One person's crises come together, which an exact interval does not know. Draws without an early event count as infinite; not-a-number without people.
    """
    if not len(people):
        return math.nan, math.nan
    values = people[["early_events", "early_days", "late_events", "late_days"]].to_numpy(dtype=float)
    rng = np.random.default_rng(seed)
    sums = np.array([values[rng.integers(0, len(values), len(values))].sum(axis=0) for _ in range(draws)])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = (sums[:, 2] / sums[:, 3]) / (sums[:, 0] / sums[:, 1])
    ratios = np.where(np.isnan(ratios), 1.0, ratios)  # no event on either side: no difference
    tail = (1 - confidence) / 2
    return float(np.quantile(ratios, tail, method="inverted_cdf")), float(np.quantile(ratios, 1 - tail, method="inverted_cdf"))


def poisson(events: int, confidence: float = 0.95) -> tuple[float, float, float]:
    """(count, lower, upper) of a count of events, exact (Garwood 1936)."""
    return tuple(float(v) for v in exact_poisson(events, confidence))  # type: ignore[return-value]
