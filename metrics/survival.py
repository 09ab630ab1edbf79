"""Time until something happens, when for some people it has not happened yet: Kaplan-Meier with Greenwood's variance, the median, log-rank.

Sources: Kaplan and Meier (1958), J Am Stat Assoc 53:457-481; intervals as in R's `survival` (log, and log of minus log, which stays between 0
and 1 and is ours unless asked); medians after Brookmeyer and Crowley (1982), Biometrics 38:29-41; log-rank after Mantel (1966).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from metrics.intervals import z

Interval = Literal["log", "log-log"]
LEVEL = 1e-8  # a curve this near to a level is at it: R takes the same care (square root of the machine's precision)


@dataclass(frozen=True)
class LogRank:
    """chi-squared on `df` degrees of freedom and its p: how surprising such differences would be between groups that do not differ."""

    chi2: float
    df: int
    p: float


def curve(times: ArrayLike, events: ArrayLike, interval: Interval = "log-log", confidence: float = 0.95) -> pd.DataFrame:
    """One row per time at which anybody had the event or was last seen: time, n_risk, n_event, n_censor, survival (the share still without
    the event), std_err (Greenwood), lower, upper; shares between 0 and 1. Limits are not-a-number where the curve is 0.

    Raises ValueError where a time is negative or missing, or an event is neither 0 nor 1.
    """
    return pd.DataFrame(columns(times, events, interval, confidence))


def columns(times: ArrayLike, events: ArrayLike, interval: Interval = "log-log", confidence: float = 0.95) -> dict[str, NDArray[Any]]:
    """The columns of `curve`, by name, for whoever asks for thousands of curves."""
    t, e = _checked(times, events)
    at, place = np.unique(t, return_inverse=True)
    n_event = np.bincount(place, weights=e, minlength=len(at))
    n_all = np.bincount(place, minlength=len(at))
    n_risk = len(t) - np.cumsum(n_all) + n_all
    with np.errstate(divide="ignore", invalid="ignore"):
        s = np.cumprod(1 - n_event / n_risk)
        # Greenwood's sum is the variance of the log of the curve; it has no end once everybody at risk has had the event.
        log_variance = np.cumsum(n_event / (n_risk * (n_risk - n_event)))
        spread = np.sqrt(log_variance)
        lower, upper = _limits(s, spread, interval, z(confidence))
        std_err = np.where(s > 0, s * spread, np.nan)
    return {
        "time": at, "n_risk": n_risk, "n_event": n_event.astype(int), "n_censor": n_all - n_event.astype(int), "survival": s,
        "std_err": std_err, "lower": lower, "upper": upper,
    }  # fmt: skip


def quantile(points: pd.DataFrame, share: float = 0.5) -> tuple[float, float, float]:
    """(time, lower, upper) by which that share has had the event, from the points of `curve`; not-a-number where it was not reached.

    Where the curve stands exactly at the level, the middle of the step. The limits are where the limits of the curve cross it.
    """
    return tuple(_crossing(points["time"].to_numpy(), points[name].to_numpy(), 1 - share) for name in ("survival", "lower", "upper"))  # type: ignore[return-value]


def medians(times: ArrayLike, events: ArrayLike, groups: ArrayLike | None = None, interval: Interval = "log-log", confidence: float = 0.95) -> pd.DataFrame:
    """One row per group (`all` without groups): group, n, events, median, lower, upper, in the units of time; not-a-number where not reached."""
    t, e = _checked(times, events)
    g = np.full(len(t), "all", dtype=object) if groups is None else np.asarray(groups, dtype=object)
    rows = []
    for name in sorted(set(g.tolist()), key=str):
        of = g == name
        rows.append((name, int(of.sum()), int(e[of].sum()), *quantile(curve(t[of], e[of], interval, confidence))))
    return pd.DataFrame(rows, columns=["group", "n", "events", "median", "lower", "upper"])


def log_rank(times: ArrayLike, events: ArrayLike, groups: ArrayLike) -> LogRank:
    """Whether the curves of two or more groups differ by more than chance. Raises ValueError where there is one group only."""
    t, e = _checked(times, events)
    codes, names = pd.factorize(np.asarray(groups, dtype=object), sort=False)
    k = len(names)
    if k < 2:
        raise ValueError("a log-rank test needs at least two groups")
    at, place = np.unique(t, return_inverse=True)
    died, left = np.zeros((len(at), k)), np.zeros((len(at), k))
    np.add.at(died, (place, codes), e)
    np.add.at(left, (place, codes), 1)
    risk = left[::-1].cumsum(axis=0)[::-1]
    happened = died.sum(axis=1) > 0
    d, n, share = died[happened].sum(axis=1), risk[happened].sum(axis=1), risk[happened] / risk[happened].sum(axis=1, keepdims=True)
    surplus = (died[happened] - d[:, None] * share).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(n > 1, d * (n - d) / (n - 1), 0.0)
    spread = np.diag(weight @ share) - (share * weight[:, None]).T @ share
    # The surpluses add up to nothing, so one group is never free; a group that was never at risk when something happened is not either.
    df = int(np.linalg.matrix_rank(spread, hermitian=True))
    if df == 0:
        return LogRank(math.nan, 0, math.nan)
    chi2 = float(surplus @ np.linalg.pinv(spread, hermitian=True) @ surplus)
    return LogRank(chi2, df, float(stats.chi2.sf(chi2, df)))


def on_grid(points: pd.DataFrame, every: float = 4) -> pd.DataFrame:
    """The curve at 0, every, 2 × every … up to its last time: time, n_risk, survival, lower, upper, as it stood then. For readers outside."""
    times = points["time"].to_numpy()
    grid = np.arange(0, (times.max() if len(times) else 0) + every, every)
    place = np.searchsorted(times, grid, side="right") - 1
    names = ["survival", "lower", "upper"]
    start = {"survival": 1.0, "lower": 1.0, "upper": 1.0}
    held = {name: np.where(place >= 0, points[name].to_numpy()[place], start[name]) if len(times) else np.full(len(grid), 1.0) for name in names}
    following = np.searchsorted(times, grid, side="left")
    risk = np.append(points["n_risk"].to_numpy(), 0)[following]
    return pd.DataFrame({"time": grid, "n_risk": risk, **held})


def _limits(s: NDArray[np.float64], spread: NDArray[np.float64], interval: Interval, q: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if interval == "log":
        lower, upper = s * np.exp(-q * spread), np.minimum(s * np.exp(q * spread), 1)
    else:
        turn = q * spread / np.log(s)
        lower, upper = s ** np.exp(-turn), s ** np.exp(turn)
    whole = s == 1  # nothing has happened yet
    return tuple(np.where(s > 0, np.where(whole, 1.0, limit), np.nan) for limit in (lower, upper))  # type: ignore[return-value]


def _crossing(times: NDArray[np.float64], heights: NDArray[np.float64], level: float) -> float:
    known = ~np.isnan(heights)
    times, heights = times[known], heights[known]
    under = np.flatnonzero(heights <= level + LEVEL)
    if len(under) == 0:
        return math.nan
    first = under[0]
    if heights[first] < level - LEVEL:
        return float(times[first])
    further = np.flatnonzero(heights < level - LEVEL)
    return float((times[first] + times[further[0]]) / 2) if len(further) else float(times[first])


def _checked(times: ArrayLike, events: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    t, e = np.asarray(times, dtype=float), np.asarray(events, dtype=float)
    if np.any(~(t >= 0)):
        raise ValueError("a time is missing or negative")
    if not np.isin(e, (0, 1)).all():
        raise ValueError("an event is 1 where it happened and 0 where it did not")
    return t, e
