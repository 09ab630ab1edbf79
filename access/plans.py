"""The desk's doors for plan against return: gaps, figures exactly as planned, cautious and ambitious plans, reality check.

Contract figures, exact, for whoever access.planned lets see them. Providers see no probabilities. Attainment and the ladder: access.plan_ladder; what
to ask about how a line is counted: access.plan_doubts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from access import planned
from access.planned import Planned
from domain.quarters import Quarter
from domain.types import Viewer
from metrics import plan, plan_reading
from warehouse.connect import Store


@dataclass(frozen=True)
class PlanGap:
    """One line in one quarter: what was projected and counted (running totals as what was new), and whether to ask.

    `material`: worth asking about, in the quarter or in the year to date; `asked`: among the three largest of its return. `probability` and
    `by_chance` (how often a right projection would be asked about) are for commissioners; to managers they are None.
    """

    service: str
    ref: str
    what: str
    quarter: Quarter
    counted_as: str
    projection: float | None
    actual: float | None
    gap: float | None
    probability: float | None
    material: bool
    asked: bool
    developmental: bool
    to_date_projection: float | None
    to_date_actual: float | None
    to_date_probability: float | None
    by_chance: float | None
    size: float
    question: str  # where it is asked or listed, or where something is missing to judge it by
    chance: str
    explanation: str
    reason: str


@dataclass(frozen=True)
class PlanMatches:
    """The figures of a service's plan year, or of one return, that are exactly as planned or as in the quarter before."""

    service: str
    year: int
    quarter: int | None  # of one return; None: the whole year
    figures: int
    equal_to_plan: int
    equal_to_last_quarter: int
    probability: float | None
    questioned: bool
    question: str


@dataclass(frozen=True)
class PlanRealism:
    """A line's complete year beside its projection."""

    service: str
    ref: str
    what: str
    year: int
    projection: float
    actual: float
    ratio: float | None
    lower: float | None
    upper: float | None
    verdict: str
    sentence: str


@dataclass(frozen=True)
class RealityCheck:
    """What a year of a line may bring if it is like the quarters before it.

    `actual` is the plan year before, where four quarters of it were returned; `projection` that of the year, where its plan speaks of four.
    """

    service: str
    ref: str
    what: str
    year: int
    quarters: int
    actual: float | None
    low: float | None
    high: float | None
    projection: float | None
    sentence: str


def gaps(store: Store, viewer: Viewer, services: Sequence[str] = (), year: int | None = None, quarter: int | None = None) -> list[PlanGap]:
    """Plan against return, a row per line and quarter that was projected or returned, by service, quarter and line. No services: all one may see.

    Raises Refused where the viewer may not look, Shown for a service nobody knows.
    """
    here = planned.services(store, viewer, "plan-gaps", services, year, quarter)
    made = [g for s in here for g in s.once("gaps", _gaps_by_quarter).wanted(year, quarter)]
    if viewer.role == "manager":
        made = [replace(g, probability=None, to_date_probability=None, by_chance=None, chance="") for g in made]
    return sorted(made, key=lambda g: (g.service, g.quarter.year, g.quarter.number, g.ref))


def _gaps_by_quarter(s: Planned) -> planned.ByQuarter[PlanGap]:
    return planned.ByQuarter.of((g.quarter, g) for g in _gaps(s))


def _gaps(s: Planned) -> list[PlanGap]:
    return [_gap(s, j) for j in plan.judged(s.figures, s.first_year) if j.figure.projection is not None or j.figure.actual is not None]


def _gap(s: Planned, j: plan.Judged) -> PlanGap:
    f, row = j.figure, s.row(j.figure)
    return PlanGap(
        f.service, f.ref, row["what"], Quarter(f.year, f.quarter), f.counted_as, f.projection, f.actual, j.quarter.gap,
        j.quarter.probability, j.material, j.asked, j.developmental, f.to_date_projection, f.to_date_actual,
        j.to_date.probability, plan.chance_of(f), j.size, _question(j, row),
        _chance(j) if j.quarter.gap is not None else "", row["explanation"] or "", row["reason"] or "",
    )  # fmt: skip


def _question(j: plan.Judged, row: dict[str, Any]) -> str:
    f, explained = j.figure, bool(row["explanation"] or row["reason"])
    if plan.untold(f):
        return plan_reading.say_out_of(f.projection or 0, f.actual or 0)
    if not j.listed:
        return ""
    # In a first year it is the year that is asked about; else the quarter, and the year so far where only that is off.
    of_year = j.to_date.material and (j.developmental or not j.quarter.material)
    projection, actual, out_of = (f.to_date_projection, f.to_date_actual, f.to_date_out_of) if of_year else (f.projection, f.actual, f.out_of)
    return plan_reading.gap_question(
        row["what"], f.counted_as, projection or 0, actual or 0, Quarter(f.year, f.quarter), to_date=of_year, out_of=out_of,
        explained=explained, developmental=j.developmental,
    )  # fmt: skip


def _chance(j: plan.Judged) -> str:
    only_year = j.to_date.material and not j.quarter.material
    told = plan_reading.chance((j.to_date if only_year else j.quarter).probability, j.figure.counted_as)
    return f"For the year so far: {told}" if only_year else told


