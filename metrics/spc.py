"""XmR charts of many series at once, with the rules of NHS *Making Data Count*.

Mean ± 2.66 × mean moving range (Wheeler 1993, Understanding Variation; constants and rules as in NHS England's Making Data Count and in the
R package NHSRplotthedots, against whose labels tests/golden holds every point). All series are worked together, as one padded array.

Four rules, the first that holds names the point: `outside` a limit; `trend`, 7 points each higher (or each lower) than the one before;
`two_of_three` in the outer third of the way to a limit, all three on the same side of the mean; `shift`, 7 points on one side of the mean.
A point equal to the mean is on neither side: the mean is taken in two passes, and a last digit of rounding puts no point beyond a line.

Said where others are silent. A missing period (a row without a value, or a month, quarter or week that is skipped) breaks runs, and the range
across it is not counted. A series that never varies has both limits at its mean and no signal. Screening that would leave no variation at all
is not applied. Limits from fewer than 12 points are *trial* limits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Better = Literal["higher", "lower", "neither"]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

TO_LIMIT = 2.66  # mean moving ranges from the mean to a limit
SCREENED_FROM = 3.267  # mean moving ranges from which one range is left out, where screening is asked for
RUN = 7  # points that make a shift or a trend
ENOUGH = 12  # points from which limits are no longer on trial
# Decimals are not exact in a computer: 49.7 eleven times over can add up to a mean one last digit below 49.7. Points nearer to a line than a few
# last digits of the largest value are on it; two different decimals are never that near.
TRACE = 8
RULES = ("outside", "trend", "two_of_three", "shift")
COLUMNS = ("mean", "lower", "upper", "near_lower", "near_upper", "signal", "rule", "side", "direction", "segment", "points", "trial", "after_gap")


@dataclass(frozen=True)
class Rebase:
    """From the first point on or after this day the limits start afresh: in one series, or in all where none is named. The reason is kept and shown."""

    on: date
    reason: str
    series: Any = None


def charts(
    frame: pd.DataFrame, better: Better = "neither", *, screen: bool = False, baseline: int | None = None, rebase: Iterable[Rebase] = ()
) -> pd.DataFrame:
    """`frame` (series, date, value) with the columns of its charts beside it: one row per row of `frame`, in the same order, whatever that is.

    mean, lower, upper and the two near limits (two thirds of the way) in the units of value; `signal`; its `rule`, `side` (high, low) and
    `direction` (better, worse, neither); `segment` (0 before the first re-basing); `points` behind the limits and whether they are on `trial`;
    `after_gap`. `baseline` fixes the limits to the first so many points of each segment.

    Raises ValueError where a series has two values on a day, a baseline is shorter than two points, or a re-basing has no reason, no point
    after it or no point before it.
    """
    if baseline is not None and baseline < 2:
        raise ValueError("a baseline needs at least two points")
    series, names = pd.factorize(frame["series"], use_na_sentinel=False)
    days = pd.to_datetime(frame["date"]).to_numpy().astype("datetime64[D]")
    order = np.lexsort((days, series))
    series, days, values = series[order], days[order], frame["value"].to_numpy(dtype=float)[order]
    same_series = _continues(series)
    if np.any(same_series & (np.diff(days, prepend=days[:1]) == np.timedelta64(0, "D"))):
        raise ValueError("a series has two values on one day")

    segment = _segments(series, days, names, rebase)
    row = np.cumsum(~(same_series & _continues(segment))) - 1
    known = ~np.isnan(values)
    filled = _in_rows(row[known], _after_gap(series, days, known)[known], values[known], int(row[-1]) + 1 if len(row) else 0)
    found = _limits(filled, screen, baseline)
    found |= _signals(filled, found)

    out: dict[str, Any] = {}
    for name in ("mean", "lower", "upper", "near_lower", "near_upper", "points", "trial"):
        out[name] = found[name][row]
    rule, side = np.zeros(len(row), dtype=np.int8), np.zeros(len(row), dtype=np.int8)
    rule[known], side[known] = found["rule"][filled.held], found["side"][filled.held]
    out["signal"] = rule > 0
    out["rule"] = np.array(["", *RULES], dtype=object)[rule]
    out["side"] = np.array(["", "high", "low"], dtype=object)[side]  # -1 is the last
    out["direction"] = np.array(_directions(better), dtype=object)[side]
    gap = np.zeros(len(row), dtype=bool)
    gap[known] = filled.after_gap[filled.held]
    out["segment"], out["after_gap"] = segment, gap
    back = np.argsort(order, kind="stable")
    return frame.assign(**{name: out[name][back] for name in COLUMNS})


def chart(values: ArrayLike, better: Better = "neither", *, screen: bool = False, baseline: int | None = None) -> pd.DataFrame:
    """The chart of one series given in order, as `charts`: one row per value; not-a-number is a missing period."""
    values_ = np.asarray(values, dtype=float)
    days = np.datetime64("2000-01-01") + 7 * np.arange(len(values_))
    return charts(pd.DataFrame({"series": 0, "date": days, "value": values_}), better, screen=screen, baseline=baseline)


def verdicts(charted: pd.DataFrame, targets: Mapping[Any, float] | None = None, better: Better = "neither") -> pd.DataFrame:
    """One row per series, as it stands at its last value: n (points of the last segment), points (behind its limits), value, mean, lower, upper,
    rule, trial, constant, target, and

    `variation`: improved, worse, higher or lower (where neither is better) or same; `assurance` against the target: met (always, as things are),
    missed (always) or either; blank without a target or where neither direction is better. Source: NHS Making Data Count (icons).
    """
    last = charted[charted["value"].notna()].sort_values("date", kind="stable").groupby("series", sort=False).tail(1).set_index("series")
    order = [s for s in pd.unique(charted["series"]) if s in last.index]
    last = last.loc[order]
    spread = charted.merge(last["segment"].rename("last_segment"), left_on="series", right_index=True)
    now = spread[spread["segment"] == spread["last_segment"]].groupby("series")["value"]
    variation = np.select(
        [last["direction"] == "better", last["direction"] == "worse", last["side"] == "high", last["side"] == "low"],
        ["improved", "worse", "higher", "lower"], "same",
    )  # fmt: skip
    target = pd.Series({s: (targets or {}).get(s, math.nan) for s in order}, dtype=float).reindex(order)
    beyond = {"higher": ("missed", "met"), "lower": ("met", "missed"), "neither": ("", "")}[better]
    assurance = np.select([target.isna(), target > last["upper"], target < last["lower"]], ["", *beyond], "" if better == "neither" else "either")
    return pd.DataFrame(
        {
            "n": now.count().reindex(order), "points": last["points"],
            "value": last["value"], "mean": last["mean"], "lower": last["lower"], "upper": last["upper"],
            "rule": last["rule"], "trial": last["trial"], "constant": (now.nunique() == 1).reindex(order), "target": target,
            "variation": variation, "assurance": assurance,
        },
        index=pd.Index(order, name="series"),
    ).reset_index()  # fmt: skip


def before_after(charted: pd.DataFrame) -> pd.DataFrame:
    """One row per re-based series: series, before and after (the means behind the limits of its last two segments), points_before, points_after."""
    each = charted[charted["value"].notna()].groupby(["series", "segment"], sort=False).agg(mean=("mean", "first"), points=("points", "first"))
    rows = []
    for name, of in each.reset_index().groupby("series", sort=False):
        if len(of) > 1:
            was, now = of.sort_values("segment").tail(2).to_dict("records")
            rows.append((name, was["mean"], now["mean"], was["points"], now["points"]))
    return pd.DataFrame(rows, columns=["series", "before", "after", "points_before", "points_after"])


def two_pass_mean(values: list[float]) -> float:
    """The mean, added without rounding and then corrected once by the mean of what is left: a value equal to the mean stays equal to it."""
    if not values:
        return math.nan
    first = math.fsum(values) / len(values)
    return first + math.fsum([v - first for v in values]) / len(values)


# ---- one row of an array per segment ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Rows:
    """Known values, one row per segment, filled up with not-a-number; `held` are the cells that hold one, in the order they came."""

    values: Floats
    after_gap: Flags
    held: tuple[NDArray[np.intp], NDArray[np.intp]]
    n: NDArray[np.intp]


def _in_rows(row: NDArray[np.intp], after_gap: Flags, values: Floats, rows: int) -> _Rows:
    n = np.bincount(row, minlength=rows)
    place = np.arange(len(row)) - np.repeat(np.cumsum(n) - n, n)
    held = (row, place)
    array, gaps = np.full((rows, max(int(n.max(initial=0)), 1)), np.nan), np.zeros((rows, max(int(n.max(initial=0)), 1)), dtype=bool)
    array[held], gaps[held] = values, after_gap & (place > 0)
    return _Rows(array, gaps, held, n)


def _limits(r: _Rows, screen: bool, baseline: int | None) -> dict[str, NDArray[Any]]:
    width = r.values.shape[1]
    used = np.minimum(r.n, baseline) if baseline is not None else r.n
    mean = np.array([two_pass_mean(v[:k]) for v, k in zip(r.values.tolist(), used.tolist(), strict=True)])
    ranges = np.abs(np.diff(r.values, axis=1))
    ranges[r.after_gap[:, 1:]] = np.nan
    ranges[np.arange(1, width)[None, :] >= used[:, None]] = np.nan
    typical = _mean_of_known(ranges)
    if screen:
        kept = np.where(ranges >= SCREENED_FROM * typical[:, None], np.nan, ranges)
        after = _mean_of_known(kept)
        typical = np.where(after > 0, after, typical)  # never down to limits without width
    reach = TO_LIMIT * typical
    near = reach * 2 / 3
    return {
        "mean": mean, "lower": mean - reach, "upper": mean + reach, "near_lower": mean - near, "near_upper": mean + near,
        "points": used, "trial": used < ENOUGH,
    }  # fmt: skip


def _mean_of_known(ranges: Floats) -> Floats:
    return np.array([two_pass_mean([v for v in row if v == v]) for row in ranges.tolist()])


def _signals(r: _Rows, limits: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """rule (0 none, then as RULES from 1) and side (1 high, -1 low) of every cell."""
    column = {name: limits[name][:, None] for name in ("mean", "lower", "upper", "near_lower", "near_upper")}
    v = r.values
    trace = TRACE * np.spacing(np.nanmax(np.abs(v), axis=1, initial=0.0))[:, None]
    with np.errstate(invalid="ignore"):
        side = _beyond(v, column["mean"], column["mean"], trace)
        outside = _beyond(v, column["lower"], column["upper"], trace)
        close = (outside == 0) & (_beyond(v, column["near_lower"], column["near_upper"], -trace) != 0) & (side != 0)
        step = np.zeros_like(side)
        step[:, 1:] = np.nan_to_num(np.sign(np.diff(v, axis=1)))
    joined = ~r.after_gap
    shift = _run(side, joined, RUN)
    # A trend of 7 points is 6 steps the same way, and the point the first step left from belongs to it. A peak that ends one trend
    # and begins another is counted to the later, as in the R package.
    trend = _run(np.where(joined, step, 0), joined, RUN - 1)
    leaving = np.zeros_like(trend)
    leaving[:, :-1] = trend[:, 1:]
    trend = np.where(leaving != 0, leaving, trend)
    outer = _two_of_three(side, close, joined)
    tests = (outside, trend, outer, shift)
    rule = np.select([t != 0 for t in tests], [1, 2, 3, 4], 0).astype(np.int8)
    return {"rule": rule, "side": np.select([t != 0 for t in tests], list(tests), 0).astype(np.int8)}


def _beyond(v: Floats, lower: Floats, upper: Floats, trace: Floats) -> NDArray[np.int8]:
    """1 above upper, -1 below lower, 0 between, by more than a trace of rounding (by less, where the trace is negative: then equal is beyond)."""
    return (v > upper + trace).astype(np.int8) - (v < lower - trace)


def _run(sign: NDArray[np.int8], joined: Flags, length: int) -> NDArray[np.int8]:
    """The sign of every cell that lies in a run of at least `length` cells of one sign, each joined to the one before; otherwise 0."""
    out = np.zeros_like(sign)
    width = sign.shape[1] - length + 1
    if width < 1:
        return out
    for way in (1, -1):
        whole = np.ones((len(sign), width), dtype=bool)
        for k in range(length):
            whole &= sign[:, k : k + width] == way
            if k:
                whole &= joined[:, k : k + width]
        for k in range(length):
            out[:, k : k + width][whole] = way
    return out


def _two_of_three(side: NDArray[np.int8], close: Flags, joined: Flags) -> NDArray[np.int8]:
    out = np.zeros_like(side)
    width = side.shape[1] - 2
    if width < 1:
        return out
    for way in (1, -1):
        near = close & (side == way)
        whole = joined[:, 1 : 1 + width] & joined[:, 2 : 2 + width]
        for k in range(3):
            whole &= side[:, k : k + width] == way
        whole &= near[:, :width].astype(np.int8) + near[:, 1 : 1 + width] + near[:, 2 : 2 + width] >= 2
        for k in range(3):
            out[:, k : k + width][whole & near[:, k : k + width]] = way
    return out


# ---- dates -----------------------------------------------------------------------------------------------------------------------------------


def _continues(keys: NDArray[Any]) -> Flags:
    same = np.zeros(len(keys), dtype=bool)
    same[1:] = keys[1:] == keys[:-1]
    return same


def _segments(series: NDArray[np.intp], days: NDArray[Any], names: Any, rebase: Iterable[Rebase]) -> NDArray[np.intp]:
    segment = np.zeros(len(series), dtype=np.intp)
    for at in rebase:
        if not at.reason.strip():
            raise ValueError("a re-basing needs its reason")
        concerned = np.ones(len(series), dtype=bool) if at.series is None else (names == at.series)[series]
        after = days >= np.datetime64(at.on, "D")
        split = np.isin(series, np.intersect1d(series[concerned & after], series[concerned & ~after]))
        if not split.any():
            raise ValueError(f"no series has points both before and from {at.on:%d %B %Y}, so nothing can be re-based there")
        segment += split & after & concerned
    return segment


def _after_gap(series: NDArray[np.intp], days: NDArray[Any], known: Flags) -> Flags:
    """Whether a known point does not follow the known point before it: a value is missing between, or a period was skipped.

    Periods are the months between dates on one day of the month (or on month ends), or else days when a week or more apart; a period was
    skipped where dates are a multiple of the usual step apart. Dates without a usual step (at least half of the steps, and the shortest) skip none.
    """
    same = _continues(series)
    gap = np.zeros(len(series), dtype=bool)
    gap[1:] = ~known[:-1] & same[1:]
    months = days.astype("datetime64[M]")
    dom, month = (days - months).astype(int), months.astype(int)
    at_end = (days + 1).astype("datetime64[M]") != months
    starts = np.flatnonzero(~same)
    if len(starts):
        lengths = np.diff(np.append(starts, len(series)))
        one_day = np.minimum.reduceat(dom, starts) == np.maximum.reduceat(dom, starts)
        monthly = np.repeat(one_day | np.logical_and.reduceat(at_end, starts), lengths)
        apart = np.where(monthly, np.diff(month, prepend=month[:1]), np.diff(days.astype(int), prepend=days[:1].astype(int)))
        big = np.iinfo(np.int64).max
        shortest = np.repeat(np.minimum.reduceat(np.where(same, apart, big), starts), lengths)
        usual = np.repeat(np.add.reduceat((same & (apart == shortest)).astype(int), starts) * 2 >= lengths - 1, lengths)
        gap |= same & usual & (monthly | (shortest >= 7)) & (apart > shortest) & (apart % shortest == 0)
    # A point after several rows without a value still follows none of them: the row just before it is one.
    return gap


def _directions(better: Better) -> tuple[str, str, str]:
    """Words for side 0, 1 (high) and -1 (low)."""
    return {"higher": ("neither", "better", "worse"), "lower": ("neither", "worse", "better"), "neither": ("neither",) * 3}[better]  # type: ignore[return-value]
