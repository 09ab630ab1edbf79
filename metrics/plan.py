"""Plan against return: gaps worth asking about, figures exactly as planned, cautious and ambitious plans, the range next year may fall in.

Pure functions on numbers and rows. Tests are exact, as R's `poisson.test` and `binom.test` (R Core Team, stats package): two-sided,
adding up every outcome no likelier than the one seen. docs/plans.md tells the methods with their sources.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from domain.codes import COUNTED_AS
from metrics.intervals import exact_poisson

FLOW, TOTAL, STOCK, PERCENT, AVERAGE = COUNTED_AS
COUNTED_ANEW = (FLOW, TOTAL)  # running totals become flows before anything else

LEAST_GAP = 2  # people
WIDE = 5  # a gap is wide from one fifth (20%) of the projection
RARE = 0.05
MOST_QUESTIONS = 3  # of one return
LEAST_MATCHES = 4
RARE_MATCHES = 0.005  # of a year; its four returns share as much again, so that looking five times does not ask honest services five times as often
RARE_IN_A_RETURN = RARE_MATCHES / 4
FULL = 0.9  # of the places: so full that the same figure again says nothing
CAUTIOUS_OVER, AMBITIOUS_UNDER = 1.1, 0.9
FEWEST_QUARTERS, MOST_QUARTERS = 4, 12
TIE = 1 + 1e-7  # R's tolerance: outcomes as likely as the one seen count although rounding parts them

VERDICTS = ("cautious", "about right", "ambitious", "cannot tell")


# ---- chance ----------------------------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)  # the same figures come back in line after line
def poisson_p(actual: float, projection: float) -> float:
    """Two-sided p of a count when `projection` is expected: the sum of pmf(k) over k with pmf(k) <= pmf(actual). As R's poisson.test."""
    if projection == 0:
        return 1.0 if actual == 0 else 0.0
    count = _whole(actual, projection)
    counts, chances = _poisson(projection, count)
    return min(1.0, float(chances[chances <= chances[count - counts[0]] * TIE].sum()))


@lru_cache(maxsize=8192)  # the same figures come back in line after line
def binomial_p(actual: float, out_of: int, share: float) -> float:
    """Two-sided p of `actual` out of a known number when each is expected with chance `share`. As R's binom.test.

    Raises ValueError unless 0 <= actual <= out_of and 0 <= share <= 1.
    """
    if not (0 <= actual <= out_of and 0 <= share <= 1):
        raise ValueError("a binomial test needs 0 <= actual <= out of and a share between 0 and 1")
    chances = _binomial(out_of, share)
    return min(1.0, float(chances[chances <= chances[_whole(actual, out_of * share)] * TIE].sum()))


def _whole(actual: float, expected: float) -> int:
    """A count that came with a fraction, taken to the whole number on the side of what was expected."""
    return math.floor(actual) if actual > expected else math.ceil(actual)


