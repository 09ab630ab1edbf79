"""Size of an average gain in standard deviations, from moments alone (n, sums, sums of squares and of products), never from rows.

`sums` has the keys of domain.types.Moments.sums: first, last, gain, first2, last2, gain2, first_last.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from metrics.intervals import sd, z

NOTHING = (math.nan, math.nan, math.nan)


def correlation(n: int, sums: Mapping[str, float]) -> float:
    """Pearson's r of first and last scores; not-a-number where either does not vary or n < 2."""
    spread_first, spread_last = sd(n, sums["first"], sums["first2"]), sd(n, sums["last"], sums["last2"])
    if n < 2 or not spread_first * spread_last > 0:
        return math.nan
    covariance = (sums["first_last"] - sums["first"] * sums["last"] / n) / (n - 1)
    return max(-1.0, min(1.0, covariance / (spread_first * spread_last)))


def effect_size(n: int, sums: Mapping[str, float], confidence: float = 0.95) -> tuple[float, float, float]:
    """(d, lower, upper): mean gain over the SD of first scores, large-sample variance 2(1 - r)/n + d²/(2n). Units: standard deviations.

    Where last scores do not vary, r is taken as 0, the wider interval. All not-a-number where first scores do not vary or n < 2.
    Source: Becker (1988), Br J Math Stat Psychol 41:257-278.
    """
    spread = sd(n, sums["first"], sums["first2"])
    if n < 2 or not spread > 0:
        return NOTHING
    d = sums["gain"] / n / spread
    r = correlation(n, sums)
    half = z(confidence) * math.sqrt(2 * (1 - (0.0 if math.isnan(r) else r)) / n + d * d / (2 * n))
    return d, d - half, d + half


def srm(n: int, sums: Mapping[str, float], confidence: float = 0.95) -> tuple[float, float, float]:
    """(standardised response mean, lower, upper): mean gain over the SD of gains, variance 1/n + SRM²/(2n). Not-a-number where gains do not vary."""
    spread = sd(n, sums["gain"], sums["gain2"])
    if n < 2 or not spread > 0:
        return NOTHING
    value = sums["gain"] / n / spread
    half = z(confidence) * math.sqrt(1 / n + value * value / (2 * n))
    return value, value - half, value + half


def national_effect_size(mean_gain: float, national_sd: float) -> float:
    """The convention of NHS England's annual reports: the mean gain over England's standard deviation of first scores, without an interval.

    Source: NHS England, NHS Talking Therapies annual reports, metadata ("Cohen's D"). Raises ValueError unless the standard deviation is positive.
    """
    if not national_sd > 0:
        raise ValueError("an effect size needs a standard deviation above nought")
    return mean_gain / national_sd


def hedges_j(n: int) -> float:
    """The factor that takes the small-sample excess out of an effect size of n pairs: 1 - 3/(4(n - 1) - 1). Source: Hedges (1981), J Educ Stat 6:107-128.

    Raises ValueError under 3 pairs.
    """
    if n < 3:
        raise ValueError("Hedges' correction needs at least 3 pairs")
    return 1 - 3 / (4 * (n - 1) - 1)
