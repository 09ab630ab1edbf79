"""Each group beside everybody else: the difference and the ratio of a rate, and how many comparisons were made at once.

The difference has Newcombe's interval, the ratio Katz's; people about whom nothing was stated are a group of their own. A comparison in twenty
differs by chance alone, so `differs_of_many` holds each to the 95% shared out among all of them (Bonferroni; Dunn 1961, J Am Stat Assoc 56:52-64).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from metrics.intervals import newcombe, risk_ratio, wilson

NOT_STATED = "not stated"


def against_rest(frame: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """One row per group of `frame` (group, numerator, denominator; rows of one group are added), in order of first appearance.

    value, lower, upper (Wilson); rest_numerator, rest_denominator, rest_value; difference, difference_lower, difference_upper; ratio,
    ratio_lower, ratio_upper (not-a-number where a count is 0); differs; differs_of_many; comparisons. Shares and differences between -1 and 1;
    not-a-number where a group or the rest has nobody. Raises ValueError unless 0 <= numerator <= denominator.
    """
    named = frame["group"].astype(object).where(frame["group"].notna() & (frame["group"].astype(str).str.strip() != ""), NOT_STATED)
    counts = frame[["numerator", "denominator"]].groupby(named.rename("group"), sort=False).sum()
    x, n = counts["numerator"].to_numpy(dtype=float), counts["denominator"].to_numpy(dtype=float)
    rest_x, rest_n = x.sum() - x, n.sum() - n
    value, lower, upper = wilson(x, n, confidence)
    difference, difference_lower, difference_upper = newcombe(x, n, rest_x, rest_n, confidence)
    ratio, ratio_lower, ratio_upper = risk_ratio(x, n, rest_x, rest_n, confidence)
    compared = int(np.sum((n > 0) & (rest_n > 0)))
    if compared == 2 and len(n) == 2:
        compared = 1  # two groups, each the rest of the other: one comparison seen from two sides
    _, strict_lower, strict_upper = newcombe(x, n, rest_x, rest_n, 1 - (1 - confidence) / max(compared, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        rest_value = np.where(rest_n > 0, rest_x / rest_n, np.nan)
    return pd.DataFrame(
        {
            "group": counts.index, "numerator": x, "denominator": n, "value": value, "lower": lower, "upper": upper,
            "rest_numerator": rest_x, "rest_denominator": rest_n, "rest_value": rest_value,
            "difference": difference, "difference_lower": difference_lower, "difference_upper": difference_upper,
            "ratio": ratio, "ratio_lower": ratio_lower, "ratio_upper": ratio_upper,
            "differs": (difference_lower > 0) | (difference_upper < 0), "differs_of_many": (strict_lower > 0) | (strict_upper < 0),
            "comparisons": compared,
        }
    )  # fmt: skip
