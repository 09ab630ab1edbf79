"""What stands beside a plan while it is proposed: last year, the likely range, what became of past projections, like services, and what to ask.

A service's own figures are for its manager and its commissioner. Of like services a commissioner sees the lines, a manager only ratios of at least three
other providers together with none over 80% of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from access import conversation, desk, disclosure, planned, plans, target_plans
from access.target_plans import QUARTERS, TargetPlan
from domain.quarters import Quarter, year_name
from domain.types import Viewer
from metrics import plan, plan_reading
from warehouse.connect import Store

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Beside:
    """One line of the plan of a year beside what is known of it. Years' figures: a flow's sum, a stock's last quarter, a percent pooled, an average's mean."""

    ref: str
    what: str
    counted_as: str
    last_plan: float | None
    last_actual: float | None  # only where every quarter of last year's plan was returned
    quarters: tuple[tuple[Quarter, float], ...]  # what was counted in the last 4 to 12 quarters (running totals as what was new)
    low: float | None
    high: float | None
    proposed: float | None
    agreed: float | None
    past: tuple[str, ...]  # `2024-25: cautious` for each complete year before
    sentence: str

    @property
    def counted_anew(self) -> bool:
        return self.counted_as in plan.COUNTED_ANEW


@dataclass(frozen=True)
class LikeLine:
    """A line of a like service in the plan year before, for its commissioner."""

    service: str
    ref: str
    what: str
    projection: float
    actual: float
    ratio: float | None
    verdict: str


@dataclass(frozen=True)
class LikeServices:
    """Services of the same type: `told` in words for every viewer, `lines` for commissioners."""

    service_type: str
    services: int
    told: tuple[str, ...]
    lines: tuple[LikeLine, ...]


def year_of(line: Row) -> float | None:
    """What a line of a plan says of its whole year: new people added up, a running total's and a stock's last figure, the mean of percents and averages."""
    figures = [line[q] for q in QUARTERS if line[q] is not None]
    if not figures:
        return None
    if line["counted_as"] in (plan.TOTAL, plan.STOCK):
        return float(figures[-1])
    return float(sum(figures)) if line["counted_as"] == plan.FLOW else sum(figures) / len(figures)


def lines(store: Store, viewer: Viewer, service: str, year: int) -> list[Beside]:
    """A row per line of the plan of the year as it stands (proposed, agreed, or to begin from), then last year's lines that are no longer in it.

    Raises Refused where the viewer may not look.
    """
    found = target_plans.of(store, viewer, service, year)
    here = planned.services(store, viewer, "plan-beside", [service])
    figures = [f for s in here for f in s.figures]
    words = {at: r["what"] for s in here for at, r in s.rows.items()}
    verdicts = {(r.year, r.ref): r.verdict for r in plans.realism(store, viewer, [service])}
    history: dict[Any, list[plan.Figure]] = defaultdict(list)
    for f in sorted(figures, key=lambda f: (f.year, f.quarter)):
        history[f.line].append(f)
    called = _called(figures, year)
    agreed = _agreed(found)
    known: list[Any] = []
    made = []
    for line in found.lines:
        name = called.get(line["ref"]) or called.get(line["replaces_ref"] or "")
        known.append(name)
        past = [f for f in history.get(name, []) if f.year < year]
        proposed = year_of(line) if found.state in ("drafted", "proposed", "returned") else None
        then = agreed.get(line["ref"])
        made.append(
            _beside(line["ref"], line["what_people_will_achieve"], line["counted_as"], past, year, (proposed, year_of(then) if then else None), verdicts)
        )
    for name, those in history.items():
        if name not in known and any(f.year == year - 1 for f in those):
            final = [f for f in those if f.year == year - 1][-1]
            what = words[final.year, final.quarter, final.ref]
            made.append(_beside(final.ref, what, final.counted_as, [f for f in those if f.year < year], year, (None, None), verdicts))
    return made


def _called(figures: Iterable[plan.Figure], year: int) -> dict[str, Any]:
    """Reference -> the line it names in the year, else in the year before: a line keeps its history under a new reference."""
    called: dict[str, Any] = {}
    for f in sorted(figures, key=lambda f: (f.year, f.quarter)):
        if f.year in (year - 1, year):
            called[f.ref] = f.line
    return called


def _agreed(found: TargetPlan) -> dict[str, Row]:
    """The lines that are in force: of the latest agreed version, else of a workbook."""
    last = next((v for v in reversed(found.versions) if v.step == "agreed"), None)
    lines = last.lines if last else found.lines if found.state == "in force" else ()
    return {line["ref"]: line for line in lines}


def _beside(
    ref: str,
    what: str,
    counted_as: str,
    past: Sequence[plan.Figure],
    year: int,
    plans_: tuple[float | None, float | None],
    verdicts: Mapping[tuple[int, str], str],
) -> Beside:
    told = [(Quarter(f.year, f.quarter), f.actual) for f in past if f.actual is not None][-plan.MOST_QUARTERS :]
    last = [f for f in past if f.year == year - 1]
    of_year = plan.year_figure(last) if last else None
    anew = counted_as in plan.COUNTED_ANEW
    found = plan.reality_check([a for _, a in told]) if anew else None
    low, high = found or (None, None)
    proposed, agreed = plans_
    wanted = proposed if proposed is not None else agreed
    sentence = plan_reading.reality_check(found, len(told), wanted) if anew else "A likely range is worked out only for people counted anew in each quarter."
    verdict = tuple(f"{year_name(y)}: {verdicts[y, r]}" for y, r in dict.fromkeys((f.year, f.ref) for f in past) if (y, r) in verdicts)
    actual = of_year.actual if of_year and of_year.complete else None
    return Beside(ref, what, counted_as, _planned(last), actual, tuple(told), low, high, proposed, agreed, verdict, sentence)


def _planned(of_year: Sequence[plan.Figure]) -> float | None:
    """What a plan year projected in all, as `year_of` counts it; running totals come as what is new."""
    known = [f.projection for f in of_year if f.projection is not None]
    if not known:
        return None
    counted_as = of_year[-1].counted_as
    return known[-1] if counted_as == plan.STOCK else sum(known) if counted_as in plan.COUNTED_ANEW else sum(known) / len(known)


def doubts(found: TargetPlan) -> list[str]:
    """What to ask about the plan as it is being written: figures that only rise, and a year-to-date ladder that widens. A sentence each."""
    told = []
    ladder = [line for line in sorted(found.lines, key=lambda x: (x["kind"] or "", x["ref"] or "")) if line["counted_as"] in plan.COUNTED_ANEW]
    for line in ladder:
        figures = [line[q] for q in QUARTERS]
        if line["counted_as"] == plan.FLOW and plan.only_rise(figures, ()):
            told.append(f"{line['ref']}: {plan_reading.only_rise_question([v for v in figures if v is not None])}")
    for lower, upper in pairwise(ladder):
        a, b = _to_date(lower), _to_date(upper)
        at = [n for n in (3, 2, 1, 0) if a[n] is not None and b[n] is not None and (b[n] or 0) > (a[n] or 0)]
        if at:
            n = at[0]
            when = "" if n == 3 else f" by the end of {Quarter(found.year, n + 1).months().split(' to ')[1]}"
            question = plan_reading.widens_question(lower["what_people_will_achieve"], a[n] or 0, upper["what_people_will_achieve"], b[n] or 0)
            told.append(f"{upper['ref']} after {lower['ref']}{when}: {question}")
    return told


def _to_date(line: Row) -> list[float | None]:
    """The year so far at each quarter's end; None where the line is not in the contract."""
    made: list[float | None] = []
    so_far = 0.0
    for q in QUARTERS:
        value = line[q]
        so_far = (value if line["counted_as"] == plan.TOTAL else so_far + value) if value is not None else so_far
        made.append(so_far if value is not None else None)
    return made


