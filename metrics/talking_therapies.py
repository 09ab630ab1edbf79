"""The scheme of NHS Talking Therapies: from pairs of scores to counts, and from counts to the published rates.

Sources: NHS England, NHS Talking Therapies monthly and annual metadata (M076, M179, M185-M195, M052-M055); Clark (2018), Annu Rev Clin Psychol
14:159-183, Table 2, for the pair of questionnaires of each problem. Thresholds are those of domain/measures.toml, reached or exceeded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from domain.quarters import year_dates
from metrics.change import Better, gains, reliable
from metrics.intervals import wilson

Mixed = Literal["no change", "worse"]

COUNTS = (
    "finished", "paired", "at_caseness", "not_at_caseness", "recovery", "reliable_improvement", "reliable_recovery", "reliable_deterioration",
    "no_reliable_change",
)  # fmt: skip
# Rate -> what is counted, and out of whom. Recovery is out of those finished less those below the cut-offs at first, which is not the same as
# those at caseness: a few have no first score to tell. Change is out of everybody finished, with two scores or not.
RATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "recovery": ("recovery", ("finished", "not_at_caseness")),
    "reliable_recovery": ("reliable_recovery", ("finished", "not_at_caseness")),
    "reliable_improvement": ("reliable_improvement", ("finished",)),
    "no_reliable_change": ("no_reliable_change", ("finished",)),
    "reliable_deterioration": ("reliable_deterioration", ("finished",)),
}


@dataclass(frozen=True)
class Pair:
    """First and last score on one questionnaire, and its thresholds: single numbers, or one for each person where the questionnaire follows the problem."""

    first: ArrayLike
    last: ArrayLike
    cutoff: ArrayLike
    reliable_change: ArrayLike
    better: Better = "lower"


@dataclass(frozen=True)
class PublishedYear:
    """England's figures for a year from April, as published; not rounded, nothing hidden."""

    year: str
    counts: dict[str, int]


def _published(year: str, finished: int, at: int, not_at: int, recovery: int, reliable_recovery: int, better: int, same: int, worse: int) -> PublishedYear:
    return PublishedYear(
        year,
        {
            "finished": finished, "at_caseness": at, "not_at_caseness": not_at, "recovery": recovery, "reliable_recovery": reliable_recovery,
            "reliable_improvement": better, "no_reliable_change": same, "reliable_deterioration": worse,
        },
    )  # fmt: skip


# NHS England, Psychological Therapies / NHS Talking Therapies annual reports 2017-18 to 2024-25, England totals. Open Government Licence v3.0.
ENGLAND: dict[str, PublishedYear] = {
    y.year: y
    for y in (
        _published("2017-18", 554_709, 517_393, 36_767, 263_295, 250_395, 368_518, 147_631, 32_931),
        _published("2018-19", 582_556, 546_105, 35_706, 284_810, 270_763, 392_662, 149_884, 33_660),
        _published("2019-20", 606_192, 569_244, 36_054, 291_371, 276_261, 406_118, 158_960, 35_316),
        _published("2020-21", 634_649, 595_840, 37_267, 306_990, 291_091, 433_327, 157_738, 34_535),
        _published("2021-22", 664_087, 624_193, 38_168, 313_919, 296_070, 444_555, 169_783, 38_267),
        _published("2022-23", 672_193, 633_236, 37_805, 316_251, 297_186, 446_968, 174_915, 39_919),
        _published("2023-24", 671_648, 633_828, 37_164, 318_013, 298_780, 448_634, 174_695, 39_870),
        _published("2024-25", 670_419, 634_248, 35_234, 321_061, 301_815, 452_284, 170_457, 39_157),
    )
}
ENGLAND_SOURCE = "NHS England, NHS Talking Therapies annual reports 2017-18 to 2024-25, England. Open Government Licence v3.0."


@dataclass(frozen=True)
class YardstickPoint:
    """England's rate in one year from April: percent as published (one decimal), the counts behind it, and the days it speaks of."""

    year: str
    start: date
    end: date
    value: float
    numerator: int
    denominator: int


@dataclass(frozen=True)
class Yardstick:
    """England's published rates by year, oldest first, as a line to draw beside a service's own; `note` says where its count differs from ours."""

    metric: str
    label: str
    points: tuple[YardstickPoint, ...]
    note: str
    source: str


# Metric of the registry -> the published rate, and how its count differs from the metric's: without that note the line would mislead.
YARDSTICKS: dict[str, tuple[str, str]] = {
    "recovery": ("recovery", "England counts everybody who finished and did not begin below the cut-offs, with two scores or not."),
    "reliable-recovery": ("reliable_recovery", "England counts everybody who finished and did not begin below the cut-offs, with two scores or not."),
    "reliable-improvement": ("reliable_improvement", "England counts everybody who finished, with two scores or not."),
}