def _poisson(mean: float, also: int = 0) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Counts and their Poisson chances, so far out on either side that what is left out is nothing; `also` is among them."""
    far = math.ceil(12 * math.sqrt(mean) + 40)  # beyond lie less than 1e-28 of all chances
    counts = np.arange(max(0, min(also, math.floor(mean)) - far), max(also, math.ceil(mean)) + far + 1)
    return counts, np.exp(special.xlogy(counts, mean) - mean - special.gammaln(counts + 1))


def _binomial(out_of: int, share: float) -> NDArray[np.float64]:
    k = np.arange(out_of + 1)
    ways = special.gammaln(out_of + 1) - special.gammaln(k + 1) - special.gammaln(out_of - k + 1)
    return np.exp(ways + special.xlogy(k, share) + special.xlog1py(out_of - k, -share))


# ---- what was projected and counted ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figure:
    """One line of a plan in one quarter, running totals already turned into what was new in it.

    `line` names the line through renamings and years. `to_date_…` add up since the plan year began over the quarters that have both figures
    (percent: pooled, where it is known out of how many); nothing for stocks and averages. `last` is the quarter before, if the line had one.
    """

    service: str
    line: tuple[int, str]
    ref: str
    year: int
    quarter: int
    counted_as: str
    maintain: bool
    projection: float | None
    actual: float | None
    out_of: float | None = None
    plan_out_of: float | None = None
    places: float | None = None
    to_date_projection: float | None = None
    to_date_actual: float | None = None
    to_date_out_of: float | None = None
    to_date_plan_out_of: float | None = None
    last: Figure | None = None
    falls: bool = False  # a running total lower than the quarter before


def flows(totals: Sequence[float | None]) -> list[float | None]:
    """What was new in each quarter, from running totals since the year began. After a missing total the next difference is not known."""
    made: list[float | None] = []
    before: float | None = 0.0
    for total in totals:
        made.append(None if total is None or before is None else total - before)
        before = total
    return made


def figures(rows: Iterable[Mapping[str, Any]]) -> list[Figure]:
    """Rows of warehouse.plan_queries.plan_figures as figures that can be compared, in order of service, line and quarter.

    A quarter is judged by the plan in force when it began: under a later version a running total's projection is differenced against that
    version's own figure for the quarter before, where it has one. A line that replaces another continues it.
    """
    by_line: dict[tuple[str, tuple[int, str]], list[Mapping[str, Any]]] = defaultdict(list)
    rows = list(rows)
    names = _names(rows)
    for row in rows:
        by_line[row["service"], names[row["service"], row["year"], row["ref"]]].append(row)
    made: list[Figure] = []
    for (service, line), told in by_line.items():
        last: Figure | None = None
        for year in sorted({row["year"] for row in told}):
            for figure in _year(service, line, [row for row in told if row["year"] == year]):
                follows = last and (last.year, last.quarter) in ((figure.year, figure.quarter - 1), (figure.year - 1, figure.quarter + 3))
                last = replace(figure, last=replace(last, last=None) if last and follows else None)
                made.append(last)
    return made


def _names(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int, str], tuple[int, str]]:
    """(service, year, ref) -> the year and ref under which the line was first in a plan."""
    lines = {(row["service"], row["year"], row["ref"]): row for row in rows}
    replaced = {(row["service"], row["year"], row["replaces_ref"]) for row in rows if row["replaces_ref"]}
    names: dict[tuple[str, int, str], tuple[int, str]] = {}

    def name(key: tuple[str, int, str], on_the_way: frozenset[tuple[str, int, str]]) -> tuple[int, str]:
        if key not in names:
            service, year, ref = key
            older = lines[key]["replaces_ref"]
            known = [(service, year, older), (service, year - 1, older)] if older else []
            if (service, year - 1, ref) not in replaced:  # a ref that was given up and used again is another line
                known.append((service, year - 1, ref))
            same = (k for k in known if k in lines and k not in on_the_way and _alike(lines[k]["counted_as"], lines[key]["counted_as"]))
            before = next(same, None)
            names[key] = name(before, on_the_way | {key}) if before else (year, ref)
        return names[key]

    for key in sorted(lines):
        name(key, frozenset())
    return names


def _alike(one: str, other: str) -> bool:
    return one == other or (one in COUNTED_ANEW and other in COUNTED_ANEW)


def _year(service: str, line: tuple[int, str], rows: Sequence[Mapping[str, Any]]) -> list[Figure]:
    made: list[Figure] = []
    planned: float = 0.0  # since the year began
    counted: float | None = 0.0  # likewise; unknown after a quarter without a return
    for row in sorted(rows, key=lambda r: r["quarter"]):
        projection, actual, total, falls = row["projection"], row["actual"], row["counted_as"] == TOTAL, False
        if row["counted_as"] in COUNTED_ANEW:
            if projection is not None:
                before = row["projection_before"] if total and row["projection_before"] is not None else planned
                planned = projection if total else planned + projection
                projection = projection - before if total else projection
                projection = projection if projection >= 0 else None  # nobody plans for fewer than none: nothing to judge by
            if actual is None:
                counted = counted if row["projection"] is None else None  # out of contract: nothing was counted
            elif total:
                new = None if counted is None else actual - counted
                falls = new is not None and new < 0
                actual, counted = (None if falls else new), actual
            else:
                counted = None if counted is None else counted + actual
        figure = Figure(
            service, line, row["ref"], row["year"], row["quarter"], row["counted_as"], row["direction"] == "maintain", projection, actual,
            row["out_of"], row["plan_out_of"], row["places"], falls=falls,
        )  # fmt: skip
        made.append(_with_to_date(figure, made, planned if total else None, counted if total and row["actual"] is not None else None))
    return made


def _with_to_date(figure: Figure, earlier: Sequence[Figure], planned: float | None, counted: float | None) -> Figure:
    """The figure with what has added up since the year began."""
    both = [f for f in [*earlier, figure] if f.projection is not None and f.actual is not None]
    unknown = [f for f in [*earlier, figure] if f.projection is not None and f.actual is None]
    if figure.projection is not None and counted is not None and unknown:
        # A running total speaks for the quarters before it too: one was not returned, or the total fell, and what has added up is still known.
        return replace(figure, to_date_projection=planned, to_date_actual=counted, to_date_out_of=figure.out_of, to_date_plan_out_of=figure.plan_out_of)
    if figure.projection is None or figure.actual is None:
        return figure
    projections, actuals = [f.projection or 0.0 for f in both], [f.actual or 0.0 for f in both]
    if figure.counted_as in COUNTED_ANEW:
        if figure.counted_as == TOTAL:
            out_of, plan_out_of = figure.out_of, figure.plan_out_of  # a running total is out of one number for the year so far
        else:
            out_of, plan_out_of = _sum([f.out_of for f in both]), _sum([f.plan_out_of for f in both])
        return replace(
            figure, to_date_projection=sum(projections), to_date_actual=sum(actuals), to_date_out_of=out_of, to_date_plan_out_of=plan_out_of
        )  # fmt: skip
    asked = _sum([f.out_of or f.plan_out_of for f in both])
    if figure.counted_as == PERCENT and asked:
        weights = [(f.out_of or f.plan_out_of or 0.0) / asked for f in both]
        pooled = (sum(w * v for w, v in zip(weights, values, strict=True)) for values in (projections, actuals))
        return replace(figure, to_date_projection=next(pooled), to_date_actual=next(pooled), to_date_out_of=asked)
    return figure


def _sum(values: Sequence[float | None]) -> float | None:
    return None if not values or any(v is None for v in values) else sum(v or 0.0 for v in values)


class YearFigure(NamedTuple):
    """A line's year: `complete` where every quarter the plan speaks of was returned."""

    projection: float | None
    actual: float | None
    out_of: float | None
    plan_out_of: float | None
    complete: bool


