"""The desk's doors for plan against return: gaps, figures exactly as planned, cautious and ambitious plans, reality check, attainment, ladder.

Contract figures, exact: managers see their own services, commissioners all, presenters none here, a local command line any (and each of its
questions is audited). Providers see no probabilities.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from access import rules
from domain.errors import Refused, Shown
from domain.quarters import Quarter, year_name
from domain.types import Event, Viewer
from metrics import plan, plan_reading
from warehouse import plan_queries
from warehouse import store as writes
from warehouse.connect import Store

SPANS = ("quarter", "year to date", "year")


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


@dataclass(frozen=True)
class Doubt:
    """A question about how a plan or a year's figures are counted: figures that only rise, or a ladder that widens."""

    service: str
    ref: str
    year: int
    about: str  # the plan, or the returns
    question: str


@dataclass(frozen=True)
class _Service:
    code: str
    figures: list[plan.Figure]
    rows: dict[tuple[int, int, str], dict[str, Any]]
    first_year: int

    def row(self, f: plan.Figure) -> dict[str, Any]:
        return self.rows[f.year, f.quarter, f.ref]

    def lines(self, year: int) -> list[list[plan.Figure]]:
        """The figures of a year line by line, in order of the ladder: milestones first, then performance targets, each by ref."""
        found: dict[tuple[int, str], list[plan.Figure]] = defaultdict(list)
        for f in self.figures:
            if f.year == year:
                found[f.line].append(f)
        return sorted(found.values(), key=lambda those: (self.row(those[-1])["kind"], those[-1].ref))

    def years(self) -> list[int]:
        return sorted({f.year for f in self.figures})


def check_sees_plans(viewer: Viewer) -> None:
    """Plans and returns are between a provider and its commissioner: presenters show what was agreed for a seminar instead."""
    rules.check_sees_groups(viewer)
    if viewer.role == "presenter":
        raise Refused("Questions about plans are between a service and its commissioner. A seminar shows what both have agreed to show.")


def gaps(store: Store, viewer: Viewer, services: Sequence[str] = (), year: int | None = None, quarter: int | None = None) -> list[PlanGap]:
    """Plan against return, a row per line and quarter that was projected or returned, by service, quarter and line. No services: all one may see.

    Raises Refused where the viewer may not look, Shown for a service nobody knows.
    """
    made = []
    for s in _services(store, viewer, "plan-gaps", services, year, quarter):
        for j in plan.judged(s.figures, s.first_year):
            f = j.figure
            if _wanted(f, year, quarter) and (f.projection is not None or f.actual is not None):
                made.append(_gap(s, j, tells=viewer.role != "manager"))
    return sorted(made, key=lambda g: (g.service, g.quarter, g.ref))