def like_services(store: Store, viewer: Viewer, service: str, year: int) -> LikeServices:
    """Services of the same type in the plan year before: what they counted of what they had planned, for people counted anew.

    A manager is told ratios of other providers together, where at least three stand behind them and none over 80%; a commissioner sees lines too.
    Raises Refused where the viewer may not look.
    """
    conversation.check_may_see(store, viewer, service)
    cards = {card.code: card for card in desk.every_service(store)}
    mine = cards[service]
    own = viewer.providers if viewer.role == "manager" else ()
    alike = [c for c, r in cards.items() if c != service and r.service_type == mine.service_type and r.provider not in own]
    others = [s for s in planned.read(store, sorted(alike)) if s is not None]
    of_lines: dict[tuple[str, Any], list[plan.Figure]] = defaultdict(list)
    for f in (f for s in others for f in s.figures):
        if f.year == year - 1 and f.counted_as in plan.COUNTED_ANEW:
            of_lines[f.service, f.line].append(f)
    about = {(s.code, quarter, ref): r for s in others for (y, quarter, ref), r in s.rows.items() if y == year - 1}
    expected: dict[str, dict[str, float]] = {"milestone": defaultdict(float), "performance target": defaultdict(float)}
    counted: dict[str, dict[str, float]] = {"milestone": defaultdict(float), "performance target": defaultdict(float)}
    seen = []
    for (code, _), those in of_lines.items():
        told = [f for f in sorted(those, key=lambda f: f.quarter) if f.projection is not None and f.actual is not None]
        if not told:
            continue
        projection, actual = sum(f.projection or 0 for f in told), sum(f.actual or 0 for f in told)
        row, provider = about[code, told[-1].quarter, told[-1].ref], cards[code].provider
        expected[row["kind"]][provider] += projection
        counted[row["kind"]][provider] += actual
        whole = plan.year_figure(those)
        verdict = (
            plan.realism(whole.projection, whole.actual, told[-1].counted_as, whole.out_of, whole.plan_out_of).verdict if whole.complete else "not complete yet"
        )
        seen.append(LikeLine(code, told[-1].ref, row["what"], projection, actual, actual / projection if projection else None, verdict))
    words = [_together(kind, expected[kind], counted[kind], year) for kind in expected]
    told_ = tuple(w for w in words if w) or (
        f"Too few other providers of {mine.service_type} have a plan and returns for {year_name(year - 1)} to compare with.",
    )
    lines_ = tuple(sorted(seen, key=lambda x: (x.service, x.ref))) if viewer.role != "manager" else ()
    return LikeServices(mine.service_type, len({x.service for x in seen}) if viewer.role != "manager" else 0, told_, lines_)


def _together(kind: str, planned: Mapping[str, float], counted: Mapping[str, float], year: int) -> str:
    """One ratio in a whole percentage; nothing where it could tell one provider's figures."""
    if any(disclosure.dominated({p: round(n) for p, n in those.items()}) for those in (planned, counted)):
        return ""
    ratio = 100 * sum(counted.values()) / sum(planned.values())
    lines_ = {"milestone": "milestones", "performance target": "performance targets"}[kind]
    return f"In {year_name(year - 1)} {len(planned)} other providers together counted {ratio:.0f}% of what they had planned in their {lines_}."


__all__ = ["Beside", "LikeLine", "LikeServices", "doubts", "like_services", "lines", "year_of"]