def year_figure(of_one_year: Sequence[Figure]) -> YearFigure:
    """A line's figure for its plan year: flows added up, a stock as its last quarter, percents pooled (else averaged), averages averaged."""
    planned = [f for f in of_one_year if f.projection is not None]
    told = [f for f in planned if f.actual is not None]
    if not planned:
        return YearFigure(None, None, None, None, False)
    final, complete = planned[-1], len(told) == len(planned)
    if final.counted_as == STOCK:
        return YearFigure(final.projection, final.actual, final.out_of, final.plan_out_of, complete)
    if final.counted_as == TOTAL and not complete and final.to_date_actual is not None and not final.falls:
        complete = True  # the last running total speaks for the quarters before it
    if not told and final.to_date_actual is None:
        return YearFigure(None, None, None, None, False)
    if final.counted_as in COUNTED_ANEW or final.to_date_actual is not None:
        last = next(f for f in reversed(planned) if f.to_date_actual is not None)
        return YearFigure(last.to_date_projection, last.to_date_actual, last.to_date_out_of, last.to_date_plan_out_of, complete)
    n = len(told)
    return YearFigure(sum(f.projection or 0.0 for f in told) / n, sum(f.actual or 0.0 for f in told) / n, None, None, complete)


# ---- gaps ------------------------------------------------------------------------------------------------------------------------------------


class Gap(NamedTuple):
    """actual - projection; the chance of a figure at least as unlikely had the projection been right (None: not tested); worth asking about."""

    gap: float | None
    probability: float | None
    material: bool