def chance_gaps(found: Iterable[PlanGap]) -> str:
    """How many of these figures chance alone would bring; empty where nothing was tested or the viewer sees no probabilities."""
    rates = [g.by_chance for g in found if g.by_chance is not None]
    return plan_reading.chance_gaps(sum(rates), len(rates)) if rates else ""


def matches(store: Store, viewer: Viewer, services: Sequence[str] = (), year: int | None = None, quarter: int | None = None) -> list[PlanMatches]:
    """Figures exactly as planned or as in the quarter before: a row per service and plan year (with `quarter`: per return) that has any figure.

    A year is questioned where its figures together are, or those of one of its returns: a copied return must not hide among counted ones.
    """
    here = planned.services(store, viewer, "plan-matches", services, year, quarter)
    made = [m for s in here for m in s.once(f"matches {quarter}", lambda s: _matches(s, quarter)) if year in (None, m.year)]
    return [replace(m, probability=None) for m in made] if viewer.role == "manager" else made


def _matches(s: Planned, quarter: int | None) -> list[PlanMatches]:
    made = []
    matched = s.once("matched", lambda s: [(f, plan.match(f)) for f in s.figures if f.actual is not None])
    for y in s.years():
        of_year = [(f, m) for f, m in matched if f.year == y]
        by_return = {q: [(f, m) for f, m in of_year if f.quarter == q] for q in ((quarter,) if quarter else (1, 2, 3, 4))}
        looked_at = by_return[quarter] if quarter else of_year
        if not looked_at:
            continue
        returns = {q: plan.matches((m for _, m in those), plan.RARE_IN_A_RETURN) for q, those in by_return.items()}
        whole = returns[quarter] if quarter else plan.matches(m for _, m in of_year)
        at = next((q for q, m in returns.items() if m.questioned), quarter)
        asked, those = (returns[at], by_return[at]) if at else (whole, of_year)
        explained = asked.questioned and all(s.row(f)["explanation"] for f, m in those if _same(m, asked.pattern))
        question = plan_reading.matches_question(asked, explained=explained, of_a_year=at is None)
        if asked.questioned and at and not quarter:
            question = f"{Quarter(y, at).months()}: {question}"
        made.append(
            PlanMatches(s.code, y, quarter, whole.figures, whole.equal_to_plan, whole.equal_to_last_quarter, whole.probability, asked.questioned, question)
        )
    return made


def _same(m: plan.Match | None, pattern: str) -> bool:
    return m is not None and bool(m.equals_last if pattern == "last quarter" else m.equals_plan)


def realism(store: Store, viewer: Viewer, services: Sequence[str] = (), year: int | None = None) -> list[PlanRealism]:
    """Cautious, about right, ambitious or cannot tell: a row per line and complete plan year (every quarter of the plan returned)."""
    here = planned.services(store, viewer, "plan-realism", services, year)
    return [r for s in here for r in s.once("realism", _realism) if year in (None, r.year)]


def _realism(s: Planned) -> list[PlanRealism]:
    made = []
    for y in s.years():
        for those in s.lines(y):
            of_year = plan.year_figure(those)
            if not of_year.complete or of_year.projection is None or of_year.actual is None:
                continue
            final = those[-1]
            found = plan.realism(of_year.projection, of_year.actual, final.counted_as, of_year.out_of, of_year.plan_out_of)
            sentence = plan_reading.realism(of_year.projection, of_year.actual, found)
            made.append(PlanRealism(s.code, final.ref, s.row(final)["what"], y, of_year.projection, of_year.actual, *found, sentence))
    return made


def reality_check(store: Store, viewer: Viewer, services: Sequence[str] = (), year: int | None = None) -> list[RealityCheck]:
    """What a plan year may bring, from the quarters before it: a row per line counted anew. Without a year: each service's latest plan.

    A year after the latest plan may be asked about too: its lines are those of that plan, and nothing is projected yet.
    """
    here = planned.services(store, viewer, "reality-check", services, year)
    return [r for s in here for r in s.once(f"reality {year}", lambda s: _reality(s, year))]


def _reality(s: Planned, year: int | None) -> list[RealityCheck]:
    made: list[RealityCheck] = []
    known = [y for y in s.years() if year is None or y <= year]
    if not known or (year is not None and year > s.years()[-1] + 1):
        return made
    asked = known[-1] if year is None else year
    for those in s.lines(known[-1]):
        final = those[-1]
        if final.counted_as not in plan.COUNTED_ANEW:
            continue
        before = [f for f in s.figures if f.line == final.line and f.year < asked]
        told = [f.actual for f in before if f.actual is not None][-plan.MOST_QUARTERS :]
        last_year = plan.year_figure([f for f in before if f.year == asked - 1])
        projection = _projected(those) if known[-1] == asked else None
        found = plan.reality_check(told)
        low, high = found or (None, None)
        # A year of fewer than four quarters in contract stands beside no range of four.
        actual = last_year.actual if last_year.complete and len([f for f in before if f.year == asked - 1]) == 4 else None
        projection = projection if sum(f.projection is not None for f in those) == 4 else None
        sentence = plan_reading.reality_check(found, len(told), projection)
        made.append(RealityCheck(s.code, final.ref, s.row(final)["what"], asked, len(told), actual, low, high, projection, sentence))
    return made


def _projected(those: Sequence[plan.Figure]) -> float | None:
    known = [f.projection for f in those if f.projection is not None]
    return sum(known) if known else None