def _gap(s: _Service, j: plan.Judged, tells: bool) -> PlanGap:
    f, row = j.figure, s.row(j.figure)
    by_chance = plan.chance_of(f)
    return PlanGap(
        f.service, f.ref, row["what"], Quarter(f.year, f.quarter), f.counted_as, f.projection, f.actual, j.quarter.gap,
        j.quarter.probability if tells else None, j.material, j.asked, j.developmental, f.to_date_projection, f.to_date_actual,
        j.to_date.probability if tells else None, by_chance if tells else None, j.size, _question(j, row),
        _chance(j) if tells and j.quarter.gap is not None else "", row["explanation"] or "", row["reason"] or "",
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
    made = []
    for s in _services(store, viewer, "plan-matches", services, year, quarter):
        for y in s.years():
            if year not in (None, y):
                continue
            of_year = [(f, plan.match(f)) for f in s.figures if f.year == y and f.actual is not None]
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
            probability = None if viewer.role == "manager" else whole.probability
            made.append(
                PlanMatches(s.code, y, quarter, whole.figures, whole.equal_to_plan, whole.equal_to_last_quarter, probability, asked.questioned, question)
            )
    return made


def _same(m: plan.Match | None, pattern: str) -> bool:
    return m is not None and bool(m.equals_last if pattern == "last quarter" else m.equals_plan)


def realism(store: Store, viewer: Viewer, services: Sequence[str] = (), year: int | None = None) -> list[PlanRealism]:
    """Cautious, about right, ambitious or cannot tell: a row per line and complete plan year (every quarter of the plan returned)."""
    made = []
    for s in _services(store, viewer, "plan-realism", services, year, None):
        for y in s.years():
            for those in s.lines(y) if year in (None, y) else []:
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
    made = []
    for s in _services(store, viewer, "reality-check", services, year, None):
        known = [y for y in s.years() if year is None or y <= year]
        if not known or (year is not None and year > s.years()[-1] + 1):
            continue
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


def attainment(store: Store, viewer: Viewer, services: Sequence[str] = (), year: int | None = None, quarter: int | None = None) -> list[Attainment]:
    """actual / projection: for each line and returned quarter a row for the quarter, the year to date, and (complete years) the year."""
    made = []
    for s in _services(store, viewer, "milestone-attainment", services, year, quarter):
        for y in s.years():
            for those in s.lines(y):
                for f in those:
                    if _wanted(f, year, quarter):
                        made += _attained(f, those)
    return made


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


def conversion(store: Store, viewer: Viewer, services: Sequence[str] = (), year: int | None = None, quarter: int | None = None) -> list[Step]:
    """The ladder: for each quarter and pair of successive lines counted anew, the later line's year to date over the earlier one's."""
    made = []
    for s in _services(store, viewer, "milestone-conversion", services, year, quarter):
        for y in s.years():
            ladder = [those for those in s.lines(y) if those[-1].counted_as in plan.COUNTED_ANEW]
            for lower, upper in pairwise(ladder):
                for q in (1, 2, 3, 4):
                    a, b = (next((f for f in those if f.quarter == q and f.to_date_actual is not None), None) for those in (lower, upper))
                    if a and b and _wanted(a, year, quarter):
                        made.append(_step(s, a, b))
    return sorted(made, key=lambda step: (step.service, step.quarter))


def _step(s: _Service, a: plan.Figure, b: plan.Figure) -> Step:
    assert a.to_date_actual is not None and b.to_date_actual is not None
    ratio, wider = plan.conversion(a.to_date_actual, b.to_date_actual), b.to_date_actual > a.to_date_actual
    words = s.row(a)["what"], s.row(b)["what"]
    if wider:
        sentence = plan_reading.widens_question(words[0], a.to_date_actual, words[1], b.to_date_actual)
    else:
        sentence = plan_reading.conversion(*words, ratio) if ratio is not None else ""
    planned = plan.conversion(a.to_date_projection, b.to_date_projection)
    return Step(s.code, a.ref, b.ref, Quarter(a.year, a.quarter), a.to_date_actual, b.to_date_actual, ratio, planned, wider, sentence)


def doubts(store: Store, viewer: Viewer, services: Sequence[str] = (), year: int | None = None) -> list[Doubt]:
    """What a plan or a year's figures should be asked about before anything is made of them: figures that only rise, a ladder that widens."""
    made = []
    for s in _services(store, viewer, "plan-doubts", services, year, None):
        for y in s.years():
            if year not in (None, y):
                continue
            ladder = [those for those in s.lines(y) if those[-1].counted_as in plan.COUNTED_ANEW]
            for those in ladder:
                if those[-1].counted_as != plan.FLOW:
                    continue
                planned = [f.projection for f in those if f.projection is not None]
                returned = [f.actual for f in those if f.projection is not None]
                for about, told, beside in (("the plan", planned, ()), ("the returns", returned, planned)):
                    if plan.only_rise(told, beside):
                        made.append(Doubt(s.code, those[-1].ref, y, about, plan_reading.only_rise_question([v for v in told if v is not None])))
            steps = [_projected(those) for those in ladder]
            for i in plan.widens(steps):
                before = max(j for j in range(i) if steps[j] is not None)
                words = s.row(ladder[before][-1])["what"], s.row(ladder[i][-1])["what"]
                question = plan_reading.widens_question(words[0], steps[before] or 0, words[1], steps[i] or 0)
                made.append(Doubt(s.code, ladder[i][-1].ref, y, "the plan", question))
    return made


def _services(store: Store, viewer: Viewer, asked: str, services: Sequence[str], year: int | None, quarter: int | None) -> list[_Service]:
    """The services a viewer asks about and may see, with their figures; a question from the command line is put on record first."""
    check_sees_plans(viewer)
    owner = writes.known_services(store)
    for code in services:
        if code not in owner:
            raise Shown("There is no such service. It may have been renamed; the Overview lists them all.")
        if viewer.role == "manager" and owner[code] not in viewer.providers:
            raise Refused("That service belongs to another provider. You can see your own services here.")
    codes = sorted(set(services) or {c for c, provider in owner.items() if viewer.role != "manager" or provider in viewer.providers})
    if viewer.session == rules.COMMAND_LINE:
        detail = {"metric": asked, "services": sorted(set(services)), "year": "" if year is None else year_name(year), "quarter": quarter or ""}
        writes.note_event(store, Event("ask", viewer.user, viewer.role, datetime.now(), detail))
    with store.reading() as cursor:
        rows = plan_queries.plan_figures(cursor, codes)
        first = plan_queries.first_plan_years(cursor, codes)
    figures: dict[str, list[plan.Figure]] = defaultdict(list)
    for f in plan.figures(rows):
        figures[f.service].append(f)
    by_key: dict[str, dict[tuple[int, int, str], dict[str, Any]]] = defaultdict(dict)
    for r in rows:
        by_key[r["service"]][r["year"], r["quarter"], r["ref"]] = r
    return [_Service(code, figures[code], by_key[code], first[code]) for code in codes if code in first]


def _wanted(f: plan.Figure, year: int | None, quarter: int | None) -> bool:
    return year in (None, f.year) and quarter in (None, f.quarter)