def gap(projection: float | None, actual: float | None, counted_as: str = FLOW, out_of: float | None = None, plan_out_of: float | None = None) -> Gap:
    """The gap of one figure, in the line's own units, and whether it is worth asking about: at least 2, at least 20% and p < 5%.

    Counts: Poisson around the projection. Out of a known number (the return's, else the plan's): binomial with the projection's share of the
    plan's number, else of the return's. Percent: the same in people. Averages: the rule of 20% alone. A percent of nobody knows how many is
    not tested (of 12 people answering, around 70% of them yes, chance is that far off every third quarter): see `untold`.
    """
    if projection is None or actual is None or actual < 0 or projection < 0:
        return Gap(None, None, False)
    difference = actual - projection
    known = _known(projection, actual, counted_as, out_of, plan_out_of)
    if counted_as == AVERAGE:
        return Gap(difference, None, difference != 0 and WIDE * abs(difference) >= projection * (1 - 1e-9))
    if counted_as == PERCENT and known is None:
        return Gap(difference, None, False)
    if known is None:
        probability, people, expected = poisson_p(actual, projection), difference, projection
    else:
        n, share, count = known
        probability, expected = binomial_p(count, n, share), projection * n / 100 if counted_as == PERCENT else projection
        people = count - expected if counted_as == PERCENT else difference
    return Gap(difference, probability, wide(people, expected) and probability < RARE)


def untold(f: Figure) -> bool:
    """A percent at least 20% off its projection that nobody can judge, because it is not said out of how many. To be asked for, not about."""
    if f.counted_as != PERCENT or f.projection is None or f.actual is None:
        return False
    off = abs(f.actual - f.projection)
    return _known(f.projection, f.actual, PERCENT, f.out_of, f.plan_out_of) is None and wide(off, f.projection)


def wide(difference: float, projection: float) -> bool:
    """At least 2 and at least 20% of the projection."""
    return abs(difference) >= LEAST_GAP * (1 - 1e-9) and WIDE * abs(difference) >= projection * (1 - 1e-9)


def _known(projection: float, actual: float, counted_as: str, out_of: float | None, plan_out_of: float | None) -> tuple[int, float, float] | None:
    """(out of how many, expected share, count) where the figure is out of a known number that can hold it; else None."""
    n = round(out_of or plan_out_of or 0)
    if counted_as == AVERAGE or n < 1:
        return None
    if counted_as == PERCENT:
        return None if actual > 100 else (n, min(1.0, projection / 100), round(actual * n / 100))
    share = projection / (plan_out_of or n)
    return (n, share, actual) if share <= 1 and actual <= n else None


@lru_cache(maxsize=8192)  # the same figures come back in line after line
def chance_of_asking(projection: float, out_of: int | None = None) -> float:
    """How often a service whose projection is exactly right would be asked about one figure, by chance alone: exact."""
    if projection == 0:
        return 0.0
    if out_of is None:
        counts, chances = _poisson(projection)
    else:
        counts, chances = np.arange(out_of + 1), _binomial(out_of, projection / out_of)
    # One p for every count at once: its own chance and those of all counts no likelier.
    order = np.argsort(chances, kind="stable")
    rising = chances[order]
    p = np.cumsum(rising)[np.searchsorted(rising, chances * TIE, side="right") - 1]
    off = np.abs(counts - projection)
    return float(chances[(off >= LEAST_GAP * (1 - 1e-9)) & (WIDE * off >= projection * (1 - 1e-9)) & (p < RARE)].sum())


def chance_of(figure: Figure) -> float | None:
    """`chance_of_asking` for a figure of a quarter; None where it is not tested."""
    if figure.projection is None or figure.actual is None:
        return None
    out_of = None if figure.counted_as == TOTAL else figure.out_of
    known = _known(figure.projection, figure.actual, figure.counted_as, out_of, None if figure.counted_as == TOTAL else figure.plan_out_of)
    if known is None:
        return None if figure.counted_as in (PERCENT, AVERAGE) else chance_of_asking(figure.projection)
    n, share, _ = known
    return chance_of_asking(n * share, n)


@dataclass(frozen=True)
class Judged:
    """One figure and its gap in the quarter and in the year to date.

    `listed`: worth a word at this return (in a first year only at its end); `asked`: among the questions of its return.
    """

    figure: Figure
    quarter: Gap
    to_date: Gap
    size: float  # how far from the plan beside what chance alone does; in order of size questions are asked
    developmental: bool = False
    listed: bool = False
    asked: bool = False

    @property
    def material(self) -> bool:
        return self.quarter.material or self.to_date.material


