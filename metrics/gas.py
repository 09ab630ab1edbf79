"""Goals: Goal Attainment Scaling, T.

T spans one person's goals by definition. Across people and across outcome areas goals are shown by level, never averaged over areas.

Sources: Kiresuk and Sherman (1968), Community Ment Health J 4:443-453; weights after Turner-Stokes (2009), Clin Rehabil 23:362-370, with its
erratum (the formulas first printed on pages 364 and 367 were wrong).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

LOWEST, HIGHEST = -2, 2  # much less than expected … much more
TOGETHER = 0.3  # the correlation the scale assumes between one person's goals


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
