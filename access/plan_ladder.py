"""Attainment (counted over planned) and the ladder from line to line: contract figures, exact, for whoever access.planned lets see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from access import planned
from access.planned import Planned
from domain.quarters import Quarter
from domain.types import Viewer
from metrics import plan, plan_reading
from warehouse.connect import Store

SPANS = ("quarter", "year to date", "year")
TARGET = "performance target"


@dataclass(frozen=True)
class Attainment:
    """actual / projection of a line over one of SPANS ending with the quarter (a year: its last quarter)."""

    service: str
    ref: str
    quarter: Quarter
    span: str
    projection: float
    actual: float
    ratio: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class Step:
    """Two successive lines of new people in one plan year: years to date up to the quarter, and the later over the earlier."""

    service: str
    ref: str
    next_ref: str
    quarter: Quarter
    actual: float
    next_actual: float
    ratio: float | None
    planned_ratio: float | None
    widens: bool
    sentence: str


def attainment(store: Store, viewer: Viewer, services: Sequence[str] = (), year: int | None = None, quarter: int | None = None) -> list[Attainment]:
    """actual / projection: for each line and returned quarter a row for the quarter, the year to date, and (complete years) the year."""
    here = planned.services(store, viewer, "milestone-attainment", services, year, quarter)
    return [a for s in here for a in s.once("attainment", of_service).wanted(year, quarter)]


def of_service(s: Planned) -> planned.ByQuarter[Attainment]:
    return planned.ByQuarter.of((a.quarter, a) for a in _of_service(s))


def _of_service(s: Planned) -> list[Attainment]:
    return [a for y in s.years() for those in s.lines(y) for f in those for a in _attained(f, those)]


def _attained(f: plan.Figure, of_year: Sequence[plan.Figure]) -> list[Attainment]:
    in_quarter = (None, None) if f.counted_as == plan.TOTAL else (f.out_of, f.plan_out_of)
    spans = [
        ("quarter", f.projection, f.actual, *in_quarter),
        ("year to date", f.to_date_projection, f.to_date_actual, f.to_date_out_of, f.to_date_plan_out_of),
    ]
    whole = plan.year_figure(of_year)
    if whole.complete and f is max((g for g in of_year if g.projection is not None), key=lambda g: g.quarter):
        spans.append(("year", *whole[:4]))
    return [
        Attainment(f.service, f.ref, Quarter(f.year, f.quarter), span, projection, actual, *plan.attainment(projection, actual, f.counted_as, n, plan_n))
        for span, projection, actual, n, plan_n in spans
        if projection is not None and actual is not None
    ]


def targets(store: Store, viewer: Viewer, services: Sequence[str] = (), year: int | None = None) -> set[tuple[str, str]]:
    """(service, ref) of the performance targets of a plan year that are counted in people: no percents, no averages."""
    here = planned.services(store, viewer, "plan-targets", services, year)
    return {(s.code, ref) for s in here for y, ref in s.once("targets", targets_of) if year in (None, y)}


def targets_of(s: Planned) -> list[tuple[int, str]]:
    """(plan year, ref) of the performance targets of a service that are counted in people, each once."""
    found = ((f.year, f.ref) for f in s.figures if f.counted_as not in (plan.PERCENT, plan.AVERAGE) and s.row(f)["kind"] == TARGET)
    return list(dict.fromkeys(found))


def conversion(store: Store, viewer: Viewer, services: Sequence[str] = (), year: int | None = None, quarter: int | None = None) -> list[Step]:
    """The ladder: for each quarter and pair of successive lines counted anew, the later line's year to date over the earlier one's."""
    here = planned.services(store, viewer, "milestone-conversion", services, year, quarter)
    made = [step for s in here for step in s.once("ladder", _steps_by_quarter).wanted(year, quarter)]
    return sorted(made, key=lambda step: (step.service, step.quarter))


def _steps_by_quarter(s: Planned) -> planned.ByQuarter[Step]:
    return planned.ByQuarter.of((step.quarter, step) for step in _steps(s))


def _steps(s: Planned) -> list[Step]:
    made = []
    for y in s.years():
        ladder = [those for those in s.lines(y) if those[-1].counted_as in plan.COUNTED_ANEW]
        for lower, upper in pairwise(ladder):
            for q in (1, 2, 3, 4):
                a, b = (next((f for f in those if f.quarter == q and f.to_date_actual is not None), None) for those in (lower, upper))
                if a and b:
                    made.append(_step(s, a, b))
    return made


def _step(s: Planned, a: plan.Figure, b: plan.Figure) -> Step:
    assert a.to_date_actual is not None and b.to_date_actual is not None
    ratio, wider = plan.conversion(a.to_date_actual, b.to_date_actual), b.to_date_actual > a.to_date_actual
    words = s.row(a)["what"], s.row(b)["what"]
    if wider:
        sentence = plan_reading.widens_question(words[0], a.to_date_actual, words[1], b.to_date_actual)
    else:
        sentence = plan_reading.conversion(*words, ratio) if ratio is not None else ""
    planned = plan.conversion(a.to_date_projection, b.to_date_projection)
    return Step(s.code, a.ref, b.ref, Quarter(a.year, a.quarter), a.to_date_actual, b.to_date_actual, ratio, planned, wider, sentence)