def judged(of_one_service: Sequence[Figure], first_year: int | None = None) -> list[Judged]:
    """Every figure of one service with its gap, and which of them are asked about: one row per figure.

    At most three a return, largest first. A year to date already asked about in the same direction is not asked about again unless the new
    quarter itself is off. In the first plan year nothing is asked until its last quarter, and then about the year.
    """
    made = [_judge(f, f.year == first_year) for f in of_one_service]
    by_return: dict[tuple[int, int], list[int]] = defaultdict(list)
    ends = {year: max(f.quarter for f in of_one_service if f.year == year and f.projection is not None) for year in {
        f.year for f in of_one_service if f.projection is not None}}  # fmt: skip
    for i, j in enumerate(made):
        if to_ask := _to_ask(j, made, ends.get(j.figure.year)):
            by_return[j.figure.year, j.figure.quarter].append(i)
        made[i] = replace(j, listed=to_ask or (j.material and not j.developmental))
    for those in by_return.values():
        for i in sorted(those, key=lambda i: (-made[i].size, made[i].figure.ref))[:MOST_QUESTIONS]:
            made[i] = replace(made[i], asked=True)
    return made


def _judge(f: Figure, developmental: bool) -> Judged:
    in_quarter = (None, None) if f.counted_as == TOTAL else (f.out_of, f.plan_out_of)  # its 'out of' is that of the year so far
    quarter = gap(f.projection, f.actual, f.counted_as, *in_quarter)
    to_date = gap(f.to_date_projection, f.to_date_actual, f.counted_as, f.to_date_out_of, f.to_date_plan_out_of)
    sizes = [_size(f.projection, quarter, f.counted_as, in_quarter[0] or in_quarter[1])] if quarter.material else []
    sizes += [_size(f.to_date_projection, to_date, f.counted_as, f.to_date_out_of)] if to_date.material else []
    return Judged(f, quarter, to_date, max(sizes, default=0.0), developmental)


def _size(projection: float | None, found: Gap, counted_as: str, out_of: float | None) -> float:
    """The gap beside the square root of the projection, in people. What could not be tested comes after all that could (between 0 and 1)."""
    assert projection is not None and found.gap is not None
    if found.probability is None:
        return abs(found.gap) / (abs(found.gap) + projection)
    people = (out_of or 0.0) / 100 if counted_as == PERCENT else 1.0
    return 1 + abs(found.gap) * people / math.sqrt(max(1.0, projection * people))


def _to_ask(j: Judged, others: Sequence[Judged], year_ends: int | None) -> bool:
    if not j.material:
        return False
    if j.developmental:
        return j.figure.quarter == year_ends and (j.to_date.material if j.to_date.gap is not None else j.quarter.material)
    if j.quarter.material:
        return True
    return not any(
        o.figure.line == j.figure.line and o.figure.year == j.figure.year and o.figure.quarter < j.figure.quarter and o.material
        and _down(o) == _down(j) for o in others
    )  # fmt: skip


def _down(j: Judged) -> bool:
    found = j.quarter if j.quarter.material else j.to_date
    return (found.gap or 0) < 0


# ---- figures exactly as planned --------------------------------------------------------------------------------------------------------------


class Match(NamedTuple):
    """Whether one figure equals its plan and the quarter before, each with the chance of that had it been counted (None: no quarter before)."""

    equals_plan: bool
    chance_plan: float
    equals_last: bool | None
    chance_last: float | None


class Matches(NamedTuple):
    """How many of the figures equal the plan or the last quarter; the smaller chance of so many or more; whether to ask, and which pattern."""

    figures: int
    equal_to_plan: int
    equal_to_last_quarter: int
    probability: float
    questioned: bool
    pattern: str  # plan, last quarter or nothing


