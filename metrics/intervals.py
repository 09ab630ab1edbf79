"""Intervals for proportions, counts, differences and means. Every function takes numbers or arrays and gives back the same shape.

Formulas as in PHEindicatormethods (UK Health Security Agency), against whose answers tests/golden holds them.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Interval = tuple[Any, Any, Any]  # (value, lower, upper): floats for numbers, arrays for arrays


@lru_cache(maxsize=64)  # the same few levels again and again
def z(confidence: float = 0.95) -> float:
    """The two-sided normal quantile: 1.959964 for 95%."""
    return float(stats.norm.ppf(0.5 + confidence / 2))


def wilson(x: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> Interval:
    """(value, lower, upper) of a proportion, between 0 and 1; not-a-number where n is 0. Source: Wilson (1927), J Am Stat Assoc 22:209-212.

    Raises ValueError unless 0 <= x <= n.
    """
    if isinstance(x, (int, float)) and isinstance(n, (int, float)):
        return _wilson_of_one(x, n, z(confidence))
    x_, n_ = _pair(x, n)
    q = z(confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = x_ / n_
        centre, half = 2 * x_ + q * q, q * np.sqrt(q * q + 4 * x_ * (1 - p))
        lower, upper = (centre - half) / (2 * (n_ + q * q)), (centre + half) / (2 * (n_ + q * q))
    # Exact at the ends: the formula leaves a trace of rounding there (R gives an upper limit just above 1 for 37 of 37).
    lower, upper = np.where(x_ == 0, 0.0, lower), np.where(x_ == n_, 1.0, upper)
    nothing = n_ == 0
    return _shaped(p, np.where(nothing, np.nan, np.clip(lower, 0, 1)), np.where(nothing, np.nan, np.clip(upper, 0, 1)))


def _wilson_of_one(x: float, n: float, q: float) -> Interval:
    """The same of one proportion, without the arrays: a table of a hundred services asks for a hundred of them."""
    if x < 0 or x > n:
        raise ValueError("a proportion needs 0 <= x <= n")
    if n == 0:
        return math.nan, math.nan, math.nan
    p = x / n
    centre, half = 2 * x + q * q, q * math.sqrt(q * q + 4 * x * (1 - p))
    lower = 0.0 if x == 0 else (centre - half) / (2 * (n + q * q))
    upper = 1.0 if x == n else (centre + half) / (2 * (n + q * q))
    return p, min(1.0, max(0.0, lower)), min(1.0, max(0.0, upper))


def exact_poisson(x: ArrayLike, confidence: float = 0.95) -> Interval:
    """(count, lower, upper) of a count, exact from the chi-squared distribution. Source: Garwood (1936), Biometrika 28:437-442."""
    return _garwood_of_one(float(x), confidence) if isinstance(x, (int, float)) else _garwood(x, confidence)


@lru_cache(maxsize=4096)  # plans ask about the same small counts thousands of times
def _garwood_of_one(x: float, confidence: float) -> Interval:
    return _garwood(x, confidence)


def _garwood(x: ArrayLike, confidence: float) -> Interval:
    x_ = _counts(x)
    tail = (1 - confidence) / 2
    lower = np.where(x_ > 0, stats.chi2.ppf(tail, np.maximum(2 * x_, 1)) / 2, 0.0)
    return _shaped(x_, lower, stats.chi2.ppf(1 - tail, 2 * x_ + 2) / 2)


def byar(x: ArrayLike, confidence: float = 0.95, exact_below: int = 10) -> Interval:
    """(count, lower, upper) of a count: Byar's approximation, exact Poisson for counts under `exact_below` (10, as PHE advises).

    Source: Breslow and Day (1987), Statistical Methods in Cancer Research II, p. 69.
    """
    x_ = _counts(x)
    q = z(confidence)
    safe = np.maximum(x_, 1.0)  # a count of 0 has no Byar lower limit; it is 0
    lower = np.where(x_ > 0, np.maximum(safe * (1 - 1 / (9 * safe) - q / (3 * np.sqrt(safe))) ** 3, 0.0), 0.0)
    upper = (x_ + 1) * (1 - 1 / (9 * (x_ + 1)) + q / (3 * np.sqrt(x_ + 1))) ** 3
    _, exact_lower, exact_upper = exact_poisson(x_, confidence)
    few = x_ < exact_below
    return _shaped(x_, np.where(few, exact_lower, lower), np.where(few, exact_upper, upper))


def newcombe(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, confidence: float = 0.95) -> Interval:
    """(difference, lower, upper) of two independent proportions, first minus second, between -1 and 1.

    Source: Newcombe (1998), Stat Med 17:873-890, method 10 (from the two Wilson intervals).
    """
    p1, l1, u1 = wilson(x1, n1, confidence)
    p2, l2, u2 = wilson(x2, n2, confidence)
    difference = p1 - p2
    return _shaped(difference, difference - np.hypot(p1 - l1, u2 - p2), difference + np.hypot(u1 - p1, p2 - l2))


def risk_ratio(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, confidence: float = 0.95) -> Interval:
    """(ratio, lower, upper) of two independent proportions, first over second; the limits are not-a-number where either count is 0.

    Source: Katz and others (1978), Biometrics 34:469-474 (log method).
    """
    (a, n), (b, m) = _pair(x1, n1), _pair(x2, n2)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (a / n) / (b / m)
        half = z(confidence) * np.sqrt(1 / a - 1 / n + 1 / b - 1 / m)
        known = (a > 0) & (b > 0)
        lower, upper = np.where(known, ratio * np.exp(-half), np.nan), np.where(known, ratio * np.exp(half), np.nan)
    return _shaped(np.where(np.isfinite(ratio), ratio, np.nan), lower, upper)


def mean_t(n: ArrayLike, total: ArrayLike, total_of_squares: ArrayLike, confidence: float = 0.95) -> Interval:
    """(mean, lower, upper) by Student's t from n, sum and sum of squares; the limits are not-a-number under 2 values. Source: PHEindicatormethods."""
    if isinstance(n, (int, float)) and isinstance(total, (int, float)) and isinstance(total_of_squares, (int, float)) and n > 1:
        mean, half = total / n, _t(n - 1, confidence) * sd(n, total, total_of_squares) / math.sqrt(n)
        return mean, mean - half, mean + half
    n_, total_, squares = (np.asarray(v, dtype=float) for v in (n, total, total_of_squares))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(n_ > 0, total_ / n_, np.nan)
        half = stats.t.ppf(0.5 + confidence / 2, n_ - 1) * sd(n_, total_, squares) / np.sqrt(n_)
    return _shaped(mean, mean - half, mean + half)