@lru_cache(maxsize=16)  # of published figures alone, and working them out anew took half of a page
def england(metric: str) -> Yardstick | None:
    """England's published rates for recovery, reliable-recovery or reliable-improvement by year, or None for another metric."""
    if metric not in YARDSTICKS:
        return None
    rate, note = YARDSTICKS[metric]
    points = []
    for year in ENGLAND.values():
        row = rates(year.counts).set_index("rate").loc[rate]
        start, end = year_dates(int(year.year[:4]))
        points.append(YardstickPoint(year.year, start, end, float(row["published"]), int(row["numerator"]), int(row["denominator"])))
    return Yardstick(metric, "England, NHS Talking Therapies", tuple(points), note, ENGLAND_SOURCE)


def people(pairs: Sequence[Pair], mixed: Mixed = "no change") -> pd.DataFrame:
    """One row per person who finished, in the order of the pairs: paired, at_caseness, not_at_caseness, recovery, reliable_improvement,
    reliable_recovery, reliable_deterioration, no_reliable_change (true or false).

    paired: both scores on every questionnaire. At caseness: the first score of any is on the clinical side; not at caseness: of none, with all
    known. Recovery: at caseness, and the last score of none is. Reliable improvement: reliably better on any and worse on none. Better on one
    and worse on another is no change (Talking Therapies), or worse where `mixed` says so (NHS England's mental health publications).
    """
    first = np.array([_clinical(p, p.first) for p in pairs])
    last = np.array([_clinical(p, p.last) for p in pairs])
    moved = np.array([reliable(gains(p.first, p.last, p.better), p.reliable_change) for p in pairs])
    paired = ~(np.isnan(first) | np.isnan(last)).any(axis=0)
    at = (first == 1).any(axis=0)
    better, worse = (moved == 1).any(axis=0) & paired, (moved == -1).any(axis=0) & paired
    improved = better & ~worse
    deteriorated = worse & (~better if mixed == "no change" else True)
    recovered = paired & at & (last == 0).all(axis=0)
    return pd.DataFrame(
        {
            "paired": paired, "at_caseness": at, "not_at_caseness": (first == 0).all(axis=0), "recovery": recovered,
            "reliable_improvement": improved, "reliable_recovery": recovered & improved, "reliable_deterioration": deteriorated,
            "no_reliable_change": paired & ~improved & ~deteriorated,
        }
    )  # fmt: skip


def counts(classified: pd.DataFrame, groups: ArrayLike | None = None) -> pd.DataFrame:
    """One row per group (`all` without groups), in order of name, of the people of `people`: group and the counts of COUNTS."""
    by = np.full(len(classified), "all", dtype=object) if groups is None else np.asarray(groups, dtype=object)
    added = classified.assign(finished=True)[list(COUNTS)].astype(int).groupby(by).sum()
    return added.rename_axis("group").reset_index()


def rates(counted: pd.DataFrame | Mapping[str, Any], confidence: float = 0.95) -> pd.DataFrame:
    """One row per rate of RATES and per row of `counted` (`item`): item, rate, numerator, denominator, value, lower, upper, published, in percent.

    `published` is the value as NHS England prints it: one decimal, an exact half upwards (worked in whole numbers, so that 50.05 is one).
    """
    frame = pd.DataFrame({name: np.atleast_1d(counted[name]) for name in {c for _, out_of in RATES.values() for c in out_of} | set(RATES)})
    rows = []
    for rate, (what, (everybody, *less)) in RATES.items():
        n = frame[everybody] - sum(frame[name] for name in less)
        value, lower, upper = (100 * np.asarray(v) for v in wilson(frame[what], n, confidence))
        x, whole = frame[what].to_numpy().astype(int), np.asarray(n).astype(int)
        published = np.where(whole > 0, (2000 * x + whole) // np.maximum(2 * whole, 1) / 10, np.nan)
        rows.append(
            pd.DataFrame(
                {
                    "item": frame.index, "rate": rate, "numerator": x, "denominator": whole, "value": value, "lower": lower, "upper": upper,
                    "published": published,
                }
            )
        )  # fmt: skip
    return pd.concat(rows, ignore_index=True).sort_values("item", kind="stable", ignore_index=True)


def _clinical(pair: Pair, score: ArrayLike) -> np.ndarray:
    """1 on the clinical side of the cut-off, 0 on the other, not-a-number where the score is missing. The cut-off is the first clinical score."""
    scores, cutoff = np.asarray(score, dtype=float), np.asarray(pair.cutoff, dtype=float)
    with np.errstate(invalid="ignore"):
        side = scores >= cutoff if pair.better == "lower" else scores <= cutoff
    return np.where(np.isnan(scores), np.nan, side.astype(float))
