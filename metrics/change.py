"""Change between two scores, of one person or of many at once, and what the missing second scores leave open.

Sources: Jacobson and Truax (1991), J Consult Clin Psychol 59:12-19, for reliable change, the cut-offs a, b and c and the categories.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.intervals import z

Better = Literal["higher", "lower"]
CATEGORIES = ("recovered", "improved", "unchanged", "deteriorated", "harmed")


def gain(first: float, last: float, better: Better) -> float:
    """Points gained from first to last score, turned so that more is better."""
    return last - first if better == "higher" else first - last


def reliable_change_threshold(sd: float, reliability: float) -> float:
    """The change in points that measurement error alone exceeds in 5% of people: 1.96 x root 2 x SD x root (1 - r). SD is that of first scores.

    Raises ValueError unless sd >= 0 and 0 <= reliability <= 1.
    """
    return z() * _error_of_difference(sd, reliability)


def verdict(gained: float, threshold: float, computed: bool = False) -> Literal["improved", "worsened", "same"]:
    """improved, worsened or same. A published threshold counts when reached; a computed one only when exceeded (|RCI| > 1.96)."""
    if abs(gained) > threshold or (not computed and abs(gained) == threshold):
        return "improved" if gained > 0 else "worsened"
    return "same"


def gains(first: ArrayLike, last: ArrayLike, better: Better) -> NDArray[np.float64]:
    """`gain` of many people at once."""
    change = np.asarray(last, dtype=float) - np.asarray(first, dtype=float)
    return change if better == "higher" else -change


def cutoff_a(clinical_mean: float, clinical_sd: float, better: Better) -> float:
    """Two standard deviations from the mean of people who come for help, on the better side."""
    return clinical_mean + _way(better) * 2 * clinical_sd


def cutoff_b(functional_mean: float, functional_sd: float, better: Better) -> float:
    """Within two standard deviations of the mean of people who do not; the SD is theirs, as published (the R package takes the clinical one)."""
    return functional_mean - _way(better) * 2 * functional_sd


def cutoff_c(clinical_mean: float, clinical_sd: float, functional_mean: float, functional_sd: float) -> float:
    """Between the two, nearer to the mean of the group that varies less. Raises ValueError where neither varies."""
    if not clinical_sd + functional_sd > 0:
        raise ValueError("a cut-off between two groups needs a group that varies")
    return (clinical_sd * functional_mean + functional_sd * clinical_mean) / (clinical_sd + functional_sd)


def reliable(gained: ArrayLike, threshold: ArrayLike, computed: bool = False) -> NDArray[np.int8]:
    """1 improved, -1 worsened, 0 neither, for many people: `verdict` as numbers. Not-a-number is 0."""
    gained_, threshold_ = np.asarray(gained, dtype=float), np.asarray(threshold, dtype=float)
    with np.errstate(invalid="ignore"):
        reached = np.abs(gained_) > threshold_ if computed else np.abs(gained_) >= threshold_
    return np.where(reached, np.sign(gained_), 0).astype(np.int8)


def categories(
    first: ArrayLike, last: ArrayLike, better: Better, threshold: float, *, computed: bool = False, cutoff: float | None = None, cutoff_is_clinical: bool = True
) -> NDArray[Any]:
    """One word for each person, of CATEGORIES: reliable change, and which side of the cut-off one came from and went to.

    recovered: clinical before, not after, and reliably better; harmed: the reverse. Without a cut-off: improved, unchanged, deteriorated.
    A published cut-off is the first score on the clinical side; a computed one (`cutoff_is_clinical=False`) belongs to neither side.
    """
    first_, last_ = np.asarray(first, dtype=float), np.asarray(last, dtype=float)
    change = reliable(gains(first_, last_, better), threshold, computed)
    words = np.array(["unchanged", "improved", "deteriorated"], dtype=object)[change]  # -1 is the last
    if cutoff is None:
        return words
    worse = -_way(better)
    clinical_before, clinical_after = worse * (first_ - cutoff), worse * (last_ - cutoff)
    from_clinical = clinical_before >= 0 if cutoff_is_clinical else clinical_before > 0
    to_functional = clinical_after < 0
    words[(change == 1) & from_clinical & to_functional] = "recovered"
    words[(change == -1) & ~from_clinical & ~to_functional] = "harmed"
    return words


def bounds(improved: int, paired: int, due: int) -> tuple[float, float]:
    """(lowest, highest) share of everybody due who may have improved: nobody, or everybody, of those without a second score. Between 0 and 1.

    Source: Manski (1990), Am Econ Rev 80:319-323 (worst-case bounds). Raises ValueError unless 0 <= improved <= paired <= due and due > 0.
    """
    if not 0 <= improved <= paired <= due or due == 0:
        raise ValueError("bounds need 0 <= improved <= paired <= due, and somebody due")
    return improved / due, (improved + due - paired) / due


def _way(better: Better) -> int:
    return 1 if better == "higher" else -1


def _error_of_difference(sd: float, reliability: float) -> float:
    if sd < 0 or not 0 <= reliability <= 1:
        raise ValueError("the standard deviation cannot be negative and reliability lies between 0 and 1")
    return math.sqrt(2) * sd * math.sqrt(1 - reliability)
