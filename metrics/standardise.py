"""Direct standardisation: what a service's rate would be if its people had begun as everybody did, band of first scores by band.

Optional, and labelled where it is shown: it evens out how people began and nothing else, and small services bear it badly.
Sources: Keiding and Clayton (2014), Stat Sci 29:529-558 (direct standardisation); interval: Wilson's with the effective number of people after
Korn and Graubard (1998), Surv Methodol 24:193-201.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from metrics.intervals import wilson

LEAST_COVERED = 0.9  # of the standard people must lie in bands that a group has people in


def direct(counts: pd.DataFrame, standard: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """One row per group of `counts` (group, band, numerator, denominator), in order of name, against `standard` (band, people).

    group, numerator, denominator, crude, value, lower, upper (shares between 0 and 1), covered (the share of the standard people in bands where the group
    has anybody). The value is Σ w p over those bands, w their share of the standard people; not-a-number where less than 90% are covered. Its interval is
    Wilson's for value · n in n people, n = value (1 − value) / Σ w² p (1 − p) / n_band, and where all or none succeed 1 / Σ w² / n_band.
    Raises ValueError unless 0 <= numerator <= denominator, for a band twice, and for a standard without people.
    """
    if ((counts["numerator"] < 0) | (counts["numerator"] > counts["denominator"])).any():
        raise ValueError("a proportion needs 0 <= numerator <= denominator")
    if counts.duplicated(["group", "band"]).any() or standard["band"].duplicated().any():
        raise ValueError("a band stands once in each group, and once in the standard")
    whole = float(standard["people"].sum())
    if not whole > 0:
        raise ValueError("a standard needs people")
    weighed = counts[counts["denominator"] > 0].merge(standard, on="band", how="inner")
    rows = []
    for group, of in counts.groupby("group", sort=True):
        x, n = float(of["numerator"].sum()), float(of["denominator"].sum())
        known = weighed[weighed["group"] == group]
        covered = float(known["people"].sum()) / whole
        value, lower, upper = _standardised(known, confidence) if covered >= LEAST_COVERED else (math.nan,) * 3
        rows.append((group, int(x), int(n), x / n if n else math.nan, value, lower, upper, covered))
    return pd.DataFrame(rows, columns=["group", "numerator", "denominator", "crude", "value", "lower", "upper", "covered"])


def _standardised(known: pd.DataFrame, confidence: float) -> tuple[float, float, float]:
    w = known["people"].to_numpy(dtype=float) / float(known["people"].sum())
    n = known["denominator"].to_numpy(dtype=float)
    p = known["numerator"].to_numpy(dtype=float) / n
    value = min(1.0, max(0.0, float(w @ p)))
    spread = float(np.sum(w * w * p * (1 - p) / n))
    people = value * (1 - value) / spread if spread > 0 else 1 / float(np.sum(w * w / n))
    _, lower, upper = wilson(value * people, people, confidence)
    return value, float(lower), float(upper)
