"""Change of one person between two scores, and what the missing second scores leave open.

Sources: Jacobson and Truax (1991), J Consult Clin Psychol 59:12-19, for reliable change.
"""

from __future__ import annotations

import math
from typing import Literal

from metrics.intervals import z

Better = Literal["higher", "lower"]
Side = Literal["at or above", "at or below"]


def gain(first: float, last: float, better: Better) -> float:
    """Points gained from first to last score, turned so that more is better."""
    return last - first if better == "higher" else first - last


def reliable_change_threshold(sd: float, reliability: float) -> float:
    """The change in points that measurement error alone exceeds in 5% of people: 1.96 x root 2 x SD x root (1 - r). SD is that of first scores.

    Raises ValueError unless sd >= 0 and 0 <= reliability <= 1.
    """
    return z() * _error_of_difference(sd, reliability)


def rci(gained: float, sd: float, reliability: float) -> float:
    """The reliable change index: the gain in standard errors of the difference. Reliable where its size is above 1.96."""
    error = _error_of_difference(sd, reliability)
    return gained / error if error else math.copysign(math.inf, gained) if gained else 0.0


def verdict(gained: float, threshold: float, computed: bool = False) -> Literal["improved", "worsened", "same"]:
    """improved, worsened or same. A published threshold counts when reached; a computed one only when exceeded (|RCI| > 1.96)."""
    if abs(gained) > threshold or (not computed and abs(gained) == threshold):
        return "improved" if gained > 0 else "worsened"
    return "same"


def in_clinical_range(score: float, cutoff: float, side: Side) -> bool:
    """Whether a score lies on the clinical side; the cut-off is the first score that does."""
    return score >= cutoff if side == "at or above" else score <= cutoff


def bounds(improved: int, paired: int, due: int) -> tuple[float, float]:
    """(lowest, highest) share of everybody due who may have improved: nobody, or everybody, of those without a second score. Between 0 and 1.

    Source: Manski (1990), Am Econ Rev 80:319-323 (worst-case bounds). Raises ValueError unless 0 <= improved <= paired <= due and due > 0.
    """
    if not 0 <= improved <= paired <= due or due == 0:
        raise ValueError("bounds need 0 <= improved <= paired <= due, and somebody due")
    return improved / due, (improved + due - paired) / due


def _error_of_difference(sd: float, reliability: float) -> float:
    if sd < 0 or not 0 <= reliability <= 1:
        raise ValueError("the standard deviation cannot be negative and reliability lies between 0 and 1")
    return math.sqrt(2) * sd * math.sqrt(1 - reliability)