@lru_cache(maxsize=4096)
def _t(degrees: float, confidence: float) -> float:
    return float(stats.t.ppf(0.5 + confidence / 2, degrees))


def sd(n: ArrayLike, total: ArrayLike, total_of_squares: ArrayLike) -> Any:
    """Standard deviation (n - 1) from n, sum and sum of squares; not-a-number under 2 values. Rounding never makes it negative."""
    n_, total_, squares = (np.asarray(v, dtype=float) for v in (n, total, total_of_squares))
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(np.maximum(squares - total_ * total_ / n_, 0) / (n_ - 1))
    return _shaped(np.where(n_ > 1, spread, np.nan))[0]


def _pair(x: ArrayLike, n: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x_, n_ = np.broadcast_arrays(np.asarray(x, dtype=float), np.asarray(n, dtype=float))
    if np.any(x_ < 0) or np.any(x_ > n_):
        raise ValueError("a proportion needs 0 <= x <= n")
    return x_, n_


def _counts(x: ArrayLike) -> NDArray[np.float64]:
    x_ = np.asarray(x, dtype=float)
    if np.any(x_ < 0):
        raise ValueError("a count cannot be negative")
    return x_


def _shaped(*values: ArrayLike) -> Any:
    """Arrays as they are, single numbers as plain floats."""
    return tuple(a.item() if a.ndim == 0 else a for a in (np.asarray(v, dtype=float) for v in values))
