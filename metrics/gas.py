"""Goals: Goal Attainment Scaling (T and its change), goal-based outcomes, goals met and kept.

T spans one person's goals by definition. Across people and across outcome areas goals are shown by level, never averaged over areas.

Sources: Kiresuk and Sherman (1968), Community Ment Health J 4:443-453; weights after Turner-Stokes (2009), Clin Rehabil 23:362-370, with its
erratum (the formulas first printed on pages 364 and 367 were wrong); goal-based outcomes after Law (2011), and NHS England's published code for a
gain of 3 (mental-health-monthly-statistics, 18 September 2025).
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

LOWEST, HIGHEST = -2, 2  # much less than expected … much more
TOGETHER = 0.3  # the correlation the scale assumes between one person's goals
GBO_GAIN = 3


def t_score(levels: ArrayLike, weights: ArrayLike | None = None) -> float:
    """T of one person: 50 + 10 Σwx / √(0.7 Σw² + 0.3 (Σw)²), 50 where all goals are just met. Any weight missing: all count the same.

    Not-a-number without goals or where every weight is 0. Raises ValueError for a level outside −2 … 2 or a negative weight.
    """
    x = np.asarray(levels, dtype=float)
    frame = pd.DataFrame({"person": 0, "level": x, "weight": np.full(len(x), np.nan) if weights is None else np.asarray(weights, dtype=float)})
    found = t_scores(frame)
    return float(found["t"].iloc[0]) if len(found) else math.nan


def t_scores(goals: pd.DataFrame) -> pd.DataFrame:
    """One row per person of `goals` (person, level and, if there, weight; one row per goal with a level): person, goals (their number), t."""
    level = goals["level"].to_numpy(dtype=float)
    if np.any(~((level >= LOWEST) & (level <= HIGHEST))):
        raise ValueError("a level lies between -2 and 2")
    w = pd.Series(goals["weight"].to_numpy(dtype=float) if "weight" in goals else np.nan, index=goals.index, dtype=float)
    if (w < 0).any():
        raise ValueError("a weight cannot be negative")
    alike = w.isna().groupby(goals["person"]).transform("any")
    w = w.where(~alike, 1.0)
    parts = pd.DataFrame({"person": goals["person"], "goals": 1, "w": w, "wx": w * level, "ww": w * w}).groupby("person", sort=False).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        t = 50 + 10 * parts["wx"] / np.sqrt((1 - TOGETHER) * parts["ww"] + TOGETHER * parts["w"] ** 2)
    return pd.DataFrame({"person": parts.index, "goals": parts["goals"].to_numpy(), "t": t.to_numpy()})


def weight(importance: ArrayLike, difficulty: ArrayLike) -> ArrayLike:
    """Importance × difficulty, each 1 to 3; not-a-number where either is missing. Raises ValueError outside 1 to 3."""
    i, d = np.asarray(importance, dtype=float), np.asarray(difficulty, dtype=float)
    if any(np.any((v < 1) | (v > 3)) for v in (i, d)):
        raise ValueError("importance and difficulty run from 1 to 3")
    return i * d


def t_change(goals: pd.DataFrame) -> pd.DataFrame:
    """One row per person of `goals` (person, baseline, latest and, if there, weight): person, goals, t_baseline, t_latest, change.

    Only goals with both levels count, so that the same goals are compared; people without such a goal have no row.
    """
    both = goals[goals["baseline"].notna() & goals["latest"].notna()]
    before, after = (t_scores(both.assign(level=both[name])) for name in ("baseline", "latest"))
    return pd.DataFrame(
        {"person": before["person"], "goals": before["goals"], "t_baseline": before["t"], "t_latest": after["t"], "change": after["t"] - before["t"]}
    )


def progressed(baseline: ArrayLike, latest: ArrayLike, gain: float = GBO_GAIN) -> np.ndarray:
    """Goal-based outcomes (0 to 10): whether the goal gained at least `gain` points; missing levels have not."""
    with np.errstate(invalid="ignore"):
        return np.asarray(latest, dtype=float) - np.asarray(baseline, dtype=float) >= gain


def met(scale: ArrayLike, latest: ArrayLike, target: ArrayLike) -> np.ndarray:
    """Whether a goal was met: GAS at 0 or above; GBO at its target (10 where none was set); `met` at 1. Missing levels are not met."""
    kind, level = np.asarray(scale, dtype=object), np.asarray(latest, dtype=float)
    aim = np.where(kind == "GAS", 0.0, np.where(kind == "met", 1.0, np.nan_to_num(np.asarray(target, dtype=float), nan=10.0)))
    with np.errstate(invalid="ignore"):
        return level >= aim


def kept(baseline: ArrayLike, latest: ArrayLike) -> np.ndarray:
    """Whether a goal to stay as well as one was has been kept: the latest level is no lower than the baseline. Missing levels are not kept."""
    with np.errstate(invalid="ignore"):
        return np.asarray(latest, dtype=float) >= np.asarray(baseline, dtype=float)
