"""What to ask about how a line is counted before anything is made of its figures: figures that only rise, a ladder that widens, a percent of nobody knows
how many. Each is a question either side may put or answer; access.conversation keeps it once somebody does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from access import planned
from access.planned import Planned
from domain.quarters import Quarter
from domain.types import Viewer
from metrics import plan, plan_reading
from warehouse.connect import Store


@dataclass(frozen=True)
class Doubt:
    """A question about how a plan or a year's figures are counted. `quarter`: the latest return of the plan year, with which it is asked."""

    service: str
    ref: str
    year: int
    about: str  # the plan, or the returns
    question: str
    quarter: Quarter | None


def doubts(store: Store, viewer: Viewer, services: Sequence[str] = (), year: int | None = None) -> list[Doubt]:
    """A row per question, by service, plan year and line: at most one about the plan and one about the returns of a line.

    Raises Refused where the viewer may not look, Shown for a service nobody knows.
    """
    here = planned.services(store, viewer, "plan-doubts", services, year)
    return [d for s in here for d in s.once("doubts", _doubts) if year in (None, d.year)]


def _doubts(s: Planned) -> list[Doubt]:
    return [d for y in s.years() for d in _of_year(s, y)]


def _of_year(s: Planned, year: int) -> list[Doubt]:
    lines, made = s.lines(year), []
    latest = max((f.quarter for those in lines for f in those if f.actual is not None), default=None)
    at = Quarter(year, latest) if latest else None

    def doubt(those: Sequence[plan.Figure], about: str, question: str) -> None:
        made.append(Doubt(s.code, those[-1].ref, year, about, question, at))

    ladder = [those for those in lines if those[-1].counted_as in plan.COUNTED_ANEW]
    for those in ladder:
        if those[-1].counted_as != plan.FLOW:
            continue
        expected = [f.projection for f in those if f.projection is not None]
        returned = [f.actual for f in those if f.projection is not None]
        for about, told, beside in (("the plan", expected, ()), ("the returns", returned, expected)):
            if plan.only_rise(told, beside):
                doubt(those, about, f"“{s.row(those[-1])['what']}”: {plan_reading.only_rise_question([v for v in told if v is not None])}")
    steps = [_projected(those) for those in ladder]
    for i in plan.widens(steps):
        before = max(j for j in range(i) if steps[j] is not None)
        words = s.row(ladder[before][-1])["what"], s.row(ladder[i][-1])["what"]
        doubt(ladder[i], "the plan", plan_reading.widens_question(words[0], steps[before] or 0, words[1], steps[i] or 0))
    for those in lines:
        if untold := [f for f in those if plan.untold(f)]:
            question = plan_reading.say_out_of(untold[-1].projection or 0, untold[-1].actual or 0)
            doubt(those, "the returns", f"“{s.row(those[-1])['what']}”: {question[:1].lower()}{question[1:]}")
    return made


def _projected(those: Sequence[plan.Figure]) -> float | None:
    known = [f.projection for f in those if f.projection is not None]
    return sum(known) if known else None
