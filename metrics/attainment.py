"""What several services counted over what they planned, taken together, with a range that knows that services differ. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from scipy import stats

FEWEST = 2  # services: one tells nothing of how much services differ


class Pooled(NamedTuple):
    """actual / projection over all pairs, 95% limits, and how much more the services vary than chance alone (1: no more)."""

    ratio: float
    lower: float
    upper: float
    spread: float


def pooled(pairs: Sequence[tuple[float, float]]) -> Pooled | None:
    """Of (actual, projection), a pair per service: Σ actual / Σ projection with its range. None where nothing was projected.

    The range is Garwood's exact Poisson interval of the sum, widened by the services' own spread: φ = max(1, Pearson's χ²/(m − 1)), limits
    φ·χ²(2S/φ)/2 over the projection. Sources: Garwood (1936), Biometrika 28:437-442; McCullagh and Nelder (1989), section 6.2 (overdispersion).
    """
    known = [(a, p) for a, p in pairs if p > 0]
    projected = sum(p for _, p in known)
    if not known:
        return None
    total = sum(a for a, _ in known)
    ratio = total / projected
    spread = 1.0
    if len(known) >= FEWEST and ratio > 0:
        spread = max(1.0, sum((a - ratio * p) ** 2 / (ratio * p) for a, p in known) / (len(known) - 1))
    seen = total / spread
    low = float(stats.chi2.ppf(0.025, 2 * seen)) / 2 if seen > 0 else 0.0
    high = float(stats.chi2.ppf(0.975, 2 * seen + 2)) / 2
    return Pooled(ratio, spread * low / projected, spread * high / projected, spread)