def match(figure: Figure) -> Match | None:
    """The match of one figure, or None where equality says nothing: not counted anew, to maintain, under 1 projected, or full (0.9 × places)."""
    if not _may_match(figure):
        return None
    at, chances = _distribution(figure)
    plan = float(chances[round(figure.projection or 0) - at]) if figure.projection == round(figure.projection or 0) else 0.0
    last = figure.last
    if last is None or not _may_match(last):
        return Match(figure.actual == figure.projection, plan, None, None)
    return Match(figure.actual == figure.projection, plan, figure.actual == last.actual, _same(_distribution(last), (at, chances)))


def _may_match(f: Figure) -> bool:
    if f.counted_as not in COUNTED_ANEW or f.maintain or f.actual is None or f.projection is None or f.projection < 1:
        return False
    return not (f.places and f.projection >= FULL * f.places)


def _distribution(f: Figure) -> tuple[int, NDArray[np.float64]]:
    """(the lowest count, the chances from there on) of a figure whose projection is right."""
    assert f.projection is not None and f.actual is not None
    known = None if f.counted_as == TOTAL else _known(f.projection, f.actual, f.counted_as, f.out_of, f.plan_out_of)
    if known is not None:
        return 0, _binomial(known[0], known[1])
    counts, chances = _poisson(f.projection)
    return int(counts[0]), chances


def _same(a: tuple[int, NDArray[np.float64]], b: tuple[int, NDArray[np.float64]]) -> float:
    """The chance that two independent counts are equal."""
    start, end = max(a[0], b[0]), min(a[0] + len(a[1]), b[0] + len(b[1]))
    return float(a[1][start - a[0] : end - a[0]] @ b[1][start - b[0] : end - b[0]]) if end > start else 0.0


def at_least(k: int, chances: Sequence[float]) -> float:
    """P(at least k of these independent events): the upper tail of the Poisson-binomial distribution, by adding one event at a time."""
    counts = np.array([1.0])
    for p in chances:
        counts = np.convolve(counts, (1 - p, p))
    return float(min(1.0, counts[k:].sum())) if k > 0 else 1.0


def matches(found: Iterable[Match | None], rare: float = RARE_MATCHES) -> Matches:
    """Figures exactly as planned, or as the quarter before, over the figures of a year (of one return: `rare=RARE_IN_A_RETURN`).

    Asked from 4 and p < 0.5% of either pattern.
    """
    those = [m for m in found if m is not None]
    lasts = [m for m in those if m.chance_last is not None]
    plan, last = sum(m.equals_plan for m in those), sum(bool(m.equals_last) for m in lasts)
    p_plan, p_last = at_least(plan, [m.chance_plan for m in those]), at_least(last, [m.chance_last or 0.0 for m in lasts])
    asked = [(p, name) for k, p, name in ((plan, p_plan, "plan"), (last, p_last, "last quarter")) if k >= LEAST_MATCHES and p < rare]
    return Matches(len(those), plan, last, min(p_plan, p_last), bool(asked), min(asked)[1] if asked else "")


# ---- cautious, about right, ambitious --------------------------------------------------------------------------------------------------------


class Realism(NamedTuple):
    """actual / projection with its 95% exact interval (None: no interval can be given), and one of VERDICTS."""

    ratio: float | None
    lower: float | None
    upper: float | None
    verdict: str


def exact_share(count: float, out_of: float, confidence: float = 0.95) -> tuple[float, float]:
    """Lower and upper limit of a share, exact from the beta distribution. Source: Clopper and Pearson (1934), Biometrika 26:404-413."""
    tail = (1 - confidence) / 2
    lower = float(stats.beta.ppf(tail, count, out_of - count + 1)) if count > 0 else 0.0
    return lower, float(stats.beta.ppf(1 - tail, count + 1, out_of - count)) if count < out_of else 1.0


def attainment(
    projection: float | None, actual: float | None, counted_as: str = FLOW, out_of: float | None = None, plan_out_of: float | None = None
) -> tuple[float | None, float | None, float | None]:
    """(actual / projection, lower, upper): 1 is as planned. Counts: exact Poisson; out of a known number: Clopper and Pearson.

    No ratio to a projection of none; no limits for averages and for percents of nobody knows how many.
    """
    if not projection or actual is None or projection < 0 or actual < 0:
        return None, None, None
    ratio = actual / projection
    known = _known(projection, actual, counted_as, out_of, plan_out_of)
    if known is not None and known[1] > 0:
        lower, upper = exact_share(known[2], known[0])
        return ratio, lower / known[1], upper / known[1]
    if counted_as in (PERCENT, AVERAGE):
        return ratio, None, None
    _, low, high = exact_poisson(actual)
    return ratio, low / projection, high / projection


