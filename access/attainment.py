"""What services counted on their performance targets over what they planned, by sector and by service type: the commissioner's and a manager's own.

Only targets counted in people (anew, running totals, positions) are added up; percents and averages stand on their service's own page. Milestones are
left out, for they count on the way the people whom the targets count at the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from access import desk, plan_ladder, planned
from domain.types import Viewer
from metrics import attainment
from warehouse.connect import Store

KINDS = {"sector": "sector", "service_type": "service type"}


@dataclass(frozen=True)
class Attained:
    """A group of services in a plan year so far: what was counted and planned, the ratio, its range (one service: Poisson alone) and the spread."""

    kind: str  # sector, service_type or service
    name: str
    services: int
    actual: float
    projection: float
    ratio: float
    lower: float
    upper: float
    spread: float


@dataclass(frozen=True)
class OfAYear:
    """Attainment of one plan year so far: by group, by service, and how many services have no target counted in people."""

    year: int
    groups: tuple[Attained, ...]
    services: tuple[Attained, ...]
    without: int


def of_year(store: Store, viewer: Viewer, year: int | None = None, services: Sequence[str] = ()) -> OfAYear | None:
    """The plan year so far (no year: the latest with a return), or None where nothing was returned of any plan.

    Raises Refused where the viewer may not look.
    """
    here = planned.services(store, viewer, "attainment", services, year)
    of_services = {s.code: s.once("attained by year", _by_year) for s in here}
    years = {y for of in of_services.values() for y in of if year in (None, y)}
    if not years:
        return None
    chosen = max(years)
    told = {code for code, of in of_services.items() if chosen in of}
    pairs = {code: pair for code, of in of_services.items() if (pair := of.get(chosen)) is not None}
    cards = {card.code: card for card in desk.services(store, viewer)}
    single = tuple(made for code in sorted(pairs) if (made := _attained("service", code, [pairs[code]])))
    groups = []
    for kind in KINDS:
        of: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for code, (actual, projection) in pairs.items():
            of[str(getattr(cards[code], kind))].append((actual, projection))
        groups += [made for name in sorted(of) if (made := _attained(kind, name, of[name]))]
    return OfAYear(chosen, tuple(groups), single, len(told - set(pairs)))


def _by_year(s: planned.Planned) -> dict[int, tuple[float, float] | None]:
    """Plan year with anything returned of the plan -> (counted, planned) on the targets counted in people; None where it has no such target."""
    counted, by_quarter = set(plan_ladder.targets_of(s)), s.once("attainment", plan_ladder.of_service)
    latest: dict[int, dict[str, plan_ladder.Attainment]] = {y: {} for y, _ in by_quarter.at}
    for span in ("quarter", "year to date"):  # a position has no year to date: its latest quarter stands for it
        newest: dict[tuple[int, str], plan_ladder.Attainment] = {}
        for (year, number), a in by_quarter.all:
            at = year, a.ref
            if a.span == span and at in counted and (at not in newest or number > newest[at].quarter.number):
                newest[at] = a
        for (year, ref), a in newest.items():
            latest[year][ref] = a
    return {y: (sum(a.actual for a in of.values()), sum(a.projection for a in of.values())) if of else None for y, of in latest.items()}


def _attained(kind: str, name: str, pairs: Sequence[tuple[float, float]]) -> Attained | None:
    found = attainment.pooled(pairs)
    if found is None:
        return None
    return Attained(kind, name, len(pairs), sum(a for a, _ in pairs), sum(p for _, p in pairs), *found)
