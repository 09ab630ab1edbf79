"""Funnels: how far each unit lies from the whole, beside how far chance would take a unit of its size.

Limits are exact. The limit of a unit is the most extreme count that does not stand out: a count stands out where the chance of it or one more
extreme is under 2.5% (95% limits) or under 0.1% (99.8% limits) on its side. Without overdispersion the chance is binomial (Poisson for ratios);
with it, beta-binomial (gamma-Poisson), whose extra spread τ² is estimated from the units themselves.

Sources: Spiegelhalter (2005), Stat Med 24:1185-1202 (funnels, winsorised z, additive τ² after DerSimonian and Laird 1986); limits on counts
rather than on a transformed scale, because arcsine limits call out too many small units (docs/statistics.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

Floats = NDArray[np.float64]

TAILS = {"95": 0.025, "998": 0.001}
LEAST_UNITS = 10  # under which τ² is not estimated
WINSORISED = 0.1


@dataclass(frozen=True)
class Funnel:
    """`rows`: one per unit, in the order given, with value, lower95, upper95, lower998, upper998, stands_out (99.8%), low or high `side`, z.

    `centre` is the whole (a proportion between 0 and 1, or a ratio); `phi` the mean of squared winsorised z; `tau2` the extra variance, 0 where
    none was asked for or found; `estimated` whether τ² was estimated at all (asked for, and at least 10 units).
    """

    rows: pd.DataFrame
    centre: float
    phi: float
    tau2: float
    estimated: bool


def proportions(numerator: ArrayLike, denominator: ArrayLike, overdispersion: bool = False, groups: ArrayLike | None = None) -> Funnel:
    """The funnel of proportions around that of all units together; values and limits between 0 and 1, not-a-number for a unit of nobody.

    Raises ValueError unless counts are whole and 0 <= numerator <= denominator.
    """
    x, n = _whole(numerator), _whole(denominator)
    if np.any(x > n):
        raise ValueError("a proportion needs 0 <= numerator <= denominator")
    some = n > 0
    centre = float(x[some].sum() / n[some].sum()) if some.any() else np.nan
    inside = centre * (1 - centre)
    with np.errstate(divide="ignore", invalid="ignore"):
        s = np.sqrt(inside / n)
        z = np.where(some & (s > 0), (x / n - centre) / s, np.nan)
    phi, tau2, estimated = _extra(z, s, overdispersion)
    tau2 = min(tau2, 0.999 * inside)  # a variance beyond p(1 - p) has no distribution: units could only be all or nothing
    limits = _beta_binomial_limits(n, centre, inside / tau2 - 1) if tau2 > 0 else _limits(stats.binom(np.where(some, n, 1), centre))
    return Funnel(_rows(groups, x, n, z, limits), centre, phi, tau2, estimated)


def ratios(observed: ArrayLike, expected: ArrayLike, overdispersion: bool = False, groups: ArrayLike | None = None, centre: float = 1.0) -> Funnel:
    """The funnel of observed over expected around `centre` (1: as expected); Poisson limits, gamma-Poisson with τ² where overdispersed.

    For rates give expected = population × the rate of the whole. Raises ValueError unless observed are whole and expected are not negative.
    """
    x, e = _whole(observed), np.asarray(expected, dtype=float)
    if np.any(e < 0):
        raise ValueError("an expected count cannot be negative")
    mean = centre * e
    with np.errstate(divide="ignore", invalid="ignore"):
        s = np.sqrt(centre / e)
        z = np.where(e > 0, (x / e - centre) / s, np.nan)
    phi, tau2, estimated = _extra(z, s, overdispersion)
    safe = np.where(mean > 0, mean, 1.0)
    if tau2 > 0:  # variance mean + τ²e²
        size = centre * centre / tau2
        limits = _limits(stats.nbinom(size, size / (size + safe)))
    else:
        limits = _limits(stats.poisson(safe))
    return Funnel(_rows(groups, x, e, z, limits), centre, phi, tau2, estimated)


def lines(found: Funnel, denominators: ArrayLike) -> pd.DataFrame:
    """The limits a unit of each size would have in a funnel of proportions: one row per size, denominator, lower95 … upper998 between 0 and 1."""
    n = _whole(denominators)
    inside = found.centre * (1 - found.centre)
    known = len(n) > 0 and inside > 0
    if known and found.tau2 > 0:
        limits = _beta_binomial_limits(n, found.centre, inside / found.tau2 - 1)
    elif known:
        limits = _limits(stats.binom(np.where(n > 0, n, 1), found.centre))
    else:  # nobody, or everybody, in every unit: chance has no width
        limits = {f"{end}{level}": n * found.centre for level in TAILS for end in ("lower", "upper")}
    with np.errstate(divide="ignore", invalid="ignore"):
        return pd.DataFrame({"denominator": n, **{name: np.where(n > 0, ends / n, np.nan) for name, ends in limits.items()}})


def winsorised(z: ArrayLike, share: float = WINSORISED) -> Floats:
    """z with the lowest and highest `share` drawn in to the quantiles there (the default quantile of R and numpy)."""
    known = np.asarray(z, dtype=float)
    low, high = np.quantile(known, [share, 1 - share])
    return np.clip(known, low, high)


def dispersion(z: ArrayLike, share: float = WINSORISED) -> float:
    """φ: the mean of squared winsorised z, about 1 (a little less, for the winsorising) where units differ by chance alone."""
    return float(np.mean(winsorised(z, share) ** 2))


def additive_tau2(phi: float, s: ArrayLike) -> float:
    """τ²: the variance between units beyond their standard errors s, max(0, (nφ − (n − 1)) / (Σw − Σw²/Σw)) with w = 1/s²."""
    w = 1 / np.asarray(s, dtype=float) ** 2
    n, room = len(w), w.sum() - (w**2).sum() / w.sum()
    return max(0.0, float((n * phi - (n - 1)) / room)) if room > 0 else 0.0


def _extra(z: Floats, s: Floats, asked: bool) -> tuple[float, float, bool]:
    known = ~np.isnan(z)
    phi = dispersion(z[known]) if known.any() else np.nan
    estimated = asked and int(known.sum()) >= LEAST_UNITS
    return phi, additive_tau2(phi, s[known]) if estimated else 0.0, estimated


def _limits(chance: Any) -> dict[str, Floats]:
    """The lowest and the highest count of each unit that does not stand out, at each level, for frozen distributions of scipy (one per unit)."""
    found = {}
    for level, tail in TAILS.items():
        low, high = chance.ppf(tail), chance.isf(tail)
        # Quantiles are found by search and may be one off where a tail is all but equal to its bound: step to where the definition holds.
        low = np.where(chance.cdf(low) < tail, low + 1, low)
        low = np.where((low > 0) & (chance.cdf(low - 1) >= tail), low - 1, low)
        high = np.where(chance.sf(high) >= tail, high + 1, high)
        high = np.where(chance.sf(high - 1) < tail, high - 1, high)
        found[f"lower{level}"], found[f"upper{level}"] = low, high
    return found


def _beta_binomial_limits(n: Floats, centre: float, size: float) -> dict[str, Floats]:
    a, b = centre * size, (1 - centre) * size
    of: dict[int, list[int]] = {}
    for unit in set(n.astype(int).tolist()):
        k = np.arange(unit + 1)
        ways = special.gammaln(unit + 1) - special.gammaln(k + 1) - special.gammaln(unit - k + 1)
        pmf = np.exp(ways + special.betaln(k + a, unit - k + b) - special.betaln(a, b))
        below, above = np.cumsum(pmf), np.cumsum(pmf[::-1])  # each tail added from its own end, smallest terms first
        of[unit] = [place for tail in TAILS.values() for place in (int(np.argmax(below >= tail)), unit - int(np.argmax(above >= tail)))]
    columns = np.array([of[unit] for unit in n.astype(int).tolist()], dtype=float).reshape(len(n), 4).T
    return dict(zip([f"{end}{level}" for level in TAILS for end in ("lower", "upper")], columns, strict=True))


def _rows(groups: Any, x: Floats, n: Floats, z: Floats, limits: dict[str, Floats]) -> pd.DataFrame:
    low, high = x < limits["lower998"], x > limits["upper998"]
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(n > 0, x / n, np.nan)
        ends = {name: np.where(n > 0, limits[name] / n, np.nan) for name in ("lower95", "upper95", "lower998", "upper998")}
    some = n > 0
    return pd.DataFrame(
        {
            "group": np.arange(len(x)) if groups is None else np.asarray(groups), "numerator": x, "denominator": n, "value": value, **ends,
            "stands_out": some & (low | high), "side": np.select([some & low, some & high], ["low", "high"], ""),
            "beyond95": some & ((x < limits["lower95"]) | (x > limits["upper95"])), "z": z,
        }
    )  # fmt: skip


def _whole(counts: ArrayLike) -> Floats:
    values = np.asarray(counts, dtype=float)
    if np.any(values < 0) or np.any(values != np.floor(values)):
        raise ValueError("counts are whole numbers from 0")
    return values