def realism(projection: float | None, actual: float | None, counted_as: str = FLOW, out_of: float | None = None, plan_out_of: float | None = None) -> Realism:
    """What a complete year says about its projection. Cautious: lower limit above 1.1. Ambitious: upper limit below 0.9.

    Cannot tell: the interval holds both 0.9 and 1.1, or there is none. Else about right.
    """
    ratio, lower, upper = attainment(projection, actual, counted_as, out_of, plan_out_of)
    if lower is None or upper is None:
        return Realism(ratio, None, None, "cannot tell")
    if lower > CAUTIOUS_OVER:
        return Realism(ratio, lower, upper, "cautious")
    if upper < AMBITIOUS_UNDER:
        return Realism(ratio, lower, upper, "ambitious")
    return Realism(ratio, lower, upper, "cannot tell" if lower <= AMBITIOUS_UNDER and upper >= CAUTIOUS_OVER else "about right")


# ---- reality check ---------------------------------------------------------------------------------------------------------------------------


def reality_check(quarters: Sequence[float], share: float = 0.8) -> tuple[float, float] | None:
    """The range a year like these flow quarters falls in, eight times in ten; None under 4 quarters. The last 12 count.

    m = 4(S + 1/2)/n, spread φ = max(1, Pearson's χ²/(n - 1)), variance φm(1 + 4/n): the 10th and 90th centile of the negative binomial
    with that mean and variance (of the Poisson where the variance is not above the mean).
    """
    used = np.asarray(list(quarters)[-MOST_QUARTERS:], dtype=float)
    n = len(used)
    if n < FEWEST_QUARTERS:
        return None
    total = used.sum()
    mean = 4 * (total + 0.5) / n
    spread = max(1.0, float(((used - total / n) ** 2).sum() / (total / n)) / (n - 1)) if total else 1.0
    return centiles(mean, spread * mean * (1 + 4 / n), share)


def centiles(mean: float, variance: float, share: float = 0.8) -> tuple[float, float]:
    """The middle `share` of the negative binomial of that mean and variance; of the Poisson where the variance is not above the mean."""
    ends = ((1 - share) / 2, (1 + share) / 2)
    if variance <= mean:
        low, high = stats.poisson.ppf(ends, mean)
    else:
        low, high = stats.nbinom.ppf(ends, mean * mean / (variance - mean), mean / variance)
    return float(low), float(high)


# ---- the ladder ------------------------------------------------------------------------------------------------------------------------------


def conversion(step: float | None, next_step: float | None) -> float | None:
    """The next step's year to date over this step's. A ratio, not a share of people: those who take a step may have begun in an earlier year."""
    return None if not step or next_step is None else next_step / step


def widens(ladder: Sequence[float | None]) -> list[int]:
    """Positions of the steps that more people take than took the step before, in a ladder of years to date. To be asked about."""
    known = [(i, v) for i, v in enumerate(ladder) if v is not None]
    return [i for (_, before), (i, value) in pairwise(known) if value > before]


def only_rise(quarters: Sequence[float | None], projections: Sequence[float | None] = ()) -> bool:
    """Whether the figures of one year look like running totals: three or four, each above the one before, the last far above the first.

    Equal quarters counted on would end at n times the first; asked from 0.6 of that, and from 3 more than the first. With `projections` of the
    same quarters the last figure must also lie nearer to their sum than to its own: growing services rise too.
    """
    known = [q for q in quarters if q is not None]
    n = len(known)
    if n < 3 or n < len(quarters) or any(after <= before for before, after in pairwise(known)):
        return False
    if known[-1] < 0.6 * n * known[0] or known[-1] - known[0] < 3:
        return False
    planned = [p for p in projections if p is not None]
    return not planned or abs(known[-1] - sum(planned)) < abs(known[-1] - planned[-1])
